"""What stands in the places that a change is about, before and after, and line by line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import unified_diff
from typing import Any

from django.utils.translation import gettext as _

from labeling.policy.rubric_changes import Change, Edit, Kind, Part
from labeling.policy.rubric_places import SETTINGS, YES_OR_NO

Names = Mapping[str, str]
Line = tuple[str, str]
#: Lines that are the same are shown next to those that differ, so many on each side.
AROUND = 1
BELOW = " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} "
DASH = "\N{EN DASH}"
#: What stands for lines that are left out.
GAP = ("", "…")
AT_THE_TOP = re.compile(r"@@ -[01][ ,]")


def texts_of(change: Change, then: Names, now: Names) -> list[tuple[str, str]]:
    """What each edit of a change has before and after; nothing where its sentence says it all.

    then, now: what options and labels are called before and after.
    """
    edits, what = change.edits, change.what
    if change.kind in (Kind.WORDING, Kind.TRANSLATION) or _is_new_name(change):
        return [(_text(edit.old), _text(edit.new)) for edit in edits]
    if change.part == Part.NODE and change.kind == Kind.MOVED:
        return [_places(edit, then, now) for edit in edits]
    if change.part == Part.CRITERION and change.kind == Kind.SETTING:
        return [(_setting(what, edit.old), _setting(what, edit.new)) for edit in edits]
    return []


def lines_between(old: str, new: str) -> list[Line]:
    """The lines that differ, marked - or +, with what stands beside them; "…" for what is left out.

    >>> lines_between("Be fair.", "Be kind.")
    [('-', 'Be fair.'), ('+', 'Be kind.')]
    >>> lines_between("", "New.")
    [('+', 'New.')]
    """
    rows = list(unified_diff(old.splitlines(), new.splitlines(), n=AROUND, lineterm=""))[2:]
    if not rows:
        return [("-", old), ("+", new)]
    lines = [GAP if row.startswith("@@") else (row[0].strip(), row[1:]) for row in rows]
    return lines[1:] if AT_THE_TOP.match(rows[0]) else lines


def _is_new_name(change: Change) -> bool:
    """Names of labels in a tree: its sentence names those of before alone."""
    return change.part == Part.NODE and change.kind == Kind.RENAMED


def _places(edit: Edit, then: Names, now: Names) -> tuple[str, str]:
    key, top = edit.path[3], _("the top")
    was, stands = then.get(edit.old, edit.old) or top, now.get(edit.new, edit.new) or top
    return f"{was}{BELOW}{then.get(key, key)}", f"{stands}{BELOW}{now.get(key, key)}"


def _setting(what: str, value: Any) -> str:
    """A setting as it is read; one of which nothing is said is as it usually is."""
    if what in ("terms", "when"):
        return "\n".join(f"{name}: {_part(part)}" for name, part in (value or {}).items()) or DASH
    if value is None:
        value = SETTINGS[what]
    said = YES_OR_NO.get(value, value)
    return {"yes": _("Yes"), "no": _("No")}.get(said, said) or DASH


def _part(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return YES_OR_NO[value] if isinstance(value, bool) else str(value)


def _text(value: Any) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value or "")
