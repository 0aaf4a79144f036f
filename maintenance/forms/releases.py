"""Questions about a release: what goes out and how, why it stops, who vouches and for how long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluation.models import Gate, ModelVersion
from labeling.models import Project
from maintenance.models import Case
from maintenance.policy.releasing import LONGEST_SOAK, MOST_STAGES, Kind, StageTerms

TEXT = 4000
#: Hours that an override may be asked for.
LASTS = (
    (4, gettext_lazy("four hours")),
    (24, gettext_lazy("a day")),
    (72, gettext_lazy("three days")),
    (168, gettext_lazy("a week")),
    (336, gettext_lazy("two weeks")),
)


def _text(label: Any, rows: int = 3, **fields: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=TEXT, widget=widget, **fields)


def _hours(label: Any, initial: int, **fields: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, initial=initial, min_value=0, max_value=LONGEST_SOAK, **fields
    )


class PlanForm(forms.Form):
    """Which candidate goes out on which gate, in which steps, and how one gets back."""

    candidate = forms.ModelChoiceField(
        label=gettext_lazy("Candidate"),
        queryset=ModelVersion.objects.none(),
        to_field_name="uid",
        empty_label=None,
    )
    gate = forms.ModelChoiceField(
        label=gettext_lazy("Gate"),
        queryset=Gate.objects.none(),
        to_field_name="uid",
        empty_label=None,
        help_text=gettext_lazy("Its newest version has to pass this candidate at every stage."),
    )
    rollback_plan = _text(
        gettext_lazy("How to go back"),
        help_text=gettext_lazy("What has to be done where, and who can do it at night."),
    )
    case = forms.ModelChoiceField(
        label=gettext_lazy("Case"),
        queryset=Case.objects.none(),
        to_field_name="uid",
        required=False,
        empty_label=gettext_lazy("none"),
    )
    shadow = forms.BooleanField(
        label=gettext_lazy("Begin in shadow: it sees everything and answers nobody"),
        required=False,
        initial=True,
    )
    canary = forms.CharField(
        label=gettext_lazy("Canary steps, in percent of traffic"),
        max_length=60,
        required=False,
        initial="5, 25",
        help_text=gettext_lazy("Separated by commas, rising."),
    )
    soak_hours = _hours(gettext_lazy("Hours that each stage lasts at least"), 24)
    watch_hours = _hours(gettext_lazy("Hours of the watch after it is full"), 168)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = {
            "candidate": project.versions.filter(state=ModelVersion.State.CANDIDATE),
            "gate": Gate.objects.filter(project=project),
            "case": Case.objects.open().filter(project=project),
        }
        for name, rows in offered.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]

    def clean_canary(self) -> list[float]:
        """Shares in place of percent."""
        given = self.cleaned_data["canary"].replace("%", " ").replace(",", " ").split()
        try:
            percents = [float(word) for word in given]
        except ValueError as error:
            raise ValidationError(_("Numbers, separated by commas.")) from error
        if len(percents) > MOST_STAGES - 3:
            raise ValidationError(_("At most nine steps."))
        if not all(0 < percent < 100 for percent in percents) or percents != sorted(percents):
            raise ValidationError(_("Between 0 and 100, each at least the one before it."))
        return [percent / 100 for percent in percents]

    def stages(self) -> list[StageTerms]:
        """The steps, in order."""
        given = self.cleaned_data
        soak = given["soak_hours"]
        shadow = [StageTerms(Kind.SHADOW, 0, soak)] if given["shadow"] else []
        canary = [StageTerms(Kind.CANARY, share, soak) for share in given["canary"]]
        last = [StageTerms(Kind.FULL, 1, soak), StageTerms(Kind.WATCH, 1, given["watch_hours"])]
        return [*shadow, *canary, *last]

    def plan(self) -> dict[str, Any]:
        """What the service takes."""
        names = ("candidate", "gate", "rollback_plan", "case")
        return {**{name: self.cleaned_data[name] for name in names}, "stages": self.stages()}


class WhyForm(forms.Form):
    """A reason in words. The browser does not ask for it: a dialog may stand before the field."""

    use_required_attribute = False

    why = _text(gettext_lazy("Why"), rows=2)


class OverrideForm(forms.Form):
    """Why the next stage may be entered without a passing verdict, and for how long."""

    reason = _text(gettext_lazy("Reason"), rows=2)
    hours = forms.TypedChoiceField(
        label=gettext_lazy("It counts for"), choices=LASTS, coerce=int, initial=24
    )

    def expires_at(self, now: datetime) -> datetime:
        """When it ends, if it is granted now."""
        return now + timedelta(hours=self.cleaned_data["hours"])
