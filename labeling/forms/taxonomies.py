"""What is typed to change a tree of labels: one small form for each step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from labeling.forms.rubrics import area
from labeling.policy.rubric_parts import DESCRIPTION_LIMIT, LABEL_LIMIT
from labeling.policy.taxonomy_edits import Nodes, Op

NAME = {"max_length": LABEL_LIMIT}


class PlaceField(forms.CharField):
    """A label by its key or its name; what is found is its key."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.widget.attrs |= {"list": "labels", "autocomplete": "off"}
        self.nodes: Nodes = []

    def clean(self, value: Any) -> str:
        said = str(super().clean(value))
        keys = {node["key"] for node in self.nodes}
        named = [node["key"] for node in self.nodes if node.get("label") == said]
        if not said or said in keys:
            return said
        if len(named) > 1:
            raise ValidationError(_now("Several labels are called so; choose one by its key."))
        if not named:
            raise ValidationError(_now("There is no such label in this tree."))
        return str(named[0])


class LinesField(forms.CharField):
    """One text a line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=area(3), **options)

    def clean(self, value: Any) -> list[str]:
        lines = str(super().clean(value)).splitlines()
        return [" ".join(line.split()) for line in lines if line.strip()]


class StepForm(forms.Form):
    """A step on one label of the draft."""

    key = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, nodes: Nodes, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            if isinstance(field, PlaceField):
                field.nodes = nodes

    def step(self) -> dict[str, Any]:
        """What was typed, as the step's own fields."""
        return dict(self.cleaned_data)


class AddForm(StepForm):
    """A new label, at the top or below another one."""

    label = forms.CharField(label=_("Name"), **NAME)  # type: ignore[arg-type]
    parent = PlaceField(label=_("Below"), required=False, help_text=_("Empty: at the top."))
    own_key = forms.CharField(
        label=_("Key"), max_length=60, required=False, help_text=_("Empty: made from the name.")
    )
    synonyms = LinesField(label=_("Synonyms, one a line"), required=False)
    description = forms.CharField(
        label=_("Definition"), max_length=DESCRIPTION_LIMIT, required=False, widget=area(3)
    )

    def step(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        own_key = said.pop("own_key")
        return {**said, "key": own_key, "parent": said["parent"] or None}


class RenameForm(StepForm):
    """Another name for a label that means the same."""

    label = forms.CharField(label=_("Name"), **NAME)  # type: ignore[arg-type]


class EditForm(StepForm):
    """What is said about a label."""

    synonyms = LinesField(label=_("Synonyms, one a line"), required=False)
    description = forms.CharField(
        label=_("Definition"), max_length=DESCRIPTION_LIMIT, required=False, widget=area(4)
    )


class RekeyForm(StepForm):
    """Another key for a label that nobody can have answered yet."""

    to = forms.CharField(label=_("Key"), max_length=60)


class MoveForm(StepForm):
    """Another place in the tree."""

    parent = PlaceField(label=_("Below"), required=False, help_text=_("Empty: at the top."))
    before = forms.CharField(widget=forms.HiddenInput, required=False)

    def step(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {**said, "parent": said["parent"] or None, "before": said["before"] or None}


class MergeForm(StepForm):
    """The label that another one goes into."""

    into = PlaceField(label=_("Into"))


class SplitForm(StepForm):
    """The labels that take the place of one."""

    into = LinesField(label=_("New labels, one a line"))

    def step(self) -> dict[str, Any]:
        return {
            **self.cleaned_data,
            "into": [{"label": name} for name in self.cleaned_data["into"]],
        }


FORMS: Mapping[Op, type[StepForm]] = {
    Op.ADD: AddForm,
    Op.RENAME: RenameForm,
    Op.EDIT: EditForm,
    Op.REKEY: RekeyForm,
    Op.MOVE: MoveForm,
    Op.MERGE: MergeForm,
    Op.SPLIT: SplitForm,
    Op.DEPRECATE: StepForm,
    Op.RESTORE: StepForm,
    Op.REMOVE: StepForm,
}
