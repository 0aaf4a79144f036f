"""What of a rubric is likely to make people disagree; advice, never a refusal.

The document is one that `labeling.policy.rubrics.problems` finds nothing wrong with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Any

from labeling.policy.rubric_options import TEXTS
from labeling.policy.rubric_parts import KINDS_WITH_OPTIONS
from labeling.policy.spans import SPANS

#: More than seven options are hard to hold in mind at once (Miller 1956).
MOST_OPTIONS = 7
#: So many answers to a question, and none of them this option, say that it may be left out.
ENOUGH_ANSWERS = 100
#: Kinds that ask for words, of any number.
FREE = ("free_text", "corrected_output")
NEGATIVE = re.compile(r"^(not|nicht|no)\s*:", re.IGNORECASE)
NEGATIONS = frozenset({"not", "no", "non", "none", "nicht", "kein", "keine", "nein", "sin"})
FILLERS = frozenset({"a", "an", "the", "of", "to", "der", "die", "das", "el", "la", "de"})
JOINED = re.compile(r"\b(and|as well as|und|sowie|y)\b", re.IGNORECASE)
EITHER = re.compile(r"\b(and/or|or|und/oder|oder|o)\b", re.IGNORECASE)
RANGE = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:[-\u2013]|to|bis|a)\s*(\d+(?:[.,]\d+)?)", re.IGNORECASE)

#: Answers by criterion key, then by option key: the facts behind "nobody chooses this".
Usage = Mapping[str, Mapping[str, int]]


class Rule(StrEnum):
    """What a finding is about."""

    OVERLAP = "overlap"
    NO_CANNOT_TELL = "no_cannot_tell"
    MANY_OPTIONS = "many_options"
    DOUBLE_BARRELLED = "double_barrelled"
    NO_NEGATIVE_EXAMPLE = "no_negative_example"
    UNUSED = "unused"
    NO_ANCHORS = "no_anchors"
    NO_DESCRIPTION = "no_description"
    TRANSLATION_MISSING = "translation_missing"
    TRANSLATION_STALE = "translation_stale"


@dataclass(frozen=True)
class Finding:
    """A rule, the place in the document that it is about, and the words for its sentence."""

    rule: Rule
    where: str
    words: Mapping[str, str]


def lint(
    document: dict[str, Any], before: dict[str, Any] | None = None, used: Usage | None = None
) -> list[Finding]:
    """Findings in the order of the document.

    before: the version that the draft follows, to see which translations have been left behind.
    used: how often each option was chosen so far.

    >>> fine = {"key": "k", "kind": "yes_no", "prompt": "Is it polite?", "cannot_tell": True}
    >>> lint({"criteria": [fine]})
    []
    >>> [one.rule.value for one in lint({"criteria": [fine | {"prompt": "Polite and true?"}]})]
    ['double_barrelled']
    """
    languages = _languages(document)
    rows = {row["key"]: row for row in before["criteria"]} if before else {}
    found = list(_guidance(document, before or {}, languages))
    for index, criterion in enumerate(document["criteria"]):
        where = f"criteria.{index}"
        found += _question(where, criterion)
        found += _options(where, criterion, (used or {}).get(criterion["key"], {}))
        found += _translations(where, criterion, rows.get(criterion["key"]), languages)
    return found


def _question(where: str, criterion: dict[str, Any]) -> Iterator[Finding]:
    prompt, kind = criterion["prompt"], criterion["kind"]
    joined = JOINED.search(prompt) if kind not in FREE else None
    if kind in ("yes_no", "ordinal"):  # a choice may well name what there is to choose from
        joined = joined or EITHER.search(prompt)
    if joined or prompt.count("?") > 1:
        word = joined[0] if joined else "?"
        yield Finding(Rule.DOUBLE_BARRELLED, f"{where}.prompt", {"word": word})
    if not criterion.get("cannot_tell", True) and kind not in FREE:
        yield Finding(Rule.NO_CANNOT_TELL, f"{where}.cannot_tell", {})


def _options(where: str, criterion: dict[str, Any], used: Mapping[str, int]) -> Iterator[Finding]:
    options = criterion.get("options", [])
    if criterion["kind"] not in KINDS_WITH_OPTIONS or not options:
        return
    if len(options) > MOST_OPTIONS:
        yield Finding(Rule.MANY_OPTIONS, where, {"count": str(len(options))})
    if criterion["kind"] == "ordinal":
        yield from _anchors(where, options)
    else:
        yield from _boundaries(where, criterion["kind"], options)
    answers = sum(used.values())
    for index, option in enumerate(options):
        if answers >= ENOUGH_ANSWERS and not used.get(option["key"]):
            words = {"option": option["label"], "answers": str(answers)}
            yield Finding(Rule.UNUSED, f"{where}.options.{index}.label", words)


def _has_negative(option: dict[str, Any]) -> bool:
    """Whether it says what does not belong to it, in its own place or among the examples."""
    marked = any(NEGATIVE.match(text) for text in option.get("examples", []))
    return marked or bool(option.get("counterexamples"))


def _boundaries(where: str, kind: str, options: list[dict[str, Any]]) -> Iterator[Finding]:
    """What is left open about where one option ends and another begins."""
    if kind == "single_choice":
        yield from _overlaps(where, options)
    if kind == SPANS:
        yield from _undescribed(where, options)
    if not any(_has_negative(option) for option in options):
        yield Finding(Rule.NO_NEGATIVE_EXAMPLE, where, {})


def _undescribed(where: str, options: list[dict[str, Any]]) -> Iterator[Finding]:
    """Labels of spans that do not say where a span of theirs begins and ends."""
    for index, option in enumerate(options):
        said = (option.get("description", ""), option.get("use_when", ""))
        if not any(text.strip() for text in said):
            place = f"{where}.options.{index}.description"
            yield Finding(Rule.NO_DESCRIPTION, place, {"option": option["label"]})


def _anchors(where: str, options: list[dict[str, Any]]) -> Iterator[Finding]:
    """Both ends of a scale have to say what they stand for; what lies between follows."""
    for index in sorted({0, len(options) - 1}):
        if not options[index].get("description", "").strip():
            place = f"{where}.options.{index}.description"
            yield Finding(Rule.NO_ANCHORS, place, {"option": options[index]["label"]})


def _overlaps(where: str, options: list[dict[str, Any]]) -> Iterator[Finding]:
    for (_first, one), (second, other) in combinations(enumerate(options), 2):
        if overlap(one["label"], other["label"]) or _says_the_same(one, other):
            words = {"option": one["label"], "other": other["label"]}
            yield Finding(Rule.OVERLAP, f"{where}.options.{second}.label", words)


def overlap(one: str, other: str) -> bool:
    """Whether an item could fall under both labels, as far as their words tell.

    >>> overlap("Delivery", "Late delivery"), overlap("Toxic", "Not toxic")
    (True, False)
    >>> overlap("0-10", "10-20"), overlap("0-9", "10-20")
    (True, False)
    """
    ranges = RANGE.search(one), RANGE.search(other)
    if ranges[0] and ranges[1]:
        (low, high), (start, end) = (
            sorted(float(number.replace(",", ".")) for number in found.groups())
            for found in ranges
            if found
        )
        return low <= end and start <= high
    words, others = _content(one), _content(other)
    if not words or not others or (words ^ others) & NEGATIONS:
        return False
    return words <= others or others <= words


def _content(label: str) -> set[str]:
    return set(re.findall(r"\w+", label.casefold())) - FILLERS


def _says_the_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    said = one.get("description", "").strip().casefold()
    return bool(said) and said == other.get("description", "").strip().casefold()


def _languages(document: dict[str, Any]) -> list[str]:
    parts = [document, *document["criteria"]]
    return sorted({code for part in parts for code in part.get("translations", {})})


def _guidance(
    document: dict[str, Any], before: dict[str, Any], languages: list[str]
) -> Iterator[Finding]:
    texts = {"guidance": document.get("guidance", "")}
    earlier = {"guidance": before.get("guidance", "")} if before else None
    for code in languages:
        words = document.get("translations", {}).get(code, {})
        then = before.get("translations", {}).get(code, {})
        place = f"translations.{code}.guidance"
        yield from _wording(place, code, texts, words, earlier, then)


def _translations(
    where: str, criterion: dict[str, Any], before: dict[str, Any] | None, languages: list[str]
) -> Iterator[Finding]:
    texts = _texts(criterion)
    earlier = _texts(before) if before else None
    for code in languages:
        words = _worded(criterion, code)
        then = _worded(before, code) if before else {}
        place = f"{where}.translations.{code}.prompt"
        yield from _wording(place, code, texts, words, earlier, then)


def _wording(
    where: str,
    code: str,
    texts: Mapping[str, str],
    words: Mapping[str, str],
    earlier: Mapping[str, str] | None,
    then: Mapping[str, str],
) -> Iterator[Finding]:
    """One finding for what has no wording, one for what was reworded in the original alone."""
    missing = [name for name, text in texts.items() if text.strip() and not words.get(name)]
    if missing:
        said = {"language": code, "count": str(len(missing))}
        yield Finding(Rule.TRANSLATION_MISSING, where, said)
    stale = [
        name
        for name, text in texts.items()
        if earlier is not None
        and earlier.get(name, text) != text
        and words.get(name)
        and words.get(name) == then.get(name)
    ]
    if stale:
        said = {"language": code, "count": str(len(stale))}
        yield Finding(Rule.TRANSLATION_STALE, where, said)


def _texts(criterion: dict[str, Any]) -> dict[str, str]:
    """Everything of a criterion that people read, by its place below the criterion."""
    texts = {"prompt": criterion["prompt"], "help": criterion.get("help", "")}
    for option in _rows(criterion):
        for name in ("label", *TEXTS):
            texts[f"{option['key']}.{name}"] = option.get(name, "")
    return texts


def _rows(criterion: dict[str, Any]) -> list[dict[str, Any]]:
    tree = criterion.get("taxonomy")
    nodes: list[dict[str, Any]] = tree.get("nodes", []) if isinstance(tree, dict) else []
    return criterion.get("options", []) or nodes


def _worded(criterion: dict[str, Any], code: str) -> dict[str, str]:
    words = criterion.get("translations", {}).get(code, {})
    said = {name: words.get(name, "") for name in ("prompt", "help")}
    for key, option in words.get("options", {}).items():
        said |= {f"{key}.{name}": text for name, text in option.items()}
    return said
