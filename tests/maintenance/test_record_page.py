from __future__ import annotations

import pytest
from django.urls import reverse

from labeling.services import audit
from tests.factories import make_member, make_project

pytestmark = pytest.mark.django_db


def test_the_record_shows_what_an_event_says_whatever_it_is_called(browse):
    lead = make_member(make_project(), "lead")
    audit.record(lead, "drew_sample", lead, items=17, digest="abc")
    page = browse(lead).get(reverse("record", args=[lead.project.slug])).content.decode()
    assert '<span class="soft">items</span> <bdi>17</bdi>' in page
