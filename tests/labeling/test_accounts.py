from __future__ import annotations

import re

import pytest
from axes.models import AccessAttempt
from django.core import mail
from django.test import Client

from labeling.errors import Conflict
from labeling.models import AuditEvent, Job, Project, SetUpLink, Token, User
from labeling.services.accounts import make_set_up_link
from tests.factories import PASSWORD, make_member, make_token, make_user
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db

NEW = "another rather long one"


@pytest.fixture
def client():
    return Client()


def log_in(client, email, password=PASSWORD, **more):
    return client.post("/login/", {"username": email, "password": password, **more})


def path_of(link):
    return "/" + link.split("/", 3)[3]


def letter_path(letter):
    found = re.search(r"http\S+", letter.body)
    assert found
    return path_of(found.group())


def test_somebody_logs_in_with_their_e_mail_however_it_is_written(client):
    make_user("Ana@example.org", password=PASSWORD)
    assert log_in(client, "ana@EXAMPLE.org").status_code == 302


def test_logging_in_gives_the_session_a_new_id(client):
    make_user("ana@example.org", password=PASSWORD)
    client.cookies["sessionid"] = "chosen-by-somebody-else"
    log_in(client, "ana@example.org")
    assert client.cookies["sessionid"].value != "chosen-by-somebody-else"


@pytest.mark.parametrize("email", ["ana@example.org", "nobody@example.org"])
def test_a_wrong_password_is_told_the_same_way_for_everybody(client, email):
    make_user("ana@example.org", password=PASSWORD)
    answer = log_in(client, email, "not the password")
    assert answer.status_code == 400
    assert "do not belong together" in answer.content.decode()


def test_a_deactivated_account_gets_the_same_answer_as_an_unknown_one(client):
    make_user("ana@example.org", password=PASSWORD, is_active=False)
    assert "do not belong together" in log_in(client, "ana@example.org").content.decode()


def test_a_password_too_long_to_be_one_is_refused_without_hashing(client):
    answer = log_in(client, "ana@example.org", "x" * 5000)
    assert answer.status_code == 400
    assert not AccessAttempt.objects.exists()


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "/\\evil.example", "https:evil.example", "javascript:alert(1)", "\t//evil"],
)
def test_after_logging_in_nobody_is_sent_elsewhere(client, wanted):
    make_user("ana@example.org", password=PASSWORD)
    assert log_in(client, "ana@example.org", next=wanted).url == "/"


def test_after_logging_in_one_goes_on_where_one_was_going(client):
    make_user("ana@example.org", password=PASSWORD)
    assert log_in(client, "ana@example.org", next="/me/").url == "/me/"


def test_an_encoded_double_slash_stays_on_this_host(client):
    make_user("ana@example.org", password=PASSWORD)
    assert log_in(client, "ana@example.org", next="/%2f%2fevil.example").url.startswith("/%2f")


def test_too_many_wrong_passwords_pause_the_account_and_leave_one_audit_row(client):
    make_user("ana@example.org", password=PASSWORD)
    answers = [
        log_in(client, spelling, "wrong") for spelling in ["ana@example.org", "ANA@example.org"] * 5
    ]
    assert [answer.status_code for answer in answers[-3:]] == [429] * 3
    assert int(answers[-1]["Retry-After"]) > 0
    assert log_in(client, "ana@example.org").status_code == 429
    assert AuditEvent.objects.filter(verb="locked_out").count() == 1


def test_a_pause_holds_for_the_attackers_address_not_for_the_owners(client):
    make_user("ana@example.org", password=PASSWORD)
    for _ in range(6):
        log_in(client, "ana@example.org", "wrong")
    owner = Client(REMOTE_ADDR="192.0.2.7")
    assert log_in(owner, "ana@example.org").status_code == 302


def test_another_forwarded_address_is_no_way_round_the_pause(client):
    make_user("ana@example.org", password=PASSWORD)
    for number in range(6):
        client.post(
            "/login/",
            {"username": "ana@example.org", "password": "wrong"},
            headers={"x-forwarded-for": f"198.51.100.{number}"},
        )
    assert log_in(client, "ana@example.org").status_code == 429


def test_logging_out_is_by_post_only_and_ends_the_session(browse):
    client = browse(make_user())
    assert client.get("/logout/").status_code == 405
    cookie = client.cookies["sessionid"].value
    client.post("/logout/")
    late = Client()
    late.cookies["sessionid"] = cookie
    assert late.get("/me/").status_code == 302


def test_logging_in_needs_a_form_of_ours():
    client = Client(enforce_csrf_checks=True)
    assert log_in(client, "ana@example.org").status_code == 403


def test_changing_the_password_ends_the_other_sessions_and_keeps_this_one(browse):
    user = make_user(password=PASSWORD)
    here, there = browse(user), browse(user)
    typed = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert here.post("/password/", typed).status_code == 302
    assert here.get("/me/").status_code == 200
    assert there.get("/me/").status_code == 302


