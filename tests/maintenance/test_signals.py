"""Signals are defined, and readings come in for them: all or none, once, and asked by monitors."""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from evaluation.models import Evaluation
from evaluation.services.evaluations import perform_evaluation
from labeling.errors import Conflict
from labeling.models import AuditEvent, Project, Slice
from labeling.services.jobs import recurring_kinds
from maintenance.models import Reading, Signal
from maintenance.services.signals import (
    SignalTerms,
    change_signal,
    define_signal,
    read_evaluations,
    record_readings,
)
from tests.evaluation.makers import make_predictions, make_set_version, make_version
from tests.factories import make_member, make_project
from tests.jobs import run_jobs
from tests.maintenance.makers import FIRST_DAY, make_monitor, make_readings, make_signal, read_days

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project("support")


@pytest.fixture
def accuracy(project) -> Signal:
    return make_signal(project, "accuracy", name="Accuracy")


def row(**fields):
    return {"signal": "accuracy", "at": "2026-09-01T00:00:00Z", "value": 0.9, **fields}


def record(project, *rows, **fields):
    return record_readings(project, rows, **{"source": "api", "by": None, **fields})


def events(verb: str):
    return AuditEvent.objects.filter(verb=verb)


def test_a_signal_is_defined_once_under_its_key(project):
    lead = make_member(project, "lead")
    terms = SignalTerms("accuracy", "Accuracy", "performance", unit="share")
    signal = define_signal(project, terms, by=lead)
    assert (signal.created_by, signal.better) == (lead, "higher")
    assert events("defined_signal").get().subject_uid == signal.uid
    with pytest.raises(Conflict):
        define_signal(project, terms, by=lead)
    assert define_signal(make_project(), terms, by=None)


@pytest.mark.parametrize(
    "wrong", [{"key": "two words"}, {"layer": "weather"}, {"unit": "furlong"}, {"name": ""}]
)
def test_a_signal_without_sense_is_refused(project, wrong):
    terms = {"key": "a", "name": "A", "layer": "performance", **wrong}
    with pytest.raises(ValidationError):
        define_signal(project, SignalTerms(**terms), by=None)
    assert not AuditEvent.objects.exists()


def test_a_signal_is_changed_but_never_its_key_nor_the_unit_of_its_readings(project, accuracy):
    terms = SignalTerms.of(accuracy)
    renamed = SignalTerms(**{**vars(terms), "name": "Top-1 accuracy"})
    assert change_signal(accuracy, renamed, by=None).name == "Top-1 accuracy"
    assert change_signal(accuracy, renamed, by=None).name == "Top-1 accuracy"
    assert events("changed_signal").count() == 1
    with pytest.raises(ValidationError):
        change_signal(accuracy, SignalTerms(**{**vars(terms), "key": "other"}), by=None)
    make_readings(accuracy, [0.9])
    with pytest.raises(Conflict):
        change_signal(accuracy, SignalTerms(**{**vars(terms), "unit": "ms"}), by=None)


def test_a_set_of_another_project_is_refused_like_none(project, accuracy):
    foreign = make_set_version(make_project(), ["a"]).evaluation_set
    terms = SignalTerms("b", "B", "performance", unit="share", evaluation_set=foreign)
    with pytest.raises(ValidationError) as refused:
        define_signal(project, terms, by=None)
    assert refused.value.error_dict["evaluation_set"][0].code == "invalid_reference"


def test_a_reading_is_stored_with_all_that_was_said_of_it(project, accuracy):
    part = Slice.objects.create(project=project, name="German", conditions=[])
    version = make_version(project, "v1")
    engineer = make_member(project, "engineer")
    given = row(low=0.85, high=0.95, n=400, slice="German", model_version="v1")
    recorded = record(project, given, by=engineer)
    reading = Reading.objects.get()
    assert (recorded.accepted, recorded.unchanged, recorded.alerts) == (1, 0, [])
    assert (reading.value, reading.low, reading.high, reading.n) == (0.9, 0.85, 0.95, 400)
    assert (reading.slice, reading.model_version) == (part, version)
    assert (reading.source, reading.recorded_by) == ("api", engineer)
    assert reading.at == FIRST_DAY


def test_one_call_is_one_event_with_counts_and_digest(project, accuracy):
    record(project, row(), row(at="2026-09-02T00:00:00Z"))
    event = events("recorded_readings").get()
    assert (event.detail["accepted"], event.detail["signals"]) == (2, ["accuracy"])
    assert len(event.detail["digest"]) == 64


def test_the_same_reading_again_changes_nothing(project, accuracy):
    record(project, row(n=5))
    again = record(project, row(n="5", value="0.90"), row(at="2026-09-01T02:00:00+02:00", n=5))
    assert (again.accepted, again.unchanged) == (0, 2)
    assert Reading.objects.count() == 1
    assert events("recorded_readings").count() == 1


