"""What has changed between two rubric documents, as somebody would say it.

Keys are what stays the same: of criteria, of options, of the labels of a taxonomy. Every place in
which two documents differ belongs to exactly one change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any

from labeling.policy.rubric_places import (
    CRITERION_TEXTS,
    SETTINGS,
    TEXTS,
    Path,
    Row,
    Rows,
    by_key,
    flat,
    nodes_of,
    options_of,
)
from labeling.policy.spans import SPANS
from labeling.policy.taxonomy_diff import successors
from labeling.policy.values import NONE_OF_THESE, PREFERENCE, keys_in, preferences

#: Settings that say what an answer can be, or who is asked at all.
SETTINGS_OF_MEANING = ("cannot_tell", "propose", "terms", "when")
#: Settings that say what is made of the answers, so that no answer is another by them.
SETTINGS_OF_USE = ("critical", "counts", "distance")


class Kind(StrEnum):
    """What has happened to a part of the rubric."""

    WORDING = "wording"
    TRANSLATION = "translation"
    RENAMED = "renamed"
    MOVED = "moved"
    SETTING = "setting"
    ADDED = "added"
    REMOVED = "removed"
    MERGED = "merged"
    SPLIT = "split"
    RESCALED = "rescaled"
    KIND = "kind"
    SUBJECT = "subject"


class Part(StrEnum):
    """What it has happened to."""

    RUBRIC = "rubric"
    CRITERION = "criterion"
    OPTION = "option"
    NODE = "node"


class Touch(StrEnum):
    """Which of the answers given so far a change is about."""

    NOTHING = "nothing"
    KEYS = "keys"
    CRITERION = "criterion"
    RUBRIC = "rubric"


FIELDS = (
    (Kind.SUBJECT, "subject"),
    *((Kind.SETTING, name) for name in SETTINGS),
    *((Kind.SETTING, name) for name in ("terms", "when")),
    *((Kind.WORDING, name) for name in (*CRITERION_TEXTS, "taxonomy")),
)
NODE_CHANGES = (
    (Kind.MOVED, "parent"),
    (Kind.RENAMED, "label"),
    (Kind.WORDING, "description"),
    (Kind.WORDING, "synonyms"),
    (Kind.WORDING, "replaces"),
    (Kind.SETTING, "deprecated"),
)
#: What changes the meaning of a label by its nature; anything else does so if its author says so.
OF_MEANING = frozenset(
    {Kind.ADDED, Kind.REMOVED, Kind.MERGED, Kind.SPLIT, Kind.RESCALED, Kind.KIND, Kind.SUBJECT}
)


@dataclass(frozen=True)
class Edit:
    """One place by its keys, and what stands there before and after; None where nothing does."""

    path: Path
    old: Any
    new: Any


@dataclass(frozen=True)
class Change:
    """One change; `keys` are options or labels of before, `into` those that stand for them now."""

    kind: Kind
    part: Part
    criterion: str
    what: str
    edits: tuple[Edit, ...]
    keys: tuple[str, ...] = ()
    into: tuple[str, ...] = ()

    @property
    def ident(self) -> str:
        """A name for the change that stays the same while the draft is written."""
        return ".".join([self.criterion or "*", self.part, self.kind, self.what])

    @property
    def is_meaning(self) -> bool:
        """Whether labels mean something else by the change's own nature."""
        if self.part == Part.NODE and self.kind == Kind.MOVED:
            return True
        if self.kind == Kind.SETTING:
            return self.what in SETTINGS_OF_MEANING
        return self.kind in OF_MEANING

    @property
    def touch(self) -> Touch:
        """Which answers it is about; a new criterion has none yet."""
        if self.part == Part.RUBRIC:
            return Touch.RUBRIC
        if self.part == Part.CRITERION and self.kind == Kind.ADDED:
            return Touch.NOTHING
        if self.kind == Kind.SETTING and self.what in SETTINGS_OF_USE:
            return Touch.NOTHING
        return Touch.KEYS if self.keys else Touch.CRITERION

    def touches(self, criterion: str, value: str | None) -> bool:
        """Whether it is about this answer; None stands for "cannot tell"."""
        return touches(self.touch, self.criterion, self.keys, criterion, value)


