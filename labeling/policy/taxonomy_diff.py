"""What lies between two versions of a tree of labels, label by label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Node = Mapping[str, Any]


class Kind(StrEnum):
    """What has happened to a label."""

    ADDED = "added"
    MERGED = "merged"
    SPLIT = "split"
    REMOVED = "removed"
    MOVED = "moved"
    RENAMED = "renamed"
    DEPRECATED = "deprecated"
    RESTORED = "restored"
    REWORDED = "reworded"


@dataclass(frozen=True)
class Difference:
    """One thing that has happened to a label; `was` and `now` are names of labels, or texts.

    into: the labels that stand for one that is gone.
    """

    kind: Kind
    key: str
    label: str
    was: str = ""
    now: str = ""
    into: tuple[str, ...] = ()


def successors(before: Iterable[str], after: Iterable[Node]) -> dict[str, tuple[str, ...]]:
    """The labels that stand now for each that is gone; nothing for those that have no heir.

    >>> successors(["a", "b"], [{"key": "b", "replaces": ["a"]}])
    {'a': ('b',)}
    """
    rows = list(after)
    there = {node["key"] for node in rows}
    found: dict[str, tuple[str, ...]] = {key: () for key in before if key not in there}
    for node in rows:
        for key in node.get("replaces", []):
            if key in found:
                found[key] = (*found[key], node["key"])
    return found


def differences(before: Iterable[Node], after: Iterable[Node]) -> list[Difference]:
    """What has happened to labels, first those that are gone, then in the order of the new tree."""
    old = {node["key"]: node for node in before}
    new = {node["key"]: node for node in after}
    heirs = successors(old, new.values())
    found = [_gone(old[key], [new[one] for one in into]) for key, into in heirs.items()]
    parts = {one for into in heirs.values() for one in into}
    for key, node in new.items():
        if key in old:
            found += _changed(old[key], node, old, new)
        elif key not in parts:
            found.append(Difference(Kind.ADDED, key, node["label"], now=_name(node["parent"], new)))
    return found


def _gone(node: Node, into: list[Node]) -> Difference:
    kind = {0: Kind.REMOVED, 1: Kind.MERGED}.get(len(into), Kind.SPLIT)
    names = tuple(one["label"] for one in into)
    return Difference(kind, node["key"], node["label"], node["label"], ", ".join(names), names)


def _changed(
    node: Node, now: Node, old: Mapping[str, Node], new: Mapping[str, Node]
) -> list[Difference]:
    key, label = now["key"], now["label"]
    found = []
    if node["label"] != label:
        found.append(Difference(Kind.RENAMED, key, label, node["label"], label))
    if node["parent"] != now["parent"]:
        was, then = _name(node["parent"], old), _name(now["parent"], new)
        found.append(Difference(Kind.MOVED, key, label, was, then))
    if bool(node.get("deprecated")) != bool(now.get("deprecated")):
        kind = Kind.DEPRECATED if now.get("deprecated") else Kind.RESTORED
        found.append(Difference(kind, key, label))
    was, then = _texts(node), _texts(now)
    if was != then:
        found.append(Difference(Kind.REWORDED, key, label, was, then))
    return found


def _name(key: str | None, rows: Mapping[str, Node]) -> str:
    return rows[key]["label"] if key and key in rows else ""


def _texts(node: Node) -> str:
    """What is said of a label, for reading."""
    said = [node.get("description", ""), " · ".join(node.get("synonyms", []))]
    return "\n".join(filter(None, said))
