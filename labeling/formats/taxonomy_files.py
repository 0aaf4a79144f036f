"""A label tree from JSON, YAML or CSV to rows, and back."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any

import orjson
import yaml

from labeling.formats.csv_files import read_csv
from labeling.formats.label_rows import (
    DESCRIPTION_CHARACTERS,
    Keys,
    LabelRow,
    LabelTree,
    TaxonomyError,
    checked,
    clean_label,
)
from labeling.formats.lines import BOM, size_in_words
from labeling.formats.rows import DEFAULT_LIMITS, Refusal
from labeling.formats.spreadsheet import protect
from labeling.policy.rubrics import DEPTH_LIMIT

MAX_BYTES = 2_097_152
MAX_YAML_EVENTS = 200_000
SYNONYM_SEPARATOR = "|"
NOTHING = ("", None)
YES_OR_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class TaxonomyFormat(StrEnum):
    """The formats a taxonomy is read from and written to."""

    JSON = "json"
    YAML = "yaml"
    CSV = "csv"


class _TextLoader(yaml.CBaseLoader):
    """Texts, lists, mappings and null only: no objects to build, and a label "no" stays "no"."""


_TextLoader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"(?:~|null|Null|NULL)?\Z"), ["~", "n", "N", ""]
)
_TextLoader.add_constructor("tag:yaml.org,2002:null", lambda loader, node: None)


def read_taxonomy(content: bytes, taxonomy_format: TaxonomyFormat) -> LabelTree:
    """The labels of a tree, each after its parent; FormatError names a node that is wrong.

    JSON and YAML: nested nodes (`name` or `label`, `children`, optionally `key`, `synonyms`,
    `description`, `deprecated` and the keys it `replaces`), or a flat list whose rows name their
    `parent`. One object at the top that has children and no key is the tree itself: its name is
    not a label. CSV: the flat rows, with `|` between synonyms, and between keys.
    """
    if len(content) > MAX_BYTES:
        raise TaxonomyError(f"The file is larger than {size_in_words(MAX_BYTES)}.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TaxonomyError("The file is not UTF-8.") from None
    return READERS[taxonomy_format](text)


def write_taxonomy(tree: LabelTree, taxonomy_format: TaxonomyFormat) -> bytes:
    """The file that `read_taxonomy` reads back into the same tree."""
    if taxonomy_format is TaxonomyFormat.CSV:
        return _to_csv(tree)
    nested = _nested(tree)
    if taxonomy_format is TaxonomyFormat.JSON:
        return orjson.dumps(nested, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    dumped: str = yaml.safe_dump(nested, allow_unicode=True, sort_keys=False)
    return dumped.encode()


def _from_json(text: str) -> LabelTree:
    try:
        return _from_nodes(orjson.loads(text))
    except orjson.JSONDecodeError as error:
        raise TaxonomyError(f"The file is not valid JSON: {error}.") from None


def _from_yaml(text: str) -> LabelTree:
    try:
        _check_yaml(text)
        return _from_nodes(yaml.load(text, Loader=_TextLoader))  # noqa: S506
    except (yaml.YAMLError, ValueError) as error:
        raise TaxonomyError(
            f"The file is not valid YAML: {' '.join(str(error).split())[:200]}."
        ) from None


def _check_yaml(text: str) -> None:
    """Refuse, before anything is built, what small files use to become large ones."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_TextLoader)):
        if isinstance(event, yaml.AliasEvent):
            raise TaxonomyError("The YAML uses aliases (*name), which are not read.")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        # Each level of the tree is a list inside a mapping.
        if depth > 2 * DEPTH_LIMIT + 2:
            raise TaxonomyError(f"The YAML is nested more than {DEPTH_LIMIT} levels deep.")
        if count > MAX_YAML_EVENTS:
            raise TaxonomyError("The YAML holds too many values.")


def _from_csv(text: str) -> LabelTree:
    nodes = []
    # The mark makes the reader take off the apostrophes that `_to_csv` protects labels with.
    for row in read_csv(io.BytesIO(BOM + text.encode()), DEFAULT_LIMITS):
        if isinstance(row, Refusal):
            raise TaxonomyError(f"The file cannot be read: {row}.")
        node: dict[str, Any] = {name.strip().lower(): cell for name, cell in row.values.items()}
        for name in ("synonyms", "replaces"):
            node[name] = node.get(name, "").split(SYNONYM_SEPARATOR)
        nodes.append(node)
    return checked("", _flat(nodes))


READERS: dict[TaxonomyFormat, Callable[[str], LabelTree]] = {
    TaxonomyFormat.JSON: _from_json,
    TaxonomyFormat.YAML: _from_yaml,
    TaxonomyFormat.CSV: _from_csv,
}


def _from_nodes(top: Any) -> LabelTree:
    name = ""
    if isinstance(top, dict) and _children(top) and top.get("key") in NOTHING:
        name, top = str(_named(top) or ""), _children(top)
    nodes = top if isinstance(top, list) else [top]
    if any(isinstance(node, dict) and node.get("parent") not in NOTHING for node in nodes):
        return checked(name, _flat(nodes))
    return checked(name, _nested_rows(nodes, "", Keys(), 1))


