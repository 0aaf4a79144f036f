"""The one error of our own that views and API translate: 409 with a code."""

from __future__ import annotations


class Conflict(Exception):  # noqa: N818 - the status it becomes is called so
    """What was asked does not fit the state of things any more (HTTP 409)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