@pytest.mark.parametrize("other", [{"value": 0.8}, {"n": 5}, {"low": 0.1, "high": 0.95}])
def test_another_value_for_the_same_window_is_refused(project, accuracy, other):
    record(project, row())
    with pytest.raises(ValidationError, match="never change"):
        record(project, row(**other), row(at="2026-09-02"))
    with pytest.raises(ValidationError, match="earlier line"):
        record(project, row(at="2026-09-03"), row(**{"at": "2026-09-03", **other}))
    assert Reading.objects.count() == 1


def test_the_same_window_everywhere_and_on_a_slice_are_two(project, accuracy):
    Slice.objects.create(project=project, name="German", conditions=[])
    assert record(project, row(), row(slice="German", value=0.7)).accepted == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"value": float("nan")}, "value"),
        ({"value": float("inf")}, "value"),
        ({"value": "NaN"}, "value"),
        ({"value": "1e999"}, "value"),
        ({"value": 1e300}, "value"),
        ({"value": True}, "value"),
        ({"value": None}, "value"),
        ({"value": [0.9]}, "value"),
        ({"value": 91}, "value"),
        ({"value": -0.1}, "value"),
        ({"at": "yesterday"}, "at"),
        ({"at": "1999-12-31"}, "at"),
        ({"at": "2190-01-01"}, "at"),
        ({"at": datetime(2026, 9, 1)}, "at"),  # noqa: DTZ001 - without a zone it says nothing
        ({"at": 1_700_000_000}, "at"),
        ({"low": 0.5}, "low"),
        ({"low": 0.9, "high": 0.5}, "low"),
        ({"low": "nan", "high": 1}, "low"),
        ({"n": -1}, "n"),
        ({"n": 1.5}, "n"),
        ({"n": True}, "n"),
        ({"n": 2**31}, "n"),
        ({"n": "many"}, "n"),
        ({"signal": "nothing"}, "signal"),
        ({"signal": ""}, "signal"),
        ({"slice": "nowhere"}, "slice"),
        ({"model_version": "v99"}, "model_version"),
        ({"colour": "red"}, "colour"),
        ({"uid": "x"}, "uid"),
    ],
)
def test_what_is_wrong_is_named_by_line_and_field_and_nothing_is_stored(
    project, accuracy, wrong, field
):
    with pytest.raises(ValidationError) as refused:
        record(project, row(), row(**{"at": "2026-09-02", **wrong}))
    ((line, (reason,)),) = refused.value.message_dict.items()
    assert line == "line 2"
    assert f"“{field}”" in reason
    assert not Reading.objects.exists()
    assert not AuditEvent.objects.exists()


def test_counts_and_milliseconds_are_never_negative_but_numbers_may_be(project):
    for unit in ("count", "ms"):
        make_signal(project, unit, unit=unit)
        with pytest.raises(ValidationError, match="below zero"):
            record(project, row(signal=unit, value=-1))
    make_signal(project, "number", unit="number")
    assert record(project, row(signal="number", value=-1e9)).accepted == 1


def test_rows_of_another_project_are_refused_like_ones_that_do_not_exist(project, accuracy):
    foreign = make_project("other")
    make_signal(foreign, "theirs")
    Slice.objects.create(project=foreign, name="Theirs", conditions=[])
    make_version(foreign, "theirs")
    for field in ("signal", "slice", "model_version"):
        said = []
        for name in ("Theirs" if field == "slice" else "theirs", "random"):
            with pytest.raises(ValidationError) as refused:
                record(project, row(**{field: name}))
            said.append(refused.value.messages)
        assert said[0] == said[1]


def test_an_empty_call_is_refused(project):
    with pytest.raises(ValidationError, match="no readings"):
        record(project)


def test_more_than_one_call_may_hold_are_refused(project, accuracy, monkeypatch):
    monkeypatch.setattr("maintenance.services.signals.MOST", 2)
    rows = [row(at=FIRST_DAY + timedelta(days=day)) for day in range(3)]
    with pytest.raises(ValidationError, match="at most 2"):
        record(project, *rows)


def test_a_window_that_has_not_ended_by_far_is_refused(project, accuracy):
    now = timezone.now()
    assert record(project, row(at=now + timedelta(hours=20))).accepted == 1
    with pytest.raises(ValidationError, match="future"):
        record(project, row(at=now + timedelta(days=2)))


# evaluations


def measured(version, frozen, right: int, wrong: int) -> Evaluation:
    make_predictions(version, frozen, ["a"] * right + ["b"] * wrong)
    row = Evaluation.objects.create(model_version=version, set_version=frozen)
    return perform_evaluation(row)


