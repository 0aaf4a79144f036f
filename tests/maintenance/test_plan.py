"""The Plan: targets that are met or missed, slices, and what of the loop is missing."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from labeling.errors import Conflict
from labeling.models import AuditEvent, Slice
from maintenance.models import Target
from maintenance.reports.plan import plan_of
from maintenance.reports.targets import Standing, targets_of
from maintenance.services.governance import drop_target, set_target
from tests.factories import make_member, make_project
from tests.maintenance.makers import make_monitor, make_readings, make_signal

pytestmark = pytest.mark.django_db


def make_slice(project, name="German", **fields):
    return Slice.objects.create(project=project, name=name, conditions=[], **fields)


def test_a_target_is_met_or_missed_by_the_newest_reading_where_it_holds():
    admin = make_member(make_project(), "admin")
    signal, german = make_signal(admin.project), make_slice(admin.project)
    set_target(signal, None, "at_least", 0.9, by=admin)
    set_target(signal, german, "at_least", 0.9, by=admin)
    assert [row.standing for row in targets_of(admin.project)] == [Standing.UNKNOWN] * 2
    make_readings(signal, [0.8, 0.95])
    make_readings(signal, [0.95, 0.7], slice=german)
    found = {row.where: row.standing for row in targets_of(admin.project)}
    assert found == {"everywhere": Standing.MET, "German": Standing.MISSED}


def test_a_reading_whose_interval_reaches_across_is_said_not_to_be_clear():
    admin = make_member(make_project(), "admin")
    signal = make_signal(admin.project)
    set_target(signal, None, "at_least", 0.9, by=admin)
    make_readings(signal, [0.91], low=0.88, high=0.94)
    row = targets_of(admin.project)[0]
    assert (row.standing, row.is_clear) == (Standing.MET, False)


def test_lower_is_wanted_where_the_target_says_at_most():
    admin = make_member(make_project(), "admin")
    signal = make_signal(admin.project, unit="ms")
    set_target(signal, None, "at_most", 250, due=date(2026, 1, 1), by=admin)
    make_readings(signal, [310.5])
    row = targets_of(admin.project)[0]
    assert (row.wanted, row.found) == ("at most 250 ms", "310.50 ms")
    assert row.is_overdue(date(2026, 1, 2))


def test_a_changed_target_is_dropped_and_set_anew_so_that_what_held_when_can_be_told():
    admin = make_member(make_project(), "admin")
    signal = make_signal(admin.project)
    first = set_target(signal, None, "at_least", 0.9, by=admin)
    second = set_target(signal, None, "at_least", 0.92, by=admin)
    first.refresh_from_db()
    assert first.dropped_at is not None
    assert list(Target.objects.current()) == [second]
    event = AuditEvent.objects.filter(verb="set_target").latest("pk")
    assert (event.detail["value"], event.detail["was"]["value"]) == (0.92, 0.9)


def test_the_same_target_again_changes_nothing():
    admin = make_member(make_project(), "admin")
    signal = make_signal(admin.project)
    first = set_target(signal, None, "at_least", 0.9, by=admin)
    assert set_target(signal, None, "at_least", 0.9, by=admin) == first
    assert AuditEvent.objects.filter(verb="set_target").count() == 1


def test_a_target_is_dropped_once():
    admin = make_member(make_project(), "admin")
    target = set_target(make_signal(admin.project), None, "at_least", 0.9, by=admin)
    drop_target(target, by=admin)
    with pytest.raises(Conflict):
        drop_target(target, by=admin)
    assert AuditEvent.objects.filter(verb="dropped_target").count() == 1


@pytest.mark.parametrize(
    ("operator", "value", "field"),
    [("about", 0.5, "operator"), ("at_least", 95, "value"), ("at_least", float("nan"), "value")],
)
def test_a_target_that_makes_no_sense_is_refused_by_its_field(operator, value, field):
    admin = make_member(make_project(), "admin")
    with pytest.raises(ValidationError) as refused:
        set_target(make_signal(admin.project), None, operator, value, by=admin)
    assert set(refused.value.message_dict) == {field}


def test_a_slice_or_owner_of_another_project_is_refused():
    admin, stranger = make_member(make_project(), "admin"), make_member(make_project(), "lead")
    signal = make_signal(admin.project)
    with pytest.raises(ValidationError):
        set_target(signal, make_slice(stranger.project), "at_least", 0.9, by=admin)
    with pytest.raises(ValidationError):
        set_target(signal, None, "at_least", 0.9, stranger, by=admin)


def test_what_is_missing_is_computed_from_what_is_there():
    project = make_project()
    before = {part.sentence for part in plan_of(project).missing}
    assert "No monitor watches the performance layer." in before
    assert "No slice is defined: only the whole can be watched." in before
    owner = make_member(project, "lead")
    make_monitor(make_signal(project), owner=owner)
    make_slice(project, owner=owner)
    there = {part.sentence for part in plan_of(project).parts if part.there}
    assert {"1 monitor watches the performance layer.", "Every slice has an owner."} <= there


def test_a_monitor_or_slice_of_nobody_is_a_part_that_is_missing():
    project = make_project()
    make_monitor(make_signal(project))
    make_slice(project)
    missing = {part.sentence for part in plan_of(project).missing}
    watched = "The performance layer is watched, but 1 monitor has no owner."
    assert {watched, "1 slice has no owner."} <= missing


def test_an_admin_sets_and_drops_a_target_on_the_page(browse):
    admin = make_member(make_project("x"), "admin")
    signal = make_signal(admin.project, name="Accuracy")
    client = browse(admin)
    asked = {"signal": signal.uid, "operator": "at_least", "value": "0.9", "due": "2026-12-24"}
    assert client.post("/p/x/plan/targets/", asked).headers["Location"] == "/p/x/plan/"
    page = client.get("/p/x/plan/").text
    assert "at least 90.0%" in page
    assert "24 Dec 2026" in page
    target = Target.objects.get()
    client.post(f"/p/x/plan/targets/{target.uid}/drop/")
    assert "No target is set" in client.get("/p/x/plan/").text


def test_what_is_wrong_with_a_target_is_said_on_its_form(browse):
    admin = make_member(make_project("x"), "admin")
    signal = make_signal(admin.project)
    asked = {"signal": signal.uid, "operator": "at_least", "value": "95"}
    answer = browse(admin).post("/p/x/plan/targets/", asked)
    assert answer.status_code == 400
    assert "give a number from 0 to 1" in answer.text


@pytest.mark.parametrize("role", ["lead", "engineer", "viewer"])
def test_others_read_the_plan_and_cannot_change_it(browse, role):
    member = make_member(make_project("x"), role)
    signal = make_signal(member.project)
    client = browse(member)
    assert "Set a target" not in client.get("/p/x/plan/").text
    asked = {"signal": signal.uid, "operator": "at_least", "value": "0.9"}
    assert client.post("/p/x/plan/targets/", asked).status_code == 403
