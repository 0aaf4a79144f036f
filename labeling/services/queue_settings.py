"""Changing a queue while it is being judged. Locks: queue, seats, tasks, slots."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Membership, Queue, Team
from labeling.services import audit
from labeling.services.overlap import fit_places
from labeling.services.successors import refuse_if_moving

CHANGEABLE = (
    "name",
    "overlap",
    "overlap_percent",
    "settling",
    "lease_minutes",
    "cap_each",
    "cap_daily",
    "qualified_only",
    "languages",
    "sensitive",
)
BUILT = (Queue.State.OPEN, Queue.State.PAUSED, Queue.State.CLOSED)


@transaction.atomic
def change_queue(
    queue: Queue,
    *,
    by: Membership,
    again: Collection[str] = (),
    teams: Iterable[Team] | None = None,
    at: datetime | None = None,
    **changes: Any,
) -> Queue:
    """Change settings of a queue from now on; what was judged under the old ones stands.

    again: which decided tasks are asked again where more people are wanted than answered.
    """
    at = at or timezone.now()
    row = Queue.objects.select_for_update(no_key=True, of=("self",)).get(pk=queue.pk)
    if row.state not in BUILT:
        raise Conflict("queue_state", _("The queue is in another state by now; reload the page."))
    refuse_if_moving(row)
    changed = _change(row, changes)
    if teams is not None:
        changed |= _change_teams(row, list(teams))
    if {"overlap", "overlap_percent"} & changed.keys() or again:
        fit_places(row, again, by=by, at=at)
    if changed:
        audit.record(by, "changed_queue", row, at=at, changes=changed)
    return row


def _change(queue: Queue, changes: dict[str, Any]) -> dict[str, list[Any]]:
    """Each setting that differs, as it was and as it is."""
    changed = {}
    for name in CHANGEABLE:
        if name in changes and changes[name] != getattr(queue, name):
            changed[name] = [getattr(queue, name), changes[name]]
            setattr(queue, name, changes[name])
    if queue.languages and not queue.lane_attribute:
        message = _("This queue does not know the language of its items.")
        raise ValidationError({"languages": message})
    queue.full_clean(exclude=["job", "created_by", "blinding"], validate_unique=False)
    queue.save(update_fields=list(changed))
    return changed


def _change_teams(queue: Queue, teams: list[Team]) -> dict[str, list[Any]]:
    if any(team.project_id != queue.project_id for team in teams):
        raise ValidationError({"teams": _("There is no such team here.")})
    before = sorted(str(team.uid) for team in queue.teams.all())
    after = sorted(str(team.uid) for team in teams)
    if before == after:
        return {}
    queue.teams.set(teams)
    return {"teams": [before, after]}
