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
    slot.refresh_from_db()
    assert slot.annotator is None
    assert slot.early
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
