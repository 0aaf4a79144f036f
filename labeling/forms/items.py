"""Questions about items: which ones to see, and why one is erased."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models import Project, Slice
from labeling.policy.slices import SliceError, parse
from labeling.reports.items import MOST_VALUES, ItemSearch, KnownFields

#: Attributes that get a filter of their own on the page; the others are for slices.
FILTERED_ATTRIBUTES = 6


class ItemFilterForm(forms.Form):
    """What somebody looks for among a project's items."""

    q = forms.CharField(label=_("Text"), max_length=200, required=False)
    slice = forms.ModelChoiceField(
        label=_("Slice"),
        queryset=Slice.objects.none(),
        to_field_name="uid",
        required=False,
        empty_label=_("all"),
    )
    model_version = forms.ChoiceField(label=_("Model version"), required=False)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("Before"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, project: Project, known: KnownFields, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        slices = self.fields["slice"]
        assert isinstance(slices, forms.ModelChoiceField)
        slices.queryset = Slice.objects.filter(project=project)
        self._offer("model_version", known.model_versions)
        few = {name: values for name, values in known.attributes.items() if _few(values)}
        for name in list(few)[:FILTERED_ATTRIBUTES]:
            field = forms.ChoiceField(label=name, required=False)
            self.fields[f"attributes.{name}"] = field
            self._offer(f"attributes.{name}", few[name])

    def search(self) -> ItemSearch:
        """What the form asks for; ask only a valid form."""
        asked = self.cleaned_data
        given: list[dict[str, Any]] = [
            {"field": name, "operator": "is", "value": asked[name]}
            for name in self.fields
            if (name == "model_version" or name.startswith("attributes.")) and asked[name]
        ]
        for name, operator in (("since", "after"), ("until", "before")):
            if day := asked[name]:
                moment = timezone.make_aware(datetime.combine(day, time.min))
                given.append({"field": "occurred_at", "operator": operator, "value": moment})
        chosen = asked["slice"].parsed() if asked["slice"] else []
        return ItemSearch(asked["q"], (*chosen, *_parsed(given)))

    def _offer(self, name: str, values: list[str]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("all")), *((value, value) for value in values)]


class EraseForm(forms.Form):
    """Why the content of an item goes."""

    why = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("It stays on the item's page and in the record. Do not repeat the content."),
    )


def _few(values: list[str]) -> bool:
    return 1 < len(values) < MOST_VALUES


def _parsed(given: list[dict[str, Any]]) -> list[Any]:
    try:
        return parse(given)
    except SliceError as error:
        raise ValidationError(str(error)) from error
