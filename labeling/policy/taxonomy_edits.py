"""What can be done to a tree of labels, one step after the other, before it becomes a version.

A step is a plain row, so that a draft is its published tree and its steps: taking the last one back
is doing the others again. A label that goes leaves its key with those that stand for it now
(`replaces`), so that answers given with it can be followed however many versions are passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any

from labeling.policy.rubric_parts import LABEL_LIMIT, label_key_problems, text_problems
from labeling.policy.rubrics import DEPTH_LIMIT, NODES_LIMIT

Node = dict[str, Any]
Nodes = list[Node]
Step = Mapping[str, Any]

SYNONYMS_LIMIT = 50
SPLIT_LIMIT = 20


class Op(StrEnum):
    """What a step does."""

    ADD = "add"
    MOVE = "move"
    RENAME = "rename"
    EDIT = "edit"
    REKEY = "rekey"
    MERGE = "merge"
    SPLIT = "split"
    DEPRECATE = "deprecate"
    RESTORE = "restore"
    REMOVE = "remove"
    REPLACE = "replace"


class Trouble(StrEnum):
    """Why a step cannot be done."""

    NO_SUCH_LABEL = "no_such_label"
    BAD_NAME = "bad_name"
    NAME_TAKEN = "name_taken"
    BAD_KEY = "bad_key"
    KEY_TAKEN = "key_taken"
    IS_PUBLISHED = "is_published"
    INSIDE_ITSELF = "inside_itself"
    HAS_LABELS_BELOW = "has_labels_below"
    TOO_FEW = "too_few"
    TOO_MANY = "too_many"
    TOO_DEEP = "too_deep"
    IS_DEPRECATED = "is_deprecated"
    NOTHING_CHANGES = "nothing_changes"


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """The step does not fit the tree; `field` is the part of the step at fault."""

    def __init__(self, trouble: Trouble, field: str) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble
        self.field = field


def apply(nodes: Iterable[Node], step: Step, published: Collection[str]) -> Nodes:
    """The tree after a step; published: the keys that answers may have been given with.

    >>> tree = [{"key": "a", "parent": None, "label": "A", "synonyms": [], "description": ""}]
    >>> apply(tree, {"op": "rename", "key": "a", "label": "Ah"}, {"a"})[0]["label"]
    'Ah'
    """
    tree = {node["key"]: dict(node) for node in nodes}
    done = in_order(_STEPS[Op(step["op"])](tree, step, published))
    if done == list(nodes):
        raise Refused(Trouble.NOTHING_CHANGES, "op")
    if len(done) > NODES_LIMIT:
        raise Refused(Trouble.TOO_MANY, "op")
    return done


def replay(nodes: Iterable[Node], steps: Iterable[Step]) -> Nodes:
    """The tree after all of these steps."""
    done = list(nodes)
    published = {node["key"] for node in done}
    for step in steps:
        done = apply(done, step, published)
    return done


def in_order(nodes: Iterable[Node]) -> Nodes:
    """Each branch followed by what is below it; Refused where labels go round or too deep."""
    rows = list(nodes)
    children: dict[str | None, Nodes] = {}
    for node in rows:
        children.setdefault(node["parent"], []).append(node)
    ordered, waiting = [], [(node, 1) for node in reversed(children.get(None, []))]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEPTH_LIMIT:
            raise Refused(Trouble.TOO_DEEP, "parent")
        ordered.append(node)
        waiting += [(child, depth + 1) for child in reversed(children.get(node["key"], []))]
    if len(ordered) < len(rows):
        raise Refused(Trouble.INSIDE_ITSELF, "parent")
    return ordered


def below(nodes: Iterable[Node], key: str) -> set[str]:
    """The keys of everything below a label."""
    found = {key}
    for node in in_order(nodes):
        if node["parent"] in found:
            found.add(node["key"])
    return found - {key}


Tree = dict[str, Node]


def _add(tree: Tree, step: Step, _published: Collection[str]) -> Iterable[Node]:
    parent = _above(tree, step.get("parent"))
    node = _new(tree, step, parent)
    node["synonyms"] = list(step.get("synonyms", []))
    node["description"] = step.get("description", "")
    return _placed([*tree.values(), node], node, step.get("before"))


def _move(tree: Tree, step: Step, _published: Collection[str]) -> Iterable[Node]:
    node = _label(tree, step, "key")
    parent = _above(tree, step.get("parent"))
    if parent is not None and parent in {node["key"], *below(tree.values(), node["key"])}:
        raise Refused(Trouble.INSIDE_ITSELF, "parent")
    _check_name(tree, node["label"], parent, but=node["key"], field="parent")
    node["parent"] = parent
    return _placed(tree.values(), node, step.get("before"))


def _rename(tree: Tree, step: Step, _published: Collection[str]) -> Iterable[Node]:
    node = _label(tree, step, "key")
    node["label"] = _name(step["label"])
    _check_name(tree, node["label"], node["parent"], but=node["key"])
    return tree.values()


def _edit(tree: Tree, step: Step, _published: Collection[str]) -> Iterable[Node]:
    node = _label(tree, step, "key")
    for field in ("synonyms", "description"):
        if field in step:
            node[field] = step[field]
    return tree.values()


def _rekey(tree: Tree, step: Step, published: Collection[str]) -> Iterable[Node]:
    node = _label(tree, step, "key")
    if node["key"] in published:
        raise Refused(Trouble.IS_PUBLISHED, "key")
    old, node["key"] = node["key"], _free_key(tree, step["to"], "to")
    for other in tree.values():
        if other["parent"] == old:
            other["parent"] = node["key"]
    return tree.values()


def _merge(tree: Tree, step: Step, published: Collection[str]) -> Iterable[Node]:
    """One label goes into another, with its names, what is below it and what it stood for."""
    node, into = _label(tree, step, "key"), _label(tree, step, "into")
    if node is into or into["key"] in below(tree.values(), node["key"]):
        raise Refused(Trouble.INSIDE_ITSELF, "into")
    if into.get("deprecated"):
        raise Refused(Trouble.IS_DEPRECATED, "into")
    for child in _children(tree, node["key"]):
        _check_name(tree, child["label"], into["key"], field="into", but=node["key"])
        child["parent"] = into["key"]
    names = [into["label"], *_synonyms(into), node["label"], *_synonyms(node)]
    into["synonyms"] = _once(names)[1 : SYNONYMS_LIMIT + 1]
    _stands_for(into, node, published)
    del tree[node["key"]]
    return tree.values()


def _split(tree: Tree, step: Step, published: Collection[str]) -> Iterable[Node]:
    """Several new labels take the place of one."""
    node = _label(tree, step, "key")
    if _children(tree, node["key"]):
        raise Refused(Trouble.HAS_LABELS_BELOW, "key")
    if not 2 <= len(step["into"]) <= SPLIT_LIMIT:
        raise Refused(Trouble.TOO_FEW if len(step["into"]) < 2 else Trouble.TOO_MANY, "into")
    rest = {key: other for key, other in tree.items() if other is not node}
    parts = []
    for row in step["into"]:
        if row["key"] == node["key"]:
            raise Refused(Trouble.KEY_TAKEN, "into")
        part = _new(rest, row, node["parent"], field="into")
        _stands_for(part, node, published)
        rest[part["key"]] = part
        parts.append(part)
    rows = list(tree.values())
    at = rows.index(node)
    return [*rows[:at], *parts, *rows[at + 1 :]]


def _deprecate(tree: Tree, step: Step, _published: Collection[str]) -> Iterable[Node]:
    """The label and all below it stay valid for earlier answers and are no longer offered."""
    node = _label(tree, step, "key")
    for key in {node["key"], *below(tree.values(), node["key"])}:
        tree[key]["deprecated"] = True
    return tree.values()


def _restore(tree: Tree, step: Step, _published: Collection[str]) -> Iterable[Node]:
    node = _label(tree, step, "key")
    if node["parent"] is not None and tree[node["parent"]].get("deprecated"):
        raise Refused(Trouble.IS_DEPRECATED, "key")
    for key in {node["key"], *below(tree.values(), node["key"])}:
        tree[key].pop("deprecated", None)
    return tree.values()


def _remove(tree: Tree, step: Step, published: Collection[str]) -> Iterable[Node]:
    """Only what nobody can have answered goes without anything that stands for it."""
    node = _label(tree, step, "key")
    if node["key"] in published:
        raise Refused(Trouble.IS_PUBLISHED, "key")
    if _children(tree, node["key"]):
        raise Refused(Trouble.HAS_LABELS_BELOW, "key")
    if len(tree) == 1:
        raise Refused(Trouble.TOO_FEW, "key")
    del tree[node["key"]]
    return tree.values()


def _replace(_tree: Tree, step: Step, _published: Collection[str]) -> Iterable[Node]:
    return [dict(node) for node in step["nodes"]]


_STEPS: dict[Op, Callable[[Tree, Step, Collection[str]], Iterable[Node]]] = {
    Op.ADD: _add,
    Op.MOVE: _move,
    Op.RENAME: _rename,
    Op.EDIT: _edit,
    Op.REKEY: _rekey,
    Op.MERGE: _merge,
    Op.SPLIT: _split,
    Op.DEPRECATE: _deprecate,
    Op.RESTORE: _restore,
    Op.REMOVE: _remove,
    Op.REPLACE: _replace,
}


def _label(tree: Tree, step: Step, field: str) -> Node:
    node = tree.get(step.get(field) or "")
    if node is None:
        raise Refused(Trouble.NO_SUCH_LABEL, field)
    return node


def _above(tree: Tree, parent: str | None) -> str | None:
    """The key of a parent that labels can be put under; None for the top."""
    if not parent:
        return None
    node = _label(tree, {"parent": parent}, "parent")
    if node.get("deprecated"):
        raise Refused(Trouble.IS_DEPRECATED, "parent")
    return parent


def _new(tree: Tree, row: Step, parent: str | None, *, field: str = "") -> Node:
    label = _name(row["label"], field or "label")
    _check_name(tree, label, parent, field=field or "label")
    key = _free_key(tree, row["key"], field or "key")
    return {"key": key, "parent": parent, "label": label, "synonyms": [], "description": ""}


def _name(label: str, field: str = "label") -> str:
    label = " ".join(label.split())
    if text_problems("", label, limit=LABEL_LIMIT, required=True, plain=True):
        raise Refused(Trouble.BAD_NAME, field)
    return label


def _check_name(
    tree: Tree, label: str, parent: str | None, *, but: str = "", field: str = "label"
) -> None:
    """No two labels beside each other have the same name: nobody could tell them apart."""
    if any(node["label"] == label and node["key"] != but for node in _children(tree, parent)):
        raise Refused(Trouble.NAME_TAKEN, field)


def _free_key(tree: Tree, key: str, field: str) -> str:
    """A key that no label has or has had: what stands for another's answers stays its own."""
    if label_key_problems("", key):
        raise Refused(Trouble.BAD_KEY, field)
    if key in tree or any(key in node.get("replaces", []) for node in tree.values()):
        raise Refused(Trouble.KEY_TAKEN, field)
    return key


def _children(tree: Tree, parent: str | None) -> Nodes:
    return [node for node in tree.values() if node["parent"] == parent]


def _placed(nodes: Iterable[Node], node: Node, before: str | None) -> Nodes:
    """The label before another one beside it, or behind all of them."""
    rows = [other for other in nodes if other is not node]
    beside = (at for at, other in enumerate(rows) if other["key"] == before)
    rows.insert(next(beside, len(rows)), node)
    return rows


def _synonyms(node: Node) -> list[str]:
    return list(node.get("synonyms", []))


def _stands_for(into: Node, gone: Node, published: Collection[str]) -> None:
    own = [gone["key"]] if gone["key"] in published else []
    keys = _once([*into.get("replaces", []), *gone.get("replaces", []), *own])
    if keys:
        into["replaces"] = keys


def _once(texts: Iterable[str]) -> list[str]:
    """Each text where it stands first, however it is capitalised."""
    first: dict[str, str] = {}
    for text in texts:
        first.setdefault(text.casefold(), text)
    return list(first.values())
