"""What opens a stage: a verdict that passes and still holds, or somebody else's word for a time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from evaluation.models import GateCriterion
from evaluation.services.gates import ask_verdict, register_gate
from labeling.errors import Conflict, ConflictOfInterest
from labeling.models import AuditEvent, Membership, Project, User
from maintenance.models import Release, Stage
from maintenance.policy.releasing import Grade, Kind, StageTerms
from maintenance.reports.releases import graded
from maintenance.services.releases import enter_stage, grant_override
from tests.evaluation.makers import make_predictions, make_version
from tests.factories import make_member, make_project
from tests.maintenance.makers import make_gate, make_release, make_verdict

pytestmark = pytest.mark.django_db

QUICK = [
    StageTerms(Kind.SHADOW, 0),
    StageTerms(Kind.CANARY, 0.05),
    StageTerms(Kind.FULL, 1),
    StageTerms(Kind.WATCH, 1),
]
HOUR = timedelta(hours=1)


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


def verbs() -> list[str]:
    rows = AuditEvent.objects.order_by("pk").values_list("verb", flat=True)
    return [verb for verb in rows if verb.endswith(("_release", "_stage", "_override"))]


def test_without_a_verdict_no_stage_is_entered(release, engineer):
    with pytest.raises(Conflict, match="no verdict") as refused:
        enter_stage(release, by=engineer)
    assert refused.value.code == "may_not_enter"
    assert not Stage.objects.exclude(entered_at=None).exists()


@pytest.mark.parametrize("outcome", ["fail", "inconclusive", "invalid", "pending"])
def test_a66_what_is_not_a_pass_blocks(release, engineer, outcome):
    make_verdict(release, outcome)
    with pytest.raises(Conflict) as refused:
        enter_stage(release, by=engineer)
    assert refused.value.code == "may_not_enter"


def test_a_verdict_that_is_still_being_judged_is_told_from_one_nobody_asked_for(release, engineer):
    assert graded(release) == (Grade.UNKNOWN, None)
    asked = ask_verdict(
        release.gate.versions.get(), release.candidate, release.baseline, by=engineer
    )
    assert graded(release) == (Grade.PENDING, asked)
    make_predictions(release.candidate, release.gate.versions.get().set_version, ["b"])
    assert graded(release) == (Grade.UNKNOWN, None)


def test_a67_predictions_that_came_later_make_the_verdict_void(release, engineer):
    make_verdict(release)
    set_version = release.gate.versions.get().set_version
    make_predictions(release.candidate, set_version, ["b"])
    with pytest.raises(Conflict, match="no verdict"):
        enter_stage(release, by=engineer)


def test_a67_a_new_wording_of_the_gate_asks_anew(release, engineer):
    make_verdict(release)
    set_version = release.gate.versions.get().set_version
    register_gate(
        release.project,
        release.gate.name,
        set_version,
        [{"scope": "overall", "margin": 0.2}],
        by=None,
    )
    with pytest.raises(Conflict, match="no verdict"):
        enter_stage(release, by=engineer)


def test_a67_a_threshold_changed_behind_our_back_voids_the_verdict(release, engineer):
    make_verdict(release)
    GateCriterion.objects.update(margin=0.9)
    with pytest.raises(Conflict, match="no verdict"):
        enter_stage(release, by=engineer)


def test_a67_a_verdict_on_another_candidate_baseline_or_gate_is_none(project, release, engineer):
    make_verdict(release, candidate=make_version(project))
    make_verdict(release, baseline=make_version(project))
    make_verdict(release, gate_version=make_gate(project, "easy").versions.get())
    with pytest.raises(Conflict, match="no verdict"):
        enter_stage(release, by=engineer)


def test_asking_against_another_baseline_hides_no_verdict(project, release, engineer):
    verdict = make_verdict(release)
    make_verdict(release, "fail", baseline=make_version(project))
    assert enter_stage(release, by=engineer).verdict == verdict


def test_a67_an_override_opens_one_stage_for_a_time_and_is_kept(release, engineer, admin):
    make_verdict(release, "inconclusive")
    override = grant_override(release, "Labels come Monday", timezone.now() + HOUR, by=admin)
    stage = enter_stage(release, by=engineer)
    assert (stage.kind, stage.override, stage.verdict) == ("shadow", override, None)
    with pytest.raises(Conflict, match="cannot decide"):
        enter_stage(release, by=engineer)
    assert verbs() == ["planned_release", "granted_override", "entered_stage"]


def test_a67_an_override_that_ran_out_blocks_again(release, engineer, admin):
    now = timezone.now()
    grant_override(release, "Labels come Monday", now + HOUR, by=admin, at=now)
    with pytest.raises(Conflict, match="override ended"):
        enter_stage(release, by=engineer, at=now + HOUR)


def test_a_pass_is_taken_before_an_override(release, engineer, admin):
    grant_override(release, "Labels come Monday", timezone.now() + HOUR, by=admin)
    verdict = make_verdict(release)
    assert enter_stage(release, by=engineer).verdict == verdict


@pytest.mark.parametrize("hours", [-1, 0, 15 * 24])
def test_an_override_ends_within_two_weeks(release, admin, hours):
    with pytest.raises(ValidationError) as refused:
        grant_override(release, "why not", timezone.now() + hours * HOUR, by=admin)
    assert "expires_at" in refused.value.message_dict


def test_an_override_needs_a_reason(release, admin):
    with pytest.raises(ValidationError):
        grant_override(release, " ", timezone.now() + HOUR, by=admin)


@pytest.mark.parametrize("part", ["by", "registered_by"])
def test_a14_whoever_planned_or_registered_cannot_vouch(project, part):
    both = make_member(project, "engineer", "admin")
    release = make_release(project, **{part: both})
    with pytest.raises(ConflictOfInterest):
        grant_override(release, "trust me", timezone.now() + HOUR, by=both)
    assert not release.overrides.exists()
    assert verbs()[-1] == "refused_override"


def test_a14_whoever_vouched_does_not_enter_on_it(project, release):
    both = make_member(project, "engineer", "admin")
    grant_override(release, "trust me", timezone.now() + HOUR, by=both)
    with pytest.raises(ConflictOfInterest):
        enter_stage(release, by=both)
    other = make_member(project, "admin")
    assert enter_stage(release, by=other).override is not None


def test_a14_one_person_behind_two_memberships_is_one_person(release):
    planner = User.objects.get(pk=release.planned_by.user_id)
    elsewhere = make_member(make_project(), "admin", user=planner)
    with pytest.raises(ConflictOfInterest):
        grant_override(release, "trust me", timezone.now() + HOUR, by=elsewhere)


@pytest.mark.parametrize("roles", [["engineer"], ["lead"], ["viewer"]])
def test_only_an_admin_grants_overrides(project, release, roles):
    with pytest.raises(PermissionDenied):
        grant_override(release, "please", timezone.now() + HOUR, by=make_member(project, *roles))


def test_a_machine_grants_no_override(project, release):
    machine = make_member(project, "admin", kind="machine")
    with pytest.raises(PermissionDenied):
        grant_override(release, "beep", timezone.now() + HOUR, by=machine)
