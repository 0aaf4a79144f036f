"""Sets frozen by several people at the same moment."""

from __future__ import annotations

from evaluation.models import EvaluationSet, SetVersion
from evaluation.services.sets import freeze, perform_freeze
from labeling.services.jobs import JobFailed
from tests.evaluation.frozen import decided_queue
from tests.factories import make_member, make_project
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
