"""The question behind a sample: how many items, from when, by which strata."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models import Project
from labeling.policy.sampling import plan_problems


def moment(label: Any) -> forms.DateTimeField:
    """A moment in the person's own zone."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=False, widget=widget)


class SampleForm(forms.Form):
    """A plan for a draw, as people fill it in."""

    name = forms.CharField(label=_("Name"), max_length=120)
    size = forms.IntegerField(label=_("How many items"), min_value=1, required=False, initial=200)
    rate = forms.FloatField(
        label=_("Or which share of them, in percent"),
        min_value=0.001,
        max_value=100,
        required=False,
    )
    since = moment(_("Occurred from"))
    until = moment(_("Occurred before"))
    slices = forms.MultipleChoiceField(
        label=_("Stratify by slices"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("An item counts for the first slice it is in; the others form a rest."),
    )
    by_attribute = forms.CharField(
        label=_("Or by the values of an attribute"),
        max_length=64,
        required=False,
        help_text=_("For example: language."),
    )
    allocation = forms.ChoiceField(
        label=_("Share among strata"),
        choices=[
            ("proportional", _("in proportion to their size")),
            ("equal", _("the same number from each")),
        ],
        initial="proportional",
    )
    seed = forms.IntegerField(
        label=_("Seed"),
        min_value=0,
        max_value=2**62,
        required=False,
        help_text=_("With the same seed and items the same sample is drawn. Empty: by chance."),
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = list(project.slices.values_list("name", flat=True))
        if names:
            self.fields["slices"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]
        else:
            del self.fields["slices"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("rate"):
            cleaned["size"] = None
        for name, problem in plan_problems(self._plan(cleaned)).items():
            if name not in self.errors:
                self.add_error(name if name in self.fields else None, problem)
        return cleaned

    def plan(self) -> dict[str, Any]:
        """The plan as the service takes it."""
        return self._plan(self.cleaned_data)

    def _plan(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        plan = {
            "name": cleaned.get("name"),
            "size": cleaned.get("size"),
            "rate": cleaned["rate"] / 100 if cleaned.get("rate") else None,
            "slices": cleaned.get("slices") or [],
            "by_attribute": cleaned.get("by_attribute") or "",
            "allocation": cleaned.get("allocation") or "proportional",
            "seed": cleaned.get("seed"),
        }
        for name in ("since", "until"):
            if cleaned.get(name):
                plan[name] = _in_utc(cleaned[name])
        return plan


def _in_utc(moment: datetime) -> str:
    try:
        return moment.astimezone(timezone.get_default_timezone()).isoformat()
    except OverflowError:
        raise ValidationError(_("This date is at the very edge of the calendar.")) from None
