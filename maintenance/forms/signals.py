"""Questions about signals: what one measures, which file of readings, when a monitor fires."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from evaluation.models import EvaluationSet
from labeling.forms.names import validate_name
from labeling.models import Membership, Project
from labeling.policy.roles import Verb
from maintenance.models import Monitor, Signal
from maintenance.policy.alerting import Operator, Rule
from maintenance.services.monitors import LONGEST_MUTE, MOST_WINDOWS, MonitorTerms
from maintenance.services.signals import SignalTerms


class SignalForm(forms.Form):
    """A series that is watched."""

    name = forms.CharField(label=_("Name"), max_length=120, validators=[validate_name])
    key = forms.SlugField(
        label=_("Key"),
        max_length=80,
        help_text=_("What programs call it by; it never changes. Letters, digits, - and _."),
    )
    layer = forms.ChoiceField(
        label=_("Layer"),
        choices=Signal.Layer.choices,
        help_text=_("What it tells about: how good, what comes in, how it runs, who uses it."),
    )
    unit = forms.ChoiceField(
        label=_("Unit"),
        choices=Signal.Unit.choices,
        help_text=_("A share is sent as a number from 0 to 1."),
    )
    better = forms.ChoiceField(label=_("Which way is good"), choices=Signal.Better.choices)
    evaluation_set = forms.ModelChoiceField(
        EvaluationSet.objects.none(),
        label=_("Read it from evaluations on"),
        to_field_name="uid",
        required=False,
        empty_label=_("nothing: readings are sent in"),
        help_text=_("The accuracy of the live version each time it is measured on this set."),
    )
    about = forms.CharField(
        label=_("What it measures"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(
        self, *given: Any, project: Project, signal: Signal | None = None, **named: Any
    ) -> None:
        super().__init__(*given, **named)
        self.signal = signal
        own = EvaluationSet.objects.filter(project=project)
        self.fields["evaluation_set"].queryset = own  # type: ignore[attr-defined]
        if signal is not None:
            del self.fields["key"]
            self.initial = {**vars(SignalTerms.of(signal)), **self.initial}
            self.initial["evaluation_set"] = signal.evaluation_set and signal.evaluation_set.uid

    def terms(self) -> SignalTerms:
        key = {"key": self.signal.key} if self.signal else {}
        return SignalTerms(**{**self.cleaned_data, **key})


class ReadingsForm(forms.Form):
    """A file of readings."""

    file = forms.FileField(
        label=_("File"),
        max_length=4_096,
        help_text=_(
            "CSV or JSON lines with signal, at and value and, as you have them, low, high, n, "
            "slice and model_version. It is taken whole or not at all."
        ),
    )


class MonitorForm(forms.Form):
    """When a monitor fires, how badly that is, and who answers for it."""

    operator = forms.ChoiceField(label=_("Fires when it is"), choices=Monitor.Operator.choices)
    threshold = forms.FloatField(label=_("Threshold"))
    needed = forms.IntegerField(
        label=_("In this many windows"), min_value=1, max_value=MOST_WINDOWS, initial=2
    )
    windows = forms.IntegerField(
        label=_("Of the last"), min_value=1, max_value=MOST_WINDOWS, initial=3
    )
    minimum = forms.IntegerField(
        label=_("Observations a window needs"),
        min_value=0,
        max_value=2**31 - 1,
        initial=0,
        help_text=_("Windows with fewer, or an unknown number, are passed over. 0 takes all."),
    )
    severity = forms.ChoiceField(
        label=_("Severity"), choices=Monitor.Severity.choices, initial=Monitor.Severity.WARNING
    )
    owner = forms.ModelChoiceField(
        Membership.objects.none(),
        label=_("Who gets the case"),
        to_field_name="uid",
        required=False,
        empty_label=_("nobody yet"),
    )
    due_days = forms.IntegerField(
        label=_("Days to settle it"), min_value=0, max_value=365, initial=7
    )
    enabled = forms.BooleanField(label=_("On"), required=False, initial=True)

    def __init__(
        self, *given: Any, signal: Signal, monitor: Monitor | None = None, **named: Any
    ) -> None:
        super().__init__(*given, **named)
        self.signal, self.monitor = signal, monitor
        self.factor = 100 if signal.unit == Signal.Unit.SHARE else 1
        if self.factor == 100:
            self.fields["threshold"].label = _("Threshold, in percent")
        lower = signal.better == Signal.Better.LOWER
        self.fields["operator"].initial = Operator.ABOVE if lower else Operator.BELOW
        able = _able(signal.project)
        self.fields["owner"].queryset = able  # type: ignore[attr-defined]
        if monitor is not None:
            self.initial = {**_initial(monitor, self.factor), **self.initial}

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        needed, windows = given.get("needed"), given.get("windows")
        if needed and windows and needed > windows:
            self.add_error("needed", _now("Not more than are looked at."))
        if given.get("threshold") is not None:
            given["threshold"] = round(given["threshold"] / self.factor, 12)
        return given

    def terms(self, **where: Any) -> MonitorTerms:
        return MonitorTerms(**{**self.cleaned_data, **where})

    def rule(self) -> Rule:
        """What would be asked, for the replay."""
        given = self.cleaned_data
        numbers = {name: given[name] for name in ("threshold", "needed", "windows", "minimum")}
        return Rule(Operator(given["operator"]), **numbers)


class MuteForm(forms.Form):
    """For how long a monitor opens no alert, and why."""

    days = forms.IntegerField(
        label=_("For how many days"),
        min_value=0,
        max_value=LONGEST_MUTE.days,
        initial=3,
        help_text=_("0 ends a mute. Readings are kept all the same."),
    )
    why = forms.CharField(label=_("Why"), max_length=200)

    def until(self) -> datetime | None:
        days = self.cleaned_data["days"]
        # a minute less: the service asks for at most so many days from its own now
        return timezone.now() + timedelta(days=days, minutes=-1) if days else None


def _initial(monitor: Monitor, factor: int) -> dict[str, Any]:
    said = vars(MonitorTerms.of(monitor))
    threshold = round(factor * monitor.threshold, 9)
    owner = monitor.owner.uid if monitor.owner else None
    return {**said, "threshold": f"{threshold:.12g}", "owner": owner}


def _able(project: Project) -> Any:
    """The people of a project who may work on its cases."""
    active = Membership.objects.active().filter(project=project).select_related("user", "team")
    keys = [member.pk for member in active if member.may(Verb.WORK_CASES)]
    return active.filter(pk__in=keys)