def touches(touch: str, of: str, keys: Collection[str], criterion: str, value: str | None) -> bool:
    """Whether a change of this reach, to this criterion and these keys, is about an answer."""
    if touch == Touch.RUBRIC:
        return True
    if criterion != of or touch == Touch.NOTHING:
        return False
    named = keys_in(value) if value is not None else ()
    return touch == Touch.CRITERION or any(key in keys for key in named)


def changes(before: Row, after: Row) -> list[Change]:
    """The changes that lead from one document to the other, in the order of the new one.

    >>> old = {"key": "k", "kind": "yes_no", "prompt": "Is it polite?"}
    >>> changes({"criteria": [old]}, {"criteria": [old]})
    []
    >>> new = old | {"prompt": "Is it rude?"}
    >>> [one.ident for one in changes({"criteria": [old]}, {"criteria": [new]})]
    ['k.criterion.wording.prompt']
    """
    old, new = by_key(before["criteria"]), by_key(after["criteria"])
    edits = _edits(flat(before), flat(after))
    found = list(_of_rubric(_Ledger(edits.pop("", [])), old, new))
    for key in [*new, *(key for key in old if key not in new)]:
        ledger = _Ledger(edits.get(key, []))
        if key in old and key in new:
            found += _of_criterion(ledger, old[key], new[key])
        else:
            kind = Kind.ADDED if key in new else Kind.REMOVED
            found.append(Change(kind, Part.CRITERION, key, key, ledger.take()))
    return found


def values_of(criterion: Row) -> tuple[str, ...]:
    """The values that an answer can have, in their order; none for free text."""
    if criterion["kind"] == "yes_no":
        return ("yes", "no")
    if criterion["kind"] == PREFERENCE:
        return preferences(criterion.get("terms", {}))
    own = (NONE_OF_THESE,) if criterion.get("propose") else ()
    return (*(options_of(criterion) or nodes_of(criterion)), *own)


def _edits(old: Mapping[Path, Any], new: Mapping[Path, Any]) -> dict[str, list[Edit]]:
    """Where two documents differ, by criterion; the empty key has the rest."""
    edits: dict[str, list[Edit]] = {}
    for path in dict.fromkeys(chain(new, old)):
        if old.get(path) != new.get(path):
            key = path[1] if path[0] == "criteria" else ""
            edits.setdefault(key, []).append(Edit(path, old.get(path), new.get(path)))
    return edits


class _Ledger:
    """The edits of one criterion that no change has claimed yet."""

    def __init__(self, edits: list[Edit]) -> None:
        self._left = {edit.path: edit for edit in edits}

    def take(self, *starts: Path) -> tuple[Edit, ...]:
        """Claim all that stands at these places and below them; everything without any."""
        taken = [
            path
            for path in self._left
            if not starts or any(path[: len(start)] == start for start in starts)
        ]
        return tuple(self._left.pop(path) for path in taken)

    def take_rows(self, place: Path, keys: Iterable[str]) -> tuple[Edit, ...]:
        """Claim what is said about these rows of a part, in one pass however many there are."""
        wanted, depth = set(keys), len(place)
        taken = [path for path in self._left if path[:depth] == place and path[depth] in wanted]
        return tuple(self._left.pop(path) for path in taken)

    def take_each(self, name: str) -> tuple[Edit, ...]:
        """Claim one field of every label of a tree."""
        taken = [path for path in self._left if path[2] == "nodes" and path[4:] == (name,)]
        return tuple(self._left.pop(path) for path in taken)


