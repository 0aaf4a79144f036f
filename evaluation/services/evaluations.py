"""Measuring a version on a set version, in a job; the result is stored and never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from evaluation.models import Evaluation, ModelVersion, SetVersion
from evaluation.reports.evaluations import judges_another, measured
from labeling.models import Job, Membership
from labeling.reports.snapshots import body_of
from labeling.services import audit
from labeling.services.jobs import RunningJob, enqueue, job_kind


@transaction.atomic
def evaluate(
    model_version: ModelVersion,
    set_version: SetVersion,
    *,
    by: Membership | None,
    at: datetime | None = None,
) -> Evaluation:
    """Ask for a version to be measured; asking again while that runs gives the same evaluation."""
    if set_version.state != SetVersion.State.FROZEN:
        raise ValidationError(_("A version is measured on a set version that is frozen."))
    same = {"model_version": model_version, "set_version": set_version}
    running = Evaluation.objects.filter(**same, state=Evaluation.State.RUNNING).first()
    if running:
        return running
    at = at or timezone.now()
    evaluation = Evaluation.objects.create(**same, created_by=by, created_at=at)
    evaluation.job = enqueue(
        "evaluate",
        {"evaluation": str(evaluation.uid)},
        project=model_version.project,
        by=by,
        key=str(evaluation.uid),
    )
    evaluation.save(update_fields=["job"])
    audit.record(
        by,
        "asked_evaluation",
        evaluation,
        at=at,
        project=model_version.project,
        version=str(model_version.uid),
        set_version=str(set_version.uid),
    )
    return evaluation


def perform_evaluation(evaluation: Evaluation) -> Evaluation:
    """Measure, and store what came out with the digest of the predictions it rests on."""
    version, set_version = evaluation.model_version, evaluation.set_version
    if judges_another(version, set_version):
        return _end(evaluation, Evaluation.State.INVALID, reason=_other_output(set_version))
    found = measured(version, set_version)
    evaluation.predictions_digest, evaluation.missing = found.digest, found.missing
    if found.result is None:
        reason = _incomplete(found.missing)
        return _end(evaluation, Evaluation.State.INVALID, reason=reason)
    evaluation.result = body_of(found.result)
    return _end(evaluation, Evaluation.State.DONE)


@transaction.atomic
def _end(evaluation: Evaluation, state: str, *, reason: str = "") -> Evaluation:
    fields = ["state", "reason", "result", "predictions_digest", "missing"]
    evaluation.state, evaluation.reason = state, reason
    evaluation.save(update_fields=fields)
    audit.record(
        evaluation.created_by,
        "evaluated_version",
        evaluation,
        project=evaluation.model_version.project,
        state=str(state),
        reason=reason,
        predictions=evaluation.predictions_digest,
    )
    return evaluation


def _other_output(set_version: SetVersion) -> str:
    judged = set_version.judged_version
    if not judged:
        return _("The set holds judgments about outputs, and does not say of which version.")
    return _("The set holds judgments about what %(name)s answered; they say nothing here.") % {
        "name": judged
    }


def _incomplete(missing: int) -> str:
    if not missing:
        return _("The set has no examples.")
    return ngettext(
        "%(count)s example has no prediction of this version.",
        "%(count)s examples have no prediction of this version.",
        missing,
    ) % {"count": f"{missing:,}"}


def _ended(job: Job) -> None:
    """A job that failed for good or was canceled takes its evaluation along."""
    running = Evaluation.objects.filter(
        uid=job.arguments["evaluation"], state=Evaluation.State.RUNNING
    ).select_related("model_version__project", "created_by")
    for evaluation in running:
        canceled = job.state == Job.State.CANCELED
        reason = _("Canceled before it was done.") if canceled else job.error
        _end(evaluation, Evaluation.State.FAILED, reason=reason)


@job_kind("evaluate", ended=_ended)
def evaluate_version(job: RunningJob) -> dict[str, Any]:
    """Measure one version on one set version; done before, it stays as it is."""
    evaluation = Evaluation.objects.select_related(
        "model_version__project", "set_version__evaluation_set", "created_by"
    ).get(uid=job.arguments["evaluation"])
    if evaluation.state == Evaluation.State.RUNNING:
        evaluation = perform_evaluation(evaluation)
    return {"state": evaluation.state, "missing": evaluation.missing}
