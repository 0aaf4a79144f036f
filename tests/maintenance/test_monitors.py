"""Monitors fire and recover on the newest readings; each opening and closing is one event."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labeling.models import AuditEvent, Project, Slice
from maintenance.models import Alert, Monitor, Signal
from maintenance.reports.signals import replay
from maintenance.services.alerts import rule_of
from maintenance.services.monitors import (
    LONGEST_MUTE,
    MonitorTerms,
    change_monitor,
    define_monitor,
    mute_monitor,
)
from tests.factories import make_member, make_project
from tests.maintenance.makers import FIRST_DAY, make_monitor, make_readings, make_signal, read_days

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project("support")


@pytest.fixture
def accuracy(project) -> Signal:
    return make_signal(project, "accuracy", name="Accuracy")


def events(verb: str):
    return AuditEvent.objects.filter(verb=verb)


def day(number: int):
    return FIRST_DAY + timedelta(days=number)


# firing


def test_an_alert_opens_at_the_readings_time_with_rule_readings_and_case(accuracy):
    owner = make_member(accuracy.project, "lead")
    monitor = make_monitor(accuracy, severity="critical", owner=owner)
    recorded = read_days(accuracy, [0.9, 0.78, 0.71])
    alert = Alert.objects.get()
    assert recorded.alerts == [alert]
    assert alert.sentence == (
        "Accuracy was below 80 % in 2 of the last 3 windows: 71 % (400), 78 % (400)."
    )
    assert (alert.monitor, alert.severity) == (monitor, "critical")
    assert (alert.opened_at, alert.closed_at) == (day(2), None)
    assert alert.evidence["rule"]["needed"] == 2
    assert [one["beyond"] for one in alert.evidence["readings"]] == [True, True, False]
    assert (alert.case.kind, alert.case.owner) == ("alert", owner)
    assert events("opened_alert").get().subject_uid == alert.uid


def test_one_window_of_two_needed_opens_nothing(accuracy):
    make_monitor(accuracy)
    assert read_days(accuracy, [0.9, 0.9, 0.7]).alerts == []
    assert not Alert.objects.exists()


def test_further_windows_beyond_are_folded_into_the_open_alert(accuracy):
    make_monitor(accuracy)
    read_days(accuracy, [0.7, 0.7])
    assert read_days(accuracy, [0.6, 0.5], start=day(2)).alerts == []
    assert Alert.objects.count() == events("opened_alert").count() == 1


def test_an_alert_closes_once_too_few_are_beyond_and_the_newest_is_not(accuracy):
    make_monitor(accuracy)
    read_days(accuracy, [0.7, 0.7])
    read_days(accuracy, [0.9], start=day(2))
    assert Alert.objects.open().exists()
    read_days(accuracy, [0.9], start=day(3))
    alert = Alert.objects.get()
    assert alert.closed_at == day(3)
    assert events("closed_alert").get().subject_uid == alert.uid
    assert alert.case.closed_at is None


def test_what_fires_again_after_it_recovered_is_another_alert(accuracy):
    make_monitor(accuracy, needed=1, windows=1)
    for place, value in enumerate([0.7, 0.9, 0.7]):
        read_days(accuracy, [value], start=day(place))
    assert Alert.objects.count() == 2
    assert Alert.objects.open().get().opened_at == day(2)


def test_a_slice_is_watched_by_its_own_monitor_only(accuracy):
    part = Slice.objects.create(project=accuracy.project, name="German", conditions=[])
    everywhere = make_monitor(accuracy, needed=1, windows=1)
    on_slice = make_monitor(accuracy, needed=1, windows=1, slice=part)
    read_days(accuracy, [0.7], slice="German")
    assert (everywhere.alerts.count(), on_slice.alerts.count()) == (0, 1)
    assert on_slice.alerts.get().sentence.startswith("Accuracy (German) was below")


def test_windows_of_too_few_observations_neither_fire_nor_close(accuracy):
    make_monitor(accuracy, needed=1, windows=1, minimum=100)
    read_days(accuracy, [0.1], n=99)
    assert not Alert.objects.exists()
    read_days(accuracy, [0.1], n=100, start=day(1))
    read_days(accuracy, [0.9], n=5, start=day(2))
    read_days(accuracy, [0.9], n=None, start=day(3))
    assert Alert.objects.open().exists()
    read_days(accuracy, [0.9], n=100, start=day(4))
    assert not Alert.objects.open().exists()


def test_older_readings_that_come_late_open_nothing_where_newer_ones_are_fine(accuracy):
    make_monitor(accuracy)
    read_days(accuracy, [0.9, 0.9, 0.9], start=day(10))
    assert read_days(accuracy, [0.1] * 5).alerts == []


def test_an_older_reading_that_comes_late_closes_nothing(accuracy):
    make_monitor(accuracy, needed=1, windows=3)
    read_days(accuracy, [0.7], start=day(10))
    read_days(accuracy, [0.9, 0.9, 0.9], start=day(0))
    assert Alert.objects.open().exists()


def test_a_whole_history_at_once_is_judged_by_its_newest_windows(accuracy):
    make_monitor(accuracy)
    recorded = read_days(accuracy, [0.1] * 10 + [0.9] * 3)
    assert recorded.alerts == []
    assert read_days(accuracy, [0.7, 0.7], start=day(13)).alerts[0].opened_at == day(14)


def test_a_second_alert_of_a_signal_joins_the_open_case(accuracy):
    make_monitor(accuracy, needed=1, windows=1)
    make_monitor(accuracy, needed=1, windows=1, threshold=0.5)
    recorded = read_days(accuracy, [0.4])
    assert len({alert.case_id for alert in recorded.alerts}) == 1


@pytest.mark.parametrize("quiet", ["off", "muted"])
def test_a_monitor_that_is_off_or_muted_opens_none_but_readings_are_kept(accuracy, quiet):
    monitor = make_monitor(accuracy, enabled=quiet != "off")
    if quiet == "muted":
        mute_monitor(monitor, timezone.now() + timedelta(days=1), "the feed is known", by=None)
    read_days(accuracy, [0.7, 0.7])
    assert not Alert.objects.exists()
    assert accuracy.readings.count() == 2


def test_an_open_alert_closes_although_its_monitor_is_muted(accuracy):
    monitor = make_monitor(accuracy, needed=1, windows=1)
    read_days(accuracy, [0.7])
    mute_monitor(monitor, timezone.now() + timedelta(days=1), "known", by=None)
    read_days(accuracy, [0.9], start=day(1))
    assert not Alert.objects.open().exists()


def test_a_mute_that_is_over_lets_the_next_reading_fire(accuracy):
    monitor = make_monitor(accuracy, needed=1, windows=1)
    monitor.muted_until = timezone.now() - timedelta(minutes=1)
    monitor.save()
    assert read_days(accuracy, [0.7]).alerts


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from([0.7, 0.8, 0.9]), min_size=1, max_size=3), max_size=6))
def test_whatever_comes_each_opening_and_closing_is_one_event(project, batches):
    AuditEvent.objects.all().delete()
    signal = make_signal(project)
    monitor = make_monitor(signal, threshold=0.8)
    start = 0
    for batch in batches:
        read_days(signal, batch, start=day(start))
        start += len(batch)
        beyond = [value < 0.8 for value in [*chain(*batches)][:start]][::-1][:3]
        assert monitor.alerts.open().exists() or sum(beyond) < 2
        assert monitor.alerts.open().count() <= 1
    alerts = monitor.alerts.all()
    assert events("opened_alert").count() == len(alerts)
    assert events("closed_alert").count() == sum(alert.closed_at is not None for alert in alerts)
    for alert in alerts:
        assert sum(one["beyond"] for one in alert.evidence["readings"]) >= 2


# defining, changing, muting


def test_a_monitor_is_defined_and_changed_with_one_event_each(accuracy):
    lead = make_member(accuracy.project, "lead")
    terms = MonitorTerms("below", 0.8, owner=lead)
    monitor = define_monitor(accuracy, terms, by=lead)
    assert (monitor.needed, monitor.windows, monitor.created_by) == (2, 3, lead)
    stricter = MonitorTerms(**{**vars(terms), "threshold": 0.85})
    change_monitor(monitor, stricter, by=lead)
    change_monitor(monitor, stricter, by=lead)
    assert events("defined_monitor").count() == 1
    assert events("changed_monitor").get().detail == {"threshold": [0.8, 0.85]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": float("nan")},
        {"threshold": float("inf")},
        {"threshold": 80},
        {"needed": 4},
        {"needed": 0},
        {"windows": 1_000},
        {"operator": "beside"},
        {"severity": "shrug"},
        {"minimum": -1},
        {"due_days": -1},
    ],
)
def test_a_monitor_that_could_not_be_asked_is_refused(accuracy, wrong):
    with pytest.raises(ValidationError):
        define_monitor(
            accuracy, MonitorTerms(**{"operator": "below", "threshold": 0.8, **wrong}), by=None
        )
    assert not Monitor.objects.exists()


def test_slices_and_owners_of_another_project_are_refused(accuracy):
    foreign = make_project()
    part = Slice.objects.create(project=foreign, name="Theirs", conditions=[])
    for named in ({"slice": part}, {"owner": make_member(foreign, "lead")}):
        with pytest.raises(ValidationError, match="no such row"):
            define_monitor(accuracy, MonitorTerms("below", 0.8, **named), by=None)


def test_who_may_not_work_on_cases_does_not_get_them(accuracy):
    annotator = make_member(accuracy.project, "annotator")
    with pytest.raises(ValidationError, match="no such row"):
        define_monitor(accuracy, MonitorTerms("below", 0.8, owner=annotator), by=None)


def test_where_a_monitor_looks_stays(accuracy):
    monitor = make_monitor(accuracy)
    part = Slice.objects.create(project=accuracy.project, name="German", conditions=[])
    with pytest.raises(ValidationError, match="define another"):
        change_monitor(monitor, MonitorTerms("below", 0.8, slice=part), by=None)


def test_a_mute_has_an_end_and_a_reason_and_can_be_ended(accuracy):
    monitor, now = make_monitor(accuracy), timezone.now()
    until = now + timedelta(days=3)
    muted = mute_monitor(monitor, until, " the feed is known ", by=None, at=now)
    assert (muted.muted_until, muted.muted_why) == (until, "the feed is known")
    mute_monitor(monitor, until, "the feed is known", by=None, at=now)
    assert events("muted_monitor").count() == 1
    ended = mute_monitor(monitor, None, "the feed is mended", by=None, at=now)
    assert (ended.muted_until, ended.muted_why) == (None, "")
    assert events("muted_monitor").count() == 2


@pytest.mark.parametrize(
    ("ahead", "why"),
    [
        (timedelta(0), "x"),
        (timedelta(days=-1), "x"),
        (LONGEST_MUTE + timedelta(minutes=1), "x"),
        (timedelta(days=1), "  "),
        (timedelta(days=1), "x" * 201),
    ],
)
def test_a_mute_without_end_or_reason_is_refused(accuracy, ahead, why):
    monitor, now = make_monitor(accuracy), timezone.now()
    with pytest.raises(ValidationError):
        mute_monitor(monitor, now + ahead, why, by=None, at=now)


def test_a_replay_shows_what_a_rule_would_have_fired_and_stores_nothing(accuracy):
    make_readings(accuracy, [0.9, 0.7, 0.7, 0.9, 0.9, 0.7, 0.7])
    found = replay(accuracy, None, rule_of(make_monitor(accuracy)))
    assert [one.opened_at for one in found.firings] == [day(6), day(2)]
    assert found.firings[1].closed_at == day(4)
    assert found.sentence == "This rule would have fired 2 times in the last 7 windows."
    assert not Alert.objects.exists()


def test_a_replay_says_when_there_is_nothing_to_go_by(accuracy):
    rule = rule_of(make_monitor(accuracy, minimum=1_000))
    assert "no window" in replay(accuracy, None, rule).sentence
    make_readings(accuracy, [0.7, 0.7])
    assert "no window" in replay(accuracy, None, rule).sentence
    make_readings(accuracy, [0.9], n=1_000, start=day(9))
    assert "would not have fired" in replay(accuracy, None, rule).sentence
