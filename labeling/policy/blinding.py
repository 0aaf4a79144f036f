"""What of an item an annotator gets to see, and in which order the options stand."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from string import ascii_uppercase
from typing import Any

SHOWN, MASKED = "shown", "masked"
OUTPUT = "output"
EMAIL = re.compile(r"[^\s@<>()\[\],;:\"]+@[^\s@<>()\[\],;:\"]+\.[^\s@<>()\[\],;:\"]+")
DIGIT = re.compile(r"\d")
MASK = "•"
#: Kinds whose options have no order of their own, so that a queue may shuffle them.
SHUFFLED = frozenset({"single_choice", "several_choices"})


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one content field is to be shown: its name and label, whether, and as what."""

    name: str
    label: str
    visibility: str
    rendering: str = "text"


@dataclass(frozen=True, slots=True)
class ShownField:
    """A content field, or an output of a model, as an annotator sees it."""

    name: str
    label: str
    text: str
    masked: bool = False
    rendering: str = "text"


def visible_fields(
    content: Mapping[str, Any], rules: Iterable[FieldRule], *, in_place: bool = False
) -> list[ShownField]:
    """The fields that the rules let through, in the order of the rules; the rest is hidden.

    in_place: what is masked keeps its length, so that places in the text are those of the stored.

    >>> rules = [FieldRule("text", "Message", "masked"), FieldRule("notes", "", "hidden")]
    >>> visible_fields({"text": "Call 0123", "notes": "VIP"}, rules)
    [ShownField(name='text', label='Message', text='Call ••••', masked=True, rendering='text')]
    """
    fields = []
    for rule in rules:
        text = str(content.get(rule.name, ""))
        if not text or rule.visibility not in {SHOWN, MASKED}:
            continue
        masked = rule.visibility == MASKED
        label = rule.label or rule.name.replace("_", " ").capitalize()
        text = mask(text, in_place=in_place) if masked else text
        fields.append(ShownField(rule.name, label, text, masked, rule.rendering))
    return fields


def fields_beside(
    outputs: Iterable[str],
    content: Mapping[str, Any],
    rules: Iterable[FieldRule],
    blinding: Mapping[str, Any],
) -> list[FieldRule]:
    """The rules of fields that may stand beside outputs: not of one that repeats an output.

    What came in with the item is often what one of the versions answered: seeing it a second time
    would tell which of the outputs is in use. What a queue's blinding hides is left out as well.

    >>> rules = [FieldRule("text", "", "shown"), FieldRule("reply", "", "shown")]
    >>> content = {"text": "Open?", "reply": "Yes "}
    >>> [rule.name for rule in fields_beside(["Yes"], content, rules, {})]
    ['text']
    >>> [rule.name for rule in fields_beside([], content, rules, {"hide": {"content": ["text"]}})]
    ['reply']
    """
    hidden = hidden_fields(blinding)
    rules = [rule for rule in rules if rule.name not in hidden]
    given = {text.strip() for text in outputs}
    if not given:
        return rules
    return [
        rule
        for rule in rules
        if rule.name != OUTPUT and str(content.get(rule.name, "")).strip() not in given
    ]


def hidden_fields(blinding: Mapping[str, Any]) -> list[str]:
    """The content fields that a queue hides, though its project shows them."""
    return list(blinding.get("hide", {}).get("content", []))


def visible_outputs(
    outputs: Iterable[str], rules: Iterable[FieldRule], *, in_place: bool = False
) -> list[ShownField]:
    """What models answered, in the order given, under letters that tell nothing of them.

    A project's content field named "output" says how they are rendered and whether masked.

    >>> [(shown.label, shown.text) for shown in visible_outputs(["Yes", "No"], [])]
    [('A', 'Yes'), ('B', 'No')]
    """
    rule = next((rule for rule in rules if rule.name == OUTPUT), FieldRule(OUTPUT, "", SHOWN))
    masked = rule.visibility == MASKED
    texts = [mask(text, in_place=in_place) if masked else text for text in outputs]
    return [
        ShownField(letter.lower(), letter, text, masked, rule.rendering)
        for letter, text in zip(ascii_uppercase, texts, strict=False)
    ]


def mask(text: str, *, in_place: bool = False) -> str:
    """The text without what points to a person: e-mail addresses and digits.

    >>> mask("Write to jo.doe@example.org about 4711")
    'Write to ••• about ••••'
    >>> mask("jo@example.org", in_place=True)
    '••••••••••••••'
    """

    def hidden(found: re.Match[str]) -> str:
        return MASK * (len(found[0]) if in_place else 3)

    return DIGIT.sub(MASK, EMAIL.sub(hidden, text))


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


def side_order(outputs: int, secret: bytes, *, task: object, person: object) -> list[int]:
    """Which output stands in which place: drawn for each task and person, fixed ever after.

    Nobody who does not know the secret can tell it from a draw; whoever looks again, in another
    tab or after another lease, sees the same.

    >>> sorted(side_order(3, b"secret", task=1, person=2))
    [0, 1, 2]
    """

    def drawn(number: int) -> bytes:
        return hmac.digest(secret, f"{task}/{person}/{number}".encode(), "sha256")

    return sorted(range(outputs), key=drawn)
