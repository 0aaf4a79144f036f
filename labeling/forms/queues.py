"""The one form that makes a queue."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from labeling.forms.blinding import FieldsToHide, hiding
from labeling.forms.names import validate_name
from labeling.models import Project, Queue, RubricVersion, Sample, Skip, Team


class QueueFields(forms.Form):
    """What is asked of all work for annotators: by which rubric, how many judge, and who may."""

    rubric_version = forms.ModelChoiceField(
        label=_("Rubric version"),
        queryset=RubricVersion.objects.none(),
        to_field_name="uid",
        empty_label=None,
    )
    overlap = forms.IntegerField(
        label=_("Overlap"),
        min_value=1,
        max_value=50,
        initial=2,
        help_text=_("How many people judge each item. Agreement needs at least two."),
    )
    teams = forms.ModelMultipleChoiceField(
        label=_("Only for these teams"),
        queryset=Team.objects.none(),
        to_field_name="uid",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: for everybody who annotates here."),
    )
    lane_attribute = forms.CharField(
        label=_("Attribute that holds an item's language"),
        max_length=64,
        required=False,
        help_text=_("Then people are only given items in languages they speak."),
    )

    hide_fields = FieldsToHide()
    shuffle_options = forms.BooleanField(
        label=_("Shuffle the order of options for each person"),
        required=False,
        help_text=_("Where one or several are chosen; the order shown is kept with the answer."),
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        published = RubricVersion.objects.published().filter(rubric__project=project)
        teams = Team.objects.filter(project=project)
        versions = published.select_related("rubric").order_by("-published_at")
        self.offer(rubric_version=versions, teams=teams)
        if not teams.exists():
            del self.fields["teams"]
        to_hide = self.fields.get("hide_fields")
        if isinstance(to_hide, FieldsToHide) and not to_hide.offer(project):
            del self.fields["hide_fields"]

    def offer(self, **choices: QuerySet[Any]) -> None:
        """Say what can be chosen in a field, where the form has it."""
        for name in choices.keys() & self.fields.keys():
            self.fields[name].queryset = choices[name]  # type: ignore[attr-defined]

    def refuse(self, error: ValidationError) -> None:
        """Show what a service did not accept, each problem at its field."""
        problems = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, sentences in problems.items():
            self.add_error(name if name in self.fields else None, sentences)


class QueueForm(QueueFields):
    """Rubric version, sample, overlap, lease, who may work on it, blinding."""

    name = forms.CharField(label=_("Name"), max_length=120, validators=[validate_name])
    sample = forms.ModelChoiceField(
        label=_("Sample"), queryset=Sample.objects.none(), to_field_name="uid", empty_label=None
    )
    overlap_percent = forms.IntegerField(
        label=_("Share judged by so many, %"),
        min_value=1,
        max_value=100,
        initial=100,
        required=False,
        help_text=_("The others are judged by one person each, whose answer stands."),
    )
    settling = forms.ChoiceField(
        label=_("A task is settled"),
        choices=Queue.Settling.choices,
        initial=Queue.Settling.UNANIMOUS,
        help_text=_("Otherwise it is disputed and waits for an adjudicator."),
    )
    lease_minutes = forms.IntegerField(
        label=_("Minutes for one item"),
        min_value=1,
        max_value=480,
        initial=15,
        help_text=_("Then the place is given to somebody else; what was typed is kept."),
    )
    cap_each = forms.IntegerField(
        label=_("Most items for one person"),
        min_value=1,
        max_value=1_000_000,
        required=False,
        help_text=_("So that nobody's habits decide the result. Empty: as many as there are."),
    )
    cap_daily = forms.IntegerField(
        label=_("Most items for one person a day"),
        min_value=1,
        max_value=1_000_000,
        required=False,
        help_text=_("Tired people agree less. Empty: no limit."),
    )
    order = forms.ChoiceField(
        label=_("Order"),
        choices=Queue.Order.choices,
        initial=Queue.Order.RANDOM,
        help_text=_("At random, each person has an order of their own."),
    )
    qualified_only = forms.BooleanField(
        label=_("Only people who are qualified for this rubric version"),
        required=False,
        help_text=_("A lead qualifies people on the queue or on their page."),
    )
    sensitive = forms.BooleanField(
        label=_("The items may be upsetting"),
        required=False,
        help_text=_("Each is blurred until it is asked for, and people may decline the queue."),
    )
    languages = forms.CharField(
        label=_("Only in these languages"),
        max_length=200,
        required=False,
        help_text=_("For example: en de. Empty: all."),
    )
    show_prediction = forms.BooleanField(
        label=_("Show the model's prediction to annotators"),
        required=False,
        help_text=_("Their judgments are then marked as not independent."),
    )
    show_attributes = forms.CharField(
        label=_("Show these attributes of an item"),
        max_length=500,
        required=False,
        help_text=_("By their names, for example: channel. Empty: none."),
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, project=project, **kwargs)
        drawn = Sample.objects.filter(project=project, state=Sample.State.DRAWN)
        self.offer(sample=drawn.order_by("-created_at"))

    def settings(self) -> dict[str, Any]:
        """What the service takes."""
        given = dict(self.cleaned_data)
        shown = {
            "prediction": given.pop("show_prediction"),
            "attributes": given.pop("show_attributes").replace(",", " ").split(),
        }
        given["overlap_percent"] = given["overlap_percent"] or 100
        given["blinding"] = {
            "show": shown,
            "shuffle_options": given.pop("shuffle_options"),
            **hiding(given.pop("hide_fields", ())),
        }
        given["languages"] = given["languages"].lower().replace(",", " ").split()
        return given


class SettleSkipsForm(forms.Form):
    """Which task's skips, of which reason, have been dealt with."""

    task = forms.UUIDField()
    reason = forms.ChoiceField(choices=[(str(reason), "") for reason in Skip.FOR_THE_LEAD])
