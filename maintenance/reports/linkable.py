"""What can be linked to a case or cited by a decision: rows of its project that one may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from evaluation.models import Evaluation, ModelVersion, SetVersion, Verdict
from labeling.models import Item, Membership, Queue, RubricVersion, Sample
from labeling.policy.roles import Verb
from maintenance.models import Alert
from maintenance.reports.belongings import Belongings

#: How many of a kind the picker offers.
OFFERED = 5
#: kind of link: model, path to the project, the verb that shows it, when it was made, its name
KINDS: dict[str, tuple[Any, str, Verb, str, Any]] = {
    "sample": (Sample, "project", Verb.SEE_SAMPLES, "created_at", _("sample")),
    "queue": (Queue, "project", Verb.SEE_QUEUES, "created_at", _("queue")),
    "set_version": (
        SetVersion,
        "evaluation_set__project",
        Verb.SEE_SETS,
        "created_at",
        _("set version"),
    ),
    "model_version": (
        ModelVersion,
        "project",
        Verb.SEE_VERSIONS,
        "registered_at",
        _("model version"),
    ),
    "verdict": (
        Verdict,
        "gate_version__gate__project",
        Verb.SEE_GATES,
        "asked_at",
        _("verdict"),
    ),
    "item": (Item, "project", Verb.SEE_ITEMS, "imported_at", _("item")),
}
RELATED = {
    "set_version": ("evaluation_set",),
    "verdict": ("gate_version__gate", "candidate"),
    "alert": ("monitor__signal",),
    "evaluation": ("model_version", "set_version__evaluation_set"),
    "rubric_version": ("rubric",),
}
#: kind of evidence: model, path to the project, the verb that shows it
EVIDENCE: dict[str, tuple[Any, str, Verb]] = {
    "alert": (Alert, "monitor__signal__project", Verb.SEE_SIGNALS),
    "verdict": (Verdict, "gate_version__gate__project", Verb.SEE_GATES),
    "evaluation": (Evaluation, "model_version__project", Verb.SEE_VERSIONS),
    "rubric_version": (RubricVersion, "rubric__project", Verb.SEE_RUBRICS),
    "item": (Item, "project", Verb.SEE_ITEMS),
}


@dataclass(frozen=True)
class Offer:
    """One row that could be linked with one click."""

    kind: str
    name: str
    uid: UUID
    label: str
    made_at: datetime


def linkable(member: Membership, kind: str) -> QuerySet[Any]:
    """The rows of one kind that this member could link; none of a kind that they may not see."""
    model, project, verb, _made_at, _name = KINDS[kind]
    return _seen(member, model, project, verb, kind)


def citable(member: Membership, kind: str) -> QuerySet[Any]:
    """The rows of one kind that this member could cite."""
    model, project, verb = EVIDENCE[kind]
    return _seen(member, model, project, verb, kind)


def offers(own: Belongings, member: Membership) -> list[Offer]:
    """The newest rows of each kind that do not belong to the case: one query a kind."""
    return [offer for kind in KINDS if kind != "item" for offer in _offers(own, member, kind)]


def definitions(member: Membership) -> QuerySet[RubricVersion]:
    """Rubric versions that a decision on a changed definition can cite, the newest first."""
    rows: Any = citable(member, "rubric_version").filter(changes__is_meaning=True).distinct()
    found: QuerySet[RubricVersion] = rows.order_by("-pk")[:OFFERED]
    return found


def evaluations(own: Belongings, member: Membership) -> list[Evaluation]:
    """Done evaluations of the case's candidates and of the live version, the newest first."""
    rows: Any = citable(member, "evaluation").filter(state=Evaluation.State.DONE)
    about = rows.filter(model_version__in=own.versions) | rows.filter(
        model_version__state=ModelVersion.State.LIVE
    )
    return list(about.defer("result").order_by("-created_at")[: 2 * OFFERED])


def _offers(own: Belongings, member: Membership, kind: str) -> list[Offer]:
    _model, _project, _verb, made_at, name = KINDS[kind]
    parts: dict[str, list[Any]] = {
        "sample": own.samples,
        "queue": own.queues,
        "set_version": own.set_versions,
        "model_version": own.versions,
        "verdict": own.verdicts,
    }
    rows = linkable(member, kind).exclude(pk__in=[row.pk for row in parts[kind]])
    return [
        Offer(kind, str(name), row.uid, str(row), getattr(row, made_at))
        for row in rows.order_by(f"-{made_at}")[:OFFERED]
    ]


def _seen(member: Membership, model: Any, project: str, verb: Verb, kind: str) -> QuerySet[Any]:
    rows: QuerySet[Any] = model.objects.filter(**{project: member.project_id})
    rows = rows if member.may(verb) else rows.none()
    return rows.select_related(*RELATED.get(kind, ())) if kind in RELATED else rows
