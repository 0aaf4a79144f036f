"""The interface in other languages: catalogs that are whole and current, pages that use them."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from tests.factories import make_items, make_member, make_project, make_queue, make_user

CATALOGS = sorted(Path(settings.LOCALE_PATHS[0]).glob("*/LC_MESSAGES/django.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}|</?\w[^>]*>")
WORD = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr)(?:\[(\d)\])? (".*")|(".*")')


@dataclass
class Message:
    context: str = ""
    ids: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def key(self, number: int) -> str:
        return f"{self.context}\x04{self.ids[number]}" if self.context else self.ids[number]


def read(path: Path) -> list[Message]:
    """The messages of a .po file, its header left out."""
    blocks = path.read_text(encoding="utf-8").split("\n\n")
    messages = [read_one(block) for block in blocks if "msgid" in block]
    return [message for message in messages if message.ids != [""]]


def read_one(block: str) -> Message:
    message = Message()
    places: dict[str, list[str]] = {"msgid": message.ids, "msgid_plural": message.ids}
    place: list[str] = []
    for found in map(WORD.fullmatch, block.splitlines()):
        if found is None:
            continue
        keyword, _, first, further = found.groups()
        if further:
            place[-1] += ast.literal_eval(further)
        elif keyword == "msgctxt":
            message.context = ast.literal_eval(first)
        else:
            place = places.get(keyword, message.texts)
            place.append(ast.literal_eval(first))
    return message


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def edges(text: str) -> tuple[str, str]:
    """The blanks and line ends that a text begins and ends with."""
    body = text.strip()
    before, _, after = text.partition(body)
    return before, after


@pytest.fixture(params=CATALOGS, ids=lambda path: path.parts[-3])
def catalog(request) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(autouse=True)
def _language_ends_with_the_test() -> Iterator[None]:
    with translation.override("en"):
        yield


def test_every_language_on_offer_has_a_catalog():
    offered = {code for code, _ in settings.LANGUAGES} - {"en"}
    assert {path.parts[-3] for path in CATALOGS} == offered


def test_every_message_is_translated_once_and_for_sure(catalog):
    messages = read(catalog)
    assert [message.ids[0] for message in messages if "" in message.texts] == []
    assert len({message.key(0) for message in messages}) == len(messages) > 1000
    assert "fuzzy" not in catalog.read_text(encoding="utf-8")


def test_what_was_compiled_is_what_is_written(catalog):
    compiled = catalog.with_suffix(".mo").read_bytes()
    messages = read(catalog)
    count = int.from_bytes(compiled[8:12], "little")
    assert count == len(messages) + 1, "run compilemessages"
    with catalog.with_suffix(".mo").open("rb") as file:
        spoken = gettext.GNUTranslations(file)
    for message in messages:
        if len(message.ids) == 1:
            assert spoken.gettext(message.key(0)) == message.texts[0]
        else:
            forms = {spoken.ngettext(*message.ids, number) for number in (0, 1, 2, 5, 1_000_000)}
            assert forms <= set(message.texts)


def test_translations_keep_the_placeholders_and_tags_of_what_they_translate(catalog):
    wrong = []
    for message in read(catalog):
        one, many = message.ids[0], message.ids[-1]
        allowed = [[placeholders(one), placeholders(many)], [placeholders(many)]]
        for number, text in enumerate(message.texts):
            if placeholders(text) not in allowed[min(number, 1)] or edges(text) != edges(one):
                wrong.append((one, text))
    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/", "Was auf Sie wartet"),
        ("/p/shop/judge/", "Abgeben und weiter"),
        ("/me/", "Passwort ändern"),
    ],
)
def test_somebody_who_chose_german_reads_german(browse, address, said):
    project = make_project("shop")
    make_queue(project, make_items(project, 1))
    member = make_member(project, "annotator", user=make_user(language="de"))
    page = browse(member).get(address, headers={"accept-language": "en"})
    assert said in page.text
    assert '<html lang="de"' in page.text


@pytest.mark.django_db
def test_somebody_who_chose_nothing_reads_what_the_browser_asks_for(browse):
    client = browse(make_member())
    assert "Was auf Sie wartet" in client.get("/", headers={"accept-language": "de-AT"}).text
    assert "What waits for you" in client.get("/", headers={"accept-language": "en"}).text
