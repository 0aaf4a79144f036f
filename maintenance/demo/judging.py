"""How the demo's annotators judge: mostly right, each wrong in their own way."""

from __future__ import annotations

import math
import random
from typing import TypedDict

from maintenance.demo.catalogue import branch_of, intents, most_common_intent, siblings, taxonomy
from maintenance.demo.people import Habits, Person
from maintenance.demo.traffic import DemoItem


class Skip(TypedDict):
    """Why somebody would not judge an item."""

    reason: str
    note: str


class Judgment(TypedDict):
    """One person's work on one item: answers by criterion (None: cannot tell), or a skip."""

    answers: dict[str, str | None]
    skip: Skip | None
    comment: str
    active_ms: int


#: Where the rubric leaves them alone, people go separate ways about the new product.
NOVEL_READINGS = ("product_defect", "product_details", "product_assembly", "other")
COMMENTS = {
    "novel": (
        "About the new kettle, none of the intents really fits.",
        "Pairing problem. Is that a defect or out of scope?",
        "We need something for the kettle app.",
        "Firmware question again, please add it to the rubric.",
    ),
    "ambiguous": (
        "Two requests in one message.",
        "Took the one mentioned first.",
        "Could be read either way.",
        "The customer asks for one thing and describes another.",
    ),
    "in_english": ("The reply is in English, the customer's message is not.",),
    "fallback": ("Reply says nothing at all.",),
    "": (
        "Reply is fine but cold.",
        "Long message, the request is in the last sentence.",
        "Typos, but clear enough.",
        "The reply names no date.",
    ),
}
NOTES = {
    "unclear_rubric": ("The rubric does not say what to do with the kettle app.", ""),
    "broken_item": ("Nothing but a greeting.", "Message is cut off.", ""),
    "not_my_expertise": ("My Spanish is not good enough for this.", ""),
}


def answer(annotator: Person, item: DemoItem, rng: random.Random) -> Judgment:
    """What this annotator would make of this item; the generator decides about luck."""
    habits = annotator.habits
    if habits is None:
        raise ValueError(f"{annotator.name} is no annotator")
    if reason := _reason_to_skip(annotator, habits, item, rng):
        note = rng.choice(NOTES[reason])
        skip = Skip(reason=reason, note=note)
        return Judgment(answers={}, skip=skip, comment="", active_ms=_active_ms(habits, item, rng))
    quality = _reply_quality(habits, item, rng)
    return Judgment(
        answers={
            "intent": _intent(habits, item, rng),
            "reply_quality": str(quality),
            "resolves": _resolves(habits, item, quality, rng),
        },
        skip=None,
        comment=_comment(habits, item, rng),
        active_ms=_active_ms(habits, item, rng),
    )


def _reason_to_skip(
    annotator: Person, habits: Habits, item: DemoItem, rng: random.Random
) -> str | None:
    language = item.attributes["language"]
    draw = rng.random()
    if language not in annotator.languages:
        return "not_my_expertise" if draw < 0.9 else None
    if annotator.languages[language] == "working" and draw < 0.02:
        return "not_my_expertise"
    if item.novel and not habits.careless and draw < 3 * habits.skips:
        return "unclear_rubric"
    if len(item.content["message"]) < 8 and draw < 0.15:
        return "broken_item"
    return rng.choice(("unclear_rubric", "broken_item")) if draw < habits.skips else None


def _intent(habits: Habits, item: DemoItem, rng: random.Random) -> str | None:
    """The intent this person sees, the branch it lies in, or nothing they could name."""
    unsure = item.novel or item.also_plausible is not None
    if rng.random() < habits.cannot_tell * (4 if unsure else 1):
        return None
    if rng.random() < habits.too_general * (2 if unsure else 1):
        return branch_of(item.truth)
    if habits.careless and rng.random() < 0.18:
        return most_common_intent()
    if item.novel and rng.random() < 0.3:
        return rng.choice(NOVEL_READINGS)
    if item.also_plausible and rng.random() < 0.33:
        return item.also_plausible
    return item.truth if rng.random() < habits.accuracy else _misread(item.truth, rng)


def _misread(truth: str, rng: random.Random) -> str:
    """A sibling as a rule, sometimes a neighbour elsewhere, rarely anything."""
    draw = rng.random()
    if draw < 0.5 and siblings(truth):
        return rng.choice(siblings(truth))
    if draw < 0.9:
        return rng.choice(taxonomy()[truth].confused_with)
    return rng.choice([node.key for node in intents() if node.key != truth])


def _reply_quality(habits: Habits, item: DemoItem, rng: random.Random) -> int:
    if habits.careless and rng.random() < 0.5:
        return 4
    spread = 0.9 if habits.careless else 0.55
    felt = rng.gauss(item.reply_quality + habits.generosity, spread)
    return min(max(round(felt), 1), 5)


def _resolves(habits: Habits, item: DemoItem, quality: int, rng: random.Random) -> str | None:
    """Whether the reply settles it; somebody who gave it a bad mark hardly says yes."""
    if rng.random() < habits.cannot_tell:
        return None
    yes = quality >= 4 if habits.careless else item.resolves
    if quality <= 2 and yes:
        yes = rng.random() < 0.3
    if rng.random() < (1 - habits.accuracy) / 2:
        yes = not yes
    return "yes" if yes else "no"


def _comment(habits: Habits, item: DemoItem, rng: random.Random) -> str:
    occasion = item.reply_flaw
    if item.novel:
        occasion = "novel"
    elif item.also_plausible:
        occasion = "ambiguous"
    odds = habits.comments * (3 if occasion else 1)
    return rng.choice(COMMENTS[occasion]) if rng.random() < odds else ""


def _active_ms(habits: Habits, item: DemoItem, rng: random.Random) -> int:
    """Reading and deciding: log-normal around the person's pace, longer for longer texts."""
    reading = (len(item.content["message"]) + len(item.content["reply"])) / 220
    pace = habits.median_seconds * (0.6 + 0.4 * reading)
    if item.also_plausible and not habits.careless:
        pace *= 1.5
    return max(900, round(1000 * pace * math.exp(rng.gauss(0, 0.42))))
