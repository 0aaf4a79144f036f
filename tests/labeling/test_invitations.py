from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from labeling.formats.people_files import MOST_LINES, PersonRow, read_people
from labeling.formats.rows import FormatError, Refusal
from labeling.models import AuditEvent, Invitation, Membership, User
from labeling.services.invitations import (
    LinkInvalid,
    accept,
    invite,
    make_link,
    revoke,
)
from labeling.services.projects import deactivate
from tests.factories import PASSWORD, make_member, make_project, make_team, make_user
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db

ANNOTATOR = {"roles": ["annotator"]}


@pytest.fixture
def admin():
    return make_member(None, "admin")


def invited(by, email="ana@example.org", roles=("annotator",), team=""):
    rows = [PersonRow(1, email, tuple(roles), team)]
    return invite(by.project, rows, valid_only=False, by=by).invitations[0]


def secret_of(invitation, by):
    return make_link(invitation, by=by).rstrip("/").rpartition("/")[2]


def link_in(text):
    found = re.search(r"/invite/[\w-]+/", text)
    assert found
    return found.group()


def page(member):
    return f"/p/{member.project.slug}/people/invitations/"


def test_lines_are_read_with_whatever_divides_their_cells():
    text = "ana@example.org;annotator adjudicator;Vendor A;de:native en\nbo@example.org"
    assert list(read_people(text)) == [
        PersonRow(
            1,
            "ana@example.org",
            ("annotator", "adjudicator"),
            "Vendor A",
            {"de": "native", "en": "fluent"},
        ),
        PersonRow(2, "bo@example.org"),
    ]


def test_a_heading_line_names_the_columns_in_any_order():
    rows = list(read_people("Team,E-mail\n\nVendor A,ana@example.org\n"))
    assert rows == [PersonRow(3, "ana@example.org", (), "Vendor A")]


def test_a_line_that_is_none_is_refused_by_its_number():
    rows = list(read_people("a@example.org,lead,,klingon\nb@example.org,lead,x,de,more"))
    assert [row.line for row in rows if isinstance(row, Refusal)] == [1, 2]


def test_a_list_has_an_end():
    with pytest.raises(FormatError):
        list(read_people("a@example.org\n" * (MOST_LINES + 1)))


def test_many_are_invited_at_once_and_get_a_letter_each(browse, admin):
    team = make_team(admin.project, "vendor", name="Vendor A")
    people = "ana@example.org, annotator, Vendor A, de:native\nbo@example.org"
    answer = browse(admin).post(page(admin), {"people": people, "roles": ["viewer"]})
    assert answer.status_code == 302
    ana, bo = Invitation.objects.order_by("email")
    assert (ana.roles, ana.team, ana.languages) == (["annotator"], team, {"de": "native"})
    assert (bo.roles, bo.team) == (["viewer"], None)
    run_jobs()
    assert sorted(letter.to[0] for letter in mail.outbox) == ["ana@example.org", "bo@example.org"]


def test_one_wrong_line_and_nobody_is_invited(browse, admin):
    people = "ana@example.org, annotator\nno address, annotator\nbo@example.org, king"
    answer = browse(admin).post(page(admin), {"people": people})
    assert answer.status_code == 400
    text = answer.content.decode()
    assert "Line 2" in text
    assert "Line 3" in text
    assert "ana@example.org, annotator" in text
    assert not Invitation.objects.exists()


def test_the_valid_ones_go_if_that_is_wanted(browse, admin):
    people = "ana@example.org, annotator\nno address, annotator"
    answer = browse(admin).post(page(admin), {"people": people, "valid_only": "on"})
    assert Invitation.objects.get().email == "ana@example.org"
    assert answer.context["form"]["people"].value() == "no address, annotator"


def test_a_csv_file_does_as_well(browse, admin):
    file = SimpleUploadedFile("people.csv", b"\xef\xbb\xbfemail,roles\nana@example.org,annotator\n")
    assert browse(admin).post(page(admin), {"file": file}).status_code == 302
    assert Invitation.objects.get().roles == ["annotator"]


def test_a_file_that_is_no_text_is_refused(browse, admin):
    file = SimpleUploadedFile("people.csv", b"\xff\xfe\x00")
    assert browse(admin).post(page(admin), {"file": file}).status_code == 400


@pytest.mark.parametrize("roles", ["admin", "engineer", "lead", "viewer"])
def test_a_lead_invites_annotators_and_adjudicators_only(browse, roles):
    lead = make_member(None, "lead")
    answer = browse(lead).post(page(lead), {"people": f"ana@example.org, {roles}"})
    assert answer.status_code == 400
    assert not Invitation.objects.exists()


def test_who_is_in_the_project_or_invited_is_named_as_such(browse, admin):
    invited(admin, "bo@example.org")
    addresses = [admin.user.email, "BO@example.org", "c@example.org", "C@example.org"]
    people = "\n".join(f"{address},viewer" for address in addresses)
    text = browse(admin).post(page(admin), {"people": people}).content.decode()
    for reason in ("is a member already", "is invited already", "is twice in this list"):
        assert reason in text


