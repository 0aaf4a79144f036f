"""Which key does what while judging: the usual letters, and what somebody has chosen instead.

Digits, Enter, Escape and the arrows are what answering itself is done with, and nobody's to give
away. A key is named by the character it writes, so that it is where its own keyboard prints it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Action(StrEnum):
    """What a key can do on the judging page, beside answering."""

    SKIP = "skip"
    UNDO = "undo"
    BACK = "back"
    COMMENT = "comment"
    UNSURE = "unsure"
    ASK = "ask"
    REVEAL = "reveal"
    FIND = "find"
    DIFF = "diff"
    ZOOM = "zoom"
    EXPLAIN = "explain"


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
    Action.REVEAL: "v",
    Action.FIND: "/",
    Action.DIFF: "x",
    Action.ZOOM: "z",
    Action.EXPLAIN: "i",
}
#: What answering is done with, and the sheet that says so.
RESERVED = frozenset("0123456789?")
#: Stored beside the keys: whether answering a question leads on to the next one.
ADVANCE = "advance"


def keys_of(stored: Mapping[str, str]) -> dict[str, str]:
    """The key of every action for somebody who has chosen some of them.

    >>> keys_of({"skip": "k"})["skip"], keys_of({"skip": "k"})["undo"]
    ('k', 'u')
    """
    return {action.value: stored.get(action, usual) for action, usual in USUAL.items()}


def chosen(keys: Mapping[str, str], *, advance: bool = True) -> dict[str, str]:
    """What has to be stored of somebody's keys: those that are not the usual ones.

    >>> chosen({"skip": "k", "undo": "u"}, advance=False)
    {'skip': 'k', 'advance': 'no'}
    """
    stored = {name: key for name, key in keys.items() if key != USUAL[Action(name)]}
    return stored if advance else stored | {ADVANCE: "no"}


def advances(stored: Mapping[str, str]) -> bool:
    """Whether answering a question leads on to the next one by itself."""
    return stored.get(ADVANCE) != "no"


def troubles(keys: Mapping[str, str]) -> dict[str, Trouble]:
    """What is wrong with the keys of all actions, by action.

    >>> troubles(keys_of({"skip": "u"}))
    {'skip': <Trouble.TAKEN: 'taken'>, 'undo': <Trouble.TAKEN: 'taken'>}
    """
    found = {}
    for action, key in keys.items():
        if len(key) != 1 or not key.isprintable() or key.isspace():
            found[action] = Trouble.NOT_ONE
        elif key in RESERVED:
            found[action] = Trouble.RESERVED
        elif list(keys.values()).count(key) > 1:
            found[action] = Trouble.TAKEN
    return found
