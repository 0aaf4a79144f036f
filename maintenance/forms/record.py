"""Well-formed questions to the pages of the whole loop."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from maintenance.reports.record import Search


class RecordForm(forms.Form):
    """What to look for in the record."""

    text = forms.CharField(label=_("Who or what"), max_length=80, required=False)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    before = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)

    def search(self) -> Search:
        """The question, with what made no sense left out."""
        self.is_valid()
        given = self.cleaned_data
        return Search(
            text=given.get("text") or "",
            since=given.get("since"),
            until=given.get("until"),
            before=given.get("before"),
        )
