"""JSON log lines with the request they belong to, cut and free of secrets."""

from __future__ import annotations

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

LINE_LIMIT = 2048
SECRETS = re.compile(
    r"(?i)(authorization|cookie|password|token|secret|key)(['\"]?\s*[=:]\s*['\"]?)(bearer\s+)?[^\s,;'\"&]+"
)

#: The id of the request being answered, for log lines only.
current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")


class RequestFilter(logging.Filter):
    """Puts the request id on every record and blots out what looks like a secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id.get()
        message = SECRETS.sub(r"\1\2[hidden]", record.getMessage())
        record.msg, record.args = message[:LINE_LIMIT], None
        return True


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
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True)
