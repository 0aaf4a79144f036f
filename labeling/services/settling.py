"""What happens to a task once all its slots are done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Q
from django.db.models.functions import Now

from labeling.models import Adjudication, Answer, Criterion, Queue, Ruling, Task
from labeling.policy.settling import Asked, Finding, all_settled, settle_all
from labeling.reports.judging import criteria_of
from labeling.services import audit
from labeling.services.dependents import is_task_kept
from labeling.statements import Steps, fetch

#: What one annotator answered, by criterion; None stands for "cannot tell".
Ballot = Mapping[int, str | None]

STANDING = """(
  SELECT standing.id FROM labeling_adjudication standing
  WHERE standing.task_id = %(settled_task)s AND NOT EXISTS (
    SELECT 1 FROM labeling_adjudication later WHERE later.supersedes_id = standing.id))"""


def is_final(task: Task) -> bool:
    """Whether votes stay as they are: a person decides or has, or something rests on the answer."""
    if task.state == Task.State.DISPUTED:
        begun = Q(reveals__isnull=False) | Q(claimed_until__gt=Now())
        return Task.objects.filter(begun, pk=task.pk).exists()
    settled = task.state == Task.State.SETTLED
    return task.state == Task.State.ADJUDICATED or (settled and is_task_kept(task))


def settle_if_complete(task: Task, *, at: datetime) -> None:
    """Settle or dispute a task whose slots are all done; the caller holds the task's lock."""
    if task.slots.pending().exists():
        return
    steps = Steps()
    settle_in(steps, task, ballots_of(task.slots.values_list("annotation_id", flat=True)), at=at)
    steps.run()


def settle_in(steps: Steps, task: Task, ballots: list[Ballot], *, at: datetime) -> None:
    """Add to what is about to be written what all the answers to a task come to."""
    findings = _findings(task, ballots)
    settled = all_settled(finding for _criterion, finding in findings)
    task.state = Task.State.SETTLED if settled else Task.State.DISPUTED
    steps.values |= {"settled_task": task.pk, "settled_state": task.state.value}
    if settled:
        _rule(steps, task, findings, at=at)
    steps.add(
        "decided",
        "UPDATE labeling_task SET state = %(settled_state)s WHERE id = %(settled_task)s",
    )
    event = audit.event(None, task.state.value, task, at=at, project=task.queue.project)
    steps.insert("settled_event", event)


def ballots_of(annotations: Iterable[int | None]) -> list[Ballot]:
    """The stored answers of each of these annotations."""
    ballots: dict[int, dict[int, str | None]] = {pk: {} for pk in annotations if pk is not None}
    if ballots:
        values = {f"a{number}": pk for number, pk in enumerate(ballots)}
        wanted = ", ".join(f"%({name})s" for name in values)
        for annotation, criterion, value, cannot_tell in fetch(
            "SELECT annotation_id, criterion_id, value, cannot_tell FROM labeling_answer"  # noqa: S608
            f" WHERE annotation_id IN ({wanted})",
            values,
        ):
            ballots[annotation][criterion] = None if cannot_tell else value
    return list(ballots.values())


def ballot_of(answers: Iterable[Answer]) -> Ballot:
    """Answers that are about to be stored."""
    return {answer.criterion_id: None if answer.cannot_tell else answer.value for answer in answers}


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


def _findings(task: Task, ballots: list[Ballot]) -> list[tuple[Criterion, Finding]]:
    """What the queue's policy makes of each criterion; who left it out voted for nothing."""
    criteria = criteria_of(task.queue.rubric_version)
    given = [{row.key: ballot.get(row.pk, "") for row in criteria} for ballot in ballots]
    majority = task.queue.settling == Queue.Settling.MAJORITY
    found = settle_all(
        [Asked(row.key, row.kind, row.when) for row in criteria], given, majority=majority
    )
    return [(row, found[row.key]) for row in criteria]


def _rule(
    steps: Steps, task: Task, findings: list[tuple[Criterion, Finding]], *, at: datetime
) -> None:
    """Write the settled answers as an adjudication; a criterion without a value gets no ruling."""
    adjudication = Adjudication(
        task=task,
        source=Adjudication.Source.POLICY,
        policy=task.queue.settling,
        rubric_version_id=task.queue.rubric_version_id,
        at=at,
    )
    steps.insert("adjudication", adjudication, supersedes_id=STANDING)
    for number, (criterion, finding) in enumerate(findings):
        if finding.value:
            ruling = Ruling(criterion=criterion, value=finding.value)
            decided_by = "(SELECT id FROM adjudication)"
            steps.insert(f"ruling_{number}", ruling, adjudication_id=decided_by)
