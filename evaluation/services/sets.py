"""Evaluation sets: made, frozen from adjudications by a job, never changed afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from evaluation.formats.labeled import LabeledMapping
from evaluation.models import EvaluationSet, SetVersion
from evaluation.reports.freezing import AT_ONCE, Tally, examples_of
from evaluation.services import set_imports
from evaluation.services.set_versions import (
    add_version,
    ask_for,
    fill,
    finish,
    found_version,
    give_up,
    tree_of,
)
from labeling.models import Adjudication, Criterion, Membership, Project, Queue, Task
from labeling.policy.rubrics import KINDS_OF_ONE_KEY
from labeling.reports.exports import DECIDED
from labeling.reports.manifests import provenance
from labeling.reports.snapshots import body_of
from labeling.services import audit
from labeling.services.jobs import JobFailed, RunningJob, job_kind
from labeling.stats.estimate import share


@transaction.atomic
def create_set(
    project: Project, name: str, role: str, *, by: Membership | None, at: datetime | None = None
) -> EvaluationSet:
    """Name a set that versions are to be measured on."""
    created = EvaluationSet(project=project, name=name.strip(), role=role, created_by=by)
    created.full_clean(exclude=["created_by"])
    created.save()
    about = {"name": created.name, "role": role}
    audit.record(by, "created_set", created, at=at, project=project, **about)
    return created


@transaction.atomic
def freeze(
    evaluation_set: EvaluationSet,
    queues: Sequence[Queue],
    *,
    criterion: str,
    by: Membership | None,
    at: datetime | None = None,
) -> SetVersion:
    """Ask for a version made of these queues' finished tasks; a job freezes it.

    criterion: the key of the one that predictions answer. The queues share one rubric version.
    """
    asked = _criterion(queues, criterion)
    version = add_version(
        evaluation_set,
        {
            "provenance": SetVersion.Provenance.ADJUDICATED,
            "rubric_version": asked.version,
            "criterion": asked.key,
            "subject": asked.subject,
            "taxonomy": tree_of(asked),
            "source": {"queues": [str(queue.uid) for queue in queues]},
        },
        by=by,
        at=at,
    )
    return ask_for("freeze_set", version, by=by)


@job_kind("freeze_set", ended=give_up)
def run_freeze_set(job: RunningJob) -> dict[str, Any]:
    """The job behind `freeze`."""
    version = found_version(job)
    if version.state != SetVersion.State.FROZEN:
        job.progress(0, message=_("Measuring agreement"))
        version = perform_freeze(version)
    job.progress(version.size, version.size)
    return {"size": version.size, "digest": version.digest}


def perform_freeze(version: SetVersion, *, at: datetime | None = None) -> SetVersion:
    """Fill a version with the adjudications that stand now; all of them at once, or none.

    Raises JobFailed, a sentence for people, where nothing can be measured on what was chosen.
    """
    project = version.evaluation_set.project
    queues = list(
        Queue.objects.filter(project=project, uid__in=version.source["queues"])
        .select_related("project", "rubric_version__rubric", "sample")
        .order_by("pk")
    )
    rests_on = provenance(project, queues)
    agreement = rests_on.pop("agreement")
    with transaction.atomic():
        _hold_tasks(queues)
        tally = Tally()
        fill(version, examples_of(version, queues, tally))
        version.source |= rests_on
        version.judged_version = _judged_version(version, tally)
        version.quality = _quality(version, tally, agreement)
        return finish(version, tally.taken, at=at)


def import_labeled(
    project: Project,
    name: str,
    role: str,
    path_or_rows: Path | Iterable[Mapping[str, Any]],
    *,
    by: Membership | None,
    mapping: LabeledMapping | None = None,
    label: str = "",
    criterion: Criterion | None = None,
    at: datetime | None = None,
) -> SetVersion:
    """Freeze a labeled file, or rows like its own, here and now; ValidationError says why not.

    Without a mapping the columns' names say what is what; `label` names that of the answers.
    criterion: the one that they answer, of a published rubric version; its taxonomy is kept.
    """
    with set_imports.opened(path_or_rows) as rows:
        mapping, rows = set_imports.mapped(rows, mapping, label)
        version = add_version(
            set_of_name(project, name, role, by=by),
            set_imports.fields_of(mapping, {"name": getattr(path_or_rows, "name", "")}, criterion),
            by=by,
            at=at,
        )
        return set_imports.perform_now(version, rows)


def set_of_name(project: Project, name: str, role: str, *, by: Membership | None) -> EvaluationSet:
    """The set of this name, made if there is none; its role does not change."""
    found = EvaluationSet.objects.filter(project=project, name=name.strip()).first()
    if found is None:
        return create_set(project, name, role, by=by)
    if found.role != role:
        message = _("The set of this name has another role: %(role)s.")
        raise ValidationError({"role": message % {"role": found.get_role_display()}})
    return found


def _hold_tasks(queues: Sequence[Queue]) -> None:
    """Let nobody take an answer back while it is frozen: whoever tries waits, and is refused."""
    decided = Task.objects.filter(queue__in=queues, state__in=DECIDED)
    held = decided.select_for_update(no_key=True).order_by("pk").values_list("pk")
    for _task in held.iterator(chunk_size=AT_ONCE):
        pass


def _criterion(queues: Sequence[Queue], key: str) -> Criterion:
    """The criterion of this key in the one rubric version of all queues."""
    if not queues:
        raise ValidationError({"queues": _("Choose at least one queue.")})
    if len({queue.rubric_version_id for queue in queues}) > 1:
        message = _("These queues ask under different rubric versions: freeze them one by one.")
        raise ValidationError({"queues": message})
    criteria = Criterion.objects.filter(version=queues[0].rubric_version_id)
    found = criteria.select_related("taxonomy", "version").filter(key=key).first()
    if found is None:
        message = _("There is no such criterion in the rubric version of these queues.")
        raise ValidationError({"criterion": message})
    if found.kind == Criterion.Kind.FREE_TEXT:
        raise ValidationError({"criterion": _("Free texts cannot be compared with predictions.")})
    if found.kind not in KINDS_OF_ONE_KEY:
        message = _(
            "A prediction is compared with one label; the answers to this question (%(kind)s)"
            " are something else."
        )
        raise ValidationError({"criterion": message % {"kind": found.get_kind_display()}})
    return found


def _judged_version(version: SetVersion, tally: Tally) -> str:
    """Whose outputs were judged; a judgment about one model's output says nothing of another's."""
    if version.subject != Criterion.Subject.OUTPUT or not tally.taken:
        return ""
    if len(tally.judged_versions) > 1:
        message = _("Outputs of several versions were judged here; a set is about one of them.")
        raise JobFailed(message)
    return next(iter(tally.judged_versions))


def _quality(version: SetVersion, tally: Tally, agreement: list[dict[str, Any]]) -> dict[str, Any]:
    """What is known of the labels: agreement, who decided, and what was left out."""
    by_person = tally.by[Adjudication.Source.PERSON]
    return {
        "known": True,
        "agreement": [row for row in agreement if row["criterion"] == version.criterion],
        "decided_by": {"policy": tally.taken - by_person, "person": by_person},
        "adjudicated_share": body_of(share(by_person, tally.taken)),
        "left_out": dict(tally.left_out),
    }
