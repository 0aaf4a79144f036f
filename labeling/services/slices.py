"""Slices are defined, changed and dropped; how many items they have is counted by a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Item, Job, Membership, Project, Slice, Snapshot
from labeling.policy.slices import Condition
from labeling.reports.slices import COUNT_KIND
from labeling.services import audit
from labeling.services.jobs import RunningJob, enqueue, job_kind


@dataclass(frozen=True)
class SliceTerms:
    """What a slice says: name, conditions, weight and owner."""

    name: str
    conditions: Sequence[Condition]
    weight: Decimal = Decimal(1)
    owner: Membership | None = None

    def fields(self) -> dict[str, Any]:
        conditions = [condition.to_json() for condition in self.conditions]
        rest = {"weight": self.weight, "owner": self.owner}
        return {"name": self.name, "conditions": conditions, **rest}


@transaction.atomic
def define_slice(project: Project, terms: SliceTerms, *, by: Membership) -> Slice:
    """Make a slice; a name is used once in a project."""
    _require_free(project, terms.name)
    row = Slice.objects.create(project=project, **terms.fields())
    audit.record(by, "defined_slice", row, **_said(row))
    request_counts(project, by=by)
    return row


@transaction.atomic
def change_slice(row: Slice, terms: SliceTerms, *, by: Membership) -> Slice:
    """Change what a slice says; samples already drawn keep what it said then."""
    _require_free(row.project, terms.name, but=row)
    for name, value in terms.fields().items():
        setattr(row, name, value)
    row.save(update_fields=list(terms.fields()))
    audit.record(by, "changed_slice", row, **_said(row))
    request_counts(row.project, by=by)
    return row


@transaction.atomic
def drop_slice(row: Slice, *, by: Membership) -> None:
    """Remove a slice that nothing rests on."""
    audit.record(by, "dropped_slice", row, name=row.name, conditions=row.conditions)
    Snapshot.objects.filter(kind=COUNT_KIND, subject_uid=row.uid).delete()
    try:
        row.delete()
    except ProtectedError as error:
        raise Conflict("in_use", _("Something else still rests on this slice.")) from error


def request_counts(project: Project, *, by: Membership | None) -> Job:
    """Have the items of every slice counted."""
    return enqueue("count_slices", project=project, by=by, key=str(project.uid))


@job_kind("count_slices")
def count_slices(job: RunningJob) -> dict[str, int]:
    """Count the items of each slice of a project; one snapshot each."""
    assert job.project is not None
    rows = list(job.project.slices.all())
    items = Item.objects.filter(project=job.project).present()
    of = items.count()
    for done, row in enumerate(rows, start=1):
        count = items.meeting(row.parsed()).count()
        Snapshot.objects.update_or_create(
            kind=COUNT_KIND,
            subject_uid=row.uid,
            defaults={
                "project": job.project,
                "body": {"count": count, "of": of},
                "computed_at": timezone.now(),
            },
        )
        job.progress(done, len(rows))
    return {"slices": len(rows), "items": of}


def _said(row: Slice) -> dict[str, Any]:
    """What a slice says, as the record keeps it."""
    owner = str(row.owner.uid) if row.owner else None
    rest = {"weight": str(row.weight), "owner": owner}
    return {"name": row.name, "conditions": row.conditions, **rest}


def _require_free(project: Project, name: str, but: Slice | None = None) -> None:
    taken = Slice.objects.filter(project=project, name=name)
    if (taken.exclude(pk=but.pk) if but else taken).exists():
        raise Conflict("name_taken", _("There is already a slice of this name."))
