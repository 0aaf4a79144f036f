"""Who a browser's session names, read anew at each request."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from labeling.models import User
from tests.factories import make_member

pytestmark = pytest.mark.django_db


def test_a_session_names_its_person_with_all_that_pages_ask_of_them(browse):
    member = make_member(None, "annotator")
    User.objects.update(language="de", time_zone="Europe/Madrid", judging_keys={"skip": "q"})
    person = browse(member).get("/me/").context["user"]
    stored = User.objects.get()
    named = [field.attname for field in User._meta.concrete_fields]
    assert [getattr(person, name) for name in named] == [getattr(stored, name) for name in named]


def test_a_session_that_has_ended_is_nobodys(browse):
    client = browse(make_member(None, "annotator"))
    assert client.get("/me/").status_code == 200
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert client.get("/me/").status_code == 302


def test_who_is_no_longer_active_is_nobody_at_the_next_request(browse):
    client = browse(make_member(None, "annotator"))
    User.objects.update(is_active=False)
    assert client.get("/me/").status_code == 302


@pytest.mark.parametrize("key", ["", "x", "a" * 40, "k" * 20 + "\x00", "é" * 32, "'" * 5000])
def test_a_key_that_was_never_given_out_is_nobodys(client, key):
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    assert client.get("/me/").status_code == 302
