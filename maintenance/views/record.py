"""The Record: who did what when in this project, whether it is whole, and what was overridden."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from labeling.models import AuditEvent, Membership, Project
from labeling.policy.roles import Verb
from labeling.views.find import get_member_or_404
from maintenance.formats.record import CONTENT_TYPES, write
from maintenance.forms.record import RecordForm
from maintenance.reports.record import (
    Search,
    chain_of,
    entries,
    events,
    in_force,
    lines,
    overrides_of,
)
from maintenance.services.record import request_check

PAGE = 50
#: Where a download says on which head of the chain it was made.
HEAD = "Fettle-Chain-Head"


@require_safe
def record(request: HttpRequest, project: str) -> HttpResponse:
    """The newest events that match, a page at a time."""
    member = get_member_or_404(request.user, project, Verb.SEE_RECORD)
    form = RecordForm(request.GET, project=member.project)
    rows = list(events(member.project, form.search())[: PAGE + 1])
    asked = _asked(request)
    context = {
        "form": form,
        "entries": entries(member, rows[:PAGE]),
        "chain": chain_of(member.project),
        "tabs": _tabs(member, "record"),
        "next_url": _next_url(asked, rows),
        "asked": asked,
        "formats": [(name, urlencode({**asked, "file_format": name})) for name in CONTENT_TYPES],
    }
    return render(request, "maintenance/record.html", context)


@require_safe
def record_export(request: HttpRequest, project: str) -> StreamingHttpResponse:
    """The events that match as a file, as it is read."""
    member = get_member_or_404(request.user, project, Verb.SEE_RECORD)
    form = RecordForm(request.GET, project=member.project)
    file_format = request.GET.get("file_format", "jsonl")
    known = file_format if file_format in CONTENT_TYPES else "jsonl"
    return as_file(member.project, form.search(), known)


@require_safe
def record_overrides(request: HttpRequest, project: str) -> HttpResponse:
    """Whoever has put their word in place of a verdict, why, and until when."""
    member = get_member_or_404(request.user, project, Verb.SEE_RECORD)
    page = Paginator(overrides_of(member.project), PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": [(row, in_force(row)) for row in page],
        "page": page,
        "tabs": _tabs(member, "record_overrides"),
    }
    return render(request, "maintenance/record_overrides.html", context)


@require_POST
def record_check(request: HttpRequest, project: str) -> HttpResponse:
    """Have the chain recomputed."""
    member = get_member_or_404(request.user, project, Verb.SEE_RECORD)
    request_check(member.project, by=member)
    messages.info(request, _("Being checked; what is found stands here in a moment."))
    return redirect("record", project)


def as_file(project: Project, search: Search, file_format: str) -> StreamingHttpResponse:
    """A download of events, newest first; its name and a header carry the head of the chain."""
    chain = chain_of(project)
    response = StreamingHttpResponse(
        write(lines(events(project, search)), file_format),
        content_type=CONTENT_TYPES[file_format],
    )
    name = f"{project.slug}-record-{chain.sealed}-{chain.head[:12] or 'unsealed'}.{file_format}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response[HEAD] = f"{chain.sealed} {chain.head}".strip()
    return response


def _tabs(member: Membership, current: str) -> list[dict[str, object]]:
    labels = {"record": _("Events"), "record_overrides": _("Overrides")}
    return [
        {
            "label": label,
            "url": reverse(name, args=[member.project.slug]),
            "current": name == current,
            "count": None,
        }
        for name, label in labels.items()
    ]


def _asked(request: HttpRequest) -> dict[str, str]:
    """The filters in the address, without the place on the page."""
    names = [name for name in RecordForm.base_fields if name != "before"]
    return {name: request.GET[name] for name in names if request.GET.get(name)}


def _next_url(asked: dict[str, str], rows: list[AuditEvent]) -> str:
    if len(rows) <= PAGE:
        return ""
    return "?" + urlencode({**asked, "before": rows[PAGE - 1].pk})
