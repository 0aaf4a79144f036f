"""Tasks that were judged and settled as the product does it, for tests of what checks it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from labeling.models import Project, Queue
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim
from labeling.services.rubrics import create_rubric, publish
from tests.evaluation.frozen import imported_items
from tests.factories import make_annotator, make_queue


def sound_queue(project: Project, answers: Sequence[str]) -> Queue:
    """A queue with one settled task for each answer, each judged by one person."""
    options = [{"key": key, "label": key} for key in ("refund", "delivery", "other")]
    question = {"key": "topic", "kind": "single_choice", "prompt": "What?", "options": options}
    document = {"name": "Topics", "guidance": "Say it.", "criteria": [question]}
    version = publish(create_rubric(project, document, by=None), by=None)
    items = imported_items(project, len(answers))
    queue = make_queue(project, items, version=version, overlap=1)
    person = make_annotator(project)
    by_item = dict(zip((item.pk for item in items), answers, strict=True))
    while lease := claim(queue, person):
        payload = Payload({"topic": by_item[lease.task.item_id]})
        submit(person, lease.token, payload, at=timezone.now())
    return queue
