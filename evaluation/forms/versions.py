"""Questions about versions: what one is called, which file, which set, which state."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from evaluation.models import ModelVersion, SetVersion
from labeling.forms.names import validate_name
from labeling.models import Project


class RegisterForm(forms.Form):
    """A version of the model, with as much as is known of it."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        validators=[validate_name],
        help_text=_("As items say it in model_version."),
    )
    state = forms.ChoiceField(
        label=_("State"),
        choices=ModelVersion.State.choices,
        initial=ModelVersion.State.CANDIDATE,
        required=False,
        help_text=_("One version is live; the one before it is retired."),
    )
    parent = forms.ModelChoiceField(
        ModelVersion.objects.none(), label=_("Made from"), required=False, to_field_name="uid"
    )
    commit = forms.CharField(
        label=_("Commit"), max_length=80, validators=[validate_name], required=False
    )
    link = forms.URLField(label=_("Link"), max_length=500, required=False, assume_scheme="https")
    digest = forms.CharField(
        label=_("Digest"), max_length=128, validators=[validate_name], required=False
    )
    training_digest = forms.CharField(
        label=_("Training-data digest"), max_length=128, validators=[validate_name], required=False
    )

    def __init__(self, *given: Any, project: Project, **named: Any) -> None:
        super().__init__(*given, **named)
        own = ModelVersion.objects.filter(project=project)
        self.fields["parent"].queryset = own  # type: ignore[attr-defined]

    def clean_state(self) -> str:
        return self.cleaned_data["state"] or ModelVersion.State.CANDIDATE


class PredictionsForm(forms.Form):
    """A file of predictions."""

    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "JSON lines or CSV with external_id, prediction and, as you have it, confidence."
        ),
        max_length=4_096,
    )


class SetForm(forms.Form):
    """Which version of a set."""

    set_version = forms.ModelChoiceField(
        SetVersion.objects.none(), label=_("Set"), to_field_name="uid", empty_label=None
    )

    def __init__(self, *given: Any, sets: QuerySet[SetVersion], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["set_version"].queryset = sets  # type: ignore[attr-defined]


class MoveForm(forms.Form):
    """Which state a version is to have."""

    state = forms.ChoiceField(label=_("State"), choices=ModelVersion.State.choices)
