"""Everything that a rubric document says, by the keys that lead there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from labeling.policy.marks import DEFAULTS
from labeling.policy.rubrics import subject_of

Path = tuple[str, ...]
Row = Mapping[str, Any]
Rows = dict[str, Row]

CRITERION_TEXTS = ("prompt", "help")
#: What may be set in a criterion, and how it is where nothing is said.
SETTINGS: Mapping[str, Any] = {"required": True, "cannot_tell": True, **DEFAULTS}
YES_OR_NO = {True: "yes", False: "no"}
TEXTS = (
    "description",
    "use_when",
    "avoid_when",
    "examples",
    "counterexamples",
    "synonyms",
    "replaces",
)


def flat(document: Row) -> dict[Path, Any]:
    """Everything that a document says, by the keys that lead there; what says nothing is left out.

    >>> flat({"guidance": "Be fair.", "criteria": []})
    {('guidance',): 'Be fair.'}
    """
    said: dict[Path, Any] = {("guidance",): document.get("guidance")}
    for code, words in document.get("translations", {}).items():
        said["translations", code] = words.get("guidance")
    for row in document.get("criteria", []):
        said |= {("criteria", row["key"], *path): value for path, value in _said_by(row)}
    return {path: value for path, value in said.items() if value not in ("", [], None)}


def by_key(rows: Iterable[Row]) -> Rows:
    """Rows of a document by their keys."""
    return {row["key"]: row for row in rows}


def options_of(criterion: Row) -> Rows:
    """The options of a criterion by their keys."""
    return by_key(criterion.get("options") or [])


def nodes_of(criterion: Row) -> Rows:
    """The labels of a criterion's taxonomy by their keys."""
    return by_key((criterion.get("taxonomy") or {}).get("nodes") or [])


def _said_by(row: Row) -> Iterator[tuple[Path, Any]]:
    yield (), row["key"]
    yield ("kind",), row.get("kind")
    yield ("subject",), subject_of(row)
    yield ("taxonomy",), (row.get("taxonomy") or {}).get("name")
    yield ("terms",), row.get("terms") or None
    yield ("when",), row.get("when") or None
    for name in CRITERION_TEXTS:
        yield (name,), row.get(name)
    for name, usual in SETTINGS.items():
        value = row.get(name, usual)
        yield (name,), None if value == usual else YES_OR_NO.get(value, value)
    for part, rows in (("options", options_of(row)), ("nodes", nodes_of(row))):
        for key, texts in rows.items():
            yield (part, key), key
            for name in ("label", "parent", *TEXTS):
                yield (part, key, name), texts.get(name)
            yield (part, key, "deprecated"), YES_OR_NO[True] if texts.get("deprecated") else None
    yield from _worded_by(row)


def _worded_by(row: Row) -> Iterator[tuple[Path, Any]]:
    for code, words in row.get("translations", {}).items():
        for name in CRITERION_TEXTS:
            yield ("translations", code, name), words.get(name)
        for key, texts in words.get("options", {}).items():
            for name, text in texts.items():
                yield ("translations", code, "options", key, name), text
