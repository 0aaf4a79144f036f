"""The keys that somebody chooses for judging."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

import labeling
from labeling.models import AuditEvent, User
from labeling.policy.keys import RESERVED, USUAL, Trouble, advances, chosen, keys_of, troubles
from tests.factories import make_annotator, make_project, make_task

PAGE = "/me/keys/"


def test_the_usual_keys_are_no_trouble_and_nothing_to_store():
    usual = keys_of({})
    assert troubles(usual) == {}
    assert chosen(usual) == {}
    assert not RESERVED.intersection(USUAL.values())


@pytest.mark.parametrize(
    ("key", "trouble"),
    [
        ("7", Trouble.RESERVED),
        ("?", Trouble.RESERVED),
        ("u", Trouble.TAKEN),
        ("xy", Trouble.NOT_ONE),
        ("", Trouble.NOT_ONE),
        (" ", Trouble.NOT_ONE),
        ("\u202e", Trouble.NOT_ONE),
    ],
)
def test_a_key_that_clashes_is_refused(key, trouble):
    assert troubles(keys_of({}) | {"skip": key})["skip"] == trouble


def test_one_key_may_do_one_thing_while_judging_and_another_while_adjudicating():
    assert troubles(keys_of({}) | {"unsure": "k", "reason": "k"}) == {}
    clash = troubles(keys_of({}) | {"reason": "u"})
    assert set(clash) == {"reason", "undo"}


def test_a_key_chosen_before_an_action_was_there_stays_and_the_action_gets_another():
    keys = keys_of({"skip": "g", "undo": "p"})
    assert (keys["skip"], keys["undo"]) == ("g", "p")
    assert troubles(keys) == {}


def test_the_pages_script_knows_the_same_usual_keys():
    script = (Path(labeling.__file__).parent / "static/labeling/keys.js").read_text()
    usual = script[script.index("const usual") : script.index("};")]
    assert dict(re.findall(r'(\w+): "(.)"', usual)) == USUAL


def test_a_key_of_any_script_will_do_and_is_all_that_is_stored():
    keys = keys_of({"skip": "ы"})
    assert troubles(keys) == {}
    assert chosen(keys, advance=False) == {"skip": "ы", "advance": "no"}
    assert not advances(chosen(keys, advance=False))


@pytest.fixture
def ann():
    return make_annotator(make_project("shop"))


@pytest.mark.django_db
def test_keys_are_chosen_on_a_page_and_taken_back(ann, browse):
    client = browse(ann)
    swapped = keys_of({}) | {"skip": "U", "undo": "s"}

    assert client.post(PAGE, swapped).status_code == 302
    assert User.objects.get(pk=ann.user_id).judging_keys == {
        "skip": "u",
        "undo": "s",
        "advance": "no",
    }
    assert AuditEvent.objects.filter(verb="changed_keys").exists()
    client.post(PAGE, {"reset": "1"})
    assert User.objects.get(pk=ann.user_id).judging_keys == {}


@pytest.mark.django_db
def test_a_clash_is_said_above_and_beside_both_keys(ann, browse):
    page = browse(ann).post(PAGE, keys_of({}) | {"skip": "c"})
    assert page.status_code == 400
    above_and_beside = 4
    assert page.text.count("Another action has this key already.") == above_and_beside


@pytest.mark.django_db
def test_the_judging_page_is_told_what_was_chosen(ann, browse):
    make_task(ann.project)
    ann.user.judging_keys = {"skip": "k", "advance": "no"}
    ann.user.save()
    client = browse(ann)
    client.post("/p/shop/judge/")
    page = html.unescape(client.get("/p/shop/judge/").text)
    assert 'data-keys="{"skip": "k"}" data-stays>' in page


@pytest.mark.django_db
def test_programs_read_and_change_keys(ann, call):
    client = call(ann, "annotate")
    changed = client.patch("/api/v1/me/", {"judging_keys": {"skip": "K"}, "advance": False})
    assert changed.status_code == 200
    assert changed.json()["judging_keys"] == keys_of({"skip": "k"})
    assert client.get("/api/v1/me/").json()["advance"] is False
    for wrong in ({"skip": "u"}, {"jump": "j"}, {"skip": "7"}):
        assert client.patch("/api/v1/me/", {"judging_keys": wrong}).status_code == 400
