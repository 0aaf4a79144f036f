"""The lead's board: left, pace, people, end, skips and leases of each queue and language."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from labeling.models import Queue, Skip, Slot
from labeling.reports.board import board, working_days_before
from labeling.services.assignment import claim
from labeling.services.caps import has_room
from labeling.services.cards import decline, rejoin
from tests.factories import (
    make_annotation,
    make_annotator,
    make_item,
    make_member,
    make_project,
    make_queue,
    make_team,
)

pytestmark = pytest.mark.django_db

WEDNESDAY = datetime(2026, 3, 11, 12, tzinfo=UTC)


@pytest.fixture
def lead():
    return make_member(make_project("shop"), "lead")


@pytest.fixture
def queue(lead):
    """One German and one English item, two places each."""
    items = [
        make_item(lead.project, attributes={"language": language}) for language in ("de", "en")
    ]
    long_ago = WEDNESDAY - timedelta(days=30)
    return make_queue(lead.project, items, lane_attribute="language", created_at=long_ago)


def lanes(queue, at=WEDNESDAY):
    rows = Queue.objects.filter(pk=queue.pk).prefetch_related("teams")
    return {lane.lane: lane for lane in board(queue.project, rows, at=at)}


def judge(queue, lane, at):
    annotation = make_annotation(queue.tasks.get(lane=lane))
    type(annotation).objects.filter(pk=annotation.pk).update(submitted_at=at)


def test_each_language_counts_what_is_left_and_who_may_do_it(queue):
    make_annotator(queue.project, languages={"de": "native"})
    make_annotator(queue.project, languages={})
    german, english = lanes(queue)["de"], lanes(queue)["en"]
    assert (german.left, german.people, german.warning) == (2, 2, "")
    assert (english.left, english.people, english.too_few) == (2, 1, True)
    assert english.warning == "Each item needs 2 people and only 1 may judge it."


def test_a_language_with_work_and_nobody_for_it_says_so_in_a_sentence(queue):
    make_annotator(queue.project, languages={"de": "native"})
    make_annotator(queue.project, languages={"en": "native"}, deactivated_at=WEDNESDAY)
    english = lanes(queue)["en"]
    assert english.nobody
    assert english.warning == "Nobody here may judge this. Invite somebody who can."


def test_people_of_other_teams_do_not_count(queue):
    queue.teams.add(team := make_team(queue.project))
    make_annotator(queue.project)
    make_annotator(queue.project, team=team)
    assert lanes(queue)["de"].people == 1


def test_who_declined_a_sensitive_queue_does_not_count_until_they_come_back(queue):
    Queue.objects.filter(pk=queue.pk).update(sensitive=True, cap_daily=10)
    queue.refresh_from_db()
    person = make_annotator(queue.project)
    make_annotator(queue.project)
    decline(person, queue, at=WEDNESDAY)
    assert [lane.people for lane in lanes(queue).values()] == [1, 1]
    assert lanes(queue)["de"].too_few
    rejoin(person, queue, at=WEDNESDAY)
    assert lanes(queue)["de"].people == 2


def test_who_has_had_as_many_items_as_one_person_may_does_not_count(queue):
    Queue.objects.filter(pk=queue.pk).update(cap_each=1)
    annotator = make_annotation(queue.tasks.get(lane="de")).annotator
    assert not has_room(Queue.objects.get(pk=queue.pk), annotator)
    assert lanes(queue)["en"].nobody
    Queue.objects.filter(pk=queue.pk).update(cap_each=2)
    assert lanes(queue)["en"].people == 1


def test_pace_is_taken_over_three_working_days_and_jumps_the_weekend(queue):
    friday, sunday = WEDNESDAY - timedelta(days=5), WEDNESDAY - timedelta(days=3)
    assert working_days_before(WEDNESDAY.date(), 3) == friday.date()
    judge(queue, "de", sunday)
    german = lanes(queue)["de"]
    assert german.pace == pytest.approx(1 / 3)
    assert (german.left, german.finish) == (1, date(2026, 3, 16))


def test_work_of_before_and_of_today_is_no_pace(queue):
    judge(queue, "de", WEDNESDAY - timedelta(days=6))
    judge(queue, "en", WEDNESDAY)
    rows = lanes(queue)
    assert (rows["de"].pace, rows["de"].finish, rows["en"].pace) == (0, None, 0)


def test_a_queue_of_today_goes_by_what_today_brought(queue):
    Queue.objects.update(created_at=WEDNESDAY)
    judge(queue, "de", WEDNESDAY)
    assert (lanes(queue)["de"].pace, lanes(queue)["de"].finish) == (1, date(2026, 3, 12))


def test_skips_are_counted_by_reason(queue):
    task = queue.tasks.get(lane="de")
    for reason in ("broken_item", "broken_item", "other"):
        Skip.objects.create(task=task, annotator=make_annotator(queue.project), reason=reason)
    assert lanes(queue)["de"].skips == {"broken_item": 2, "other": 1}
    assert lanes(queue)["de"].skipped[0] == ("The item is broken", 2)
    assert lanes(queue)["en"].skips == {}


def test_the_oldest_lease_is_what_somebody_has_on_the_screen_longest(queue):
    first = claim(queue, make_annotator(queue.project, languages={"de": "native"}))
    claim(queue, make_annotator(queue.project, languages={"de": "native"}))
    offer = first.task.offers.get(token=first.token)
    assert lanes(queue)["de"].oldest_lease == offer.at
    Slot.objects.filter(token=first.token).update(leased_until=WEDNESDAY)
    assert lanes(queue)["de"].oldest_lease > offer.at
    assert lanes(queue)["en"].oldest_lease is None


def test_what_is_closed_or_finished_is_not_on_the_board(queue):
    for task in queue.tasks.all():
        make_annotation(task)
        make_annotation(task)
    assert lanes(queue) == {}
    queue.state = "closed"
    assert board(queue.project, [queue]) == []


def test_the_lead_reads_the_board_on_the_queues_page(queue, lead, browse):
    make_annotator(lead.project, languages={"de": "native"})
    page = browse(lead).get("/p/shop/queues/").text
    assert "What is left, by language" in page
    assert "Nobody here may judge this. Invite somebody who can." in page


def test_a_program_reads_the_board(queue, lead, call):
    make_annotator(lead.project, languages={"de": "native"})
    got = call(lead, "read").get("/api/v1/projects/shop/queues/board/").json()["results"]
    assert [(row["lane"], row["left"], row["nobody"]) for row in got] == [
        ("de", 2, False),
        ("en", 2, True),
    ]
    assert {row["queue"] for row in got} == {str(queue.uid)}
