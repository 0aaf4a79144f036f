"""Well-formed questions to the record, from its page and from programs alike."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from labeling.models import Membership, Project
from maintenance.reports.record import Search


def _date(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


class RecordForm(forms.Form):
    """What to look for in the record."""

    text = forms.CharField(label=_("Text"), max_length=80, required=False)
    who = forms.ModelChoiceField(
        label=_("Who"),
        queryset=Membership.objects.none(),
        to_field_name="uid",
        required=False,
        empty_label=_("anybody"),
    )
    verb = forms.CharField(label=_("Did what"), max_length=60, required=False)
    kind = forms.CharField(label=_("To what kind"), max_length=40, required=False)
    subject = forms.UUIDField(
        label=_("To which (uid)"), required=False, widget=forms.TextInput(attrs={"size": 12})
    )
    since = _date(_("From"))
    until = _date(_("To"))
    before = forms.IntegerField(
        min_value=1, max_value=2**63 - 1, required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        who = self.fields["who"]
        assert isinstance(who, forms.ModelChoiceField)
        people = Membership.objects.filter(project=project).select_related("user")
        who.queryset = people.order_by("user__name", "pk")

    def clean_verb(self) -> str:
        """The verb as events write it; a page shows it as words."""
        return str(self.cleaned_data["verb"]).strip().replace(" ", "_")

    def search(self) -> Search:
        """The question, with what made no sense left out."""
        self.is_valid()
        return Search(**{name: value for name, value in self.cleaned_data.items() if value})
