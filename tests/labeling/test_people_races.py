from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.db import connection, connections

from labeling.errors import Conflict
from labeling.formats.people_files import PersonRow
from labeling.models import Membership, User
from labeling.services.accounts import make_set_up_link, reset_password, set_up
from labeling.services.invitations import LinkInvalid, accept_as_new, invite, make_link
from labeling.services.projects import deactivate
from tests.factories import PASSWORD, make_member, make_user

needs_two_connections = pytest.mark.skipif(
    connection.vendor == "sqlite",
    reason="an in-memory database has one connection; run on PostgreSQL",
)
pytestmark = [pytest.mark.django_db(transaction=True), needs_two_connections]


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each call answered or raised, all begun at the same moment."""
    barrier, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            answers[place] = call()
        except Exception as error:  # noqa: BLE001 - what went wrong is the answer
            answers[place] = error  # type: ignore[call-overload]
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_one_invitation_accepted_twice_at_once_makes_one_membership():
    admin = make_member(None, "admin")
    for number in range(10):
        rows = [PersonRow(1, f"ana{number}@example.org", ("annotator",))]
        invitation = invite(admin.project, rows, valid_only=False, by=admin).invitations[0]
        secret = make_link(invitation, by=admin).rstrip("/").rpartition("/")[2]
        answers = at_once(*[lambda: accept_as_new(secret, "Ana", PASSWORD)] * 3)  # noqa: B023
        assert sum(isinstance(answer, User) for answer in answers) == 1
        assert sum(isinstance(answer, LinkInvalid) for answer in answers) == 2
    assert admin.project.memberships.count() == 11


def test_two_admins_leaving_at_once_leave_one_behind():
    for _ in range(10):
        one = make_member(None, "admin")
        other = make_member(one.project, "admin")
        answers = at_once(lambda: deactivate(one, by=one), lambda: deactivate(other, by=other))  # noqa: B023
        assert sum(isinstance(answer, Conflict) for answer in answers) == 1
        assert Membership.objects.active().filter(project=one.project).count() == 1


def test_a_set_up_link_opened_by_two_makes_one_site_admin():
    secret = make_set_up_link().rstrip("/").rpartition("/")[2]

    def begin(email: str) -> Any:
        return set_up(
            secret, name="Ada", email=email, password=PASSWORD, project="Support", slug=email[:1]
        )

    at_once(lambda: begin("a@example.org"), lambda: begin("b@example.org"))
    assert User.objects.filter(is_superuser=True).count() == 1


def test_a_reset_link_used_twice_at_once_sets_one_password():
    user = make_user("ana@example.org", password=PASSWORD)
    token = default_token_generator.make_token(user)
    passwords = ["the first new password", "the second new password"]
    answers = at_once(
        lambda: reset_password(user.uid, token, passwords[0]),
        lambda: reset_password(user.uid, token, passwords[1]),
    )
    assert sum(isinstance(answer, LinkInvalid) for answer in answers) == 1
    user.refresh_from_db()
    assert sum(user.check_password(password) for password in passwords) == 1
