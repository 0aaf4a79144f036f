"""The client for scripts and notebooks, as one file to fetch."""

from __future__ import annotations

from pathlib import Path

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

CLIENT = Path(__file__).parent.parent / "static" / "labeling" / "client.py"


@require_safe
@login_not_required
def client(request: HttpRequest) -> HttpResponse:
    """Public: it holds nothing but the way to our own API."""
    response = HttpResponse(CLIENT.read_bytes(), content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="client.py"'
    return response
