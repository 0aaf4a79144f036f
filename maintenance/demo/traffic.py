"""Six weeks of production: who wrote when, on which channel, and what the model answered."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from maintenance.demo.assistant import MODEL_VERSION, guess_intent, reply_to
from maintenance.demo.messages import (
    Message,
    Voice,
    ambiguous_message,
    novel_message,
    ordinary_message,
)
from maintenance.demo.phrases import phrasebook

CONVERSATIONS_A_WEEK = 365
SHARE_FOLLOWED_UP = 0.1
SHARE_AMBIGUOUS = 0.08
#: Weeks count from zero; the kettle and the new market come with the fifth.
CHANGE_WEEK = 4
NOVEL_SHARE = {CHANGE_WEEK: 0.07}
NOVEL_SHARE_LATER = 0.145
SPANISH_SHARE = {CHANGE_WEEK: 0.18}
SPANISH_SHARE_LATER = 0.25
SPANISH_SHARE_BEFORE = 0.12
GERMAN_SHARE = 0.25
HOURS = (2, 1, 1, 1, 1, 2, 5, 11, 17, 21, 22, 20, 17, 17, 19, 19, 18, 16, 16, 18, 18, 14, 8, 4)
WEEKDAYS = (23, 22, 21, 20, 20, 15, 14)
CHANNELS = {
    "en": {"chat": 34, "email": 32, "app": 22, "phone": 12},
    "de": {"chat": 24, "email": 46, "app": 16, "phone": 14},
    "es": {"chat": 36, "email": 24, "app": 28, "phone": 12},
}
REGIONS = {"en": {"GB": 78, "IE": 22}, "de": {"DE": 81, "AT": 19}, "es": {"ES": 100}}


@dataclass(frozen=True, slots=True)
class DemoItem:
    """One production item, and what only the simulation of annotators may know about it."""

    external_id: str
    occurred_at: datetime
    content: dict[str, str]
    attributes: dict[str, str]
    group: str
    model_version: str
    prediction: str
    confidence: float
    truth: str
    also_plausible: str | None
    novel: bool
    reply_quality: int
    resolves: bool
    reply_flaw: str


@dataclass(frozen=True, slots=True)
class _Arrival:
    """Somebody who writes, before it is known what."""

    occurred_at: datetime
    group: str
    attributes: dict[str, str]


def traffic(seed: int, weeks: int = 6, *, start: datetime) -> Iterator[DemoItem]:
    """The items of so many weeks from an aware start, oldest first; the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311 - invented traffic is to be repeatable, not secret
    arrivals = [arrival for week in range(weeks) for arrival in _arrivals(rng, week, start, weeks)]
    arrivals.sort(key=lambda arrival: arrival.occurred_at)
    for number, arrival in enumerate(arrivals, start=1):
        week = (arrival.occurred_at - start) // timedelta(weeks=1)
        yield _item(rng, number, arrival, week)


def _arrivals(rng: random.Random, week: int, start: datetime, weeks: int) -> Iterator[_Arrival]:
    end = start + timedelta(weeks=weeks)
    for number in range(CONVERSATIONS_A_WEEK):
        first = _Arrival(
            occurred_at=_moment(rng, start + timedelta(weeks=week)),
            group=f"conversation-{week * CONVERSATIONS_A_WEEK + number + 1:05}",
            attributes=_attributes(rng, week),
        )
        yield first
        later = first.occurred_at + timedelta(seconds=rng.randrange(120, 9_000))
        if rng.random() < SHARE_FOLLOWED_UP and later < end:
            yield _Arrival(later, first.group, first.attributes)


def _moment(rng: random.Random, monday: datetime) -> datetime:
    """A moment of that week: working hours and evenings are busy, nights are not."""
    weekdays = [WEEKDAYS[(monday + timedelta(days=day)).weekday()] for day in range(7)]
    day = rng.choices(range(7), weights=weekdays)[0]
    hour = rng.choices(range(24), weights=HOURS)[0]
    midnight = monday.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=day)
    moment = midnight + timedelta(hours=hour, seconds=rng.randrange(3_600))
    return moment if moment >= monday else moment + timedelta(weeks=1)


def _attributes(rng: random.Random, week: int) -> dict[str, str]:
    language = _pick(rng, _languages(week))
    return {
        "language": language,
        "channel": _pick(rng, CHANNELS[language]),
        "region": _pick(rng, REGIONS[language]),
        "customer": "returning" if rng.random() < 0.68 else "new",
    }


def _languages(week: int) -> dict[str, float]:
    after = SPANISH_SHARE_BEFORE if week < CHANGE_WEEK else SPANISH_SHARE_LATER
    spanish = SPANISH_SHARE.get(week, after)
    return {"en": 1 - GERMAN_SHARE - spanish, "de": GERMAN_SHARE, "es": spanish}


def _pick(rng: random.Random, shares: dict[str, float] | dict[str, int]) -> str:
    return rng.choices(list(shares), weights=list(shares.values()))[0]


def _item(rng: random.Random, number: int, arrival: _Arrival, week: int) -> DemoItem:
    language = arrival.attributes["language"]
    message = _message(rng, arrival.attributes, week)
    guess = guess_intent(rng, message, language, new_market=week >= CHANGE_WEEK)
    reply = reply_to(rng, message, language, guess.intent)
    return DemoItem(
        external_id=f"msg-{number:06}",
        occurred_at=arrival.occurred_at,
        content={"message": message.text, "reply": reply.text},
        attributes=arrival.attributes,
        group=arrival.group,
        model_version=MODEL_VERSION,
        prediction=guess.intent,
        confidence=guess.confidence,
        truth=message.truth,
        also_plausible=message.also_plausible,
        novel=message.novel,
        reply_quality=reply.quality,
        resolves=reply.resolves,
        reply_flaw=reply.flaw,
    )


def _message(rng: random.Random, attributes: dict[str, str], week: int) -> Message:
    voice = Voice(
        book=phrasebook(attributes["language"]),
        channel=attributes["channel"],
        currency="£" if attributes["region"] == "GB" else "€",
    )
    if week >= CHANGE_WEEK and rng.random() < NOVEL_SHARE.get(week, NOVEL_SHARE_LATER):
        return novel_message(rng, voice)
    if rng.random() < SHARE_AMBIGUOUS:
        return ambiguous_message(rng, voice)
    return ordinary_message(rng, voice)
