"""What of an item a queue hides although its project shows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from labeling.models import ContentField, Project


class FieldsToHide(forms.MultipleChoiceField):
    """Content fields of a project that its annotators would see otherwise."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("Hide in this queue"),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=_("For example what the version in use answered."),
            **options,
        )

    def offer(self, project: Project) -> bool:
        """Offer the fields that the project shows; whether there is a choice at all."""
        shown = ContentField.objects.filter(project=project).exclude(
            visibility=ContentField.Visibility.HIDDEN
        )
        self.choices = [(row.name, row.label or row.name) for row in shown]
        return len(self.choices) > 1


def hiding(fields: Iterable[str]) -> dict[str, Any]:
    """The part of a queue's blinding that hides these; nothing where there are none."""
    fields = list(fields)
    return {"hide": {"content": fields}} if fields else {}
