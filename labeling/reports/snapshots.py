"""Reports as bodies of snapshots and back: dataclasses as JSON, what is not a number as null."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

Report = TypeVar("Report")


def body_of(report: Any) -> Any:
    """What a JSON column can hold of a report.

    >>> body_of([1.5, math.nan])
    [1.5, None]
    """
    if is_dataclass(report):
        return {part.name: body_of(getattr(report, part.name)) for part in fields(report)}
    if isinstance(report, list):
        return [body_of(part) for part in report]
    return None if isinstance(report, float) and not math.isfinite(report) else report


def revived(kind: type[Report], body: Any) -> Report:
    """A report of this kind from its body."""
    report: Report = _revived(kind, body)
    return report


def _revived(kind: Any, body: Any) -> Any:
    if isinstance(kind, UnionType):
        wanted = next(part for part in get_args(kind) if part is not type(None))
        return None if body is None else _revived(wanted, body)
    if get_origin(kind) is list:
        (of,) = get_args(kind)
        return [_revived(of, part) for part in body]
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: _revived(hints[name], part) for name, part in body.items()})
    return math.nan if kind is float and body is None else body
