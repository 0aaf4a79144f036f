"""Signals, and the readings that come in for them; each new reading asks the monitors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluation.models import Evaluation, EvaluationSet, ModelVersion
from evaluation.policy.parts import Origin
from evaluation.reports.evaluations import Result, read
from labeling.errors import Conflict
from labeling.formats.canonical import canonical_json
from labeling.formats.rows import FormatError, Refusal, Row
from labeling.models import Membership, Project, Slice
from labeling.services import audit
from labeling.services.jobs import RunningJob, job_kind
from labeling.stats.estimate import Estimate
from maintenance.formats.readings import ReadingRow, rows_of
from maintenance.models import Alert, Reading, Signal
from maintenance.services.alerts import ask_monitors

#: Readings of one call: it is stored whole or not at all.
MOST = 50_000
CHUNK = 500
REASONS_SAID = 20
#: Clocks differ, and a day's window may be named by its end.
AHEAD = timedelta(days=1)


@dataclass(frozen=True)
class SignalTerms:
    """What a signal says; its key is what programs call it by and never changes."""

    key: str
    name: str
    layer: str
    unit: str = Signal.Unit.NUMBER
    better: str = Signal.Better.HIGHER
    about: str = ""
    evaluation_set: EvaluationSet | None = None

    @classmethod
    def of(cls, signal: Signal) -> SignalTerms:
        """What a signal says now."""
        return cls(**{name: getattr(signal, name) for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Recorded:
    """What a call has stored, and the alerts that it opened."""

    accepted: int
    unchanged: int
    alerts: list[Alert] = field(default_factory=list)


@transaction.atomic
def define_signal(
    project: Project, terms: SignalTerms, *, by: Membership | None, at: datetime | None = None
) -> Signal:
    """Watch a new series; a key is used once in a project."""
    if Signal.objects.filter(project=project, key=terms.key).exists():
        raise Conflict("key_taken", _("There is already a signal of this key."))
    signal = Signal(project=project, created_by=by, created_at=at or timezone.now(), **vars(terms))
    _require_sense(signal)
    signal.save()
    audit.record(by, "defined_signal", signal, at=at, project=project, **_said(signal))
    return signal


@transaction.atomic
def change_signal(
    signal: Signal, terms: SignalTerms, *, by: Membership | None, at: datetime | None = None
) -> Signal:
    """Change what a signal says; its key stays, and its unit once it has readings."""
    rows = Signal.objects.select_for_update(of=("self",), no_key=True)
    signal = rows.select_related("project", "evaluation_set").get(pk=signal.pk)
    if terms.key != signal.key:
        raise ValidationError({"key": _("A key never changes: programs send readings under it.")})
    if terms.unit != signal.unit and signal.readings.exists():
        raise Conflict("has_readings", _("The signal has readings: its unit stays as it is."))
    before = _said(signal)
    for name, value in vars(terms).items():
        setattr(signal, name, value)
    if _said(signal) == before:
        return signal
    _require_sense(signal)
    signal.save(update_fields=list(vars(terms)))
    audit.record(by, "changed_signal", signal, at=at, project=signal.project, **_said(signal))
    return signal


@transaction.atomic
def record_readings(
    project: Project,
    rows: Iterable[Mapping[str, Any] | Row | Refusal],
    *,
    source: str,
    by: Membership | None,
    at: datetime | None = None,
) -> Recorded:
    """Store readings, all or none, and ask the monitors of the series that got new ones.

    ValidationError by line for what cannot be taken. The same reading again is unchanged.
    """
    at = at or timezone.now()
    given = _well_formed(rows)
    names = Names.of(project, {row.signal for row in given}, lock=True)
    made = [_resolved(row, names, at) for row in given]
    _refuse([one for one in made if isinstance(one, Refusal)])
    readings = [one for one in made if isinstance(one, Reading)]
    return _store(project, readings, [row.line for row in given], source=source, by=by, at=at)


@job_kind("read_evaluations", every=timedelta(minutes=1), when=lambda: _unread().exists())
def run_read_evaluations(job: RunningJob) -> dict[str, int]:
    """The recurring job behind `read_evaluations`."""
    return {"readings": read_evaluations()}


def read_evaluations(*, at: datetime | None = None) -> int:
    """Make readings of what was measured of live versions on sets that signals watch."""
    return sum(
        _read_evaluation(pk, signal_pk, at or timezone.now())
        for pk, signal_pk in _unread().values_list("pk", "watching")[:CHUNK]
    )


@dataclass(frozen=True)
class Names:
    """The project's rows that readings name."""

    signals: dict[str, Signal]
    slices: dict[str, Slice]
    versions: dict[str, ModelVersion]

    @classmethod
    def of(cls, project: Project, keys: set[str], *, lock: bool = False) -> Names:
        """Locked in the order of their keys: a series is written by one at a time."""
        signals = Signal.objects.filter(project=project, key__in=keys).order_by("pk")
        if lock:
            signals = signals.select_for_update(no_key=True)
        return cls(
            {row.key: row for row in signals},
            {row.name: row for row in Slice.objects.filter(project=project)},
            {row.name: row for row in ModelVersion.objects.filter(project=project)},
        )


