"""Targets: what a signal should be, everywhere or on a slice, by when, and who answers for it."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Membership, Slice
from labeling.services import audit
from maintenance.models import Signal, Target


@transaction.atomic
def set_target(
    signal: Signal,
    part: Slice | None,
    operator: str,
    value: float,
    owner: Membership | None = None,
    due: date | None = None,
    *,
    by: Membership | None,
    at: datetime | None = None,
) -> Target:
    """Say what a signal should be; the target that held there before is dropped.

    part: the slice that it is about; None for everywhere. The same target again changes nothing.
    """
    signal = Signal.objects.select_for_update().select_related("project").get(pk=signal.pk)
    target = Target(signal=signal, slice=part, operator=operator, value=value)
    target.owner, target.due, target.set_by, target.set_at = owner, due, by, at or timezone.now()
    _require_sense(target)
    before = Target.objects.current().filter(signal=signal, slice=part).first()
    if before is not None:
        if _terms(before) == _terms(target):
            return before
        _drop(before, target.set_at)
    return _set(target, before)


@transaction.atomic
def drop_target(target: Target, *, by: Membership | None, at: datetime | None = None) -> Target:
    """Take a target back; what held until now stays on record."""
    if not _drop(target, at or timezone.now()):
        raise Conflict("target_dropped", _("This target does not hold any more."))
    audit.record(
        by, "dropped_target", target, at=at, project=target.signal.project, **_terms(target)
    )
    return target


def _set(target: Target, before: Target | None) -> Target:
    target.save()
    said = {**_terms(target), **({"was": _terms(before)} if before else {})}
    project = target.signal.project
    audit.record(target.set_by, "set_target", target, at=target.set_at, project=project, **said)
    return target


def _drop(target: Target, at: datetime) -> bool:
    """Whether it was this call that ended it."""
    dropped = Target.objects.current().filter(pk=target.pk).update(dropped_at=at) == 1
    if dropped:
        target.dropped_at = at
    return dropped


def _require_sense(target: Target) -> None:
    project = target.signal.project_id
    if target.operator not in Target.Operator.values:
        raise ValidationError({"operator": _("Say at_least or at_most.")})
    if not math.isfinite(target.value):
        raise ValidationError({"value": _("Give a number.")})
    if target.signal.unit == Signal.Unit.SHARE and not 0 <= target.value <= 1:
        raise ValidationError({"value": _("This signal is a share: give a number from 0 to 1.")})
    if target.slice is not None and target.slice.project_id != project:
        raise ValidationError({"slice": _("There is no such slice here.")})
    if target.owner is not None and target.owner.project_id != project:
        raise ValidationError({"owner": _("There is no such member here.")})


def _terms(target: Target) -> dict[str, Any]:
    """What a target says, as the record keeps it."""
    return {
        "signal": target.signal.key,
        "slice": target.slice.name if target.slice else None,
        "operator": str(target.operator),
        "value": target.value,
        "owner": str(target.owner.uid) if target.owner else None,
        "due": target.due.isoformat() if target.due else None,
    }
