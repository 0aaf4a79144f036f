"""Tables in a text: which character parts their cells, and what the cells are."""

from __future__ import annotations

import csv
from dataclasses import dataclass

#: Tried in this order: a tab is never part of a sentence, a comma often is.
PARTINGS = ("\t", ";", "|", ",")
COLUMNS_MOST = 200
LINES_MOST = 20_001


@dataclass(frozen=True, slots=True)
class Cells:
    """The rows of a table below its head, all as long as the head."""

    head: list[str]
    rows: list[list[str]]

    @classmethod
    def below_head(cls, rows: list[list[str]]) -> Cells:
        """A table whose first row is its head; short rows are filled up.

        >>> Cells.below_head([["a"], ["1", "2"]])
        Cells(head=['a', ''], rows=[['1', '2']])
        """
        width = max(map(len, rows), default=0)
        if width > COLUMNS_MOST:
            raise ValueError("more columns than anybody reads")
        head, *below = [row + [""] * (width - len(row)) for row in rows] or [[]]
        return cls(head, below)


def rows_of(text: str) -> Cells:
    """The cells of CSV or TSV; ValueError where no character parts at least two columns.

    >>> rows_of("name,age\\nAda,36").rows
    [['Ada', '36']]
    """
    lines = text.strip("\n").splitlines()[:LINES_MOST]
    for parting in PARTINGS:
        if len(lines) > 1 and parting in lines[0]:
            return Cells.below_head(_parted(lines, parting))
    raise ValueError("no table")


def _parted(lines: list[str], parting: str) -> list[list[str]]:
    try:
        rows = [row for row in csv.reader(lines, delimiter=parting, strict=True) if row]
    except csv.Error as error:
        raise ValueError(str(error)) from error
    if parting == "|":
        rows = [_unfenced(row) for row in rows if not _is_rule(row)]
    if sum(len(row) == len(rows[0]) for row in rows) < len(rows) * 0.8:
        raise ValueError("rows of many lengths")
    return rows


def _unfenced(row: list[str]) -> list[str]:
    """Cells of a table drawn with bars, without the blanks that the outer bars make."""
    cells = [cell.strip() for cell in row]
    if len(cells) > 2 and not cells[0] and not cells[-1]:
        return cells[1:-1]
    return cells


def _is_rule(row: list[str]) -> bool:
    """Whether a row is only the line under a head."""
    return all(set(cell.strip()) <= set("-:") for cell in row)
