"""The form that sets a target."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from labeling.models import Membership, Project, Slice
from maintenance.models import Signal, Target


class TargetForm(forms.Form):
    """What a signal should be, where, by when, and who answers for it."""

    signal = forms.ModelChoiceField(
        label=_("Signal"), queryset=Signal.objects.none(), to_field_name="uid"
    )
    part = forms.ModelChoiceField(
        label=_("Where"),
        queryset=Slice.objects.none(),
        to_field_name="uid",
        required=False,
        empty_label=_("everywhere"),
    )
    operator = forms.ChoiceField(label=_("Should be"), choices=Target.Operator.choices)
    value = forms.FloatField(
        label=_("Value"), help_text=_("In the signal's unit; a share from 0 to 1.")
    )
    owner = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=Membership.objects.none(),
        to_field_name="uid",
        required=False,
        empty_label=_("nobody"),
    )
    due = forms.DateField(
        label=_("To be met by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Membership.objects.active().people().filter(project=project)
        rows: dict[str, Any] = {
            "signal": project.signals.all(),
            "part": project.slices.all(),
            "owner": people.select_related("user").order_by("user__name", "pk"),
        }
        for name, found in rows.items():
            self.fields[name].queryset = found  # type: ignore[attr-defined]

    def blame(self, errors: dict[str, list[str]]) -> None:
        """Say what the service refuses, at the field that it is about."""
        for name, messages in errors.items():
            self.add_error("part" if name == "slice" else name, messages)
