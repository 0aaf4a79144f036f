"""Monitors: the rules on signals; defined, changed and muted here, asked when readings come in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.models import Membership, Slice
from labeling.policy.roles import Verb
from labeling.services import audit
from maintenance.formats.readings import LARGEST, number
from maintenance.models import Monitor, Signal

#: Longer, a mute is a monitor that should be off.
LONGEST_MUTE = timedelta(days=90)
MOST_WINDOWS = 100
WHY_CHARACTERS = 200


@dataclass(frozen=True)
class MonitorTerms:
    """What a monitor says; `slice` is where it looks and stays as it is, None for everywhere."""

    operator: str
    threshold: float
    needed: int = 2
    windows: int = 3
    minimum: int = 0
    slice: Slice | None = None
    severity: str = Monitor.Severity.WARNING
    owner: Membership | None = None
    due_days: int = 7
    enabled: bool = True

    @classmethod
    def of(cls, monitor: Monitor) -> MonitorTerms:
        """What a monitor says now."""
        return cls(**{name: getattr(monitor, name) for name in cls.__dataclass_fields__})


@transaction.atomic
def define_monitor(
    signal: Signal, terms: MonitorTerms, *, by: Membership | None, at: datetime | None = None
) -> Monitor:
    """Put a rule on a signal; it is asked when the next reading comes."""
    signal = Signal.objects.select_for_update(of=("self",), no_key=True).get(pk=signal.pk)
    monitor = Monitor(signal=signal, created_by=by, created_at=at or timezone.now(), **vars(terms))
    require_sense(monitor)
    monitor.save()
    audit.record(by, "defined_monitor", monitor, at=at, project=signal.project, **_said(monitor))
    return monitor


@transaction.atomic
def change_monitor(
    monitor: Monitor, terms: MonitorTerms, *, by: Membership | None, at: datetime | None = None
) -> Monitor:
    """Change a rule from the next reading on; alerts that are open keep theirs."""
    monitor = _locked(monitor)
    if terms.slice != monitor.slice:
        raise ValidationError({"slice": _("Where a monitor looks stays; define another one.")})
    before = _said(monitor)
    for name, value in vars(terms).items():
        setattr(monitor, name, value)
    require_sense(monitor)
    said = _said(monitor)
    if said == before:
        return monitor
    monitor.save(update_fields=list(vars(terms)))
    changed = {name: [before[name], said[name]] for name in said if said[name] != before[name]}
    audit.record(by, "changed_monitor", monitor, at=at, project=monitor.signal.project, **changed)
    return monitor


@transaction.atomic
def mute_monitor(
    monitor: Monitor,
    until: datetime | None,
    why: str,
    *,
    by: Membership | None,
    at: datetime | None = None,
) -> Monitor:
    """Have a monitor open no alert until then; None ends a mute. Readings are kept all the same."""
    now = at or timezone.now()
    monitor, why = _locked(monitor), why.strip()
    if until is not None and not now < until <= now + LONGEST_MUTE:
        message = _("A mute ends in the future, within %(days)s days.")
        raise ValidationError({"until": message % {"days": LONGEST_MUTE.days}})
    if not why or len(why) > WHY_CHARACTERS:
        message = _("Say why, in at most %(most)s characters.") % {"most": WHY_CHARACTERS}
        raise ValidationError({"why": message})
    if monitor.muted_until == until and (until is None or monitor.muted_why == why):
        return monitor
    monitor.muted_until, monitor.muted_why = until, why if until else ""
    monitor.save(update_fields=["muted_until", "muted_why"])
    detail = {"until": until.isoformat() if until else None, "why": why}
    audit.record(by, "muted_monitor", monitor, at=at, project=monitor.signal.project, **detail)
    return monitor


def require_sense(monitor: Monitor) -> None:
    """ValidationError for a rule that could never be asked, and for rows of another project."""
    signal = monitor.signal
    try:
        monitor.threshold = number(monitor.threshold)
    except ValueError as error:
        message = _("Give a number, at most %(most)s from zero.") % {"most": f"{LARGEST:g}"}
        raise ValidationError({"threshold": message}) from error
    monitor.clean_fields(exclude=["signal", "slice", "owner", "created_by"])
    if not 1 <= monitor.needed <= monitor.windows <= MOST_WINDOWS:
        message = _("At least one window of at most %(most)s, and not more than are looked at.")
        raise ValidationError({"needed": message % {"most": MOST_WINDOWS}})
    if signal.unit == Signal.Unit.SHARE and not 0 <= monitor.threshold <= 1:
        raise ValidationError({"threshold": _("This signal is a share: a number from 0 to 1.")})
    if monitor.slice and monitor.slice.project_id != signal.project_id:
        _refuse_reference("slice")
    owner = monitor.owner
    if owner and (owner.project_id != signal.project_id or not owner.may(Verb.WORK_CASES)):
        _refuse_reference("owner")


def _refuse_reference(field: str) -> None:
    missing = ValidationError(_("There is no such row here."), code="invalid_reference")
    raise ValidationError({field: missing})


def _locked(monitor: Monitor) -> Monitor:
    rows = Monitor.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("signal__project", "slice", "owner").get(pk=monitor.pk)


def _said(monitor: Monitor) -> dict[str, Any]:
    """What a monitor says, as the record keeps it."""
    return {
        "signal": monitor.signal.key,
        "slice": monitor.slice.name if monitor.slice else None,
        "operator": str(monitor.operator),
        "threshold": float(monitor.threshold),
        "needed": int(monitor.needed),
        "windows": int(monitor.windows),
        "minimum": int(monitor.minimum),
        "severity": str(monitor.severity),
        "owner": str(monitor.owner.uid) if monitor.owner else None,
        "due_days": int(monitor.due_days),
        "enabled": bool(monitor.enabled),
    }
