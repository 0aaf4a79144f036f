"""What a text is shown as: conversation, table, JSON, code or image, read from the bare text.

A text that is not what its field says is left alone: it is shown as it is, with a word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from labeling.policy.images import Image, image_of
from labeling.policy.tables import Cells, rows_of

#: How much of a text is shown before somebody asks for all of it.
TEXT_MOST = 20_000
LINES_MOST = 400
TURNS_MOST, TURNS_AT_ALL = 60, 2_000
ROWS_MOST = 50
CELLS_MOST = 20_000
NODES_MOST = 1_000
#: What is made out of a text at all; the rest of it is read as it came.
READ_MOST = 2_000_000
DEPTH_MOST = 40

ROLES = ("role", "from", "speaker", "author", "name")
WORDS = ("content", "value", "text", "message")
ASKING = frozenset(["user", "human", "customer", "client", "caller", "question", "q"])
SAID_BY = re.compile(
    r"^\s{0,3}(?:\*\*|#+ )?([^\W\d_][\w .'-]{0,30}?)(?:\*\*)?\s?:(?:\*\*)?(?:\s|$)"
)


class UnreadableError(ValueError):
    """A text that is not what it is said to be."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Code by its lines: the first ones with their numbers, and what follows them as one text."""

    first: list[str]
    rest: str


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side of a conversation said."""

    role: str
    text: str
    asks: bool


@dataclass(frozen=True, slots=True)
class Turns:
    """A conversation: its first turns, and the later ones."""

    first: list[Turn]
    rest: list[Turn]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below a head: the first ones, and the later ones."""

    head: list[str]
    first: list[list[str]]
    rest: list[list[str]]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a JSON document: a value, or where an object or a list begins or ends."""

    kind: str
    key: str | None = None
    text: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Tree:
    """A JSON document, line by line; whether there is more of it than is listed."""

    steps: list[Step]
    cut: bool


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text made into what its field says it is; as text, whether it should have been more."""

    kind: str
    text: str
    value: Lines | Turns | Table | Tree | Image | None = None
    failed: bool = False
    keeps_source: bool = False


def render(text: str, rendering: str) -> Rendered:
    """The text as its field says that it is to be shown, or as it is.

    >>> render('[{"role": "user", "content": "Hello"}]', "chat").value.first
    [Turn(role='user', text='Hello', asks=True)]
    >>> render("Hello", "json").failed
    True
    """
    if rendering == "markdown":
        return Rendered("markdown", text, keeps_source=True)
    read = READERS.get(rendering)
    if read is None:
        return Rendered("text", text)
    try:
        if len(text) > READ_MOST:
            raise UnreadableError
        value = read(text)
    except (ValueError, RecursionError):
        return Rendered("text", text, failed=True)
    return Rendered(rendering, text, value, keeps_source=rendering in {"json", "chat", "table"})


def guess(texts: Iterable[str]) -> str:
    """What texts of one field look like; plain text unless all of them look like the same.

    >>> guess(['{"a": 1}', "[1, 2]"]), guess(["Hello", "{}"])
    ('json', 'text')
    """
    looks = {_look(text) for text in texts if text.strip()}
    return looks.pop() if len(looks) == 1 else "text"


