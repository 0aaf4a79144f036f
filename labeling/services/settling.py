"""What happens to a task once all its slots are done."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from labeling.models import Adjudication, Answer, Criterion, Queue, Ruling, Task
from labeling.policy.settling import Finding, Vote, all_settled, settle
from labeling.reports.judging import criteria_of
from labeling.services import audit


def settle_if_complete(task: Task, *, at: datetime) -> None:
    """Settle or dispute a task whose slots are all done; the caller holds the task's lock."""
    if task.slots.pending().exists():
        return
    findings = _findings(task, list(task.slots.values_list("annotation_id", flat=True)))
    settled = all_settled(finding for _criterion, finding in findings)
    if settled:
        _rule(task, findings, at=at)
    state = Task.State.SETTLED if settled else Task.State.DISPUTED
    Task.objects.filter(pk=task.pk).update(state=state)
    task.state = state
    audit.record(None, state.value, task, at=at, project=task.queue.project)


def unsettle(task: Task, *, at: datetime) -> None:
    """Open a task again whose last annotation was taken back."""
    if task.state == Task.State.SETTLED:
        standing = Adjudication.objects.current().get(task=task)
        Adjudication.objects.create(
            task=task,
            source=Adjudication.Source.POLICY,
            policy=standing.policy,
            rubric_version_id=standing.rubric_version_id,
            at=at,
            withdrawn=True,
            supersedes=standing,
        )
    Task.objects.filter(pk=task.pk).update(
        state=Task.State.OPEN, claimed_by=None, claim_token=None, claimed_until=None
    )
    task.state = Task.State.OPEN


def _findings(task: Task, annotations: list[int]) -> list[tuple[Criterion, Finding]]:
    """What the queue's policy makes of each criterion."""
    answers: dict[tuple[int, int], str | None] = defaultdict(str)
    for answer in Answer.objects.filter(annotation__in=annotations):
        key = (answer.criterion_id, answer.annotation_id)
        answers[key] = None if answer.cannot_tell else answer.value
    majority = task.queue.settling == Queue.Settling.MAJORITY
    return [
        (
            criterion,
            settle(
                criterion.kind,
                [Vote(answers[criterion.pk, annotation]) for annotation in annotations],
                majority=majority,
            ),
        )
        for criterion in criteria_of(task.queue.rubric_version)
    ]


def _rule(task: Task, findings: list[tuple[Criterion, Finding]], *, at: datetime) -> None:
    """Write the settled answers as an adjudication; a criterion without a value gets no ruling."""
    adjudication = Adjudication.objects.create(
        task=task,
        source=Adjudication.Source.POLICY,
        policy=task.queue.settling,
        rubric_version_id=task.queue.rubric_version_id,
        at=at,
        supersedes=Adjudication.objects.filter(task=task, superseded_by=None).first(),
    )
    Ruling.objects.bulk_create(
        Ruling(adjudication=adjudication, criterion=criterion, value=finding.value)
        for criterion, finding in findings
        if finding.value
    )
