"""A rubric from the labeling configuration of Label Studio, as far as both know what it asks.

Controls become criteria: Choices, Taxonomy, Rating, Number, TextArea, Labels, Pairwise and Ranker.
What only lays a page out is passed over; a control that has no counterpart here is refused with its
line. `alias` becomes the key of an option, so that results name the same labels on both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from labeling.formats.plain_xml import Tag, XmlError, read
from labeling.formats.rubric_files import RubricFileError
from labeling.policy.rubric_parts import KEY, OPTIONS_LIMIT
from labeling.policy.rubrics import NODES_LIMIT, free_key
from labeling.policy.values import decimals_of, number_in

#: Tags that lay the page out or show the item; whatever else has a `toName` asks for something.
CONTROLS = ("choices", "taxonomy", "rating", "number", "textarea", "labels", "pairwise", "ranker")
PASSED_OVER = frozenset({"shortcut", "relations", "relation", "filter"})
CONDITION = ("visiblewhen", "whentagname", "whenchoicevalue")
#: What our own configurations call the item, whose field need not be said.
USUAL = ("input", "output")
RATINGS = 50
#: Names of what is shown that stand for an output of a model rather than for its input.
OUTPUTS = ("output", "answer", "response", "completion", "prediction")

Criterion = dict[str, Any]


@dataclass
class _Config:
    """What is known while the tags are read in their order."""

    shown: dict[str, str] = field(default_factory=dict)
    headers: list[str] = field(default_factory=list)
    criteria: list[Criterion] = field(default_factory=list)


def from_config(text: str, name: str) -> dict[str, Any]:
    """A rubric document; RubricFileError names the tag and the line that stand in the way."""
    try:
        root = read(text)
    except XmlError as error:
        raise RubricFileError(str(error)) from error
    if root.name != "view":
        raise RubricFileError(f"Line {root.line}: a configuration begins with <View>.")
    _hand_down(root, {})
    config = _Config({tag.get("name"): tag.get("value") for tag in _all(root) if _shows(tag)})
    for tag in _all(root):
        _take(config, tag)
    if not config.criteria:
        raise RubricFileError("There is nothing in this configuration that people could answer.")
    return {"name": name, "guidance": "", "criteria": _conditioned(root, config.criteria)}


def _all(tag: Tag) -> Iterator[Tag]:
    """Every tag in the order of the file, without what belongs to a control."""
    yield tag
    for below in tag.tags if tag.name not in CONTROLS else ():
        yield from _all(below)


def _hand_down(tag: Tag, condition: dict[str, str]) -> None:
    """Let what stands in a part that is shown under a condition have that condition."""
    if tag.get("visiblewhen"):
        condition = {name: tag.get(name) for name in CONDITION}
    elif tag.name in CONTROLS:
        tag.attributes |= condition
    for below in tag.tags if tag.name not in CONTROLS else ():
        _hand_down(below, condition)


def _shows(tag: Tag) -> bool:
    return bool(tag.get("name")) and not tag.get("toname")


def _take(config: _Config, tag: Tag) -> None:
    if tag.name == "header":
        config.headers.append(tag.get("value") or " ".join(tag.text.split()))
        return
    if tag.name not in CONTROLS:
        if tag.get("toname") and tag.name not in PASSED_OVER:
            raise _refused(tag, "has no counterpart here")
        return
    if tag.get("perregion").lower() == "true":
        raise _refused(tag, "asks about each region, which is not possible here")
    config.criteria.append(_criterion(config, tag))
    config.headers.clear()


def _criterion(config: _Config, tag: Tag) -> Criterion:
    name = tag.get("name")
    if not name:
        raise _refused(tag, "has no name")
    taken = [row["key"] for row in config.criteria]
    if name in taken:
        raise _refused(tag, f"has the name {name[:60]!r} of another one")
    criterion = {
        "key": name if KEY.match(name) else free_key(name, taken),
        "kind": "",
        "subject": _subject(config, tag),
        "prompt": config.headers[-1] if config.headers else name,
        "help": "",
        "required": tag.get("required").lower() == "true",
        "cannot_tell": False,
    }
    return criterion | KINDS[tag.name](config, tag)


def _subject(config: _Config, tag: Tag) -> str:
    names = [name.strip() for name in tag.get("toname").split(",") if name.strip()]
    if len(names) > 1 or tag.name == "ranker":
        return "pair"
    said = " ".join([*names, *(config.shown.get(name, "") for name in names)]).lower()
    return "output" if any(word in said for word in OUTPUTS) else "input"


def _choices(_config: _Config, tag: Tag) -> Criterion:
    choices = _choice_tags(tag, "choice")
    several = tag.get("choice") == "multiple"
    if any(below.name == "choice" for choice in choices for below in choice.tags):
        if several:
            raise _refused(tag, "lets several labels of a tree be chosen, which is not possible")
        return _taxonomy(_config, tag)
    options = _options(choices)
    if not several and [option["key"] for option in options] == ["yes", "no"]:
        return {"kind": "yes_no"}
    return {"kind": "several_choices" if several else "single_choice", "options": options}


def _taxonomy(_config: _Config, tag: Tag) -> Criterion:
    if tag.get("apiurl"):
        raise _refused(tag, "reads its labels from an address; write them out")
    nodes: list[dict[str, Any]] = []
    taken: list[str] = []
    waiting = [(choice, None) for choice in reversed(_choice_tags(tag, "choice"))]
    while waiting:
        choice, parent = waiting.pop()
        if len(nodes) >= NODES_LIMIT:
            raise _refused(tag, f"has more than {NODES_LIMIT:,} labels")
        key = _key(choice, taken)
        nodes.append({"key": key, "parent": parent, "label": _label(choice)})
        below = [(row, key) for row in choice.tags if row.name == "choice"]
        waiting += reversed(below)  # type: ignore[arg-type]
    return {"kind": "taxonomy", "taxonomy": {"name": tag.get("name"), "nodes": nodes}}


def _rating(_config: _Config, tag: Tag) -> Criterion:
    most = tag.get("maxrating") or "5"
    if not (most.isascii() and most.isdecimal() and 2 <= int(most[:4]) <= RATINGS):
        raise _refused(tag, f"needs a maxRating from 2 to {RATINGS}")
    steps = [str(step) for step in range(1, int(most) + 1)]
    return {"kind": "ordinal", "options": [{"key": step, "label": step} for step in steps]}


def _number(_config: _Config, tag: Tag) -> Criterion:
    terms: dict[str, Any] = {}
    for attribute, name in (("min", "lowest"), ("max", "highest")):
        if tag.get(attribute):
            terms[name] = _plain(_amount(tag, attribute))
    if decimals := decimals_of(_amount(tag, "step")) if tag.get("step") else 0:
        terms["decimals"] = decimals
    return {"kind": "number"} | ({"terms": terms} if terms else {})


def _text(_config: _Config, tag: Tag) -> Criterion:
    """A text that begins with what was shown is a correction of it."""
    value = tag.get("value")
    if not value.startswith("$"):
        return {"kind": "free_text"}
    return {"kind": "corrected_output"} | _field(value, value[1:])


def _labels(config: _Config, tag: Tag) -> Criterion:
    shown = tag.get("toname")
    terms = _field(config.shown.get(shown, ""), shown).get("terms", {})
    options = _options(_choice_tags(tag, "label"))
    return {"kind": "spans", "options": options, "terms": {**terms, "overlapping": True}}


def _field(value: str, name: str) -> Criterion:
    """The content field that a control is about, unless it is the usual one."""
    return {"terms": {"field": value[1:]}} if value.startswith("$") and name not in USUAL else {}


def _pairwise(_config: _Config, _tag: Tag) -> Criterion:
    return {"kind": "preference", "terms": {"strength": False, "tie": False, "both_bad": False}}


def _ranker(_config: _Config, tag: Tag) -> Criterion:
    if tag.tags:
        raise _refused(tag, "sorts into buckets, which is not possible here")
    return {"kind": "ranking"}


KINDS: dict[str, Callable[[_Config, Tag], Criterion]] = {
    "choices": _choices,
    "taxonomy": _taxonomy,
    "rating": _rating,
    "number": _number,
    "textarea": _text,
    "labels": _labels,
    "pairwise": _pairwise,
    "ranker": _ranker,
}


def _choice_tags(tag: Tag, name: str) -> list[Tag]:
    if tag.get("value").startswith("$"):
        raise _refused(tag, "takes its labels from the data; write them out")
    found = [below for below in tag.tags if below.name == name]
    if not found:
        raise _refused(tag, f"has no <{name.capitalize()}>")
    if len(found) > OPTIONS_LIMIT and tag.name != "taxonomy":
        raise _refused(tag, f"has more than {OPTIONS_LIMIT} labels")
    return found


def _options(tags: list[Tag]) -> list[dict[str, Any]]:
    options, taken = [], list[str]()
    for tag in tags:
        key = _key(tag, taken)
        hint = {"description": tag.get("hint")} if tag.get("hint") else {}
        options.append({"key": key, "label": _label(tag), **hint})
    return options


def _key(tag: Tag, taken: list[str]) -> str:
    """The alias where it can be a key and is free; else one made from the label."""
    wanted = tag.get("alias") or _label(tag)
    key = wanted if KEY.match(wanted) and wanted not in taken else free_key(wanted, taken)
    taken.append(key)
    return key


def _label(tag: Tag) -> str:
    label = tag.get("value") or " ".join(tag.text.split())
    if not label:
        raise _refused(tag, "has no value")
    return label


def _amount(tag: Tag, attribute: str) -> Decimal:
    number = number_in(tag.get(attribute))
    if number is None:
        raise _refused(tag, f"needs a number as its {attribute}")
    return number


def _plain(number: Decimal) -> int | float:
    return int(number) if number == int(number) else float(number)


def _conditioned(root: Tag, criteria: list[Criterion]) -> list[Criterion]:
    """The criteria with the earlier answers under which they are asked."""
    controls = [tag for tag in _all(root) if tag.name in CONTROLS]
    asked = {tag.get("name"): criterion for tag, criterion in zip(controls, criteria, strict=True)}
    for tag, criterion in zip(controls, criteria, strict=True):
        if tag.get("visiblewhen") == "choice-selected":
            criterion["when"] = _when(tag, asked.get(tag.get("whentagname")))
        elif tag.get("visiblewhen"):
            raise _refused(tag, "is shown under a condition that is not possible here")
    return criteria


def _when(tag: Tag, above: Criterion | None) -> dict[str, Any]:
    if above is None:
        raise _refused(tag, "is shown after a question that is not there")
    options = above.get("options") or [{"key": key, "label": key} for key in ("yes", "no")]
    wanted = [word.strip() for word in tag.get("whenchoicevalue").split(",") if word.strip()]
    known = {option["key"]: option["key"] for option in options}
    known |= {option["label"].strip(): option["key"] for option in options}
    keys = [known.get(word) or known.get(word.lower(), "") for word in wanted]
    keys = keys if wanted else [option["key"] for option in options]
    if not all(keys):
        raise _refused(tag, "is shown after an answer that is not there")
    return {"criterion": above["key"], "answers": keys}


def _refused(tag: Tag, why: str) -> RubricFileError:
    name = tag.get("name")
    which = f"<{tag.written}>" + (f" {name[:60]!r}" if name else "")
    return RubricFileError(f"Line {tag.line}: {which} {why}.")
