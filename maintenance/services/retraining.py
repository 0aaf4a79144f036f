"""Retraining decisions: taken on a case with reasons and evidence; a later one replaces them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluation.models import Evaluation, Verdict
from labeling.errors import Conflict
from labeling.formats.canonical import canonical_json
from labeling.models import Item, Membership, RubricVersion
from labeling.services import audit
from maintenance.models import Alert, Case, RetrainingDecision
from maintenance.policy.retraining import Evidence, Kind, Missing, missing

#: What a decision can cite.
Cited = Alert | Verdict | Evaluation | RubricVersion | Item

WORDS: dict[Missing, Any] = {
    Missing.REASONS: gettext_lazy("Give the reasons."),
    Missing.MEASURED: gettext_lazy(
        "To retrain for a deviation, cite at least one alert, verdict or evaluation."
    ),
    Missing.DRIFT: gettext_lazy("To retrain for drift, cite an alert on a signal of the input."),
    Missing.MATERIAL: gettext_lazy(
        "To retrain for drift, show that it matters: cite an evaluation, a verdict, or an alert on"
        " performance or engagement."
    ),
    Missing.CHANGE: gettext_lazy("Cite the rubric version that changes the definition."),
    Missing.CONFIRMED: gettext_lazy(
        "The change of definition is not confirmed: a rubric version confirms it when it is"
        " published with a change of meaning."
    ),
    Missing.EXAMPLES: gettext_lazy(
        "To retrain after a review, attach at least one item that shows what is wrong."
    ),
}


@transaction.atomic
def decide_retraining(
    case: Case,
    answer: str,
    ground: str,
    reasons: str,
    *,
    evidence: Sequence[Cited] = (),
    by: Membership | None,
    at: datetime | None = None,
) -> RetrainingDecision:
    """Decide on a case; refused in words where the ground lacks its evidence."""
    case = _locked(case)
    _require_of_project(case, evidence)
    _require_carried(answer, ground, reasons, evidence)
    decision = RetrainingDecision(
        case=case,
        answer=answer,
        ground=ground,
        reasons=reasons.strip(),
        evidence=[as_evidence(row) for row in evidence],
        supersedes=case.decisions.current().first(),
        decided_by=by,
        decided_at=at or timezone.now(),
    )
    decision.clean_fields(exclude=["case", "evidence", "supersedes", "decided_by"])
    decision.save()
    cited = [{"kind": one["kind"], "uid": one["uid"]} for one in decision.evidence]
    detail = {"case": str(case.uid), "answer": str(answer), "ground": str(ground)}
    audit.record(
        by, "decided_retraining", decision, at=at, project=case.project, **detail, evidence=cited
    )
    return decision


def as_evidence(row: Cited) -> dict[str, Any]:
    """What a decision keeps of a row: which it was, in words, and a digest of what it said."""
    return {
        "kind": str(kind_of(row)),
        "uid": str(row.uid),
        "text": str(row)[:300],
        "digest": _digest(row),
    }


def kind_of(row: Cited) -> Kind:
    """The name of a row's kind as policy knows it."""
    kinds = {
        Alert: Kind.ALERT,
        Verdict: Kind.VERDICT,
        Evaluation: Kind.EVALUATION,
        RubricVersion: Kind.RUBRIC_VERSION,
        Item: Kind.ITEM,
    }
    return kinds[type(row)]


def _locked(case: Case) -> Case:
    rows = Case.objects.select_for_update(of=("self",), no_key=True).select_related("project")
    case = rows.get(pk=case.pk)
    if case.closed_at is not None:
        raise Conflict("case_closed", _("This case is closed: take it up again first."))
    return case


def _require_of_project(case: Case, evidence: Sequence[Cited]) -> None:
    for row in evidence:
        if _project_of(row) != case.project_id:
            problem = ValidationError(_("There is no such row here."), code="invalid_reference")
            raise ValidationError({"evidence": problem})
        if isinstance(row, Verdict) and row.decided_at is None:
            raise ValidationError({"evidence": _("A verdict is cited once it is decided.")})
        if isinstance(row, Evaluation) and row.state != Evaluation.State.DONE:
            raise ValidationError({"evidence": _("An evaluation is cited once it is done.")})


def _require_carried(answer: str, ground: str, reasons: str, evidence: Sequence[Cited]) -> None:
    lacks = missing(answer, ground, reasons, [_as_fact(row) for row in evidence])
    problems: dict[str, list[Any]] = {}
    for one in lacks:
        field = "reasons" if one == Missing.REASONS else "evidence"
        problems.setdefault(field, []).append(WORDS[one])
    if problems:
        raise ValidationError(problems)


def _as_fact(row: Cited) -> Evidence:
    if isinstance(row, Alert):
        return Evidence(Kind.ALERT, layer=row.monitor.signal.layer)
    if isinstance(row, RubricVersion):
        of_meaning = row.changes.filter(is_meaning=True).exists()
        return Evidence(Kind.RUBRIC_VERSION, confirmed=of_meaning)
    return Evidence(kind_of(row))


def _project_of(row: Cited) -> int:
    if isinstance(row, Alert):
        return row.monitor.signal.project_id
    if isinstance(row, Verdict):
        return row.gate_version.gate.project_id
    if isinstance(row, Evaluation):
        return row.model_version.project_id
    if isinstance(row, RubricVersion):
        return row.rubric.project_id
    return row.project_id


def _digest(row: Cited) -> str:
    if isinstance(row, Alert):
        said = {"sentence": row.sentence, "evidence": row.evidence}
        return sha256(canonical_json(said)).hexdigest()
    if isinstance(row, Evaluation):
        return row.predictions_digest
    return row.content_digest if isinstance(row, Item) else row.digest
