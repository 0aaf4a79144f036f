"""The client for scripts and notebooks, as one file to fetch."""

from __future__ import annotations

from pathlib import Path

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

FOLDER = Path(__file__).parent.parent / "client"
FUTURE = "from __future__ import annotations\n"
LIBRARY = "from labeling.client.library import Fettle, FettleError, Row\n"


@require_safe
@login_not_required
def client(request: HttpRequest) -> HttpResponse:
    """Public: it holds nothing but the way to our own API."""
    response = HttpResponse(client_source(), content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="client.py"'
    return response


def client_source() -> str:
    """The library and, where it would import it, its command line: one file on its own."""
    library, commands = (
        (FOLDER / name).read_text(encoding="utf-8") for name in ("library.py", "commands.py")
    )
    _about, _future, commands = commands.partition(FUTURE)
    return library + commands.replace(LIBRARY, "")
