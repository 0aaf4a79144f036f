from __future__ import annotations

import re

import pytest

from tests.factories import make_member, make_project

pytestmark = pytest.mark.django_db
QUEUES = '/queues/"'
MAINTENANCE = ["signals", "cases", "releases", "plan", "record"]
BAR = re.compile(r'<nav class="bottom".*?</nav>', re.DOTALL)
LABEL = re.compile(r">([^<>]+)</(?:a|button|summary)>")


def test_who_is_in_one_project_has_its_areas_on_every_page(browse):
    lead = make_member(make_project(), "lead")
    assert QUEUES in browse(lead).get("/me/").content.decode()


def test_who_is_in_two_projects_chooses_one_first(browse):
    lead = make_member(make_project(), "lead")
    make_member(make_project(), "lead", user=lead.user)
    assert QUEUES not in browse(lead).get("/me/").content.decode()


def test_maintenance_has_its_area(browse):
    viewer = make_member(make_project("x"), "viewer")
    page = browse(viewer).get("/p/x/").text
    found = [path for path in re.findall(r'href="/p/x/(\w+)/"', page) if path in MAINTENANCE]
    assert list(dict.fromkeys(found))[:5] == MAINTENANCE


def test_an_annotators_bar_has_three_things(browse):
    annotator = make_member(make_project(), "annotator")
    bar = BAR.search(browse(annotator).get("/").text)[0]
    assert LABEL.findall(bar) == ["Today", "Judge", "Me"]


def test_others_are_one_tap_from_the_cases_and_from_searching(browse):
    lead = make_member(make_project(), "lead")
    bar = BAR.search(browse(lead).get("/").text)[0]
    outer = LABEL.findall(re.sub(r"<ul>.*</ul>", "", bar, flags=re.DOTALL))
    assert outer == ["Today", "Cases", "Menu", "Search", "Me"]