def _well_formed(rows: Iterable[Mapping[str, Any] | Row | Refusal]) -> list[ReadingRow]:
    taken: list[ReadingRow] = []
    refused: list[Refusal] = []
    try:
        for row in rows_of(rows):
            if len(taken) >= MOST:
                raise ValidationError(
                    _("Send at most %(most)s readings at once.") % {"most": f"{MOST:,}"}
                )
            if isinstance(row, ReadingRow):
                taken.append(row)
            elif len(refused) < REASONS_SAID:
                refused.append(row)
    except FormatError as error:
        raise ValidationError(str(error)) from error
    _refuse(refused)
    if not taken:
        raise ValidationError(_("There are no readings in it."))
    return taken


def _refuse(refused: Sequence[Refusal]) -> None:
    """ValidationError that names the first lines at fault, each with its field."""
    if refused:
        raise ValidationError({f"line {row.line}": row.reason for row in refused[:REASONS_SAID]})


def _resolved(row: ReadingRow, names: Names, at: datetime) -> Reading | Refusal:
    """The reading that a row stands for, or why it is refused."""
    signal = names.signals.get(row.signal)
    if signal is None:
        return Refusal(row.line, _("“signal”: there is no such signal here"))
    if signal.evaluation_set_id:
        return Refusal(row.line, _("“signal” takes its readings from evaluations"))
    if row.slice and row.slice not in names.slices:
        return Refusal(row.line, _("“slice”: there is no such slice here"))
    if row.model_version and row.model_version not in names.versions:
        return Refusal(row.line, _("“model_version”: there is no such version here"))
    if reason := _unfit(row, signal, at):
        return Refusal(row.line, reason)
    return Reading(
        signal=signal,
        slice=names.slices.get(row.slice),
        at=row.at,
        value=row.value,
        low=row.low,
        high=row.high,
        n=row.n,
        model_version=names.versions.get(row.model_version),
    )


def _unfit(row: ReadingRow, signal: Signal, at: datetime) -> str:
    """What is wrong with a reading of this signal, "" if nothing is."""
    if row.at > at + AHEAD:
        return _("“at” lies in the future")
    if signal.unit == Signal.Unit.SHARE and not 0 <= row.value <= 1:
        return _("“value” is a share: a number from 0 to 1 (0.8 for 80 %)")
    if signal.unit in {Signal.Unit.COUNT, Signal.Unit.MILLISECONDS} and row.value < 0:
        return _("“value” is below zero")
    return ""


def _store(
    project: Project,
    readings: Sequence[Reading],
    lines: Sequence[int],
    *,
    source: str,
    by: Membership | None,
    at: datetime,
) -> Recorded:
    """Add what is new, write one audit event about it, and ask the monitors."""
    new = _new(readings, lines)
    for reading in new:
        reading.source, reading.recorded_by, reading.recorded_at = source, by, at
    unchanged = len(readings) - len(new)
    if not new:
        return Recorded(0, unchanged)
    Reading.objects.bulk_create(new, batch_size=CHUNK)
    counts = {"accepted": len(new), "unchanged": unchanged}
    detail: dict[str, Any] = {**counts, "source": str(source), **_summed_up(new)}
    audit.record(by, "recorded_readings", at=at, project=project, **detail)
    series = {(reading.signal_id, reading.slice_id) for reading in new}
    return Recorded(len(new), unchanged, ask_monitors(series, at=at))


Window = tuple[int, int | None, datetime]


def _new(readings: Sequence[Reading], lines: Sequence[int]) -> list[Reading]:
    """Those that are not there yet; refused where another value stands in the same window."""
    known = _stored(readings)
    new: list[Reading] = []
    refused: list[Refusal] = []
    for reading, line in zip(readings, lines, strict=True):
        before = known.get(_window(reading))
        if before is None:
            known[_window(reading)] = reading
            new.append(reading)
        elif _content(before) != _content(reading):
            refused.append(Refusal(line, _different(before)))
    _refuse(refused)
    return new


