"""Outputs that people judge: what is asked, how far it is, and what it comes to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from evaluation.models import JudgedEvaluation, JudgedOutput, Prediction
from evaluation.reports.judged import progress_of, read
from evaluation.services.judged import count_now, finished, prepare
from labeling.models import Annotation, Item, Slice, Task
from labeling.services.annotations import undo
from labeling.services.items import erase
from labeling.services.queues import close_queue
from labeling.stats.estimate import share
from tests.evaluation.judging import (
    always,
    judge_all,
    make_judged,
    make_outputs,
    make_pairs,
    prefer,
    tone,
)
from tests.evaluation.makers import make_predictions, make_set_version, make_version
from tests.factories import make_annotator, make_items, make_member, make_project, topic
from tests.jobs import run_jobs
from tests.labeling.makers import better

THREE = {"key": "order", "kind": "ranking", "prompt": "In order?", "terms": {"outputs": 3}}

pytestmark = pytest.mark.django_db


def test_pairs_of_outputs_become_a_queue_that_names_no_version():
    evaluation = make_pairs(make_project(), 4)

    tasks = Task.objects.filter(queue=evaluation.queue)
    assert evaluation.state == "waiting"
    assert tasks.count() == 4
    for task in tasks:
        texts = {row.version.name: task.outputs[row.position] for row in outputs_of(task)}
        assert texts == {name: text for name in texts for text in task.outputs if name in text}
        assert set(texts) == {"new", "old"}
    seen_by_people = f"{evaluation.queue.name} {evaluation.queue.rubric_version.rubric}"
    assert not {"new", "old"} & set(seen_by_people.split())
    firsts = {row.version.name for row in JudgedOutput.objects.filter(position=0)}
    assert firsts == {"new", "old"}


def test_items_without_an_output_are_left_out_and_counted_by_the_reason():
    project = make_project()
    set_version, new, old = make_outputs(project, 6)
    rows = Prediction.objects.filter(version=old).order_by("pk")
    rows[0].delete()
    Prediction.objects.filter(pk=rows[0].pk).update(value="  ")
    erase(Item.objects.order_by("pk").last(), "asked for", by=make_member(project, "lead"))

    evaluation = make_judged(project, set_version, new, against=old)

    assert evaluation.left_out == {"missing": 1, "empty": 1, "erased": 1}
    assert progress_of(evaluation).wanted == 3


def test_some_can_be_drawn_by_a_seed_the_same_each_time():
    project = make_project()
    set_version, new, old = make_outputs(project, 20)
    first, again = (make_judged(project, set_version, new, against=old, size=5) for _ in range(2))

    assert first.left_out == {"not_drawn": 15}
    assert first.outputs_digest == again.outputs_digest
    assert first.queue.sample.members.first().inclusion_probability == 0.25
    assert first.queue.sample.seed == 1


def test_without_any_output_it_fails_and_says_so():
    project = make_project()
    set_version, new, _old = make_outputs(project, 3)
    evaluation = make_judged(project, set_version, new, against=make_version(project, "silent"))

    assert evaluation.state == "failed"
    assert "both versions" in evaluation.reason
    assert prepare(evaluation).state == "failed"


@pytest.mark.parametrize(
    ("criteria", "pair", "why"),
    [
        ([topic()], True, "no question asks which output is better"),
        ([topic()], False, "gives a number"),
        ([better()], False, "compares outputs"),
        ([THREE], True, "ranks"),
        ([better(), tone(when={"criterion": "better", "answers": ["a"]})], True, "one side only"),
        ([tone(kind="number", options=[], terms={"lowest": 1})], False, "gives a number"),
    ],
    ids=["no-comparison", "no-number", "nothing-to-compare", "three", "one-sided", "unbounded"],
)  # fmt: skip
def test_a_rubric_that_does_not_fit_is_refused(criteria, pair, why):
    project = make_project()
    set_version, new, old = make_outputs(project, 2)

    with pytest.raises(ValidationError, match=why):
        make_judged(project, set_version, new, against=old if pair else None, criteria=criteria)
    assert not JudgedEvaluation.objects.exists()


def test_it_waits_as_some_of_all_and_ends_in_a_win_rate_by_item():
    project = make_project()
    evaluation = make_pairs(project, 10)
    judge_all(project, prefer("new"), most=7)
    assert progress_of(evaluation).judged == 7
    assert not finished()
    judge_all(project, prefer("old"))

    (waiting,) = finished()
    done = count_now(waiting, by=None)

    (question,) = read(done).questions
    assert done.state == "done"
    assert read(done).final
    assert (question.wins, question.losses, question.judgments) == (7, 3, 10)
    wanted = share(7, 10)
    assert question.value.value == pytest.approx(0.7)
    assert (question.value.low, question.value.high) == pytest.approx((wanted.low, wanted.high))


def test_a_tie_is_half_a_win_and_both_bad_is_counted_apart():
    project = make_project()
    evaluation = make_pairs(project, 6)
    judge_all(project, always("tie"), most=2)
    judge_all(project, always("both_bad"), most=1)
    judge_all(project, prefer("new"))

    (question,) = read(count_now(evaluation, by=None)).questions
    assert (question.wins, question.ties, question.both_bad) == (3, 2, 1)
    assert question.value.value == pytest.approx((3 + 2 / 2) / 5)
    assert question.value.n == 5


def test_several_judgments_of_one_item_are_one_item():
    project = make_project()
    evaluation = make_pairs(project, 4, settings={"overlap": 3})
    judge_all(project, prefer("new"), people=2)
    judge_all(project, prefer("old"))

    (question,) = read(count_now(evaluation, by=None)).questions
    assert question.judgments == 12
    assert question.value.n == 4
    assert question.value.value == pytest.approx(2 / 3)


def test_each_item_counts_with_its_own_weight_the_last_one_too():
    project = make_project()
    items = make_items(project, 4)
    set_version = make_set_version(project, ["refund"] * 4, items=items, weights=[1, 1, 1, 5])
    versions = [make_version(project, name) for name in ("new", "old")]
    for version in versions:
        make_predictions(version, set_version, [f"{version.name} on {n}" for n in range(4)])
    evaluation = make_judged(project, set_version, versions[0], against=versions[1])
    judge_all(project, lambda item: prefer("new" if is_last(item) else "old")(item))

    (question,) = read(count_now(evaluation, by=None)).questions
    assert question.value.value == pytest.approx(5 / 8)
    assert question.positions == [0, 1, 2, 3]


def is_last(item):
    return item.outputs[0].text.endswith("on 3")


def test_items_of_one_group_vary_together():
    widths = []
    for group in ("", "one conversation"):
        project = make_project()
        items = make_items(project, 20)
        Item.objects.filter(pk__in=[item.pk for item in items[::2]]).update(group=group)
        set_version = make_set_version(project, ["refund"] * 20, items=items)
        versions = [make_version(project, name) for name in ("new", "old")]
        for version in versions:
            Prediction.objects.bulk_create(
                Prediction(version=version, item=item, value=f"{version.name} on {number}")
                for number, item in enumerate(items)
            )
        evaluation = make_judged(project, set_version, versions[0], against=versions[1])
        judge_all(project, lambda item: prefer("new" if even(item) else "old")(item))
        (question,) = read(count_now(evaluation, by=None)).questions
        widths.append(question.value.width)
    assert widths[1] > widths[0]


def test_a_scale_about_one_output_ends_in_a_score_overall_and_by_slice():
    project = make_project()
    condition = [{"field": "attributes.channel", "operator": "is", "value": "phone"}]
    Slice.objects.create(project=project, name="phone", conditions=condition)
    set_version, new, _old = make_outputs(project, 6, attributes={"channel": "phone"})
    evaluation = make_judged(project, set_version, new, criteria=[tone()])
    judge_all(project, always("kind", "tone"), most=4)
    judge_all(project, always("rude", "tone"))

    (question,) = read(count_now(evaluation, by=None)).questions
    assert question.value.value == pytest.approx(4 / 6)
    assert (question.low, question.high) == (1, 3)
    assert [(part.name, part.value.n) for part in question.parts][:1] == [("phone", 6)]


def test_counting_before_the_end_is_preliminary_and_what_is_final_stays():
    project = make_project()
    evaluation = make_pairs(project, 4)
    judge_all(project, prefer("new"), most=2)
    early = count_now(evaluation, by=None)
    assert (early.state, early.digest, read(early).final) == ("waiting", "", False)
    assert (read(early).judged, read(early).wanted) == (2, 4)

    judge_all(project, prefer("old"))
    done = count_now(evaluation, by=None)
    assert done.state == "done"
    assert done.digest
    assert count_now(done, by=None).counted_at == done.counted_at


def test_a_judgment_that_can_still_be_taken_back_is_waited_for_and_a_counted_one_stays():
    project = make_project()
    evaluation = make_pairs(project, 1)
    judge_all(project, prefer("new"))
    row = Annotation.objects.get()
    Annotation.objects.update(submitted_at=timezone.now())
    assert not finished()

    later = timezone.now() + timedelta(seconds=11)
    assert finished(later)
    count_now(evaluation, by=None, at=later)
    row.refresh_from_db()
    undo(row.annotator, row, at=row.submitted_at + timedelta(seconds=1))
    assert row.slots.exists()


def test_a_queue_that_is_closed_early_ends_the_evaluation_with_what_there_is():
    project = make_project()
    evaluation = make_pairs(project, 4)
    judge_all(project, prefer("new"), most=1)
    close_queue(evaluation.queue, by=make_member(project, "lead"))

    run_jobs()
    (waiting,) = finished()
    done = count_now(waiting, by=None)
    assert (read(done).judged, read(done).wanted) == (1, 4)
    assert make_annotator(project)


def outputs_of(task: Task):
    return JudgedOutput.objects.filter(task=task).select_related("version")


def even(item) -> bool:
    return int(item.outputs[0].text.split()[-1]) % 2 == 0
