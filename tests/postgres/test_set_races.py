"""Sets frozen by several people at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.utils import timezone

from evaluation.models import EvaluationSet, SetVersion, Verdict
from evaluation.services.gates import ask_verdict, perform_verdict, register_gate
from evaluation.services.sets import freeze, perform_freeze
from labeling.errors import Conflict
from labeling.models import Annotation, AuditEvent, Task
from labeling.services.annotations import submit, undo
from labeling.services.answers import Payload
from labeling.services.assignment import claim
from labeling.services.jobs import JobFailed
from tests.evaluation.frozen import decided_queue
from tests.evaluation.makers import make_predictions, make_set_version, make_version
from tests.factories import make_annotator, make_member, make_project, make_task
from tests.postgres.test_races import on_postgres, together

__all__ = ["on_postgres"]


def test_freezes_in_parallel_give_each_its_own_number(on_postgres):
    project = make_project()
    lead, queue = make_member(project, "lead"), decided_queue(project)
    row = EvaluationSet.objects.create(project=project, name="Golden", role="frozen")
    together(*[lambda: freeze(row, [queue], criterion="topic", by=lead)] * 8)
    assert sorted(row.versions.values_list("number", flat=True)) == list(range(1, 9))


def test_two_runs_of_one_job_freeze_once(on_postgres):
    project = make_project()
    lead, queue = make_member(project, "lead"), decided_queue(project)
    row = EvaluationSet.objects.create(project=project, name="Golden", role="frozen")
    version = freeze(row, [queue], criterion="topic", by=lead)

    def run() -> str:
        try:
            return perform_freeze(SetVersion.objects.get(pk=version.pk)).state
        except JobFailed:
            return "too late"

    assert sorted(together(run, run)) == ["frozen", "too late"]
    assert version.examples.count() == 2


def test_an_answer_is_taken_back_or_frozen_but_never_both(on_postgres):
    for _round in range(6):
        project = make_project()
        lead, annotator = make_member(project, "lead"), make_annotator(project)
        task = make_task(project, overlap=1)
        lease = claim(task.queue, annotator)
        submit(annotator, lease.token, Payload({"topic": "refund"}), at=timezone.now())
        row = EvaluationSet.objects.create(project=project, name="Golden", role="frozen")
        version = freeze(row, [task.queue], criterion="topic", by=lead)
        annotation = Annotation.objects.get(task=task)

        together(
            partial(tolerant, perform_freeze, version),
            partial(tolerant, undo, annotator, annotation, at=timezone.now()),
        )

        frozen = version.examples.exists()
        assert Task.objects.get(pk=task.pk).state == ("settled" if frozen else "open")


def test_a_gate_asked_by_eight_at_once_answers_once(on_postgres):
    project = make_project()
    frozen = make_set_version(project, ["refund"] * 20)
    gate = register_gate(project, "Live", frozen, [{"scope": "overall", "margin": 0.1}], by=None)
    candidate, baseline = (make_version(project, name) for name in ("v2", "v1"))
    for version in (candidate, baseline):
        make_predictions(version, frozen, ["refund"] * 20)
    asked = together(*[lambda: ask_verdict(gate, candidate, baseline, by=None)] * 8)
    assert len({verdict.uid for verdict in asked}) == Verdict.objects.count() == 1


def test_a_verdict_judged_by_two_runners_is_decided_once(on_postgres):
    project = make_project()
    frozen = make_set_version(project, ["refund"] * 20)
    gate = register_gate(project, "Live", frozen, [{"scope": "overall", "floor": 0.5}], by=None)
    candidate = make_version(project, "v2")
    make_predictions(candidate, frozen, ["refund"] * 20)
    verdict = ask_verdict(gate, candidate, by=None)
    again = Verdict.objects.get(pk=verdict.pk)
    outcomes = together(partial(perform_verdict, verdict), partial(perform_verdict, again))
    assert len({row.outcome for row in outcomes}) == 1
    assert AuditEvent.objects.filter(verb="decided_verdict").count() == 1


def tolerant(work: Callable[..., object], *given: object, **named: object) -> str:
    """What the work came to, where somebody else may have been before it."""
    try:
        work(*given, **named)
    except (Conflict, JobFailed) as refused:
        return type(refused).__name__
    return "done"
