"""What makes a rubric document fit to be kept, and fit to be published."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from labeling.policy import marks, terms, values
from labeling.policy.rankings import RANKING
from labeling.policy.rubric_notes import notes_problems
from labeling.policy.rubric_options import keys_of, option_wording, options_problems
from labeling.policy.rubric_parts import (
    DESCRIPTION_LIMIT,
    HELP_LIMIT,
    KINDS_WITH_OPTIONS,
    LABEL_LIMIT,
    PROMPT_LIMIT,
    Problem,
    key_problems,
    label_key_problems,
    one_of,
    text_problems,
    twice,
    unknown_fields,
)
from labeling.policy.spans import SPANS

KINDS = (
    "single_choice",
    "several_choices",
    "ordinal",
    "yes_no",
    "taxonomy",
    "number",
    "preference",
    "ranking",
    "spans",
    "corrected_output",
    "free_text",
)
#: Kinds whose answer is one key, which a prediction can be compared with.
KINDS_OF_ONE_KEY = ("single_choice", "ordinal", "yes_no", "taxonomy")
SUBJECTS = ("input", "output", "pair")

CRITERIA_LIMIT = 50
GUIDANCE_LIMIT = 100_000
NODES_LIMIT = 5_000
DEPTH_LIMIT = 12
LANGUAGE = re.compile(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?\Z")

#: What a document may say at each level; anything else is a slip that would be lost silently.
DOCUMENT_FIELDS = {"name", "guidance", "criteria", "translations", "notes"}
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
    "terms",
    "when",
    "translations",
    *marks.FIELDS,
}
TAXONOMY_FIELDS = {"name", "nodes", "uid"}
LANGUAGES_LIMIT = 40

Wording = Callable[[str, dict[str, Any]], list[Problem]]


def problems(document: Any) -> list[Problem]:
    """What keeps a document from being kept even as a draft; empty when nothing does."""
    if not isinstance(document, dict):
        return [Problem("rubric", "must be an object with name, guidance and criteria")]
    found = unknown_fields("rubric", document, DOCUMENT_FIELDS)
    found += text_problems("name", document.get("name"), limit=120, required=True, plain=True)
    found += text_problems("guidance", document.get("guidance", ""), limit=GUIDANCE_LIMIT)
    found += _translations("translations", document.get("translations", {}), _guidance_wording)
    criteria = document.get("criteria", [])
    if not isinstance(criteria, list) or len(criteria) > CRITERIA_LIMIT:
        return [*found, Problem("criteria", f"must be a list of at most {CRITERIA_LIMIT}")]
    for index, criterion in enumerate(criteria):
        found += _criterion(f"criteria.{index}", criterion)
    return found + twice("criteria", criteria) + notes_problems(document.get("notes", []), criteria)


def gaps(document: dict[str, Any]) -> list[Problem]:
    """What a sound draft still lacks before it can be published."""
    if not document["criteria"]:
        return [Problem("criteria", "ask at least one question")]
    found = []
    earlier: dict[str, Sequence[str] | None] = {}
    for index, criterion in enumerate(document["criteria"]):
        where = f"criteria.{index}"
        found += _too_few(f"{where}.options", criterion)
        if criterion["kind"] == "taxonomy" and not criterion.get("taxonomy"):
            found.append(Problem(f"{where}.taxonomy", "choose a taxonomy"))
        found += _alike(f"{where}.options", criterion.get("options", []))
        found += _below(where, terms.gaps(criterion))
        found += _below(where, terms.when_gaps(criterion, earlier))
        earlier[criterion["key"]] = answers_to(criterion)
    return found + _unworded(document)


def _too_few(where: str, criterion: dict[str, Any]) -> list[Problem]:
    """Between fewer than two options there is no choice; spans may all have one label."""
    least = 1 if criterion["kind"] == SPANS else 2
    if criterion["kind"] not in KINDS_WITH_OPTIONS or len(criterion.get("options", [])) >= least:
        return []
    return [
        Problem(where, "give at least one label" if least == 1 else "give at least two options")
    ]


def answers_to(criterion: dict[str, Any]) -> Sequence[str] | None:
    """The keys that a condition on a criterion can name; None where it is not answered by keys."""
    kind = criterion["kind"]
    if kind == "yes_no":
        return ("yes", "no")
    if kind == values.PREFERENCE:
        return values.preferences(criterion.get("terms", {}))
    if kind in KINDS_WITH_OPTIONS and kind != SPANS:
        own = [values.NONE_OF_THESE] if criterion.get("propose") else []
        return [option["key"] for option in criterion.get("options", [])] + own
    return None


def subject_of(criterion: Mapping[str, Any]) -> str:
    """What a question is about; one that compares outputs is about a pair, whatever is said.

    >>> subject_of({"kind": "preference", "subject": "input"}), subject_of({"kind": "yes_no"})
    ('pair', 'input')
    """
    compares = criterion.get("kind") in (values.PREFERENCE, RANKING)
    return "pair" if compares else str(criterion.get("subject") or "input")


def by_place(found: Iterable[Problem]) -> dict[str, list[str]]:
    """Problems by where they are, so that a form can show each beside its field."""
    places: dict[str, list[str]] = {}
    for problem in found:
        places.setdefault(problem.where, []).append(problem.message)
    return places


def free_key(wanted: str, taken: Iterable[str]) -> str:
    """A key made from a wording, different from those that are taken.

    >>> free_key("Very good!", []), free_key("Sehr gut", ["sehr-gut"]), free_key("ممتاز", [])
    ('very-good', 'sehr-gut-2', 'option')
    """
    plain = unicodedata.normalize("NFKD", wanted).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain)[:40].strip("-") or "option"
    known = set(taken)
    numbered = (f"{base}-{number}" for number in range(2, len(known) + 3))
    return next(key for key in (base, *numbered) if key not in known)


def _unworded(document: dict[str, Any]) -> list[Problem]:
    """Languages that are named and have no word: annotators would read the original under them."""
    parts = [document, *document["criteria"]]
    return [
        Problem(f"translations.{code}.guidance", f"nothing is worded in {code} yet; or take it out")
        for code in document.get("translations", {})
        if not any(part.get("translations", {}).get(code) for part in parts)
    ]


def _alike(where: str, options: list[dict[str, Any]]) -> list[Problem]:
    """Two options that nobody could tell apart on the form."""
    counts = Counter(option["label"].strip().casefold() for option in options)
    repeated = [label for label, count in counts.items() if count > 1]
    return [Problem(where, f"two options are called {label!r}") for label in repeated]


def _criterion(where: str, criterion: Any) -> list[Problem]:
    if not isinstance(criterion, dict):
        return [Problem(where, "must be an object")]
    found = unknown_fields(where, criterion, CRITERION_FIELDS)
    found += key_problems(f"{where}.key", criterion.get("key"))
    found += one_of(f"{where}.kind", criterion.get("kind"), KINDS)
    found += one_of(f"{where}.subject", criterion.get("subject", "input"), SUBJECTS)
    prompt = criterion.get("prompt")
    found += text_problems(f"{where}.prompt", prompt, limit=PROMPT_LIMIT, required=True, plain=True)
    found += text_problems(f"{where}.help", criterion.get("help", ""), limit=HELP_LIMIT)
    for name in ("required", "cannot_tell"):
        if not isinstance(criterion.get(name, True), bool):
            found.append(Problem(f"{where}.{name}", "must be true or false"))
    found += _taxonomy(f"{where}.taxonomy", criterion)
    found += _below(where, terms.problems(criterion))
    found += _below(where, terms.when_problems(criterion.get("when", {})))
    found += _below(where, marks.problems(criterion))
    found += options_problems(where, criterion)
    return found + _translations(
        f"{where}.translations",
        criterion.get("translations", {}),
        lambda at, words: _criterion_wording(at, words, keys_of(criterion)),
    )


def _below(where: str, found: Iterable[tuple[str, str]]) -> list[Problem]:
    return [Problem(f"{where}.{place}", message) for place, message in found]


def _taxonomy(where: str, criterion: dict[str, Any]) -> list[Problem]:
    """A version's uid, or a tree written out; whether it is there and sound is seen on saving."""
    given = criterion.get("taxonomy")
    if not given:
        return []
    if criterion.get("kind") != "taxonomy":
        return [Problem(where, "this kind of criterion asks for no taxonomy")]
    if isinstance(given, str):
        return []
    if not isinstance(given, dict):
        return [Problem(where, "must be the uid of a taxonomy, or an object with name and nodes")]
    found = unknown_fields(where, given, TAXONOMY_FIELDS)
    found += text_problems(f"{where}.name", given.get("name", ""), limit=120, plain=True)
    if not isinstance(given.get("nodes", []), list):
        found.append(Problem(f"{where}.nodes", "must be a list"))
    return found


