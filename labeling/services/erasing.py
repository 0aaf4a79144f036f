"""What goes with the content of an item: every text that may repeat it. Locks: tasks, slots.

The rows stay, so that counts, agreement and the record are as they were; only what people wrote in
their own words is gone. Nobody is asked about the item any more.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from labeling.models import (
    Annotation,
    Answer,
    Criterion,
    Draft,
    Item,
    Question,
    Reveal,
    Ruling,
    Skip,
    Slot,
    Task,
)

#: Kinds whose answers are texts of their own, not keys or places.
WRITTEN = (Criterion.Kind.FREE_TEXT, Criterion.Kind.CORRECTED_OUTPUT)
ASKED = (Task.State.OPEN, Task.State.ATTENTION)


def erase_along(item: Item, *, at: datetime) -> None:
    """Take away all that people wrote about an item; the caller has erased what it says itself."""
    rows = Task.objects.filter(item=item).select_for_update(no_key=True)
    states = dict(rows.order_by("pk").values_list("pk", "state"))
    _stop_asking([task for task, state in states.items() if state in ASKED])
    Task.objects.filter(pk__in=states).exclude(outputs=[]).update(outputs=[])
    _erase_questions(states, at)
    Draft.objects.filter(task__in=states).delete()
    Skip.objects.filter(task__in=states).exclude(note="").update(note="")
    Annotation.objects.filter(task__in=states).exclude(comment="").update(comment="")
    answers = Answer.objects.filter(annotation__task__in=states)
    answers.exclude(proposed="").update(proposed="")
    answers.filter(criterion__kind__in=WRITTEN).update(value="")
    rulings = Ruling.objects.filter(adjudication__task__in=states)
    rulings.exclude(rationale="").update(rationale="")
    rulings.filter(criterion__kind__in=WRITTEN).update(value="")
    _erase_first_thoughts(states)


def _stop_asking(tasks: Collection[int]) -> None:
    """Set tasks aside that wait for answers; the places that were filled stay."""
    slots = Slot.objects.filter(task__in=tasks).select_for_update(no_key=True)
    waiting = [slot.pk for slot in slots.order_by("pk") if slot.annotation_id is None]
    Slot.objects.filter(pk__in=waiting).delete()
    Task.objects.filter(pk__in=tasks).update(state=Task.State.SET_ASIDE)


def _erase_questions(tasks: Collection[int], at: datetime) -> None:
    """Questions go, and none waits for an answer any more; who asked is told so."""
    asked = Question.objects.filter(task__in=tasks)
    asked.update(text="", answer="")
    asked.open().update(answered_at=at)


def _erase_first_thoughts(tasks: Collection[int]) -> None:
    """What adjudicators had written before they saw the answers."""
    written = set(
        Criterion.objects.filter(kind__in=WRITTEN, version__queues__tasks__in=tasks).values_list(
            "key", flat=True
        )
    )
    for reveal in Reveal.objects.filter(task__in=tasks) if written else ():
        reveal.blind = {key: "" if key in written else said for key, said in reveal.blind.items()}
        reveal.save(update_fields=["blind"])
