"""Charts as components: geometry from labeling.charts, marks from templates/components."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import template

from labeling import charts

register = template.Library()


@register.inclusion_tag("components/line_chart.html")
def line_chart(
    chart: charts.LineChart, title: str, sentence: str = "", label: str = ""
) -> dict[str, Any]:
    """Lines with bands, a legend and the numbers in a table; label names the horizontal axis."""
    return {"chart": chart, "title": title, "sentence": sentence, "label": label}


@register.inclusion_tag("components/sparkline.html")
def sparkline(values: Sequence[float], title: str) -> dict[str, Any]:
    """A small line for a table cell; title says in words what it shows."""
    return {"path": charts.sparkline(values), "title": title}


@register.inclusion_tag("components/bar.html")
def bar(value: float, whole: float = 1.0) -> dict[str, Any]:
    """A bar for a table cell that already holds the number."""
    return {"width": charts.Scale(0, whole or 1).at(value)}


@register.inclusion_tag("components/stacked.html")
def stacked(
    parts: Iterable[tuple[str, float]], whole: float | None = None, title: str = ""
) -> dict[str, Any]:
    """Parts of a whole in one bar with a legend that holds the numbers."""
    segments = charts.stacked(parts, whole)
    total = whole or sum(segment.value for segment in segments)
    return {"segments": segments, "total": total, "title": title}


@register.inclusion_tag("components/forest.html")
def forest(
    rows: Iterable[tuple[str, Any]], domain: str = "0 1", unit: str = "", label: str = ""
) -> dict[str, Any]:
    """Estimates under each other on one scale: (label, estimate) rows as a table with bars."""
    return {"rows": rows, "domain": domain, "ends": domain.split(), "unit": unit, "label": label}


@register.inclusion_tag("components/heatmap.html")
def heatmap(
    names: Sequence[str],
    cells: Sequence[tuple[str, Sequence[charts.Cell]]],
    title: str,
) -> dict[str, Any]:
    """A matrix whose cells hold their numbers on a colour ramp; cells are (row name, cells)."""
    return {"names": names, "rows": cells, "title": title}
