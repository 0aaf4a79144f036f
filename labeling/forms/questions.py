"""What annotators ask and tell, and what leads write back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from labeling.models import Question, RubricVersion
from labeling.services.questions import ANSWER_LIMIT, QUESTION_LIMIT

ABOUT = _("All of it")


#: What is written, and what becomes of it, by kind.
WRITTEN = {
    Question.Kind.QUESTION: (
        _("Question"),
        _("The lead sees your name, this question and the item. Others do not."),
    ),
    Question.Kind.GAP: (
        _("What does the rubric not say?"),
        _("The lead sees your name, this and the item. Others do not. The item stays yours."),
    ),
}


class AskForm(forms.Form):
    """A question about an item or a gap in its rubric, perhaps about one criterion of it."""

    kind = forms.ChoiceField(
        choices=Question.Kind.choices, required=False, widget=forms.HiddenInput
    )
    criterion = forms.ChoiceField(label=_("About"), required=False)
    text = forms.CharField(max_length=QUESTION_LIMIT, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(
        self, data: Any = None, *, version: RubricVersion, kind: str = "", **kwargs: Any
    ) -> None:
        self.is_gap = kind == Question.Kind.GAP
        kind = Question.Kind.GAP if self.is_gap else Question.Kind.QUESTION
        super().__init__(data, initial={"kind": kind}, **kwargs)
        self.fields["text"].label, self.fields["text"].help_text = WRITTEN[kind]
        offer_criteria(self.fields["criterion"], version)

    def clean_kind(self) -> str:
        """What says nothing of its kind is a question."""
        return self.cleaned_data["kind"] or Question.Kind.QUESTION


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