def _nested_rows(nodes: list[Any], parent: str, keys: Keys, depth: int) -> Iterator[LabelRow]:
    if depth > DEPTH_LIMIT:
        raise TaxonomyError(f"Below {parent!r} the tree is more than {DEPTH_LIMIT} levels deep.")
    for place, node in enumerate(nodes, 1):
        where = f"Node {place} under {parent!r}" if parent else f"Node {place} at the top"
        node = {"label": node} if isinstance(node, str) else node
        label = _label(node, where)
        key = keys.assign(_text(node, "key", where), label, parent)
        yield LabelRow(key, parent, label, *_said(node, label))
        yield from _nested_rows(_children(node), key, keys, depth + 1)


def _flat(nodes: list[Any]) -> list[LabelRow]:
    """Rows that name their parent by its key or, where there is no such key, by its label."""
    keys = Keys()
    rows = []
    for place, node in enumerate(nodes, 1):
        where = f"Row {place}"
        label, parent = _label(node, where), _text(node, "parent", where)
        key = keys.assign(_text(node, "key", where), label, parent)
        rows.append(LabelRow(key, parent, label, *_said(node, label)))
    known = {row.key for row in rows}
    by_label = {row.label: row.key for row in rows}
    return [
        row if row.parent in known else row._replace(parent=by_label.get(row.parent, row.parent))
        for row in rows
    ]


def _named(node: dict[str, Any]) -> Any:
    return next((node[name] for name in ("label", "name") if node.get(name) not in NOTHING), None)


def _label(node: Any, where: str) -> str:
    if not isinstance(node, dict):
        raise TaxonomyError(f"{where} is neither a text nor an object with a label.")
    label = _named(node) or node.get("key") or ""
    if not isinstance(label, str):
        raise TaxonomyError(f"{where}: the label must be a text.")
    return clean_label(label, where)


def _text(node: dict[str, Any], name: str, where: str) -> str:
    value = node.get(name)
    if value in NOTHING:
        return ""
    if not isinstance(value, str):
        raise TaxonomyError(f"{where}: {name} must be a text.")
    return value.strip()


def _children(node: dict[str, Any]) -> list[Any]:
    children = node.get("children")
    if children in NOTHING:
        return []
    if not isinstance(children, list):
        raise TaxonomyError(f"The children of {str(_named(node))[:100]!r} must be a list.")
    return children


def _said(node: dict[str, Any], label: str) -> tuple[tuple[str, ...], str, bool, tuple[str, ...]]:
    """What a node says of its label beside its name and place."""
    return (
        _synonyms(node, label),
        _description(node, label),
        _deprecated(node, label),
        _replaces(node, label),
    )


def _deprecated(node: dict[str, Any], label: str) -> bool:
    """Whether a label is no longer offered; CSV and YAML say it as a text."""
    given = node.get("deprecated")
    said = YES_OR_NO.get(str(given).lower()) if given not in NOTHING else False
    if said is None:
        raise TaxonomyError(f"Label {label!r}: deprecated must be true or false.")
    return said


def _replaces(node: dict[str, Any], label: str) -> tuple[str, ...]:
    given = node.get("replaces")
    if given in NOTHING:
        return ()
    if not isinstance(given, list) or not all(isinstance(key, str) for key in given):
        raise TaxonomyError(f"What {label!r} replaces must be a list of keys.")
    return tuple(key for key in given if key.strip())


def _synonyms(node: dict[str, Any], label: str) -> tuple[str, ...]:
    given = node.get("synonyms")
    if given in NOTHING:
        return ()
    if not isinstance(given, list) or not all(isinstance(synonym, str) for synonym in given):
        raise TaxonomyError(f"The synonyms of {label!r} must be a list of texts.")
    if any(SYNONYM_SEPARATOR in synonym for synonym in given):
        raise TaxonomyError(f"A synonym of {label!r} holds “{SYNONYM_SEPARATOR}”.")
    where = f"Synonyms of {label!r}"
    return tuple(clean_label(synonym, where) for synonym in given if synonym.strip())


def _description(node: dict[str, Any], label: str) -> str:
    description = _text(node, "description", f"Label {label!r}")
    if len(description) > DESCRIPTION_CHARACTERS:
        raise TaxonomyError(
            f"The description of {label!r} has over {DESCRIPTION_CHARACTERS:,} characters."
        )
    return description


def _nested(tree: LabelTree) -> dict[str, Any]:
    top: dict[str, Any] = {"name": tree.name, "children": []}
    nodes = {"": top}
    for row in tree.rows:
        node: dict[str, Any] = {"key": row.key, "label": row.label}
        if row.synonyms:
            node["synonyms"] = list(row.synonyms)
        if row.description:
            node["description"] = row.description
        if row.deprecated:
            node["deprecated"] = True
        if row.replaces:
            node["replaces"] = list(row.replaces)
        nodes[row.key] = node
        nodes[row.parent].setdefault("children", []).append(node)
    return top


def _to_csv(tree: LabelTree) -> bytes:
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(LabelRow._fields)
    for row in tree.rows:
        synonyms, replaces = map(SYNONYM_SEPARATOR.join, (row.synonyms, row.replaces))
        deprecated = "true" if row.deprecated else ""
        rows.writerow(map(protect, (*row[:3], synonyms, row.description, deprecated, replaces)))
    return BOM + text.getvalue().encode()