def test_a_new_person_joins_with_a_name_and_a_password(admin):
    path = f"/invite/{secret_of(invited(admin, roles=['annotator', 'lead']), admin)}/"
    client = Client()
    assert client.get(path).status_code == 200
    answer = client.post(path, {"name": "Ana", "password": PASSWORD})
    assert answer["Location"] == admin.project.get_absolute_url()
    member = Membership.objects.get(user__email="ana@example.org")
    assert member.roles == ["annotator", "lead"]
    assert client.get("/me/").status_code == 200


def test_a_weak_password_makes_no_account(admin):
    path = f"/invite/{secret_of(invited(admin), admin)}/"
    assert Client().post(path, {"name": "Ana", "password": "short"}).status_code == 400
    assert not User.objects.filter(email="ana@example.org").exists()


def test_somebody_with_an_account_logs_in_and_accepts(browse, admin):
    user = make_user("ana@example.org", password=PASSWORD)
    path = f"/invite/{secret_of(invited(admin, 'ANA@example.org'), admin)}/"
    assert f"/login/?next={path}" in Client().get(path).content.decode()
    assert Client().post(path, {"name": "Thief", "password": PASSWORD}).status_code == 400
    assert browse(user).post(path).status_code == 302
    assert admin.project.memberships.filter(user=user).exists()


def test_somebody_else_cannot_accept(browse, admin):
    path = f"/invite/{secret_of(invited(admin), admin)}/"
    other = make_user()
    assert browse(other).get(path).status_code == 200
    assert browse(other).post(path).status_code == 400
    assert not admin.project.memberships.filter(user=other).exists()


def test_opening_the_link_changes_nothing(admin):
    invitation = invited(admin)
    secret = secret_of(invitation, admin)
    before = Invitation.objects.values().get()
    Client().get(f"/invite/{secret}/")
    Client().head(f"/invite/{secret}/")
    assert Invitation.objects.values().get() == before


def test_the_same_answer_for_unknown_used_revoked_expired_and_outdated_links(admin):
    def path(email):
        return f"/invite/{secret_of(invited(admin, email), admin)}/"

    used, revoked, expired, renewed = (path(f"{x}@example.org") for x in "abcd")
    accept(used.split("/")[2], make_user("a@example.org"))
    revoke(Invitation.objects.get(email="b@example.org"), by=admin)
    Invitation.objects.filter(email="c@example.org").update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    make_link(Invitation.objects.get(email="d@example.org"), by=admin)
    paths = [used, revoked, expired, renewed, "/invite/unknown/"]
    answers = [Client().get(one, headers={"x-request-id": "same-for-all"}) for one in paths]
    assert {answer.status_code for answer in answers} == {400}
    assert len({answer.content for answer in answers}) == 1


def test_an_invitation_ends_with_the_right_of_who_sent_it(admin):
    lead = make_member(admin.project, "lead")
    secret = secret_of(invited(lead), lead)
    deactivate(lead, by=admin)
    with pytest.raises(LinkInvalid):
        accept(secret, make_user("ana@example.org"))


def test_one_link_makes_one_membership(admin):
    secret = secret_of(invited(admin), admin)
    user = make_user("ana@example.org")
    accept(secret, user)
    with pytest.raises(LinkInvalid):
        accept(secret, user)
    assert admin.project.memberships.filter(user=user).count() == 1


def test_a_former_member_comes_back_with_what_the_invitation_gives(admin):
    former = make_member(admin.project, "lead", user=make_user("ana@example.org"))
    deactivate(former, by=admin)
    accept(secret_of(invited(admin), admin), former.user)
    former.refresh_from_db()
    assert (former.roles, former.deactivated_at) == (["annotator"], None)


def test_a_letter_sent_again_ends_the_earlier_link(browse, admin):
    invitation = invited(admin)
    run_jobs()
    browse(admin).post(f"{page(admin)}{invitation.uid}/resend/")
    run_jobs()
    old, new = (link_in(str(letter.body)) for letter in mail.outbox)
    assert Client().get(old).status_code == 400
    assert Client().get(new).status_code == 200


def test_a_name_that_tries_to_add_headers_makes_one_subject(admin):
    admin.project.name = "Support\r\nBcc: evil@example.org"
    admin.project.save()
    invited(admin)
    run_jobs()
    letter = mail.outbox[0].message()
    assert letter["Bcc"] is None
    assert len(letter.get_all("Subject", [])) == 1


def test_a_link_can_be_shown_where_no_mail_goes(browse, admin):
    invitation = invited(admin)
    text = browse(admin).post(f"{page(admin)}{invitation.uid}/link/").content.decode()
    assert Client().get(link_in(text)).status_code == 200


def test_no_secret_of_an_invitation_is_kept(admin):
    secret = secret_of(invited(admin), admin)
    run_jobs()
    assert secret not in str(list(Invitation.objects.values()))
    assert secret not in str(list(AuditEvent.objects.values()))


