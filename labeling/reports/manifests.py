"""What an export says of where its rows come from: queues, rubrics, samples, agreement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count

from labeling.models import Item, Membership, Project, Queue, RubricVersion, Sample, Task
from labeling.reports.agreement import TooLarge, agreement_of
from labeling.reports.exports import DECIDED, pseudonym
from labeling.reports.figures import Figures
from labeling.reports.snapshots import body_of


def provenance(project: Project, queues: Sequence[Queue]) -> dict[str, Any]:
    """Everything that the rows of these queues rest on, and what was left out of them."""
    states = _states(queues)
    undecided = sum(count for state, count in states.items() if state not in DECIDED)
    return {
        "tasks": states,
        "tasks_left_out": undecided,
        "queues": [_queue(queue) for queue in queues],
        "rubrics": [
            _rubric(version) for version in _once(queue.rubric_version for queue in queues)
        ],
        "samples": [_sample(sample) for sample in _once(queue.sample for queue in queues)],
        "agreement": [row for queue in queues for row in _agreement(queue)],
        "erased_items": _erased(queues),
    }


def header(project: Project, by: Membership | None) -> dict[str, Any]:
    """Whose export it is, and by whom, under a pseudonym."""
    return {
        "project": {"slug": project.slug, "name": project.name},
        "created_by": pseudonym(project, by.uid) if by else None,
    }


def _states(queues: Sequence[Queue]) -> dict[str, int]:
    rows = Task.objects.filter(queue__in=queues).order_by().values_list("state")
    counted = dict(rows.annotate(count=Count("pk")))
    return {state: counted.get(state, 0) for state in Task.State.values}


def _queue(queue: Queue) -> dict[str, Any]:
    return {
        "uid": str(queue.uid),
        "name": queue.name,
        "rubric": queue.rubric_version.rubric.name,
        "rubric_version": queue.rubric_version.number,
        "sample": queue.sample.name,
        "state": queue.state,
        "overlap": queue.overlap,
        "settling": queue.settling,
        "order": queue.order,
        "lease_minutes": queue.lease_minutes,
        "lane_attribute": queue.lane_attribute,
        "languages": queue.languages,
        "blinding": queue.blinding,
    }


def _rubric(version: RubricVersion) -> dict[str, Any]:
    published = version.published_at
    return {
        "uid": str(version.uid),
        "name": version.rubric.name,
        "version": version.number,
        "digest": version.digest,
        "published_at": published.isoformat() if published else None,
    }


def _sample(sample: Sample) -> dict[str, Any]:
    return {
        "uid": str(sample.uid),
        "name": sample.name,
        "design": sample.design,
        "plan": sample.plan,
        "seed": sample.seed,
        "digest": sample.digest,
        "frame_size": sample.frame_size,
        "size": sample.size,
        "strata": sample.strata,
    }


def _agreement(queue: Queue) -> list[dict[str, Any]]:
    """Per criterion; what cannot be computed at once is left to the queue's own page."""
    try:
        report = agreement_of(queue)
    except TooLarge:
        return []
    return [
        {
            "queue": str(queue.uid),
            "criterion": criterion.key,
            "distance": criterion.distance,
            **_figures(criterion.whole),
        }
        for criterion in report.criteria
    ]


def _figures(figures: Figures) -> dict[str, Any]:
    estimates = ("agreement", "alpha", "cannot_tell")
    shown: dict[str, Any] = {name: body_of(getattr(figures, name)) for name in estimates}
    return {**shown, "items": figures.items, "pairs": figures.pairs, "answers": figures.answers}


def _erased(queues: Sequence[Queue]) -> int:
    return Item.objects.filter(tasks__queue__in=queues, erased_at__isnull=False).distinct().count()


def _once(rows: Any) -> list[Any]:
    return list({row.pk: row for row in rows}.values())
