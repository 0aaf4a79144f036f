"""The production model that the demo watches: its guess at the intent, and its reply."""

from __future__ import annotations

import random
from dataclasses import dataclass

from maintenance.demo.catalogue import OUT_OF_SCOPE, branch_of, intents, siblings, taxonomy
from maintenance.demo.messages import Message
from maintenance.demo.phrases import phrasebook

MODEL_VERSION = "intent-v1"
SKILL = {"en": 0.935, "de": 0.915, "es": 0.83}
#: Spanish as it is spoken by the customers of the new market that opened in week five.
SKILL_IN_NEW_MARKET = 0.72
NOVEL_GUESSES = ("product_defect", "product_details", "login_problem", "product_assembly")


@dataclass(frozen=True, slots=True)
class Guess:
    """The model's answer to a message, with the confidence it reports."""

    intent: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Reply:
    """The assistant's text, how good it really is (1 to 5), and whether it settles the matter."""

    text: str
    quality: int
    resolves: bool
    flaw: str = ""


def guess_intent(rng: random.Random, message: Message, language: str, *, new_market: bool) -> Guess:
    """Mostly right, surer when right, but sure of itself on a product it has never seen."""
    if rng.random() < _chance(message, language, new_market=new_market):
        return Guess(message.truth, _confidence(rng, 9.0, 1.6))
    intent = _mistaken(rng, message)
    return Guess(intent, _confidence(rng, 8.0, 1.9) if message.novel else _confidence(rng, 4, 3))


def reply_to(rng: random.Random, message: Message, language: str, intent: str) -> Reply:
    """The reply that belongs to the guessed intent, or now and then a useless one."""
    flaw = _flaw(rng, language)
    quality = 2 if flaw else _quality(rng, message, intent)
    resolves = not flaw and rng.random() < (0.02, 0.02, 0.06, 0.35, 0.82, 0.94)[quality]
    return Reply(_reply_text(rng, language, intent, flaw), quality, resolves, flaw)


def _chance(message: Message, language: str, *, new_market: bool) -> float:
    """How likely the model is to be right about this message."""
    if message.novel:
        return 0.1 if message.truth == OUT_OF_SCOPE else 0.65
    if message.also_plausible:
        return 0.55
    if message.truth == OUT_OF_SCOPE:
        return 0.75
    return SKILL_IN_NEW_MARKET if language == "es" and new_market else SKILL[language]


def _mistaken(rng: random.Random, message: Message) -> str:
    """A wrong intent, near the right one more often than not."""
    if message.also_plausible and rng.random() < 0.75:
        return message.also_plausible
    if message.novel:
        return rng.choice([intent for intent in NOVEL_GUESSES if intent != message.truth])
    draw = rng.random()
    if draw < 0.6:
        return rng.choice(taxonomy()[message.truth].confused_with)
    if draw < 0.85 and siblings(message.truth):
        return rng.choice(siblings(message.truth))
    return rng.choice([node.key for node in intents() if node.key != message.truth])


def _confidence(rng: random.Random, up: float, down: float) -> float:
    return round(min(max(rng.betavariate(up, down), 0.05), 0.999), 3)


def _flaw(rng: random.Random, language: str) -> str:
    draw = rng.random()
    if draw < 0.04:
        return "fallback"
    return "in_english" if language != "en" and draw < 0.08 else ""


def _quality(rng: random.Random, message: Message, intent: str) -> int:
    if intent == message.truth:
        return rng.choices((5, 4, 3), weights=(50, 42, 8))[0]
    if intent == message.also_plausible:
        return rng.choice((3, 4, 2))
    near = branch_of(intent) == branch_of(message.truth)
    return rng.choice((2, 3)) if near else rng.choice((1, 1, 2))


def _reply_text(rng: random.Random, language: str, intent: str, flaw: str) -> str:
    book = phrasebook("en" if flaw == "in_english" else language)
    if flaw == "fallback":
        return str(rng.choice(book.styles["reply_fallback"]))
    opening, closing = (rng.choice(book.styles[part]) for part in ("reply_open", "reply_close"))
    body = rng.choice(book.intents[intent]["reply"])
    return " ".join(part for part in (opening, body, closing) if part)
