"""Throwing a rubric's draft away: what was published stands, and another draft can be begun."""

from __future__ import annotations

import pytest
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import AuditEvent, ProposedLabel, RubricVersion
from labeling.services.rubric_drafts import discard_draft
from labeling.services.rubrics import create_rubric, publish, save_draft, start_draft
from tests.factories import make_member, make_project, topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_member(make_project("shop"), "lead")


@pytest.fixture
def first(lead):
    document = {"name": "Topics", "criteria": [topic(propose=True)]}
    return publish(create_rubric(lead.project, document, by=lead), by=lead)


@pytest.fixture
def draft(lead, first):
    return start_draft(first.rubric, by=lead)


def test_a_draft_is_thrown_away_with_its_questions_and_notes(lead, first, draft):
    document = {"name": "Topics", "criteria": [topic()], "notes": [{"text": "New."}]}
    draft = save_draft(draft, document, revision=1, by=lead)
    discard_draft(draft, revision=2, by=lead)
    assert list(first.rubric.versions.all()) == [first]
    again = start_draft(first.rubric, by=lead, source=first)
    assert (again.number, again.criteria.get().propose) == (2, True)
    event = AuditEvent.objects.get(verb="discarded_draft")
    assert event.detail == {"version": 2, "left": 1}


def test_what_somebody_saved_meanwhile_is_not_thrown_away(lead, draft):
    save_draft(draft, {"name": "Topics", "criteria": [topic()]}, revision=1, by=lead)
    with pytest.raises(Conflict) as refused:
        discard_draft(draft, revision=1, by=lead)
    assert refused.value.code == "stale_draft"
    assert RubricVersion.objects.filter(pk=draft.pk).exists()


def test_who_saves_what_has_been_thrown_away_is_told(lead, draft):
    discard_draft(draft, revision=1, by=lead)
    with pytest.raises(Conflict) as refused:
        save_draft(draft, {"name": "Topics", "criteria": [topic()]}, revision=1, by=lead)
    assert refused.value.code == "not_a_draft"


def test_a_first_draft_and_what_is_published_stay(lead, first):
    new = create_rubric(lead.project, {"name": "New", "criteria": []}, by=lead)
    for version, code in ((new, "first_draft"), (first, "not_a_draft")):
        with pytest.raises(Conflict) as refused:
            discard_draft(version, revision=1, by=lead)
        assert refused.value.code == code


def test_labels_that_only_the_draft_took_up_wait_for_a_decision_again(lead, first, draft):
    def decided(label, state, at):
        return ProposedLabel.objects.create(
            rubric=first.rubric,
            criterion="topic",
            label=label,
            state=state,
            decided_by=lead,
            decided_at=at,
        )

    before = decided("Fees", "taken", first.published_at)
    decided("Vouchers", "taken", timezone.now())
    decided("Spam", "dismissed", timezone.now())
    discard_draft(draft, revision=1, by=lead)
    states = dict(ProposedLabel.objects.values_list("label", "state"))
    assert states == {"Fees": "taken", "Vouchers": "open", "Spam": "dismissed"}
    assert before.decided_at < draft.created_at


def test_the_page_offers_it_once_there_is_something_to_go_back_to(lead, first, browse):
    client, url = browse(lead), first.rubric.get_absolute_url()
    new = create_rubric(lead.project, {"name": "New", "criteria": []}, by=lead)
    assert "Discard the draft" not in client.get(new.rubric.get_absolute_url()).text
    draft = start_draft(first.rubric, by=lead)
    assert "Discard the draft" in client.get(url).text
    there = f"{url}versions/{draft.number}/discard/"
    assert client.post(there, {"revision": "7"}).status_code == 409
    assert client.post(there, {"revision": "1"}).url == url
    assert client.post(there, {"revision": "1"}).status_code == 404


def test_programs_throw_away_what_they_read(draft, lead, call):
    client = call(lead, "manage")
    url = f"/api/v1/rubric-versions/{draft.uid}/discard/"
    assert client.post(url, {}, format="json").status_code == 400
    old = client.post(url, {}, format="json", headers={"If-Match": '"draft-9"'})
    assert old.status_code == 412
    assert client.post(url, {"revision": 1}, format="json").status_code == 204
    assert client.post(url, {"revision": 1}, format="json").status_code == 404
