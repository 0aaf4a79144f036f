"""The rows of a label tree: stable keys where none are given, and what makes a tree impossible."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, NamedTuple

from labeling.formats.rows import FormatError
from labeling.policy.rubric_parts import KEY
from labeling.policy.rubrics import DEPTH_LIMIT, NODES_LIMIT
from labeling.policy.taxonomy_edits import in_order

LABEL_CHARACTERS = 200
DESCRIPTION_CHARACTERS = 2_000
KEY_CHARACTERS = 60
SLUG_CHARACTERS = 48
JOINERS = "\u200c\u200d"


class TaxonomyError(FormatError):
    """The label tree cannot be used; the message names the node."""

    code = "bad_taxonomy"


class LabelRow(NamedTuple):
    """One label; a label at the top has an empty parent."""

    key: str
    parent: str
    label: str
    synonyms: tuple[str, ...] = ()
    description: str = ""
    deprecated: bool = False
    replaces: tuple[str, ...] = ()

    @classmethod
    def of(cls, node: dict[str, Any]) -> LabelRow:
        """The row of a plain JSON object."""
        said = {name: tuple(node.get(name, ())) for name in ("synonyms", "replaces")}
        label, key = node.get("label") or node["key"], node["key"]
        description, deprecated = node.get("description", ""), bool(node.get("deprecated"))
        return cls(key, node["parent"] or "", label, said["synonyms"], description)._replace(
            deprecated=deprecated, replaces=said["replaces"]
        )

    def node(self) -> dict[str, Any]:
        """The row as a plain JSON object; what is only said of some labels is left out."""
        node = self._asdict() | {"synonyms": list(self.synonyms), "replaces": list(self.replaces)}
        return {
            name: value
            for name, value in node.items()
            if value or name not in {"deprecated", "replaces"}
        }


class LabelTree(NamedTuple):
    """A tree's own name, which may be empty, and its labels, each after its parent."""

    name: str
    rows: tuple[LabelRow, ...]

    @classmethod
    def of(cls, name: str, nodes: Iterable[dict[str, Any]]) -> LabelTree:
        """The tree of nodes as a taxonomy version keeps them."""
        return cls(name, tuple(map(LabelRow.of, in_order(nodes))))

    def nodes(self) -> list[dict[str, Any]]:
        """The rows as plain JSON objects, as a taxonomy version keeps them."""
        return [row.node() for row in self.rows]


class Keys:
    """Hands out keys: the given one, else one made from the label, the same at every reading."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, *keys: str) -> None:
        """Keys that are somebody's already."""
        self._taken.update(keys)

    def assign(self, given: str, label: str, parent: str) -> str:
        """Raises TaxonomyError where a given key is malformed or was used before."""
        if given and not KEY.match(given):
            raise TaxonomyError(f"Label {label!r}: the key {given[:100]!r} is not a key.")
        if given in self._taken:
            raise TaxonomyError(f"Label {label!r}: the key {given!r} is used more than once.")
        key = given or self._made(label, parent)
        self._taken.add(key)
        return key

    def _made(self, label: str, parent: str) -> str:
        name = slug(label)
        under_parent = f"{slug(parent)}_{name}"[:KEY_CHARACTERS] if parent else name
        unique = f"{name}_{_digest(parent + '/' + label)}"
        for key in (name, under_parent, unique):
            if key not in self._taken:
                return key
        raise TaxonomyError(f"Label {label!r} is there twice under the same parent.")


def slug(text: str) -> str:
    """The text in lower-case ASCII letters, digits and underscores; else a digest."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return made[:SLUG_CHARACTERS] or f"label_{_digest(text)}"


def clean_label(text: str, where: str) -> str:
    """A label in one line, composed (NFC), without invisible characters; raises TaxonomyError."""
    label = " ".join(unicodedata.normalize("NFC", text).split())
    if not label:
        raise TaxonomyError(f"{where}: a label is empty.")
    if len(label) > LABEL_CHARACTERS:
        raise TaxonomyError(
            f"{where}: {label[:50]!r}… is longer than {LABEL_CHARACTERS} characters."
        )
    if not all(character.isprintable() or character in JOINERS for character in label):
        raise TaxonomyError(f"{where}: {label!r} holds a control or invisible character.")
    return label


def checked(name: str, rows: Iterable[LabelRow]) -> LabelTree:
    """The rows as a tree, parents first; raises TaxonomyError for what cannot be one."""
    by_key: dict[str, LabelRow] = {}
    for row in rows:
        by_key[row.key] = row
        if len(by_key) > NODES_LIMIT:
            raise TaxonomyError(f"There are more than {NODES_LIMIT:,} labels.")
    if not by_key:
        raise TaxonomyError("There are no labels in the file.")
    _check_siblings(by_key)
    ordered = _parents_first(by_key)
    if len(ordered) < len(by_key):
        lost = next(row for row in by_key.values() if row.key not in ordered)
        raise TaxonomyError(f"Label {lost.label!r} is its own ancestor, or below such a label.")
    return LabelTree(name, tuple(ordered.values()))


def _check_siblings(by_key: dict[str, LabelRow]) -> None:
    seen = set()
    for row in by_key.values():
        if row.parent and row.parent not in by_key:
            raise TaxonomyError(f"Label {row.label!r}: there is no parent {row.parent[:100]!r}.")
        if (row.parent, row.label) in seen:
            raise TaxonomyError(f"Label {row.label!r} is there twice under the same parent.")
        seen.add((row.parent, row.label))


def _parents_first(by_key: dict[str, LabelRow]) -> dict[str, LabelRow]:
    """Depth first from the top, siblings in their order; labels in a cycle are never reached."""
    children: dict[str, list[LabelRow]] = defaultdict(list)
    for row in by_key.values():
        children[row.parent].append(row)
    ordered = {}
    waiting = [(row, 1) for row in reversed(children[""])]
    while waiting:
        row, depth = waiting.pop()
        if depth > DEPTH_LIMIT:
            raise TaxonomyError(f"Label {row.label!r} is more than {DEPTH_LIMIT} levels deep.")
        ordered[row.key] = row
        waiting += [(child, depth + 1) for child in reversed(children[row.key])]
    return ordered


def _digest(text: str) -> str:
    return sha256(unicodedata.normalize("NFC", text).encode()).hexdigest()[:10]
