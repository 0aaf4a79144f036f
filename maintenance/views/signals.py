"""Signals: four layers with what is missing, and one signal with its series and its rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from labeling import storage
from labeling.errors import Conflict
from labeling.formats.reading import read_rows
from labeling.formats.rows import FormatError
from labeling.formats.sniffing import sniff
from labeling.models import Membership, Slice
from labeling.policy.roles import Verb
from labeling.views.find import get_member_or_404
from maintenance.forms.signals import MonitorForm, MuteForm, ReadingsForm, SignalForm
from maintenance.models import Monitor, Reading, Signal, Target
from maintenance.reports import signals as report
from maintenance.reports.signals import Replay
from maintenance.reports.targets import in_unit
from maintenance.services import signals as services
from maintenance.services.alerts import rule_of
from maintenance.services.signals import Recorded

PAGE = 20
ALERTS_SHOWN, FIRINGS_SHOWN = 20, 20


@dataclass(frozen=True)
class Asked:
    """A monitor that is being written on the page of its signal, and what it would have fired."""

    form: MonitorForm
    monitor: Monitor | None = None
    replay: Replay | None = None


@require_safe
def signals(request: HttpRequest, project: str) -> HttpResponse:
    """Every signal under its layer, and what is missing in each."""
    member = get_member_or_404(request.user, project, Verb.SEE_SIGNALS)
    return _list(request, member)


@require_POST
def signal_new(request: HttpRequest, project: str) -> HttpResponse:
    """Define a signal."""
    member = get_member_or_404(request.user, project, Verb.WATCH_SIGNALS)
    form = SignalForm(request.POST, project=member.project)
    if not form.is_valid():
        return _list(request, member, form=form, status=400)
    try:
        return redirect(services.define_signal(member.project, form.terms(), by=member))
    except Conflict as conflict:
        form.add_error("key", conflict.message)
        return _list(request, member, form=form, status=409)
    except ValidationError as error:
        form.add_error(None, error)
        return _list(request, member, form=form, status=400)


@require_POST
def readings_import(request: HttpRequest, project: str) -> HttpResponse:
    """Take a file of readings in, whole or not at all."""
    member = get_member_or_404(request.user, project, Verb.RECORD_READINGS)
    form = ReadingsForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, member, readings_form=form, status=400)
    try:
        recorded = _take_in(request.FILES["file"], member)
    except ValidationError as error:
        for line in _lines_of(error):
            form.add_error("file", line)
        return _list(request, member, readings_form=form, status=400)
    _tell(request, recorded)
    return redirect("signals", project)


@require_safe
def signal(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """One signal: its series everywhere or on a slice, what watches it, what has fired."""
    member, row = find_signal(request, project, uid, Verb.SEE_SIGNALS)
    asked, part = None, _slice(request, member)
    if chosen := request.GET.get("monitor"):
        monitor = _monitor(row, chosen)
        part = monitor.slice
        form = MonitorForm(signal=row, monitor=monitor)
        asked = Asked(form, monitor, report.replay(row, part, rule_of(monitor)))
    return show_signal(request, member, row, part, asked)


@require_POST
def signal_change(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Change what a signal says."""
    member, row = find_signal(request, project, uid, Verb.WATCH_SIGNALS)
    form = SignalForm(request.POST, project=member.project, signal=row)
    if form.is_valid():
        try:
            return redirect(services.change_signal(row, form.terms(), by=member))
        except Conflict as conflict:
            form.add_error("unit", conflict.message)
        except ValidationError as error:
            form.add_error(None, error)
    return show_signal(request, member, row, None, signal_form=form, status=400)


def find_signal(
    request: HttpRequest, project: str, uid: UUID, verb: Verb
) -> tuple[Membership, Signal]:
    member = get_member_or_404(request.user, project, verb)
    rows = Signal.objects.filter(project=member.project)
    rows = rows.select_related("project", "evaluation_set__project", "created_by__user")
    return member, get_object_or_404(rows, uid=uid)


