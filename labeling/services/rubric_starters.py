"""Rubrics to start from, in the words of whoever starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class Starter(NamedTuple):
    """A rubric to start from: what it is called, what it is for, and its document."""

    name: Any
    sentence: Any
    document: Callable[[], dict[str, Any]]


def _blank() -> dict[str, Any]:
    return {"name": _("New rubric"), "guidance": "", "criteria": []}


def _intent() -> dict[str, Any]:
    criterion = {
        "key": "intent",
        "kind": "taxonomy",
        "subject": "input",
        "prompt": _("What does the person want?"),
        "help": _("Choose the most specific label that fits."),
    }
    guidance = _(
        "Judge **what the person wants**, not what was made of it.\n\n"
        "- Two wishes in one message: take the one that must be dealt with first.\n"
        "- A branch is right only if the message does not say more.\n"
    )
    return {"name": _("Intent"), "guidance": guidance, "criteria": [criterion]}


def _quality() -> dict[str, Any]:
    anchors = [_("useless"), _("poor"), _("fair"), _("good"), _("excellent")]
    criteria = [
        {
            "key": "quality",
            "kind": "ordinal",
            "subject": "output",
            "prompt": _("How good is the answer?"),
            "options": [
                {"key": str(place), "label": str(place), "description": anchor}
                for place, anchor in enumerate(anchors, 1)
            ],
        },
        {
            "key": "correct",
            "kind": "yes_no",
            "subject": "output",
            "prompt": _("Is everything that it says correct?"),
        },
        {
            "key": "reason",
            "kind": "free_text",
            "subject": "output",
            "prompt": _("What would make it better?"),
            "required": False,
            "cannot_tell": False,
        },
    ]
    guidance = _("Read the question first. Judge the answer as the person who asked would.")
    return {"name": _("Answer quality"), "guidance": guidance, "criteria": criteria}


def _preference() -> dict[str, Any]:
    criterion = {
        "key": "better",
        "kind": "single_choice",
        "subject": "pair",
        "prompt": _("Which answer is better?"),
        "options": [
            {"key": "a", "label": _("A is better")},
            {"key": "b", "label": _("B is better")},
            {"key": "same", "label": _("Both the same")},
        ],
    }
    guidance = _("Prefer the answer that somebody could act on without asking again.")
    return {"name": _("Preference"), "guidance": guidance, "criteria": [criterion]}


STARTERS: dict[str, Starter] = {
    "intent": Starter(
        gettext_lazy("Intent with a taxonomy"),
        gettext_lazy("One label of a tree for each input."),
        _intent,
    ),
    "quality": Starter(
        gettext_lazy("Answer quality, 1 to 5"),
        gettext_lazy("A scale with anchors, a yes-or-no question, room for a remark."),
        _quality,
    ),
    "preference": Starter(
        gettext_lazy("Preference between two answers"),
        gettext_lazy("Which of a pair of outputs is better."),
        _preference,
    ),
    "blank": Starter(gettext_lazy("Blank"), gettext_lazy("No question yet."), _blank),
}
