from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import AuditEvent, Draft, ProposedLabel, Seat, TaxonomyDraft
from labeling.reports.agreement import agreement_of
from labeling.reports.proposals import proposals_of, unnamed
from labeling.services.annotations import submit, undo
from labeling.services.answers import Payload
from labeling.services.assignment import claim
from labeling.services.drafts import save_draft
from labeling.services.proposals import dismiss, reopen, take_up
from labeling.services.rubrics import publish
from labeling.services.taxonomies import save_taxonomy
from maintenance.reports.todos import todos
from tests.factories import (
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_rubric_version,
    topic,
)

pytestmark = pytest.mark.django_db

NONE = "none_of_these"


def asking(*, count: int = 2, overlap: int = 2, criterion=None):
    """A queue whose question lets a missing label be proposed."""
    project = make_project()
    version = make_rubric_version(project, [criterion or topic(propose=True)])
    return make_queue(project, make_items(project, count), overlap=overlap, version=version)


def say(queue, label="", value=NONE, key="topic"):
    """Somebody new judges the next item."""
    lease = claim(queue, make_annotator(queue.project))
    payload = Payload({key: value}, proposed={key: label})
    submit(lease.annotator, lease.token, payload, at=timezone.now())
    return lease


def rubric_of(queue):
    return queue.rubric_version.rubric


def lead_of(queue):
    return make_member(queue.project, "lead")


def decide(verb, queue, label, *said, **fields):
    return verb(
        rubric_of(queue), "topic", label, *said, by=lead_of(queue), at=timezone.now(), **fields
    )


def test_one_list_gathers_what_is_written_in_different_ways():
    queue = asking(count=3, overlap=1)
    for label in ("Gift card", " gift  CARD ", "Voucher"):
        say(queue, label)
    first, second = proposals_of(rubric_of(queue))
    assert (first.label, first.items, first.spellings) == (
        "Gift card",
        2,
        ["Gift card", "gift CARD"],
    )
    assert (second.label, second.items, second.state) == ("Voucher", 1, "open")
    assert len(first.examples) == 2


def test_two_people_who_miss_the_same_label_miss_it_on_one_item():
    queue = asking(count=1)
    say(queue, "Gift card")
    say(queue, "gift card")
    assert [row.items for row in proposals_of(rubric_of(queue))] == [1]


def test_none_of_these_needs_no_label_and_is_counted_apart():
    queue = asking(count=1)
    say(queue)
    assert proposals_of(rubric_of(queue)) == []
    assert unnamed(rubric_of(queue)) == {"topic": 1}


def test_what_was_taken_back_is_no_longer_missed():
    queue = asking(count=1)
    lease = say(queue, "Gift card")
    undo(lease.annotator, lease.annotator.annotations.get(), at=timezone.now())
    assert proposals_of(rubric_of(queue)) == []
    assert Draft.objects.get().proposed == {"topic": "Gift card"}


def test_an_erased_item_takes_its_proposals_with_it():
    queue = asking(count=1)
    say(queue, "Gift card")
    queue.tasks.get().item.__class__.objects.update(erased_at=timezone.now())
    assert proposals_of(rubric_of(queue)) == []


@pytest.mark.parametrize(
    ("criterion", "value"),
    [
        (topic(), NONE),
        (topic(kind="several_choices", propose=True), '["none_of_these","refund"]'),
        ({"key": "topic", "kind": "yes_no", "prompt": "Late?"}, NONE),
    ],
    ids=["not offered", "beside a label", "no labels"],
)
def test_none_of_these_is_refused_where_it_is_no_answer(criterion, value):
    queue = asking(criterion=criterion)
    with pytest.raises(ValidationError) as refused:
        say(queue, "Gift card", value)
    assert set(refused.value.message_dict) == {"topic"}


def test_several_choices_can_all_be_wrong():
    queue = asking(criterion=topic(kind="several_choices", propose=True), count=1)
    lease = say(queue, "Gift card", '["none_of_these"]')
    answer = lease.annotator.annotations.get().answers.get()
    assert (answer.value, answer.proposed) == ('["none_of_these"]', "Gift card")
    say(queue)
    assert unnamed(rubric_of(queue)) == {"topic": 1}


def test_a_label_that_is_too_long_is_refused():
    with pytest.raises(ValidationError, match="too long"):
        say(asking(), "x" * 121)


