"""What annotators of a queue see, and what may give something away."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labeling.reports.blinding import blinding_of, given_away
from labeling.views.queues import find_queue, tab_context


@require_safe
def queue_blinding(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Tab Blinding: the queue's policy, and names of models found in what is shown."""
    member, row = find_queue(request, project, uid)
    context = {
        **tab_context(member, row, "blinding"),
        "policy": blinding_of(row),
        "found": given_away(row),
    }
    return render(request, "labeling/queue_blinding.html", context)
