"""What is asked about the price of a queue that is not made yet."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from labeling.forms.queues import QueueForm
from labeling.models import Project
from labeling.reports.price import HOURS


class PriceForm(QueueForm):
    """A queue's settings without its name, and how much somebody gets done."""

    name = None  # type: ignore[assignment]
    hide_fields = None  # type: ignore[assignment]

    seconds = forms.FloatField(
        label=_("Seconds for a judgment"),
        min_value=1,
        max_value=3600,
        required=False,
        help_text=_("Empty: the median of this rubric or project, else 30."),
    )
    hours = forms.FloatField(
        label=_("Hours that a person judges a day"),
        min_value=0.1,
        max_value=12,
        required=False,
        initial=HOURS,
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, project=project, **kwargs)
        self.project = project

    def settings(self) -> dict[str, Any]:
        """The queue's own settings; see `seconds` and `hours` in the cleaned data for the rest."""
        given = super().settings()
        return {name: given[name] for name in given if name not in ("seconds", "hours")}
