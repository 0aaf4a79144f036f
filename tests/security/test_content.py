"""Texts from outside are shown, never run: on every page and in every answer (A25 to A28)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pytest
from django.core.exceptions import ValidationError

from labeling.forms.names import validate_name
from labeling.models import ContentField, Item
from tests.factories import make_import
from tests.security.bodies import JSON, properties_of, writes
from tests.security.columns import OWN, TYPED, UNSHOWN, every_model, text_columns
from tests.security.content import (
    DECEPTIVE,
    PAYLOADS,
    Structure,
    unescaped,
    write_everywhere,
    write_where_any_character_is_taken,
)
from tests.security.growth import grow
from tests.security.test_bad_input import STREAMED
from tests.security.test_route_table import address, client_of
from tests.security.visits import put_away, visits
from tests.security.world import make_world

pytestmark = pytest.mark.django_db

#: Each character that hides between two that do not.
HIDDEN = tuple(f"x{one}y" for one in DECEPTIVE)
#: What somebody edits is theirs, to the character.
WHERE_ONE_WRITES = re.compile(r"<textarea.*?</textarea>|<input[^>]*>", re.DOTALL)
#: Fields of the API that hold a name: one line, as somebody is to read it.
ONE_LINE = {"name", "title", "digest", "commit", "training_digest"}
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Answer:
    """What a GET gave."""

    status: int
    headers: dict[str, str]
    body: str


#: What is not HTML and not the API: exactly this type, and sent as a file where it is one.
OTHER_TYPES = {
    "api_schema": "application/vnd.oai.openapi; charset=utf-8",
    "client": "text/x-python; charset=utf-8",
    "evaluation-api:verdict_junit": "application/xml",
    "export_file": "text/plain",
    "job_file": "text/plain",
    "import_refused": "text/csv",
    "rubric_file": "application/json; charset=utf-8",
    "taxonomy_file": "application/json; charset=utf-8",
    "record_export": "application/x-ndjson",
    "robots": "text/plain",
    "healthz": "text/plain",
    "readyz": "application/json",
}
#: Answers of the API that are not one JSON document.
LINES = {
    "api:export_file": "text/plain",
    "api:job_file": "text/plain",
    "maintenance-api:record_export": "application/x-ndjson",
}


@cache
def answers(write: Callable[[], None]) -> dict[str, Answer]:
    """Every GET of a world into which something was written; asked once for all tests."""
    world = make_world("first")
    grow(world, 8)
    write()
    client = client_of(world.everything)
    found = {}
    for name, path in visits(world).items():
        response = client.get(path)
        body = b"".join(response).decode()
        put_away(response)
        found[name] = Answer(response.status_code, dict(response.items()), body)
    return found


def hostile() -> None:
    write_everywhere(PAYLOADS)


def deceptive() -> None:
    write_where_any_character_is_taken(HIDDEN)


def pages_of(write: Callable[[], None]) -> dict[str, str]:
    found = answers(write)
    return {name: got.body for name, got in found.items() if got.headers["Content-Type"] == HTML}


def test_every_text_column_is_known_to_be_typed_or_our_own():
    unknown = {
        model.__name__: text_columns(model)
        - set(TYPED.get(model.__name__, ()))
        - OWN.get(model.__name__, set())
        for model in every_model()
        if model.__name__ not in UNSHOWN
    }
    assert {name: columns for name, columns in unknown.items() if columns} == {}


def test_hostile_texts_are_shown_everywhere_and_run_nowhere():
    broken = {name: got.status for name, got in answers(hostile).items() if got.status >= 500}
    assert broken == {}
    pages = {name: parsed(body) for name, body in pages_of(hostile).items()}
    assert {name: page.found for name, page in pages.items() if page.found} == {}
    raw = {name: unescaped(body, PAYLOADS) for name, body in pages_of(hostile).items()}
    assert {name: found for name, found in raw.items() if found} == {}
    seen = "\n".join("".join(page.texts) for page in pages.values())
    assert [text for text in PAYLOADS if text not in seen] == []


def test_every_answer_says_exactly_what_it_is():
    wrong = []
    for name, got in answers(hostile).items():
        if got.status != 200:
            continue
        expected = LINES.get(name, "application/json") if "api:" in name else HTML
        expected = OTHER_TYPES.get(name, expected)
        said = got.headers["Content-Type"], got.headers["X-Content-Type-Options"]
        if said != (expected, "nosniff"):
            wrong.append((name, *said))
        if expected == "application/json":
            assert is_json(got.body), name
        if name.endswith("_file") and "attachment" not in got.headers["Content-Disposition"]:
            wrong.append((name, "shown in the browser"))
    assert wrong == []


@pytest.mark.parametrize("asked", [{"HTTP_ACCEPT": "text/html"}, {"QUERY_STRING": "format=html"}])
def test_the_api_speaks_json_only(asked):
    world = make_world("first")
    client = client_of(world.everything)
    for name, path in visits(world).items():
        if "api:" in name:
            got = client.get(path, **asked)
            assert not got["Content-Type"].startswith("text/html"), name
            list(got)


def test_characters_that_hide_are_written_out_where_a_text_is_shown():
    world = make_world("first")
    text = "a" + "b".join(DECEPTIVE) + "c"
    Item.objects.update(content={"text": text})
    client = client_of(world.everything)
    for name in ("judge", "item"):
        body = client.get(visits(world)[name]).content.decode()
        codes = {f"⟨U+{ord(character):04X}⟩" for character in DECEPTIVE}
        assert {code for code in codes if code not in body} == set(), name


def test_lists_show_no_character_that_hides():
    """Wherever what came in or was written reaches a list, what acts unseen is written out."""
    bare = {}
    for name, body in pages_of(deceptive).items():
        bare[name] = [
            f"U+{ord(one):04X}" for one in DECEPTIVE if f"x{one}y" in WHERE_ONE_WRITES.sub("", body)
        ]
    assert {name: found for name, found in bare.items() if found} == {}


@pytest.mark.parametrize("character", DECEPTIVE)
def test_names_refuse_characters_that_hide(character):
    with pytest.raises(ValidationError):
        validate_name(f"Anna{character}Berg")


def test_every_form_that_names_something_refuses_characters_that_hide():
    world = make_world("first")
    client = client_of(world.everything)
    deceptive = "Anna\u202eBerg"
    posts = {
        f"/p/{world.project.slug}/settings/": {"name": deceptive},
        f"/p/{world.project.slug}/people/teams/": {"name": deceptive, "kind": "internal"},
        f"/p/{world.project.slug}/people/machines/": {"name": deceptive},
        f"/p/{world.project.slug}/people/teams/{world.rows['team']}/rename/": {"name": deceptive},
        f"/p/{world.project.slug}/slices/new/": {"name": deceptive},
        f"/p/{world.project.slug}/samples/new/": {"name": deceptive},
        f"/p/{world.project.slug}/queues/new/": {"name": deceptive},
        f"/p/{world.project.slug}/sets/new/": {"name": deceptive, "role": "frozen"},
        f"/p/{world.project.slug}/versions/new/": {"name": deceptive},
        f"/p/{world.project.slug}/gates/new/": {"name": deceptive},
        f"/p/{world.project.slug}/signals/new/": {"name": deceptive, "key": "a"},
        f"/p/{world.project.slug}/cases/new/": {"title": deceptive},
        f"/me/tokens/{world.project.slug}/": {"name": deceptive, "scopes": ["read"], "days": 30},
        "/me/": {"name": deceptive, "time_zone": "UTC", "language": ""},
    }
    taken = [path for path, form in posts.items() if client.post(path, form).status_code != 400]
    assert taken == []
    assert stored(deceptive) == []


def test_every_name_of_the_api_refuses_characters_that_hide():
    world = make_world("first")
    client = client_of(world.everything)
    taken, asked = [], 0
    for route, method in writes():
        named = set(properties_of(route, method)) & ONE_LINE
        for name in named if route.name not in STREAMED else ():
            asked += 1
            body = json.dumps({name: "Anna\u202eBerg"})
            answer = client.generic(method, address(route, world), body, JSON)
            if name not in answer.json().get("fields", ()):
                taken.append((route.name, name, answer.status_code))
    assert taken == []
    assert asked > len(ONE_LINE)


def test_an_address_that_is_no_address_of_a_page_is_no_link_of_a_version():
    world = make_world("first")
    client = client_of(world.everything)
    for link in (text for text in PAYLOADS if ":" in text):
        body = json.dumps({"name": "new", "link": link})
        answer = client.post(visits(world)["evaluation-api:versions"], body, JSON)
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["link"]), link
        assert client.post(visits(world)["versions"] + "new/", json.loads(body)).status_code == 400


def stored(text: str) -> list[str]:
    """The columns in which a text has been kept."""
    return [
        f"{model.__name__}.{column}"
        for model in every_model()
        for column in text_columns(model)
        if model._default_manager.filter(**{column: text}).exists()
    ]


def test_attributes_with_names_that_are_no_names_are_refused():
    world = make_world("first")
    client = client_of(world.everything)
    rows = [{"id": f"new-{n}", "text": "x", "attributes": {p: "1"}} for n, p in enumerate(PAYLOADS)]
    before = Item.objects.count()
    client.post(visits(world)["api:items"], json.dumps(rows), "application/json")
    assert Item.objects.count() == before
    assert not ContentField.objects.filter(name__in=PAYLOADS).exists()


def test_links_of_a_rubric_lead_where_they_say_and_images_nowhere():
    """A27: in guidance as the pages show it, no image is fetched and no hint is given away."""
    for name in ("judge", "adjudicate"):
        page = parsed(answers(hostile)[name].body)
        assert "img" not in page.tags, name
        assert "alert(1)" in answers(hostile)[name].body, name


def test_a_file_with_a_hostile_name_is_kept_as_plain_text():
    world = make_world("first")
    batch = make_import(world.project, name="<img src=x>.jsonl")
    body = client_of(world.everything).get(batch.get_absolute_url()).content.decode()
    assert "&lt;img src=x&gt;.jsonl" in body
    assert "<img src=x>" not in body


def is_json(body: str) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def parsed(body: str) -> Structure:
    page = Structure()
    page.feed(body)
    return page