def _stored(readings: Sequence[Reading]) -> dict[Window, Reading]:
    signals = {reading.signal_id for reading in readings}
    moments = sorted({reading.at for reading in readings})
    found: dict[Window, Reading] = {}
    for start in range(0, len(moments), CHUNK):
        rows = Reading.objects.filter(signal__in=signals, at__in=moments[start : start + CHUNK])
        found |= {_window(row): row for row in rows}
    return found


def _different(before: Reading) -> str:
    if before._state.adding:
        return _("“value”: the same window has another value on an earlier line")
    return _("“value”: this window has another value, %(value)s, and readings never change") % {
        "value": f"{before.value:g}"
    }


def _window(reading: Reading) -> Window:
    return reading.signal_id, reading.slice_id, reading.at


def _content(reading: Reading) -> tuple[Any, ...]:
    return reading.value, reading.low, reading.high, reading.n, reading.model_version_id


def _summed_up(readings: Sequence[Reading]) -> dict[str, Any]:
    """Which signals, and a digest in an order and with names that are the same everywhere."""
    rows = [
        [
            reading.signal.key,
            reading.slice.name if reading.slice else None,
            reading.at.isoformat(timespec="microseconds"),
            *(None if one is None else repr(one) for one in _content(reading)[:4]),
            reading.model_version.name if reading.model_version else None,
        ]
        for reading in readings
    ]
    digest = sha256(canonical_json(sorted(rows, key=repr))).hexdigest()
    return {"signals": sorted({reading.signal.key for reading in readings}), "digest": digest}


def _unread() -> Any:
    """Pairs of an evaluation of a live version and a signal (`watching`) that has not read it."""
    done = Evaluation.objects.filter(
        state=Evaluation.State.DONE, model_version__state=ModelVersion.State.LIVE
    )
    pairs = done.annotate(watching=F("set_version__evaluation_set__signals"))
    known = Reading.objects.filter(evaluation=OuterRef("pk"), signal=OuterRef("watching"))
    return pairs.filter(watching__isnull=False).filter(~Exists(known)).order_by("created_at", "pk")


@transaction.atomic
def _read_evaluation(pk: int, signal_pk: int, at: datetime) -> int:
    """Accuracy overall and on each of the project's slices, at the time it was asked for."""
    signal = Signal.objects.select_for_update(of=("self",), no_key=True).get(pk=signal_pk)
    evaluation = Evaluation.objects.select_related("model_version__project").get(pk=pk)
    if Reading.objects.filter(signal=signal, evaluation=evaluation).exists():
        return 0
    project = evaluation.model_version.project
    result = read(evaluation)
    readings = [] if result is None else _measured(signal, evaluation, result)
    lines = list(range(1, len(readings) + 1))
    source = Reading.Source.EVALUATION
    return _store(project, readings, lines, source=source, by=None, at=at).accepted


def _measured(signal: Signal, evaluation: Evaluation, result: Result) -> list[Reading]:
    slices = {row.name: row for row in Slice.objects.filter(project=signal.project_id)}
    found: list[tuple[Slice | None, Estimate]] = [(None, result.accuracy)]
    found += [
        (slices[part.name], part.accuracy)
        for part in result.parts
        if part.origin == Origin.SLICE and part.name in slices
    ]
    return [
        Reading(
            signal=signal,
            slice=part,
            at=evaluation.created_at,
            value=accuracy.value,
            low=accuracy.low if accuracy.bounded else None,
            high=accuracy.high if accuracy.bounded else None,
            n=accuracy.n,
            model_version=evaluation.model_version,
            evaluation=evaluation,
        )
        for part, accuracy in found
        if accuracy.defined
    ]


def _require_sense(signal: Signal) -> None:
    signal.full_clean(
        exclude=["project", "evaluation_set", "created_by"], validate_constraints=False
    )
    watched = signal.evaluation_set
    if watched is None:
        return
    if watched.project_id != signal.project_id:
        missing = ValidationError(_("There is no such row here."), code="invalid_reference")
        raise ValidationError({"evaluation_set": missing})
    if signal.unit != Signal.Unit.SHARE:
        raise ValidationError(
            {"unit": _("Evaluations give the accuracy, which is a share: choose share.")}
        )


def _said(signal: Signal) -> dict[str, Any]:
    """What a signal says, as the record keeps it."""
    watched = signal.evaluation_set
    texts = {name: str(getattr(signal, name)) for name in ("key", "name", "layer", "unit")}
    rest = {"better": str(signal.better), "about": signal.about}
    return {**texts, **rest, "evaluation_set": str(watched.uid) if watched else None}
