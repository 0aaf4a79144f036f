from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from labeling.errors import Conflict, ConflictOfInterest
from labeling.models import AuditEvent, Membership
from labeling.services.rubric_changes import decide_changes
from labeling.services.rubric_owners import propose, set_owner
from labeling.services.rubrics import create_rubric, publish, save_draft, start_draft
from maintenance.reports.todos import todos
from tests.factories import make_member, make_rubric_version
from tests.labeling.test_rubric_changes import choice
from tests.labeling.test_rubric_decisions import REMOVED

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return make_member(None, "lead")


@pytest.fixture
def lead(owner):
    return make_member(owner.project, "lead")


@pytest.fixture
def first(owner):
    document = {"name": "Topics", "criteria": [choice()]}
    version = publish(create_rubric(owner.project, document, by=owner), by=owner)
    set_owner(version.rubric, owner, by=owner)
    return version


def draft_of(first, by, criterion, **said):
    document = {"name": "Topics", "criteria": [criterion]}
    draft = start_draft(first.rubric, by=by)
    draft = save_draft(draft, document, revision=draft.revision, by=by)
    return decide_changes(draft, {key: {"decision": what} for key, what in said.items()}, by=by)


@pytest.fixture
def draft(first, lead):
    """A draft in which there is no other any more."""
    return draft_of(first, lead, choice("refund", "delivery"), **{REMOVED: "relabel"})


def test_a_change_of_meaning_is_proposed_and_confirmed_by_the_owner(owner, lead, draft):
    with pytest.raises(ConflictOfInterest):
        publish(draft, by=lead, reason="Nobody used it.")
    proposed = propose(draft, "Nobody used it.", by=lead)
    assert (proposed.proposed_by, proposed.state) == (lead, "draft")
    published = publish(proposed, by=owner)
    assert (published.published_by, published.reason) == (owner, "Nobody used it.")
    verbs = list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs[-2:] == ["proposed_rubric", "published_rubric"]


def test_words_are_published_by_any_lead_without_being_proposed(first, lead):
    draft = draft_of(first, lead, choice(prompt="Why?"))
    with pytest.raises(Conflict) as raised:
        propose(draft, "Clearer.", by=lead)
    assert raised.value.code == "nothing_to_confirm"
    assert publish(draft, by=lead).state == "published"


@pytest.mark.parametrize("gone", ["nobody", "left", "no lead"])
def test_without_an_owner_who_can_any_lead_confirms(owner, lead, draft, gone):
    if gone == "nobody":
        set_owner(draft.rubric, None, by=lead)
    elif gone == "left":
        Membership.objects.filter(pk=owner.pk).update(deactivated_at=timezone.now())
    else:
        Membership.objects.filter(pk=owner.pk).update(roles=["annotator"])
    assert publish(draft, by=lead, reason="Nobody used it.").published_by == lead


def test_what_is_proposed_is_complete_and_says_why(first, lead):
    draft = draft_of(first, lead, choice("refund", "delivery"))
    with pytest.raises(ValidationError) as raised:
        propose(draft, " ", by=lead)
    assert set(raised.value.message_dict) == {"reason", f"decisions.{REMOVED}"}


def test_a_draft_that_changes_after_being_proposed_has_to_be_proposed_again(lead, draft):
    proposed = propose(draft, "Nobody used it.", by=lead)
    changed = decide_changes(proposed, {REMOVED: {"decision": "invalidate"}}, by=lead)
    changed.refresh_from_db()
    assert changed.proposed_at is None
    propose(changed, "Nobody used it.", by=lead)
    document = {"name": "Topics", "criteria": [choice("refund")]}
    save_draft(changed, document, revision=changed.revision, by=lead)
    changed.refresh_from_db()
    assert changed.proposed_at is None


def test_only_an_active_lead_of_the_project_owns_a_rubric(first, lead):
    others = [make_member(lead.project), make_member(None, "lead")]
    for other in others:
        with pytest.raises(ValidationError):
            set_owner(first.rubric, other, by=lead)
    event = AuditEvent.objects.filter(verb="set_owner").latest("pk")
    assert event.detail == {"before": None, "now": str(event.member.uid)}
    set_owner(set_owner(first.rubric, lead, by=lead), lead, by=lead)
    assert AuditEvent.objects.filter(verb="set_owner").count() == 2


def test_the_proposal_waits_on_the_owners_page_of_today(owner, lead, draft):
    propose(draft, "Nobody used it.", by=lead)
    (todo,) = [row for row in todos(owner) if "proposes" in row.sentence]
    assert todo.path.endswith("/versions/2/publish/")
    assert not [row for row in todos(lead) if "proposes" in row.sentence]
    set_owner(draft.rubric, None, by=lead)
    assert [row for row in todos(lead) if "proposes" in row.sentence]


def test_the_pages_say_who_proposed_it_and_whom_it_waits_for(owner, lead, draft, browse):
    base = draft.rubric.get_absolute_url()
    publish_url = f"{base}versions/2/publish/"
    page = browse(lead).get(publish_url).content.decode()
    assert f"Propose to {owner}" in page
    assert browse(lead).post(publish_url, {"reason": "So."}).status_code == 403
    assert browse(lead).post(f"{base}versions/2/propose/", {"reason": ""}).status_code == 400
    assert browse(lead).post(f"{base}versions/2/propose/", {"reason": "So."}).url == publish_url
    assert f"It waits for {owner}" in browse(lead).get(publish_url).content.decode()
    tab = browse(lead).get(f"{base}versions/").content.decode()
    assert f"proposed by {lead}" in tab
    assert f"waits for {owner}" in tab
    assert "Confirm and publish version 2" in browse(owner).get(publish_url).content.decode()
    assert browse(owner).post(publish_url, {"reason": "So."}).url == f"{base}versions/2/"


def test_the_versions_tab_says_when_each_was_valid_and_names_the_owner(owner, lead, first, browse):
    client, base = browse(lead), first.rubric.get_absolute_url()
    make_rubric_version(lead.project, rubric=first.rubric)
    rows = client.get(f"{base}versions/").context["rows"]
    assert [end is not None for _version, end in rows] == [False, True]
    client.post(f"{base}owner/", {"owner": str(lead.uid)})
    first.rubric.refresh_from_db()
    assert first.rubric.owner == lead
    assert client.post(f"{base}owner/", {"owner": "x"}).status_code == 404
    client.post(f"{base}owner/", {"owner": ""})
    first.rubric.refresh_from_db()
    assert first.rubric.owner is None


def test_programs_propose_and_name_the_owner(owner, lead, draft, call):
    client = call(lead, "manage")
    version, rubric = f"/api/v1/rubric-versions/{draft.uid}", f"/api/v1/rubrics/{draft.rubric.uid}"
    refused = client.post(f"{version}/publish/", {"reason": "So."}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (403, "conflict_of_interest")
    proposed = client.post(f"{version}/propose/", {"reason": "So."}, format="json")
    assert proposed.status_code == 200
    assert proposed.json()["proposed_at"]
    stranger = make_member(None, "lead")
    wrong = client.put(f"{rubric}/owner/", {"owner": str(stranger.uid)}, format="json")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_reference")
    named = client.put(f"{rubric}/owner/", {"owner": str(lead.uid)}, format="json")
    assert named.json()["owner"] == str(lead.uid)
    nobody = client.put(f"{rubric}/owner/", {"owner": None}, format="json")
    assert nobody.json()["owner"] is None
