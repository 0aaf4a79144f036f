from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from labeling.errors import Conflict
from labeling.models import Adjudication, AuditEvent, RubricChange, Ruling, Task
from labeling.policy.rubric_changes import changes
from labeling.policy.rubric_decisions import Decision, Ruled, decide, mapped, problems, undecided
from labeling.reports.rubric_changes import decided_of, kept_with, told_between
from labeling.reports.rubric_impact import Impact, impacts, work_under
from labeling.services.rubric_changes import decide_changes
from labeling.services.rubrics import create_rubric, publish, save_draft, start_draft
from tests.factories import make_annotation, make_member, make_queue
from tests.labeling.test_rubric_changes import choice, options, scale, tree

REMOVED = "topic.option.removed.other"


def decided(old: Any, new: Any, **said: Any) -> list[Any]:
    before, after = {"criteria": [old]}, {"criteria": [new]}
    return decide(changes(before, after), said.get("said", {}), before, after)


def test_words_carry_over_and_meaning_has_to_be_decided():
    (reworded,) = decided(choice(), choice(prompt="Why?"))
    (removed,) = decided(choice(), choice("refund", "delivery"))
    assert reworded.decision == Decision.CARRY_OVER
    assert removed.decision is None
    assert removed.choices == (Decision.MAP, Decision.RELABEL, Decision.INVALIDATE)
    assert [point.where for point in undecided([reworded, removed])] == [f"decisions.{REMOVED}"]


def test_words_that_change_the_meaning_have_to_be_decided_too():
    said = {"topic.criterion.wording.prompt": {"meant": True}}
    (reworded,) = decided(choice(), choice(prompt="Why?"), said=said)
    assert reworded.is_meaning
    assert undecided([reworded])


def test_what_stands_for_what_is_suggested_where_there_is_one_answer():
    merged = choice(options=options("other", "money", money="refund delivery"))
    (merge,) = decided(choice(), merged)
    (rescale,) = decided(scale("1", "2", "3"), scale("1", "2"))
    (pruned,) = decided(tree(a=None, b="a", c="b"), tree(a=None))
    assert merge.mapping == {"refund": "money", "delivery": "money"}
    assert rescale.mapping == {"1": "1", "2": "2"}
    assert pruned.mapping == {"b": "a", "c": "a"}


def test_a_map_has_to_name_an_option_that_is_there_for_each_that_is_gone():
    gone = choice("refund", "delivery")
    for mapping, is_whole in [({}, False), ({"other": "spam"}, False), ({"other": "refund"}, True)]:
        said = {REMOVED: {"decision": "map", "mapping": mapping}}
        assert (undecided(decided(choice(), gone, said=said)) == []) is is_whole


def test_a_decision_that_a_change_does_not_allow_is_none():
    said = {REMOVED: {"decision": "carry_over"}}
    (removed,) = decided(choice(), choice("refund", "delivery"), said=said)
    assert removed.decision is None


@pytest.mark.parametrize(
    "said",
    [
        [],
        {"x": "map"},
        {"x": {"decision": "keep"}},
        {"x": {"mapping": []}},
        {"x": {"mapping": {"a": 1}}},
        {"x": {"meant": "yes"}},
        {"x": {"reason": ""}},
    ],
)
def test_malformed_decisions_are_named(said):
    assert problems(said)
    assert problems({REMOVED: {"decision": "map", "mapping": {"a": "b"}, "meant": False}}) == []


def test_the_hardest_decision_about_an_answer_wins():
    keep = Ruled("topic", "criterion", [], "carry_over", {})
    move = Ruled("topic", "keys", ["other"], "map", {"other": "refund"})
    again = Ruled("", "rubric", [], "relabel", {})
    assert mapped("topic", "other", [keep, move]).value == "refund"
    assert mapped("topic", None, [keep, move]).cannot_tell
    asked_again = mapped("topic", "other", [keep, move, again])
    assert (asked_again.value, asked_again.stands) == (None, False)
    assert asked_again.decision == Decision.RELABEL
    assert mapped("tone", "kind", [keep, move]).decision == Decision.CARRY_OVER


@pytest.fixture
def lead(db):
    return make_member(None, "lead")


@pytest.fixture
def first(lead):
    """A published version that asks for a topic (refund, delivery, other)."""
    document = {"name": "Topics", "criteria": [choice()]}
    return publish(create_rubric(lead.project, document, by=lead), by=lead)


@pytest.fixture
def draft(first, lead):
    """The version after it, in which there is no other."""
    document = {"name": "Topics", "criteria": [choice("refund", "delivery")]}
    return save_draft(start_draft(first.rubric, by=lead), document, revision=1, by=lead)


