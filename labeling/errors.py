"""The errors of our own that views and API translate, each with a code that programs read."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied


class Conflict(Exception):  # noqa: N818 - the status it becomes is called so
    """What was asked does not fit the state of things any more (HTTP 409)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ConflictOfInterest(PermissionDenied):
    """Somebody else has to say this (HTTP 403)."""

    code = "conflict_of_interest"
