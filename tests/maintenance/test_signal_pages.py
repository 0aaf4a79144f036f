"""The pages on which signals are defined and read, and monitors written, replayed and muted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from labeling.models import AuditEvent, Project, Slice
from maintenance.models import Alert, Monitor, Reading, Signal, Target
from maintenance.reports.signals import layers_of
from tests.evaluation.makers import make_set_version
from tests.factories import make_member, make_project
from tests.maintenance.makers import (
    FIRST_DAY,
    make_alert,
    make_monitor,
    make_readings,
    make_signal,
    read_days,
)

pytestmark = pytest.mark.django_db
SIGNALS = "/p/support/signals/"


@pytest.fixture
def project() -> Project:
    return make_project("support")


@pytest.fixture
def browser(project, browse):
    return browse(make_member(project, "lead", "engineer"))


@pytest.fixture
def accuracy(project) -> Signal:
    return make_signal(project, "accuracy", name="Accuracy")


def text(response) -> str:
    return " ".join(response.content.decode().split())


def rule(**fields):
    """A monitor as its form sends it; the threshold of a share is in percent."""
    defaults = {
        "operator": "below",
        "threshold": "80",
        "needed": "2",
        "windows": "3",
        "minimum": "0",
        "severity": "warning",
        "due_days": "7",
        "enabled": "on",
    }
    return {**defaults, **fields}


def upload(content: str, name: str = "readings.csv"):
    return {"file": SimpleUploadedFile(name, content.encode())}


# all signals


def test_an_empty_project_says_how_to_begin(browser):
    said = text(browser.get(SIGNALS))
    assert "Nothing is watched yet" in said
    assert "curl -fsS" in said
    assert "/api/v1/projects/support/readings/" in said


def test_every_signal_stands_under_its_layer_with_what_is_missing(browser, project, accuracy):
    make_monitor(accuracy, needed=1, windows=1, severity="critical")
    make_signal(project, "latency", name="Latency", layer="operational", unit="ms")
    Target.objects.create(signal=accuracy, operator="at_least", value=0.85)
    read_days(accuracy, [0.9, 0.71])
    said = text(browser.get(SIGNALS))
    assert "2 signals are watched; 1 alert is open" in said
    assert "nothing watches the layers: input, engagement" in said
    assert "at least 85.0%" in said
    assert "71.0%" in said
    assert "1 without a reading" in said
    assert Alert.objects.get().case.get_absolute_url() in said


def test_the_layers_count_what_is_read_watched_and_late(project, accuracy):
    now = timezone.now()
    make_readings(accuracy, [0.9] * 5, start=now - timedelta(days=60))
    quiet = make_signal(project, "quiet")
    make_readings(quiet, [0.9] * 5, start=now - timedelta(days=400))
    fresh = make_signal(project, "fresh")
    make_readings(fresh, [0.9] * 5, start=now - timedelta(days=4))
    make_monitor(fresh)
    layer = next(layer for layer in layers_of(project) if layer.key == "performance")
    assert (layer.read, layer.monitored, layer.targeted, layer.alerts) == (3, 1, 0, 0)
    assert layer.gaps == ["1 overdue", "2 without a monitor"]
    values = {row.signal.key: len(row.line.values) for row in layer.rows}
    assert values == {"accuracy": 5, "quiet": 1, "fresh": 5}


def test_a_signal_is_defined_on_the_page(browser, project):
    frozen = make_set_version(project, ["a"])
    given = {
        "name": "Accuracy",
        "key": "accuracy",
        "layer": "performance",
        "unit": "share",
        "better": "higher",
        "evaluation_set": str(frozen.evaluation_set.uid),
    }
    response = browser.post(f"{SIGNALS}new/", given)
    signal = Signal.objects.get()
    assert response.url == signal.get_absolute_url()
    assert signal.evaluation_set == frozen.evaluation_set
    assert "measured on the set" in text(browser.get(response.url))
    again = browser.post(f"{SIGNALS}new/", given)
    assert again.status_code == 409
    assert "already a signal of this key" in text(again)


@pytest.mark.parametrize("wrong", [{"key": "two words"}, {"layer": "weather"}, {"name": ""}])
def test_a_signal_that_is_not_well_formed_is_shown_again(browser, wrong):
    given = {"name": "A", "key": "a", "layer": "input", "unit": "share", "better": "lower", **wrong}
    assert browser.post(f"{SIGNALS}new/", given).status_code == 400
    assert not Signal.objects.exists()


def test_evaluations_that_are_no_share_are_refused_on_the_page(browser, project):
    uid = make_set_version(project, ["a"]).evaluation_set.uid
    given = {"name": "A", "key": "a", "layer": "input", "unit": "ms", "better": "lower"}
    response = browser.post(f"{SIGNALS}new/", {**given, "evaluation_set": str(uid)})
    assert response.status_code == 400
    assert "choose share" in text(response)


def test_readings_are_imported_from_a_file(browser, accuracy):
    make_monitor(accuracy)
    table = "signal,at,value,n\naccuracy,2026-09-01,0.7,400\naccuracy,2026-09-02,0.7,400\n"
    response = browser.post(f"{SIGNALS}readings/", upload(table), follow=True)
    said = text(response)
    assert "2 readings recorded." in said
    assert "Accuracy was below 80 %" in said
    assert set(Reading.objects.values_list("source", flat=True)) == {"page"}
    again = text(browser.post(f"{SIGNALS}readings/", upload(table), follow=True))
    assert "2 were known already" in again


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("signal,at,value\naccuracy,2026-09-01,NaN\n", "line 2: “value” must be a finite number"),
        ("signal,at,value\naccuracy,2026-09-01,0.9\nnone,2026-09-01,0.9\n", "line 3"),
        ("signal,at,value\n", "no readings"),
        ("PK\x03\x04 and so on", "zip archive"),
    ],
)
def test_a_file_is_taken_whole_or_not_at_all(browser, accuracy, content, said):
    response = browser.post(f"{SIGNALS}readings/", upload(content))
    assert response.status_code == 400
    assert said in text(response)
    assert not Reading.objects.exists()


def test_no_file_is_no_import(browser, project):
    assert browser.post(f"{SIGNALS}readings/", {}).status_code == 400


# one signal


def test_a_signal_shows_its_newest_window_and_those_before(browser, accuracy):
    make_readings(accuracy, [0.9, 0.88, 0.86], low=0.8, high=0.95)
    Target.objects.create(signal=accuracy, operator="at_least", value=0.85)
    make_monitor(accuracy)
    said = text(browser.get(accuracy.get_absolute_url()))
    assert "Accuracy was 86.0% in the window that ended on 3 Sep" in said
    assert "the median of the 2 windows before is 89.0%" in said
    assert "The target is at least 85.0%" in said
    assert "80.0% to 95.0%" in said
    assert "fires below 80.0%" in said


def test_a_signal_without_readings_says_how_it_gets_some(browser, accuracy):
    said = text(browser.get(accuracy.get_absolute_url()))
    assert "Accuracy has no reading yet" in said
    assert "Nothing watches this signal" in said


def test_a_slice_is_chosen_and_pages_turned(browser, accuracy):
    part = Slice.objects.create(project=accuracy.project, name="German", conditions=[])
    make_readings(accuracy, [0.9] * 25)
    make_readings(accuracy, [0.7, 0.6], slice=part)
    path = accuracy.get_absolute_url()
    assert "Accuracy (German) was 60.0%" in text(browser.get(path, {"slice": str(part.uid)}))
    assert (
        ">1 Sep 2026"
        not in text(browser.get(path)).partition('id="readings"')[2].partition("History")[0]
    )
    assert ">1 Sep 2026" in text(browser.get(path, {"page": 2}))


@pytest.mark.parametrize("query", ["slice=x", "monitor=x", "slice=%00"])
def test_what_is_not_there_is_not_found(browser, accuracy, query):
    assert browser.get(f"{accuracy.get_absolute_url()}?{query}").status_code == 404


def test_a_foreign_slice_is_not_found(browser, accuracy):
    foreign = Slice.objects.create(project=make_project(), name="Theirs", conditions=[])
    path = accuracy.get_absolute_url()
    assert browser.get(path, {"slice": str(foreign.uid)}).status_code == 404


def test_a_signal_is_changed_on_its_page(browser, accuracy):
    given = {"name": "Top-1", "layer": "performance", "unit": "share", "better": "higher"}
    assert browser.post(f"{accuracy.get_absolute_url()}change/", given).status_code == 302
    accuracy.refresh_from_db()
    assert (accuracy.name, accuracy.key) == ("Top-1", "accuracy")
    make_readings(accuracy, [0.9])
    path = f"{accuracy.get_absolute_url()}change/"
    assert browser.post(path, {**given, "unit": "ms"}).status_code == 400
    assert browser.post(path, {**given, "layer": "weather"}).status_code == 400


# monitors


def test_a_rule_is_replayed_before_it_is_saved(browser, accuracy):
    make_readings(accuracy, [0.9, 0.7, 0.7, 0.9, 0.9])
    path = f"{accuracy.get_absolute_url()}monitors/"
    before = AuditEvent.objects.count()
    said = text(browser.post(path, rule(replay="1")))
    assert "This rule would have fired once in the last 5 windows." in said
    assert "Accuracy was below 80 % in 2 of the last 3 windows" in said
    assert not Monitor.objects.exists()
    assert AuditEvent.objects.count() == before
    assert browser.post(path, rule()).status_code == 302
    assert Monitor.objects.get().threshold == 0.8


def test_a_monitor_is_put_on_a_slice_and_changed_there(browser, accuracy):
    part = Slice.objects.create(project=accuracy.project, name="German", conditions=[])
    browser.post(f"{accuracy.get_absolute_url()}monitors/", rule(slice=str(part.uid)))
    monitor = Monitor.objects.get()
    assert monitor.slice == part
    page = browser.get(accuracy.get_absolute_url(), {"monitor": str(monitor.uid)})
    assert 'value="80"' in text(page)
    assert "Change this monitor" in text(page)
    path = f"/p/support/monitors/{monitor.uid}/change/"
    assert "no window" in text(browser.post(path, rule(threshold="75", replay="1")))
    assert browser.post(path, rule(threshold="75")).status_code == 302
    monitor.refresh_from_db()
    assert (monitor.threshold, monitor.slice) == (0.75, part)


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": "nan"},
        {"threshold": "1e999"},
        {"threshold": "180"},
        {"needed": "4"},
        {"windows": ""},
        {"owner": "x"},
    ],
)
def test_a_rule_without_sense_is_shown_again(browser, accuracy, wrong):
    path = f"{accuracy.get_absolute_url()}monitors/"
    assert browser.post(path, rule(**wrong)).status_code == 400
    monitor = make_monitor(accuracy)
    path = f"/p/support/monitors/{monitor.uid}/change/"
    assert browser.post(path, rule(**wrong)).status_code == 400
    monitor.refresh_from_db()
    assert monitor.threshold == 0.8


@pytest.mark.parametrize("part", ["x", "00000000-0000-0000-0000-000000000000"])
def test_a_slice_that_is_not_there_takes_no_monitor(browser, accuracy, part):
    path = f"{accuracy.get_absolute_url()}monitors/"
    assert browser.post(path, rule(slice=part)).status_code in {400, 404}
    assert not Monitor.objects.exists()


def test_a_monitor_is_muted_for_days_and_the_mute_ended(browser, accuracy):
    monitor = make_monitor(accuracy)
    path = f"/p/support/monitors/{monitor.uid}/mute/"
    browser.post(path, {"days": "90", "why": "the feed is known to be late"})
    assert "muted until" in text(browser.get(accuracy.get_absolute_url()))
    assert browser.post(path, {"days": "91", "why": "x"}).status_code == 400
    assert browser.post(path, {"days": "1", "why": ""}).status_code == 400
    browser.post(path, {"days": "0", "why": "mended"})
    monitor.refresh_from_db()
    assert monitor.muted_until is None


def test_firings_stand_in_the_history_with_their_case(browser, accuracy):
    make_monitor(accuracy, needed=1, windows=1)
    read_days(accuracy, [0.7])
    read_days(accuracy, [0.9], start=FIRST_DAY + timedelta(days=1))
    said = text(browser.get(accuracy.get_absolute_url()))
    assert "recovered" in said
    assert Alert.objects.get().case.get_absolute_url() in said


def test_a_viewer_sees_all_and_changes_nothing(project, accuracy, browse):
    monitor = make_monitor(accuracy)
    viewer = browse(make_member(project, "viewer"))
    for path in (SIGNALS, accuracy.get_absolute_url()):
        said = text(viewer.get(path))
        assert "Add a monitor" not in said
        assert "Define the signal" not in said
    for path in (
        f"{SIGNALS}new/",
        f"{SIGNALS}readings/",
        f"{accuracy.get_absolute_url()}change/",
        f"{accuracy.get_absolute_url()}monitors/",
        f"/p/support/monitors/{monitor.uid}/change/",
        f"/p/support/monitors/{monitor.uid}/mute/",
    ):
        assert viewer.post(path, {}).status_code == 403


def test_names_from_outside_are_shown_as_text(browser, project):
    signal = make_signal(project, name="<script>alert(1)</script>", about="<b>bold</b>")
    make_readings(signal, [0.9])
    for path in (SIGNALS, signal.get_absolute_url()):
        said = browser.get(path).content.decode()
        assert "<script>alert" not in said
        assert "<b>bold" not in said


def test_an_alert_that_is_open_is_never_hidden_by_newer_ones_that_are_closed(browser, accuracy):
    make_alert(make_monitor(accuracy), sentence="Still open.")
    monitor = make_monitor(accuracy)
    for day in range(25):
        moment = FIRST_DAY + timedelta(days=1 + day)
        make_alert(monitor, opened_at=moment, closed_at=moment)
    assert "Still open." in text(browser.get(accuracy.get_absolute_url()))