def test_a_label_beside_another_answer_is_left_over_from_before_and_dropped():
    queue = asking()
    lease = say(queue, "Gift card", "refund")
    assert lease.annotator.annotations.get().answers.get().proposed == ""


def test_the_same_key_with_another_label_is_another_submission():
    one, other, blank = (
        Payload({"topic": NONE}, proposed={"topic": label}) for label in ("Gift", "Card", " ")
    )
    assert one.digest != other.digest
    assert blank.digest == Payload({"topic": NONE}).digest


def test_a_draft_keeps_the_label():
    queue = asking()
    lease = claim(queue, make_annotator(queue.project))
    typed = Payload({"topic": NONE}, proposed={"topic": "Gift card"})
    save_draft(lease.annotator, lease.token, typed, 1, at=timezone.now())
    assert Draft.objects.get().proposed == {"topic": "Gift card"}


def test_none_of_these_is_an_answer_of_its_own_in_agreement():
    queue = asking(count=2)
    for value in (NONE, NONE, "refund", NONE):
        say(queue, value=value)
    whole = agreement_of(queue).criteria[0].whole
    assert (whole.items, whole.agreement.value) == (2, 0.5)


def test_a_label_that_is_taken_up_becomes_an_option_of_a_draft():
    queue = asking(count=1)
    say(queue, "Gift card")
    row = decide(take_up, queue, "GIFT CARD", wording="Gift cards")
    draft = rubric_of(queue).versions.first()
    assert (draft.state, row.state) == ("draft", "taken")
    assert draft.criteria.get().options[-1]["label"] == "Gift cards"
    assert AuditEvent.objects.filter(verb="took_up_label").count() == 1
    with pytest.raises(Conflict):
        decide(dismiss, queue, "Gift card", "No.")


def test_taking_it_back_takes_the_option_out_of_the_draft():
    queue = asking(count=1)
    say(queue, "Gift card")
    decide(take_up, queue, "Gift card", wording="Gift cards")
    row = decide(reopen, queue, "gift card")
    draft = rubric_of(queue).versions.first()
    assert [option["key"] for option in draft.criteria.get().options] == [
        "refund",
        "delivery",
        "other",
    ]
    assert (row.state, row.reason, row.decided_by) == ("open", "", None)


def test_an_option_that_is_published_stays_when_the_decision_is_taken_back():
    queue = asking(count=1)
    say(queue, "Gift card")
    decide(take_up, queue, "Gift card")
    draft = rubric_of(queue).versions.first()
    draft.decisions = {"topic.option.added.gift-card": {"decision": "carry_over"}}
    draft.save()
    publish(draft, by=None, reason="People missed it.")
    decide(reopen, queue, "Gift card")
    assert rubric_of(queue).versions.first().criteria.get().options[-1]["label"] == "Gift card"


def test_a_label_missed_in_a_tree_goes_to_the_draft_of_the_tree_and_back():
    queue = asking(count=1)
    nodes = [{"key": "money", "label": "Money"}, {"key": "refund", "label": "Refund"}]
    tree = save_taxonomy(queue.project, "Topics", nodes, by=None)
    asked = queue.rubric_version.criteria.get()
    asked.kind, asked.options, asked.taxonomy = "taxonomy", [], tree
    asked.save()
    say(queue, "Gift card")
    decide(take_up, queue, "Gift card")
    assert [node["label"] for node in TaxonomyDraft.objects.get().nodes][-1] == "Gift card"
    decide(reopen, queue, "Gift card")
    assert len(TaxonomyDraft.objects.get().nodes) == 2


def test_a_label_is_dismissed_with_a_reason():
    queue = asking(count=1)
    say(queue, "Gift card")
    with pytest.raises(ValidationError):
        decide(dismiss, queue, "Gift card", " ")
    decide(dismiss, queue, "Gift card", "That is a refund.")
    assert [row.state for row in proposals_of(rubric_of(queue))] == ["dismissed"]


def test_what_nobody_proposed_cannot_be_decided():
    queue = asking()
    with pytest.raises(ValidationError):
        decide(take_up, queue, "Gift card")
    with pytest.raises(Conflict):
        decide(reopen, queue, "Gift card")


