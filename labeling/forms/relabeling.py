"""How many of the touched tasks are judged again first."""

from __future__ import annotations

from django import forms


class SampleForm(forms.Form):
    """The size of a sample; below ten its interval says next to nothing."""

    first = forms.IntegerField(min_value=10, max_value=10_000)
