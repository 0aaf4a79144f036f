from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.models import Token
from labeling.services.projects import deactivate
from labeling.services.tokens import issue_token, revoke_token
from tests.factories import make_member, make_project, make_team, make_user

pytestmark = pytest.mark.django_db


def with_secret(secret):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def test_a_token_works_until_it_is_revoked():
    member = make_member()
    token, secret = issue_token(member, "notebook", ["annotate"], by=member)
    assert with_secret(secret).get("/api/v1/me/").status_code == 200
    revoke_token(token, by=member)
    assert with_secret(secret).get("/api/v1/me/").status_code == 401


def test_a_token_ends_by_itself():
    member = make_member()
    token, secret = issue_token(member, "notebook", ["annotate"], days=1, by=member)
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert with_secret(secret).get("/api/v1/me/").status_code == 401


def test_a_token_ends_with_its_membership():
    member = make_member()
    _token, secret = issue_token(member, "notebook", ["annotate"], by=member)
    deactivate(member, by=make_member(member.project, "admin"))
    assert with_secret(secret).get("/api/v1/me/").status_code == 401


def test_a_token_carries_no_more_than_its_member_may_do():
    member = make_member(None, "annotator")
    with pytest.raises(ValidationError):
        issue_token(member, "notebook", ["exports"], by=member)


@pytest.mark.parametrize("days", [0, 366])
def test_a_token_lasts_a_year_at_most(days):
    member = make_member()
    with pytest.raises(ValidationError):
        issue_token(member, "notebook", ["annotate"], days=days, by=member)


def test_a_lost_role_takes_its_scope_with_it(call):
    member = make_member(None, "lead", "annotator")
    program = call(member, "manage")
    member.roles = ["annotator"]
    member.save()
    assert program.get("/api/v1/me/").json()["projects"][0]["verbs"] == []


def test_the_secret_is_shown_once_and_kept_nowhere(browse):
    member = make_member()
    client = browse(member)
    path = f"/me/tokens/{member.project.slug}/"
    made = client.post(path, {"name": "notebook", "scopes": ["annotate"], "days": 30})
    secret = made.context["secret"]
    assert secret in made.content.decode()
    assert secret not in client.get(path).content.decode()
    assert with_secret(secret).get("/api/v1/me/").status_code == 200
    assert Token.objects.get().last_used_at is not None


def test_only_scopes_that_would_carry_something_are_offered(browse):
    member = make_member(None, "annotator")
    page = browse(member).get(f"/me/tokens/{member.project.slug}/").content.decode()
    assert 'value="annotate"' in page
    assert 'value="exports"' not in page


def test_one_ends_ones_own_tokens_only(browse):
    member, other = make_member(), make_member()
    token, _secret = issue_token(member, "notebook", ["annotate"], by=member)
    path = f"/me/tokens/{other.project.slug}/{token.uid}/revoke/"
    assert browse(other).post(path).status_code == 404
    path = f"/me/tokens/{member.project.slug}/{token.uid}/revoke/"
    assert browse(make_member(member.project)).post(path).status_code == 404
    assert browse(member).post(path).status_code == 302
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_a_token_neither_lists_nor_makes_nor_ends_tokens(call):
    member = make_member(None, "admin", "lead", "annotator")
    token, _secret = issue_token(member, "another", ["annotate"], by=member)
    program = call(member, "read", "manage", "annotate")
    path = f"/api/v1/projects/{member.project.slug}/tokens/"
    assert program.get(path).status_code == 403
    assert program.post(path, {"name": "x", "scopes": ["annotate"]}).status_code == 403
    assert program.delete(f"/api/v1/tokens/{token.uid}/").status_code == 403
    token.refresh_from_db()
    assert token.revoked_at is None


def test_in_the_browsers_session_the_api_makes_lists_and_ends_tokens(browse):
    member = make_member()
    client = browse(member)
    path = f"/api/v1/projects/{member.project.slug}/tokens/"
    asked = {"name": "notebook", "scopes": ["annotate"]}
    made = client.post(path, asked, content_type="application/json")
    assert made.status_code == 201
    listed = client.get(path).json()["results"]
    assert listed == [made.json()["token"]]
    assert client.delete(f"/api/v1/tokens/{listed[0]['uid']}/").status_code == 204
    assert with_secret(made.json()["secret"]).get("/api/v1/me/").status_code == 401


@pytest.mark.parametrize("extra", ["digest", "prefix", "member", "id", "expires_at", "revoked_at"])
def test_a_program_sets_no_other_field_of_a_token(browse, extra):
    member = make_member()
    asked = {"name": "notebook", "scopes": ["annotate"], extra: "x"}
    path = f"/api/v1/projects/{member.project.slug}/tokens/"
    answer = browse(member).post(path, asked, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")
    assert not Token.objects.exists()


def test_a_token_in_the_address_is_refused():
    member = make_member()
    _token, secret = issue_token(member, "notebook", ["annotate"], by=member)
    assert Client().get("/api/v1/me/", {"token": secret}).status_code == 400


def test_me_says_who_is_calling_and_what_they_may_do(browse, call):
    user = make_user("ana@example.org", name="Ana")
    lead = make_member(None, "lead", user=user)
    make_member(None, "annotator", user=user)
    mine = browse(lead).get("/api/v1/me/").json()
    assert (mine["name"], len(mine["projects"])) == ("Ana", 2)
    only = call(lead, "read").get("/api/v1/me/").json()["projects"]
    assert [project["slug"] for project in only] == [lead.project.slug]
    assert "run_queues" not in only[0]["verbs"]


def test_a_machines_token_is_made_and_ended_by_an_admin(browse):
    admin = make_member(None, "admin")
    machine = make_member(admin.project, kind="machine")
    slug = admin.project.slug
    asked = {"name": "runner", "scopes": ["annotate"], "days": 90}
    made = browse(admin).post(f"/p/{slug}/people/{machine.uid}/tokens/", asked)
    assert with_secret(made.context["secret"]).get("/api/v1/me/").status_code == 200
    token = Token.objects.get()
    assert browse(admin).post(f"/p/{slug}/people/tokens/{token.uid}/revoke/").status_code == 302
    assert with_secret(made.context["secret"]).get("/api/v1/me/").status_code == 401


def test_nobody_makes_a_token_for_a_person(browse):
    admin = make_member(None, "admin")
    person = make_member(admin.project)
    path = f"/p/{admin.project.slug}/people/{person.uid}/tokens/"
    asked = {"name": "runner", "scopes": ["annotate"], "days": 90}
    assert browse(admin).post(path, asked).status_code == 404


def test_a_vendors_lead_gets_no_machine_tokens(browse):
    project = make_project()
    team = make_team(project, "vendor")
    lead = make_member(project, "lead", "admin", team=team)
    machine = make_member(project, kind="machine", team=team)
    path = f"/p/{project.slug}/people/{machine.uid}/tokens/"
    asked = {"name": "runner", "scopes": ["annotate"], "days": 90}
    assert browse(lead).post(path, asked).status_code == 403
