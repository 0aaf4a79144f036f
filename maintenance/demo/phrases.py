"""The phrases of one language, and how their gaps are filled with agreeing words."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass
from functools import cache
from typing import Any

from maintenance.demo.catalogue import read_toml

Slots = dict[str, str]
#: Gaps that are not a form of the product.
STANDALONE = frozenset({"day", "ago", "colour", "count", "code", "city", "size", "order", "amount"})


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """Everything customers and assistant say in one language, still with gaps."""

    language: str
    slots: dict[str, list[str]]
    products: dict[str, list[str]]
    styles: dict[str, Any]
    extras: dict[str, list[str]]
    ambiguous: list[list[str]]
    novel: list[list[str]]
    intents: dict[str, dict[str, list[str]]]


@cache
def phrasebook(language: str) -> Phrasebook:
    """The phrases of en, de or es."""
    sections = read_toml(language)
    special = sections.pop("special")
    return Phrasebook(
        language=language,
        slots=sections.pop("slots"),
        products=sections.pop("products"),
        styles=sections.pop("styles"),
        extras=sections.pop("extras"),
        ambiguous=special["ambiguous"],
        novel=special["novel"],
        intents=sections,
    )


def draw_slots(
    rng: random.Random, book: Phrasebook, kinds: tuple[str, ...], currency: str
) -> Slots:
    """One filling for all gaps of a message, so that it speaks of one product and one order."""
    kind = rng.choice(kinds or tuple(book.products))
    return {
        **{name: rng.choice(values) for name, values in book.slots.items()},
        **PRODUCT_FORMS[book.language](rng.choice(book.products[kind])),
        "order": _order(rng),
        "amount": _amount(rng, book.language, currency),
    }


@cache
def gaps(template: str) -> frozenset[str]:
    """What a template has gaps for; all forms of the product count as one."""
    names = {name for _, name, _, _ in string.Formatter().parse(template) if name}
    return frozenset(name if name in STANDALONE else "product" for name in names)


def _order(rng: random.Random) -> str:
    number = rng.randrange(104_000, 389_000)
    return rng.choice(("LL-{}", "LL-{}", "LL-{}", "LL{}", "#{}", "{}")).format(number)


def _amount(rng: random.Random, language: str, currency: str) -> str:
    euros, cents = rng.randrange(9, 240), rng.choice(("00", "50", "90", "95", "99"))
    return f"{currency}{euros}.{cents}" if language == "en" else f"{euros},{cents} {currency}"


def _english(product: str) -> Slots:
    article = "an" if product[0] in "aeiou" else "a"
    return {
        "product": product,
        "the": f"the {product}",
        "The": f"The {product}",
        "a": f"{article} {product}",
    }


#: gender: der, den, dem, ein, einen, einem, er, ihn
GERMAN = {
    "m": ("der", "den", "dem", "ein", "einen", "einem", "er", "ihn"),
    "f": ("die", "die", "der", "eine", "eine", "einer", "sie", "sie"),
    "n": ("das", "das", "dem", "ein", "ein", "einem", "es", "es"),
}


def _german(entry: str) -> Slots:
    gender, noun = entry.split(" ", 1)
    *articles, er, ihn = GERMAN[gender]
    names = ("der", "den", "dem", "ein", "einen", "einem")
    forms = {name: f"{article} {noun}" for name, article in zip(names, articles, strict=True)}
    return {
        **forms,
        "Der": f"{articles[0].capitalize()} {noun}",
        "er": er,
        "ihn": ihn,
        "product": noun,
    }


#: gender: el, del, un, lo, ending
SPANISH = {"m": ("el", "del", "un", "lo", "o"), "f": ("la", "de la", "una", "la", "a")}


def _spanish(entry: str) -> Slots:
    gender, noun = entry.split(" ", 1)
    the, of_the, a, it, ending = SPANISH[gender]
    return {
        "el": f"{the} {noun}",
        "El": f"{the.capitalize()} {noun}",
        "del": f"{of_the} {noun}",
        "un": f"{a} {noun}",
        "lo": it,
        "o": ending,
        "product": noun,
    }


PRODUCT_FORMS = {"en": _english, "de": _german, "es": _spanish}
