from __future__ import annotations

import pytest

from tests.factories import make_member, make_project

pytestmark = pytest.mark.django_db
QUEUES = '/queues/"'


def test_who_is_in_one_project_has_its_areas_on_every_page(browse):
    lead = make_member(make_project(), "lead")
    assert QUEUES in browse(lead).get("/me/").content.decode()


def test_who_is_in_two_projects_chooses_one_first(browse):
    lead = make_member(make_project(), "lead")
    make_member(make_project(), "lead", user=lead.user)
    assert QUEUES not in browse(lead).get("/me/").content.decode()
