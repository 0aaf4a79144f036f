"""What an annotator must not know, each as something that happens in the world of their sitting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from django.db.models import F
from django.utils import timezone

from evaluation.models import JudgedEvaluation, JudgedOutput, ModelVersion
from labeling.models import (
    Annotation,
    Answer,
    Draft,
    Item,
    Membership,
    Project,
    Question,
    Queue,
    Skip,
    Slot,
    Task,
)
from labeling.models.queues import new_key
from labeling.policy.sides import sides_of
from labeling.services.adjudications import Decision, adjudicate
from labeling.services.annotations import submit, undo
from labeling.services.answers import Payload
from tests import factories
from tests.labeling.makers import hold, make_adjudicator

OTHERS_ANNOTATION = uuid4()
Answers = dict[str, str]


@dataclass(frozen=True)
class Sitting:
    """An annotator with one item submitted and another on the screen.

    says: three ways to answer an item, of which the first is what this person said.
    """

    project: Project
    queue: Queue
    member: Membership
    done: Annotation
    token: UUID
    task: Task
    says: tuple[Answers, Answers, Answers]


def others_agree(sitting: Sitting) -> None:
    """Two others give the answer of this person to what they did, and any to what they look at."""
    _answer(sitting, sitting.done.task, 0, uid=OTHERS_ANNOTATION)
    for task in (sitting.done.task, sitting.task, sitting.task):
        _answer(sitting, task, 0)


def others_disagree(sitting: Sitting) -> None:
    for way in (1, 2):
        _answer(sitting, sitting.done.task, way)
    _answer(sitting, sitting.task, 1)


def an_adjudicator_decided(sitting: Sitting) -> None:
    others_disagree(sitting)
    assert Task.objects.get(pk=sitting.done.task_id).state == Task.State.DISPUTED
    adjudicator = make_adjudicator(sitting.project)
    ruling = {"cause": "slip", "rationale": "It says so."}
    rulings = {key: Decision(value, **ruling) for key, value in sitting.says[1].items()}
    adjudicate(adjudicator, hold(adjudicator).claim_token, rulings, at=timezone.now())


def somebody_took_theirs_back(sitting: Sitting) -> None:
    for task in (sitting.done.task, sitting.task):
        row = _answer(sitting, task, 1)
        undo(row.annotator, row, at=timezone.now())


def everybody_else_is_done(sitting: Sitting) -> None:
    """All other items have one place left, which is this person's."""
    for task in sitting.queue.tasks.all():
        for _ in range(2):
            _answer(sitting, task, 2)


def others_skipped(sitting: Sitting) -> None:
    for task in (sitting.done.task, sitting.task):
        other = factories.make_annotator(sitting.project)
        Skip.objects.create(task=task, annotator=other, reason="broken_item", note="unreadable")


def others_asked_and_typed(sitting: Sitting) -> None:
    other = factories.make_annotator(sitting.project)
    for task in (sitting.done.task, sitting.task):
        Question.objects.create(task=task, annotator=other, text="What is this?")
        Draft.objects.create(task=task, annotator=other, answers=sitting.says[2], comment="Hm")


def others_hold_places(sitting: Sitting) -> None:
    free = Slot.objects.free().filter(queue=sitting.queue, task=sitting.task)
    for slot in free:
        other = factories.make_annotator(sitting.project)
        until = timezone.now() + timedelta(days=1)
        Slot.objects.filter(pk=slot.pk).update(
            annotator=other, token=uuid4(), leased_until=until, early=True
        )


def the_model_was_sure_of_something_else(sitting: Sitting) -> None:
    Item.objects.update(
        prediction="delivery",
        confidence=0.4711,
        model_version="model-x",
        group="group-9",
        attributes={"channel": "phone", "gold": "yes"},
    )
    for item in Item.objects.all():
        content = {**item.content, "notes": "a very important customer"}
        Item.objects.filter(pk=item.pk).update(content=content, external_id=f"gold-{item.pk}")
    sitting.queue.sample.members.update(stratum="stratum-a", inclusion_probability=0.25)


def more_people_are_asked_for(sitting: Sitting) -> None:
    Queue.objects.filter(pk=sitting.queue.pk).update(overlap=5, settling="majority")
    last = Slot.objects.filter(queue=sitting.queue, number=2)
    Slot.objects.bulk_create(
        Slot(queue=slot.queue, task=slot.task, number=number, place=slot.place)
        for slot in last
        for number in (3, 4)
    )


def the_versions_have_other_names(sitting: Sitting) -> None:
    for row in ModelVersion.objects.all():
        ModelVersion.objects.filter(pk=row.pk).update(name=f"gpt-{row.pk}", commit="abc")
    JudgedEvaluation.objects.update(name="gpt against the rest", seed=4711)


def the_outputs_are_kept_the_other_way_round(sitting: Sitting) -> None:
    """What stood first in the task stands second, and the sides are drawn the other way round."""
    if not sitting.task.outputs:
        return
    for task in sitting.queue.tasks.all():
        Task.objects.filter(pk=task.pk).update(outputs=task.outputs[::-1])
    JudgedOutput.objects.update(position=10 + F("position"))
    for position in (0, 1):
        JudgedOutput.objects.filter(position=10 + position).update(position=1 - position)
    Queue.objects.filter(pk=sitting.queue.pk).update(sides_key=_turning(sitting))
    said = Answer.objects.get(annotation=sitting.done, criterion__key="better")
    Answer.objects.filter(pk=said.pk).update(value={"a": "b", "b": "a"}[said.value])
    shown = {**sitting.done.shown, "sides": sitting.done.shown["sides"][::-1]}
    Annotation.objects.filter(pk=sitting.done.pk).update(shown=shown)


def _turning(sitting: Sitting) -> str:
    """A key by which this person sees every pair of the queue turned round."""

    def orders(key: str) -> list[tuple[int, ...]]:
        secret, person = bytes.fromhex(key), sitting.member.pk
        tasks = sitting.queue.tasks.order_by("pk")
        return [sides_of(2, {}, secret, task=task.pk, person=person).order for task in tasks]

    now = orders(sitting.queue.sides_key)
    turned = [order[::-1] for order in now]
    return next(key for key in iter(new_key, None) if orders(key) == turned)


HIDDEN: list[Callable[[Sitting], None]] = [
    others_agree,
    others_disagree,
    an_adjudicator_decided,
    somebody_took_theirs_back,
    everybody_else_is_done,
    others_skipped,
    others_asked_and_typed,
    others_hold_places,
    the_model_was_sure_of_something_else,
    more_people_are_asked_for,
    the_versions_have_other_names,
    the_outputs_are_kept_the_other_way_round,
]


def _answer(sitting: Sitting, task: Task, way: int, uid: UUID | None = None) -> Annotation:
    """Somebody new answers a task in one of the ways, under a place that is free."""
    other = factories.make_annotator(sitting.project)
    token = uuid4()
    slot = Slot.objects.free().filter(task=task).order_by("number").first()
    if slot is None:
        raise AssertionError("no place is free on this task")
    Slot.objects.filter(pk=slot.pk).update(
        annotator=other, token=token, leased_until=timezone.now() + timedelta(minutes=5)
    )
    task.offers.create(annotator=other, token=token)
    sitting.queue.seats.get_or_create(annotator=other)
    submit(other, token, Payload(sitting.says[way]), at=timezone.now())
    row = Annotation.objects.get(task=task, annotator=other)
    if uid:
        Annotation.objects.filter(pk=row.pk).update(uid=uid)
    return row
