from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from labeling.errors import Conflict
from labeling.models import AuditEvent, Queue, RubricChange, Task
from labeling.reports.exports import Wording, labels
from labeling.reports.relabeling import to_judge_again
from labeling.reports.trials import relabelings
from labeling.services.relabeling import judge_again, keep_answers
from labeling.services.rubric_changes import decide_changes
from labeling.services.rubrics import create_rubric, publish, save_draft, start_draft
from tests.factories import make_items, make_member, make_queue
from tests.labeling.test_rubric_changes import choice
from tests.labeling.test_rubric_decisions import adjudicate

pytestmark = pytest.mark.django_db
PROMPT = "topic.criterion.wording.prompt"


@pytest.fixture
def lead():
    return make_member(None, "lead")


@pytest.fixture
def first(lead):
    document = {"name": "Topics", "criteria": [choice()]}
    return publish(create_rubric(lead.project, document, by=lead), by=lead)


@pytest.fixture
def queue(lead, first):
    """Thirty tasks settled as refund."""
    queue = make_queue(lead.project, make_items(lead.project, 30), version=first, name="October")
    for task in queue.tasks.all():
        adjudicate(task, "refund")
    return queue


def publish_next(lead, version, criterion, **said: Any):
    document = {"name": "Topics", "criteria": [criterion]}
    draft = start_draft(version.rubric, by=lead)
    draft = save_draft(draft, document, revision=draft.revision, by=lead)
    decide_changes(draft, {ident.replace("__", "."): row for ident, row in said.items()}, by=lead)
    return publish(draft, by=lead, reason="So.")


@pytest.fixture
def second(lead, first, queue):
    """The question means something else, and every answer is to be given again."""
    said = {PROMPT: {"decision": "relabel", "meant": True}}
    return publish_next(lead, first, choice(prompt="Why?"), **said)


def settle(queue, *values):
    for task, value in zip(queue.tasks.order_by("pk"), values, strict=False):
        adjudicate(task, value)


def row_of(version):
    (row,) = relabelings(version)
    return row


def test_a_sample_is_drawn_at_random_by_a_seed_on_record(lead, queue, second):
    trial = judge_again(queue, second, first=12, seed=7, by=lead)
    assert (trial.on_trial, trial.relabels, trial.tasks.count()) == (True, queue, 12)
    assert trial.slots.count() == 24
    event = AuditEvent.objects.get(verb="created_queue", subject_uid=trial.uid)
    assert {name: event.detail[name] for name in ("seed", "sampled", "touched")} == {
        "seed": 7, "sampled": 12, "touched": 30,
    }  # fmt: skip
    drawn = set(trial.tasks.values_list("item", flat=True))
    Task.objects.filter(queue=trial).update(state=Task.State.SET_ASIDE)
    Queue.objects.filter(pk=trial.pk).update(on_trial=False)
    again = judge_again(queue, second, first=12, seed=7, by=lead)
    assert set(again.tasks.values_list("item", flat=True)) == drawn


def test_every_touched_task_is_as_likely_to_be_in_the_sample(lead, queue, second):
    times: dict[int, int] = dict.fromkeys(queue.tasks.values_list("item", flat=True), 0)
    for seed in range(60):
        trial = judge_again(queue, second, first=10, seed=seed, by=lead)
        for item in trial.tasks.values_list("item", flat=True):
            times[item] += 1
        trial.slots.all().delete()
        trial.tasks.all().delete()
        trial.delete()
    # 60 draws of a third: 20 each, give or take four standard errors
    assert all(abs(count - 20) < 4 * (60 * 2 / 9) ** 0.5 for count in times.values())


def test_the_flip_rate_counts_settled_answers_that_differ_from_what_stands_for_them(
    lead, queue, second
):
    trial = judge_again(queue, second, first=12, seed=7, by=lead)
    settle(trial, "other", "refund", "refund", "delivery")
    row = row_of(second)
    assert (row.tasks, row.trial.tasks, row.trial.decided, row.trial.is_over) == (18, 12, 4, False)
    assert (row.trial.overall.compared, row.trial.overall.changed) == (4, 2)
    (flips,) = row.trial.flips
    assert flips.rate.value == 0.5
    assert flips.rate.low < 0.2
    assert flips.rate.method == "Wilson"


def test_the_rest_is_judged_without_asking_the_sample_again(lead, queue, second):
    trial = judge_again(queue, second, first=12, seed=7, by=lead)
    with pytest.raises(Conflict) as raised:
        judge_again(queue, second, first=12, by=lead)
    assert raised.value.code == "trial_exists"
    rest = judge_again(queue, second, by=lead)
    assert (rest.tasks.count(), rest.on_trial) == (18, False)
    both = Task.objects.filter(queue__in=(trial, rest))
    assert both.values("item").distinct().count() == 30
    assert not to_judge_again(second).exists()


