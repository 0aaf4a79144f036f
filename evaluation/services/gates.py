"""Gates: registered before results; and verdicts, asked for and then judged by a job."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluation.models import Gate, GateCriterion, GateVersion, ModelVersion, SetVersion, Verdict
from evaluation.policy.slices import parse
from evaluation.reports.gate_judged import JUDGED_METRICS
from evaluation.reports.gates import (
    Judged,
    as_policy,
    digest_of,
    judged,
    question_of,
    wording_digest,
)
from evaluation.reports.independence import assisted
from labeling.models import Criterion, Job, Membership, Project, RubricVersion
from labeling.policy.slices import ATTRIBUTE, SliceError
from labeling.services import audit
from labeling.services.jobs import RunningJob, enqueue, job_kind

ERROR_RATE = 0.05
OVERALL_MARGIN, SLICE_MARGIN = 0.02, 0.10
LANGUAGE = "language"
MOST_CRITERIA = 50
Scope = GateCriterion.Scope


def default_criteria(set_version: SetVersion) -> list[dict[str, Any]]:
    """What to ask of a candidate where nobody has said it: overall, and nowhere much worse.

    Overall at most 2 points worse; every branch of the reference answer at most 10 where the
    criterion is a taxonomy, else every value of the attribute `language`, if items have one.
    """
    criteria: list[dict[str, Any]] = [{"scope": Scope.OVERALL, "margin": OVERALL_MARGIN}]
    if set_version.taxonomy:
        criteria.append({"scope": Scope.BRANCHES, "margin": SLICE_MARGIN})
    elif set_version.examples.filter(item__attributes__has_key=LANGUAGE).exists():
        conditions = [{"field": f"attributes.{LANGUAGE}"}]
        criteria.append(
            {"scope": Scope.ATTRIBUTE, "margin": SLICE_MARGIN, "conditions": conditions}
        )
    return criteria


@transaction.atomic
def register_gate(
    project: Project,
    name: str,
    set_version: SetVersion,
    criteria: Sequence[dict[str, Any]],
    *,
    by: Membership | None,
    error_rate: float = ERROR_RATE,
    at: datetime | None = None,
) -> GateVersion:
    """Fix a gate's criteria; the same name again makes its next version, the same wording none.

    criteria: `scope`, `margin` or `floor` or both (shares, not points), `critical`, and for a
    slice its `name` and `conditions`, for an attribute one condition that names its field.
    """
    frozen = SetVersion.objects.frozen().filter(evaluation_set__project=project)
    if not frozen.filter(pk=set_version.pk).exists():
        raise ValidationError(_("A gate is registered on a frozen set version of its project."))
    gate = _gate(project, name, by)
    version = GateVersion(
        gate=gate,
        set_version=set_version,
        error_rate=error_rate,
        registered_by=by,
        registered_at=at or timezone.now(),
    )
    rows = _criteria(version, criteria)
    _refuse_leaning(set_version, rows)
    version.digest = wording_digest(version, rows)
    latest = gate.versions.first()
    if latest and latest.digest == version.digest:
        return latest
    version.number = latest.number + 1 if latest else 1
    version.full_clean(exclude=["gate", "set_version", "registered_by"])
    version.save()
    GateCriterion.objects.bulk_create(rows)
    detail = {"gate": gate.name, "number": version.number, "digest": version.digest}
    audit.record(by, "registered_gate", version, at=at, project=project, **detail)
    return version


@transaction.atomic
def ask_verdict(
    gate_version: GateVersion,
    candidate: ModelVersion,
    baseline: ModelVersion | None = None,
    *,
    by: Membership | None,
    at: datetime | None = None,
) -> Verdict:
    """Ask a gate about a candidate, against the live version unless another baseline is named.

    The same question about the same evidence has one answer: the verdict that is there already.
    """
    project = gate_version.gate.project
    baseline = baseline or project.versions.filter(state=ModelVersion.State.LIVE).first()
    if baseline == candidate:
        raise ValidationError(_("A version is not compared with itself: choose another baseline."))
    GateVersion.objects.select_for_update().get(pk=gate_version.pk)
    question = question_of(gate_version, candidate, baseline)
    same = {"gate_version": gate_version, "candidate": candidate, "question": question}
    if found := Verdict.objects.filter(**same).first():
        return found
    verdict = Verdict.objects.create(
        **same,
        baseline=baseline,
        asked_by=by,
        asked_at=at or timezone.now(),
    )
    arguments = {"verdict": str(verdict.uid)}
    verdict.job = enqueue("judge_gate", arguments, project=project, by=by, key=str(verdict.uid))
    verdict.save(update_fields=["job"])
    about = {"gate": gate_version.gate.name, "candidate": candidate.name, "question": question}
    audit.record(by, "asked_verdict", verdict, at=at, project=project, **about)
    return verdict


@job_kind("judge_gate", ended=lambda job: _give_up(job))
def run_judge_gate(job: RunningJob) -> dict[str, Any]:
    """The job behind `ask_verdict`."""
    rows = Verdict.objects.select_related(
        "gate_version__gate__project", "gate_version__set_version", "candidate", "baseline"
    )
    verdict = rows.get(uid=job.arguments["verdict"])
    return {"outcome": perform_verdict(verdict).outcome}


def perform_verdict(verdict: Verdict, *, at: datetime | None = None) -> Verdict:
    """Judge and write the answer down once; a verdict that is decided stays as it is."""
    if verdict.outcome == Verdict.Outcome.PENDING:
        question = question_of(verdict.gate_version, verdict.candidate, verdict.baseline)
        _decide(verdict, judged(verdict), question, at or timezone.now())
    return verdict


@transaction.atomic
def _decide(verdict: Verdict, found: Judged, question: str, at: datetime) -> None:
    """Compare-and-swap on the outcome: of two runners only one decides.

    question: what was there to be judged, if more has come in since this was asked.
    """
    GateVersion.objects.select_for_update().get(pk=verdict.gate_version_id)
    digest = digest_of(found.evidence["bound"])
    if _is_judged_elsewhere(verdict, question, digest):
        message = _("Nothing was judged: more came in, and another verdict is about all of it.")
        _end_unjudged(verdict.uid, message, at)
        verdict.refresh_from_db()
        return
    decided = Verdict.objects.filter(pk=verdict.pk, outcome=Verdict.Outcome.PENDING).update(
        outcome=found.outcome,
        sentence=found.sentence,
        findings=found.findings,
        evidence=found.evidence,
        labels_needed=found.labels_needed,
        question=question,
        digest=digest,
        decided_at=at,
    )
    verdict.refresh_from_db()
    if decided:
        project = verdict.gate_version.gate.project
        detail = {"outcome": verdict.outcome, "digest": verdict.digest}
        audit.record(verdict.asked_by, "decided_verdict", verdict, at=at, project=project, **detail)


def _give_up(job: Job) -> None:
    """A job that did not end well leaves no answer."""
    message = _("Nothing was judged: the job ended before its work was done.")
    _end_unjudged(job.arguments["verdict"], message, timezone.now())


def _end_unjudged(verdict: Any, why: str, at: datetime) -> None:
    """Without digests the same can be asked again."""
    Verdict.objects.filter(uid=verdict, outcome=Verdict.Outcome.PENDING).update(
        outcome=Verdict.Outcome.INVALID, sentence=why, question="", digest="", decided_at=at
    )


def _is_judged_elsewhere(verdict: Verdict, question: str, digest: str) -> bool:
    rows = Verdict.objects.filter(gate_version=verdict.gate_version, candidate=verdict.candidate)
    same = rows.filter(Q(question=question) | Q(digest=digest))
    return same.exclude(pk=verdict.pk).exists()


def _gate(project: Project, name: str, by: Membership | None) -> Gate:
    """The gate of this name, locked, so that its versions are numbered one by one."""
    found = Gate.objects.select_for_update().filter(project=project, name=name).first()
    if found:
        return found
    gate = Gate(project=project, name=name, created_by=by)
    gate.full_clean(exclude=["created_by"])
    gate.save()
    return gate


def _criteria(version: GateVersion, given: Sequence[dict[str, Any]]) -> list[GateCriterion]:
    if not 1 <= len(given) <= MOST_CRITERIA:
        raise ValidationError(_("A gate has 1 to %(most)s criteria.") % {"most": MOST_CRITERIA})
    rows = [
        GateCriterion(gate_version=version, position=position, **_terms(terms))
        for position, terms in enumerate(given)
    ]
    for row in rows:
        row.clean_fields(exclude=["gate_version", "conditions"])
        _check(row)
    return rows


def _refuse_leaning(set_version: SetVersion, rows: Sequence[GateCriterion]) -> None:
    """A gate asks for labels that no prediction has led; what people are asked anew is blind."""
    if all(row.metric in JUDGED_METRICS for row in rows):
        return
    if count := assisted(set_version).count():
        message = _("Labels of this set were given with the model's prediction shown: %(count)s.")
        raise ValidationError(message % {"count": f"{count:,}"})


def _check(row: GateCriterion) -> None:
    """ValidationError, in words, for what could never be judged."""
    try:
        as_policy(row)
        if row.scope == Scope.SLICE:
            parse(row.conditions)
    except (ValueError, SliceError) as error:
        raise ValidationError(str(error)) from error
    _check_question(row)
    if row.scope == Scope.SLICE and not (row.name and row.conditions):
        raise ValidationError(_("A slice has a name and conditions."))
    if row.scope in {Scope.OVERALL, Scope.BRANCHES} and row.conditions:
        raise ValidationError(_("Conditions belong to a slice or an attribute."))
    if row.scope == Scope.ATTRIBUTE and not _names_attribute(row.conditions):
        raise ValidationError(_("Say which attribute: one condition with its field."))


def _check_question(row: GateCriterion) -> None:
    """What people are to judge is a question of a rubric; a win rate is against the baseline."""
    if row.metric not in JUDGED_METRICS:
        return
    if row.metric == GateCriterion.Metric.WIN_RATE and (row.floor is None or row.margin):
        raise ValidationError(_("A win rate is against the baseline: say what it is to reach."))
    project = row.gate_version.gate.project
    published = Criterion.objects.filter(
        version__rubric__project=project, version__state=RubricVersion.State.PUBLISHED
    )
    if not published.filter(key=row.question).exists():
        raise ValidationError(_("No published rubric asks this question: name it by its key."))


def _names_attribute(conditions: list[dict[str, Any]]) -> bool:
    return len(conditions) == 1 and bool(ATTRIBUTE.fullmatch(str(conditions[0].get("field", ""))))


def _terms(given: dict[str, Any]) -> dict[str, Any]:
    """With plain texts in place of choices: digests are made of JSON's own types."""
    terms = {"metric": GateCriterion.Metric.ACCURACY, **given}
    return {name: str(value) if isinstance(value, str) else value for name, value in terms.items()}
