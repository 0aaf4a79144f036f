"""What the shop measures day by day: its signals, computed from the same traffic."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any

from maintenance.demo.traffic import DemoItem

CONFIDENCE, UNSURE, SPANISH = "mean-confidence", "low-confidence-share", "spanish-share"
LATENCY, SETTLED = "latency-p95", "settled-at-once"
#: By key: name, layer, unit, which way is good, what it measures.
SIGNALS: dict[str, dict[str, Any]] = {
    CONFIDENCE: {
        "name": "Mean confidence",
        "layer": "performance",
        "unit": "share",
        "better": "higher",
        "about": "How sure the model says it is, on the average of a day. A proxy: it needs no "
        "labels, and a model can be sure and wrong.",
    },
    UNSURE: {
        "name": "Answers below 60 % confidence",
        "layer": "performance",
        "unit": "share",
        "better": "lower",
        "about": "The share of a day's messages that the model is unsure of.",
    },
    SPANISH: {
        "name": "Messages in Spanish",
        "layer": "input",
        "unit": "share",
        "better": "neither",
        "about": "The share of a day's messages that are written in Spanish.",
    },
    LATENCY: {
        "name": "Latency, 95th percentile",
        "layer": "operational",
        "unit": "ms",
        "better": "lower",
        "about": "From the message to the model's answer, as the gateway measures it.",
    },
    SETTLED: {
        "name": "Settled with one message",
        "layer": "engagement",
        "unit": "share",
        "better": "higher",
        "about": "The share of conversations in which the customer does not have to write again.",
    },
}
SPANISH_SLICE = "Spanish"
UNSURE_BELOW = 0.6
USUAL_LATENCY = 190.0


def readings(
    seed: int, items: Sequence[DemoItem], start: datetime, *, slow: tuple[datetime, datetime]
) -> Iterator[dict[str, Any]]:
    """The readings of each day, oldest first; slow: between when and when latency was up."""
    days: dict[int, list[DemoItem]] = defaultdict(list)
    for item in items:
        days[(item.occurred_at - start) // timedelta(days=1)].append(item)
    for day, rows in sorted(days.items()):
        ends = start + timedelta(days=day + 1)
        rng = random.Random(f"{seed}:latency:{day}")  # noqa: S311 - a demo to be repeated
        yield from _of_day(rows, ends)
        late = 1.8 if slow[0] < ends <= slow[1] + timedelta(days=1) else 1.0
        value = round(USUAL_LATENCY * late * rng.uniform(0.93, 1.08), 1)
        yield {"signal": LATENCY, "at": ends, "value": value, "n": len(rows)}


def _of_day(rows: list[DemoItem], ends: datetime) -> Iterator[dict[str, Any]]:
    """What one day's messages say."""
    spanish = [item for item in rows if item.attributes["language"] == "es"]
    yield _reading(CONFIDENCE, ends, [item.confidence for item in rows])
    if spanish:
        said = [item.confidence for item in spanish]
        yield {**_reading(CONFIDENCE, ends, said), "slice": SPANISH_SLICE}
    yield _reading(UNSURE, ends, [item.confidence < UNSURE_BELOW for item in rows])
    yield _reading(SPANISH, ends, [item.attributes["language"] == "es" for item in rows])
    wrote = [item.group for item in rows]
    yield _reading(SETTLED, ends, [wrote.count(group) == 1 for group in dict.fromkeys(wrote)])


def _reading(signal: str, ends: datetime, values: Sequence[float]) -> dict[str, Any]:
    return {"signal": signal, "at": ends, "value": round(fmean(values), 4), "n": len(values)}
