"""A rubric version as a plain document, and as YAML or JSON, and back."""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import yaml

from labeling.formats.canonical import canonical_json
from labeling.policy import marks

if TYPE_CHECKING:
    from labeling.models import Criterion, RubricVersion

SIZE_LIMIT = 2_000_000
#: No part of a document lies deeper; the parser has no limit of its own.
DEPTH_LIMIT = 32
#: Several times what the largest tree worded in four languages takes.
EVENTS_LIMIT = 500_000
#: What a document says besides what is asked.
BESIDE = ("name", "notes")


class RubricFileError(ValueError):
    """The file is not a rubric document; the message says why."""


def document_of(version: RubricVersion) -> dict[str, Any]:
    """Everything that gives a version its meaning, without keys of the database."""
    return {
        "name": version.rubric.name,
        "guidance": version.guidance,
        "translations": version.translations,
        "criteria": [
            _criterion(criterion)
            for criterion in version.criteria.select_related("taxonomy__taxonomy")
        ],
    }


def with_notes(document: dict[str, Any], version: RubricVersion) -> dict[str, Any]:
    """A document with the notes that stand beside its guidance, as files have it."""
    standing = version.notes.filter(withdrawn_at__isnull=True)
    notes = [{"criterion": note.criterion, "text": note.text} for note in standing]
    return {**document, "notes": notes} if notes else document


def digest_of(document: dict[str, Any]) -> str:
    """SHA-256 of what annotators are asked.

    The name is left out, since a rubric may be renamed, and the notes, which come and go.
    """
    meaning = {name: value for name, value in document.items() if name not in BESIDE}
    return sha256(canonical_json(meaning)).hexdigest()


def to_yaml(document: dict[str, Any]) -> str:
    """The document as people edit it in a file."""
    text: str = yaml.dump(
        document, Dumper=_Readable, sort_keys=False, allow_unicode=True, width=100
    )
    return text


def to_json(document: dict[str, Any]) -> str:
    """The document as programs exchange it."""
    return json.dumps(document, ensure_ascii=False, indent=2)


def parse(text: str) -> dict[str, Any]:
    """A document from YAML or JSON (which is YAML); RubricFileError says what is wrong."""
    if len(text) > SIZE_LIMIT:
        raise RubricFileError("The file is too large for a rubric.")
    try:
        _refuse_tangles(text)
        document = yaml.load(text, Loader=_PlainLoader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise RubricFileError(f"The file is not valid YAML or JSON: {error}") from error
    except RubricFileError:
        raise
    except ValueError as error:  # a number that Python does not take
        raise RubricFileError("The file holds a number that cannot be read.") from error
    if not isinstance(document, dict):
        raise RubricFileError("A rubric is an object with name, guidance and criteria.")
    return document


class _Readable(yaml.SafeDumper):
    """Writes a text of several lines as several lines, and nothing as an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        style = "|" if "\n" in text else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Readable.add_representer(str, _Readable.represent_text)


class _PlainLoader(yaml.CSafeLoader):
    """Safe YAML without dates: rubrics hold text, numbers, booleans, lists and objects.

    A key that stands twice is refused: what it said first would be lost silently.
    """

    yaml_implicit_resolvers = {
        first: [(tag, regex) for tag, regex in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = Counter(key.value for key, _value in node.value if isinstance(key, yaml.ScalarNode))
        if keys.total() > len(keys):
            problem = f"the key {keys.most_common(1)[0][0][:60]!r} stands twice in one object"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return super().construct_mapping(node, deep)


def _refuse_tangles(text: str) -> None:
    """Refuse, before anything is built, what small files use to become large or deep ones."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_PlainLoader)):
        if isinstance(event, yaml.AliasEvent):
            raise RubricFileError("Anchors and aliases are not allowed; write it out.")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_LIMIT:
            raise RubricFileError("The file is nested too deeply for a rubric.")
        if count > EVENTS_LIMIT:
            raise RubricFileError("The file holds too many values for a rubric.")


def _criterion(criterion: Criterion) -> dict[str, Any]:
    row: dict[str, Any] = {
        "key": criterion.key,
        "kind": criterion.kind,
        "subject": criterion.subject,
        "prompt": criterion.prompt,
        "help": criterion.help,
        "required": criterion.required,
        "cannot_tell": criterion.cannot_tell,
    }
    if criterion.options:
        row["options"] = criterion.options
    if criterion.taxonomy:
        row["taxonomy"] = {
            "name": criterion.taxonomy.taxonomy.name,
            "nodes": criterion.taxonomy.nodes,
        }
    if criterion.terms:
        row["terms"] = criterion.terms
    if criterion.when:
        row["when"] = criterion.when
    row |= marks.said({name: getattr(criterion, name) for name in marks.FIELDS})
    if criterion.translations:
        row["translations"] = criterion.translations
    return row
