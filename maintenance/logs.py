"""JSON log lines with the request they belong to, cut and free of secrets."""

from __future__ import annotations

import json
import logging
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime

LINE_LIMIT = 2048
TRACE_LIMIT = 8192
HIDDEN = "[hidden]"
#: What looks like a secret, and what is written instead.
SECRETS = (
    (
        re.compile(
            r"(?i)(authorization|cookie|password|token|secret|key)(['\"]?\s*[=:]\s*['\"]?)"
            r"(bearer\s+)?[^\s,;'\"&]+"
        ),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"(://[^:/@\s]*:)[^@/\s]+@"), rf"\1{HIDDEN}@"),
    (re.compile(r"/(set-up|invite|password/reset/[^/\s]+)/[^/\s]+"), rf"/\1/{HIDDEN}"),
    (re.compile(r"\bfettle_[\w-]{8,}"), HIDDEN),
)

#: The id of the request being answered, for log lines only.
current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")


class RequestFilter(logging.Filter):
    """Puts the request id on every record and blots out what looks like a secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id.get()
        record.msg, record.args = blotted(record.getMessage())[:LINE_LIMIT], None
        if record.exc_info and not record.exc_text:
            lines = "".join(traceback.format_exception(*record.exc_info)).splitlines()
            trace = "\n".join(line[:LINE_LIMIT] for line in lines)
            record.exc_text = blotted(trace)[-TRACE_LIMIT:]  # the end says what went wrong
        return True


def blotted(text: str) -> str:
    """The text without what looks like a secret."""
    for secret, instead in SECRETS:
        text = secret.sub(instead, text)
    return text


class JsonFormatter(logging.Formatter):
    """One JSON object a line, whatever the message holds."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := getattr(record, "request_id", ""):
            line["request_id"] = request_id
        if record.exc_text:
            line["exception"] = record.exc_text
        return json.dumps(line, ensure_ascii=True)