def test_an_admin_gets_no_link_that_a_lead_may_not_give(browse, admin):
    invitation = invited(admin, roles=["engineer"])
    lead = make_member(admin.project, "lead")
    assert browse(lead).post(f"{page(admin)}{invitation.uid}/link/").status_code == 403


def test_a_vendors_lead_invites_into_the_own_team_and_learns_nothing_of_others(browse):
    project = make_project()
    admin = make_member(project, "admin", user=make_user("boss@example.org"))
    ours, theirs = make_team(project, "vendor"), make_team(project, "vendor", name="Other")
    lead = make_member(project, "lead", team=ours)
    invited(admin, "open@example.org")
    hidden = invited(admin, "elsewhere@example.org", team=str(theirs))
    client = browse(lead)
    text = client.get(page(lead)).content.decode()
    assert not any(name in text for name in ("open@", "elsewhere@", "boss@"))
    people = "boss@example.org,annotator\nopen@example.org,annotator\nnew@example.org,annotator"
    assert client.post(page(lead), {"people": people}).status_code == 302
    assert Invitation.objects.filter(team=ours).count() == 3
    assert client.post(page(lead), {"people": "z@example.org,annotator,Other"}).status_code == 400
    assert client.post(f"{page(lead)}{hidden.uid}/revoke/").status_code == 404


def test_an_invitation_of_somebody_who_is_in_already_changes_nothing(browse):
    project = make_project()
    boss = make_member(project, "admin", user=make_user("boss@example.org"))
    lead = make_member(project, "lead", team=make_team(project, "vendor"))
    secret = secret_of(invited(lead, "boss@example.org"), lead)
    assert browse(boss).post(f"/invite/{secret}/").status_code == 400
    boss.refresh_from_db()
    assert (boss.roles, boss.team) == (["admin"], None)


def test_programs_invite_many_and_are_told_what_was_refused(call, admin):
    team = make_team(admin.project)
    path = f"/api/v1/projects/{admin.project.slug}/invitations/"
    people = [
        {
            "email": "ana@example.org",
            "team": str(team.uid),
            "languages": {"de": "native"},
            **ANNOTATOR,
        },
        {"email": admin.user.email, **ANNOTATOR},
    ]
    program = call(admin, "manage")
    assert program.post(path, {"people": people}).status_code == 400
    answer = program.post(path, {"people": people, "valid_only": True})
    assert answer.status_code == 201
    assert [one["email"] for one in answer.json()["invitations"]] == ["ana@example.org"]
    assert answer.json()["refused"][0]["line"] == 2
    listed = program.get(path).json()["results"]
    assert [one["team"]["uid"] for one in listed] == [str(team.uid)]
    assert program.delete(f"/api/v1/invitations/{listed[0]['uid']}/").status_code == 204
    assert program.delete(f"/api/v1/invitations/{listed[0]['uid']}/").status_code == 409


def test_a_team_of_another_project_is_as_unknown_as_a_random_one(call, admin):
    path = f"/api/v1/projects/{admin.project.slug}/invitations/"
    program = call(admin, "manage")
    answers = [
        program.post(path, {"people": [{"email": "a@example.org", "team": uid, **ANNOTATOR}]})
        for uid in (str(make_team(make_project()).uid), "00000000-0000-4000-8000-000000000000")
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].json()["fields"] == answers[1].json()["fields"]


@pytest.mark.parametrize(
    "more",
    [
        {"roles": ["project_admin"]},
        {"membership": {"roles": ["admin"]}},
        {"roles": "admin"},
        {"digest": "0"},
        {"is_superuser": True},
    ],
)
def test_a_program_cannot_slip_more_into_an_invitation(call, admin, more):
    people = [{"email": "a@example.org", **ANNOTATOR, **more}]
    path = f"/api/v1/projects/{admin.project.slug}/invitations/"
    assert call(admin, "manage").post(path, {"people": people}).status_code == 400
    assert not Invitation.objects.exists()


def test_doors_of_the_invitations(browse, admin):
    invitation = invited(admin)
    paths = [page(admin), f"{page(admin)}{invitation.uid}/revoke/"]
    strangers = [make_member(None, "admin"), make_member(admin.project, "annotator")]
    for path in paths:
        for person in strangers:
            assert browse(person).post(path).status_code == 404
    assert browse(admin).get(paths[1]).status_code == 405


def test_the_page_of_invitations_costs_the_same_for_two_and_for_fifty(
    browse, admin, django_assert_max_num_queries
):
    team = make_team(admin.project)
    rows = [
        PersonRow(line, f"a{line}@example.org", ("annotator",), str(team)) for line in range(50)
    ]
    invite(admin.project, rows, valid_only=False, by=admin)
    client = browse(admin)
    with django_assert_max_num_queries(11):
        client.get(page(admin))


def test_many_are_invited_in_few_queries(admin, django_assert_max_num_queries):
    rows = [PersonRow(line, f"a{line}@example.org", ("annotator",)) for line in range(500)]
    with django_assert_max_num_queries(25):
        invite(admin.project, rows, valid_only=False, by=admin)