def test_the_page_lists_takes_up_and_takes_back(browse):
    queue = asking(count=1)
    say(queue, "Gift <card>")
    client = browse(lead_of(queue))
    url = f"/p/{queue.project.slug}/rubrics/{rubric_of(queue).uid}/proposed/"
    assert "Gift &lt;card&gt;" in client.get(url).text
    said = {"criterion": "topic", "label": "Gift <card>", "wording": "Gift card"}
    assert client.post(url, said | {"action": "take_up"}).status_code == 302
    assert ProposedLabel.objects.get().state == "taken"
    assert client.post(url, said | {"action": "take_up"}).status_code == 409
    assert client.post(url, said | {"action": "reopen"}).status_code == 302
    assert client.post(url, said | {"action": "dismiss"}).status_code == 400
    assert client.post(url, said | {"action": "burn"}).status_code == 400


def test_programs_read_the_list_and_decide(call):
    queue = asking(count=1)
    say(queue, "Gift card")
    client = call(lead_of(queue), "manage")
    url = f"/api/v1/rubrics/{rubric_of(queue).uid}/proposed-labels/"
    label = client.get(url).json()["labels"][0]
    assert (label["label"], label["items"], label["state"]) == ("Gift card", 1, "open")
    assert label["examples"] == [queue.tasks.get().item.external_id]
    body = {"criterion": "topic", "label": "Gift card", "action": "dismiss", "reason": "A refund."}
    answer = client.post(url, body, format="json").json()
    assert (answer["labels"][0]["state"], answer["labels"][0]["reason"]) == (
        "dismissed",
        "A refund.",
    )


def test_programs_propose_a_label_with_their_answers(call):
    queue = asking(count=1)
    member = make_annotator(queue.project)
    client = call(member, "annotate")
    lease = client.post(f"/api/v1/projects/{queue.project.slug}/claims/", {}, format="json").json()
    asked = lease["form"]["criteria"][0]
    assert (asked["propose"], asked["options"][-1]["key"]) == (True, NONE)
    body = {"answers": {"topic": NONE}, "proposed": {"topic": "Gift card"}}
    url = f"/api/v1/leases/{lease['lease']['token']}/submit/"
    assert client.post(url, body, format="json").status_code == 200
    assert client.post(url, body | {"proposed": {}}, format="json").status_code == 409
    assert [row.label for row in proposals_of(rubric_of(queue))] == ["Gift card"]


def test_the_judging_page_takes_the_label_without_a_script(browse):
    queue = asking(count=1)
    member = make_annotator(queue.project)
    client = browse(member)
    lease = claim(queue, member)
    Seat.objects.update(acknowledged_at=timezone.now())  # they have read what it begins with
    page = client.get(f"/p/{queue.project.slug}/judge/").text
    assert 'value="=none_of_these"' in page
    assert 'name="proposed-topic"' in page
    typed = {
        "member": str(member.uid),
        "answer-topic": f"={NONE}",
        "proposed-topic": "Gift card",
    }
    client.post(f"/p/{queue.project.slug}/judge/{lease.token}/submit/", typed)
    assert [row.label for row in proposals_of(rubric_of(queue))] == ["Gift card"]


def test_a_label_of_another_question_says_nothing():
    queue = asking(count=1)
    lease = claim(queue, make_annotator(queue.project))
    payload = Payload({"topic": NONE}, proposed={"nothing": "Gift card"})
    submit(lease.annotator, lease.token, payload, at=timezone.now())
    assert proposals_of(rubric_of(queue)) == []


def test_an_adjudicator_may_decide_on_none_of_these_and_reads_what_was_missed(browse):
    queue = asking(count=1)
    say(queue, "Gift card")
    say(queue, value="refund")
    client = browse(make_member(queue.project, "adjudicator"))
    url = f"/p/{queue.project.slug}/adjudicate/"
    client.post(url)
    token = queue.tasks.get().claim_token
    typed = {"answer-topic": f"={NONE}"}
    client.post(f"{url}{token}/reveal/", typed)
    assert "None of these: Gift card" in client.get(url).text


def test_a_lead_reads_on_today_that_labels_are_missed():
    queue = asking(count=1)
    say(queue, "Gift card")
    lead = lead_of(queue)
    sentences = [todo.sentence for todo in todos(lead)]
    assert f"1 label is missed in “{rubric_of(queue).name}”." in sentences
    decide(dismiss, queue, "Gift card", "No.")
    assert not any("missed" in todo.sentence for todo in todos(lead))
