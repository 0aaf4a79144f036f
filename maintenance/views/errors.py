"""Every refusal as a page in Fettle's look, or as JSON where a program asked."""

from __future__ import annotations

import logging
import re

from django.core.exceptions import RequestDataTooBig, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from labeling.api.errors import CODES, NOT_FOUND
from labeling.errors import Conflict

logger = logging.getLogger(__name__)
#: How Django says that the token was one of ours, given before the last log-in here.
OUTDATED = "incorrect."
#: Inputs that are not shown again.
SECRET = re.compile("token|password|secret", re.IGNORECASE)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: what was sent makes no sense."""
    if isinstance(exception, RequestDataTooBig):
        return too_large(request, exception)
    message = _("What was sent could not be understood. Go back, check it and try again.")
    if isinstance(exception, ValidationError):
        message = " ".join(exception.messages)
    return _refuse(request, 400, message)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: seen, but not allowed."""
    reason = str(exception or "")
    message = reason or _("Your role in this project does not allow this.")
    return _refuse(request, 403, message, getattr(exception, "code", ""))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: not there, or not for this person; the two look the same."""
    return _refuse(request, 404, _(NOT_FOUND))


def conflict(request: HttpRequest, exception: Conflict) -> HttpResponse:
    """409: the state of things has moved on."""
    return _refuse(request, 409, exception.message, exception.code)


def clash(request: HttpRequest, exception: Exception) -> HttpResponse:
    """409: the database refused what two people did at once."""
    logger.warning("a constraint refused a request", exc_info=exception)
    return _refuse(request, 409, _("Somebody else was faster. Reload the page and look again."))


def too_large(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """413: more than this place takes."""
    return _refuse(request, 413, _("This is larger than can be taken here."))


def unavailable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """503: the database is busy or away; the same request may work in a moment."""
    logger.warning("the database did not answer (%s)", type(exception).__name__)
    response = _refuse(request, 503, _("Fettle is busy. Try again in a moment."))
    response["Retry-After"] = "5"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form did not come from a page of ours, or is too old; 409 after another log-in."""
    if reason.endswith(OUTDATED) and request.user.is_authenticated:
        return _user_changed(request)
    message = _(
        "This form is out of date or came from another site. Reload the page and try again."
    )
    return _refuse(request, 403, message, "csrf", template="errors/csrf.html")


def _user_changed(request: HttpRequest) -> HttpResponse:
    """409: a page of ours, opened before the last log-in here; what was written is shown again."""
    message = _(
        "Somebody has logged in in this browser since you opened this form. Nothing was stored."
    )
    written = {
        name: text
        for name in request.POST
        if not SECRET.search(name) and (text := "\n".join(request.POST.getlist(name)).strip())
    }
    template = "errors/user_changed.html"
    return _refuse(request, 409, message, "user_changed", template=template, written=written)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault."""
    return _refuse(request, 500, _("Something broke on our side. Your work up to now is stored."))


def _refuse(
    request: HttpRequest,
    status: int,
    message: str,
    code: str = "",
    template: str = "",
    **more: object,
) -> HttpResponse:
    """Answer without the request's context: a refusal needs no session and no database."""
    request_id = getattr(request, "request_id", "")
    if _wants_json(request):
        body = {
            "code": code or CODES.get(status, "error"),
            "message": message,
            "request_id": request_id,
        }
        return JsonResponse(body, status=status)
    page = render_to_string(
        template or f"errors/{status}.html",
        {"message": message, "request_id": request_id, **more},
    )
    return HttpResponse(page, status=status)


def _wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or not request.accepts("text/html")
