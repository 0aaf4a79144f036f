"""People to invite, pasted or as CSV: e-mail, roles, team, languages, one person a line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import NamedTuple

from labeling.formats.rows import FormatError, Refusal
from labeling.policy.languages import parse_languages

COLUMNS = ("email", "roles", "team", "languages")
MOST_LINES = 500
_HEADINGS = {"e-mail": "email", "mail": "email", "role": "roles", "language": "languages"}


class PersonRow(NamedTuple):
    """One person as written; what was left out is empty."""

    line: int
    email: str
    roles: tuple[str, ...] = ()
    team: str = ""
    languages: dict[str, str] = {}


def read_people(text: str) -> Iterator[PersonRow | Refusal]:
    """Each line as a person or as the reason why it is none.

    Cells are divided by commas, semicolons or tabs, whichever the first line uses; a heading line
    may name the columns in another order. Raises FormatError for a text that is no list at all.

    >>> list(read_people("ana@example.org, annotator, Vendor A, de:native"))[0].team
    'Vendor A'
    """
    lines = text.lstrip("\ufeff").splitlines()
    if len(lines) > MOST_LINES:
        raise FormatError(f"At most {MOST_LINES} lines at a time.")
    rows = csv.reader(lines, delimiter=_delimiter(lines), skipinitialspace=True)
    columns: tuple[str, ...] = COLUMNS
    try:
        for cells in rows:
            cells = [cell.strip() for cell in cells]
            if not any(cells):
                continue
            if headings := _headings(cells):
                columns = headings
            else:
                yield _person(rows.line_num, columns, cells)
    except csv.Error as error:
        raise FormatError(f"Line {rows.line_num} cannot be read: {error}.") from error


def _delimiter(lines: list[str]) -> str:
    first = next((line for line in lines if line.strip()), "")
    return max(",;\t", key=first.count)


def _headings(cells: list[str]) -> tuple[str, ...] | None:
    """The columns that a heading line names; None for a line that names a person."""
    names = tuple(_HEADINGS.get(cell.lower(), cell.lower()) for cell in cells)
    return names if "email" in names else None


def _person(line: int, columns: tuple[str, ...], cells: list[str]) -> PersonRow | Refusal:
    if len(cells) > len(columns):
        return Refusal(line, "more cells than columns; put several roles apart by spaces")
    values = dict(zip(columns, cells, strict=False))
    try:
        languages = parse_languages(values.get("languages", ""))
    except ValueError as error:
        return Refusal(line, f"“{error}” is no language; write them as de:native en:fluent")
    roles = tuple(re.split(r"[\s,;|+]+", values.get("roles", "").lower().strip()))
    return PersonRow(
        line=line,
        email=values.get("email", ""),
        roles=tuple(role for role in roles if role),
        team=values.get("team", ""),
        languages=languages,
    )
