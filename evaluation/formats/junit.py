"""A verdict as JUnit XML, which every CI system can show: one test case for each finding."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

#: What XML 1.0 cannot hold, not even escaped.
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
INCONCLUSIVE = ("error", "skip")


@dataclass(frozen=True, slots=True)
class Case:
    """One finding: its name, its outcome (pass, fail, inconclusive, invalid) and why."""

    name: str
    outcome: str
    message: str


@dataclass(frozen=True, slots=True)
class Suite:
    """A verdict: the gate, the set it was asked on, what it is bound to, and its findings."""

    gate: str
    set_version: str
    decided_at: datetime
    properties: Mapping[str, str]
    cases: Sequence[Case]


def write_junit(suite: Suite, *, inconclusive: str = "error") -> bytes:
    """The XML; JUnit has no word for inconclusive, which is an error unless told "skip".

    Skipped cases leave most CI systems green, so the choice is written down as a property.
    """
    elements = [_case(suite, case, inconclusive) for case in suite.cases]
    counts = {"tests": str(len(elements))} | {
        f"{tag}s" if tag != "skipped" else tag: str(sum(e.find(tag) is not None for e in elements))
        for tag in ("failure", "error", "skipped")
    }
    root = ET.Element("testsuites", {"name": _clean(f"gate {suite.gate}"), **counts})
    at = suite.decided_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    of_set = {"name": _clean(suite.set_version), **counts, "timestamp": at}
    child = ET.SubElement(root, "testsuite", of_set)
    said = {**suite.properties, "inconclusive": inconclusive}
    properties = ET.SubElement(child, "properties")
    for name, value in said.items():
        ET.SubElement(properties, "property", {"name": name, "value": _clean(value)})
    child.extend(elements)
    ET.indent(root)
    xml: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return xml + b"\n"


def _case(suite: Suite, case: Case, inconclusive: str) -> ET.Element:
    about = {"classname": _clean(f"gate.{suite.set_version}"), "name": _clean(case.name)}
    element = ET.Element("testcase", about)
    if case.outcome == "pass":
        return element
    said = {"type": case.outcome, "message": _clean(case.message)}
    if case.outcome == "fail":
        ET.SubElement(element, "failure", said)
    elif case.outcome == "inconclusive" and inconclusive == "skip":
        ET.SubElement(element, "skipped", {"message": said["message"]})
    else:
        ET.SubElement(element, "error", said)
    return element


def _clean(text: str) -> str:
    return NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
