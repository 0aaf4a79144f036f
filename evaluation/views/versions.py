"""The register of versions; and one version: its slices, what it fixed and broke, confidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from evaluation.forms.versions import MoveForm, PredictionsForm, RegisterForm, SetForm
from evaluation.models import Evaluation, Gate, ModelVersion, SetVersion
from evaluation.models.sets import SetVersionQuerySet
from evaluation.reports.advice import headline
from evaluation.reports.evaluations import ConfidenceResult, Result, costliest_first, read
from evaluation.reports.predictions import Completeness, completeness
from evaluation.reports.versions import Change, Comparison, compared
from evaluation.services import versions as services
from evaluation.services.evaluations import evaluate
from labeling.charts import LineChart, Point, Series, line_chart
from labeling.errors import Conflict
from labeling.models import Membership, Slice
from labeling.policy.roles import Verb
from labeling.views.find import get_member_or_404, require

PAGE = 50
UPLOADS_SHOWN = 10
REASONS_SHOWN = 20


@dataclass(frozen=True)
class Seen:
    """A version beside the set that somebody looks at it on."""

    member: Membership
    version: ModelVersion
    sets: SetVersionQuerySet
    set_version: SetVersion | None
    evaluation: Evaluation | None
    answered: Completeness | None

    @property
    def result(self) -> Result | None:
        return read(self.evaluation) if self.evaluation else None


@require_safe
def versions(request: HttpRequest, project: str) -> HttpResponse:
    """Every version with its state and what it was made from, newest first."""
    member = get_member_or_404(request.user, project, Verb.SEE_VERSIONS)
    return _list(request, member, RegisterForm(project=member.project))


@require_POST
def version_new(request: HttpRequest, project: str) -> HttpResponse:
    """Register a version."""
    member = get_member_or_404(request.user, project, Verb.REGISTER_VERSIONS)
    form = RegisterForm(request.POST, project=member.project)
    if not form.is_valid():
        return _list(request, member, form, status=400)
    try:
        version = services.register_version(member.project, by=member, **form.cleaned_data)
    except Conflict as conflict:
        form.add_error("name", conflict.message)
        return _list(request, member, form, status=409)
    return redirect(version)


@require_safe
def version(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Tab Slices: how good it is overall and by part, the costliest first."""
    seen = _seen(request, project, uid)
    uploads = seen.version.uploads.select_related("created_by__user", "job")[:UPLOADS_SHOWN]
    context = {
        **_context(seen, "slices"),
        "uploads": [(row, row.reasons[:REASONS_SHOWN]) for row in uploads],
        "upload_form": PredictionsForm(),
        "move_form": MoveForm(initial={"state": seen.version.state}),
        "kinds": [(one.name, one.share) for one in seen.result.kinds] if seen.result else [],
        "parts": costliest_first(seen.result.parts, _weights(seen)) if seen.result else [],
        "job": seen.evaluation.job if seen.evaluation else None,
    }
    return render(request, "evaluation/version.html", context)