def test_a_new_password_needs_the_old_one(browse):
    user = make_user(password=PASSWORD)
    typed = {"old_password": "guess", "new_password1": NEW, "new_password2": NEW}
    assert browse(user).post("/password/", typed).status_code == 400


def test_asking_for_a_reset_looks_the_same_for_known_and_unknown(client):
    make_user("ana@example.org", password=PASSWORD)
    known = client.post("/password/reset/", {"email": "ana@example.org"})
    unknown = client.post("/password/reset/", {"email": "nobody@example.org"})
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert Job.objects.filter(kind="send_password_reset").count() == 2
    run_jobs()
    assert [letter.to for letter in mail.outbox] == [["ana@example.org"]]


def test_asking_again_and_again_sends_one_letter(client):
    make_user("ana@example.org", password=PASSWORD)
    for _ in range(5):
        client.post("/password/reset/", {"email": "ana@example.org"})
    run_jobs()
    assert len(mail.outbox) == 1


def test_a_thousand_letters_are_not_asked_for_from_one_place(client):
    answers = [
        client.post("/password/reset/", {"email": f"a{number}@example.org"}) for number in range(40)
    ]
    assert answers[0].status_code == 302
    assert (answers[-1].status_code, answers[-1]["Retry-After"]) == (429, "3600")
    assert Job.objects.count() == 30


@pytest.fixture
def session(browse):
    """Somebody at work in a browser and through a token, before the password is forgotten."""
    member = make_member(user=make_user("ana@example.org", password=PASSWORD))
    make_token(member)
    return browse(member)


@pytest.fixture
def reset_path(client, session):
    client.post("/password/reset/", {"email": "ana@example.org"})
    run_jobs()
    return letter_path(mail.outbox[0])


def reset(client, path):
    return client.post(path, {"new_password1": NEW, "new_password2": NEW})


def test_a_reset_link_sets_a_password_once_and_ends_sessions_and_tokens(
    client, session, reset_path
):
    assert client.get(reset_path).status_code == 200
    assert reset(client, reset_path).status_code == 302
    assert session.get("/me/").status_code == 302
    assert Token.objects.get().revoked_at is not None
    assert log_in(client, "ana@example.org", NEW).status_code == 302
    assert reset(Client(), reset_path).status_code == 400


def test_opening_a_reset_link_changes_nothing(client, reset_path):
    before = User.objects.values().get(email="ana@example.org")
    client.get(reset_path)
    client.head(reset_path)
    assert User.objects.values().get(email="ana@example.org") == before


def test_a_reset_link_is_worth_nothing_after_the_password_changed(client, reset_path):
    user = User.objects.get(email="ana@example.org")
    user.set_password(NEW)
    user.save()
    assert client.get(reset_path).status_code == 400


def test_every_bad_link_gets_the_same_answer(client, reset_path):
    paths = [
        reset_path[:-2] + "x/",
        "/password/reset/00000000-0000-4000-8000-000000000000/a-b/",
        "/invite/unknown/",
        "/set-up/unknown/",
    ]
    answers = [client.get(path, headers={"x-request-id": "same-for-all"}) for path in paths]
    assert {answer.status_code for answer in answers} == {400}
    assert len({answer.content for answer in answers}) == 1


def test_a_reset_lifts_a_pause(client, reset_path):
    for _ in range(6):
        log_in(client, "ana@example.org", "wrong")
    reset(client, reset_path)
    assert log_in(client, "ana@example.org", NEW).status_code == 302


SET_UP = {
    "name": "Ada",
    "email": "ada@example.org",
    "password": PASSWORD,
    "project": "Support assistant",
    "slug": "support",
}


def test_the_set_up_link_makes_the_first_site_admin_and_project_once(client):
    path = path_of(make_set_up_link())
    assert client.get(path).status_code == 200
    assert client.post(path, SET_UP).url == "/p/support/"
    assert User.objects.get().is_superuser
    assert Project.objects.get().memberships.get().roles == ["lead", "engineer", "admin"]
    assert client.get("/me/").status_code == 200
    assert Client().post(path, SET_UP).status_code == 400


def test_a_weak_password_sets_nothing_up(client):
    path = path_of(make_set_up_link())
    assert client.post(path, {**SET_UP, "password": "ada@example.org"}).status_code == 400
    assert not User.objects.exists()
    assert SetUpLink.objects.get().used_at is None


def test_there_is_no_set_up_link_once_somebody_is_there():
    make_user()
    with pytest.raises(Conflict):
        make_set_up_link()


def test_an_older_set_up_link_ends_with_a_new_one(client):
    old = path_of(make_set_up_link())
    make_set_up_link()
    assert client.get(old).status_code == 400


def test_nothing_secret_is_kept_in_the_clear(client, reset_path):
    link = reset_path.rstrip("/").rpartition("/")[2]
    kept = [str(job.arguments) + str(job.result) for job in Job.objects.all()]
    kept += [str(event.detail) for event in AuditEvent.objects.all()]
    assert not any(link in text or PASSWORD in text for text in kept)
