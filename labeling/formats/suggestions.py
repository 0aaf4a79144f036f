"""A first guess at the mapping from the names of the columns alone; people correct it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from labeling.formats.mapping import Mapping

IDS = (
    "external_id",
    "id",
    "item_id",
    "item",
    "uid",
    "uuid",
    "request_id",
    "trace_id",
    "example_id",
)
TIMES = ("occurred_at", "timestamp", "created_at", "datetime", "event_time", "time", "date", "ts")
GROUPS = (
    "group", "conversation_id", "conversation", "session_id", "session", "thread_id", "user_id",
)  # fmt: skip
PREDICTIONS = (
    "prediction", "predicted", "predicted_label", "pred", "model_output", "output", "response",
    "completion",
)  # fmt: skip
CONFIDENCES = ("confidence", "probability", "prob")
VERSIONS = ("model_version", "model", "version")
CONTENT = re.compile(
    r"(?:text|input|prompt|question|query|instruction|context|document|body|message|utterance|title"
    r"|subject|description|passage|premise|hypothesis|sentence|source|content"
    r"|(?:response|output|completion)(?=_?[a-z0-9]$))(?:_?(?:\d{1,2}|[a-z]))?"
)
# What would tell annotators the answer is brought in only when a person asks for it.
GIVES_AWAY = re.compile(
    r"(?:is_|the_)?(?:gold|label|answer|truth|target|expected|reference|correct|category|class|intent)s?"
    r"|.*_(?:gold|label|truth)|(?:gold|label|true|truth|ground_truth|expected|judge|annotator|rating)_.*"
    r"|ground_truth|judge|judgment|judgement|annotation|annotations"
)
CONTENT_PREFIXES = ("content.",)
ATTRIBUTE_PREFIXES = ("attributes.", "metadata.", "meta.")
MAX_NAME = 64


def gives_away(column: str) -> bool:
    """Whether a column's name says that it holds the right answer or somebody's judgment."""
    return GIVES_AWAY.fullmatch(_plain(column.rpartition(".")[2])) is not None


def suggest(columns: Iterable[str]) -> Mapping:
    """Guess each column's place; columns that give the answer away stay out of it.

    Where columns say `content.` or `attributes.`, what stands beside them is left out; in a flat
    file the columns that mean nothing else become attributes.
    """
    free = [column for column in columns if not gives_away(column)]
    picked = {
        "external_id": _take(free, IDS),
        "occurred_at": _take(free, TIMES),
        "group": _take(free, GROUPS),
        "prediction": _take(free, PREDICTIONS),
        "confidence": _take(free, CONFIDENCES),
        "model_version": _take(free, VERSIONS),
    }
    content = _under(free, CONTENT_PREFIXES)
    attributes = _under(free, ATTRIBUTE_PREFIXES)
    is_flat = not content and not attributes
    if not content:
        content = [column for column in free if CONTENT.fullmatch(_plain(column))]
    if is_flat:
        attributes = [column for column in free if column not in content and "." not in column]
    return Mapping(**picked, content=named(content), attributes=named(attributes))


def _plain(column: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", column.strip().lower()).strip("_")


def _take(free: list[str], names: tuple[str, ...]) -> str:
    by_name = {_plain(column): column for column in reversed(free)}
    for name in names:
        if name in by_name:
            free.remove(by_name[name])
            return by_name[name]
    return ""


def _under(free: list[str], prefixes: tuple[str, ...]) -> list[str]:
    return [column for column in free if column.startswith(prefixes)]


def named(columns: list[str]) -> dict[str, str]:
    """Each column under a name that fields may have, made from the last part of its path."""
    named: dict[str, str] = {}
    for column in columns:
        name = _name(column.partition(".")[2] or column)
        place = 2
        while name in named:
            name = f"{_name(column)[: MAX_NAME - 4]}_{place}"
            place += 1
        named[name] = column
    return named


def _name(column: str) -> str:
    name = re.sub(r"[^A-Za-z0-9]+", "_", column).strip("_") or "column"
    return (name if name[0].isalpha() else f"column_{name}")[:MAX_NAME]