def adjudicate(task, value):
    Task.objects.filter(pk=task.pk).update(state=Task.State.ADJUDICATED)
    version = task.queue.rubric_version
    by = make_member(task.queue.project, "adjudicator")
    row = Adjudication.objects.create(
        task=task, source="person", adjudicator=by, rubric_version=version
    )
    Ruling.objects.create(adjudication=row, criterion=version.criteria.get(), value=value)


def test_impact_is_counted_from_what_there_is(lead, first, draft):
    queue = make_queue(lead.project, version=first, overlap=2)
    settled, disputed, _untouched = queue.tasks.order_by("pk")
    for task, value in [(settled, "other"), (settled, "other"), (disputed, "other")]:
        make_annotation(task, None, {"topic": value})
    make_annotation(disputed, None, {"topic": "refund"})
    adjudicate(settled, "other")
    found = [one.change for one in decided_of(draft, first)]
    assert impacts(first, found) == [Impact(annotations=3, open_tasks=1, adjudications=1)]
    work = work_under(first)
    assert (work.queues, work.open_tasks, work.untouched) == (1, 2, 1)


def test_annotations_that_no_longer_stand_are_not_counted(lead, first, draft):
    queue = make_queue(lead.project, version=first)
    annotation = make_annotation(queue.tasks.first(), None, {"topic": "other"})
    later = make_annotation(queue.tasks.first(), None, {"topic": "refund"})
    type(later).objects.filter(pk=later.pk).update(supersedes=annotation, kind="amended")
    found = [one.change for one in decided_of(draft, first)]
    assert impacts(first, found)[0].annotations == 0


def test_publishing_waits_for_decisions_and_for_a_reason(lead, draft):
    with pytest.raises(ValidationError) as refusal:
        publish(draft, by=lead, reason="")
    assert set(refusal.value.error_dict) == {f"decisions.{REMOVED}", "reason"}
    decide_changes(draft, {REMOVED: {"decision": "relabel"}}, by=lead)
    with pytest.raises(ValidationError) as refusal:
        publish(draft, by=lead, reason=" ")
    assert set(refusal.value.error_dict) == {"reason"}
    assert not RubricChange.objects.exists()


def test_a_published_version_keeps_what_was_decided(lead, first, draft):
    said = {REMOVED: {"decision": "map", "mapping": {"other": "refund"}}}
    decide_changes(draft, said, by=lead)
    version = publish(draft, by=lead, reason="Nobody knew what other was.")
    (kept,) = kept_with(version, first)
    assert kept.row.mapping == {"other": "refund"}
    assert (kept.row.decision, kept.row.is_meaning) == ("map", True)
    assert kept.row.decided_by == lead
    assert kept.row.edits[0]["path"] == ["criteria", "topic", "options", "other"]
    assert version.reason == "Nobody knew what other was."
    verbs = list(AuditEvent.objects.order_by("-pk").values_list("verb", flat=True)[:2])
    assert verbs == ["published_rubric", "decided_changes"]
    with pytest.raises(Conflict):
        decide_changes(version, said, by=lead)


def test_words_alone_need_neither_decision_nor_reason(lead, first):
    document = {"name": "Topics", "criteria": [choice(prompt="Which topic?")]}
    draft = save_draft(start_draft(first.rubric, by=lead), document, revision=1, by=lead)
    version = publish(draft, by=lead)
    assert [row.decision for row in version.changes.all()] == ["carry_over"]


def test_a_decision_about_no_change_of_the_draft_is_refused(lead, draft):
    with pytest.raises(ValidationError):
        decide_changes(draft, {"topic.option.removed.refund": {"decision": "map"}}, by=lead)


def test_a_decision_outlives_saving_while_its_change_does(lead, draft):
    decide_changes(draft, {REMOVED: {"decision": "relabel"}}, by=lead)
    document = {"name": "Topics", "criteria": [choice("refund", "delivery", prompt="Why?")]}
    save_draft(draft, document, revision=draft.revision, by=lead)
    draft.refresh_from_db()
    found = {one.change.ident: one.decision for one in decided_of(draft, draft.before())}
    assert found == {"topic.criterion.wording.prompt": "carry_over", REMOVED: "relabel"}


def test_restoring_an_old_version_makes_its_copy_the_draft(lead, first, draft):
    decide_changes(draft, {REMOVED: {"decision": "relabel"}}, by=lead)
    second = publish(draft, by=lead, reason="Simpler.")
    third = start_draft(first.rubric, by=lead, source=first)
    assert third.source == first
    assert told_between(first, third) == []
    assert [one.change.kind for one in told_between(second, third)] == ["added"]


