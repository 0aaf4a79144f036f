"""Which key does what while judging and adjudicating: the usual letters, or what somebody chose.

Digits, Enter, Escape and the arrows are what answering itself is done with, and nobody's to give
away. A key is named by the character it writes, so that it is where its own keyboard prints it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from string import ascii_lowercase


class Action(StrEnum):
    """What a key can do on the pages of judging and adjudicating, beside answering."""

    SKIP = "skip"
    UNDO = "undo"
    BACK = "back"
    COMMENT = "comment"
    UNSURE = "unsure"
    ASK = "ask"
    GAP = "gap"
    PARK = "park"
    REASON = "reason"
    REVEAL = "reveal"
    FIND = "find"
    DIFF = "diff"
    ZOOM = "zoom"
    EXPLAIN = "explain"


class Page(StrEnum):
    """Where keys are pressed."""

    JUDGE = "judge"
    ADJUDICATE = "adjudicate"


class Trouble(StrEnum):
    """Why a key cannot be chosen for an action."""

    NOT_ONE = "not_one"
    RESERVED = "reserved"
    TAKEN = "taken"


USUAL = {
    Action.SKIP: "s",
    Action.UNDO: "u",
    Action.BACK: "b",
    Action.COMMENT: "c",
    Action.UNSURE: "n",
    Action.ASK: "a",
    Action.GAP: "g",
    Action.PARK: "p",
    Action.REASON: "n",
    Action.REVEAL: "v",
    Action.FIND: "/",
    Action.DIFF: "x",
    Action.ZOOM: "z",
    Action.EXPLAIN: "i",
}
#: What only one of the pages does; everything else is done on both. One key may do one on each.
ONLY = {
    Page.JUDGE: frozenset(
        {
            Action.SKIP,
            Action.BACK,
            Action.COMMENT,
            Action.UNSURE,
            Action.ASK,
            Action.GAP,
            Action.REVEAL,
        }
    ),
    Page.ADJUDICATE: frozenset({Action.PARK, Action.REASON}),
}
#: What scrolls the item, down and up, for whoever has not given the key to something else.
SCROLL = ("j", "k")
#: What answering is done with, and the sheet that says so.
RESERVED = frozenset("0123456789?")
#: Stored beside the keys: whether answering a question leads on to the next one.
ADVANCE = "advance"


def keys_of(stored: Mapping[str, str]) -> dict[str, str]:
    """The key of every action for somebody who has chosen some of them.

    A usual key that was given to something else before its action was there gives way to it.

    >>> keys_of({"skip": "k"})["skip"], keys_of({"skip": "k"})["undo"]
    ('k', 'u')
    >>> keys_of({"skip": "g"})["gap"]
    'd'
    """
    own = [key for name, key in stored.items() if name != ADVANCE]
    free = iter(sorted(set(ascii_lowercase) - {*USUAL.values(), *SCROLL, *own}))
    return {
        action.value: stored.get(action) or (next(free) if usual in own else usual)
        for action, usual in USUAL.items()
    }


def chosen(keys: Mapping[str, str], *, advance: bool = True) -> dict[str, str]:
    """What has to be stored of somebody's keys: those that are not the usual ones.

    >>> chosen({"skip": "k", "undo": "u"}, advance=False)
    {'skip': 'k', 'advance': 'no'}
    """
    stored = {name: key for name, key in keys.items() if key != USUAL[Action(name)]}
    return stored if advance else stored | {ADVANCE: "no"}


def actions_of(page: Page) -> list[Action]:
    """What keys do on a page.

    >>> Action.PARK in actions_of(Page.JUDGE), Action.UNDO in actions_of(Page.JUDGE)
    (False, True)
    """
    elsewhere = frozenset[Action]().union(*(ONLY[other] for other in Page if other != page))
    return [action for action in Action if action not in elsewhere]


def advances(stored: Mapping[str, str]) -> bool:
    """Whether answering a question leads on to the next one by itself."""
    return stored.get(ADVANCE) != "no"


def troubles(keys: Mapping[str, str]) -> dict[str, Trouble]:
    """What is wrong with the keys of all actions, by action.

    >>> troubles(keys_of({}) | {"skip": "u"})
    {'skip': <Trouble.TAKEN: 'taken'>, 'undo': <Trouble.TAKEN: 'taken'>}
    """
    found = {}
    taken = _taken(keys)
    for action, key in keys.items():
        if len(key) != 1 or not key.isprintable() or key.isspace():
            found[action] = Trouble.NOT_ONE
        elif key in RESERVED:
            found[action] = Trouble.RESERVED
        elif action in taken:
            found[action] = Trouble.TAKEN
    return found


def _taken(keys: Mapping[str, str]) -> set[str]:
    """The actions that share their key with another one of the same page."""
    found = set()
    for page in Page:
        here = [action for action in actions_of(page) if action in keys]
        pressed = [keys[action] for action in here]
        found |= {action.value for action in here if pressed.count(keys[action]) > 1}
    return found
