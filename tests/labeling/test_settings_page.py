from __future__ import annotations

import pytest

from labeling.models import AuditEvent, ContentField, Project
from tests.factories import PASSWORD, make_member, make_user

pytestmark = pytest.mark.django_db


def page(member):
    return f"/p/{member.project.slug}/settings/"


def test_an_admin_says_what_annotators_see(browse):
    admin = make_member(None, "admin")
    ContentField.objects.create(project=admin.project, name="email")
    typed = {
        "field-text-visibility": "hidden",
        "field-text-label": "The message",
        "field-email-visibility": "masked",
        "field-email-label": "",
    }
    assert browse(admin).post(f"{page(admin)}fields/", typed).status_code == 302
    fields = ContentField.objects.values_list("name", "visibility", "label").order_by("name")
    assert list(fields) == [("email", "masked", ""), ("text", "hidden", "The message")]
    assert AuditEvent.objects.get().detail == {"fields": {"email": "masked", "text": "hidden"}}


@pytest.mark.parametrize("chosen", ["everybody", "", "shown "])
def test_a_visibility_that_there_is_not_changes_nothing(browse, chosen):
    admin = make_member(None, "admin")
    typed = {"field-text-visibility": chosen, "field-text-label": ""}
    assert browse(admin).post(f"{page(admin)}fields/", typed).status_code == 400
    assert ContentField.objects.get().visibility == "shown"


def test_a_project_is_called_something_else(browse):
    admin = make_member(None, "admin")
    typed = {"name": "Support", "description": "Answers to customers", "slug": "taken-over"}
    typed |= {"amend_minutes": "30"}
    assert browse(admin).post(page(admin), typed).status_code == 302
    project = Project.objects.get()
    assert (project.name, project.slug) == ("Support", admin.project.slug)
    assert project.amend_minutes == 30


@pytest.mark.parametrize("minutes", ["-1", "100000", "soon"])
def test_the_time_for_amending_is_at_most_a_week(browse, minutes):
    admin = make_member(None, "admin")
    typed = {"name": "Support", "description": "", "amend_minutes": minutes}
    assert browse(admin).post(page(admin), typed).status_code == 400


def test_a_session_reads_and_changes_the_time_for_amending_through_the_api(browse):
    admin = make_member(None, "admin")
    client, path = browse(admin), f"/api/v1/projects/{admin.project.slug}/settings/"

    def change(minutes):
        return client.patch(path, {"amend_minutes": minutes}, content_type="application/json")

    assert client.get(path).json()["amend_minutes"] == 60
    assert change(0).json()["amend_minutes"] == 0
    assert change(99_999).status_code == 400
    assert Project.objects.get().name == admin.project.name


def test_a_name_with_hidden_characters_is_refused(browse):
    admin = make_member(None, "admin")
    typed = {"name": "Support\u202egpj", "description": ""}
    assert browse(admin).post(page(admin), typed).status_code == 400


def test_an_engineer_reads_settings_and_changes_none(browse):
    engineer = make_member(None, "engineer")
    client = browse(engineer)
    assert client.get(page(engineer)).status_code == 200
    assert client.post(page(engineer), {"name": "x"}).status_code == 403
    assert client.post(f"{page(engineer)}fields/", {}).status_code == 403


@pytest.mark.parametrize("role", ["annotator", "adjudicator", "lead", "viewer"])
def test_settings_do_not_exist_for_others(browse, role):
    member = make_member(None, role)
    assert browse(member).get(page(member)).status_code == 404
    assert browse(make_member(None, "admin")).get(page(member)).status_code == 404


def test_settings_cost_few_queries(browse, django_assert_max_num_queries):
    admin = make_member(None, "admin")
    for number in range(30):
        ContentField.objects.create(project=admin.project, name=f"field {number}")
    client = browse(admin)
    with django_assert_max_num_queries(7):
        client.get(page(admin))


def test_a_site_admin_begins_a_project_and_is_its_admin(browse):
    site = make_user(is_superuser=True, is_staff=True)
    typed = {"name": "Support", "slug": "support", "roles": ["lead"]}
    assert browse(site).post("/projects/new/", typed).status_code == 302
    assert Project.objects.get().memberships.get().roles == ["lead", "admin"]


def test_an_address_that_is_taken_is_refused(browse):
    taken = make_member().project.slug
    site = make_user(is_superuser=True, is_staff=True)
    typed = {"name": "Another", "slug": taken, "roles": ["lead"]}
    assert browse(site).post("/projects/new/", typed).status_code == 400


def test_nobody_else_begins_projects(browse):
    client = browse(make_member(None, "admin"))
    assert client.get("/projects/new/").status_code == 403
    assert client.post("/projects/new/", {"name": "x", "slug": "x"}).status_code == 403


def test_me_keeps_name_zone_and_language(browse):
    user = make_user(password=PASSWORD)
    typed = {"name": "Ana", "time_zone": "Europe/Berlin", "language": "de"}
    assert browse(user).post("/me/", typed).status_code == 302
    user.refresh_from_db()
    assert (user.name, user.time_zone, user.language) == ("Ana", "Europe/Berlin", "de")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "An\u200ba"),
        ("name", ""),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "Mars/Base"),
        ("language", "tlh"),
    ],
)
def test_me_refuses_what_there_is_not(browse, field, value):
    user = make_user()
    typed = {"name": "Ana", "time_zone": "UTC", "language": "", field: value}
    assert browse(user).post("/me/", typed).status_code == 400


@pytest.mark.parametrize("field", ["is_superuser", "is_staff", "email", "is_active"])
def test_me_changes_nothing_else_of_an_account(browse, field):
    user = make_user("ana@example.org")
    typed = {"name": "Ana", "time_zone": "UTC", "language": "", field: "eve@example.org"}
    browse(user).post("/me/", typed)
    before = getattr(user, field)
    user.refresh_from_db()
    assert getattr(user, field) == before


def test_the_interface_speaks_the_persons_language(browse):
    client = browse(make_user(language="ar"))
    assert '<html lang="ar" dir="rtl">' in client.get("/me/").content.decode()


def test_me_costs_the_same_with_many_projects(browse, django_assert_max_num_queries):
    user = make_user()
    for _ in range(12):
        make_member(user=user)
    client = browse(user)
    with django_assert_max_num_queries(5):
        client.get("/me/")


def test_a_field_is_shown_as_what_was_chosen(browse):
    admin = make_member(None, "admin")
    typed = {"field-text-visibility": "shown", "field-text-label": ""}
    client = browse(admin)
    client.post(f"{page(admin)}fields/", {**typed, "field-text-rendering": "chat"})
    client.post(f"{page(admin)}fields/", typed)
    assert ContentField.objects.get().rendering == "chat"
    assert AuditEvent.objects.first().detail["renderings"] == {"text": "chat"}


def test_programs_read_fields_and_an_admins_session_changes_them(browse):
    admin = make_member(None, "admin")
    client, url = browse(admin), f"/api/v1/projects/{admin.project.slug}/content-fields/"
    change = {"content_fields": {"text": {"rendering": "json", "label": "Query"}}}
    answer = client.patch(url, change, content_type="application/json")
    wanted = {"name": "text", "label": "Query", "visibility": "shown", "rendering": "json"}
    assert answer.json() == client.get(url).json() == [wanted]
    unknown = {"content_fields": {"more": {"rendering": "json"}}}
    assert client.patch(url, unknown, content_type="application/json").status_code == 400
