"""Queues of just those tasks that a new version of a rubric asks for again."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Membership, Queue, RubricChange, RubricVersion, Slot, Task
from labeling.policy.relabeling import KEPT
from labeling.policy.rubric_changes import Part, Touch
from labeling.reports.relabeling import Chain, to_judge_again
from labeling.reports.trials import lost_in
from labeling.services import audit
from labeling.services.successors import queue_like, tasks_like

CHUNK = 2_000
NAME_CHARACTERS = 120
#: Where a decision stands that came after those made when a version was published.
AFTER_ALL = 32_767


@transaction.atomic
def judge_again(
    queue: Queue,
    version: RubricVersion,
    *,
    first: int | None = None,
    seed: int | None = None,
    by: Membership | None,
    at: datetime | None = None,
) -> Queue:
    """An open queue under a later version, like an earlier one but with the touched tasks alone.

    first: only so many of them, drawn at random by the seed, to see how many answers change.
    """
    version = _held(version)
    tasks = _touched(queue, version)
    about: dict[str, Any] = {"relabels": str(queue.uid), "touched": len(tasks)}
    if first is not None:
        _refuse_second_sample(queue, version)
        seed = secrets.randbelow(2**31) if seed is None else seed
        tasks = _drawn(tasks, first, seed)
        about |= {"sampled": len(tasks), "seed": seed}
    fields = {"name": _named(queue.name, version), "on_trial": first is not None}
    again = queue_like(queue, version, by=by, at=at, relabels=queue, **fields)
    for start in range(0, len(tasks), CHUNK):
        _make_tasks(again, tasks[start : start + CHUNK], start)
    audit.record(by, "created_queue", again, at=at, tasks=len(tasks), **about)
    return again


@transaction.atomic
def keep_answers(
    queue: Queue,
    version: RubricVersion,
    reason: str,
    *,
    by: Membership | None,
    at: datetime | None = None,
) -> list[RubricChange]:
    """Let the earlier answers of a queue stand, as what stands for them, instead of asking again.

    The decision is added to those made when the versions were published; none of these changes.
    """
    reason, at = reason.strip(), at or timezone.now()
    if not reason:
        raise ValidationError({"reason": _("Say why the earlier answers stand.")})
    version = _held(version)
    chain = Chain(version)
    _refuse_unless_keepable(queue, version, chain)
    rows = RubricChange.objects.bulk_create(
        _kept_row(queue, step, reason, by=by, at=at) for step in _asking(queue, chain)
    )
    facts = {"version": version.number, "reason": reason}
    audit.record(by, "kept_answers", queue, at=at, project=queue.project, **facts)
    return rows


def _held(version: RubricVersion) -> RubricVersion:
    return RubricVersion.objects.select_for_update(of=("self",), no_key=True).get(pk=version.pk)


def _touched(queue: Queue, version: RubricVersion) -> list[int]:
    """The queue's tasks that are to be judged again; Conflict where there is none."""
    rows = to_judge_again(version).filter(queue=queue).order_by("pk")
    if tasks := list(rows.values_list("pk", flat=True)):
        return tasks
    raise Conflict("nothing_to_judge", _("Nothing in this queue is to be judged again."))


def _refuse_second_sample(queue: Queue, version: RubricVersion) -> None:
    trials = Queue.objects.filter(relabels=queue, rubric_version=version, on_trial=True)
    if trials.exists():
        raise Conflict("trial_exists", _("A sample of these tasks is being judged already."))


def _drawn(tasks: list[int], size: int, seed: int) -> list[int]:
    """So many of the tasks, each as likely as any other, in the order in which they were drawn."""
    chance = random.Random(seed)  # noqa: S311 - a draw that can be repeated, not a secret
    return chance.sample(tasks, min(size, len(tasks)))


def _named(name: str, version: RubricVersion) -> str:
    more = _(" (again, version %(number)d)") % {"number": version.number}
    return name[: NAME_CHARACTERS - len(more)] + more


def _refuse_unless_keepable(queue: Queue, version: RubricVersion, chain: Chain) -> None:
    if not to_judge_again(version).filter(queue=queue).exists():
        raise Conflict("nothing_to_judge", _("Nothing in this queue is to be judged again."))
    if lost := lost_in(version, chain).get(queue.pk):
        named = ", ".join(f"{key}: {value}" for key, value in lost[:5])
        message = _("Nothing stands for these answers, so they have to be given again: %(named)s.")
        raise Conflict("nothing_stands_for_it", message % {"named": named})


def _asking(queue: Queue, chain: Chain) -> Iterator[RubricVersion]:
    """The versions after the queue's own that ask for earlier answers again."""
    for place, step in enumerate(chain.versions):
        since = step.number > queue.rubric_version.number
        if since and chain.asks_again(place) and queue.uid not in chain.kept.get(step.pk, ()):
            yield step


def _kept_row(
    queue: Queue, step: RubricVersion, reason: str, *, by: Membership | None, at: datetime
) -> RubricChange:
    return RubricChange(
        version=step,
        before=queue.rubric_version,
        position=AFTER_ALL,
        ident=f"{KEPT}.{queue.uid.hex}",
        kind=KEPT,
        part=Part.RUBRIC,
        what=str(queue.uid),
        touch=Touch.NOTHING,
        edits=[{"path": ["reason"], "old": None, "new": reason}],
        is_meaning=False,
        decision=RubricChange.Decision.CARRY_OVER,
        decided_by=by,
        at=at,
    )


def _make_tasks(queue: Queue, earlier: Sequence[int], made: int) -> None:
    """Tasks for the items of earlier ones, in this order, each for as many people as before."""
    rows = Task.objects.in_bulk(earlier)
    places = Slot.objects.filter(task__in=earlier).order_by().values_list("task")
    people = dict(places.annotate(n=Count("pk")))
    old = [rows[pk] for pk in earlier]
    tasks = tasks_like(old, queue)
    Slot.objects.bulk_create(
        Slot(queue=queue, task=task, number=number, place=place, lane=task.lane)
        for place, (task, before) in enumerate(zip(tasks, old, strict=True), made)
        for number in range(people.get(before.pk, queue.overlap))
    )
