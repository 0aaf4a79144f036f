from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from labeling.admin import site
from labeling.models import AuditEvent, User
from labeling.services import audit
from tests.factories import PASSWORD, make_annotation, make_member, make_task, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return make_user("boss@example.org", password=PASSWORD, is_superuser=True, is_staff=True)


def url(model, action, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}", args=args)


def test_the_back_room_exists_for_site_admins_only(browse, boss, client):
    staff = make_user(is_staff=True)
    assert browse(boss).get("/admin/").status_code == 200
    for person in (staff, make_member(None, "admin").user):
        assert browse(person).get("/admin/", follow=True).status_code == 404
    assert client.get("/admin/").status_code == 302


def test_after_an_hour_the_back_room_asks_for_the_password_again(browse, boss):
    client = browse(boss)
    User.objects.filter(pk=boss.pk).update(last_login=timezone.now() - timedelta(hours=2))
    assert client.get("/admin/", follow=True).request["PATH_INFO"] == "/login/"
    typed = {"username": boss.email, "password": PASSWORD, "next": "/admin/"}
    assert client.post("/login/", typed, follow=True).request["PATH_INFO"] == "/admin/"


def test_every_list_opens_and_nothing_of_history_can_be_changed(browse, boss):
    make_annotation(make_task(), None, {"topic": "refund"})
    audit.record(boss, "looked")
    client = browse(boss)
    for model in site._registry:
        assert client.get(url(model, "changelist")).status_code == 200
        if model is User:
            continue
        assert client.get(url(model, "add")).status_code == 403
        for row in model._default_manager.all()[:1]:
            assert client.get(url(model, "change", row.pk)).status_code == 200
            assert client.post(url(model, "change", row.pk), {}).status_code == 403
            assert client.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403


def test_ending_an_account_is_audited(browse, boss):
    person = make_user()
    typed = {"is_superuser": "", "_save": "Save"}
    assert browse(boss).post(url(User, "change", person.pk), typed).status_code == 302
    person.refresh_from_db()
    assert not person.is_active
    event = AuditEvent.objects.get(verb="changed_account")
    assert (event.user, event.subject_uid) == (boss, person.uid)


def test_a_site_admin_does_not_change_the_own_account(browse, boss):
    answer = browse(boss).post(url(User, "change", boss.pk), {"_save": "Save"})
    assert answer.status_code == 403
    boss.refresh_from_db()
    assert boss.is_superuser


def test_passwords_are_not_changed_in_the_back_room(browse, boss):
    assert browse(boss).get("/admin/password_change/").url == "/password/"
