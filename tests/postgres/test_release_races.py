"""Releases moved by several people at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from evaluation.models import ModelVersion
from evaluation.services.versions import move_version
from labeling.errors import Conflict
from labeling.models import AuditEvent
from maintenance.models import Release
from maintenance.policy.releasing import Kind, StageTerms
from maintenance.services.releases import (
    enter_stage,
    finish,
    grant_override,
    hold,
    plan_release,
    roll_back,
)
from tests.evaluation.makers import make_version
from tests.factories import make_member, make_project
from tests.maintenance.makers import make_gate, make_release, make_verdict
from tests.postgres.test_races import on_postgres, together

__all__ = ["on_postgres"]
pytestmark = pytest.mark.postgres

ROUNDS = 2
QUICK = [
    StageTerms(Kind.SHADOW, 0),
    StageTerms(Kind.CANARY, 0.05),
    StageTerms(Kind.FULL, 1),
    StageTerms(Kind.WATCH, 1),
]


def ready(entered: int = 0) -> tuple[Release, list]:
    """A release that may go on, some stages entered, and eight people who run it."""
    release = make_release(make_project(), stages=QUICK)
    make_verdict(release)
    people = [make_member(release.project, "engineer") for _ in range(8)]
    for _ in range(entered):
        enter_stage(release, by=people[0])
    return Release.objects.get(pk=release.pk), people


def attempt(act: Callable[[], object]) -> Callable[[], str]:
    """What came of it: done, or the code of the conflict."""

    def run() -> str:
        try:
            act()
        except Conflict as conflict:
            return conflict.code
        return "done"

    return run


def count(release: Release, verb: str) -> int:
    return AuditEvent.objects.filter(project=release.project_id, verb=verb).count()


def live(release: Release) -> ModelVersion:
    return ModelVersion.objects.get(project=release.project_id, state="live")


@pytest.mark.parametrize("entered", range(4))
def test_of_eight_people_who_go_on_at_once_one_enters_the_stage(on_postgres, entered):
    release, people = ready(entered)
    meant = release.stages.filter(entered_at=None).first()
    acts = [
        attempt(lambda person=person: enter_stage(release, stage=meant, by=person))
        for person in people
    ]
    answers = together(*acts)
    assert sorted(answers) == ["done"] + ["not_next"] * 7
    assert release.stages.exclude(entered_at=None).count() == entered + 1
    assert count(release, "entered_stage") == entered + 1


@pytest.mark.parametrize("number", range(ROUNDS))
def test_going_on_without_naming_the_stage_enters_no_stage_twice(on_postgres, number):
    release, people = ready(1)
    acts = [attempt(lambda person=person: enter_stage(release, by=person)) for person in people]
    entered = together(*acts).count("done")
    assert release.stages.exclude(entered_at=None).count() == 1 + entered
    assert count(release, "entered_stage") == 1 + entered


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("entered", [2, 3])
def test_a_rollback_beside_the_next_stage_always_ends_with_the_baseline(
    on_postgres, number, entered
):
    release, people = ready(entered)
    meant = release.stages.filter(entered_at=None).first()
    backs, ons = people[:4], people[4:]
    answers = together(
        *[attempt(lambda by=by: roll_back(release, "wrong", by=by)) for by in backs],
        *[attempt(lambda by=by: enter_stage(release, stage=meant, by=by)) for by in ons],
    )
    release.refresh_from_db()
    assert answers[:4].count("done") == 1
    assert answers[4:].count("done") <= 1
    assert (release.state, live(release)) == ("rolled_back", release.baseline)
    assert ModelVersion.objects.get(pk=release.candidate_id).state == "candidate"
    assert count(release, "rolled_back_release") == 1


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_watch_is_finished_or_rolled_back_and_never_both(on_postgres, number):
    release, people = ready(4)
    answers = together(
        attempt(lambda: finish(release, by=people[0])),
        attempt(lambda: roll_back(release, "wrong", by=people[1])),
        attempt(lambda: hold(release, "odd", by=people[2])),
    )
    release.refresh_from_db()
    assert sorted(answers[:2]) == ["done", "ended"] or answers[:2] == ["not_over", "done"]
    out = release.candidate if release.state == "done" else release.baseline
    assert live(release) == out


@pytest.mark.parametrize("number", range(ROUNDS))
def test_another_version_made_live_meanwhile_leaves_exactly_one_live(on_postgres, number):
    release, people = ready(2)
    other = make_version(release.project)
    together(
        attempt(lambda: enter_stage(release, by=people[0])),
        attempt(lambda: move_version(other, "live", by=people[1])),
    )
    assert live(release) in {release.candidate, other}


def test_eight_plans_at_once_make_one_release(on_postgres):
    project = make_project()
    gate = make_gate(project)
    candidates = [make_version(project) for _ in range(8)]

    def plan(candidate: ModelVersion) -> object:
        return plan_release(project, candidate, gate, rollback_plan="Go back.", by=None)

    acts = [attempt(lambda one=one: plan(one)) for one in candidates]
    assert sorted(together(*acts)) == ["done"] + ["release_under_way"] * 7


def test_an_override_granted_while_the_stage_is_entered_is_for_that_stage_or_the_next(on_postgres):
    release, people = ready()
    admin = make_member(release.project, "admin")
    until = timezone.now() + timedelta(hours=1)
    together(
        attempt(lambda: enter_stage(release, by=people[0])),
        attempt(lambda: grant_override(release, "Monday", until, by=admin)),
    )
    assert release.overrides.get().stage.position in {0, 1}
    assert release.stages.get(position=0).verdict is not None
