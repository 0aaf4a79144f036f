"""Releases: planned, taken from stage to stage, stopped, and back in one go."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from evaluation.models import ModelVersion
from evaluation.services.versions import move_version
from labeling.errors import Conflict
from labeling.models import AuditEvent, Job, Membership, Project
from maintenance.models import Release, Stage
from maintenance.policy.releasing import DEFAULT_STAGES, Kind, StageTerms
from maintenance.reports.releases import headline, history, name_of, standing
from maintenance.services.releases import (
    enter_stage,
    finish,
    give_up,
    grant_override,
    hold,
    plan_release,
    resume,
    roll_back,
)
from tests.evaluation.makers import make_version
from tests.factories import make_member, make_project
from tests.maintenance.makers import (
    make_alert,
    make_gate,
    make_monitor,
    make_release,
    make_signal,
    make_verdict,
)

pytestmark = pytest.mark.django_db

QUICK = [
    StageTerms(Kind.SHADOW, 0),
    StageTerms(Kind.CANARY, 0.05),
    StageTerms(Kind.FULL, 1),
    StageTerms(Kind.WATCH, 1),
]
HOUR = timedelta(hours=1)
#: Names of a state and how many stages one has entered by then.
DEPTH = {"shadow": 1, "canary": 2, "full": 3, "watch": 4}


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def engineer(project) -> Membership:
    return make_member(project, "engineer")


@pytest.fixture
def admin(project) -> Membership:
    return make_member(project, "admin")


@pytest.fixture
def release(project) -> Release:
    return make_release(project, stages=QUICK)


def taken_to(release: Release, state: str, by: Membership) -> Release:
    """A release in this state, on a verdict that passes."""
    make_verdict(release)
    for _ in range(DEPTH[state]):
        enter_stage(release, by=by)
    release.refresh_from_db()
    return release


def states(release: Release) -> tuple[str, str]:
    rows: dict[int | None, str] = dict(ModelVersion.objects.values_list("pk", "state"))
    return rows[release.baseline_id], rows[release.candidate_id]


def verbs(*kinds: str) -> list[str]:
    rows = AuditEvent.objects.order_by("pk").values_list("verb", flat=True)
    return [verb for verb in rows if verb.endswith(kinds or ("_release", "_stage", "_override"))]


def test_a_release_is_planned_with_the_default_stages_against_the_live_version(project, engineer):
    live = make_version(project, state="live")
    release = make_release(project, by=engineer)
    kinds = [(stage.kind, stage.share, stage.soak_hours) for stage in release.stages.all()]
    assert kinds == [(str(row.kind), row.share, row.soak_hours) for row in DEFAULT_STAGES]
    assert (release.state, release.baseline, release.planned_by) == ("planned", live, engineer)
    assert verbs() == ["planned_release"]


def test_one_release_is_under_way_at_a_time(project, release):
    with pytest.raises(Conflict, match="under way"):
        make_release(project)
    give_up(release, "wrong candidate", by=None)
    assert make_release(project).state == "planned"


def test_what_belongs_to_another_project_cannot_be_released(project, engineer):
    foreign = make_version(make_project())
    with pytest.raises(ValidationError) as refused:
        make_release(project, candidate=foreign, by=engineer)
    assert "candidate" in refused.value.message_dict


@pytest.mark.parametrize("state", ["live", "retired"])
def test_only_a_candidate_is_released(project, state):
    with pytest.raises(Conflict, match="candidate"):
        make_release(project, candidate=make_version(project, state=state))


@pytest.mark.parametrize("plan", ["", "   ", "x" * 5000])
def test_a_release_says_how_to_go_back(project, engineer, plan):
    with pytest.raises(ValidationError) as refused:
        plan_release(
            project, make_version(project), make_gate(project), rollback_plan=plan, by=engineer
        )
    assert "rollback_plan" in refused.value.message_dict


def test_stages_that_cannot_be_followed_are_refused(project):
    with pytest.raises(ValidationError, match="order"):
        make_release(project, stages=[QUICK[2], QUICK[0], QUICK[3]])


def test_a_passing_verdict_opens_every_stage_and_full_makes_the_candidate_live(release, engineer):
    verdict = make_verdict(release)
    seen = []
    for _ in QUICK:
        stage = enter_stage(release, by=engineer)
        seen.append((stage.kind, stage.verdict, stage.entered_by, *states(release)))
    assert seen == [
        ("shadow", verdict, engineer, "live", "candidate"),
        ("canary", verdict, engineer, "live", "candidate"),
        ("full", verdict, engineer, "retired", "live"),
        ("watch", verdict, engineer, "retired", "live"),
    ]
    assert verbs("_stage") == ["entered_stage"] * 4
    assert verbs("moved_version") == ["moved_version"] * 2


def test_a_stage_lasts_its_hours_before_the_next(project, engineer):
    release = make_release(project)
    make_verdict(release)
    now = timezone.now()
    enter_stage(release, by=engineer, at=now)
    with pytest.raises(Conflict, match="lasts at least until"):
        enter_stage(release, by=engineer, at=now + 23 * HOUR)
    assert enter_stage(release, by=engineer, at=now + 24 * HOUR).share == 0.05


def test_a_held_release_stays_where_it_is_until_it_is_resumed(release, engineer):
    make_verdict(release)
    hold(release, "the canary is odd", by=engineer)
    with pytest.raises(Conflict, match="the canary is odd"):
        enter_stage(release, by=engineer)
    with pytest.raises(Conflict, match="held already"):
        hold(release, "again", by=engineer)
    resume(release, by=engineer)
    with pytest.raises(Conflict, match="not held"):
        resume(release, by=engineer)
    assert enter_stage(release, by=engineer).kind == "shadow"
    assert verbs("_release") == ["planned_release", "held_release", "resumed_release"]


def test_a_critical_alert_since_the_stage_began_stops_the_next(project, release, engineer, admin):
    taken_to(release, "shadow", engineer)
    alert = make_alert(
        make_monitor(make_signal(project)), severity="critical", opened_at=timezone.now()
    )
    grant_override(release, "it is fine", timezone.now() + HOUR, by=admin)
    with pytest.raises(Conflict, match="critical alert"):
        enter_stage(release, by=engineer)
    alert.closed_at = timezone.now()
    alert.save()
    assert enter_stage(release, by=engineer).kind == "canary"


@pytest.mark.parametrize(("severity", "hours"), [("warning", 1), ("notice", 1), ("critical", -100)])
def test_other_alerts_stop_nothing(project, release, engineer, severity, hours):
    taken_to(release, "shadow", engineer)
    make_alert(
        make_monitor(make_signal(project)),
        severity=severity,
        opened_at=timezone.now() + hours * HOUR,
    )
    assert enter_stage(release, by=engineer).kind == "canary"


def test_a_version_made_live_behind_the_release_stops_it(project, release, engineer):
    make_verdict(release)
    other = make_version(project)
    move_version(other, "live", by=engineer)
    with pytest.raises(Conflict, match="Another version"):
        enter_stage(release, by=engineer)


def test_a_retired_candidate_goes_nowhere(release, engineer):
    make_verdict(release)
    move_version(release.candidate, "retired", by=engineer)
    with pytest.raises(Conflict, match="retired"):
        enter_stage(release, by=engineer)


def test_the_stage_that_is_meant_is_entered_or_none(release, engineer):
    make_verdict(release)
    meant = release.stages.first()
    enter_stage(release, stage=meant, by=engineer)
    with pytest.raises(Conflict) as refused:
        enter_stage(release, stage=meant, by=engineer)
    assert refused.value.code == "not_next"


@pytest.mark.parametrize("state", DEPTH)
def test_a_rollback_brings_the_baseline_back_from_every_stage(release, engineer, state):
    taken_to(release, state, engineer)
    hold(release, "odd", by=engineer)
    jobs = Job.objects.count()
    before = AuditEvent.objects.count()
    back = roll_back(release, "wrong answers in German", by=engineer)
    moved = 2 if state in {"full", "watch"} else 0
    assert states(release) == ("live", "candidate")
    assert (back.state, back.ended_why) == ("rolled_back", "wrong answers in German")
    assert back.ended_at
    assert Job.objects.count() == jobs
    assert AuditEvent.objects.count() == before + 1 + moved


def test_a_rollback_where_nothing_was_live_leaves_nothing_live(project, engineer):
    release = make_release(project, stages=QUICK)
    Release.objects.filter(pk=release.pk).update(baseline=None)
    ModelVersion.objects.filter(state="live").update(state="retired")
    release.refresh_from_db()
    taken_to(release, "full", engineer)
    roll_back(release, "wrong", by=engineer)
    assert not ModelVersion.objects.filter(state="live").exists()


def test_rolling_back_twice_is_a_conflict_in_plain_words(release, engineer):
    taken_to(release, "canary", engineer)
    roll_back(release, "wrong", by=engineer)
    with pytest.raises(Conflict, match="rolled back already"):
        roll_back(release, "wrong", by=engineer)
    assert verbs("rolled_back_release") == ["rolled_back_release"]


def test_what_has_not_gone_out_is_given_up_and_what_has_is_rolled_back(release, engineer):
    with pytest.raises(Conflict, match="give the release up"):
        roll_back(release, "wrong", by=engineer)
    taken_to(release, "canary", engineer)
    with pytest.raises(Conflict, match="roll it back"):
        give_up(release, "wrong", by=engineer)


def test_the_watch_ends_after_its_hours_and_with_it_the_way_back(project, engineer):
    release = make_release(project, stages=[*QUICK[:3], StageTerms(Kind.WATCH, 1, 168)])
    taken_to(release, "full", engineer)
    with pytest.raises(Conflict, match="end of its watch"):
        finish(release, by=engineer)
    now = timezone.now()
    enter_stage(release, by=engineer, at=now)
    with pytest.raises(Conflict, match="lasts at least"):
        finish(release, by=engineer, at=now)
    done = finish(release, by=engineer, at=now + 168 * HOUR)
    assert (done.state, *states(release)) == ("done", "retired", "live")
    for again in (finish, resume):
        with pytest.raises(Conflict, match="done"):
            again(release, by=engineer)
    with pytest.raises(Conflict, match="done"):
        roll_back(release, "too late", by=engineer)


def test_after_the_end_nothing_is_entered_or_granted(release, engineer, admin):
    make_verdict(release)
    give_up(release, "wrong", by=engineer)
    with pytest.raises(Conflict, match="ended"):
        enter_stage(release, by=engineer)
    with pytest.raises(Conflict, match="given up"):
        grant_override(release, "why", timezone.now() + HOUR, by=admin)


def test_after_the_watch_no_stage_is_left(release, engineer, admin):
    taken_to(release, "watch", engineer)
    with pytest.raises(Conflict, match="No stage is left"):
        enter_stage(release, by=engineer)
    with pytest.raises(Conflict, match="No stage is left"):
        grant_override(release, "why", timezone.now() + HOUR, by=admin)


def test_the_first_sentence_says_what_is_and_what_is_next(release, engineer):
    assert "nothing has gone out" in headline(standing(release))
    taken_to(release, "canary", engineer)
    assert headline(standing(release)).startswith("In canary at 5% since")
    assert "May enter full now" in headline(standing(release))
    enter_stage(release, by=engineer)
    enter_stage(release, by=engineer)
    release.refresh_from_db()
    assert "can be finished" in headline(standing(release))
    release = roll_back(release, "wrong", by=engineer)
    assert headline(standing(release)).endswith("rolled back. wrong")
    assert standing(release).share == 0


def test_the_first_sentence_says_from_when_the_next_stage_may_be_entered(project, engineer):
    release = make_release(project)
    make_verdict(release)
    enter_stage(release, by=engineer)
    release.refresh_from_db()
    assert "May enter canary at 5% from" in headline(standing(release))
    hold(release, "odd", by=engineer)
    release.refresh_from_db()
    assert "May not enter canary at 5% yet." in headline(standing(release))


def test_a_stage_is_named_with_its_share():
    assert name_of(Stage(kind="canary", share=0.07)) == "canary at 7%"
    assert name_of(Stage(kind="canary", share=0.005)) == "canary at 0.5%"
    assert name_of(Stage(kind="full", share=1)) == "full"


def test_the_history_of_a_release_holds_its_stages_and_overrides(release, engineer, admin):
    grant_override(release, "Labels come Monday", timezone.now() + HOUR, by=admin)
    enter_stage(release, by=engineer)
    found = [event.verb for event in history(standing(release))]
    assert found == ["entered_stage", "granted_override", "planned_release"]
