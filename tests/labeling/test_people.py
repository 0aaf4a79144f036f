from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from labeling.errors import Conflict
from labeling.models import AuditEvent, Membership, Token
from labeling.services.projects import (
    add_machine,
    add_member,
    change_member,
    create_project,
    deactivate,
    issue_token,
    reactivate,
)
from tests.factories import (
    make_member,
    make_project,
    make_queue,
    make_team,
    make_token,
    make_user,
)

pytestmark = pytest.mark.django_db


def change(member, by, roles, team=None):
    return change_member(member, roles=roles, team=team, languages=member.languages, by=by)


def test_who_begins_a_project_is_its_admin():
    user = make_user()
    project = create_project("Support", "support", user)
    assert project.memberships.get().roles == ["admin"]
    assert AuditEvent.objects.get().verb == "created_project"


def test_two_projects_cannot_share_an_address():
    create_project("Support", "support", make_user())
    with pytest.raises(ValidationError):
        create_project("Another", "support", make_user())


def test_nobody_joins_twice():
    admin = make_member(None, "admin")
    with pytest.raises(Conflict):
        add_member(admin.project, admin.user, ["annotator"], by=admin)


def test_a_machine_is_a_member_that_cannot_log_in_and_answers_by_token():
    admin = make_member(None, "admin")
    machine = add_machine(admin.project, "judge-7b", by=admin)
    token, secret = issue_token(machine, "runner", ["annotate"], by=admin)
    assert machine.kind == Membership.Kind.MACHINE
    assert not machine.user.has_usable_password()
    assert secret.startswith(token.prefix)
    assert secret not in token.digest


def test_a_token_for_another_person_is_refused():
    admin = make_member(None, "admin")
    person = make_member(admin.project)
    with pytest.raises(PermissionDenied):
        issue_token(person, "mine", ["annotate"], by=admin)


def test_a_lead_gives_no_engineer_role():
    lead = make_member(None, "lead")
    with pytest.raises(PermissionDenied):
        add_member(lead.project, make_user(), ["engineer"], by=lead)


def test_a_lead_does_not_touch_an_admins_membership():
    lead = make_member(None, "lead")
    admin = make_member(lead.project, "admin")
    with pytest.raises(PermissionDenied):
        deactivate(admin, by=lead)


def test_nobody_gives_themselves_more():
    admin = make_member(None, "admin")
    with pytest.raises(PermissionDenied):
        change(admin, admin, ["admin", "lead"])


def test_the_last_admin_stays():
    admin = make_member(None, "admin", "lead")
    with pytest.raises(Conflict):
        change(admin, admin, ["lead"])
    with pytest.raises(Conflict):
        deactivate(admin, by=admin)
    admin.refresh_from_db()
    assert admin.roles == ["admin", "lead"]
    assert admin.deactivated_at is None


def test_one_of_two_admins_may_go():
    admin = make_member(None, "admin")
    make_member(admin.project, "admin")
    deactivate(admin, by=admin)
    assert admin.project.memberships.active().count() == 1


def test_deactivating_frees_what_is_held_and_ends_tokens():
    admin = make_member(None, "admin")
    queue = make_queue(admin.project)
    person = make_member(admin.project)
    make_token(person, "annotate")
    slot = queue.slots.order_by("pk")[0]
    slot.annotator, slot.token, slot.leased_until = person, person.uid, person.joined_at
    slot.save()
    deactivate(person, by=admin)
    assert queue.slots.filter(annotator=person).count() == 0
    assert queue.slots.get(pk=slot.pk).early
    assert Token.objects.get().revoked_at is not None
    assert AuditEvent.objects.get().detail == {"tokens": 1, "leases": 1}


def test_a_former_member_can_come_back():
    admin = make_member(None, "admin")
    person = make_member(admin.project)
    deactivate(person, by=admin)
    reactivate(person, by=admin)
    assert person in admin.project.memberships.active()


def test_a_vendors_lead_manages_the_own_team_only():
    project = make_project()
    ours, theirs = make_team(project, "vendor"), make_team(project, "vendor")
    lead = make_member(project, "lead", team=ours)
    own, other = make_member(project, team=ours), make_member(project, team=theirs)
    deactivate(own, by=lead)
    with pytest.raises(PermissionDenied):
        deactivate(other, by=lead)


