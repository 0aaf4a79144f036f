"""Today's to-dos: who gets which, in which order, and that doing it makes it go away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.models import Invitation, Sample, Task
from maintenance.models import Case, Override
from maintenance.reports.todos import todos
from maintenance.services.cases import close_case, open_case
from maintenance.services.releases import enter_stage, hold, resume
from tests.evaluation.makers import make_version
from tests.factories import make_items, make_member, make_project, make_queue
from tests.maintenance.makers import (
    make_alert,
    make_monitor,
    make_release,
    make_signal,
    make_verdict,
)

pytestmark = pytest.mark.django_db


def sentences(member) -> list[str]:
    return [todo.sentence for todo in todos(member)]


def test_disputes_are_named_by_queue_and_language():
    project = make_project()
    items = make_items(project, 2, attributes={"language": "de"})
    queue = make_queue(project, items, name="Support", lane_attribute="language")
    Task.objects.update(state="disputed")
    todo = todos(make_member(project, "adjudicator"))[0]
    assert todo.sentence == "2 disputed tasks wait for a decision in “Support” (de)."
    assert todo.path.endswith(f"/adjudicate/?queue={queue.uid}")


def test_a_queue_that_too_few_people_can_judge_is_an_exception_of_leads():
    project = make_project()
    items = make_items(project, 1, attributes={"language": "de"})
    make_queue(project, items, name="Support", lane_attribute="language", overlap=2)
    lead = make_member(project, "lead")
    make_member(project, "annotator", languages={"fr": "native"})
    short = "“Support” (de) is 2 people short: each task needs 2 answers."
    assert short in sentences(lead)
    for _ in range(2):
        make_member(project, "annotator", languages={"de": "native"})
    assert not [one for one in sentences(lead) if "short" in one]


def test_a_sample_that_failed_is_urgent():
    lead = make_member(make_project(), "lead")
    Sample.objects.create(
        project=lead.project, name="S", design="simple", seed=1, state=Sample.State.FAILED
    )
    assert todos(lead)[0].urgent


def test_a_case_is_asked_of_its_owner_until_it_is_closed():
    owner = make_member(make_project(), "lead")
    day = timezone.localdate() + timedelta(days=3)
    case = open_case(owner.project, "German fell", owner=owner, due=day, by=owner)
    todo = todos(owner)[0]
    assert (todo.sentence, todo.due, todo.urgent) == (
        "Case 1, “German fell”, is yours.",
        day,
        False,
    )
    close_case(case, "It recovered.", by=owner)
    assert not [one for one in sentences(owner) if "German fell" in one]


def test_an_overdue_case_comes_first_for_everybody_who_sees_cases():
    project = make_project()
    owner, viewer = make_member(project, "lead"), make_member(project, "viewer")
    open_case(project, "Today's", kind=Case.Kind.INCIDENT, owner=owner, by=owner)
    late = timezone.localdate() - timedelta(days=1)
    open_case(project, "Late", owner=owner, due=late, by=owner)
    seen = [todo for todo in todos(viewer) if todo.urgent]
    assert f"Incident 1, “Today's”, is open; {owner} owns it." in [one.sentence for one in seen]
    assert f"Case 2, “Late”, is overdue; {owner} owns it." in [one.sentence for one in seen]


def test_a_case_of_nobody_is_asked_of_who_works_cases_and_not_of_viewers():
    project = make_project()
    open_case(project, "Whose", by=None)
    assert "Case 1, “Whose”, is nobody's yet." in sentences(make_member(project, "engineer"))
    assert not [one for one in sentences(make_member(project, "viewer")) if "Whose" in one]


def test_an_alert_without_a_case_is_a_to_do_until_a_case_takes_it_up():
    engineer = make_member(make_project(), "engineer")
    alert = make_alert(make_monitor(make_signal(engineer.project), severity="critical"))
    assert todos(engineer)[0].sentence == alert.sentence
    assert todos(engineer)[0].urgent
    alert.case = open_case(engineer.project, "Taken up", by=engineer)
    alert.save()
    assert alert.sentence not in sentences(engineer)


def test_a_pass_asks_for_a_release_until_one_is_planned():
    project = make_project()
    engineer = make_member(project, "engineer")
    release = make_release(project)
    make_verdict(release)
    name = release.candidate.name
    news = f"“{release.gate.name}” lets {name} pass: plan its release."
    assert news not in sentences(engineer)
    other = make_version(project)
    make_verdict(release, candidate=other)
    assert f"“{release.gate.name}” lets {other.name} pass: plan its release." in sentences(engineer)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("fail", "fails"), ("inconclusive", "cannot tell yet"), ("invalid", "could not judge")],
)
def test_a_verdict_is_news_for_a_week(outcome, words):
    project = make_project()
    engineer = make_member(project, "engineer")
    release = make_release(project)
    verdict = make_verdict(release, outcome, candidate=make_version(project))
    assert [one for one in sentences(engineer) if words in one]
    verdict.decided_at = timezone.now() - timedelta(days=8)
    verdict.save()
    assert not [one for one in sentences(engineer) if words in one]


def test_a_release_waits_for_its_stage_and_not_while_the_one_before_lasts():
    project = make_project()
    engineer = make_member(project, "engineer")
    release = make_release(project)
    make_verdict(release)
    waits = f"The release of {release.candidate.name} waits for its next stage"
    assert any(one.startswith(waits) for one in sentences(engineer))
    enter_stage(release, by=engineer)
    assert not any(one.startswith(waits) for one in sentences(engineer))


def test_a_held_release_is_urgent_until_it_goes_on():
    project = make_project()
    admin = make_member(project, "admin")
    release = make_release(project)
    hold(release, "odd answers", by=admin)
    held = f"The release of {release.candidate.name} is held: odd answers"
    assert todos(admin)[0].sentence == held
    release.refresh_from_db()
    resume(release, by=admin)
    assert held not in sentences(admin)


def test_an_override_in_force_is_shown_until_it_ends():
    project = make_project()
    viewer, admin = make_member(project, "viewer"), make_member(project, "admin")
    release = make_release(project)
    override = Override.objects.create(
        release=release,
        stage=release.stages.first(),
        reason="the set is stale",
        granted_by=admin,
        expires_at=timezone.now() + timedelta(hours=2),
    )
    assert any("the set is stale" in one for one in sentences(viewer))
    then = timezone.now() - timedelta(hours=1)
    Override.objects.filter(pk=override.pk).update(
        granted_at=then - timedelta(hours=1), expires_at=then
    )
    assert not any("the set is stale" in one for one in sentences(viewer))


def test_admins_are_told_of_invitations_that_wait_or_have_run_out():
    admin = make_member(make_project(), "admin")
    for number, days in enumerate((-1, 5)):
        Invitation.objects.create(
            project=admin.project,
            email=f"guest{number}@example.org",
            roles=["annotator"],
            digest=f"{number:064}",
            invited_by=admin,
            expires_at=timezone.now() + timedelta(days=days),
        )
    found = sentences(admin)
    assert "1 invitation has not been accepted yet." in found
    assert "1 invitation has run out: send it again or take it back." in found


def test_every_to_do_has_one_button_that_leads_somewhere(browse):
    project = make_project()
    everything = make_member(project, "adjudicator", "lead", "engineer", "admin", "viewer")
    make_queue(project)
    Task.objects.update(state="disputed")
    make_alert(make_monitor(make_signal(project)))
    open_case(project, "German fell", owner=everything, by=everything)
    hold(make_release(project), "odd answers", by=everything)
    client = browse(everything)
    found = todos(everything)
    assert len(found) >= 5
    assert {todo.path: client.get(todo.path).status_code for todo in found} == {
        todo.path: 200 for todo in found
    }
