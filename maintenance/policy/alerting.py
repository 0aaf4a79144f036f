"""When a monitor fires and when its signal has recovered: k of the last n windows.

A window that rests on too few observations, or on an unknown number where a number is asked for, is
passed over: it is neither good nor bad. A window that is missing never fires and never closes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

#: Windows that an alert's sentence names; the others are counted.
NAMED = 5


class Operator(StrEnum):
    """On which side of its threshold a window is wrong."""

    BELOW = "below"
    ABOVE = "above"


class State(StrEnum):
    """What the newest windows say about a monitor's alert."""

    FIRING = "firing"
    RECOVERED = "recovered"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Rule:
    """Fires when `needed` of the last `windows` lie beyond the threshold, in the signal's unit.

    minimum: observations that a window needs to be looked at; 0 takes all.

    ValueError for a threshold that is no number, and where more windows are needed than looked at.
    """

    operator: Operator
    threshold: float
    needed: int
    windows: int
    minimum: int = 0

    def __post_init__(self) -> None:
        if not math.isfinite(self.threshold):
            raise ValueError("a threshold is a finite number")
        if not 1 <= self.needed <= self.windows:
            raise ValueError("at least one window is needed, and not more than are looked at")
        if self.minimum < 0:
            raise ValueError("a window rests on 0 observations or more")

    def is_beyond(self, value: float) -> bool:
        """Whether a value is wrong; the threshold itself is not.

        >>> rule = Rule(Operator.BELOW, 0.8, needed=2, windows=3)
        >>> rule.is_beyond(0.79), rule.is_beyond(0.8)
        (True, False)
        """
        if self.operator == Operator.BELOW:
            return value < self.threshold
        return value > self.threshold


@dataclass(frozen=True, slots=True)
class Window:
    """One reading: when its window ended, its value, and how many observations it rests on."""

    at: datetime
    value: float
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule says: the state, the windows it looked at (newest first), which are beyond."""

    state: State
    windows: tuple[Window, ...] = ()
    beyond: tuple[bool, ...] = ()

    @property
    def wrong(self) -> tuple[Window, ...]:
        """The windows beyond the threshold, newest first."""
        pairs = zip(self.windows, self.beyond, strict=True)
        return tuple(window for window, beyond in pairs if beyond)


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert that a rule would have opened on a series; closed_at is None while it is open."""

    opened: Answer
    closed_at: datetime | None = None

    @property
    def opened_at(self) -> datetime:
        return self.opened.windows[0].at


def counts(rule: Rule, window: Window) -> bool:
    """Whether a window is looked at at all.

    >>> rule = Rule(Operator.BELOW, 0.8, needed=2, windows=3, minimum=100)
    >>> when = datetime(2026, 1, 1)
    >>> [counts(rule, Window(when, 0.7, n)) for n in (100, 99, None)]
    [True, False, False]
    """
    if not math.isfinite(window.value):
        return False
    return not rule.minimum or (window.n is not None and window.n >= rule.minimum)


def ask(rule: Rule, windows: Sequence[Window]) -> Answer:
    """Whether a monitor fires on a series.

    windows: newest first, at least as many as the rule looks at, where there are so many. Firing
    when `needed` of the last `windows` are beyond. Recovered when fewer are, whatever windows that
    are missing would say, and the newest is not; anything else leaves an alert as it is.

    >>> rule = Rule(Operator.BELOW, 0.8, needed=2, windows=3)
    >>> def series(*values):
    ...     return [Window(datetime(2026, 1, 9 - day), one) for day, one in enumerate(values)]
    >>> str(ask(rule, series(0.71, 0.9, 0.78)).state), str(ask(rule, series(0.9, 0.9, 0.7)).state)
    ('firing', 'recovered')
    >>> str(ask(rule, series(0.7, 0.9, 0.9)).state), str(ask(rule, []).state)
    ('unchanged', 'unchanged')
    """
    looked = tuple(window for window in windows if counts(rule, window))[: rule.windows]
    beyond = tuple(rule.is_beyond(window.value) for window in looked)
    return Answer(_state(rule, beyond), looked, beyond)


def replayed(rule: Rule, windows: Sequence[Window]) -> Iterator[Firing]:
    """What a rule would have fired on a series, asked after each window in turn.

    windows: oldest first; the alerts come oldest first too, the last one perhaps still open.

    >>> rule = Rule(Operator.ABOVE, 10, needed=1, windows=1)
    >>> days = [Window(datetime(2026, 1, day), value) for day, value in [(1, 5), (2, 11), (3, 9)]]
    >>> [(one.opened_at.day, one.closed_at.day) for one in replayed(rule, days)]
    [(2, 3)]
    """
    opened: Answer | None = None
    counted = [window for window in windows if counts(rule, window)]
    for place in range(len(counted)):
        answer = ask(rule, counted[max(0, place + 1 - rule.windows) : place + 1][::-1])
        if opened is None and answer.state is State.FIRING:
            opened = answer
        elif opened is not None and answer.state is State.RECOVERED:
            yield Firing(opened, counted[place].at)
            opened = None
    if opened is not None:
        yield Firing(opened)


def sentence(what: str, unit: str, rule: Rule, answer: Answer) -> str:
    """What has happened, for people; what: the signal, and where it is measured.

    >>> rule = Rule(Operator.BELOW, 0.8, needed=2, windows=3)
    >>> values = [(0.71, 412), (0.9, 400), (0.78, 390)]
    >>> days = [Window(datetime(2026, 1, 9), value, n) for value, n in values]
    >>> sentence("Accuracy", "share", rule, ask(rule, days))
    'Accuracy was below 80 % in 2 of the last 3 windows: 71 % (412), 78 % (390).'
    """
    wrong, looked = answer.wrong, len(answer.windows)
    among = f"{len(wrong)} of the last {looked} windows" if looked > 1 else "the last window"
    named = ", ".join(_named(window, unit) for window in wrong[:NAMED])
    end = ", …" if len(wrong) > NAMED else "."
    beyond = f"{rule.operator} {written(rule.threshold, unit)}"
    return f"{what} was {beyond} in {among}: {named}{end}"


def written(value: float, unit: str) -> str:
    """A value in its unit, as short as it can be told.

    unit: share (a part of one), count, ms, money or number, as signals have them.

    >>> written(0.805, "share"), written(1234, "count"), written(210.55, "ms")
    ('80.5 %', '1,234', '210.6 ms')
    >>> written(12.5, "money"), written(0.123456, "number"), written(2500000, "number")
    ('12.50', '0.1235', '2,500,000')
    """
    if unit == "share":
        return f"{100 * value:.1f}".removesuffix(".0") + " %"
    if unit == "money":
        return f"{value:,.2f}"
    if unit == "ms":
        return f"{value:,.1f}".removesuffix(".0") + " ms"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"


def _state(rule: Rule, beyond: Sequence[bool]) -> State:
    wrong, missing = sum(beyond), rule.windows - len(beyond)
    if wrong >= rule.needed:
        return State.FIRING
    if beyond and not beyond[0] and wrong + missing < rule.needed:
        return State.RECOVERED
    return State.UNCHANGED


def _named(window: Window, unit: str) -> str:
    value = written(window.value, unit)
    return value if window.n is None else f"{value} ({window.n:,})"