def test_only_an_admin_moves_people_between_teams():
    project = make_project()
    team, person = make_team(project), make_member(project)
    with pytest.raises(PermissionDenied):
        change(person, make_member(project, "lead"), ["annotator"], team)
    moved = change(person, make_member(project, "admin"), ["annotator"], team)
    assert moved.team == team


def page(member, rest=""):
    return f"/p/{member.project.slug}/people/{rest}"


def test_people_are_found_by_name_and_role(browse):
    admin = make_member(None, "admin")
    make_member(admin.project, "lead", user=make_user(name="Ana"))
    make_member(admin.project, "annotator", user=make_user(name="Bo"))
    client = browse(admin)
    assert [str(row) for row in client.get(page(admin), {"q": "an"}).context["page"]] == ["Ana"]
    shown = client.get(page(admin), {"role": "annotator"}).context["page"]
    assert [str(row) for row in shown] == ["Bo"]


def test_former_members_are_shown_apart(browse):
    admin = make_member(None, "admin")
    person = make_member(admin.project)
    deactivate(person, by=admin)
    client = browse(admin)
    assert person not in client.get(page(admin)).context["page"]
    assert list(client.get(page(admin), {"former": "1"}).context["page"]) == [person]


def test_the_people_page_costs_the_same_for_two_and_for_fifty(
    browse, django_assert_max_num_queries
):
    admin = make_member(None, "admin")
    team = make_team(admin.project)
    for _ in range(49):
        make_member(admin.project, team=team)
    client = browse(admin)
    with django_assert_max_num_queries(10):
        client.get(page(admin))


def test_a_person_page_costs_few_queries(browse, django_assert_max_num_queries):
    admin = make_member(None, "admin")
    person = make_member(admin.project)
    for _ in range(5):
        change(person, admin, ["annotator", "viewer"])
        change(person, admin, ["annotator"])
    client = browse(admin)
    with django_assert_max_num_queries(12):
        client.get(page(admin, f"{person.uid}/"))


def test_an_admin_changes_roles_on_the_persons_page(browse):
    admin = make_member(None, "admin")
    person = make_member(admin.project)
    typed = {"roles": ["annotator", "lead"], "languages": "de:native"}
    assert browse(admin).post(page(admin, f"{person.uid}/"), typed).status_code == 302
    person.refresh_from_db()
    assert (person.roles, person.languages) == (["annotator", "lead"], {"de": "native"})


@pytest.mark.parametrize("roles", [["site"], [], ["admin"]])
def test_roles_that_cannot_be_given_change_nothing(browse, roles):
    lead = make_member(None, "lead")
    person = make_member(lead.project)
    answer = browse(lead).post(page(lead, f"{person.uid}/"), {"roles": roles})
    assert answer.status_code == 400
    person.refresh_from_db()
    assert person.roles == ["annotator"]


def test_a_lost_role_holds_from_the_next_request_on(browse):
    admin = make_member(None, "admin")
    lead = make_member(admin.project, "lead")
    client = browse(lead)
    assert client.get(page(lead)).status_code == 200
    change(lead, admin, ["annotator"])
    assert client.get(page(lead)).status_code == 404


def test_a_deactivated_member_is_out_from_the_next_request_on(browse):
    admin = make_member(None, "admin")
    lead = make_member(admin.project, "lead")
    client = browse(lead)
    deactivate(lead, by=admin)
    assert client.get(page(lead)).status_code == 404


def test_a_vendors_lead_sees_the_own_team_and_no_name_of_the_house(browse, call):
    project = make_project()
    admin = make_member(project, "admin", user=make_user("boss@house.example", name="The Boss"))
    ours, theirs = make_team(project, "vendor"), make_team(project, "vendor", name="Rival")
    lead = make_member(project, "lead", team=ours)
    own = make_member(project, team=ours)
    other = make_member(project, team=theirs, user=make_user(name="Somebody Else"))
    change_member(own, roles=["annotator"], team=ours, languages={"de": "native"}, by=admin)
    client = browse(lead)
    hidden = ("The Boss", "boss@", "Rival", "Somebody Else")
    for path in (page(lead), page(lead, f"{own.uid}/"), f"/p/{project.slug}/people/teams/"):
        text = client.get(path).content.decode()
        assert not any(name in text for name in hidden), path
    assert client.get(page(lead, f"{other.uid}/")).status_code == 404
    people = call(lead, "manage").get(f"/api/v1/projects/{project.slug}/people/").json()
    assert {row["uid"] for row in people["results"]} == {str(lead.uid), str(own.uid)}
    assert call(lead, "manage").get(f"/api/v1/people/{other.uid}/").status_code == 404