def _translations(where: str, translations: Any, wording: Wording) -> list[Problem]:
    """Wordings by language; each is checked by the function that knows what it may hold."""
    if not isinstance(translations, dict) or len(translations) > LANGUAGES_LIMIT:
        message = f"must be an object with at most {LANGUAGES_LIMIT} language codes"
        return [Problem(where, message)]
    found = []
    for code, words in translations.items():
        at = f"{where}.{str(code)[:20]}"
        if LANGUAGE.match(str(code)) and isinstance(words, dict):
            found += wording(at, words)
        else:
            found.append(Problem(at, "must be a language code with an object of wordings"))
    return found


def _guidance_wording(where: str, words: dict[str, Any]) -> list[Problem]:
    found = unknown_fields(where, words, {"guidance"})
    return found + text_problems(
        f"{where}.guidance", words.get("guidance", ""), limit=GUIDANCE_LIMIT
    )


def _criterion_wording(where: str, words: dict[str, Any], keys: set[str] | None) -> list[Problem]:
    found = unknown_fields(where, words, {"prompt", "help", "options"})
    found += text_problems(
        f"{where}.prompt", words.get("prompt", ""), limit=PROMPT_LIMIT, plain=True
    )
    found += text_problems(f"{where}.help", words.get("help", ""), limit=HELP_LIMIT)
    options = words.get("options", {})
    if not isinstance(options, dict):
        return [*found, Problem(f"{where}.options", "must be an object by option key")]
    for key, option in options.items():
        known = keys is None or key in keys
        found += option_wording(f"{where}.options.{str(key)[:60]}", option, known=known)
    return found


