"""The options of a criterion: what may be said of each, and in each language."""

from __future__ import annotations

from typing import Any

from labeling.policy.rubric_parts import (
    DESCRIPTION_LIMIT,
    KINDS_WITH_OPTIONS,
    LABEL_LIMIT,
    OPTIONS_LIMIT,
    USE_LIMIT,
    Problem,
    key_problems,
    label_key_problems,
    text_problems,
    twice,
    unknown_fields,
)

EXAMPLES_LIMIT = 20
#: The texts of an option besides its label, each with its length; they are worded in languages too.
TEXTS = {
    "description": DESCRIPTION_LIMIT,
    "use_when": USE_LIMIT,
    "avoid_when": USE_LIMIT,
}
EXAMPLES = ("examples", "counterexamples")
OPTION_FIELDS = {"key", "label", "replaces", *TEXTS, *EXAMPLES}


def options_problems(where: str, criterion: dict[str, Any]) -> list[Problem]:
    """What is wrong with the options of a criterion, and where."""
    options = criterion.get("options", [])
    if not isinstance(options, list) or len(options) > OPTIONS_LIMIT:
        return [Problem(f"{where}.options", f"must be a list of at most {OPTIONS_LIMIT}")]
    if options and criterion.get("kind") not in KINDS_WITH_OPTIONS:
        return [Problem(f"{where}.options", "this kind of criterion has no options of its own")]
    found = []
    for index, option in enumerate(options):
        found += _option(f"{where}.options.{index}", option)
    return found + twice(f"{where}.options", options)


def option_wording(where: str, words: Any, *, known: bool) -> list[Problem]:
    """What is wrong with an option's wording in one other language."""
    if not known:
        return [Problem(where, "there is no option of this key")]
    if not isinstance(words, dict):
        return [Problem(where, "must be an object with label and description")]
    found = unknown_fields(where, words, {"label", *TEXTS})
    found += text_problems(f"{where}.label", words.get("label", ""), limit=LABEL_LIMIT, plain=True)
    return found + _texts(where, words)


def keys_of(criterion: dict[str, Any]) -> set[str] | None:
    """The keys of options or of nodes; None for a taxonomy that is only named."""
    rows = criterion.get("options")
    if criterion.get("kind") == "taxonomy":
        tree = criterion.get("taxonomy")
        rows = tree.get("nodes") if isinstance(tree, dict) else None
        if not isinstance(rows, list):
            return None
    known = rows if isinstance(rows, list) else []
    return {str(row.get("key")) for row in known if isinstance(row, dict)}


def _option(where: str, option: Any) -> list[Problem]:
    if not isinstance(option, dict):
        return [Problem(where, "must be an object")]
    label = option.get("label")
    found = unknown_fields(where, option, OPTION_FIELDS)
    found += label_key_problems(f"{where}.key", option.get("key"))
    found += text_problems(f"{where}.label", label, limit=LABEL_LIMIT, required=True, plain=True)
    found += _texts(where, option)
    replaces = option.get("replaces", [])
    if not isinstance(replaces, list) or len(replaces) > OPTIONS_LIMIT:
        return [*found, Problem(f"{where}.replaces", f"must be a list of at most {OPTIONS_LIMIT}")]
    for index, key in enumerate(replaces):
        found += key_problems(f"{where}.replaces.{index}", key)
    for name in EXAMPLES:
        found += _examples(f"{where}.{name}", option.get(name, []))
    return found


def _texts(where: str, given: dict[str, Any]) -> list[Problem]:
    found = []
    for name, limit in TEXTS.items():
        found += text_problems(f"{where}.{name}", given.get(name, ""), limit=limit)
    return found


def _examples(where: str, examples: Any) -> list[Problem]:
    if not isinstance(examples, list) or len(examples) > EXAMPLES_LIMIT:
        return [Problem(where, f"must be a list of at most {EXAMPLES_LIMIT}")]
    found = []
    for index, example in enumerate(examples):
        found += text_problems(f"{where}.{index}", example, limit=DESCRIPTION_LIMIT)
    return found
