"""The one way a set version comes to be: numbered, filled by a job, then sealed for good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluation.models import EvaluationSet, Example, SetVersion
from evaluation.reports.set_digests import digest_of
from labeling.models import Criterion, Job, Membership
from labeling.services import audit
from labeling.services.jobs import JobFailed, RunningJob, enqueue

Fields = dict[str, Any]


@transaction.atomic
def add_version(
    evaluation_set: EvaluationSet, fields: Fields, *, by: Membership | None, at: datetime | None
) -> SetVersion:
    """The next version of a set, still to be filled; the set's row keeps numbers from clashing."""
    EvaluationSet.objects.select_for_update().get(pk=evaluation_set.pk)
    last = evaluation_set.versions.aggregate(last=Max("number"))["last"] or 0
    version = SetVersion.objects.create(
        evaluation_set=evaluation_set,
        number=last + 1,
        created_by=by,
        created_at=at or timezone.now(),
        **fields,
    )
    audit.record(
        by,
        "asked_for_set_version",
        version,
        at=at,
        project=evaluation_set.project,
        set=str(evaluation_set.uid),
        number=version.number,
        criterion=version.criterion,
        provenance=version.provenance,
    )
    return version


@transaction.atomic
def ask_for(kind: str, version: SetVersion, *, by: Membership | None) -> SetVersion:
    """Hand a version to the job of this kind that fills it."""
    project = version.evaluation_set.project
    version.job = enqueue(kind, {"set_version": str(version.uid)}, project=project, by=by)
    version.save(update_fields=["job"])
    return version


def give_up(job: Job) -> None:
    """A version whose job failed or was canceled says so; it has no example."""
    reason = _("Canceled.") if job.state == Job.State.CANCELED else job.error
    SetVersion.objects.filter(
        uid=job.arguments["set_version"], state=SetVersion.State.FREEZING
    ).update(state=SetVersion.State.FAILED, error=reason)


def found_version(job: RunningJob) -> SetVersion:
    """The version that a job is about."""
    versions = SetVersion.objects.select_related("evaluation_set__project", "created_by")
    return versions.get(uid=job.arguments["set_version"])


def fill(version: SetVersion, batches: Iterator[list[Example]]) -> None:
    """Store examples; the caller's transaction ends with `finish`, or takes them back."""
    still = SetVersion.objects.select_for_update().exclude(state=SetVersion.State.FROZEN)
    if not still.filter(pk=version.pk).exists():
        raise JobFailed(_("Another job has frozen this version."))
    for batch in batches:
        Example.objects.bulk_create(batch, batch_size=500)


def tree_of(criterion: Criterion) -> list[dict[str, Any]]:
    """The taxonomy of a criterion as a version keeps it, without what is only shown."""
    nodes = criterion.taxonomy.nodes if criterion.taxonomy else []
    return [
        {"key": node["key"], "parent": node.get("parent"), "label": node["label"]} for node in nodes
    ]


def finish(version: SetVersion, size: int, *, at: datetime | None = None) -> SetVersion:
    """Seal what has been filled in: its digest is taken from the rows as they are stored."""
    if not size:
        raise JobFailed(_("There is no answer to this criterion that could become an example."))
    version.size, version.error = size, ""
    version.digest = digest_of(version)
    version.state = SetVersion.State.FROZEN
    version.save(
        update_fields=[
            "size", "error", "digest", "state", "source", "judged_version", "quality",
        ]
    )  # fmt: skip
    audit.record(
        version.created_by,
        "froze_set_version",
        version,
        at=at,
        project=version.evaluation_set.project,
        size=size,
        digest=version.digest,
    )
    return version
