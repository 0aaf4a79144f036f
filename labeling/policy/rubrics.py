"""What makes a rubric document fit to be kept, and fit to be published."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

KINDS = ("single_choice", "ordinal", "yes_no", "taxonomy", "free_text")
KINDS_WITH_OPTIONS = ("single_choice", "ordinal")
SUBJECTS = ("input", "output", "pair")

CRITERIA_LIMIT = 50
OPTIONS_LIMIT = 200
GUIDANCE_LIMIT = 100_000
NODES_LIMIT = 5_000
DEPTH_LIMIT = 12
KEY = re.compile(r"^[a-z0-9][a-z0-9_-]{0,59}\Z")
LANGUAGE = re.compile(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?\Z")

#: What a document may say at each level; anything else is a slip that would be lost silently.
DOCUMENT_FIELDS = {"name", "guidance", "criteria", "translations"}
CRITERION_FIELDS = {
    "key",
    "kind",
    "subject",
    "prompt",
    "help",
    "required",
    "cannot_tell",
    "options",
    "taxonomy",
    "translations",
}
OPTION_FIELDS = {"key", "label", "description", "examples"}


@dataclass(frozen=True)
class Problem:
    """What is wrong with a rubric document, and where: `criteria.2.options.0.label`."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


def problems(document: Any) -> list[Problem]:
    """What keeps a document from being kept even as a draft; empty when nothing does."""
    if not isinstance(document, dict):
        return [Problem("rubric", "must be an object with name, guidance and criteria")]
    found = _unknown("rubric", document, DOCUMENT_FIELDS)
    found += _text("name", document.get("name"), limit=120, required=True, plain=True)
    found += _text("guidance", document.get("guidance", ""), limit=GUIDANCE_LIMIT)
    found += _translations("translations", document.get("translations", {}))
    criteria = document.get("criteria", [])
    if not isinstance(criteria, list) or len(criteria) > CRITERIA_LIMIT:
        return [*found, Problem("criteria", f"must be a list of at most {CRITERIA_LIMIT}")]
    for index, criterion in enumerate(criteria):
        found += _criterion(f"criteria.{index}", criterion)
    return found + _twice("criteria", criteria)


def gaps(document: dict[str, Any]) -> list[Problem]:
    """What a sound draft still lacks before it can be published."""
    if not document["criteria"]:
        return [Problem("criteria", "ask at least one question")]
    found = []
    for index, criterion in enumerate(document["criteria"]):
        where = f"criteria.{index}"
        if criterion["kind"] in KINDS_WITH_OPTIONS and len(criterion.get("options", [])) < 2:
            found.append(Problem(f"{where}.options", "give at least two options"))
        if criterion["kind"] == "taxonomy" and not criterion.get("taxonomy"):
            found.append(Problem(f"{where}.taxonomy", "choose a taxonomy"))
    return found


def _criterion(where: str, criterion: Any) -> list[Problem]:
    if not isinstance(criterion, dict):
        return [Problem(where, "must be an object")]
    found = _unknown(where, criterion, CRITERION_FIELDS)
    found += _key(f"{where}.key", criterion.get("key"))
    found += _one_of(f"{where}.kind", criterion.get("kind"), KINDS)
    found += _one_of(f"{where}.subject", criterion.get("subject", "input"), SUBJECTS)
    found += _text(f"{where}.prompt", criterion.get("prompt"), limit=500, required=True, plain=True)
    found += _text(f"{where}.help", criterion.get("help", ""), limit=20_000)
    for name in ("required", "cannot_tell"):
        if not isinstance(criterion.get(name, True), bool):
            found.append(Problem(f"{where}.{name}", "must be true or false"))
    found += _translations(f"{where}.translations", criterion.get("translations", {}))
    return found + _options(where, criterion)


def _options(where: str, criterion: dict[str, Any]) -> list[Problem]:
    options = criterion.get("options", [])
    if not isinstance(options, list) or len(options) > OPTIONS_LIMIT:
        return [Problem(f"{where}.options", f"must be a list of at most {OPTIONS_LIMIT}")]
    if options and criterion.get("kind") not in KINDS_WITH_OPTIONS:
        return [Problem(f"{where}.options", "this kind of criterion has no options of its own")]
    found = []
    for index, option in enumerate(options):
        found += _option(f"{where}.options.{index}", option)
    return found + _twice(f"{where}.options", options)


