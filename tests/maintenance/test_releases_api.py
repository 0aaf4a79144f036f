"""Releases for programs, for deployers' hooks and for the shell of the server."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from evaluation.models import ModelVersion
from labeling.models import AuditEvent, Job, Membership, Project
from maintenance.models import Release
from maintenance.policy.releasing import Kind, StageTerms
from maintenance.services.releases import enter_stage, grant_override, hold, roll_back
from tests.evaluation.makers import make_version
from tests.factories import make_member, make_project
from tests.maintenance.makers import make_gate, make_release, make_verdict

pytestmark = pytest.mark.django_db

RELEASES = "/api/v1/projects/support/releases/"
QUICK = [
    StageTerms(Kind.SHADOW, 0),
    StageTerms(Kind.CANARY, 0.05),
    StageTerms(Kind.FULL, 1),
    StageTerms(Kind.WATCH, 1),
]
HOUR = timedelta(hours=1)


@pytest.fixture
def project() -> Project:
    return make_project("support")


@pytest.fixture
def engineer(project) -> Membership:
    return make_member(project, "engineer")


@pytest.fixture
def program(engineer, call) -> APIClient:
    return call(engineer, "release")


@pytest.fixture
def release(project) -> Release:
    return make_release(project, stages=QUICK)


def at(release: Release, below: str = "") -> str:
    return f"/api/v1/releases/{release.uid}/{below}"


def post(client, address, **body):
    return client.post(address, body, format="json")


def next_of(release: Release) -> str:
    return str(release.stages.filter(entered_at=None).first().uid)


def plan(program, project, **fields):
    asked = {
        "candidate": str(make_version(project).uid),
        "gate": str(make_gate(project).uid),
        "rollback_plan": "Set the router back.",
        **fields,
    }
    return post(program, RELEASES, **asked)


def test_a_release_is_planned_listed_and_read(program, project):
    make_version(project, state="live")
    made = plan(program, project)
    assert made.status_code == 201, made.json()
    assert [stage["share"] for stage in made.json()["stages"]] == [0, 0.05, 0.25, 1, 1]
    assert made.json()["reasons"] == [
        "The gate has no verdict on this candidate against this baseline as they are now: ask it."
    ]
    (listed,) = program.get(RELEASES).json()["results"]
    assert listed["uid"] == made.json()["uid"]
    assert program.get(f"/api/v1/releases/{listed['uid']}/").json() == made.json()


def test_a_plan_of_ones_own_is_followed(program, project):
    stages = [{"kind": "full", "share": 1, "soak_hours": 2}, {"kind": "watch", "share": 1}]
    made = plan(program, project, stages=stages)
    kinds = [(row["kind"], row["soak_hours"]) for row in made.json()["stages"]]
    assert kinds == [("full", 2), ("watch", 0)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"rollback_plan": ""},
        {"rollback_plan": "   "},
        {"candidate": "v2"},
        {"gate": None},
        {"stages": []},
        {"stages": [{"kind": "watch", "share": 1}]},
        {"stages": [{"kind": "leap", "share": 1}]},
        {"stages": [{"kind": "full", "share": 1.5}]},
        {"stages": [{"kind": "full", "share": 1, "status": "pass"}]},
        {"stages": "all"},
        {"state": "full"},
    ],
)
def test_what_is_not_well_formed_is_refused(program, project, wrong):
    assert plan(program, project, **wrong).status_code == 400
    assert not Release.objects.exists()


@pytest.mark.parametrize("name", ["candidate", "gate", "case"])
def test_a_foreign_row_is_refused_like_a_random_one(program, project, name):
    other = make_project()
    foreign = {"candidate": make_version, "gate": make_gate, "case": make_version}[name](other)
    answers = [plan(program, project, **{name: str(uid)}) for uid in (foreign.uid, uuid4())]
    said = [{**answer.json(), "request_id": ""} for answer in answers]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert said[0] == said[1]
    assert said[0]["code"] == "invalid_reference"


def test_a_stage_is_entered_on_a_verdict_and_the_same_one_only_once(program, release):
    meant = next_of(release)
    assert post(program, at(release, "stages/"), stage=meant).status_code == 409
    verdict = make_verdict(release)
    entered = post(program, at(release, "stages/"), stage=meant)
    assert entered.status_code == 201, entered.json()
    assert (entered.json()["state"], entered.json()["stage"]) == ("shadow", meant)
    assert entered.json()["stages"][0]["verdict"] == str(verdict.uid)
    again = post(program, at(release, "stages/"), stage=meant)
    assert (again.status_code, again.json()["code"]) == (409, "not_next")


def test_a_stage_of_another_release_is_no_stage_here(program, release):
    foreign = make_release(make_project())
    answers = [
        post(program, at(release, "stages/"), stage=uid)
        for uid in (next_of(foreign), str(uuid4()), "shadow")
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 400]


def test_a67_nothing_is_passed_by_saying_so(program, release):
    for below in ("stages/", "holds/", "rollbacks/", "endings/"):
        body = {"stage": next_of(release), "verdict": "pass", "status": "pass"}
        assert post(program, at(release, below), **body).status_code == 400
    for method in (program.patch, program.put, program.delete):
        assert method(at(release), {"state": "full"}, format="json").status_code == 405


def test_a_release_is_held_resumed_and_ended(program, release):
    assert post(program, at(release, "holds/"), why="odd").json()["held_why"] == "odd"
    assert post(program, at(release, "holds/"), why="odd").status_code == 409
    assert post(program, at(release, "resumptions/")).json()["held_at"] is None
    assert post(program, at(release, "endings/"), ending="given_up").status_code == 400
    assert post(program, at(release, "endings/"), ending="done").status_code == 409
    ended = post(program, at(release, "endings/"), ending="given_up", why="wrong one")
    assert (ended.json()["state"], ended.json()["ended_why"]) == ("given_up", "wrong one")


def test_the_watch_is_finished(program, project, release):
    make_verdict(release)
    for _ in QUICK:
        assert post(program, at(release, "stages/"), stage=next_of(release)).status_code == 201
    done = post(program, at(release, "endings/"), ending="done")
    assert (done.json()["state"], done.json()["share"]) == ("done", 1)


def test_a_rollback_answers_at_once_and_leaves_no_job(program, release, engineer):
    make_verdict(release)
    for _ in range(3):
        enter_stage(release, by=engineer)
    hold(release, "odd", by=engineer)
    back = post(program, at(release, "rollbacks/"), why="wrong in German")
    assert (back.status_code, back.json()["state"]) == (201, "rolled_back")
    assert ModelVersion.objects.get(state="live") == release.baseline
    assert not Job.objects.exists()
    again = post(program, at(release, "rollbacks/"), why="wrong in German")
    assert again.status_code == 409
    assert again.json()["message"] == "This release has been rolled back already."


def test_a67_a_token_cannot_override(project, release, call):
    admin = make_member(project, "admin")
    body = {"reason": "please", "expires_at": (timezone.now() + HOUR).isoformat()}
    answer = post(call(admin, "release", "manage", "read"), at(release, "overrides/"), **body)
    assert answer.status_code == 403
    assert not release.overrides.exists()


def in_person(member: Membership) -> APIClient:
    client = APIClient()
    client.force_login(member.user, backend="labeling.sessions.PersonBackend")
    return client


def test_an_admin_overrides_in_person_and_the_next_stage_opens(project, release, program):
    body = {"reason": "Labels on Monday", "expires_at": (timezone.now() + HOUR).isoformat()}
    granted = post(in_person(make_member(project, "admin")), at(release, "overrides/"), **body)
    assert granted.status_code == 201, granted.json()
    assert granted.json()["override"]["reason"] == "Labels on Monday"
    assert granted.json()["may_enter"] is True
    entered = post(program, at(release, "stages/"), stage=next_of(release))
    assert entered.json()["stages"][0]["override"] == granted.json()["override"]["uid"]


@pytest.mark.parametrize("part", ["by", "registered_by"])
def test_a14_ones_own_release_is_not_overridden_and_the_attempt_is_on_record(project, part):
    both = make_member(project, "engineer", "admin")
    own = make_release(project, **{part: both})
    body = {"reason": "trust me", "expires_at": (timezone.now() + HOUR).isoformat()}
    answer = post(in_person(both), at(own, "overrides/"), **body)
    assert (answer.status_code, answer.json()["code"]) == (403, "conflict_of_interest")
    assert AuditEvent.objects.filter(verb="refused_override", member=both).exists()


def test_a_deployer_waits_until_the_next_stage_may_be_entered(release, project, call):
    hook = call(make_member(project, "viewer"), "read")
    waits = hook.get(at(release, "may-enter/"))
    assert (waits.status_code, waits.json()["code"]) == (409, "may_not_enter")
    assert len(waits.json()["reasons"]) == 1
    make_verdict(release)
    goes = hook.get(at(release, "may-enter/"))
    assert (goes.status_code, goes.json()["stage"]) == (200, next_of(release))


def test_a_deployer_rolls_back_only_when_that_is_ordered(release, project, engineer, call):
    hook = call(make_member(project, "viewer"), "read")
    assert hook.get(at(release, "rollback-ordered/")).status_code == 403
    make_verdict(release)
    enter_stage(release, by=engineer)
    hold(release, "odd", by=engineer)
    carries_on = hook.get(at(release, "rollback-ordered/"))
    assert (carries_on.status_code, carries_on.json()["code"]) == (403, "not_ordered")
    roll_back(release, "wrong", by=engineer)
    ordered = hook.get(at(release, "rollback-ordered/"))
    assert (ordered.status_code, ordered.json()["code"]) == (200, "rollback_ordered")


def test_nobody_orders_a_rollback_by_being_a_stranger_or_by_asking_for_nothing(release, call):
    stranger = call(make_member(make_project(), "engineer"), "release")
    assert stranger.get(at(release, "rollback-ordered/")).status_code == 404
    assert APIClient().get(at(release, "rollback-ordered/")).status_code == 401


def test_the_shell_rolls_back_with_nothing_but_the_database(release, engineer, capsys):
    make_verdict(release)
    enter_stage(release, by=engineer)
    email = engineer.user.email
    call_command("roll_back", "support", release.candidate.name, why="wrong", by=email)
    assert f"{release.baseline.name} is live again." in capsys.readouterr().out
    assert AuditEvent.objects.get(verb="rolled_back_release").member == engineer
    with pytest.raises(CommandError, match="rolled back already"):
        call_command("roll_back", "support", str(release.uid), why="wrong")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["elsewhere", "v2"], "wrong"),
        (["support", str(uuid4())], "wrong"),
        (["support", "RELEASE"], " "),
    ],
)
def test_the_shell_refuses_what_it_cannot_do(release, engineer, words, why):
    make_verdict(release)
    enter_stage(release, by=engineer)
    words = [release.candidate.name if word == "RELEASE" else word for word in words]
    with pytest.raises(CommandError):
        call_command("roll_back", *words, why=why)
    with pytest.raises(CommandError, match="Nobody in the project"):
        call_command("roll_back", "support", str(release.uid), why="wrong", by="x@example.org")


def test_the_shell_says_where_a_release_stands(release, engineer, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("release_status", "support")
    assert ended.value.code == 1
    assert "- The gate has no verdict" in capsys.readouterr().out
    make_verdict(release)
    enter_stage(release, by=engineer)
    call_command("release_status", "support", str(release.uid))
    said = capsys.readouterr().out
    assert "May enter canary at 5% now." in said
    assert "[x] shadow\n[ ] canary at 5%" in said


def test_an_override_is_told_to_programs_while_it_counts(release, project, program):
    admin = make_member(project, "admin")
    now = timezone.now()
    grant_override(release, "Labels on Monday", now + HOUR, by=admin, at=now - HOUR)
    assert program.get(at(release)).json()["override"]["granted_by"] == str(admin.uid)
    release.overrides.update(granted_at=now - 3 * HOUR, expires_at=now - HOUR)
    found = program.get(at(release)).json()
    assert found["override"] is None
    assert "The override ended on" in found["reasons"][1]
