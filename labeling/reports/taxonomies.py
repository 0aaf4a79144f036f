"""Trees of labels as they are read: places, use, what was done to them, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.models import Annotation, Answer, RubricVersion, Taxonomy, TaxonomyDraft
from labeling.policy.taxonomy_diff import Difference, Kind
from labeling.policy.taxonomy_edits import Op, in_order

BELOW = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
#: Of a long list of names so many are written out.
NAMES_SHOWN = 8
DONE = {
    Op.ADD: gettext_lazy("“%(label)s” is new, %(place)s"),
    Op.MOVE: gettext_lazy("“%(label)s” stands %(place)s"),
    Op.RENAME: gettext_lazy("“%(was)s” is called “%(label)s”"),
    Op.EDIT: gettext_lazy("“%(label)s” is explained in other words"),
    Op.REKEY: gettext_lazy("The key %(key)s is now %(to)s"),
    Op.MERGE: gettext_lazy("“%(label)s” is merged into “%(into)s”"),
    Op.SPLIT: gettext_lazy("“%(label)s” is split into %(into)s"),
    Op.DEPRECATE: gettext_lazy("“%(label)s” is no longer offered"),
    Op.RESTORE: gettext_lazy("“%(label)s” is offered again"),
    Op.REMOVE: gettext_lazy("“%(label)s” is taken out again"),
    Op.REPLACE: gettext_lazy("A file took the place of the tree"),
}
DIFFERENT = {
    Kind.ADDED: gettext_lazy("New: “%(label)s”"),
    Kind.MERGED: gettext_lazy("“%(label)s” is merged into “%(now)s”"),
    Kind.SPLIT: gettext_lazy("“%(label)s” is split into %(into)s"),
    Kind.REMOVED: gettext_lazy("“%(label)s” is gone, and nothing stands for it"),
    Kind.MOVED: gettext_lazy("“%(label)s” has moved from “%(was)s” to “%(now)s”"),
    Kind.RENAMED: gettext_lazy("“%(was)s” is called “%(label)s”"),
    Kind.DEPRECATED: gettext_lazy("“%(label)s” is no longer offered"),
    Kind.RESTORED: gettext_lazy("“%(label)s” is offered again"),
    Kind.REWORDED: gettext_lazy("“%(label)s” is explained in other words"),
}


@dataclass(frozen=True, slots=True)
class Label:
    """A label in its place: how deep it stands, the way to it, how often it was the answer."""

    key: str
    label: str
    level: int
    path: str
    used: int = 0
    branches: int = 0
    deprecated: bool = False
    is_new: bool = False
    synonyms: list[str] = field(default_factory=list)
    description: str = ""
    replaces: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """One label with what is around it, for whoever is about to change it."""

    row: Label
    parent: str
    before: str
    after_next: str
    is_first: bool
    is_last: bool


@dataclass(frozen=True)
class Changed:
    """A difference in words, with how many answers have been given with the label so far."""

    difference: Difference
    sentence: str
    used: int


def uses_of(taxonomy: Taxonomy) -> dict[str, int]:
    """How many answers that stand were given with each label, under published rubric versions."""
    versions = RubricVersion.objects.exclude(state=RubricVersion.State.DRAFT)
    rows = Answer.objects.filter(
        criterion__taxonomy__taxonomy=taxonomy,
        criterion__version__in=versions,
        annotation__superseded_by=None,
    ).exclude(annotation__kind=Annotation.Kind.WITHDRAWN)
    return dict(rows.exclude(value="").values_list("value").annotate(Count("pk")))


def labels_of(
    nodes: list[dict[str, Any]], uses: Mapping[str, int], published: Iterable[str] | None = None
) -> list[Label]:
    """The labels of a tree in its order; published: the keys that are not new."""
    known = None if published is None else set(published)
    children = Counter(node["parent"] for node in nodes)
    levels: dict[str | None, int] = {None: 0}
    ways: dict[str | None, str] = {None: ""}
    rows = []
    for node in in_order(nodes):
        key, parent = node["key"], node["parent"]
        label = node.get("label") or key
        levels[key] = levels[parent] + 1
        ways[key] = f"{ways[parent]} {BELOW} {label}" if ways[parent] else label
        facts = {"used": uses.get(key, 0), "branches": children[key]}
        is_new = known is not None and key not in known
        at = {"level": levels[key], "path": ways[parent], "is_new": is_new, **facts}
        rows.append(_label(node, label, at))
    return rows


def _label(node: dict[str, Any], label: str, at: dict[str, Any]) -> Label:
    return Label(
        key=node["key"],
        label=label,
        deprecated=bool(node.get("deprecated")),
        synonyms=list(node.get("synonyms", [])),
        description=node.get("description", ""),
        replaces=list(node.get("replaces", [])),
        **at,
    )


def found(rows: Iterable[Label], query: str) -> list[Label]:
    """The labels that say all the words somewhere: name, way, key, synonym or definition."""
    wanted = query.casefold().split()
    return [row for row in rows if all(word in _words(row) for word in wanted)]


def place_of(rows: list[Label], nodes: list[dict[str, Any]], key: str) -> Place | None:
    """A label with what stands beside it; None where the tree has no such label."""
    row = next((row for row in rows if row.key == key), None)
    if row is None:
        return None
    parents = {node["key"]: node["parent"] or "" for node in nodes}
    beside = [other.key for other in rows if parents[other.key] == parents[key]]
    at = beside.index(key)
    return Place(
        row=row,
        parent=parents[key],
        before=beside[at - 1] if at else "",
        after_next=beside[at + 2] if at + 2 < len(beside) else "",
        is_first=at == 0,
        is_last=at == len(beside) - 1,
    )


def steps_of(draft: TaxonomyDraft) -> list[str]:
    """The steps of a draft in words, the last one first."""
    names = {node["key"]: node["label"] for node in draft.before.nodes}
    told = []
    for step in draft.changes:
        told.append(_told(step, names))
        _learn(step, names)
    return told[::-1]


def changed(differences: Iterable[Difference], uses: Mapping[str, int]) -> list[Changed]:
    """Differences in words."""
    return [Changed(one, _different(one), uses.get(one.key, 0)) for one in differences]


def _different(one: Difference) -> str:
    top = _("the top")
    names = {"label": one.label, "was": one.was or top, "now": one.now or top}
    return str(DIFFERENT[one.kind]) % {**names, "into": _listed(one.into)}


def _told(step: Mapping[str, Any], names: Mapping[str, str]) -> str:
    key, parent = step.get("key", ""), step.get("parent")
    into = step.get("into", "")
    below = _("below “%(parent)s”") % {"parent": names.get(parent or "", parent)}
    words = {
        "key": key,
        "to": step.get("to", ""),
        "label": step.get("label") or names.get(key, key),
        "was": names.get(key, key),
        "place": below if parent else _("at the top"),
        "into": names.get(into, into) if isinstance(into, str) else _listed(_labels(into)),
    }
    return str(DONE[Op(step["op"])]) % words


def _labels(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return [row["label"] for row in rows]


def _listed(labels: Sequence[str]) -> str:
    shown = ", ".join(f"“{label}”" for label in labels[:NAMES_SHOWN])
    return shown if len(labels) <= NAMES_SHOWN else f"{shown} …"


def _learn(step: Mapping[str, Any], names: dict[str, str]) -> None:
    """Names as later steps mean them."""
    if step["op"] in (Op.ADD, Op.RENAME):
        names[step["key"]] = step["label"]
    elif step["op"] == Op.REKEY:
        names[step["to"]] = names.get(step["key"], step["to"])
    elif step["op"] == Op.SPLIT:
        names |= {row["key"]: row["label"] for row in step["into"]}
    elif step["op"] == Op.REPLACE:
        names |= {row["key"]: row["label"] for row in step["nodes"]}


def _words(row: Label) -> str:
    said = (row.path, row.label, row.key, *row.synonyms, row.description)
    return " ".join(said).casefold()
