"""Queues about outputs that are given: their items and texts are known before they are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from labeling.models import Membership, Project, Queue, RubricVersion, Sample, SampledItem, Team
from labeling.policy.sampling import Plan
from labeling.services import audit
from labeling.services.queues import build_queue, new_queue


@dataclass(frozen=True)
class Given:
    """Which outputs are to be judged: by item (primary key), in the order that they are kept in.

    frame: of how many items these were drawn, by this seed.
    """

    outputs: Mapping[int, list[str]]
    frame: int
    seed: int


@dataclass(frozen=True)
class Handing:
    """How a queue hands its tasks out: settings of the queue itself, and the teams it is for."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    teams: Sequence[Team] = ()


@transaction.atomic
def open_output_queue(
    version: RubricVersion,
    given: Given,
    handing: Handing,
    *,
    by: Membership | None,
    at: datetime | None = None,
) -> Queue:
    """A queue that asks about each of these outputs, open at once."""
    at = at or timezone.now()
    project = version.rubric.project
    sample = _given_sample(project, given, handing.name, by=by, at=at)
    queue = new_queue(
        project,
        name=handing.name,
        rubric_version=version,
        sample=sample,
        by=by,
        at=at,
        teams=handing.teams,
        **handing.settings,
    )
    build_queue(queue, at=at, outputs=given.outputs)
    queue.refresh_from_db()
    return queue


def _given_sample(
    project: Project, given: Given, name: str, *, by: Membership | None, at: datetime
) -> Sample:
    """The items as a sample; without a digest, since it was not drawn from the project's items."""
    size = len(given.outputs)
    plan = Plan(name=name, size=size, seed=given.seed, imported_until=at.isoformat())
    sample = Sample.objects.create(
        project=project,
        name=name,
        design=Sample.Design.SIMPLE,
        plan=plan.as_dict(),
        seed=given.seed,
        state=Sample.State.DRAWN,
        frame_size=given.frame,
        size=size,
        strata=[{"stratum": "", "population": given.frame, "drawn": size}],
        created_by=by,
        created_at=at,
    )
    chance = size / given.frame
    SampledItem.objects.bulk_create(
        SampledItem(sample=sample, item_id=item, position=place, inclusion_probability=chance)
        for place, item in enumerate(given.outputs)
    )
    audit.record(by, "kept_sample", sample, project=project, at=at, items=size, seed=given.seed)
    return sample
