"""What of an item an annotator gets to see, and in which order the options stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

SHOWN, MASKED = "shown", "masked"
EMAIL = re.compile(r"[^\s@<>()\[\],;:\"]+@[^\s@<>()\[\],;:\"]+\.[^\s@<>()\[\],;:\"]+")
DIGIT = re.compile(r"\d")
MASK = "•"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one content field is to be shown: its name, its label, and shown, masked or hidden."""

    name: str
    label: str
    visibility: str


@dataclass(frozen=True, slots=True)
class ShownField:
    """A content field as an annotator sees it."""

    name: str
    label: str
    text: str
    masked: bool = False


def visible_fields(content: Mapping[str, Any], rules: Iterable[FieldRule]) -> list[ShownField]:
    """The fields that the rules let through, in the order of the rules; the rest is hidden.

    >>> rules = [FieldRule("text", "Message", "masked"), FieldRule("notes", "", "hidden")]
    >>> visible_fields({"text": "Call 0123", "notes": "VIP"}, rules)
    [ShownField(name='text', label='Message', text='Call ••••', masked=True)]
    """
    fields = []
    for rule in rules:
        text = str(content.get(rule.name, ""))
        if not text or rule.visibility not in {SHOWN, MASKED}:
            continue
        masked = rule.visibility == MASKED
        label = rule.label or rule.name.replace("_", " ").capitalize()
        fields.append(ShownField(rule.name, label, mask(text) if masked else text, masked))
    return fields


def mask(text: str) -> str:
    """The text without what points to a person: e-mail addresses and digits.

    >>> mask("Write to jo.doe@example.org about 4711")
    'Write to ••• about ••••'
    """
    return DIGIT.sub(MASK, EMAIL.sub(MASK * 3, text))


def visible_attributes(
    attributes: Mapping[str, Any], blinding: Mapping[str, Any]
) -> dict[str, str]:
    """The attributes that a queue's blinding names; none unless it names them."""
    named = blinding.get("show", {}).get("attributes", [])
    return {name: str(attributes[name]) for name in named if attributes.get(name)}


def option_order(keys: Iterable[str], criterion: str, token: object) -> list[str]:
    """The keys in an order that the lease's token decides: the same on a reload and at submit.

    >>> sorted(option_order(["a", "b"], "topic", "token")), option_order(["a"], "topic", "token")
    (['a', 'b'], ['a'])
    """
    return sorted(keys, key=lambda key: sha256(f"{token}/{criterion}/{key}".encode()).digest())
