"""A customer's message: a phrase with its gaps filled, worn the way its channel wears it."""

from __future__ import annotations

import random
from dataclasses import dataclass

from maintenance.demo.catalogue import branch_of, intents
from maintenance.demo.phrases import Phrasebook, Slots, draw_slots, gaps

SHORT = {"email": 0.0, "chat": 0.3, "phone": 0.0, "app": 0.25}
EXTRA = {"email": 0.6, "chat": 0.2, "phone": 0.5, "app": 0.15}
CLOSE = {"email": 0.85, "chat": 0.25, "phone": 0.5, "app": 0.12}
TYPO = {"email": 0.04, "chat": 0.18, "phone": 0.0, "app": 0.12}
QUOTES = str.maketrans("", "", '"„“«»')


@dataclass(frozen=True, slots=True)
class Message:
    """What a customer wrote, what it is, and what else one could call it."""

    text: str
    truth: str
    also_plausible: str | None = None
    novel: bool = False


@dataclass(frozen=True, slots=True)
class Voice:
    """Where and how somebody writes."""

    book: Phrasebook
    channel: str
    currency: str


def ordinary_message(rng: random.Random, voice: Voice) -> Message:
    """A message of one intent, as common in the traffic as its share."""
    intent = rng.choices(intents(), weights=[node.share for node in intents()])[0]
    phrases = voice.book.intents[intent.key]
    if rng.random() < SHORT[voice.channel]:
        return Message(_careless(rng, voice, rng.choice(phrases["short"])), intent.key)
    core = rng.choice(phrases["core"])
    return Message(_worded(rng, voice, core, intent.key, intent.kinds), intent.key)


def ambiguous_message(rng: random.Random, voice: Voice) -> Message:
    """A message that reasonable people would file under two intents."""
    truth, also, template, *kinds = rng.choice(voice.book.ambiguous)
    return Message(_worded(rng, voice, template, truth, tuple(kinds)), truth, also)


def novel_message(rng: random.Random, voice: Voice) -> Message:
    """A message about the product that the intents were not made for."""
    truth, also, template = rng.choice(voice.book.novel)
    said = template.format_map(draw_slots(rng, voice.book, (), voice.currency))
    return Message(WORN[voice.channel](rng, voice, said), truth, also or None, novel=True)


def _worded(
    rng: random.Random, voice: Voice, template: str, intent: str, kinds: tuple[str, ...]
) -> str:
    slots = draw_slots(rng, voice.book, kinds, voice.currency)
    said = template.format_map(slots)
    if rng.random() < EXTRA[voice.channel]:
        said = _with_extra(rng, voice, said, template, intent, slots)
    return WORN[voice.channel](rng, voice, said)


def _with_extra(
    rng: random.Random, voice: Voice, said: str, template: str, intent: str, slots: Slots
) -> str:
    """The message and one more detail, unless all details on offer have been mentioned."""
    extras = voice.book.extras
    on_offer = extras[intent] if intent in extras else extras[branch_of(intent)]
    fresh = [extra for extra in on_offer if not gaps(extra) & gaps(template)]
    return f"{said} {rng.choice(fresh).format_map(slots)}" if fresh else said


def _email(rng: random.Random, voice: Voice, said: str) -> str:
    opening = rng.choice(voice.book.styles["email_open"])
    first, rest = said.split(" ", 1)
    if first in voice.book.styles["lower_after_comma"]:
        said = f"{first.lower()} {rest}"
    lines = [opening, _mistyped(rng, voice, said), _closing(rng, voice)]
    return "\n\n".join(line for line in lines if line)


def _chat(rng: random.Random, voice: Voice, said: str) -> str:
    opening = rng.choice(voice.book.styles["chat_open"]) if rng.random() < 0.45 else ""
    spoken = " ".join(part for part in (opening, said, _closing(rng, voice)) if part)
    return _careless(rng, voice, spoken)


def _phone(rng: random.Random, voice: Voice, said: str) -> str:
    """A transcript: no quotation marks, and now and then a pause to think."""
    styles = voice.book.styles
    if rng.random() < 0.5:
        said = said.replace(", ", f", {styles['filler']}, ", 1)
    said = said.translate(QUOTES)
    parts = (rng.choice(styles["phone_open"]), said, _closing(rng, voice))
    return " ".join(part for part in parts if part)


def _app(rng: random.Random, voice: Voice, said: str) -> str:
    closing = _closing(rng, voice)
    return _mistyped(rng, voice, f"{said} {closing}" if closing else said)


WORN = {"email": _email, "chat": _chat, "phone": _phone, "app": _app}


def _closing(rng: random.Random, voice: Voice) -> str:
    closings: list[str] = voice.book.styles[f"{voice.channel}_close"]
    return rng.choice(closings) if rng.random() < CLOSE[voice.channel] else ""


def _careless(rng: random.Random, voice: Voice, text: str) -> str:
    """What quick fingers leave of capitals, the last stop and opening marks."""
    if rng.random() < 0.35:
        text = text.lower().replace("¿", "")
    if rng.random() < 0.5:
        text = text.removesuffix(".")
    return _mistyped(rng, voice, text)


def _mistyped(rng: random.Random, voice: Voice, text: str) -> str:
    """Two letters of one word swapped, or one left out, as often as the channel has it."""
    if rng.random() >= TYPO[voice.channel]:
        return text
    words = text.split(" ")
    long_words = [i for i, word in enumerate(words) if len(word) > 4 and word.isalpha()]
    if not long_words:
        return text
    at = rng.choice(long_words)
    words[at] = _slipped(rng, words[at])
    return " ".join(words)


def _slipped(rng: random.Random, word: str) -> str:
    i = rng.randrange(1, len(word) - 2)
    swapped = word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    return swapped if rng.random() < 0.6 else word[:i] + word[i + 1 :]
