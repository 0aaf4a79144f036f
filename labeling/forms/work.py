"""What an annotator looks for among their own judgments, and how they amend one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from labeling.forms.judging import SubmitForm
from labeling.models import Rubric
from labeling.reports.own_work import WorkSearch

SINCE = [("", _("ever")), ("today", _("today")), ("week", _("this week"))]


class WorkForm(forms.Form):
    """A search among own judgments."""

    q = forms.CharField(label=_("Text"), max_length=200, required=False)
    rubric = forms.ModelChoiceField(
        label=_("Rubric"),
        queryset=Rubric.objects.none(),
        to_field_name="uid",
        required=False,
        empty_label=_("all"),
    )
    since = forms.ChoiceField(label=_("When"), choices=SINCE, required=False)
    unsure = forms.BooleanField(label=_("Unsure only"), required=False)

    def __init__(self, *args: Any, rubrics: QuerySet[Rubric], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["rubric"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rubrics

    def search(self, midnight: datetime) -> WorkSearch:
        """What the form asks for; ask only a valid form. Weeks begin on Monday."""
        asked = self.cleaned_data
        days = {"today": 0, "week": midnight.weekday()}.get(asked["since"])
        return WorkSearch(
            text=asked["q"],
            rubric=asked["rubric"].uid if asked["rubric"] else None,
            since=None if days is None else midnight - timedelta(days=days),
            unsure=asked["unsure"],
        )


class AmendForm(SubmitForm):
    """Other answers to an item, under a key of their own; and where to go on."""

    token = forms.UUIDField()
    to = forms.ChoiceField(choices=[("judge", ""), ("work", "")], required=False)