def _of_rubric(ledger: _Ledger, old: Rows, new: Rows) -> Iterator[Change]:
    if edits := ledger.take(("guidance",)):
        yield Change(Kind.WORDING, Part.RUBRIC, "", "guidance", edits)
    for edit in ledger.take():
        yield Change(Kind.TRANSLATION, Part.RUBRIC, "", edit.path[1], (edit,))
    if edits := _moved(("criteria",), list(old), list(new)):
        yield Change(Kind.MOVED, Part.RUBRIC, "", "criteria", edits)


def _of_criterion(ledger: _Ledger, old: Row, new: Row) -> Iterator[Change]:
    """What has happened to a criterion that both documents have."""
    key, place = new["key"], ("criteria", new["key"])

    def change(kind: Kind, what: str, edits: tuple[Edit, ...], **more: Any) -> Change:
        return Change(kind, Part.CRITERION, key, what, edits, **more)

    if old["kind"] != new["kind"]:
        rows = [(*place, part) for part in ("kind", "options", "nodes", "taxonomy", "terms")]
        spans = SPANS in (old["kind"], new["kind"])  # a label stands for no place in a text
        values = {} if spans else {"keys": values_of(old), "into": values_of(new)}
        yield change(Kind.KIND, "kind", ledger.take(*rows), **values)
    for kind, name in FIELDS:
        if edits := ledger.take((*place, name)):
            lost = (NONE_OF_THESE,) if name == "propose" and old.get(name) else ()
            yield change(kind, name, edits, keys=lost)
    if old["kind"] == new["kind"]:
        yield from _of_options(ledger, old, new)
        yield from _of_nodes(ledger, old, new)
    for code in sorted({*old.get("translations", {}), *new.get("translations", {})}):
        if edits := ledger.take((*place, "translations", code)):
            yield change(Kind.TRANSLATION, code, edits)


def _of_options(ledger: _Ledger, old: Row, new: Row) -> Iterator[Change]:
    place = ("criteria", new["key"], "options")
    rows, later = options_of(old), options_of(new)
    moved = _moved(place, list(rows), list(later))
    if new["kind"] == "ordinal" and (moved or set(rows) != set(later)):
        steps = [(*place, key) for key in rows.keys() ^ later.keys()]
        edits = (ledger.take(*steps) if steps else ()) + moved
        yield _option_change(new, Kind.RESCALED, "scale", edits, tuple(rows), tuple(later))
    else:
        yield from _lineage(ledger, new, rows, later)
        if moved:
            yield Change(Kind.MOVED, Part.CRITERION, new["key"], "options", moved)
    for key in later:
        if edits := ledger.take((*place, key, "label")):
            yield _option_change(new, Kind.RENAMED, key, edits, (key,), (key,))
        for name in TEXTS:
            if edits := ledger.take((*place, key, name)):
                what = f"{key}.{name}"
                yield _option_change(new, Kind.WORDING, what, edits, (key,), (key,))


def _lineage(ledger: _Ledger, new: Row, rows: Rows, later: Rows) -> Iterator[Change]:
    """Which options came, went, were split, merged, or go on under another key."""
    place = ("criteria", new["key"], "options")
    heirs = {key: _heirs(key, rows, later) for key in rows}
    for key, into in heirs.items():
        if len(into) > 1:
            gone = [(*place, key)] if key not in later else []
            come = [(*place, part) for part in into if part not in rows]
            edits = ledger.take(*gone, *come, *((*place, part, "replaces") for part in into))
            yield _option_change(new, Kind.SPLIT, key, edits, (key,), into)
    for key in later:
        if sources := tuple(old for old, into in heirs.items() if into == (key,) and old != key):
            gone = [(*place, source) for source in sources]
            fresh = [(*place, key)] if key not in rows else [(*place, key, "replaces")]
            one_to_one = len(sources) == 1 and key not in rows
            kind = Kind.RENAMED if one_to_one else Kind.MERGED
            edits = ledger.take(*gone, *fresh)
            yield _option_change(new, kind, key, edits, sources, (key,))
    for key in (key for key, into in heirs.items() if not into):
        edits = ledger.take((*place, key))
        yield _option_change(new, Kind.REMOVED, key, edits, (key,), ())
    for key in (key for key in later if key not in rows):
        if edits := ledger.take((*place, key)):
            yield _option_change(new, Kind.ADDED, key, edits, (), (key,))