@require_safe
def version_changes(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Tab Fixed and broken: items side by side with another version."""
    seen = _seen(request, project, uid)
    others = ModelVersion.objects.filter(project=seen.version.project_id).exclude(
        pk=seen.version.pk
    )
    other = _other(request, seen, list(others))
    change = _change(request.GET.get("change", Change.BROKEN))
    context = {**_context(seen, "changes"), "others": others, "other": other, "change": change}
    if other and seen.set_version:
        part = request.GET.get("part", "")
        found = _compared(seen.version, other, seen.set_version, part)
        context |= _changes(request, found, change) | {"part": part, "parts": found.parts}
    return render(request, "evaluation/version_changes.html", context)


@require_safe
def version_confidence(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Tab Confidence: is it as often right as it says it is?"""
    seen = _seen(request, project, uid)
    context = _context(seen, "confidence")
    if seen.result:
        found = seen.result.confidence
        context |= {"found": found, "chart": _reliability(found) if found.bins else None}
    return render(request, "evaluation/version_confidence.html", context)


def _weights(seen: Seen) -> dict[str, float]:
    """What a mistake costs in each slice of the project, by its name."""
    rows = Slice.objects.filter(project=seen.version.project_id)
    return {name: float(weight) for name, weight in rows.values_list("name", "weight")}


def shown_version(
    request: HttpRequest, project: str, uid: UUID, current: str
) -> tuple[Membership, ModelVersion, dict[str, Any]]:
    """What a tab of the Version page shows around its content."""
    seen = _seen(request, project, uid)
    return seen.member, seen.version, _context(seen, current)


@require_POST
def version_predictions(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Take a file of predictions in."""
    member, row = _find(request, project, uid, Verb.REGISTER_VERSIONS)
    form = PredictionsForm(request.POST, request.FILES)
    if not form.is_valid():
        raise ValidationError(_("Choose a file of predictions."))
    services.upload_predictions(row, request.FILES["file"], by=member)
    messages.success(request, _("The predictions are being read."))
    return redirect(row)


@require_POST
def version_move(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Make a version live, candidate or retired."""
    member, row = _find(request, project, uid, Verb.REGISTER_VERSIONS)
    form = MoveForm(request.POST)
    if not form.is_valid():
        raise ValidationError(_("Choose a state."))
    services.move_version(row, form.cleaned_data["state"], by=member)
    return redirect(row)


@require_POST
def version_evaluate(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Have a version measured on a set."""
    member, row = _find(request, project, uid, Verb.SEE_VERSIONS)
    require(member, Verb.ASK_VERDICTS)
    form = SetForm(request.POST, sets=_sets(member))
    if not form.is_valid():
        raise ValidationError(_("Choose a set that is frozen."))
    chosen = form.cleaned_data["set_version"]
    evaluate(row, chosen, by=member)
    return redirect(f"{row.get_absolute_url()}?set_version={chosen.uid}")


def _list(
    request: HttpRequest, member: Membership, form: RegisterForm, status: int = 200
) -> HttpResponse:
    rows = ModelVersion.objects.filter(project=member.project)
    live = rows.filter(state=ModelVersion.State.LIVE).first()
    rows = rows.select_related("project", "parent__project").order_by("-registered_at", "-pk")
    gates = Gate.objects.filter(project=member.project).select_related("project")
    context = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "live": live,
        "form": form,
        "gates": gates if member.may(Verb.SEE_GATES) else gates.none(),
        "may_register": member.may(Verb.REGISTER_VERSIONS),
        "may_register_gates": member.may(Verb.REGISTER_GATES),
    }
    return render(request, "evaluation/versions.html", context, status=status)


def _find(
    request: HttpRequest, project: str, uid: UUID, verb: Verb
) -> tuple[Membership, ModelVersion]:
    member = get_member_or_404(request.user, project, verb)
    rows = ModelVersion.objects.visible_to(request.user).filter(project=member.project)
    rows = rows.select_related("project", "parent__project", "registered_by__user")
    return member, get_object_or_404(rows, uid=uid)


def _seen(request: HttpRequest, project: str, uid: UUID) -> Seen:
    """The version on the set that was asked for, else on the one it was measured on last."""
    member, row = _find(request, project, uid, Verb.SEE_VERSIONS)
    sets = _sets(member)
    evaluations = row.evaluations.select_related("set_version__evaluation_set", "job__project")
    asked = request.GET.get("set_version")
    if asked:
        chosen: SetVersion | None = get_object_or_404(sets, uid=_uuid(asked))
        evaluation = evaluations.filter(set_version=chosen).first()
    else:
        evaluation = evaluations.first()
        chosen = evaluation.set_version if evaluation else sets.first()
    answered = completeness(row, chosen) if chosen else None
    return Seen(member, row, sets, chosen, evaluation, answered)


def _context(seen: Seen, current: str) -> dict[str, Any]:
    query = f"?set_version={seen.set_version.uid}" if seen.set_version else ""
    tabs = [
        ("verdict", _("Verdict"), "version_verdict"),
        ("slices", _("Slices"), "version"),
        ("changes", _("Fixed and broken"), "version_changes"),
        ("confidence", _("Confidence"), "version_confidence"),
        ("judged", _("Judged outputs"), "version_judged"),
    ]
    place = [seen.version.project.slug, seen.version.uid]
    head = headline(seen.version, seen.set_version, seen.evaluation, seen.result, seen.answered)
    return {
        "version": seen.version,
        "set_version": seen.set_version,
        "sets": seen.sets,
        "evaluation": seen.evaluation,
        "result": seen.result,
        "answered": seen.answered,
        "headline": head,
        "may_register": seen.member.may(Verb.REGISTER_VERSIONS),
        "may_evaluate": seen.member.may(Verb.ASK_VERDICTS),
        "tabs": [
            {"label": label, "url": reverse(name, args=place) + query, "current": key == current}
            for key, label, name in tabs
        ],
    }


def _sets(member: Membership) -> SetVersionQuerySet:
    rows = SetVersion.objects.frozen().filter(evaluation_set__project=member.project)
    return rows.select_related("evaluation_set__project").order_by("-created_at", "-pk")


def _other(request: HttpRequest, seen: Seen, others: list[ModelVersion]) -> ModelVersion | None:
    """The version to compare with: as asked, else the parent, the live one, or any."""
    asked = request.GET.get("against")
    if asked:
        found = [row for row in others if str(row.uid) == asked]
        if not found:
            raise Http404
        return found[0]
    live = [row for row in others if row.state == ModelVersion.State.LIVE]
    parents = [row for row in others if row.pk == seen.version.parent_id]
    return next(iter([*parents, *live, *others]), None)


def _compared(
    row: ModelVersion, other: ModelVersion, set_version: SetVersion, part: str
) -> Comparison:
    try:
        return compared(row, other, set_version, part)
    except KeyError as error:
        raise ValidationError(_("There is no part of this name.")) from error


def _changes(request: HttpRequest, found: Comparison, change: Change) -> dict[str, Any]:
    names = {
        Change.BROKEN: _("Broken"),
        Change.FIXED: _("Fixed"),
        Change.BOTH_WRONG: _("Both wrong"),
    }
    page = Paginator(found.places(change), PAGE).get_page(request.GET.get("page"))
    return {
        "page": page,
        "rows": found.rows(list(page.object_list)),
        "counts": [(str(one), name, found.count(one)) for one, name in names.items()],
        "unanswered": found.before.missing + found.given.missing,
    }


def _change(given: str) -> Change:
    try:
        return Change(given)
    except ValueError as error:
        raise ValidationError(_("There is nothing of this name to filter by.")) from error


def _uuid(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError as error:
        raise Http404 from error


def _reliability(found: ConfidenceResult) -> LineChart:
    """Accuracy by confidence, beside what it would be if every confidence were right."""
    labels = [f"{100 * one.confidence:.0f}%" for one in found.bins]
    right = [
        Point(label, one.accuracy.value, one.accuracy.low, one.accuracy.high)
        for label, one in zip(labels, found.bins, strict=True)
    ]
    said = [Point(label, one.confidence) for label, one in zip(labels, found.bins, strict=True)]
    series = [Series(_("right"), right), Series(_("as confident"), said)]
    return line_chart(series, domain=(0.0, 1.0))
