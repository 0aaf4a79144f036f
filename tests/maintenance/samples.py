"""What the style guide shows: one of everything, with values that are hard to draw."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib.messages.storage.base import Message
from django.utils import timezone

from labeling import charts
from labeling.stats.estimate import Estimate, undefined

HIDDEN = "Wo bleibt <b>mein</b> Geld?\n\nDatei: \u202egnp.exe\u202c und \u200bNull."


class SampleForm(forms.Form):
    name = forms.CharField(label="Name", help_text="As annotators will see it.")
    size = forms.IntegerField(label="Size", min_value=1)
    note = forms.CharField(label="Note", widget=forms.Textarea, required=False)
    order = forms.ChoiceField(
        label="Order",
        choices=[("arrival", "Arrival"), ("random", "Random")],
        widget=forms.RadioSelect,
        help_text="Random lets people meet early.",
    )
    blind = forms.BooleanField(label="Hide the prediction", required=False, help_text="Wise.")
    token = forms.CharField(widget=forms.HiddenInput, required=False)


def make_person(**fields: Any) -> SimpleNamespace:
    return SimpleNamespace(**{"is_authenticated": True, "name": "Ada Lund", **fields})


def make_job(state: str = "running", **fields: Any) -> SimpleNamespace:
    defaults = {
        "uid": "0f3c9a8e",
        "kind_label": "Import of march.jsonl",
        "state": state,
        "done": 34_000,
        "total": 100_000,
        "message": "12 refused",
        "error": "",
    }
    return SimpleNamespace(**{**defaults, **fields})


def make_areas() -> list[dict[str, Any]]:
    queues = {"label": "Queues", "url": "/p/support/queues/", "current": True}
    people = {"label": "People", "url": "/p/support/people/", "current": False}
    sets = {"label": "Sets", "url": "/p/support/sets/", "current": False}
    return [
        {"label": "Judging", "url": None, "current": True, "entries": [queues, people]},
        {"label": "Evaluation", "url": sets["url"], "current": False, "entries": [sets]},
    ]


def make_shell(**fields: Any) -> dict[str, Any]:
    """What every page of the working shell is given."""
    project = SimpleNamespace(name="Support", slug="support", get_absolute_url="/p/support/")
    return {
        "user": make_person(),
        "member": SimpleNamespace(roles=["annotator", "lead"], project=project),
        "project": project,
        "projects": [project],
        "navigation": make_areas(),
        "csrf_token": "t" * 64,
        **fields,
    }


def make_guide() -> dict[str, Any]:
    """The whole of the style guide, working and judging."""
    form = SampleForm({"size": "-1"})
    form.is_valid()
    return make_shell(
        form=form,
        messages=[Message(25, "Queue opened."), Message(30, "Two left."), Message(40, "Lost.")],
        tabs=[
            {"label": "Progress", "url": "?tab=progress", "current": False},
            {"label": "Agreement", "url": "?tab=agreement", "current": True, "count": 14},
        ],
        rows=[
            {"name": f"msg-{i}", "text": HIDDEN * 3, "state": state, "answers": i, "weeks": [1, 3]}
            for i, state in enumerate(["settled", "disputed", "open", "attention", "retired"])
        ],
        parts=[("settled", 804), ("disputed", 114)],
        job=make_job(state="canceled"),
        failed=make_job(state="failed", error="disk full"),
        text=HIDDEN,
        answer="It is on its way.",
        at=timezone.now(),
        **_numbers(),
    )


def _numbers() -> dict[str, Any]:
    points = [charts.Point(f"W{i}", 0.9 - i / 50, 0.8 - i / 50, 0.95 - i / 50) for i in range(9)]
    holes = [charts.Point(point.label, math.nan) for point in points]
    alpha = Estimate(0.864, 0.842, 0.885, 999, 999.0, method="bootstrap")
    none = undefined("fewer than two items have two answers", 1)
    difference = Estimate(0.023, -0.011, 0.057, 500, 500.0)
    return {
        "estimates": {
            "alpha": alpha,
            "agreement": alpha,
            "none": none,
            "difference": difference,
        },
        "slices": [("all", alpha), ("phone", none)],
        "chart": charts.line_chart(
            [charts.Series("all", points), charts.Series("phone", holes)], limits=[("target", 0.8)]
        ),
        "names": ["Ana", "Bo"],
        "matrix": [
            ("Ana", [charts.Cell("", None), charts.Cell("91%", 5)]),
            ("Bo", [charts.Cell("64%", 2), charts.Cell("", None)]),
        ],
    }
