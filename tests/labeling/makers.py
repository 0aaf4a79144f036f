"""Disputes and criteria for tests, and those who work on them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from labeling.models import Annotation, Task
from labeling.services.adjudications import Decision, adjudicate, claim_dispute
from tests.factories import (
    make_annotation,
    make_member,
    make_project,
    make_rubric_version,
    make_task,
    topic,
)

TWO_QUESTIONS = [topic(), {"key": "urgent", "kind": "yes_no", "prompt": "Is it urgent?"}]


def make_dispute(project=None, *votes, criteria=None, **fields) -> Task:
    """A disputed task; votes are answers to the topic, or whole sets of answers."""
    project = project or make_project()
    version = make_rubric_version(project, criteria)
    votes = votes or ("refund", "refund", "delivery")
    task = make_task(project, overlap=len(votes), version=version, **fields)
    for vote in votes:
        make_annotation(task, answers=vote if isinstance(vote, dict) else {"topic": vote})
    Task.objects.filter(pk=task.pk).update(state="disputed")
    return Task.objects.get(pk=task.pk)


def make_adjudicator(project, **fields):
    return make_member(project, "adjudicator", **fields)


def decide(member, task, value="refund", **fields):
    ruling = Decision(value, **{"cause": "slip", "rationale": "It asks for money.", **fields})
    return adjudicate(member, task.claim_token, {"topic": ruling}, at=timezone.now())


def hold(member):
    """The dispute that the member works on now."""
    task = claim_dispute(member)
    assert task is not None
    return task


def pass_as_work_of(member, task):
    """Let the first annotation of a task be by this member."""
    annotation = task.annotations.first()
    Annotation.objects.filter(pk=annotation.pk).update(annotator=member)


def expire(task):
    Task.objects.filter(pk=task.pk).update(claimed_until=timezone.now() - timedelta(minutes=1))


def faults(**fields: Any) -> dict[str, Any]:
    return topic("late", "rude", "wrong", kind="several_choices", key="faults") | fields


def delay(**terms: Any) -> dict[str, Any]:
    bounds = {"unit": "min", "lowest": 0, "highest": 90, "decimals": 1}
    return {"key": "delay", "kind": "number", "prompt": "How late?", "terms": bounds | terms}


def better(**terms: Any) -> dict[str, Any]:
    return {"key": "better", "kind": "preference", "prompt": "Which is better?", "terms": terms}


def late() -> dict[str, Any]:
    return {"key": "late", "kind": "yes_no", "prompt": "Is it late?"}


def only_if_late(criterion: dict[str, Any]) -> dict[str, Any]:
    return criterion | {"when": {"criterion": "late", "answers": ["yes"]}}


def ranked(outputs: int = 3, **terms: Any) -> dict[str, Any]:
    terms = {"outputs": outputs} | terms
    return {"key": "order", "kind": "ranking", "prompt": "Which is best?", "terms": terms}


def places(*labels: str, **terms: Any) -> dict[str, Any]:
    """A question for spans of a text."""
    labels = labels or ("city", "person")
    return topic(*labels, key="places", kind="spans", prompt="What is named?") | {"terms": terms}


def mended(**terms: Any) -> dict[str, Any]:
    prompt = "What should it have said?"
    return {"key": "mended", "kind": "corrected_output", "prompt": prompt, "terms": terms}


def span(start: int, end: int, label: str = "city", **fields: Any) -> dict[str, Any]:
    return {"field": "text", "start": start, "end": end, "label": label} | fields
