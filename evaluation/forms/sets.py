"""Questions about evaluation sets: what they are called, what is frozen, which column is what."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from evaluation.formats.labeled import LabeledMapping
from evaluation.models import EvaluationSet
from evaluation.services.set_imports import answerable_criteria
from labeling.formats.columns import Column
from labeling.formats.mapping import Mapping, MappingError
from labeling.formats.suggestions import named
from labeling.forms.names import validate_name
from labeling.models import Criterion, Project, Queue
from labeling.policy.rubrics import KINDS_OF_ONE_KEY
from labeling.reports.exports import DECIDED

MOST_COLUMNS = 100


class SetForm(forms.ModelForm[EvaluationSet]):
    """A set's name and role."""

    class Meta:
        model = EvaluationSet
        fields = ("name", "role")
        widgets = {"role": forms.RadioSelect}
        help_texts = {
            "role": _(
                "A frozen benchmark stays comparable for long, a rolling one follows the traffic,"
                " an edge-case set holds what must never break."
            )
        }

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._project = project
        role: Any = self.fields["role"]
        role.choices = EvaluationSet.Role.choices
        role.initial = EvaluationSet.Role.FROZEN

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        validate_name(name)
        if EvaluationSet.objects.filter(project=self._project, name=name).exists():
            raise ValidationError(_("There is already an evaluation set of this name."))
        return name


class QueueChoice(forms.ModelMultipleChoiceField[Queue]):
    """Queues with how much of each is finished."""

    def label_from_instance(self, obj: Any) -> str:
        finished = ngettext("%(count)d finished task", "%(count)d finished tasks", obj.finished)
        return f"{obj.name}: {finished % {'count': obj.finished}}, {obj.rubric_version}"


class FreezeForm(forms.Form):
    """Whose finished tasks become examples, and what predictions will answer."""

    queues = QueueChoice(
        label=_("Queues"),
        queryset=Queue.objects.none(),
        to_field_name="uid",
        widget=forms.CheckboxSelectMultiple,
        help_text=_("All under one rubric version."),
    )
    criterion = forms.ChoiceField(label=_("Predictions answer"))

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        queues = finished_queues(project)
        self.fields["queues"].queryset = queues  # type: ignore[attr-defined]
        self.fields["criterion"].choices = _criteria(queues)  # type: ignore[attr-defined]


class LabeledFileForm(forms.Form):
    """A file of items with their right answers."""

    file = forms.FileField(
        label=_("Labeled file"),
        help_text=_("JSON lines or CSV. You see its columns before anything is frozen."),
        max_length=4_096,
    )


class CriterionChoice(forms.ModelChoiceField[Criterion]):
    """Criteria with the rubric version that asks them."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.version}: {obj.prompt}"


class LabeledMappingForm(forms.Form):
    """Which column is the right answer, to what, and which make the item."""

    label = forms.ChoiceField(label=_("Right answer"))
    criterion = CriterionChoice(
        label=_("It answers"),
        queryset=Criterion.objects.none(),
        to_field_name="uid",
        required=False,
        empty_label=_("no criterion of this project"),
        help_text=_("With a taxonomy, versions are compared branch by branch."),
    )
    external_id = forms.ChoiceField(
        label=_("Id of the item"),
        required=False,
        help_text=_("Without one, the same content is the same item."),
    )
    content = forms.MultipleChoiceField(
        label=_("Content"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None, where the file only names items that are here already."),
    )
    attributes = forms.MultipleChoiceField(
        label=_("Attributes"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self,
        *args: Any,
        project: Project,
        columns: list[Column],
        suggested: LabeledMapping,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["criterion"].queryset = answerable_criteria(project)  # type: ignore[attr-defined]
        self.initial = {
            "label": suggested.label,
            "external_id": suggested.item.external_id,
            "content": list(suggested.item.content.values()),
            "attributes": list(suggested.item.attributes.values()),
        }
        paths = [(column.path, column.path) for column in columns[:MOST_COLUMNS]]
        optional = [("", _("none")), *paths]
        for name, choices in (("label", optional), ("external_id", optional)):
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        for name in ("content", "attributes"):
            self.fields[name].choices = paths  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        given = LabeledMapping(
            cleaned.get("label", ""),
            Mapping(
                external_id=cleaned.get("external_id", ""),
                content=named(cleaned.get("content", [])),
                attributes=named(cleaned.get("attributes", [])),
            ),
        )
        try:
            given.check()
        except MappingError as error:
            self.add_error(None, str(error))
        return cleaned | {"mapping": given}


class SetExportForm(forms.Form):
    """How a version is to leave."""

    layout = forms.ChoiceField(
        label=_("Format"),
        choices=[
            ("jsonl", _("JSON lines")),
            ("csv", _("CSV, safe for spreadsheets")),
            ("parquet", _("Parquet")),
            ("huggingface", _("Hugging Face: Parquet with a card")),
        ],
        initial="jsonl",
        widget=forms.RadioSelect,
    )
    contents = forms.ChoiceField(
        label=_("What"),
        choices=[
            ("whole", _("Examples with their right answers and weights")),
            ("inputs", _("Inputs only, for predicting")),
        ],
        initial="whole",
        widget=forms.RadioSelect,
    )


def finished_queues(project: Project) -> Any:
    """Queues in which something has been decided, the newest first."""
    decided = Count("tasks", filter=Q(tasks__state__in=DECIDED))
    rows = Queue.objects.filter(project=project).annotate(finished=decided)
    return rows.filter(finished__gt=0).select_related("rubric_version__rubric")


def _criteria(queues: Any) -> list[tuple[str, str]]:
    """The criteria that these queues ask for, each key once."""
    versions = queues.order_by().values("rubric_version")
    rows = Criterion.objects.filter(version__in=versions, kind__in=KINDS_OF_ONE_KEY)
    asked = dict(rows.order_by("-version", "position").values_list("key", "prompt"))
    return [(key, f"{key}: {prompt}") for key, prompt in asked.items()]
