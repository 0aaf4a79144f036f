"""Today and Overview: what waits, and where a project stands."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from evaluation.services.versions import move_version, register_version
from labeling.models import Import, Task
from maintenance.services.cases import open_case
from maintenance.services.governance import set_target
from maintenance.services.releases import enter_stage
from tests.evaluation.frozen import decided_queue, frozen
from tests.evaluation.makers import make_version
from tests.factories import (
    make_import,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_task,
    make_user,
)
from tests.maintenance.makers import (
    make_alert,
    make_gate,
    make_monitor,
    make_readings,
    make_release,
    make_signal,
    make_verdict,
)

pytestmark = pytest.mark.django_db


def test_annotators_are_led_to_continue(browse):
    member = make_member(make_project("shop"), "annotator")
    assert 'href="/p/shop/judge/"' in browse(member).get("/").text


def test_somebody_without_a_project_is_told_how_to_get_into_one(browse):
    assert "Ask somebody who runs a project" in browse(make_user()).get("/").text


def test_a_site_admin_without_a_project_is_offered_to_make_one(browse):
    assert "/projects/new/" in browse(make_user(is_superuser=True)).get("/").text


def test_a_dispute_is_a_to_do_of_adjudicators_until_it_is_decided(browse):
    task = make_task(make_project("shop"))
    Task.objects.update(state="disputed")
    adjudicator = make_member(task.queue.project, "adjudicator")
    assert "1 disputed task waits" in browse(adjudicator).get("/").text
    Task.objects.update(state="adjudicated")
    assert "Nothing waits for you here" in browse(adjudicator).get("/").text


def test_a_failed_import_is_a_to_do_of_engineers(browse):
    engineer = make_member(make_project("shop"), "engineer")
    make_import(engineer.project, name="traffic.csv", state=Import.State.FAILED)
    assert "The import of “traffic.csv” failed" in browse(engineer).get("/").text


def test_what_everybody_skipped_is_a_to_do_of_leads(browse):
    queue = make_queue(make_project("shop"), name="German")
    queue.tasks.update(state="attention")
    lead = make_member(queue.project, "lead")
    assert "3 tasks of “German” were skipped by everybody" in browse(lead).get("/").text


def test_a_new_project_is_led_through_its_first_loop(browse):
    project = make_project("shop")
    member = make_member(project, "lead", "engineer", "admin")
    client = browse(member)
    assert "No items yet" in client.get("/p/shop/").text
    make_items(project)
    assert "write a rubric" in client.get("/p/shop/").text
    make_queue(project)
    assert "nobody to judge" in client.get("/p/shop/").text


def test_whoever_cannot_take_the_next_step_is_told_that_others_do(browse):
    viewer = make_member(make_project("shop"), "viewer")
    page = browse(viewer).get("/p/shop/").text
    assert "Somebody with another role does this" in page


def test_annotators_are_led_from_the_project_to_today(browse):
    member = make_member(make_project("shop"), "annotator")
    assert browse(member).get("/p/shop/").headers["Location"] == "/"


def test_a_strangers_project_is_not_there(browse):
    make_project("shop")
    assert browse(make_member()).get("/p/shop/").status_code == 404


def test_the_overview_draws_the_loop_with_counts_and_links(browse):
    viewer = make_member(make_project("shop"), "viewer")
    make_queue(viewer.project)
    page = browse(viewer).get("/p/shop/").text
    assert re.search(r'<span class="value">3</span>\s*<a href="/p/shop/items/">items</a>', page)
    assert re.search(r'<span class="value">1</span>\s*<a href="/p/shop/queues/">queue</a>', page)
    assert re.search(r'<span class="value">0</span>\s*<a href="/p/shop/signals/">signals</a>', page)


def test_a_count_that_is_too_large_to_be_worth_it_stops(browse, monkeypatch):
    monkeypatch.setattr("maintenance.reports.loop.CAP", 2)
    viewer = make_member(make_project("shop"), "viewer")
    make_items(viewer.project, 4)
    page = browse(viewer).get("/p/shop/").text
    assert re.search(r'<span class="value">2\+</span>\s*<a href="/p/shop/items/">', page)


def test_the_live_version_has_the_age_that_the_record_gives_it(browse):
    engineer = make_member(make_project("shop"), "engineer")
    then = timezone.now() - timedelta(days=60)
    version = register_version(engineer.project, "v1", by=engineer, at=then)
    move_version(version, "live", by=engineer, at=timezone.now() - timedelta(days=3, hours=1))
    assert "live for 3\xa0days, 1\xa0hour" in browse(engineer).get("/p/shop/").text


def test_an_age_that_is_not_on_record_is_not_made_up(browse):
    viewer = make_member(make_project("shop"), "viewer")
    then = timezone.now() - timedelta(days=3)
    make_version(viewer.project, "v1", state="live", registered_at=then)
    page = browse(viewer).get("/p/shop/").text
    assert "registered 3\xa0days ago; since when it is live is not on record" in page


def test_the_release_under_way_is_shown_with_its_stage(browse):
    viewer = make_member(make_project("shop"), "viewer")
    release = make_release(viewer.project)
    client = browse(viewer)
    assert "planned, no stage entered" in client.get("/p/shop/").text
    make_verdict(release)
    enter_stage(release, by=make_member(viewer.project, "engineer"))
    assert "shadow 0% for" in client.get("/p/shop/").text


def test_each_layer_says_the_worst_that_is_known_of_it(browse):
    viewer = make_member(make_project("shop"), "viewer")
    client = browse(viewer)
    assert client.get("/p/shop/").text.count("No signal of this layer is defined.") == 4
    accuracy = make_signal(viewer.project, name="Accuracy")
    make_readings(accuracy, [0.8])
    set_target(accuracy, None, "at_least", 0.9, by=None)
    assert "Accuracy, everywhere: 80.0%, wanted at least 90.0%." in client.get("/p/shop/").text
    make_alert(make_monitor(accuracy, severity="notice"), sentence="A notice.")
    make_alert(make_monitor(accuracy, severity="critical"), sentence="It burns.")
    page = client.get("/p/shop/").text
    assert "It burns." in page
    assert "A notice." not in page


def test_open_cases_are_shown_by_their_dates_and_few_of_them(browse):
    viewer = make_member(make_project("shop"), "viewer")
    for days in range(7, 0, -1):
        due = timezone.localdate() + timedelta(days=days - 3)
        open_case(viewer.project, f"In {days} days", due=due, by=None)
    page = browse(viewer).get("/p/shop/").text
    assert page.index("In 1 days") < page.index("In 2 days") < page.index("In 5 days")
    assert "overdue" in page
    assert "In 6 days" not in page
    assert "See all cases" in page


def test_settled_labels_lead_on_to_a_set_a_version_a_gate_and_a_signal(browse):
    project = make_project("shop")
    member = make_member(project, "lead", "engineer")
    make_member(project, "annotator")
    client = browse(member)
    queue = decided_queue(project)
    assert "in no evaluation set yet" in client.get("/p/shop/").text
    frozen(queue, by=member)
    assert "no version to measure" in client.get("/p/shop/").text
    make_version(project)
    assert "register a gate" in client.get("/p/shop/").text
    make_gate(project)
    assert "Nothing is watched in production" in client.get("/p/shop/").text
    make_signal(project)
    assert "The loop goes round" in client.get("/p/shop/").text
