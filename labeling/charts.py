"""Where the marks of a chart lie: plain geometry in percent of the plot, drawn by templates."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labeling.stats.estimate import Estimate

HEAT_STEPS = 6
NARROWEST = 1e-6  # below this the marks of an axis could not be told apart


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps low..high onto 0..100."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """The place of a value, held inside the plot.

        >>> Scale(0, 2).at(0.5)
        25.0
        """
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(max(share, 0.0), 1.0), 3)


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate on a bar: places of the value, of its interval, and of zero if inside."""

    value: float
    low: float
    high: float
    bounded: bool
    zero: float | None


@dataclass(frozen=True, slots=True)
class Tick:
    """One mark on an axis: its place and what it says."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a series; low and high are given where it is an estimate."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """Points in the order of the horizontal axis, under one name."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Dot:
    """A drawn point: its place and what hovering over it says."""

    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A drawn series: number of its colour, path of the line and of its band, and dots."""

    name: str
    number: int
    line: str
    band: str
    dots: Sequence[Dot]


@dataclass(frozen=True, slots=True)
class LineChart:
    """A drawn line chart, with its rows for the table beside it."""

    curves: Sequence[Curve]
    columns: Sequence[Tick]
    rows: Sequence[Tick]
    limits: Sequence[Tick]
    labels: Sequence[str]
    series: Sequence[Series]

    @property
    def table(self) -> list[tuple[str, list[Point]]]:
        """The same numbers by row: label, then one point per series."""
        columns = zip(*(one.points for one in self.series), strict=True)
        return [(label, list(row)) for label, row in zip(self.labels, columns, strict=True)]


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a stacked bar: where it starts, how long it is, and what it stands for."""

    label: str
    value: float
    x: float
    width: float
    number: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a heatmap: its text and its step on the colour ramp, None where it is empty."""

    text: str
    step: int | None
    title: str = ""


def interval_on(estimate: Estimate, low: float, high: float) -> Interval | None:
    """The places of an estimate on a bar from low to high; None where it is undefined.

    >>> interval_on(Estimate(0.5, 0.25, 0.75, 10, 10.0), 0, 1)
    Interval(value=50.0, low=25.0, high=75.0, bounded=True, zero=None)
    """
    if not estimate.defined:
        return None
    scale = Scale(low, high)
    return Interval(
        value=scale.at(estimate.value),
        low=scale.at(estimate.low) if estimate.bounded else 0.0,
        high=scale.at(estimate.high) if estimate.bounded else 0.0,
        bounded=estimate.bounded,
        zero=scale.at(0) if low < 0 < high else None,
    )


def ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round numbers from at or below low to at or above high, about as many as wanted.

    >>> ticks(0, 1)
    [0.0, 0.25, 0.5, 0.75, 1.0]
    >>> ticks(0.83, 0.97)
    [0.8, 0.85, 0.9, 0.95, 1.0]
    """
    if high - low < NARROWEST * max(1.0, abs(low), abs(high)):
        low, high = low - 0.5, high + 0.5
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(index * step, 10) for index in range(first, last + 1)]


def line_chart(
    series: Sequence[Series],
    *,
    limits: Sequence[tuple[str, float]] = (),
    domain: tuple[float, float] | None = None,
    form: str = "{:g}",
) -> LineChart:
    """Lines with the bands of their intervals on one axis; the points of all series share places.

    limits: (name, value) of horizontal lines. domain: the ends of the axis, from the values if not
    given. form: how a value is written on the axis.
    """
    marks = ticks(*(domain or _reach(series, limits)))
    scale = Scale(marks[0], marks[-1])
    labels = [point.label for point in series[0].points] if series else []
    return LineChart(
        curves=[_curve(one, number % 5 + 1, scale, form) for number, one in enumerate(series)],
        columns=_columns(labels),
        rows=[Tick(100 - scale.at(mark), form.format(mark)) for mark in marks],
        limits=[Tick(100 - scale.at(value), name) for name, value in limits],
        labels=labels,
        series=series,
    )


def sparkline(values: Sequence[float]) -> str:
    """The path of a small line without axes.

    >>> sparkline([1, 3, 2])
    'M0,100 L50,0 L100,50'
    """
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return ""
    low, high = min(known), max(known)
    scale = Scale(low, high) if low < high else Scale(low - 1, high + 1)
    return _path([(_place(i, len(values)), 100 - scale.at(v)) for i, v in enumerate(values)])


def stacked(parts: Iterable[tuple[str, float]], whole: float | None = None) -> list[Segment]:
    """Parts of a whole laid end to end; the rest of the whole stays empty.

    >>> [(part.x, part.width) for part in stacked([("done", 30), ("open", 10)], 80)]
    [(0.0, 37.5), (37.5, 12.5)]
    """
    shown = list(parts)
    total = whole or sum(value for _, value in shown) or 1
    scale, start, segments = Scale(0, total), 0.0, []
    for number, (label, value) in enumerate(shown):
        x = scale.at(start)
        width = round(scale.at(start + value) - x, 3)
        segments.append(Segment(label, value, x, width, number % 5 + 1))
        start += value
    return segments


def heat(value: float | None, low: float, high: float) -> int | None:
    """The step of a value on the colour ramp, 0 to 5; None where there is no value.

    >>> heat(0.0, 0, 1), heat(0.5, 0, 1), heat(1.0, 0, 1)
    (0, 3, 5)
    """
    if value is None or math.isnan(value):
        return None
    return min(int(Scale(low, high).at(value) / 100 * HEAT_STEPS), HEAT_STEPS - 1)


def _reach(series: Sequence[Series], limits: Sequence[tuple[str, float]]) -> tuple[float, float]:
    seen = [value for _, value in limits]
    for one in series:
        for point in one.points:
            seen += [v for v in (point.value, point.low, point.high) if v is not None]
    finite = [value for value in seen if math.isfinite(value)]
    return (min(finite), max(finite)) if finite else (0.0, 1.0)


def _columns(labels: Sequence[str], wanted: int = 6) -> list[Tick]:
    step = max(1, math.ceil(len(labels) / wanted))
    return [Tick(_place(i, len(labels)), labels[i]) for i in range(0, len(labels), step)]


def _place(index: int, length: int) -> float:
    return round(100 * index / (length - 1), 3) if length > 1 else 50.0


def _curve(series: Series, number: int, scale: Scale, form: str) -> Curve:
    places = [_place(index, len(series.points)) for index in range(len(series.points))]
    drawn = [(x, 100 - scale.at(p.value)) for x, p in zip(places, series.points, strict=True)]
    dots = [
        Dot(x, y, f"{series.name}, {point.label}: {form.format(point.value)}")
        for (x, y), point in zip(drawn, series.points, strict=True)
        if math.isfinite(point.value)
    ]
    return Curve(series.name, number, _path(drawn), _band(series, places, scale), dots)


def _band(series: Series, places: Sequence[float], scale: Scale) -> str:
    upper, lower = [], []
    for x, point in zip(places, series.points, strict=True):
        if point.low is None or point.high is None or math.isnan(point.low + point.high):
            continue
        upper.append((x, 100 - scale.at(point.high)))
        lower.append((x, 100 - scale.at(point.low)))
    return _path([*upper, *reversed(lower)]) + "Z" if upper else ""


def _path(places: Iterable[tuple[float, float]]) -> str:
    """An SVG path through the places; a gap where one is missing (NaN)."""
    steps, pen = [], "M"
    for x, y in places:
        if math.isnan(y):
            pen = "M"
            continue
        steps.append(f"{pen}{x:g},{y:g}")
        pen = "L"
    return " ".join(steps)
