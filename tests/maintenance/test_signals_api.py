"""Signals for programs: define, send readings, watch, mute, replay, and read what fired."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from labeling.models import AuditEvent, Project, Slice
from maintenance.models import Alert, Monitor, Reading, Signal
from tests.evaluation.makers import make_set_version
from tests.factories import make_member, make_project
from tests.maintenance.makers import FIRST_DAY, make_monitor, make_readings, make_signal, read_days

pytestmark = pytest.mark.django_db
PROJECT = "/api/v1/projects/support"
SIGNALS, READINGS, ALERTS = f"{PROJECT}/signals/", f"{PROJECT}/readings/", f"{PROJECT}/alerts/"


@pytest.fixture
def project() -> Project:
    return make_project("support")


@pytest.fixture
def program(project, call):
    return call(make_member(project, "engineer"), "signals", "manage")


@pytest.fixture
def accuracy(project) -> Signal:
    return make_signal(project, "accuracy", name="Accuracy")


def row(**fields):
    return {"signal": "accuracy", "at": "2026-09-01T00:00:00Z", "value": 0.9, **fields}


def send(program, *rows):
    return program.post(READINGS, rows, format="json")


def of(thing, *rest) -> str:
    kind = type(thing).__name__.lower()
    return "/".join(["/api/v1", f"{kind}s", str(thing.uid), *rest, ""])


# signals


def test_a_signal_is_defined_listed_read_and_changed(program, project):
    asked = {"key": "accuracy", "name": "Accuracy", "layer": "performance", "unit": "share"}
    made = program.post(SIGNALS, asked, format="json")
    assert made.status_code == 201, made.json()
    assert program.get(SIGNALS).json()["results"] == [made.json()]
    path = f"/api/v1/signals/{made.json()['uid']}/"
    assert program.get(path).json() == made.json()
    changed = program.patch(path, {"about": "Of the top answer."}, format="json")
    assert changed.json() == {**made.json(), "about": "Of the top answer."}
    assert program.post(SIGNALS, asked, format="json").status_code == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "two words"},
        {"key": ""},
        {"layer": "weather"},
        {"unit": "furlong"},
        {"better": "worse"},
        {"uid": str(uuid4())},
        {"project": "other"},
        {"created_by": 1},
    ],
)
def test_a_signal_that_is_not_well_formed_is_refused(program, project, wrong):
    asked = {"key": "a", "name": "A", "layer": "performance", **wrong}
    got = program.post(SIGNALS, asked, format="json")
    assert got.status_code == 400
    assert next(iter(wrong)) in got.json()["fields"]


def test_a_key_is_not_changed(program, accuracy):
    got = program.patch(of(accuracy), {"key": "other"}, format="json")
    assert (got.status_code, got.json()["code"]) == (400, "unknown_field")


def test_a_foreign_set_is_refused_like_a_random_one(program, project):
    foreign = make_set_version(make_project(), ["a"]).evaluation_set
    asked = {"key": "a", "name": "A", "layer": "performance", "unit": "share"}
    answers = [
        program.post(SIGNALS, {**asked, "evaluation_set": str(uid)}, format="json")
        for uid in (foreign.uid, uuid4())
    ]
    assert [got.status_code for got in answers] == [400, 400]
    assert bare(answers[0]) == bare(answers[1])
    assert answers[0].json()["code"] == "invalid_reference"


def bare(got):
    return {name: value for name, value in got.json().items() if name != "request_id"}


# readings


def test_readings_are_recorded_once(program, accuracy):
    rows = [row(n=400), row(at="2026-09-02T00:00:00Z", value=0.8)]
    first, again = send(program, *rows), send(program, *rows)
    assert (first.status_code, first.json()) == (201, {"accepted": 2, "unchanged": 0, "alerts": []})
    assert (again.status_code, again.json()) == (200, {"accepted": 0, "unchanged": 2, "alerts": []})
    assert Reading.objects.filter(source="api").count() == 2


def test_one_reading_and_lines_are_taken_as_well(program, accuracy):
    assert program.post(READINGS, row(), format="json").status_code == 201
    lines = "\n".join(json.dumps(row(at=f"2026-09-0{day}")) for day in (2, 3))
    got = program.post(READINGS, lines, content_type="application/x-ndjson")
    assert got.json()["accepted"] == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"value": "high"}, "value"),
        ({"value": 1e300}, "value"),
        ({"at": "2190-01-01"}, "at"),
        ({"n": -1}, "n"),
        ({"recorded_by": 1}, "recorded_by"),
        ({"id": 1}, "id"),
        ({"signal": "nothing"}, "signal"),
    ],
)
def test_a_refusal_names_line_and_field_and_stores_nothing(program, accuracy, wrong, field):
    got = send(program, row(), row(**{"at": "2026-09-02", **wrong}))
    assert got.status_code == 400
    ((line, (reason,)),) = got.json()["fields"].items()
    assert line == "line 2"
    assert f"“{field}”" in reason
    assert not Reading.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b'[{"signal": "accuracy", "at": "2026-09-01", "value": NaN}]',
        b'[{"signal": "accuracy", "at": "2026-09-01", "value": Infinity}]',
        b'[{"signal": "accuracy", "at": "2026-09-01", "value": 1e400}]',
        b"[[]]",
        b"[]",
        b'"accuracy"',
        b"7",
        b"",
        b"null",
    ],
)
@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
def test_what_holds_no_sound_reading_is_refused(program, accuracy, body, kind):
    got = program.generic("POST", READINGS, body, kind)
    assert got.status_code == 400, got.content
    assert not Reading.objects.exists()


def test_lines_above_the_limit_are_refused(program, accuracy, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    lines = "\n".join(json.dumps(row(at=f"2026-09-0{day}")) for day in (2, 3))
    got = program.post(READINGS, lines, content_type="application/x-ndjson")
    assert got.status_code == 413


def test_another_value_for_a_window_is_refused(program, accuracy):
    send(program, row())
    assert send(program, row(value=0.8)).status_code == 400
    assert send(program, row(at="2026-09-02"), row(at="2026-09-02", value=0.1)).status_code == 400
    assert Reading.objects.count() == 1


def test_a_series_is_read_by_slice_and_time_page_by_page(program, accuracy):
    part = Slice.objects.create(project=accuracy.project, name="German", conditions=[])
    make_readings(accuracy, [0.1, 0.2, 0.3])
    make_readings(accuracy, [0.4], slice=part)
    path = of(accuracy, "readings")

    def values(**query):
        return [one["value"] for one in program.get(path, query).json()["results"]]

    assert values(slice="none") == [0.3, 0.2, 0.1]
    assert values(slice=str(part.uid)) == [0.4]
    assert values(slice="none", since="2026-09-02", until="2026-09-03") == [0.2]
    first = program.get(path, {"slice": "none", "page_size": 2}).json()
    assert [one["value"] for one in first["results"]] == [0.3, 0.2]
    assert [one["value"] for one in program.get(first["next"]).json()["results"]] == [0.1]
    assert len(program.get(READINGS).json()["results"]) == 4


@pytest.mark.parametrize(
    "query", ["since=soon", "until=9999-12-31", "slice=x", "at=1", "slice=%00"]
)
def test_filters_without_sense_are_refused(program, accuracy, query):
    assert program.get(f"{of(accuracy, 'readings')}?{query}").status_code == 400


def test_a_foreign_slice_is_refused_like_a_random_one(program, accuracy):
    foreign = Slice.objects.create(project=make_project(), name="Theirs", conditions=[])
    answers = [
        program.get(of(accuracy, "readings"), {"slice": str(uid)}) for uid in (foreign.uid, uuid4())
    ]
    assert bare(answers[0]) == bare(answers[1])
    assert answers[0].json()["code"] == "invalid_reference"


def test_a_token_to_read_records_nothing(project, accuracy, call):
    reader = call(make_member(project, "engineer"), "read")
    assert reader.get(SIGNALS).status_code == 200
    assert send(reader, row()).status_code == 403
    sender = call(make_member(project, "engineer"), "signals")
    assert send(sender, row()).status_code == 201
    assert sender.post(of(accuracy, "monitors"), {}, format="json").status_code == 403


# monitors and alerts


def test_a_monitor_is_put_on_read_changed_muted_and_replayed(program, accuracy):
    asked = {"operator": "below", "threshold": 0.8, "severity": "critical"}
    made = program.post(of(accuracy, "monitors"), asked, format="json")
    assert made.status_code == 201, made.json()
    monitor = Monitor.objects.get()
    assert program.get(of(accuracy, "monitors")).json()["results"] == [made.json()]
    assert program.get(of(monitor)).json() == made.json()
    changed = program.patch(of(monitor), {"needed": 1, "windows": 1}, format="json")
    assert (changed.json()["needed"], changed.json()["threshold"]) == (1, 0.8)
    until = (timezone.now() + timedelta(days=2)).isoformat()
    muted = program.post(of(monitor, "mutes"), {"until": until, "why": "known"}, format="json")
    assert muted.json()["muted_why"] == "known"
    make_readings(accuracy, [0.9, 0.7])
    replayed = program.get(of(monitor, "replay")).json()
    assert (replayed["windows"], len(replayed["firings"])) == (2, 1)
    assert not Alert.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": "NaN"},
        {"threshold": 80},
        {"needed": 4},
        {"windows": 0},
        {"operator": "beside"},
        {"slice": str(uuid4())},
        {"owner": str(uuid4())},
        {"muted_until": "2026-09-01"},
        {"state": "on"},
    ],
)
def test_a_monitor_that_is_not_well_formed_is_refused(program, accuracy, wrong):
    asked = {"operator": "below", "threshold": 0.8, **wrong}
    got = program.post(of(accuracy, "monitors"), asked, format="json")
    assert got.status_code == 400
    assert list(got.json()["fields"]) in ([next(iter(wrong))], ["needed"])
    assert not Monitor.objects.exists()


def test_foreign_slices_and_owners_are_refused_like_random_ones(program, accuracy):
    foreign = make_project()
    part = Slice.objects.create(project=foreign, name="Theirs", conditions=[])
    for name, uid in (("slice", part.uid), ("owner", make_member(foreign, "lead").uid)):
        asked = {"operator": "below", "threshold": 0.8}
        answers = [
            program.post(of(accuracy, "monitors"), {**asked, name: str(one)}, format="json")
            for one in (uid, uuid4())
        ]
        assert bare(answers[0]) == bare(answers[1])
        assert answers[0].json()["code"] == "invalid_reference"


@pytest.mark.parametrize("wrong", [{"until": "soon"}, {"why": ""}, {"until": "2020-01-01T00:00Z"}])
def test_a_mute_that_is_not_well_formed_is_refused(program, accuracy, wrong):
    until = (timezone.now() + timedelta(days=2)).isoformat()
    monitor = make_monitor(accuracy)
    got = program.post(
        of(monitor, "mutes"), {"until": until, "why": "known", **wrong}, format="json"
    )
    assert (got.status_code, list(got.json()["fields"])) == (400, list(wrong))


def test_readings_that_fire_name_the_alert_and_alerts_are_listed(program, accuracy):
    make_monitor(accuracy)
    got = send(program, row(value=0.7), row(at="2026-09-02", value=0.7))
    alert = Alert.objects.get()
    assert got.json()["alerts"] == [str(alert.uid)]
    (listed,) = program.get(ALERTS, {"open": "true"}).json()["results"]
    assert (listed["sentence"], listed["case"]) == (alert.sentence, str(alert.case.uid))
    assert listed["evidence"]["rule"]["threshold"] == 0.8
    assert program.get(ALERTS, {"open": "false"}).json()["results"] == []
    assert program.get(ALERTS, {"open": "maybe"}).status_code == 400
    read_days(accuracy, [0.9, 0.9], start=FIRST_DAY + timedelta(days=2))
    assert len(program.get(ALERTS, {"open": "false"}).json()["results"]) == 1
    assert len(program.get(ALERTS).json()["results"]) == 1


def test_what_is_refused_leaves_no_trace(program, accuracy):
    before = AuditEvent.objects.count()
    send(program, row(value="x"))
    program.post(of(accuracy, "monitors"), {"operator": "below"}, format="json")
    program.patch(of(accuracy), {"layer": "weather"}, format="json")
    assert AuditEvent.objects.count() == before
