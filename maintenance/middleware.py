"""What every request goes through: an id, headers, the person's zone and language, refusals."""

from __future__ import annotations

import logging
import re
import time
import uuid
import zoneinfo
from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig, ValidationError
from django.db import IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from labeling.errors import Conflict
from maintenance import metrics
from maintenance.logs import current_request_id
from maintenance.views import errors

GetResponse = Callable[[HttpRequest], HttpResponse]

logger = logging.getLogger(__name__)
ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9-]{8,36}")


class RequestIdMiddleware:
    """Gives each request an id that its log lines, its answer and its error page carry."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if ACCEPTABLE_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        mark = current_request_id.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            current_request_id.reset(mark)
        response["X-Request-Id"] = request_id
        return response


class MeasureMiddleware:
    """Counts and times requests by route, never by path."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begin = time.perf_counter()
        response = self.get_response(request)
        metrics.note_request(request, response.status_code, time.perf_counter() - begin)
        return response


class HeadersMiddleware:
    """Private answers stay out of caches; the browser is asked for nothing it need not give."""

    ALWAYS = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in self.ALWAYS.items():
            response.setdefault(name, value)
        if not request.path.startswith("/static/"):
            response.setdefault("Cache-Control", "private, no-store")
            patch_vary_headers(response, ["Cookie", "Authorization"])
        return response


class PersonMiddleware:
    """Times in the person's zone, words in the person's language."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        if request.user.language:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        with timezone.override(_zone(request.user.time_zone)):
            return self.get_response(request)


class RefusalMiddleware:
    """Turns what a page view raised into the page the status policy asks for."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    ANSWERS: tuple[tuple[type[Exception], Callable[..., HttpResponse]], ...] = (
        (Conflict, errors.conflict),
        (ValidationError, errors.bad_request),
        (RequestDataTooBig, errors.too_large),
        (IntegrityError, errors.clash),
        (OperationalError, errors.unavailable),
    )

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        for kind, answer in self.ANSWERS:
            if isinstance(error, kind):
                return answer(request, error)
        return None


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")
