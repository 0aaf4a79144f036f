"""The pages of releases: where one goes on, why not, and the way back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from evaluation.models import ModelVersion
from labeling.models import Membership, Project
from maintenance.models import Release
from maintenance.policy.releasing import Kind, StageTerms
from maintenance.services.cases import open_case
from maintenance.services.releases import enter_stage, grant_override, hold, roll_back
from tests.evaluation.makers import make_version
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
    return make_project("support")


@pytest.fixture
def engineer(project) -> Membership:
    return make_member(project, "engineer")


@pytest.fixture
def client(engineer, browse):
    return browse(engineer)


@pytest.fixture
def release(project) -> Release:
    return make_release(project, stages=QUICK)


def at(name: str, release: Release) -> str:
    return reverse(f"release_{name}", args=["support", release.uid])


def shown(client, release: Release) -> str:
    return client.get(release.get_absolute_url()).content.decode()


def plan(client, project, **fields):
    asked = {
        "candidate": str(make_version(project).uid),
        "gate": str(make_gate(project).uid),
        "rollback_plan": "Set the router back.",
        "shadow": "on",
        "canary": "5, 25",
        "soak_hours": "24",
        "watch_hours": "168",
        **fields,
    }
    return client.post("/p/support/releases/new/", asked)


def test_a_release_is_started_from_the_list(client, project):
    make_version(project, state="live")
    case = open_case(project, "German answers", by=None)
    answer = plan(client, project, case=str(case.uid), canary="1, 10%")
    made = Release.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, made.get_absolute_url())
    assert [stage.share for stage in made.stages.all()] == [0, 0.01, 0.1, 1, 1]
    assert made.case == case
    listed = client.get("/p/support/releases/").content.decode()
    assert str(made.candidate) in listed
    assert "Start a release" not in listed


def test_the_version_or_case_that_one_comes_from_is_chosen_already(client, project):
    make_gate(project)
    case = open_case(project, "German answers", by=None)
    first, second = make_version(project), make_version(project)
    for below in ("", "new/"):
        page = client.get(f"/p/support/releases/{below}?candidate={first.uid}&case={case.uid}")
        said = page.content.decode()
        assert f'value="{first.uid}" selected' in said
        assert f'value="{case.uid}" selected' in said
        assert f'value="{second.uid}" selected' not in said


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"rollback_plan": ""}, "required"),
        ({"canary": "five"}, "Numbers"),
        ({"canary": "25, 5"}, "at least the one before"),
        ({"canary": "nan"}, "Between 0 and 100"),
        ({"canary": "1,2,3,4,5,6,7,8,9,10"}, "nine steps"),
        ({"soak_hours": "-1"}, "greater"),
        ({"candidate": "x"}, "valid"),
    ],
)
def test_a_plan_that_makes_no_sense_is_kept_and_explained(client, project, wrong, said):
    make_version(project)
    answer = plan(client, project, **wrong)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not Release.objects.exists()


def test_without_a_candidate_or_a_gate_the_list_says_what_to_do_first(client):
    assert (
        "Register a candidate and a gate first"
        in client.get("/p/support/releases/").content.decode()
    )


def test_a_second_release_waits_for_the_first(client, project, release):
    answer = plan(client, project)
    assert (answer.status_code, Release.objects.count()) == (409, 1)


def test_the_page_says_why_not_and_offers_to_ask_the_gate(client, release):
    said = shown(client, release)
    assert "nothing has gone out yet" in said
    assert "Why shadow may not be entered yet" in said
    assert "The gate has no verdict" in said
    assert reverse("gate_ask", args=["support", release.gate.uid]) in said


def test_the_page_offers_the_next_stage_and_enters_it(client, release, engineer):
    verdict = make_verdict(release)
    assert "Enter shadow" in shown(client, release)
    first = release.stages.first()
    answer = client.post(at("enter", release), {"stage": str(first.uid)})
    assert answer["Location"] == release.get_absolute_url()
    said = shown(client, release)
    assert f"/verdicts/{verdict.uid}/" in said
    assert "Enter canary at 5%" in said
    assert str(engineer) in said
    assert client.post(at("enter", release), {"stage": str(first.uid)}).status_code == 409
    assert client.post(at("enter", release), {"stage": "next"}).status_code == 400


def test_a_release_is_held_and_goes_on(client, release):
    make_verdict(release)
    assert client.post(at("hold", release), {"why": " "}).status_code == 400
    client.post(at("hold", release), {"why": "odd answers"})
    said = shown(client, release)
    assert "It is held: odd answers" in said
    assert "Enter shadow" not in said
    assert client.post(at("hold", release), {"why": "again"}).status_code == 409
    client.post(at("resume", release))
    assert "Enter shadow" in shown(client, release)


def test_a_rollback_asks_for_a_reason_and_brings_the_baseline_back(client, release, engineer):
    make_verdict(release)
    for _ in range(3):
        enter_stage(release, by=engineer)
    hold(release, "odd", by=engineer)
    refused = client.post(at("roll_back", release), {"why": ""})
    assert refused.status_code == 400
    assert "This field is required" in refused.content.decode()
    assert client.post(at("roll_back", release), {"why": "wrong"}).status_code == 302
    assert ModelVersion.objects.get(state="live") == release.baseline
    said = shown(client, release)
    assert "rolled back" in said
    assert "Hold it where it is" not in said
    again = client.post(at("roll_back", release), {"why": "wrong"})
    assert again.status_code == 409
    assert "has been rolled back already" in again.content.decode()


def test_a_release_is_given_up_or_finished(client, project, release, engineer):
    assert client.post(at("give_up", release), {"why": "wrong one"}).status_code == 302
    second = make_release(project, stages=QUICK)
    make_verdict(second)
    for _ in QUICK:
        enter_stage(second, by=engineer)
    assert "Finish the watch" in shown(client, second)
    client.post(at("finish", second))
    assert "Ended on" in shown(client, second)
    assert client.post(at("finish", second)).status_code == 409


def test_the_watch_says_why_it_goes_on(client, project, engineer):
    release = make_release(project, stages=[*QUICK[:3], StageTerms(Kind.WATCH, 1, 168)])
    make_verdict(release)
    for _ in QUICK:
        enter_stage(release, by=engineer)
    said = shown(client, release)
    assert "Why the watch goes on" in said
    assert "Finish the watch" not in said


def test_an_admin_vouches_for_a_time_and_somebody_else_enters(project, release, browse, client):
    admin = make_member(project, "admin")
    theirs = browse(admin)
    answer = theirs.post(at("override", release), {"reason": "Monday", "hours": "24"})
    assert answer.status_code == 302
    said = shown(theirs, release)
    assert "The only word for the next stage is your own" in said
    assert "Enter shadow" not in said
    mine = shown(client, release)
    assert "Enter shadow" in mine
    assert "Monday" in mine
    assert str(admin) in mine
    assert theirs.post(at("override", release), {"reason": "x", "hours": "9"}).status_code == 400


@pytest.mark.parametrize("part", ["by", "registered_by"])
def test_a14_ones_own_release_offers_no_override_and_refuses_one(project, browse, part):
    both = make_member(project, "engineer", "admin")
    own = make_release(project, **{part: both})
    client = browse(both)
    assert "Grant the override" not in shown(client, own)
    assert "ask another admin" in shown(client, own)
    answer = client.post(at("override", own), {"reason": "trust me", "hours": "24"})
    assert answer.status_code == 403
    assert "cannot vouch" in answer.content.decode()


def test_a_viewer_reads_and_finds_nothing_to_press(project, release, browse, engineer):
    make_verdict(release)
    enter_stage(release, by=engineer)
    said = shown(browse(make_member(project, "viewer")), release)
    assert "In shadow since" in said
    assert "Set the router back to the baseline." in said
    for action in ("enter", "hold", "override", "roll_back", "give_up"):
        assert at(action, release) not in said


def test_an_admin_is_led_to_no_page_that_admins_do_not_see(project, release, browse, engineer):
    verdict = make_verdict(release)
    enter_stage(release, by=engineer)
    said = shown(browse(make_member(project, "admin")), release)
    assert "the verdict" in said
    assert f"/verdicts/{verdict.uid}/" not in said
    assert release.candidate.get_absolute_url() not in said


def test_what_happened_is_told_newest_first(project, release, client, engineer):
    admin = make_member(project, "admin")
    grant_override(release, "Labels on Monday", timezone.now() + HOUR, by=admin)
    enter_stage(release, by=engineer)
    roll_back(release, "wrong in German", by=engineer)
    said = shown(client, release).split('id="history"')[1]
    order = ["rolled back release", "entered stage", "granted override", "planned release"]
    places = [said.index(verb) for verb in order]
    assert places == sorted(places)
    assert "wrong in German" in said
