"""One thing to do, and in which order many are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True)
class ToDo:
    """One thing to do: a sentence, the one button that leads there, and until when."""

    sentence: str
    action: str
    path: str
    urgent: bool = False
    due: date | None = None


def in_order(todos: Iterable[ToDo], today: date) -> list[ToDo]:
    """What is urgent or overdue first, then what has a date by its date, then the rest as it came.

    >>> late, soon = ToDo("b", "", "", due=date(2026, 1, 1)), ToDo("c", "", "", due=date.max)
    >>> [todo.sentence for todo in in_order([ToDo("a", "", ""), soon, late], date(2026, 2, 1))]
    ['b', 'c', 'a']
    """
    marked = [
        replace(todo, urgent=True) if todo.due and todo.due < today else todo for todo in todos
    ]
    return sorted(marked, key=lambda todo: (not todo.urgent, todo.due is None, todo.due or today))
