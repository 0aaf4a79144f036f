"""What annotators ask, and what leads write back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from labeling.models import RubricVersion
from labeling.services.questions import ANSWER_LIMIT, QUESTION_LIMIT

ABOUT = _("All of it")


class AskForm(forms.Form):
    """A question about an item, perhaps about one criterion of it."""

    criterion = forms.ChoiceField(label=_("About"), required=False)
    text = forms.CharField(
        label=_("Question"),
        max_length=QUESTION_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The lead sees your name, this question and the item. Others do not."),
    )

    def __init__(self, *args: Any, version: RubricVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_criteria(self.fields["criterion"], version)


class AnswerForm(forms.Form):
    """The answer, and what of it all annotators are to read."""

    text = forms.CharField(
        label=_("Answer"),
        max_length=ANSWER_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Only who asked gets to see it."),
    )
    note = forms.CharField(
        label=_("Publish as a note"),
        max_length=ANSWER_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "What is written here stands beside the guidance for everybody who judges by this "
            "version. Name neither the item nor who asked. Empty: no note."
        ),
    )

    def __init__(self, *args: Any, may_publish: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_publish:
            del self.fields["note"]


class NoteForm(forms.Form):
    """A ruling on a published version."""

    criterion = forms.ChoiceField(label=_("About"), required=False)
    note = forms.CharField(
        label=_("Note"),
        max_length=ANSWER_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Everybody who judges by this version reads it beside the guidance."),
    )

    def __init__(self, *args: Any, version: RubricVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_criteria(self.fields["criterion"], version)


def offer_criteria(field: forms.Field, version: RubricVersion) -> None:
    """Offer each criterion of a version by its question, and the rubric as a whole."""
    assert isinstance(field, forms.ChoiceField)
    criteria = version.criteria.values_list("key", "prompt")
    field.choices = [("", ABOUT), *criteria]
