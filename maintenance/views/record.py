"""The Record page: who did what when, in this project."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labeling.models import AuditEvent
from labeling.policy.roles import Verb
from labeling.views.find import get_member_or_404
from maintenance.forms.record import RecordForm
from maintenance.reports.record import events

PAGE = 50


@require_safe
def record(request: HttpRequest, project: str) -> HttpResponse:
    """The newest events that match, a page at a time."""
    member = get_member_or_404(request.user, project, Verb.SEE_RECORD)
    form = RecordForm(request.GET)
    rows = list(events(member, form.search())[: PAGE + 1])
    context = {"form": form, "events": rows[:PAGE], "next_url": _next_url(request, rows)}
    return render(request, "maintenance/record.html", context)


def _next_url(request: HttpRequest, rows: list[AuditEvent]) -> str:
    if len(rows) <= PAGE:
        return ""
    asked = {key: request.GET[key] for key in ("text", "since", "until") if request.GET.get(key)}
    return "?" + urlencode({**asked, "before": rows[PAGE - 1].pk})
