"""The form that registers a gate, in points and percent as people say them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluation.models import GateCriterion, ModelVersion, SetVersion
from evaluation.policy.judged import COMPARING, RATING
from evaluation.reports.judged import asked_in
from evaluation.services.gates import ERROR_RATE
from labeling.forms.names import validate_name
from labeling.models import Project, Slice
from labeling.reports.items import known_fields

Scope = GateCriterion.Scope
SUGGESTED_FROM = 5


def _points(label: Any, initial: float | None = None, **fields: Any) -> forms.FloatField:
    return forms.FloatField(
        label=label, min_value=0, max_value=99, initial=initial, required=False, **fields
    )


class GateForm(forms.Form):
    """What a candidate must show against the baseline: overall, and nowhere much worse."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        validators=[validate_name],
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
    branch = forms.CharField(
        label=gettext_lazy("In this branch"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"list": "branches", "autocomplete": "off"}),
    )
    one_branch_margin = _points(gettext_lazy("At most this many points worse"), 5)
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

    win_question = forms.ChoiceField(
        label=gettext_lazy("When people compare the outputs and are asked"), required=False
    )
    win_floor = _points(
        gettext_lazy("At least this win rate against the baseline, in percent"),
        50,
        help_text=gettext_lazy("A tie counts as half a win. 50: as good as the baseline."),
    )
    score_question = forms.ChoiceField(
        label=gettext_lazy("When people judge each output and are asked"), required=False
    )
    score_margin = _points(
        gettext_lazy("At most this many points of the scale worse"),
        5,
        help_text=gettext_lazy("Of a hundred, from the scale's low end to its high one."),
    )
    error_rate = forms.FloatField(
        label=gettext_lazy("Chance of a wrong yes, in percent"),
        min_value=0.01,
        max_value=49.99,
        initial=int(100 * ERROR_RATE),
        required=False,
        help_text=gettext_lazy("For each criterion. The smaller it is, the more labels it takes."),
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
        self.branches = _labels(rows)
        asked = asked_in(project)
        for field, kinds in (("win_question", COMPARING), ("score_question", RATING)):
            keys = sorted({one.key for one in asked if one.kind in kinds})
            choices = [("", _("none")), *((key, key) for key in keys)]
            self.fields[field].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The branch by its key: people may write its label, or any answer of the set."""
        given: dict[str, Any] = super().clean() or {}
        named, version = given.get("branch"), given.get("set_version")
        if named and version:
            found = _key_of(named, version)
            if found is None:
                self.add_error("branch", _("The set has no such reference answer, nor a branch."))
            given["branch_key"] = found
        return given

    def error_share(self) -> float:
        """The chance of a wrong yes as a share."""
        given = self.cleaned_data["error_rate"]
        return ERROR_RATE if given is None else float(given) / 100

    def criteria(self) -> list[dict[str, Any]]:
        """What the service takes: shares in place of points."""
        given = self.cleaned_data
        limits = {"margin": given["overall_margin"], "floor": given["overall_floor"]}
        shares = {name: value / 100 for name, value in limits.items() if value is not None}
        criteria: list[dict[str, Any]] = [{"scope": Scope.OVERALL, **shares}] if shares else []
        if given["branch_margin"] is not None:
            criteria.append(self._worse(Scope.BRANCHES, "branch_margin"))
        if given["branch"]:
            conditions = [{"field": "reference", "operator": "is", "value": given["branch_key"]}]
            asked = self._worse(Scope.SLICE, "one_branch_margin")
            criteria.append({**asked, "name": given["branch"], "conditions": conditions})
        if given["attribute"]:
            conditions = [{"field": f"attributes.{given['attribute']}"}]
            asked = self._worse(Scope.ATTRIBUTE, "attribute_margin")
            criteria.append({**asked, "name": given["attribute"], "conditions": conditions})
        if row := given["slice"]:
            asked = self._worse(Scope.SLICE, "slice_margin")
            criteria.append({**asked, "name": row.name, "conditions": row.conditions})
        return criteria + self._judged()

    def _judged(self) -> list[dict[str, Any]]:
        """What people have to have said of the outputs."""
        asks = (
            (GateCriterion.Metric.WIN_RATE, "win_question", "win_floor", "floor"),
            (GateCriterion.Metric.RUBRIC_SCORE, "score_question", "score_margin", "margin"),
        )
        return [
            {
                "metric": metric,
                "question": self.cleaned_data[question],
                "scope": Scope.OVERALL,
                limit: self._share(field),
            }
            for metric, question, field, limit in asks
            if self.cleaned_data[question]
        ]

    def _share(self, field: str) -> float:
        given, default = self.cleaned_data[field], self.fields[field].initial
        return float(default if given is None else given) / 100

    def _worse(self, scope: Scope, field: str) -> dict[str, Any]:
        return {
            "scope": scope,
            "margin": self._share(field),
            "critical": self.cleaned_data["critical"],
        }


def _labels(versions: QuerySet[SetVersion]) -> list[str]:
    """The branches that the newest set versions know, to be suggested."""
    trees = versions.exclude(taxonomy=[]).values_list("taxonomy", flat=True)[:SUGGESTED_FROM]
    return list(dict.fromkeys(node["label"] or node["key"] for tree in trees for node in tree))


def _key_of(named: str, version: SetVersion) -> str | None:
    """The reference answer or branch of this key or label."""
    nodes = {node["key"] for node in version.taxonomy}
    labels = {node["label"]: node["key"] for node in version.taxonomy if node["label"]}
    if named in nodes or named in labels:
        return named if named in nodes else labels[named]
    answered = version.examples.filter(**{f"references__{version.criterion}": named})
    return named if answered.exists() else None


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