def test_changes_are_told_in_words(lead, first, draft):
    (told,) = told_between(first, draft)
    assert told.sentence == "“Other” is no longer an option"
    assert told.question == "What is it about?"


@pytest.fixture
def base(first):
    return first.rubric.get_absolute_url()


def test_the_impact_page_shows_what_a_draft_touches_and_keeps_decisions(lead, draft, base, browse):
    client = browse(lead)
    page = client.get(f"{base}impact/").content.decode()
    assert "no longer an option" in page
    assert "One is not decided yet." in page
    typed = {
        f"shown:{REMOVED}": "1",
        f"decision:{REMOVED}": "map",
        f"map:{REMOVED}:other": "delivery",
    }
    assert client.post(f"{base}impact/", typed).url == f"{base}impact/"
    draft.refresh_from_db()
    assert draft.decisions[REMOVED]["mapping"] == {"other": "delivery"}
    on = client.post(f"{base}impact/", {**typed, "publish": "1"})
    assert on.url == f"{base}versions/{draft.number}/publish/"
    assert "not decided yet." not in client.get(f"{base}impact/").content.decode()


def test_the_impact_page_has_nothing_to_say_without_a_draft_or_a_version_before(
    lead, first, base, browse
):
    assert "Nothing is being written" in browse(lead).get(f"{base}impact/").content.decode()
    assert browse(lead).post(f"{base}impact/", {}).status_code == 409
    new = create_rubric(lead.project, {"name": "New", "criteria": [choice()]}, by=lead)
    page = browse(lead).get(f"{new.rubric.get_absolute_url()}impact/").content.decode()
    assert "first version" in page


def test_the_publish_page_leads_to_decisions_then_asks_why(lead, draft, base, browse):
    client, url = browse(lead), f"{base}versions/{draft.number}/publish/"
    assert "One change needs a decision" in client.get(url).content.decode()
    assert client.post(url, {"reason": "So."}).status_code == 400
    decide_changes(draft, {REMOVED: {"decision": "invalidate"}}, by=lead)
    without = client.post(url, {"reason": ""})
    assert without.status_code == 400
    assert "say why" in without.content.decode()
    assert client.post(url, {"reason": "So."}).status_code == 302
    shown = client.get(f"{base}versions/{draft.number}/").content.decode()
    assert "So." in shown
    assert "invalidate" in shown


def test_two_versions_are_compared_on_the_page(lead, draft, base, browse):
    page = browse(lead).get(f"{base}versions/?old=1&new=2").content.decode()
    assert "“Other” is no longer an option" in page
    back = browse(lead).get(f"{base}versions/?old=2&new=1").content.decode()
    assert "“Other” is new" in back
    for odd in ("old=x&new=2", "old=99&new=2", "old=1&new=1"):
        assert browse(lead).get(f"{base}versions/?{odd}").status_code == 200


def test_programs_read_changes_decide_and_publish_with_a_reason(lead, draft, call):
    client, url = call(lead, "manage"), f"/api/v1/rubric-versions/{draft.uid}/"
    (change,) = client.get(f"{url}changes/").json()["changes"]
    assert (change["ident"], change["decision"]) == (REMOVED, None)
    numbers = ("annotations", "open_tasks", "adjudications", "set_versions")
    assert change["impact"] == dict.fromkeys(numbers, 0)
    refused = client.post(f"{url}publish/", {}, format="json")
    assert refused.status_code == 400
    body = {"decisions": {REMOVED: {"decision": "map", "mapping": {"other": "refund"}}}}
    assert client.post(f"{url}decisions/", body, format="json").json()["changes"][0]["mapping"]
    body = {"decisions": {REMOVED: {"decision": "keep"}}}
    assert client.post(f"{url}decisions/", body, format="json").status_code == 400
    done = client.post(f"{url}publish/", {"reason": "Simpler."}, format="json").json()
    assert (done["state"], done["reason"]) == ("published", "Simpler.")
    same = client.get(f"{url}changes/", {"since": draft.number}).json()
    assert same == {"since": draft.number, "set_versions": [], "changes": []}
    assert client.get(f"{url}changes/", {"since": 99}).status_code == 404
    assert client.get(f"{url}changes/", {"since": "x"}).status_code == 400


def test_programs_restore_an_old_version(lead, first, draft, call):
    decide_changes(draft, {REMOVED: {"decision": "relabel"}}, by=lead)
    publish(draft, by=lead, reason="Simpler.")
    url = f"/api/v1/rubrics/{first.rubric.uid}/drafts/"
    made = call(lead, "manage").post(url, {"source": 1}, format="json").json()
    keys = [option["key"] for option in made["document"]["criteria"][0]["options"]]
    assert (made["number"], keys) == (3, ["refund", "delivery", "other"])
