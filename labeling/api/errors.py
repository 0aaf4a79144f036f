"""One error shape for programs: {code, message, fields?, request_id}."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.db import DatabaseError, DataError, IntegrityError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response

from labeling.errors import Conflict

logger = logging.getLogger(__name__)

NOT_FOUND = "There is nothing here, or nothing that you may see."
CODES = {
    400: "invalid",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    429: "throttled",
    503: "unavailable",
}
#: Codes of a ValidationError that programs are told; of any other they hear that it is invalid.
SPOKEN_CODES = frozenset({"invalid_reference", "too_complex"})
#: What a view may raise, the status it becomes, its code and its sentence.
ANSWERS: tuple[tuple[type[Exception], int, str, str], ...] = (
    (Http404, 404, CODES[404], NOT_FOUND),
    (RequestDataTooBig, 413, CODES[413], "The body is too large."),
    (DataError, 400, CODES[400], "A value cannot be stored as it is."),
    (RecursionError, 400, CODES[400], "A value is nested too deeply."),
    (ProtectedError, 409, "in_use", "Something else still rests on this."),
    (IntegrityError, 409, CODES[409], "This clashes with what is there already."),
    (OperationalError, 503, CODES[503], "Busy; try again in a moment."),
)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Translate what a view raised by the status policy; None leaves a bug to be a 500."""
    request_id = getattr(context["request"], "request_id", "")
    if isinstance(error, exceptions.APIException):
        return _from_api_exception(error, request_id)
    translated = _translate(error)
    if translated is None:
        return None
    code, body = translated
    return Response({**body, "request_id": request_id}, status=code)


def _translate(error: Exception) -> tuple[int, dict[str, Any]] | None:
    if isinstance(error, Conflict):
        return 409, {"code": error.code, "message": error.message}
    if isinstance(error, ValidationError):
        return 400, _invalid(error)
    if isinstance(error, PermissionDenied):
        code = getattr(error, "code", CODES[403])
        return 403, {"code": code, "message": str(error) or "You may not do this."}
    for kind, status_code, code, message in ANSWERS:
        if isinstance(error, kind):
            if issubclass(kind, DatabaseError):
                logger.warning("the database refused a request", exc_info=error)
            return status_code, {"code": code, "message": message}
    return None


def _invalid(error: ValidationError) -> dict[str, Any]:
    body = {"code": CODES[400], "message": " ".join(error.messages)}
    if hasattr(error, "error_dict"):
        body = _with_fields(error.message_dict)
    said = {part.code for part in _leaves(error)} & SPOKEN_CODES
    return {**body, "code": said.pop()} if len(said) == 1 else body


def _leaves(error: ValidationError) -> list[ValidationError]:
    """The single errors, each with its code, whatever they were collected in."""
    if hasattr(error, "error_dict"):
        return [leaf for errors in error.error_dict.values() for leaf in errors]
    return list(error.error_list)


def _from_api_exception(error: exceptions.APIException, request_id: str) -> Response:
    if isinstance(error, exceptions.ValidationError):
        body = _with_fields(error.detail)
    else:
        code = getattr(error, "error_code", CODES.get(error.status_code, "error"))
        body = {"code": code, "message": str(error.detail)}
    headers = {}
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    return Response({**body, "request_id": request_id}, status=error.status_code, headers=headers)


def _with_fields(detail: Any) -> dict[str, Any]:
    """A message that names the first field at fault, and all of them beside it."""
    if not isinstance(detail, dict):
        return {"code": CODES[400], "message": " ".join(str(part) for part in detail)}
    name, first = _first_fault(*next(iter(detail.items())))
    unknown = all("unknown" in str(part).lower() for part in detail.values())
    return {
        "code": "unknown_field" if unknown else CODES[status.HTTP_400_BAD_REQUEST],
        "message": f"{name}: {first}",
        "fields": detail,
    }


def _first_fault(name: str, problem: Any) -> tuple[str, Any]:
    """The first field that is at fault, by its path, and the first thing said of it."""
    while isinstance(problem, dict | list) and problem:
        pairs = enumerate(problem) if isinstance(problem, list) else problem.items()
        named = isinstance(problem, dict)
        key, problem = next((pair for pair in pairs if pair[1]), (0, ""))
        if named or isinstance(problem, dict):
            name = f"{name}.{key}"
    return name, problem
