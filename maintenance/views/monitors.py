"""Monitors, as they are written, replayed, changed and muted on the page of their signal."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from labeling.models import Membership, Slice
from labeling.policy.roles import Verb
from labeling.views.find import get_member_or_404
from maintenance.forms.signals import MonitorForm, MuteForm
from maintenance.models import Monitor, Signal
from maintenance.reports.signals import replay
from maintenance.services import monitors as services
from maintenance.views.signals import Asked, find_signal, show_signal

#: The button that only shows what a rule would have fired.
ONLY_REPLAY = "replay"


@require_POST
def monitor_new(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Put a rule on a signal, or only show what it would have fired."""
    member, signal = find_signal(request, project, uid, Verb.WATCH_SIGNALS)
    form = MonitorForm(request.POST, signal=signal)
    part = _part(request, member)
    if not form.is_valid():
        return show_signal(request, member, signal, part, Asked(form), status=400)
    if ONLY_REPLAY in request.POST:
        return _replayed(request, member, form, part)
    try:
        services.define_monitor(signal, form.terms(slice=part), by=member)
    except ValidationError as error:
        return _refused(request, member, form, part, error)
    messages.success(request, _("The monitor is on: it is asked when the next reading comes."))
    return redirect(_page(signal, part))


@require_POST
def monitor_change(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Change a rule from the next reading on, or only show what it would have fired."""
    member, monitor = _find(request, project, uid)
    form = MonitorForm(request.POST, signal=monitor.signal, monitor=monitor)
    if not form.is_valid():
        asked = Asked(form, monitor)
        return show_signal(request, member, monitor.signal, monitor.slice, asked, status=400)
    if ONLY_REPLAY in request.POST:
        return _replayed(request, member, form, monitor.slice)
    try:
        services.change_monitor(monitor, form.terms(slice=monitor.slice), by=member)
    except ValidationError as error:
        return _refused(request, member, form, monitor.slice, error)
    messages.success(request, _("The monitor is changed: the next reading is asked by it."))
    return redirect(_page(monitor.signal, monitor.slice))


@require_POST
def monitor_mute(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Have a monitor open no alert for some days."""
    member, monitor = _find(request, project, uid)
    form = MuteForm(request.POST)
    if not form.is_valid():
        raise ValidationError(_("Say for how many days, and why."))
    until = form.until()
    services.mute_monitor(monitor, until, form.cleaned_data["why"], by=member)
    said = _("The monitor is muted.") if until else _("The monitor is not muted any more.")
    messages.success(request, said)
    return redirect(_page(monitor.signal, monitor.slice))


def _find(request: HttpRequest, project: str, uid: UUID) -> tuple[Membership, Monitor]:
    member = get_member_or_404(request.user, project, Verb.WATCH_SIGNALS)
    rows = Monitor.objects.filter(signal__project=member.project)
    rows = rows.select_related("signal__project", "signal__evaluation_set__project", "slice")
    return member, get_object_or_404(rows.select_related("owner"), uid=uid)


def _part(request: HttpRequest, member: Membership) -> Slice | None:
    """The slice that the form was sent from, as a hidden field."""
    given = request.POST.get("slice")
    if not given:
        return None
    try:
        return get_object_or_404(member.project.slices, uid=UUID(given))
    except ValueError as error:
        raise ValidationError(_("There is no such slice here.")) from error


def _replayed(
    request: HttpRequest, member: Membership, form: MonitorForm, part: Slice | None
) -> HttpResponse:
    asked = Asked(form, form.monitor, replay(form.signal, part, form.rule()))
    return show_signal(request, member, form.signal, part, asked)


def _refused(
    request: HttpRequest,
    member: Membership,
    form: MonitorForm,
    part: Slice | None,
    error: ValidationError,
) -> HttpResponse:
    form.add_error(None, error)
    asked = Asked(form, form.monitor)
    return show_signal(request, member, form.signal, part, asked, status=400)


def _page(signal: Signal, part: Slice | None) -> str:
    query = f"?slice={part.uid}" if part else ""
    return f"{signal.get_absolute_url()}{query}#monitors"
