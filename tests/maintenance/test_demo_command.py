"""`manage.py demo`: once, beside whatever is there, all of it or nothing."""

from __future__ import annotations

import time

import pytest
from django.core.management import call_command
from django.db import transaction

from labeling.models import Membership, Project, Queue, Slot, User
from labeling.reports.agreement import agreement_of
from labeling.services import audit
from maintenance.demo.people import CARELESS, EVERYBODY
from maintenance.services import demo
from tests.factories import make_member, make_project, make_user
from tests.maintenance.small_demo import AT, make_small, story

pytestmark = pytest.mark.django_db


@pytest.fixture
def small(monkeypatch):
    make_small(monkeypatch)


def test_the_same_seed_tells_the_same_story(small):
    stories = []
    for _ in range(2):
        with transaction.atomic():
            demo.make_demo(at=AT, seed=5)
            stories.append(story())
            transaction.set_rollback(True)
    assert stories[0]["answers"]
    for chapter, content in stories[0].items():
        assert content == stories[1][chapter], chapter


def test_the_command_prints_each_log_in_and_the_password_once(small, capsys):
    call_command("demo")
    said = capsys.readouterr().out
    assert all(said.count(person.email) == 1 for person in EVERYBODY)
    password = said.split("shown this once: ")[1].split()[0]
    assert User.objects.get(email=CARELESS.email).check_password(password)
    assert said.count(password) == 1


def test_what_is_there_already_stays_as_it_is(small, capsys):
    member = make_member(make_project("ours"), "lead")
    known = make_user(CARELESS.email, password="a password of their own")
    boss = make_user(is_superuser=True, is_staff=True)
    call_command("demo")
    assert "password as it was" in capsys.readouterr().out
    known.refresh_from_db()
    assert known.check_password("a password of their own")
    assert list(Membership.objects.filter(project=member.project)) == [member]
    assert list(User.objects.filter(is_superuser=True)) == [boss]


def test_a_demo_that_breaks_off_leaves_nothing(small, monkeypatch):
    def breaks(*_args, **_more):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(demo, "request_export", breaks)
    with pytest.raises(RuntimeError):
        demo.make_demo(at=AT)
    assert not Project.objects.exists()
    assert not User.objects.exists()
    assert not Slot.objects.exists()


def test_the_whole_demo_takes_less_than_a_minute_and_shows_who_is_careless():
    begun = time.process_time()
    made = demo.make_demo(at=AT)
    assert made is not None
    assert time.process_time() - begun < 60
    audit.seal()
    assert audit.verify(made.project).broken is None
    report = agreement_of(Queue.objects.get(name="Weeks 1 to 4"))
    intent = next(row for row in report.criteria if row.key == "intent")
    assert 0.75 < intent.whole.alpha.value < 0.95
    people = list(map(str, report.people))
    careless = people.index(str(User.objects.get(email=CARELESS.email).memberships.get().uid))
    worst_four = sorted(intent.pairs, key=lambda pair: pair.agreement.value)[:4]
    assert {careless in (pair.first, pair.second) for pair in worst_four} == {True}
