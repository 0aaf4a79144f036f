"""What makes a rubric document fit to be kept, and fit to be published."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from labeling.policy import terms, values

KINDS = (
    "single_choice",
    "several_choices",
    "ordinal",
    "yes_no",
    "taxonomy",
    "number",
    "preference",
    "free_text",
)
#: Kinds whose answer is one key, which a prediction can be compared with.
KINDS_OF_ONE_KEY = ("single_choice", "ordinal", "yes_no", "taxonomy")
KINDS_WITH_OPTIONS = ("single_choice", "several_choices", "ordinal")
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
    "terms",
    "when",
    "translations",
}
OPTION_FIELDS = {"key", "label", "description", "examples", "replaces"}
TAXONOMY_FIELDS = {"name", "nodes", "uid"}
LANGUAGES_LIMIT = 40
PROMPT_LIMIT, HELP_LIMIT, LABEL_LIMIT, DESCRIPTION_LIMIT = 500, 20_000, 200, 2_000
#: Format characters, controls, and the two separators that break a line unseen.
INVISIBLE = {"Cc", "Cf", "Zl", "Zp"}

Wording = Callable[[str, dict[str, Any]], list["Problem"]]


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
    found += _translations("translations", document.get("translations", {}), _guidance_wording)
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
    earlier: dict[str, Sequence[str] | None] = {}
    for index, criterion in enumerate(document["criteria"]):
        where = f"criteria.{index}"
        if criterion["kind"] in KINDS_WITH_OPTIONS and len(criterion.get("options", [])) < 2:
            found.append(Problem(f"{where}.options", "give at least two options"))
        if criterion["kind"] == "taxonomy" and not criterion.get("taxonomy"):
            found.append(Problem(f"{where}.taxonomy", "choose a taxonomy"))
        found += _alike(f"{where}.options", criterion.get("options", []))
        found += _below(where, terms.gaps(criterion))
        found += _below(where, terms.when_gaps(criterion, earlier))
        earlier[criterion["key"]] = answers_to(criterion)
    return found + _unworded(document)


def answers_to(criterion: dict[str, Any]) -> Sequence[str] | None:
    """The keys that a condition on a criterion can name; None where it is not answered by keys."""
    kind = criterion["kind"]
    if kind == "yes_no":
        return ("yes", "no")
    if kind == values.PREFERENCE:
        return values.preferences(criterion.get("terms", {}))
    if kind in KINDS_WITH_OPTIONS:
        return [option["key"] for option in criterion.get("options", [])]
    return None


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
    found = _unknown(where, criterion, CRITERION_FIELDS)
    found += _key(f"{where}.key", criterion.get("key"))
    found += _one_of(f"{where}.kind", criterion.get("kind"), KINDS)
    found += _one_of(f"{where}.subject", criterion.get("subject", "input"), SUBJECTS)
    prompt = criterion.get("prompt")
    found += _text(f"{where}.prompt", prompt, limit=PROMPT_LIMIT, required=True, plain=True)
    found += _text(f"{where}.help", criterion.get("help", ""), limit=HELP_LIMIT)
    for name in ("required", "cannot_tell"):
        if not isinstance(criterion.get(name, True), bool):
            found.append(Problem(f"{where}.{name}", "must be true or false"))
    found += _taxonomy(f"{where}.taxonomy", criterion)
    found += _below(where, terms.problems(criterion))
    found += _below(where, terms.when_problems(criterion.get("when", {})))
    found += _options(where, criterion)
    return found + _translations(
        f"{where}.translations",
        criterion.get("translations", {}),
        lambda at, words: _criterion_wording(at, words, _keys_of(criterion)),
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
    found = _unknown(where, given, TAXONOMY_FIELDS)
    found += _text(f"{where}.name", given.get("name", ""), limit=120, plain=True)
    if not isinstance(given.get("nodes", []), list):
        found.append(Problem(f"{where}.nodes", "must be a list"))
    return found


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
    label, description = option.get("label"), option.get("description", "")
    found += _text(f"{where}.label", label, limit=LABEL_LIMIT, required=True, plain=True)
    found += _text(f"{where}.description", description, limit=DESCRIPTION_LIMIT)
    replaces = option.get("replaces", [])
    if not isinstance(replaces, list) or len(replaces) > OPTIONS_LIMIT:
        return [*found, Problem(f"{where}.replaces", f"must be a list of at most {OPTIONS_LIMIT}")]
    for index, key in enumerate(replaces):
        found += _key(f"{where}.replaces.{index}", key)
    examples = option.get("examples", [])
    if not isinstance(examples, list) or len(examples) > 20:
        return [*found, Problem(f"{where}.examples", "must be a list of at most 20")]
    for index, example in enumerate(examples):
        found += _text(f"{where}.examples.{index}", example, limit=2_000)
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
    found = _unknown(where, words, {"guidance"})
    return found + _text(f"{where}.guidance", words.get("guidance", ""), limit=GUIDANCE_LIMIT)


def _criterion_wording(where: str, words: dict[str, Any], keys: set[str] | None) -> list[Problem]:
    found = _unknown(where, words, {"prompt", "help", "options"})
    found += _text(f"{where}.prompt", words.get("prompt", ""), limit=PROMPT_LIMIT, plain=True)
    found += _text(f"{where}.help", words.get("help", ""), limit=HELP_LIMIT)
    options = words.get("options", {})
    if not isinstance(options, dict):
        return [*found, Problem(f"{where}.options", "must be an object by option key")]
    for key, option in options.items():
        known = keys is None or key in keys
        found += _option_wording(f"{where}.options.{str(key)[:60]}", option, known=known)
    return found


def _option_wording(where: str, words: Any, *, known: bool) -> list[Problem]:
    if not known:
        return [Problem(where, "there is no option of this key")]
    if not isinstance(words, dict):
        return [Problem(where, "must be an object with label and description")]
    found = _unknown(where, words, {"label", "description"})
    found += _text(f"{where}.label", words.get("label", ""), limit=LABEL_LIMIT, plain=True)
    description = words.get("description", "")
    return found + _text(f"{where}.description", description, limit=DESCRIPTION_LIMIT)


def _keys_of(criterion: dict[str, Any]) -> set[str] | None:
    """The keys of options or of nodes; None for a taxonomy that is only named."""
    rows = criterion.get("options")
    if criterion.get("kind") == "taxonomy":
        tree = criterion.get("taxonomy")
        rows = tree.get("nodes") if isinstance(tree, dict) else None
        if not isinstance(rows, list):
            return None
    known = rows if isinstance(rows, list) else []
    return {str(row.get("key")) for row in known if isinstance(row, dict)}


def _unknown(where: str, given: dict[str, Any], known: set[str]) -> list[Problem]:
    return [
        Problem(f"{where}.{str(name)[:60]}", "is an unknown field")
        for name in given
        if name not in known
    ]


def _twice(where: str, rows: list[Any]) -> list[Problem]:
    counts = Counter(str(row.get("key")) for row in rows if isinstance(row, dict))
    repeated = sorted(key for key, count in counts.items() if count > 1)
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
    if plain and any(unicodedata.category(character) in INVISIBLE for character in value):
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
        label, description = node["label"], node["description"]
        found += _text(f"{where}.label", label, limit=LABEL_LIMIT, required=True, plain=True)
        found += _text(f"{where}.description", description, limit=DESCRIPTION_LIMIT)
        if node["parent"] is not None and not isinstance(node["parent"], str):
            found.append(Problem(f"{where}.parent", "must be the key of another node"))
        if not _are_words(node["synonyms"]):
            found.append(Problem(f"{where}.synonyms", "must be a list of at most 50 short texts"))
        if len(found) >= 20:
            return found
    return found or _twice("nodes", nodes) or _not_a_tree(nodes)


def _are_words(values: Any) -> bool:
    return (
        isinstance(values, list)
        and len(values) <= 50
        and not any(_text("", value, limit=LABEL_LIMIT, plain=True) for value in values)
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
