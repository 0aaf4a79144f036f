"""Versions of the assistant that writes replies: what each would say, and how good that is."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from maintenance.demo.people import Habits
from maintenance.demo.phrases import phrasebook
from maintenance.demo.traffic import DemoItem


@dataclass(frozen=True, slots=True)
class Writer:
    """A version of the assistant: how often it knows what is wanted, and how it writes."""

    name: str
    commit: str
    skill: float = 1.0
    says_what_is_next: bool = False
    is_short: bool = False
    parent: str = ""


#: What customers get today: the replies that came in with the items.
FIRST = Writer("reply-v1", "8d20b1c")
#: Names the next step.
NEXT_STEP = Writer("reply-v2", "1e77a90", 0.97, says_what_is_next=True, parent=FIRST.name)
#: As much in fewer words.
SHORT = Writer("reply-v3", "b3c4f06", 0.96, is_short=True, parent=NEXT_STEP.name)
WRITERS = (FIRST, NEXT_STEP, SHORT)


@dataclass(frozen=True, slots=True)
class Written:
    """A reply, and how good people find it on average, from 1 to 5."""

    text: str
    quality: float


def reply(seed: int, writer: Writer, item: DemoItem) -> Written:
    """The same for the same seed."""
    if writer is FIRST:
        return Written(item.content["reply"], item.reply_quality)
    rng = random.Random(f"{seed}:{writer.name}:{item.external_id}")  # noqa: S311
    right = rng.random() < (0.3 if item.novel else writer.skill)
    intent = item.truth if right else item.prediction
    book = phrasebook(item.attributes["language"])
    parts = [rng.choice(book.intents[intent]["reply"])]
    if not writer.is_short:
        parts.insert(0, rng.choice(book.styles["reply_open"]))
    if writer.says_what_is_next:
        parts.append(rng.choice(book.styles["reply_next"]))
    quality = 4.2 if intent == item.truth else 1.8
    quality += 0.8 * writer.says_what_is_next - 0.2 * writer.is_short + rng.gauss(0, 0.5)
    return Written(" ".join(filter(None, parts)), quality)


def outputs(seed: int, writer: Writer, items: Iterable[DemoItem]) -> Iterator[dict[str, Any]]:
    """What a version writes, as rows of an upload."""
    for item in items:
        text = reply(seed, writer, item).text
        yield {"external_id": item.external_id, "prediction": text}


def preferred(habits: Habits, first: Written, second: Written, rng: random.Random) -> str:
    """Which of two replies somebody likes better: a, b, a tie, or neither is any good."""
    spread = 1.3 if habits.careless else 0.7
    ahead = first.quality - second.quality + rng.gauss(0, spread)
    if max(first.quality, second.quality) < 2.5 and rng.random() < 0.5:
        return "both_bad"
    if first.text == second.text or abs(ahead) < 0.35:
        return "tie"
    return "a" if ahead > 0 else "b"
