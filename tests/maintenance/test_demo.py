"""The demo as it lies in the database; what its people write and answer is tested on its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count

from labeling.models import (
    Adjudication,
    Annotation,
    ContentField,
    Draft,
    Export,
    Import,
    Invitation,
    Item,
    Job,
    Membership,
    Project,
    Queue,
    RubricVersion,
    Ruling,
    User,
)
from maintenance.demo import traffic
from maintenance.demo.people import ANNOTATORS, EVERYBODY
from maintenance.services import demo
from tests.maintenance.small_demo import AT, make_small, story

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker):
    """One demo for all tests here; each sees it as it was made, none after the last."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        make_small(patch)
        with transaction.atomic():
            yield demo.make_demo(at=AT)
            transaction.set_rollback(True)


def test_another_seed_tells_another_story(made):
    first = story()["items"]
    assert [item.content for item in traffic.traffic(8, start=AT)] != [row[1] for row in first]


def test_everything_lies_in_the_six_weeks_before_and_the_days_since(made):
    at = Annotation.objects.values_list("submitted_at", flat=True)
    assert AT - timedelta(weeks=4) < min(at) <= max(at) < AT
    times = Item.objects.values_list("occurred_at", flat=True)
    assert AT - timedelta(weeks=8) < min(times) <= max(times) < AT
    imported = Import.objects.order_by("created_at").values_list("created_at", flat=True)
    assert [row.weekday() for row in imported] == [0] * 6


@pytest.mark.parametrize("day", range(16, 23))
def test_on_any_day_of_a_week_the_last_judgments_lie_in_the_past(day):
    at = datetime(2026, 11, day, tzinfo=UTC)
    end = demo._monday_before(at - demo.LATELY)
    assert end + timedelta(days=2) <= at < end + timedelta(days=9)
    assert end.weekday() == 0


def test_everybody_has_a_place_and_can_log_in_with_the_one_password(made):
    people = Membership.objects.filter(project=made.project).select_related("user", "team")
    assert {member.user.email for member in people} == {person.email for person in EVERYBODY}
    assert all(member.user.check_password(made.password) for member in people)
    assert {login.is_new for login in made.logins} == {True}
    placed = {member.user.email: member.team for member in people}
    assert all(placed[person.email].name == person.team.name for person in ANNOTATORS)


def test_items_are_shown_and_some_rows_of_the_last_import_were_refused(made):
    fields = ContentField.objects.filter(project=made.project)
    assert {(field.name, field.visibility) for field in fields} == {
        ("message", "shown"),
        ("reply", "shown"),
    }
    *before, last = Import.objects.order_by("created_at")
    assert {batch.refused for batch in before} == {0}
    assert (last.state, last.refused) == ("done", 4)
    assert len({row.reason for row in last.refused_rows.all()}) == 4


def test_no_items_truth_is_anywhere_in_the_database(made):
    item = Item.objects.first()
    assert set(item.content) == {"message", "reply"}
    assert set(item.attributes) == {"language", "channel", "region", "customer"}


def test_the_first_queue_is_judged_and_partly_adjudicated(made):
    queue = Queue.objects.get(name="Weeks 1 to 4")
    states = dict(queue.tasks.values_list("state").annotate(Count("pk")))
    assert states["settled"] > queue.tasks.count() / 2
    assert states["adjudicated"] >= 1
    assert states["disputed"] >= 1
    assert states.get("open", 0) + states.get("attention", 0) <= 3
    by_hand = Ruling.objects.filter(adjudication__source="person", contested=True)
    assert by_hand.filter(adjudication__task__queue=queue).exists()
    assert not by_hand.filter(cause="").exists()


def test_the_second_queue_is_half_done_and_the_third_untouched(made):
    second, third = (
        Queue.objects.get(name=name) for name in ("Weeks 5 and 6", "Try it: all weeks")
    )
    done = second.slots.filter(annotation__isnull=False).count()
    assert 0.2 < done / second.slots.count() < 0.8
    assert second.tasks.filter(state="open").exists()
    assert Draft.objects.filter(task__queue=second).count() == 1
    assert third.tasks.count() == 60
    assert set(third.tasks.values_list("lane", flat=True)) == {"en", "de", "es"}
    assert not third.slots.filter(annotator__isnull=False).exists()


def test_no_task_has_more_answers_than_places_and_nobody_answers_twice(made):
    counted = Annotation.objects.counted()
    assert counted.count() == Annotation.objects.count()
    per_task = counted.values("task").annotate(
        n=Count("pk"), people=Count("annotator", distinct=True)
    )
    assert all(row["n"] == row["people"] <= 3 for row in per_task)


def test_the_rubric_is_published_and_its_next_version_a_draft_with_one_more_intent(made):
    versions = RubricVersion.objects.filter(rubric__name="Support messages")
    published, draft = versions.order_by("number")
    assert (published.state, draft.state) == ("published", "draft")
    keys = [
        {node["key"] for node in version.criteria.get(key="intent").taxonomy.nodes}
        for version in (published, draft)
    ]
    assert keys[1] - keys[0] == {"device_set_up"}
    assert "kettle" in draft.guidance
    assert "kettle" not in published.guidance


def test_no_job_is_left_and_no_letter_was_sent(made, mailoutbox):
    states = dict(Job.objects.values_list("kind", "state"))
    assert states.pop("send_invitations") == "canceled"
    assert set(states.values()) == {"done"}
    assert {"draw_sample", "build_queue", "agreement", "count_slices", "write_export"} <= set(
        states
    )
    assert Invitation.objects.open().get().email == "noor@example.org"
    assert mailoutbox == []


def test_the_labels_have_been_exported(made):
    export = Export.objects.get()
    assert export.state == "done"
    standing = Adjudication.objects.current().count()
    assert export.manifest["files"][0]["rows"] == standing > 0


def test_a_second_demo_says_so_and_changes_nothing(made, capsys):
    before = story()
    call_command("demo")
    assert "nothing was changed" in capsys.readouterr().out
    assert story() == before
    assert Project.objects.count() == 1


def test_where_nobody_runs_the_site_the_admin_does(made):
    assert [user.email for user in User.objects.filter(is_superuser=True)] == ["jonas@example.org"]