def show_signal(
    request: HttpRequest,
    member: Membership,
    row: Signal,
    part: Slice | None,
    asked: Asked | None = None,
    *,
    signal_form: SignalForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The Signal page; with a monitor that somebody is writing, what it would have fired."""
    monitors = list(_monitors(row))
    slices = list(member.project.slices.all())
    asked = asked or Asked(MonitorForm(signal=row))
    context = {
        "signal": row,
        "part": part,
        "slices": slices,
        "by_slice": report.by_slice(row, slices),
        "monitors": [(one, report.beyond(one)) for one in monitors],
        "alerts": report.alerts_of(row)[:ALERTS_SHOWN],
        "now": timezone.now(),
        "asked": asked,
        "firings": asked.replay.shown[:FIRINGS_SHOWN] if asked.replay else [],
        "mute_form": MuteForm(),
        "signal_form": signal_form or SignalForm(project=member.project, signal=row),
        "may_watch": member.may(Verb.WATCH_SIGNALS),
        **_series(request, row, part, monitors),
    }
    return render(request, "maintenance/signal.html", context, status=status)


def _series(
    request: HttpRequest, row: Signal, part: Slice | None, monitors: list[Monitor]
) -> dict[str, Any]:
    """One series of a signal: its sentence, its chart and the page of its readings."""
    series = report.series_of(row, part)
    newest = list(series[: report.DRAWN])
    here = [one for one in monitors if one.slice_id == (part.pk if part else None)]
    target = Target.objects.current().filter(signal=row, slice=part).first()
    page = Paginator(series, PAGE).get_page(request.GET.get("page"))
    return {
        "where": f"{row.name} ({part.name})" if part else row.name,
        "headline": report.headline_of(row, part, newest),
        "chart": report.chart_of(row, newest, here, target) if newest else None,
        "target": report.wanted(row, target) if target else "",
        "page": page,
        "rows": [(one, in_unit(one.value, row), report.interval_in(one, row)) for one in page],
    }


def _list(
    request: HttpRequest,
    member: Membership,
    *,
    form: SignalForm | None = None,
    readings_form: ReadingsForm | None = None,
    status: int = 200,
) -> HttpResponse:
    layers = report.layers_of(member.project)
    context = {
        "layers": layers,
        "headline": report.headline(layers),
        "empty": not any(layer.rows for layer in layers),
        "form": form or SignalForm(project=member.project),
        "readings_form": readings_form or ReadingsForm(),
        "may_watch": member.may(Verb.WATCH_SIGNALS),
        "may_record": member.may(Verb.RECORD_READINGS),
        "site_url": request.build_absolute_uri("/").rstrip("/"),
        "example": next((row.signal.key for layer in layers for row in layer.rows), "accuracy"),
    }
    return render(request, "maintenance/signals.html", context, status=status)


def _take_in(file: Any, member: Membership) -> Recorded:
    """Keep the file for as long as it is read, and record what is in it."""
    stored = storage.store(member.project, storage.safe_name(file.name or ""), file, by=member)
    try:
        with storage.local_path(stored) as path:
            rows = read_rows(path, sniff(path, stored.name))
            return services.record_readings(
                member.project, rows, source=Reading.Source.PAGE, by=member
            )
    except FormatError as error:
        raise ValidationError(str(error)) from error
    finally:
        storage.remove(stored)


def _lines_of(error: ValidationError) -> list[str]:
    if not hasattr(error, "error_dict"):
        return list(error.messages)
    return [f"{line}: {' '.join(said)}" for line, said in error.message_dict.items()]


def _tell(request: HttpRequest, recorded: Recorded) -> None:
    """What came of a file: how many readings, and what they set off."""
    said = ngettext(
        "%(count)s reading recorded.", "%(count)s readings recorded.", recorded.accepted
    )
    said = said % {"count": f"{recorded.accepted:,}"}
    if recorded.unchanged:
        known = _("%(count)s were known already.") % {"count": f"{recorded.unchanged:,}"}
        said = f"{said} {known}"
    messages.success(request, said)
    for alert in recorded.alerts:
        messages.warning(request, alert.sentence)


def _slice(request: HttpRequest, member: Membership) -> Slice | None:
    given = request.GET.get("slice")
    return get_object_or_404(member.project.slices, uid=_uuid(given)) if given else None


def _monitor(row: Signal, given: str) -> Monitor:
    found: Monitor = get_object_or_404(_monitors(row), uid=_uuid(given))
    return found


def _monitors(row: Signal) -> Any:
    rows = Monitor.objects.filter(signal=row).select_related("slice", "owner__user", "signal")
    return rows.order_by("slice__name", "pk")


def _uuid(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError as error:
        raise Http404 from error