def split(text: str, most: int = TEXT_MOST) -> tuple[str, str]:
    """What of a long text is shown at once, and the rest; cut between words where there are any.

    >>> split("one two three", 8)
    ('one two ', 'three')
    """
    if len(text) <= most:
        return text, ""
    blank = max(text.rfind(" ", most // 2, most), text.rfind("\n", most // 2, most))
    end = blank + 1 or most
    return text[:end], text[end:]


def _look(text: str) -> str:
    if text.startswith("data:image/"):
        return "image"
    if len(text) > READ_MOST or text.lstrip()[:1] not in ("{", "["):
        return "text"
    try:
        read = _parsed(text)
    except (ValueError, RecursionError):
        return "text"
    try:
        return "chat" if _said(read) else "json"
    except UnreadableError:
        return "json"


def _lines(text: str) -> Lines:
    lines = text.split("\n")
    return Lines(lines[:LINES_MOST], "\n".join(lines[LINES_MOST:]))


def _turns(text: str) -> Turns:
    """Turns from a list of objects with a role each, else from lines that begin with a name."""
    opening = text.lstrip()[:1]
    turns = _said(_parsed(text)) if opening in ("{", "[") else _spoken(text)
    rest = turns[TURNS_MOST:TURNS_AT_ALL]
    return Turns(turns[:TURNS_MOST], rest, cut=len(turns) > TURNS_AT_ALL)


def _said(read: Any) -> list[Turn]:
    rows = _member(read, ("messages", "conversations", "conversation", "turns"))
    if not isinstance(rows, list) or not rows:
        raise UnreadableError
    return [_turn(row) for row in rows]


def _turn(row: Any) -> Turn:
    role, said = _named(row, ROLES), _named(row, WORDS)
    if not isinstance(role, str) or not role.strip():
        raise UnreadableError
    return Turn(role, _words(said), role.strip().lower() in ASKING)


def _named(row: Any, names: tuple[str, ...]) -> Any:
    if not isinstance(row, Pairs):
        raise UnreadableError
    given = dict(row)
    for name in names:
        if name in given:
            return given[name]
    raise UnreadableError


def _words(said: Any) -> str:
    """What was said, from a text or from a list of parts; anything else as JSON."""
    if isinstance(said, str) and not isinstance(said, Number):
        return said
    if said is None:
        return ""
    if isinstance(said, list) and not isinstance(said, Pairs):
        return "\n".join(_part(part) for part in said)
    return _dumped(said)


def _part(part: Any) -> str:
    given = dict(part) if isinstance(part, Pairs) else {}
    words = given.get("text")
    return words if isinstance(words, str) else _words(part)


def _spoken(text: str) -> list[Turn]:
    turns: list[tuple[str, list[str]]] = []
    for line in text.split("\n"):
        found = SAID_BY.match(line)
        if found and len(turns) > TURNS_AT_ALL:
            break
        if found:
            turns.append((found[1], [line[found.end() :]]))
        elif turns:
            turns[-1][1].append(line)
        elif line.strip():
            raise UnreadableError
    if len(turns) < 2:
        raise UnreadableError
    return [
        Turn(role, "\n".join(lines).strip("\n"), role.lower() in ASKING) for role, lines in turns
    ]


def _table(text: str) -> Table:
    """A table from rows of JSON, else from text with commas, tabs, semicolons or bars."""
    cells = _cells(_parsed(text)) if text.lstrip()[:1] == "[" else rows_of(text)
    if not cells.rows:
        raise UnreadableError
    most = max(ROWS_MOST, CELLS_MOST // max(len(cells.head), 1))
    rest = cells.rows[ROWS_MOST:most]
    return Table(cells.head, cells.rows[:ROWS_MOST], rest, cut=len(cells.rows) > most)


def _cells(rows: Any) -> Cells:
    if not isinstance(rows, list):
        raise UnreadableError
    if all(isinstance(row, Pairs) for row in rows):
        head = list(dict.fromkeys(key for row in rows for key, _value in row))
        given = [dict(row) for row in rows]
        return Cells(head, [[_words(row.get(key)) for key in head] for row in given])
    if rows and all(isinstance(row, list) for row in rows):
        return Cells.below_head([[_words(cell) for cell in row] for row in rows])
    raise UnreadableError


class Pairs(list[tuple[str, Any]]):
    """A JSON object as it is written: its order, and a key that stands there twice."""


class Number(str):
    """A number of a JSON document as it is written: no digit is lost."""

    __slots__ = ()


def _parsed(text: str) -> Any:
    return json.loads(
        text.strip().removeprefix("\ufeff"),
        object_pairs_hook=Pairs,
        parse_float=Number,
        parse_int=Number,
        parse_constant=Number,
    )


def _member(read: Any, names: tuple[str, ...]) -> Any:
    """The list under one of the names of an object, or what is not an object itself."""
    if not isinstance(read, Pairs):
        return read
    given = dict(read)
    return next((given[name] for name in names if name in given), None)


def _tree(text: str) -> Tree:
    steps: list[Step] = []
    _walk(_parsed(text), None, steps, 0)
    return Tree(steps, cut=any(step.kind == "cut" for step in steps))


def _walk(read: Any, key: str | None, steps: list[Step], depth: int) -> None:
    """List a value with all that is in it; what lies too deep or too far is only hinted at."""
    if not isinstance(read, list):
        steps.append(_leaf(read, key))
        return
    kind = "object" if isinstance(read, Pairs) else "list"
    if not read:
        steps.append(Step("empty", key, "{}" if kind == "object" else "[]"))
        return
    steps.append(Step(kind, key, "{}" if kind == "object" else "[]", len(read)))
    for at, one in enumerate(read):
        if len(steps) >= NODES_MOST or depth >= DEPTH_MOST:
            steps.append(Step("cut", size=len(read) - at))
            break
        name, value = one if isinstance(read, Pairs) else (None, one)
        _walk(value, name, steps, depth + 1)
    steps.append(Step("end"))


def _leaf(read: Any, key: str | None) -> Step:
    if isinstance(read, Number):
        return Step("number", key, read)
    if isinstance(read, str):
        return Step("string", key, read)
    return Step("constant", key, json.dumps(read))


def _dumped(read: Any) -> str:
    """A value as JSON in one line."""
    if isinstance(read, Number):
        return str(read)
    if isinstance(read, Pairs):
        inner = (f"{json.dumps(key, ensure_ascii=False)}: {_dumped(one)}" for key, one in read)
        return "{" + ", ".join(inner) + "}"
    if isinstance(read, list):
        return "[" + ", ".join(_dumped(one) for one in read) + "]"
    return json.dumps(read, ensure_ascii=False)


READERS: dict[str, Callable[[str], Lines | Turns | Table | Tree | Image]] = {
    "code": _lines,
    "json": _tree,
    "chat": _turns,
    "table": _table,
    "image": image_of,
}