def taxonomy_problems(nodes: list[dict[str, Any]]) -> list[Problem]:
    """What keeps a list of nodes from being a tree of labels; empty when nothing does."""
    if not 1 <= len(nodes) <= NODES_LIMIT:
        return [Problem("nodes", f"give 1 to {NODES_LIMIT:,} nodes")]
    found: list[Problem] = []
    for index, node in enumerate(nodes):
        where = f"nodes.{index}"
        found += label_key_problems(f"{where}.key", node["key"])
        label, description = node["label"], node["description"]
        found += text_problems(
            f"{where}.label", label, limit=LABEL_LIMIT, required=True, plain=True
        )
        found += text_problems(f"{where}.description", description, limit=DESCRIPTION_LIMIT)
        if node["parent"] is not None and not isinstance(node["parent"], str):
            found.append(Problem(f"{where}.parent", "must be the key of another node"))
        if not _are_words(node["synonyms"]):
            found.append(Problem(f"{where}.synonyms", "must be a list of at most 50 short texts"))
        found += _standing(where, node)
        if len(found) >= 20:
            return found
    return found or twice("nodes", nodes) or _not_a_tree(nodes)


def _standing(where: str, node: dict[str, Any]) -> list[Problem]:
    """Whether a label is offered, and the labels of before that it stands for."""
    found = []
    if not isinstance(node.get("deprecated", False), bool):
        found.append(Problem(f"{where}.deprecated", "must be true or false"))
    replaces = node.get("replaces", [])
    if not isinstance(replaces, list) or len(replaces) > NODES_LIMIT:
        return [*found, Problem(f"{where}.replaces", "must be a list of keys")]
    for index, key in enumerate(replaces):
        found += label_key_problems(f"{where}.replaces.{index}", key)
    return found


def _are_words(values: Any) -> bool:
    return (
        isinstance(values, list)
        and len(values) <= 50
        and not any(text_problems("", value, limit=LABEL_LIMIT, plain=True) for value in values)
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
