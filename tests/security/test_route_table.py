"""The whole route table refuses strangers, other projects and wrong roles (A1, A10, A11)."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client

from labeling.models import Membership
from labeling.policy.roles import SCOPE_CARRIES, SHOWN_BY, Role, Scope, Verb, carries, may
from tests.factories import make_member, make_token
from tests.security.columns import every_model
from tests.security.routes import METHODS, Route, matrix, named_patterns, routes
from tests.security.world import World, make_world

pytestmark = pytest.mark.django_db

REQUEST_ID = re.compile(rb"[0-9a-f]{32}")
CSRF = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"|"X-CSRFToken": "[^"]+"')
NO_REFUSAL = "neither hidden nor refused"
#: What no single verb says.
OWN_RULES = {"member", "machine"}
#: A lease is its holder's: with another's token everybody meets the refusal of an unknown token.
HOLDERS = {"lease", "claim"}


@pytest.fixture
def world() -> World:
    return make_world("first")


def address(route: Route, world: World, row: object = None) -> str:
    """The route's address in this world, about its own row unless another is given."""
    uid = row or world.rows.get(route.row, uuid4())
    return route.path(project=world.project.slug, uid=uid, token=uid, secret="s" * 20)


def client_of(member: Membership) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(member.user, backend="labeling.sessions.PersonBackend")
    return client


def send(client: Client, method: str, path: str, **headers: str):
    return client.generic(
        method, path, b"{}" if "/api/" in path else b"", _type(path), headers=headers
    )


def test_every_route_stands_in_the_reviewed_matrix():
    assert set(named_patterns()) == set(matrix())


def test_nobody_gets_anywhere_without_logging_in(world):
    open_doors = []
    client = Client(raise_request_exception=False)
    for route in routes():
        if route.is_public:
            continue
        for method in METHODS:
            response = send(client, method, address(route, world))
            refused = response.status_code == 401 or (not route.is_api and _to_login(response))
            if not refused:
                open_doors.append((route.name, method, response.status_code))
    assert open_doors == []


@pytest.mark.parametrize("secret", ["x", "fettle_" + "0" * 40, "é" * 20])
def test_a_token_nobody_made_opens_nothing(world, secret):
    open_doors = []
    client = Client(raise_request_exception=False)
    for route in routes():
        if not route.is_api or route.is_public:
            continue
        response = send(client, "GET", address(route, world), Authorization=f"Bearer {secret}")
        if response.status_code != 401:
            open_doors.append((route.name, response.status_code))
    assert open_doors == []


def test_another_projects_rows_are_the_same_as_no_rows_at_all(world):
    stranger = client_of(make_world("second").everything)
    seen = []
    for route in routes():
        if not route.of_project:
            continue
        for method in route.verbs:
            theirs = send(stranger, method, address(route, world))
            nothing = send(stranger, method, address(route, world, uuid4()))
            if theirs.status_code not in refusals(route) or _bare(theirs.content) != _bare(
                nothing.content
            ):
                seen.append((route.name, method, theirs.status_code, nothing.status_code))
    assert seen == []


def test_a_row_of_another_project_is_not_found_under_ones_own(world):
    """Nested binding: the right project in the address does not help a foreign uid."""
    own = make_world("second")
    client = client_of(own.everything)
    seen = []
    for route in routes():
        if not route.of_project or not route.row:
            continue
        for method in route.verbs:
            response = send(client, method, address(route, own, world.rows[route.row]))
            nothing = send(client, method, address(route, own, uuid4()))
            if response.status_code not in refusals(route):
                seen.append((route.name, method, response.status_code))
            elif _bare(response.content) != _bare(nothing.content):
                seen.append((route.name, method, "tells a foreign row from none"))
    assert seen == []


@pytest.mark.parametrize("role", list(Role))
def test_each_role_gets_what_the_table_gives_it(world, role):
    assert wrong_answers(world, world.people[role.value], [role.value]) == []


def test_a_vendors_people_see_only_what_vendors_may(world):
    assert wrong_answers(world, world.vendor, [role.value for role in Role], vendor=True) == []


def wrong_answers(world: World, member: Membership, roles: list[str], *, vendor=False):
    """Where the site's answer differs from the table of roles and verbs."""
    client = client_of(member)
    wrong = []
    for route in routes():
        if not route.of_project:
            continue
        for method, name in route.verbs.items():
            if name in OWN_RULES:
                continue
            verb = Verb(name)
            expected = expected_refusal(roles, verb, vendor=vendor)
            if route.row and may(roles, verb, vendor=vendor):
                continue  # rows that belong to one person are tested where they live
            status = send(client, method, address(route, world)).status_code
            fine = {expected, *(refusals(route) - {404})} if expected else set()
            if status not in fine if expected else status in {401, 403, 404, 405, 500}:
                wrong.append((route.name, method, status, expected or NO_REFUSAL))
    return wrong