def test_the_earlier_answers_stand_if_that_is_decided_and_the_decision_is_added(
    lead, queue, second
):
    judge_again(queue, second, first=12, seed=7, by=lead)
    before = list(RubricChange.objects.order_by("pk").values())
    with pytest.raises(ValidationError):
        keep_answers(queue, second, " ", by=lead)
    assert mapped_of(queue)["decision"] == "relabel"
    keep_answers(queue, second, "Only one in forty changed.", by=lead)
    assert mapped_of(queue) | {"label": ""} == {
        "value": "refund", "label": "", "cannot_tell": False, "decision": "carry_over",
    }  # fmt: skip
    assert list(RubricChange.objects.order_by("pk").values())[: len(before)] == before
    row = row_of(second)
    assert (row.tasks, row.kept.reason) == (0, "Only one in forty changed.")
    assert AuditEvent.objects.filter(verb="kept_answers").count() == 1
    with pytest.raises(Conflict):
        keep_answers(queue, second, "Again.", by=lead)


def mapped_of(queue):
    rows = Wording(queue.project, [queue]).label_rows(list(labels([queue])))
    return rows[0]["mapped"]["topic"]


def test_answers_that_nothing_stands_for_cannot_be_kept(lead, first, queue):
    said = {"topic__option__removed__refund": {"decision": "relabel"}}
    second = publish_next(lead, first, choice("delivery", "other"), **said)
    assert row_of(second).lost == [("topic", "refund")]
    with pytest.raises(Conflict) as raised:
        keep_answers(queue, second, "Why not.", by=lead)
    assert raised.value.code == "nothing_stands_for_it"
    trial = judge_again(queue, second, first=10, by=lead)
    settle(trial, "delivery")
    assert row_of(second).trial.overall.changed == 1


def test_answers_are_followed_through_the_versions_between(lead, first, queue):
    """Refund became money by a merge; money is asked again by the version after that."""
    merged = choice(options=[*choice()["options"][2:], money()])
    said = {"topic__option__merged__money": {"decision": "map"}}
    second = publish_next(lead, first, merged, **said)
    assert not to_judge_again(second).exists()
    reworded = choice(options=[*choice()["options"][2:], money(description="Only money back.")])
    meant = {"decision": "relabel", "meant": True}
    third = publish_next(lead, second, reworded, topic__option__wording__money__description=meant)
    assert to_judge_again(third).count() == 30
    trial = judge_again(queue, third, first=10, by=lead)
    settle(trial, "money", "other")
    flips = row_of(third).trial.overall
    assert (flips.compared, flips.changed) == (2, 1)


def money(**fields: Any) -> dict[str, Any]:
    return {"key": "money", "label": "Money", "replaces": ["refund", "delivery"]} | fields


def test_the_page_draws_the_sample_shows_the_rate_and_keeps_the_answers(
    lead, queue, second, browse
):
    client, url = browse(lead), f"{second.rubric.get_absolute_url()}versions/2/relabel/"
    asked = {"queue": str(queue.uid), "what": "sample"}
    assert client.post(url, {**asked, "first": "3"}).status_code == 400
    trial = Queue.objects.get(on_trial=True) if client.post(url, {**asked, "first": "12"}) else None
    settle(trial, *["refund"] * 11, "other")
    page = client.get(url).content.decode()
    assert "12 of 12 judged" in page
    assert "had a settled answer before: 12; with another one now: 1." in page
    assert "8.3" in page
    assert client.post(url, {**asked, "what": "keep", "reason": ""}).status_code == 400
    assert client.post(url, {**asked, "what": "keep", "reason": "Few."}).url == url
    assert "The earlier answers stand" in client.get(url).content.decode()


def test_programs_draw_the_sample_see_the_rate_and_keep_the_answers(lead, queue, second, call):
    client, base = call(lead, "manage"), f"/api/v1/rubric-versions/{second.uid}/"
    body = {"queue": str(queue.uid), "first": 12, "seed": 3}
    made = client.post(f"{base}relabelings/", body, format="json")
    assert (made.status_code, made.json()["on_trial"]) == (201, True)
    settle(Queue.objects.get(on_trial=True), "other")
    (row,) = client.get(f"{base}relabelings/").json()["queues"]
    assert (row["tasks"], row["trial"]["decided"], row["kept"]) == (18, 1, None)
    assert row["trial"]["flips"][0]["rate"]["value"] == 1.0
    reason = {"queue": str(queue.uid), "reason": "Few."}
    kept = client.post(f"{base}kept-answers/", reason, format="json")
    assert kept.status_code == 201
    assert kept.json()["queues"][0]["kept"]["reason"] == "Few."
