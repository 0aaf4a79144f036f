"""The form that has outputs judged."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from evaluation.models import ModelVersion, SetVersion
from evaluation.policy.judged import HIDDEN
from evaluation.services.judged import MOST_ITEMS, Asked
from labeling.forms.blinding import hiding
from labeling.forms.names import validate_name
from labeling.forms.queues import QueueFields

#: What is said of fields that every queue has, where outputs are judged.
HELP = {
    "rubric_version": _(
        "For a pair it asks for a preference or a ranking; for one output, about the output on a"
        " scale, yes or no, or a number."
    ),
    "overlap": _("How many people judge each item. Each item counts once all the same."),
}


class JudgedForm(QueueFields):
    """Whose outputs, beside whose, on which items, by which rubric, and by whom."""

    set_version = forms.ModelChoiceField(
        label=_("Set version"),
        queryset=SetVersion.objects.none(),
        to_field_name="uid",
        empty_label=None,
        help_text=_("Its items are the inputs that the outputs answer."),
    )
    against = forms.ModelChoiceField(
        label=_("Beside the outputs of"),
        queryset=ModelVersion.objects.none(),
        to_field_name="uid",
        required=False,
        empty_label=_("no other version: each output by itself"),
        help_text=_("Then people see both without a name and say which is better."),
    )
    size = forms.IntegerField(
        label=_("How many items"),
        min_value=1,
        max_value=MOST_ITEMS,
        required=False,
        help_text=_("Drawn at random. Empty: all that have an output."),
    )
    name = forms.CharField(
        label=_("Name"), max_length=120, required=False, validators=[validate_name]
    )
    shuffle_sides = forms.BooleanField(
        label=_("Draw for each person on which side an output stands"),
        required=False,
        initial=True,
    )

    def __init__(self, *args: Any, version: ModelVersion, **kwargs: Any) -> None:
        super().__init__(*args, project=version.project, **kwargs)
        self.version = version
        frozen = SetVersion.objects.frozen().filter(evaluation_set__project=version.project)
        self.offer(
            set_version=frozen.select_related("evaluation_set").order_by("-created_at"),
            against=version.project.versions.exclude(pk=version.pk),
        )
        for name, text in HELP.items():
            self.fields[name].help_text = text

    def asked(self) -> Asked:
        """What the service takes."""
        given = self.cleaned_data
        blinding = {
            "show": dict(HIDDEN),
            "shuffle_sides": given["shuffle_sides"],
            "shuffle_options": given["shuffle_options"],
            **hiding(given.get("hide_fields", ())),
        }
        settings = {name: given[name] for name in ("overlap", "lane_attribute")}
        return Asked(
            self.version,
            given["set_version"],
            given["rubric_version"],
            against=given["against"],
            size=given["size"],
            name=given["name"],
            settings={**settings, "blinding": blinding},
            teams=list(given.get("teams") or ()),
        )
