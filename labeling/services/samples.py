"""Samples: draws of items by a stated plan, with every inclusion probability kept."""

from __future__ import annotations

import secrets
from collections import defaultdict
from datetime import datetime
from hashlib import sha256
from random import Random
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, Count, Min, TextField, Value, When
from django.db.models.expressions import BaseExpression
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from labeling.formats.canonical import canonical_json
from labeling.models import AuditEvent, Item, Job, Membership, Project, Sample, SampledItem
from labeling.models.conditions import as_filter
from labeling.models.items import ItemQuerySet
from labeling.policy import slices
from labeling.policy.sampling import Plan, plan_problems
from labeling.services import audit
from labeling.services.jobs import RunningJob, enqueue, job_kind
from labeling.stats import sampling

CHUNK = 5_000
REST = "rest"


class Frame(NamedTuple):
    """What a draw chooses from: distinct contents, each by its first external id."""

    strata: dict[str, list[str]]
    copies: dict[str, int]


@transaction.atomic
def draw_sample(
    project: Project, plan: dict[str, Any], *, by: Membership | None, at: datetime | None = None
) -> Sample:
    """Write down what is to be drawn; a job draws it."""
    if found := plan_problems(plan):
        raise ValidationError(found)
    at = at or timezone.now()
    settled = Plan.from_dict({"imported_until": at.isoformat(), **plan})
    _check_slices(project, settled)
    sample = Sample.objects.create(
        project=project,
        name=settled.name,
        design=Sample.Design.STRATIFIED if settled.stratified else Sample.Design.SIMPLE,
        plan=settled.as_dict(),
        seed=secrets.randbelow(2**31) if settled.seed is None else settled.seed,
        created_by=by,
        created_at=at,
    )
    sample.job = enqueue("draw_sample", {"sample": str(sample.uid)}, project=project, by=by)
    sample.save(update_fields=["job"])
    audit.record(by, "asked_for_sample", sample, project=project, at=at, seed=sample.seed)
    return sample


@job_kind("draw_sample", ended=lambda job: _give_up(job))
def run_draw_sample(job: RunningJob) -> dict[str, Any]:
    """The job behind `draw_sample`."""
    sample = Sample.objects.get(uid=job.arguments["sample"])
    return {"items": perform_draw(sample)}


@transaction.atomic
def perform_draw(sample: Sample, *, at: datetime | None = None) -> int:
    """Draw a sample that is waiting for it; a second call changes nothing."""
    sample = Sample.objects.select_for_update(of=("self",)).get(pk=sample.pk)
    if sample.state != Sample.State.DRAWING:
        return sample.size
    frame = frame_of(sample)
    drawn = draw(sample, frame)
    _keep(sample, frame, drawn)
    sample.state = Sample.State.DRAWN
    sample.frame_size = sum(frame.copies.values())
    sample.size = len(drawn)
    sample.strata = _strata(frame, drawn)
    sample.digest = digest_of(frame, drawn)
    sample.save(update_fields=["state", "frame_size", "size", "strata", "digest"])
    audit.record(
        sample.created_by,
        "drew_sample",
        sample,
        at=at,
        project=sample.project,
        items=sample.size,
        digest=sample.digest,
    )
    return sample.size


def frame_of(sample: Sample) -> Frame:
    """The items the plan speaks of, exact duplicates of a stratum counted once."""
    plan = Plan.from_dict(sample.plan)
    rows = (
        _within(plan, Item.objects.filter(project=sample.project).present())
        .annotate(stratum=_stratum(sample.project, plan))
        .values("stratum", "twin_key")
        .annotate(first=Min("external_id"), copies=Count("pk"))
        .values_list("stratum", "first", "copies")
    )
    strata: dict[str, list[str]] = defaultdict(list)
    copies: dict[str, int] = {}
    for stratum, first, count in rows.iterator(CHUNK):
        strata[stratum or ""].append(first)
        copies[first] = count
    return Frame(dict(strata), copies)


