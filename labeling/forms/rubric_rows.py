"""A rubric as the rows of its form: read from what was typed, or from a document, and back.

Every value is named like its place in the document, `criteria.2.options.0.label`, so that what is
wrong with a document can be shown beside the field that says it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from labeling.forms import rubric_marks, rubric_terms
from labeling.policy.rubric_options import EXAMPLES
from labeling.policy.rubric_options import TEXTS as OPTION_TEXTS
from labeling.policy.rubric_parts import KINDS_WITH_OPTIONS
from labeling.policy.rubrics import LANGUAGE, free_key

TEXTS = {
    "top": ("name", "guidance", "languages"),
    "criterion": (
        "key",
        "kind",
        "subject",
        "prompt",
        "help",
        "taxonomy",
        *rubric_terms.TEXTS,
        "distance",
    ),
    "option": ("key", "label", *OPTION_TEXTS, *EXAMPLES, "replaces"),
}
TICKS = {
    "top": (),
    "criterion": (
        "required",
        "cannot_tell",
        *rubric_terms.TICKS,
        *rubric_terms.MARKS,
        *rubric_marks.TICKS,
    ),
    "option": (),
}
#: What of a row is worded in each language; `labels` are those of a taxonomy, one a line.
WORDED = {
    "top": ("guidance",),
    "criterion": ("prompt", "help", "labels"),
    "option": ("label", *OPTION_TEXTS),
}
INDEX = re.compile(r"^criteria\.(\d{1,4})\.(?:options\.(\d{1,4})\.)?")


@dataclass
class Row:
    """The values of one part of the form, and the rows below it."""

    kind: str
    values: dict[str, Any] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)


def languages_of(text: str) -> list[str]:
    """The language codes in a text, each once; what is none is left out.

    >>> languages_of("de, es de")
    ['de', 'es']
    """
    return [code for code in dict.fromkeys(re.split(r"[\s,;]+", text)) if LANGUAGE.match(code)]


def empty_criterion() -> Row:
    """A question about nothing yet, with room for two options."""
    ticked = ("required", "cannot_tell", *rubric_terms.TICKS)
    values = {"kind": "single_choice", "subject": "input"} | dict.fromkeys(ticked, True)
    return Row("criterion", values, [Row("option"), Row("option")])


def typed_rows(typed: Mapping[str, str]) -> Row:
    """The rows of a form that was sent; numbers that were left out close up."""
    languages = languages_of(typed.get("languages", ""))
    places: dict[int, set[int]] = {}
    for name in typed:
        if found := INDEX.match(name):
            options = places.setdefault(int(found[1]), set())
            if found[2]:
                options.add(int(found[2]))
    top = _typed(typed, "top", "", languages)
    for number in sorted(places):
        prefix = f"criteria.{number}."
        criterion = _typed(typed, "criterion", prefix, languages)
        criterion.rows = [
            _typed(typed, "option", f"{prefix}options.{option}.", languages)
            for option in sorted(places[number])
        ]
        top.rows.append(criterion)
    return top


def document_rows(document: Mapping[str, Any]) -> Row:
    """The rows that spell out a document whose taxonomies are named by their uids."""
    criteria = document.get("criteria", [])
    languages = {*document.get("translations", {})}
    for criterion in criteria:
        languages |= {*criterion.get("translations", {})}
    values = {"name": document["name"], "guidance": document.get("guidance", "")}
    values["languages"] = " ".join(sorted(languages))
    for code, words in document.get("translations", {}).items():
        values[f"translations.{code}.guidance"] = words.get("guidance", "")
    return Row("top", values, [_criterion_row(criterion) for criterion in criteria])


def without_blanks(top: Row) -> Row:
    """The rows without options that nobody filled in, so that places and rows agree."""
    for row in top.rows:
        row.rows = [option for option in row.rows if not _is_blank(option)]
    return top


def written(top: Row) -> dict[str, Any]:
    """The document that the rows spell out; keys that were left empty are made from the words."""
    languages = languages_of(top.values.get("languages", ""))
    document: dict[str, Any] = {
        "name": top.values.get("name", ""),
        "guidance": top.values.get("guidance", ""),
        "criteria": [],
    }
    if languages:  # one without a word stays in the draft, so that its fields stay open
        words = _words(top, languages, ("guidance",))
        document["translations"] = {code: words.get(code, {}) for code in languages}
    taken = [row.values.get("key", "") for row in top.rows]
    for row in top.rows:
        key = row.values.get("key") or free_key(row.values.get("prompt", ""), taken)
        taken.append(key)
        document["criteria"].append(_criterion(row, key, languages))
    return document


def _typed(typed: Mapping[str, str], kind: str, prefix: str, languages: list[str]) -> Row:
    values: dict[str, Any] = {}
    for name in TEXTS[kind]:
        values[name] = typed.get(prefix + name, "").replace("\r\n", "\n")
    for name in TICKS[kind]:
        values[name] = prefix + name in typed
    for code in languages:
        for name in WORDED[kind]:
            place = f"translations.{code}.{name}"
            values[place] = typed.get(prefix + place, "").replace("\r\n", "\n")
    return Row(kind, values)


def _criterion_row(criterion: Mapping[str, Any]) -> Row:
    values = {name: criterion.get(name) or "" for name in TEXTS["criterion"]}
    values |= {name: criterion.get(name, True) for name in TICKS["criterion"]}
    values |= rubric_terms.rows_of(criterion) | rubric_marks.rows_of(criterion)
    translations = criterion.get("translations", {})
    for code, words in translations.items():
        for name in ("prompt", "help"):
            values[f"translations.{code}.{name}"] = words.get(name, "")
        if criterion["kind"] == "taxonomy":
            values[f"translations.{code}.labels"] = _as_lines(words.get("options", {}))
    options = [_option_row(option, translations) for option in criterion.get("options", [])]
    return Row("criterion", values, options)


def _option_row(option: Mapping[str, Any], translations: Mapping[str, Any]) -> Row:
    values = {name: option.get(name, "") for name in ("key", "label", *OPTION_TEXTS)}
    values |= {name: "\n".join(option.get(name, [])) for name in EXAMPLES}
    values["replaces"] = " ".join(option.get("replaces", []))
    for code, words in translations.items():
        wording = words.get("options", {}).get(option["key"], {})
        for name in WORDED["option"]:
            values[f"translations.{code}.{name}"] = wording.get(name, "")
    return Row("option", values)


def _criterion(row: Row, key: str, languages: list[str]) -> dict[str, Any]:
    criterion = {name: row.values.get(name, "") for name in ("kind", "subject", "prompt", "help")}
    criterion |= {name: bool(row.values.get(name)) for name in ("required", "cannot_tell")}
    criterion = {"key": key, **criterion, **rubric_terms.written(criterion["kind"], row.values)}
    criterion |= rubric_marks.written(criterion["kind"], row.values)
    translations = _words(row, languages, ("prompt", "help"))
    if criterion["kind"] in KINDS_WITH_OPTIONS:
        keys = _option_keys(row, ordinal=criterion["kind"] == "ordinal")
        pairs = zip(row.rows, keys, strict=True)
        if options := [_option(option, key) for option, key in pairs if not _is_blank(option)]:
            criterion["options"] = options
        _add_options(translations, row, keys, languages)
    elif criterion["kind"] == "taxonomy" and row.values.get("taxonomy"):
        criterion["taxonomy"] = row.values["taxonomy"]
        _add_labels(translations, row, languages)
    if translations:
        criterion["translations"] = translations
    return criterion


def _option(row: Row, key: str) -> dict[str, Any]:
    option: dict[str, Any] = {
        "key": key,
        "label": row.values.get("label", ""),
        "description": row.values.get("description", ""),
        "examples": _lines(row.values.get("examples", "")),
    }
    replaces = re.split(r"[\s,;]+", row.values.get("replaces", "").strip())
    more = {
        "use_when": row.values.get("use_when", "").strip(),
        "avoid_when": row.values.get("avoid_when", "").strip(),
        "counterexamples": _lines(row.values.get("counterexamples", "")),
        "replaces": replaces if any(replaces) else [],
    }
    return option | {name: value for name, value in more.items() if value}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _option_keys(row: Row, *, ordinal: bool) -> list[str]:
    """The keys as given; on a scale an empty one is the place on it, else it is made of words."""
    taken = [option.values.get("key", "") for option in row.rows]
    keys = []
    for place, option in enumerate(row.rows, 1):
        wanted = str(place) if ordinal else option.values.get("label", "")
        keys.append(option.values.get("key") or free_key(wanted, taken))
        taken.append(keys[-1])
    return keys


def _is_blank(row: Row) -> bool:
    return not any(str(value).strip() for value in row.values.values())


def _words(row: Row, languages: Iterable[str], names: tuple[str, ...]) -> dict[str, Any]:
    """What is worded in each language; a language without a word is left out."""
    translations: dict[str, Any] = {}
    for code in languages:
        said = {name: row.values.get(f"translations.{code}.{name}", "") for name in names}
        if words := {name: text for name, text in said.items() if text.strip()}:
            translations[code] = words
    return translations


def _add_options(
    translations: dict[str, Any], row: Row, keys: list[str], languages: list[str]
) -> None:
    for option, key in zip(row.rows, keys, strict=True):
        if not _is_blank(option):
            for code, words in _words(option, languages, WORDED["option"]).items():
                translations.setdefault(code, {}).setdefault("options", {})[key] = words


def _add_labels(translations: dict[str, Any], row: Row, languages: list[str]) -> None:
    for code in languages:
        if labels := _from_lines(row.values.get(f"translations.{code}.labels", "")):
            translations.setdefault(code, {})["options"] = labels


def _as_lines(options: Mapping[str, Any]) -> str:
    """`key = wording | description`, one label a line."""
    lines = []
    for key, words in options.items():
        said = [words.get("label", ""), words.get("description", "").replace("\n", " ")]
        lines.append(f"{key} = " + " | ".join(said).rstrip(" |"))
    return "\n".join(lines)


def _from_lines(text: str) -> dict[str, dict[str, str]]:
    labels: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        key, _equals, words = line.partition("=")
        label, _bar, description = words.partition("|")
        said = {"label": label.strip(), "description": description.strip()}
        if key.strip() and any(said.values()):
            labels[key.strip()] = {name: word for name, word in said.items() if word}
    return labels
