"""Where the marks of a chart lie."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling import charts
from labeling.charts import Point, Series
from labeling.stats.estimate import Estimate, undefined

finite = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False)


@given(finite, finite)
def test_ticks_enclose_what_they_measure_and_stay_few(one, other):
    low, high = min(one, other), max(one, other)
    marks = charts.ticks(low, high)
    slack = 1e-6 * max(1.0, abs(low), abs(high))
    assert marks[0] <= low + slack
    assert marks[-1] >= high - slack
    assert 2 <= len(marks) <= 8
    assert marks == sorted(set(marks))


@given(st.lists(finite, min_size=1, max_size=30))
def test_a_sparkline_stays_inside_its_box(values):
    path = charts.sparkline(values)
    numbers = [float(n) for step in path.split() for n in step[1:].split(",")]
    assert all(0 <= number <= 100 for number in numbers)
    assert len(numbers) == 2 * len(values)


def test_a_missing_value_leaves_a_gap_in_the_line():
    path = charts.sparkline([1.0, math.nan, 3.0, 2.0])
    assert path.count("M") == 2


def test_a_sparkline_of_nothing_draws_nothing():
    assert charts.sparkline([math.nan]) == ""
    assert charts.sparkline([]) == ""


def test_an_undefined_estimate_has_no_place_on_a_bar():
    assert charts.interval_on(undefined("nothing was counted"), 0, 1) is None


def test_an_estimate_without_interval_is_a_point():
    nan = math.nan
    place = charts.interval_on(Estimate(0.5, nan, nan, 3, 3.0), 0, 1)
    assert place is not None
    assert (place.value, place.bounded) == (50.0, False)


def test_zero_is_marked_where_the_bar_reaches_across_it():
    place = charts.interval_on(Estimate(0.02, -0.01, 0.05, 90, 90.0), -0.1, 0.1)
    assert place is not None
    assert place.zero == 50.0


def test_what_lies_outside_the_bar_is_held_at_its_end():
    place = charts.interval_on(Estimate(0.5, -0.5, 1.5, 9, 9.0), 0, 1)
    assert place is not None
    assert (place.low, place.high) == (0.0, 100.0)


def make_series(name="all", values=(0.8, 0.9, 0.85)):
    return Series(
        name, [Point(f"W{i}", value, value - 0.1, value + 0.1) for i, value in enumerate(values)]
    )


def test_a_line_chart_has_a_curve_a_band_and_a_row_for_each_value():
    chart = charts.line_chart([make_series("German"), make_series("English")])
    assert [curve.name for curve in chart.curves] == ["German", "English"]
    assert all(curve.band.endswith("Z") for curve in chart.curves)
    assert [label for label, _ in chart.table] == ["W0", "W1", "W2"]
    assert all(len(points) == 2 for _, points in chart.table)


def test_a_line_chart_reaches_to_its_limits():
    chart = charts.line_chart([make_series()], limits=[("target", 0.2)])
    assert chart.rows[0].label == "0.2"
    assert chart.limits[0].at == 100


def test_a_point_that_is_not_known_has_no_dot_and_no_band():
    unknown = Series("all", [Point("W0", 0.5), Point("W1", math.nan), Point("W2", 0.7)])
    [curve] = charts.line_chart([unknown]).curves
    assert len(curve.dots) == 2
    assert curve.band == ""


def test_a_chart_without_series_still_has_an_axis():
    chart = charts.line_chart([])
    assert chart.table == []
    assert len(chart.rows) > 1


def test_a_long_axis_names_only_some_of_its_places():
    chart = charts.line_chart([make_series(values=[0.5] * 52)])
    assert len(chart.columns) <= 6


@given(st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=8))
def test_the_parts_of_a_stacked_bar_touch_and_fit(values):
    parts = charts.stacked([(str(i), value) for i, value in enumerate(values)])
    for before, after in pairwise(parts):
        assert before.x + before.width == pytest.approx(after.x, abs=0.01)
    assert parts[-1].x + parts[-1].width <= 100.01


def test_a_heatmap_without_value_has_no_step():
    assert charts.heat(None, 0, 1) is None
    assert charts.heat(math.nan, 0, 1) is None