def _heirs(key: str, rows: Rows, later: Rows) -> tuple[str, ...]:
    """The options that stand for one of before: itself, and those that say that they replace it."""
    named = tuple(
        other
        for other, row in later.items()
        if key in row.get("replaces", []) and (other not in rows or key not in later)
    )
    return (key, *named) if key in later else named


def _option_change(
    criterion: Row,
    kind: Kind,
    what: str,
    edits: tuple[Edit, ...],
    keys: tuple[str, ...],
    into: tuple[str, ...],
) -> Change:
    return Change(kind, Part.OPTION, criterion["key"], what, edits, keys, into)


def _of_nodes(ledger: _Ledger, old: Row, new: Row) -> Iterator[Change]:
    """What has happened to a tree: one change of a kind, however many labels it is about."""
    place = ("criteria", new["key"], "nodes")
    rows, later = nodes_of(old), nodes_of(new)
    heirs = successors(rows, later.values())
    gone = tuple(key for key, into in heirs.items() if not into)
    known = rows.keys() | set(chain(*heirs.values()))
    come = tuple(key for key in later if key not in known)

    def change(kind: Kind, what: str, edits: tuple[Edit, ...], **more: Any) -> Change:
        return Change(kind, Part.NODE, new["key"], what, edits, **more)

    for kind, what, keys, into in _lines_of_nodes(heirs):
        edits = ledger.take_rows(place, (*keys, *(key for key in into if key not in rows)))
        edits += ledger.take(*((*place, key, "replaces") for key in into))
        yield change(kind, what, edits, keys=keys, into=into)
    if gone:
        into = tuple(dict.fromkeys(filter(None, (nearest_kept(key, rows, later) for key in gone))))
        yield change(Kind.REMOVED, "labels", ledger.take_rows(place, gone), keys=gone, into=into)
    if come:
        yield change(Kind.ADDED, "labels", ledger.take_rows(place, come), into=come)
    for kind, name in NODE_CHANGES:
        if edits := ledger.take_each(name):
            keys = tuple(edit.path[3] for edit in edits)
            yield change(kind, f"labels.{name}", edits, keys=keys, into=keys)


def _lines_of_nodes(
    heirs: Mapping[str, tuple[str, ...]],
) -> Iterator[tuple[Kind, str, tuple[str, ...], tuple[str, ...]]]:
    """Each label that was split, and each that others were merged into."""
    for key, into in heirs.items():
        if len(into) > 1:
            yield Kind.SPLIT, key, (key,), into
    for into in dict.fromkeys(into for into in heirs.values() if len(into) == 1):
        sources = tuple(key for key, found in heirs.items() if found == into)
        yield Kind.MERGED, into[0], sources, into


def nearest_kept(key: str, rows: Rows, later: Rows) -> str:
    """The closest ancestor of a removed label that a tree still has; empty if it has none."""
    seen: set[str] = set()
    parent = rows[key].get("parent")
    while parent and parent not in later and parent not in seen:
        seen.add(parent)
        parent = rows.get(parent, {}).get("parent")
    return parent if parent and parent in later else ""


def _moved(place: Path, old: list[str], new: list[str]) -> tuple[Edit, ...]:
    """An edit of the order, if what both have is no longer in the same one."""
    kept_old = [key for key in old if key in set(new)]
    kept_new = [key for key in new if key in set(old)]
    return () if kept_old == kept_new else (Edit((*place, "#order"), kept_old, kept_new),)