def _option(where: str, option: Any) -> list[Problem]:
    if not isinstance(option, dict):
        return [Problem(where, "must be an object")]
    found = _unknown(where, option, OPTION_FIELDS)
    found += _key(f"{where}.key", option.get("key"))
    found += _text(f"{where}.label", option.get("label"), limit=200, required=True, plain=True)
    found += _text(f"{where}.description", option.get("description", ""), limit=2_000)
    examples = option.get("examples", [])
    if not isinstance(examples, list) or len(examples) > 20:
        return [*found, Problem(f"{where}.examples", "must be a list of at most 20")]
    for index, example in enumerate(examples):
        found += _text(f"{where}.examples.{index}", example, limit=2_000)
    return found


def _translations(where: str, translations: Any) -> list[Problem]:
    if not isinstance(translations, dict):
        return [Problem(where, "must be an object with a language code for each translation")]
    return [
        Problem(f"{where}.{str(code)[:20]}", "must be a language code with an object of wordings")
        for code, wording in translations.items()
        if not LANGUAGE.match(str(code)) or not isinstance(wording, dict)
    ]


def _unknown(where: str, given: dict[str, Any], known: set[str]) -> list[Problem]:
    return [
        Problem(f"{where}.{str(name)[:60]}", "is not a field of a rubric")
        for name in given
        if name not in known
    ]


def _twice(where: str, rows: list[Any]) -> list[Problem]:
    keys = [str(row.get("key")) for row in rows if isinstance(row, dict)]
    repeated = sorted({key for key in keys if keys.count(key) > 1})
    return [Problem(where, f"the key {key[:60]!r} is used twice") for key in repeated]


def _key(where: str, key: Any) -> list[Problem]:
    if isinstance(key, str) and KEY.match(key):
        return []
    return [Problem(where, "use 1 to 60 of a-z, 0-9, - and _, beginning with a letter or digit")]


def _one_of(where: str, value: Any, allowed: tuple[str, ...]) -> list[Problem]:
    return [] if value in allowed else [Problem(where, f"must be one of {', '.join(allowed)}")]


def _text(
    where: str, value: Any, *, limit: int, required: bool = False, plain: bool = False
) -> list[Problem]:
    """Text within its limit; plain text is shown on buttons and may not steer the writing."""
    if not isinstance(value, str) or (required and not value.strip()):
        return [Problem(where, "is missing" if required and not value else "must be text")]
    if len(value) > limit:
        return [Problem(where, f"has more than {limit:,} characters")]
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        return [Problem(where, "contains a character that cannot be stored")]
    if plain and any(unicodedata.category(character) in {"Cc", "Cf"} for character in value):
        return [Problem(where, "contains an invisible or control character")]
    return []


def taxonomy_problems(nodes: list[dict[str, Any]]) -> list[Problem]:
    """What keeps a list of nodes from being a tree of labels; empty when nothing does."""
    if not 1 <= len(nodes) <= NODES_LIMIT:
        return [Problem("nodes", f"give 1 to {NODES_LIMIT:,} nodes")]
    found: list[Problem] = []
    for index, node in enumerate(nodes):
        where = f"nodes.{index}"
        found += _key(f"{where}.key", node["key"])
        found += _text(f"{where}.label", node["label"], limit=200, required=True, plain=True)
        found += _text(f"{where}.description", node["description"], limit=2_000)
        if not _are_words(node["synonyms"]):
            found.append(Problem(f"{where}.synonyms", "must be a list of at most 50 short texts"))
    return found or _twice("nodes", nodes) or _not_a_tree(nodes)


def _are_words(values: Any) -> bool:
    return (
        isinstance(values, list)
        and len(values) <= 50
        and all(isinstance(value, str) and len(value) <= 200 for value in values)
    )


def _not_a_tree(nodes: list[dict[str, Any]]) -> list[Problem]:
    """Unknown parents and circles, each by the key of the node at fault."""
    parents = {node["key"]: node["parent"] for node in nodes}
    for key, parent in parents.items():
        if parent is not None and parent not in parents:
            return [Problem(f"node {key}", f"its parent {str(parent)[:60]!r} is not in the tree")]
    for key in parents:
        ancestor, steps = parents[key], 0
        while ancestor is not None:
            steps += 1
            if ancestor == key or steps > DEPTH_LIMIT:
                return [Problem(f"node {key}", f"is in a circle or deeper than {DEPTH_LIMIT}")]
            ancestor = parents[ancestor]
    return []
