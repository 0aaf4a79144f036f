"""Today and Overview: what waits, and where a project stands."""

from __future__ import annotations

import pytest

from labeling.models import Import, Task
from tests.factories import (
    make_import,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_task,
    make_user,
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
