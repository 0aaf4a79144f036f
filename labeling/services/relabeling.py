"""Queues of just those tasks that a new version of a rubric asks for again."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Membership, Queue, RubricChange, RubricVersion, Slot, Task
from labeling.policy.relabeling import KEPT
from labeling.policy.rubric_changes import Part, Touch
from labeling.reports.places import Placed, placed
from labeling.reports.relabeling import Chain, to_judge_again
from labeling.reports.trials import lost_in
from labeling.services import audit
from labeling.services.successors import places_of, queue_like, tasks_like

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
    if not (tasks := list(to_judge_again(version).filter(queue=queue).order_by("pk"))):
        raise Conflict("nothing_to_judge", _("Nothing in this queue is to be judged again."))
    about: dict[str, Any] = {"relabels": str(queue.uid), "touched": len(tasks)}
    if first is not None:
        tasks, drawn = _sample(queue, version, tasks, first, seed)
        about |= drawn
    fields = {"name": _named(queue.name, version), "on_trial": first is not None}
    again = queue_like(queue, version, by=by, at=at, relabels=queue, **fields)
    _make_tasks(again, tasks)
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
    if not (reason := reason.strip()):
        raise ValidationError({"reason": _("Say why the earlier answers stand.")})
    version, at = _held(version), at or timezone.now()
    chain = Chain(version)
    _refuse_unless_keepable(queue, version, chain)
    rows = [_kept_row(queue, step, reason, by=by, at=at) for step in _asking(queue, chain)]
    facts = {"version": version.number, "reason": reason}
    audit.record(by, "kept_answers", queue, at=at, project=queue.project, **facts)
    return RubricChange.objects.bulk_create(rows)


def _held(version: RubricVersion) -> RubricVersion:
    """The version, its row locked: what it asks again is decided by one person at a time."""
    return RubricVersion.objects.select_for_update(of=("self",), no_key=True).get(pk=version.pk)


def _sample(
    queue: Queue, version: RubricVersion, tasks: list[Task], size: int, seed: int | None
) -> tuple[list[Task], dict[str, int]]:
    """So many of the tasks, each as likely as any other, in the order in which they were drawn."""
    trials = Queue.objects.filter(relabels=queue, rubric_version=version, on_trial=True)
    if trials.exists():
        raise Conflict("trial_exists", _("A sample of these tasks is being judged already."))
    seed = secrets.randbelow(2**31) if seed is None else seed
    chance = random.Random(seed)  # noqa: S311 - a draw that can be repeated, not a secret
    drawn = chance.sample(tasks, min(size, len(tasks)))
    return drawn, {"sampled": len(drawn), "seed": seed}


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


def _make_tasks(queue: Queue, earlier: Sequence[Task]) -> None:
    """Tasks for the items of earlier ones, each for as many people as the queue's settings say.

    They come in the queue's own order; a sample as it was drawn, so that each part of it is one.
    """
    rows = {row.member: row for row in placed(queue)}
    for start in range(0, len(earlier), CHUNK):
        old = earlier[start : start + CHUNK]
        slots: list[Slot] = []
        for number, task in enumerate(tasks_like(old, queue), start):
            row = rows.get(task.sampled_item_id or 0, Placed(0, number, queue.overlap))
            place = number if queue.on_trial else row.place
            slots += places_of(task, queue, replace(row, place=place))
        Slot.objects.bulk_create(slots)