def test_a_machine_is_added_by_an_admin(browse):
    admin = make_member(None, "admin")
    assert browse(admin).post(page(admin, "machines/"), {"name": "judge-7b"}).status_code == 302
    assert str(Membership.objects.machines().get()) == "judge-7b"


def test_a_name_with_hidden_characters_makes_no_machine(browse):
    admin = make_member(None, "admin")
    answer = browse(admin).post(page(admin, "machines/"), {"name": "judge\u202e"})
    assert answer.status_code == 400


def test_a_team_is_added_and_renamed_by_an_admin(browse):
    admin = make_member(None, "admin")
    path, client = f"/p/{admin.project.slug}/people/teams/", browse(admin)
    assert client.post(path, {"name": "Vendor A", "kind": "vendor"}).status_code == 302
    assert client.post(path, {"name": "Vendor A", "kind": "vendor"}).status_code == 400
    team = admin.project.teams.get()
    assert client.post(f"{path}{team.uid}/rename/", {"name": "Vendor B"}).status_code == 302
    assert admin.project.teams.get().name == "Vendor B"


def test_doors_of_the_people_pages(browse):
    admin = make_member(None, "admin")
    person, lead = make_member(admin.project), make_member(admin.project, "lead")
    stranger = make_member(None, "admin")
    for path in (
        page(admin),
        page(admin, f"{person.uid}/"),
        f"/p/{admin.project.slug}/people/teams/",
    ):
        assert browse(admin).get(path).status_code == 200
        assert browse(person).get(path).status_code == 404
        assert browse(stranger).get(path).status_code == 404
    for rest in ("machines/", f"{person.uid}/deactivate/"):
        assert browse(stranger).post(page(admin, rest)).status_code == 404
        assert browse(person).post(page(admin, rest)).status_code == 404
    assert browse(lead).post(page(admin, "machines/"), {"name": "x"}).status_code == 403
    assert (
        browse(lead).post(f"/p/{admin.project.slug}/people/teams/", {"name": "x"}).status_code
        == 403
    )
    assert browse(admin).get(page(admin, f"{person.uid}/deactivate/")).status_code == 405
    foreign = page(stranger, f"{person.uid}/")
    assert browse(stranger).get(foreign).status_code == 404


def test_programs_read_people_and_a_session_changes_them(browse, call):
    admin = make_member(None, "admin")
    person = make_member(admin.project)
    path = f"/api/v1/people/{person.uid}/"
    program = call(admin, "manage")
    assert program.get(path).json()["roles"] == ["annotator"]
    assert program.patch(path, {"roles": ["viewer"]}).status_code == 403
    changed = browse(admin).patch(path, {"roles": ["viewer"]}, content_type="application/json")
    assert changed.json()["roles"] == ["viewer"]


@pytest.mark.parametrize("field", ["user", "kind", "project", "deactivated_at", "uid", "id"])
def test_a_program_changes_no_other_field_of_a_membership(browse, field):
    admin = make_member(None, "admin")
    person = make_member(admin.project)
    path = f"/api/v1/people/{person.uid}/"
    answer = browse(admin).patch(path, {field: "1"}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")


def test_a_filter_that_is_not_offered_is_refused(call):
    admin = make_member(None, "admin")
    path = f"/api/v1/projects/{admin.project.slug}/people/"
    answer = call(admin, "manage").get(path, {"user__password__startswith": "a"})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_filter")


def test_listing_people_for_programs_costs_the_same_for_fifty(call, django_assert_max_num_queries):
    admin = make_member(None, "admin")
    team = make_team(admin.project)
    for _ in range(49):
        make_member(admin.project, team=team)
    program = call(admin, "manage")
    with django_assert_max_num_queries(6):
        program.get(f"/api/v1/projects/{admin.project.slug}/people/")


def test_a_page_under_people_marks_its_own_place_in_the_navigation_and_no_other(browse):
    admin = make_member(None, "admin", "lead")
    areas = browse(admin).get(page(admin, "teams/")).context["navigation"]
    current = [row["label"] for area in areas for row in area["entries"] if row["current"]]
    assert current == ["People"]