def refusals(route: Route) -> set[int]:
    """How a row that is not there is answered; a body may be checked before a lease is found."""
    return {302, 400, 404, 409} if route.row in HOLDERS else {404}


def expected_refusal(roles: list[str], verb: Verb, *, vendor: bool = False) -> int | None:
    """404 for what the role does not even see, 403 for what it sees and may not do."""
    if may(roles, verb, vendor=vendor):
        return None
    shown_by = SHOWN_BY.get(verb)
    return 403 if shown_by and may(roles, shown_by, vendor=vendor) else 404


@pytest.mark.parametrize("scope", list(Scope))
def test_a_token_opens_only_what_its_scope_carries(world, scope):
    secret = make_token(world.everything, scope.value)
    client = Client(raise_request_exception=False)
    wrong = []
    for route in routes():
        if not route.is_api or not route.of_project:
            continue
        for method, name in route.verbs.items():
            if name in OWN_RULES or carries([scope.value], Verb(name)):
                continue
            path = address(route, world)
            response = send(client, method, path, Authorization=f"Bearer {secret}")
            if response.status_code not in {403} | refusals(route):
                wrong.append((route.name, method, response.status_code))
    assert wrong == []


def test_every_verb_is_needed_by_some_route_and_carried_by_the_scopes_that_name_it():
    used = {verb for route in routes() for verb in route.verbs.values()}
    # Whoever may not see the overview is led to Today, so its route is open to every member.
    assert {verb.value for verb in Verb} - used == {Verb.SEE_OVERVIEW.value}
    assert set().union(*SCOPE_CARRIES.values()) <= set(Verb)


def test_a_form_from_elsewhere_changes_nothing(world):
    """A8: every page that takes a POST wants the page's own token."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(world.everything.user, backend="labeling.sessions.PersonBackend")
    open_doors = []
    for route in routes():
        for method in set(route.verbs) - {"GET"}:
            response = send(client, method, address(route, world))
            if response.status_code != 403:
                open_doors.append((route.name, method, response.status_code))
    assert open_doors == []


def test_looking_changes_nothing(world):
    """A8: every GET as somebody who may do everything leaves all tables as they were."""
    client = client_of(world.everything)
    before = _rows_of_all_tables()
    for route in routes():
        if "GET" in route.verbs and not route.is_public:
            assert send(client, "GET", address(route, world)).status_code < 500, route.name
    assert _rows_of_all_tables() == before


def test_no_route_breaks_on_a_malformed_body(world):
    """Whatever is sent, the answer is a refusal and never a 5xx."""
    client = client_of(world.everything)
    broken = []
    for route in routes():
        for method in set(route.verbs) - {"GET"}:
            for body in (b"\x00\xff", b"[[[[", b'{"a": NaN}', b'"text"', b"[]", b"null"):
                response = client.generic(method, address(route, world), body, "application/json")
                if response.status_code >= 500:
                    broken.append((route.name, method, body))
    assert broken == []


def test_fields_that_nobody_asked_for_are_refused(world):
    """A18: a program cannot slip in what only Fettle sets."""
    client = client_of(world.everything)
    extra = b'{"id": 1, "pk": 1, "is_superuser": true, "project": "x", "digest": "0", "score": 1}'
    taken = []
    for route in routes():
        if not route.is_api or not route.reads_body:
            continue
        for method in {"POST", "PUT", "PATCH"} & set(route.verbs):
            response = client.generic(method, address(route, world), extra, "application/json")
            if response.status_code < 400:
                taken.append((route.name, method, response.status_code))
    assert taken == []


def test_a_former_member_is_a_stranger(world):
    """A4: whoever is deactivated meets the same wall as anybody else, at once."""
    member = make_member(world.project, *[role.value for role in Role])
    client = client_of(member)
    Membership.objects.filter(pk=member.pk).update(deactivated_at="2026-01-01T00:00:00Z")
    seen = [
        (route.name, method)
        for route in routes()
        if route.of_project
        for method in route.verbs
        if send(client, method, address(route, world)).status_code not in refusals(route)
    ]
    assert seen == []


def _type(path: str) -> str:
    return "application/json" if "/api/" in path else "application/x-www-form-urlencoded"


def _to_login(response) -> bool:
    return response.status_code == 302 and response["Location"].startswith("/login/")


def _bare(body: bytes) -> bytes:
    """A body without what is different on every request."""
    return CSRF.sub(b"", REQUEST_ID.sub(b"", body))


def _rows_of_all_tables() -> dict[str, list[tuple[object, ...]]]:
    return {
        model._meta.label: sorted(
            map(repr, model.objects.values_list())  # type: ignore[attr-defined]
        )
        for model in every_model()
    }
