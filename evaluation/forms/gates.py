"""The form that registers a gate, in points and percent as people say them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluation.models import GateCriterion, ModelVersion, SetVersion
from labeling.models import Project, Slice
from labeling.reports.items import known_fields

Scope = GateCriterion.Scope


def _points(label: Any, initial: float | None = None, **fields: Any) -> forms.FloatField:
    return forms.FloatField(
        label=label, min_value=0, max_value=99, initial=initial, required=False, **fields
    )


class GateForm(forms.Form):
    """What a candidate must show against the baseline: overall, and nowhere much worse."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("The name of a gate that is there makes its next version."),
    )
    set_version = forms.ModelChoiceField(
        label=gettext_lazy("Set version"),
        queryset=SetVersion.objects.none(),
        to_field_name="uid",
        empty_label=None,
    )
    overall_margin = _points(
        gettext_lazy("Overall, at most this many points worse"),
        2,
        help_text=gettext_lazy("Than the baseline, in accuracy. Empty: not compared."),
    )
    overall_floor = _points(
        gettext_lazy("Overall, at least this accuracy in percent"),
        help_text=gettext_lazy("Whatever the baseline does. Empty: no floor."),
    )
    branch_margin = _points(
        gettext_lazy("In every branch of the reference answer, at most this many points worse"),
        10,
        help_text=gettext_lazy("Without a taxonomy, for every reference answer. Empty: not asked."),
    )
    attribute = forms.ChoiceField(
        label=gettext_lazy("For every value of this attribute"), required=False
    )
    attribute_margin = _points(gettext_lazy("At most this many points worse"), 10)
    slice = forms.ModelChoiceField(
        label=gettext_lazy("On this slice"),
        queryset=Slice.objects.none(),
        to_field_name="uid",
        required=False,
        empty_label=gettext_lazy("none"),
    )
    slice_margin = _points(gettext_lazy("At most this many points worse"), 10)
    critical = forms.BooleanField(
        label=gettext_lazy("The slices are critical: name them first when they fail"),
        required=False,
        initial=True,
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        frozen = SetVersion.objects.frozen().filter(evaluation_set__project=project)
        rows = frozen.select_related("evaluation_set").order_by("-created_at")
        self.fields["set_version"].queryset = rows  # type: ignore[attr-defined]
        self.fields["slice"].queryset = project.slices.all()  # type: ignore[attr-defined]
        names = sorted(known_fields(project).attributes)
        choices = [("", _("none")), *((name, name) for name in names)]
        self.fields["attribute"].choices = choices  # type: ignore[attr-defined]

    def criteria(self) -> list[dict[str, Any]]:
        """What the service takes: shares in place of points."""
        given = self.cleaned_data
        limits = {"margin": given["overall_margin"], "floor": given["overall_floor"]}
        shares = {name: value / 100 for name, value in limits.items() if value is not None}
        criteria: list[dict[str, Any]] = [{"scope": Scope.OVERALL, **shares}] if shares else []
        if given["branch_margin"] is not None:
            criteria.append(self._worse(Scope.BRANCHES, "branch_margin"))
        if given["attribute"]:
            conditions = [{"field": f"attributes.{given['attribute']}"}]
            asked = self._worse(Scope.ATTRIBUTE, "attribute_margin")
            criteria.append({**asked, "name": given["attribute"], "conditions": conditions})
        if row := given["slice"]:
            asked = self._worse(Scope.SLICE, "slice_margin")
            criteria.append({**asked, "name": row.name, "conditions": row.conditions})
        return criteria

    def _worse(self, scope: Scope, field: str) -> dict[str, Any]:
        margin = self.cleaned_data[field]
        return {
            "scope": scope,
            "margin": (10 if margin is None else margin) / 100,
            "critical": self.cleaned_data["critical"],
        }


class AskForm(forms.Form):
    """Which version a gate is asked about, and against which."""

    candidate = forms.ModelChoiceField(
        label=gettext_lazy("Candidate"),
        queryset=ModelVersion.objects.none(),
        to_field_name="uid",
        empty_label=None,
    )
    baseline = forms.ModelChoiceField(
        label=gettext_lazy("Baseline"),
        queryset=ModelVersion.objects.none(),
        to_field_name="uid",
        required=False,
        empty_label=gettext_lazy("the live version"),
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("candidate", "baseline"):
            self.fields[name].queryset = project.versions.all()  # type: ignore[attr-defined]
