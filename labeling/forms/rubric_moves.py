"""What the buttons of the rubric's editor do to its rows."""

from __future__ import annotations

from collections.abc import Callable

from labeling.forms.rubric_rows import Row, empty_criterion
from labeling.policy.rubric_parts import OPTIONS_LIMIT
from labeling.policy.rubrics import CRITERIA_LIMIT


def change_rows(top: Row, action: str) -> str:
    """Add, remove or move a row as a button says (`up 0.2`); the place that gets the focus."""
    verb, _space, where = action.partition(" ")
    numbers = [int(part) for part in where.split(".") if part.isdecimal()][:2]
    if verb == "add":
        return _add(top, numbers)
    if verb not in CHANGES or not numbers:
        return ""
    *above, number = numbers
    parent = top if not above else child(top, above[0])
    if parent is None or number >= len(parent.rows):
        return ""
    number = CHANGES[verb](parent.rows, number)
    if number < 0:
        return f"criteria.{above[0]}" if above else ""
    return f"criteria.{above[0]}.options.{number}" if above else f"criteria.{number}"


def _add(top: Row, numbers: list[int]) -> str:
    if not numbers:
        if len(top.rows) < CRITERIA_LIMIT:
            top.rows.append(empty_criterion())
        return f"criteria.{len(top.rows) - 1}"
    criterion = child(top, numbers[0])
    if criterion is None:
        return ""
    if len(criterion.rows) < OPTIONS_LIMIT:
        criterion.rows.append(Row("option"))
    return f"criteria.{numbers[0]}.options.{len(criterion.rows) - 1}"


def child(row: Row, number: int) -> Row | None:
    """The row at this place below another, if there is one."""
    return row.rows[number] if number < len(row.rows) else None


def _remove(rows: list[Row], number: int) -> int:
    rows.pop(number)
    return min(number, len(rows) - 1)


def _up(rows: list[Row], number: int) -> int:
    other = max(number - 1, 0)
    rows[number], rows[other] = rows[other], rows[number]
    return other


def _down(rows: list[Row], number: int) -> int:
    other = min(number + 1, len(rows) - 1)
    rows[number], rows[other] = rows[other], rows[number]
    return other


CHANGES: dict[str, Callable[[list[Row], int], int]] = {
    "remove": _remove,
    "up": _up,
    "down": _down,
}