@pytest.fixture
def frozen(project):
    return make_set_version(project, ["a"] * 40)


@pytest.fixture
def watched(project, frozen) -> Signal:
    return make_signal(project, "benchmark", evaluation_set=frozen.evaluation_set)


def test_evaluations_of_the_live_version_become_readings_overall_and_by_slice(
    project, frozen, watched
):
    part = Slice.objects.create(project=project, name="All", conditions=[])
    live = make_version(project, "v1", state="live")
    evaluation = measured(live, frozen, 30, 10)
    assert read_evaluations() == 2
    overall, on_slice = Reading.objects.order_by("pk")
    assert (overall.value, overall.n, overall.source) == (0.75, 40, "evaluation")
    assert overall.low < 0.75 < overall.high
    assert (overall.evaluation, overall.model_version) == (evaluation, live)
    assert (overall.at, on_slice.slice) == (evaluation.created_at, part)
    assert read_evaluations() == 0
    assert events("recorded_readings").count() == 1


def test_candidates_and_other_sets_give_no_reading(project, frozen, watched):
    measured(make_version(project, "v2"), frozen, 30, 10)
    measured(make_version(project, "v1", state="live"), make_set_version(project, ["a"]), 1, 0)
    assert read_evaluations() == 0


def test_the_clock_asks_for_evaluations_only_when_there_is_one(project, frozen, watched):
    (kind,) = [kind for kind in recurring_kinds() if kind.name == "read_evaluations"]
    assert not kind.when()
    measured(make_version(project, "v1", state="live"), frozen, 30, 10)
    assert kind.when()
    run_jobs()
    read_evaluations()
    assert not kind.when()


def test_an_evaluation_below_the_threshold_opens_an_alert(project, frozen, watched):
    monitor = make_monitor(watched, needed=1, windows=1)
    measured(make_version(project, "v1", state="live"), frozen, 30, 10)
    read_evaluations()
    assert monitor.alerts.get().case


def test_a_signal_fed_by_evaluations_takes_no_other_reading(project, watched):
    with pytest.raises(ValidationError, match="from evaluations"):
        record(project, row(signal="benchmark"))


def test_only_a_share_is_read_from_evaluations(project, frozen):
    terms = SignalTerms("b", "B", "performance", unit="ms", evaluation_set=frozen.evaluation_set)
    with pytest.raises(ValidationError, match="share"):
        define_signal(project, terms, by=None)


# the command


def test_the_command_takes_csv_and_json_lines(project, accuracy, tmp_path, capsys):
    table, lines = tmp_path / "a.csv", tmp_path / "a.jsonl"
    table.write_text("signal,at,value,n\naccuracy,2026-09-01,0.9,400\naccuracy,2026-09-02,0.7,\n")
    lines.write_text(
        '{"signal": "accuracy", "at": "2026-09-02", "value": 0.7}\n'
        '{"signal": "accuracy", "at": "2026-09-03", "value": 0.71}\n'
    )
    make_monitor(accuracy)
    call_command("record_readings", "support", str(table))
    assert "2 readings recorded" in capsys.readouterr().out
    call_command("record_readings", "support", str(lines))
    said = capsys.readouterr().out
    assert "1 readings recorded, 1 known already, 1 alerts opened" in said
    assert "Accuracy was below 80 % in 2 of the last 3 windows" in said
    assert Reading.objects.filter(source="command").count() == 3


def test_the_command_reads_standard_input(project, accuracy, monkeypatch):
    given = io.TextIOWrapper(io.BytesIO(b"signal,at,value\naccuracy,2026-09-01,0.9\n"))
    monkeypatch.setattr(sys, "stdin", given)
    call_command("record_readings", "support", "-")
    assert Reading.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("signal,at,value\naccuracy,2026-09-01,high\n", "line 2"),
        ("<html></html>", "web page"),
        ("signal,at,value\n", "no readings"),
    ],
)
def test_the_command_says_what_is_wrong_with_a_file(project, accuracy, tmp_path, text, said):
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(CommandError, match=said):
        call_command("record_readings", "support", str(path))
    assert not Reading.objects.exists()


def test_the_command_needs_a_project_and_a_file(project, tmp_path):
    with pytest.raises(CommandError, match="project"):
        call_command("record_readings", "nothing", "-")
    with pytest.raises(CommandError):
        call_command("record_readings", "support", str(tmp_path / "none.csv"))


def test_times_are_kept_in_utc(project, accuracy):
    record(project, row(at=datetime(2026, 9, 1, tzinfo=UTC)))
    read_days(accuracy, [0.8], start=FIRST_DAY + timedelta(days=1))
    assert [one.at.utcoffset() for one in Reading.objects.all()] == [timedelta(0)] * 2