def draw(sample: Sample, frame: Frame) -> list[sampling.Drawn]:
    """The draw itself: the same plan, seed and frame give the same items in the same order."""
    plan = Plan.from_dict(sample.plan)
    rng = Random(sample.seed)  # noqa: S311 - a draw that can be repeated, not a secret
    populations = {stratum: len(keys) for stratum, keys in frame.strata.items()}
    size = plan.size_of(sum(populations.values()))
    if not plan.stratified:
        keys = [key for stratum in frame.strata.values() for key in stratum]
        return sampling.simple(keys, size, rng)
    if plan.sizes:
        sizes = sampling.given(populations, plan.sizes)
    elif plan.allocation == "equal":
        sizes = sampling.equal(populations, size)
    else:
        sizes = sampling.proportional(populations, size)
    return sampling.stratified(frame.strata, sizes, rng)


def digest_of(frame: Frame, drawn: list[sampling.Drawn]) -> str:
    """SHA-256 over what was drawn, so that drawing it again can be compared."""
    rows = [[row.key, row.stratum, repr(row.probability), frame.copies[row.key]] for row in drawn]
    return sha256(canonical_json(rows)).hexdigest()


def redrawn(sample: Sample) -> bool | None:
    """Whether drawing again gives the same items; None where items or slices have changed since."""
    names = Plan.from_dict(sample.plan).slices
    kept = list(sample.project.slices.filter(name__in=names).values_list("uid", flat=True))
    since = AuditEvent.objects.filter(subject_uid__in=kept, at__gt=sample.created_at)
    if len(kept) < len(names) or since.exists():
        return None
    frame = frame_of(sample)
    if sum(frame.copies.values()) != sample.frame_size:
        return None
    drawn = draw(sample, frame)
    return digest_of(frame, drawn) == sample.digest


def _stratum(project: Project, plan: Plan) -> BaseExpression:
    """An item's stratum: the value of an attribute, or the first slice that it is in."""
    if plan.by_attribute:
        said = KeyTextTransform(plan.by_attribute, "attributes")
        return Coalesce(said, Value(""), output_field=TextField())
    rows = {row.name: row for row in project.slices.filter(name__in=plan.slices)}
    whens = [
        When(as_filter(slices.parse(rows[name].conditions)), then=Value(name))
        for name in plan.slices
    ]
    if not whens:
        return Value("", output_field=TextField())
    return Case(*whens, default=Value(REST), output_field=TextField())


def _within(plan: Plan, items: ItemQuerySet) -> ItemQuerySet:
    items = items.filter(imported_at__lte=parse_datetime(plan.imported_until))
    if plan.since:
        items = items.filter(occurred_at__gte=parse_datetime(plan.since))
    if plan.until:
        items = items.filter(occurred_at__lt=parse_datetime(plan.until))
    return items


def _keep(sample: Sample, frame: Frame, drawn: list[sampling.Drawn]) -> None:
    for start in range(0, len(drawn), CHUNK):
        chunk = drawn[start : start + CHUNK]
        pks = dict(
            Item.objects.filter(
                project=sample.project, external_id__in=[row.key for row in chunk]
            ).values_list("external_id", "pk")
        )
        SampledItem.objects.bulk_create(
            SampledItem(
                sample=sample,
                item_id=pks[row.key],
                position=start + offset,
                stratum=row.stratum,
                inclusion_probability=row.probability,
                copies=frame.copies[row.key],
            )
            for offset, row in enumerate(chunk)
        )


def _strata(frame: Frame, drawn: list[sampling.Drawn]) -> list[dict[str, Any]]:
    """What each stratum held and gave; a simple draw has one, without a name."""
    taken: dict[str, int] = defaultdict(int)
    for row in drawn:
        taken[row.stratum] += 1
    held = {stratum: len(keys) for stratum, keys in frame.strata.items()}
    if set(taken) <= {""}:
        held = {"": sum(held.values())}
    return [
        {"stratum": stratum, "population": size, "drawn": taken[stratum]}
        for stratum, size in sorted(held.items())
    ]


def _check_slices(project: Project, plan: Plan) -> None:
    known = set(project.slices.values_list("name", flat=True))
    if unknown := [name for name in plan.slices if name not in known]:
        message = _("There is no slice called %(name)s.") % {"name": unknown[0]}
        raise ValidationError({"slices": ValidationError(message, code="invalid_reference")})


def _give_up(job: Job) -> None:
    """A sample whose job failed for good says so instead of waiting for ever."""
    Sample.objects.filter(uid=job.arguments["sample"], state=Sample.State.DRAWING).update(
        state=Sample.State.FAILED, error=job.error
    )
