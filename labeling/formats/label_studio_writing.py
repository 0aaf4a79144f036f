"""A rubric as the labeling configuration of Label Studio, and what of it has no place there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from xml.etree import ElementTree as ET

Criterion = Mapping[str, Any]

#: Everything that XML 1.0 cannot hold, not even written as a number.
UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: What stands for the item there, by the subject of a question: the name and the field of the data.
SHOWN = {
    "input": (("input", "$text"),),
    "output": (("output", "$output"),),
    "pair": (("output_a", "$output_a"), ("output_b", "$output_b")),
}


class Lost(StrEnum):
    """What a configuration there cannot say."""

    GUIDANCE = "guidance"
    NOTES = "notes"
    TRANSLATIONS = "translations"
    HELP = "help"
    CANNOT_TELL = "cannot_tell"
    NONE_OF_THESE = "none_of_these"
    EXAMPLES = "examples"
    SCALE = "scale"
    ANCHORS = "anchors"
    HOW_MANY = "how_many"
    UNIT = "unit"
    STRENGTH = "strength"
    TIES = "ties"
    OVERLAP = "overlap"
    SYNONYMS = "synonyms"
    CONDITION = "condition"
    MARKS = "marks"
    DISTANCE = "distance"


@dataclass(frozen=True)
class LeftOut:
    """Something that is not in the configuration; `criterion` is empty for the rubric itself."""

    criterion: str
    lost: Lost


def to_config(document: Mapping[str, Any]) -> str:
    """The configuration, with keys as aliases so that results can be brought back.

    >>> asked = {"key": "ok", "kind": "yes_no", "prompt": "Is it polite?"}
    >>> print(to_config({"criteria": [asked]}))
    <View>
      <Text name="input" value="$text" />
      <Header value="Is it polite?" />
      <Choices name="ok" toName="input" required="true" choice="single-radio">
        <Choice value="Yes" alias="yes" />
        <Choice value="No" alias="no" />
      </Choices>
    </View>
    <BLANKLINE>
    """
    root = ET.Element("View")
    for name, value in _shown(document["criteria"]):
        ET.SubElement(root, "Text", {"name": name, "value": value})
    if any(row["kind"] == "ranking" for row in document["criteria"]):
        ET.SubElement(root, "List", {"name": "outputs", "value": "$outputs"})
    by_key = {row["key"]: row for row in document["criteria"]}
    for row in document["criteria"]:
        ET.SubElement(root, "Header", {"value": _clean(row["prompt"])})
        control = WRITERS[row["kind"]](root, row)
        for name, value in (_condition(row, by_key) or {}).items():
            control.set(name, value)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def left_out(document: Mapping[str, Any]) -> list[LeftOut]:
    """What the configuration does not say, in the order of the rubric."""
    found = [LeftOut("", Lost.GUIDANCE)] if document.get("guidance", "").strip() else []
    if document.get("notes"):
        found.append(LeftOut("", Lost.NOTES))
    if any(row.get("translations") for row in [document, *document["criteria"]]):
        found.append(LeftOut("", Lost.TRANSLATIONS))
    by_key = {row["key"]: row for row in document["criteria"]}
    for row in document["criteria"]:
        found += [LeftOut(row["key"], lost) for lost, is_lost in LOSSES if is_lost(row)]
        if row.get("when") and _condition(row, by_key) is None:
            found.append(LeftOut(row["key"], Lost.CONDITION))
    return found


def _shown(criteria: list[Criterion]) -> list[tuple[str, str]]:
    """What there is to look at, each once."""
    found: dict[str, str] = {}
    for row in criteria:
        if row["kind"] == "spans" and (field := row.get("terms", {}).get("field")):
            found[_text_name(field)] = f"${field}"
        elif row["kind"] != "ranking":
            found |= dict(SHOWN[_subject(row)])
    return list(found.items())


def _subject(row: Criterion) -> str:
    return "pair" if row["kind"] == "preference" else row.get("subject", "input")


def _text_name(field: str) -> str:
    return f"text_{field}"


def _control(root: ET.Element, tag: str, row: Criterion, **attributes: str) -> ET.Element:
    names = ",".join(name for name, _value in SHOWN[_subject(row)])
    said = {"name": row["key"], "toName": names}
    if row.get("required", True):
        said["required"] = "true"
    return ET.SubElement(root, tag, {**said, **attributes})


def _choices(root: ET.Element, row: Criterion) -> ET.Element:
    choice = "multiple" if row["kind"] == "several_choices" else "single-radio"
    control = _control(root, "Choices", row, choice=choice)
    for option in _options(row):
        _choice(control, "Choice", option)
    return control


def _scale(root: ET.Element, row: Criterion) -> ET.Element:
    """Stars where the steps are nothing but numbers from one on; else labels in their order."""
    if not _is_counted(row):
        return _choices(root, row)
    return _control(root, "Rating", row, maxRating=str(len(row["options"])))


def _taxonomy(root: ET.Element, row: Criterion) -> ET.Element:
    control = _control(root, "Taxonomy", row, maxUsages="1")
    tags: dict[str | None, ET.Element] = {None: control}
    nodes = list((row.get("taxonomy") or {}).get("nodes", []))
    while nodes:
        ready = [node for node in nodes if node.get("parent") in tags]
        for node in ready:
            tags[node["key"]] = _choice(tags[node.get("parent")], "Choice", node)
        nodes = [node for node in nodes if node["key"] not in tags] if ready else []
    return control


def _number(root: ET.Element, row: Criterion) -> ET.Element:
    terms = row.get("terms", {})
    said = {"min": terms.get("lowest"), "max": terms.get("highest")}
    attributes = {name: f"{value}" for name, value in said.items() if value is not None}
    if decimals := terms.get("decimals", 0):
        attributes["step"] = "0." + "0" * (decimals - 1) + "1"
    return _control(root, "Number", row, **attributes)


def _text(root: ET.Element, row: Criterion) -> ET.Element:
    return _control(root, "TextArea", row, maxSubmissions="1", editable="true")


def _correction(root: ET.Element, row: Criterion) -> ET.Element:
    control = _text(root, row)
    control.set("value", f"${row.get('terms', {}).get('field') or 'output'}")
    return control


def _labels(root: ET.Element, row: Criterion) -> ET.Element:
    control = _control(root, "Labels", row, choice="single")
    if field := row.get("terms", {}).get("field"):
        control.set("toName", _text_name(field))
    for option in _options(row):
        _choice(control, "Label", option)
    return control


def _pairwise(root: ET.Element, row: Criterion) -> ET.Element:
    return _control(root, "Pairwise", row)


def _ranker(root: ET.Element, row: Criterion) -> ET.Element:
    control = _control(root, "Ranker", row)
    control.set("toName", "outputs")
    return control


WRITERS: dict[str, Callable[[ET.Element, Criterion], ET.Element]] = {
    "single_choice": _choices,
    "several_choices": _choices,
    "yes_no": _choices,
    "ordinal": _scale,
    "taxonomy": _taxonomy,
    "number": _number,
    "preference": _pairwise,
    "ranking": _ranker,
    "spans": _labels,
    "corrected_output": _correction,
    "free_text": _text,
}


def _options(row: Criterion) -> list[Mapping[str, Any]]:
    if row["kind"] == "yes_no":
        return [{"key": "yes", "label": "Yes"}, {"key": "no", "label": "No"}]
    return list(row.get("options", []))


def _choice(parent: ET.Element, tag: str, option: Mapping[str, Any]) -> ET.Element:
    said = {"value": _clean(option["label"]), "alias": option["key"]}
    if option.get("description"):
        said["hint"] = _clean(option["description"])
    return ET.SubElement(parent, tag, said)


def _condition(row: Criterion, by_key: Mapping[str, Criterion]) -> dict[str, str] | None:
    """The attributes for when it is shown; None where what it depends on has no such words."""
    when = row.get("when")
    if not when:
        return {}
    above = by_key.get(when["criterion"])
    if above is None or above["kind"] not in ("single_choice", "several_choices", "yes_no"):
        return None
    labels = {option["key"]: _clean(option["label"]) for option in _options(above)}
    named = [labels.get(key, "") for key in when["answers"]]
    if not all(named) or any("," in label for label in named):
        return None
    return {
        "visibleWhen": "choice-selected",
        "whenTagName": above["key"],
        "whenChoiceValue": ",".join(named),
    }


def _clean(text: str) -> str:
    return UNWRITABLE.sub("", text)


def _is_counted(row: Criterion) -> bool:
    steps = [str(step) for step in range(1, len(row["options"]) + 1)]
    return len(steps) > 1 and [option["key"] for option in row["options"]] == steps


def _says(*names: str) -> Callable[[Criterion], bool]:
    """Whether any option says one of these."""
    return lambda row: any(option.get(name) for option in row.get("options", []) for name in names)


def _is_anchored(row: Criterion) -> bool:
    if row["kind"] != "ordinal" or not _is_counted(row):
        return False
    return any(
        option["label"] != option["key"] or option.get("description") for option in row["options"]
    )


def _node_says(row: Criterion) -> bool:
    nodes = (row.get("taxonomy") or {}).get("nodes", [])
    return any(node.get("synonyms") for node in nodes)


def _has_more_than_sides(row: Criterion) -> bool:
    terms, names = row.get("terms", {}), ("strength", "tie", "both_bad")
    return row["kind"] == "preference" and any(terms.get(name, True) for name in names)


LOSSES: tuple[tuple[Lost, Callable[[Criterion], bool]], ...] = (
    (Lost.HELP, lambda row: bool(row.get("help", "").strip())),
    (Lost.CANNOT_TELL, lambda row: row.get("cannot_tell", True)),
    (Lost.NONE_OF_THESE, lambda row: bool(row.get("propose"))),
    (Lost.EXAMPLES, _says("examples", "counterexamples", "use_when", "avoid_when")),
    (Lost.SCALE, lambda row: row["kind"] == "ordinal" and not _is_counted(row)),
    (Lost.ANCHORS, _is_anchored),
    (
        Lost.HOW_MANY,
        lambda row: (
            row["kind"] in ("several_choices", "spans", "ranking")
            and bool(row.get("terms", {}).keys() & {"least", "most", "outputs"})
        ),
    ),
    (Lost.UNIT, lambda row: bool(row.get("terms", {}).get("unit"))),
    (Lost.STRENGTH, _has_more_than_sides),
    (Lost.TIES, lambda row: bool(row.get("terms", {}).get("ties"))),
    (
        Lost.OVERLAP,
        lambda row: row["kind"] == "spans" and not row.get("terms", {}).get("overlapping"),
    ),
    (Lost.SYNONYMS, _node_says),
    (Lost.MARKS, lambda row: bool(row.get("critical")) or not row.get("counts", True)),
    (Lost.DISTANCE, lambda row: bool(row.get("distance"))),
)
