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
    criteria = [
        {
            "key": "better",
            "kind": "preference",
            "subject": "pair",
            "prompt": _("Which answer is better?"),
            "help": _("Length and tone alone make neither answer better."),
        },
        {
            "key": "reason",
            "kind": "several_choices",
            "subject": "pair",
            "prompt": _("What makes it better?"),
            "required": False,
            "options": [
                _option("correct", _("It is correct"), _("The other one says something false.")),
                _option("complete", _("It leaves nothing out"), _("The other one stops short.")),
                _option(
                    "specific",
                    _("It is about this case"),
                    _("The other one fits any case."),
                    _("It names the parcel that was asked about."),
                    _("It is longer."),
                ),
                _option(
                    "clear", _("It is easier to act on"), _("The other one has to be read twice.")
                ),
            ],
            "when": {"criterion": "better", "answers": ["a_much", "a", "b", "b_much"]},
        },
    ]
    guidance = _("Prefer the answer that somebody could act on without asking again.")
    return {"name": _("Preference"), "guidance": guidance, "criteria": criteria}


def _ranking() -> dict[str, Any]:
    criterion = {
        "key": "order",
        "kind": "ranking",
        "subject": "output",
        "prompt": _("In which order would you send these answers?"),
        "help": _("What is false comes last, however well it is put."),
        "terms": {"outputs": 3, "ties": True},
    }
    guidance = _("Read all of them before you place the first.")
    return {"name": _("Ranking"), "guidance": guidance, "criteria": [criterion]}


def _specificity() -> dict[str, Any]:
    criteria = [
        {
            "key": "specific",
            "kind": "ordinal",
            "subject": "output",
            "prompt": _("How specific is the answer to this request?"),
            "help": _(
                "Cover the request with your hand: **could anybody have been given this answer?** "
                "Then it is not specific, however friendly and correct it is."
            ),
            "options": [
                _option(
                    "1",
                    _("Generic"),
                    _("It could be given to any request at all."),
                    _("Thank you for reaching out. We take your concern seriously."),
                ),
                _option(
                    "2",
                    _("On the topic"),
                    _("It fits every request on this topic, and nothing in it is about this one."),
                    _("Deliveries can take longer in busy weeks. Please be patient."),
                ),
                _option(
                    "3",
                    _("About this request"),
                    _("It takes up what was asked, and leaves the next step to the reader."),
                    _("Your parcel to Lima is late. Please ask the carrier."),
                ),
                _option(
                    "4",
                    _("Specific"),
                    _("It names what the request names and says what happens next."),
                    _("Parcel 4711 left Lima on Monday and comes on Wednesday before noon."),
                ),
            ],
        },
        {
            "key": "missing",
            "kind": "free_text",
            "subject": "output",
            "prompt": _("What would the person still have to ask?"),
            "required": False,
            "cannot_tell": False,
            "when": {"criterion": "specific", "answers": ["1", "2", "3"]},
        },
    ]
    guidance = _("Judge how much the answer is about this request; whether it is true comes later.")
    return {"name": _("Specificity"), "guidance": guidance, "criteria": criteria}


def _names() -> dict[str, Any]:
    criterion = {
        "key": "names",
        "kind": "spans",
        "subject": "input",
        "prompt": _("What is named in the text?"),
        "help": _("Mark the whole name, without the words and signs around it."),
        "options": [
            _option(
                "person", _("Person"), _("Somebody by name."), _("Ann Silva"), _("my neighbor")
            ),
            _option("place", _("Place"), _("A town, street or country."), _("Lima"), _("the shop")),
            _option(
                "organization",
                _("Organization"),
                _("A company or office."),
                _("Larch & Loom"),
                _("you"),
            ),
            _option("date", _("Date or time"), _("A day or an hour."), _("last Monday"), _("soon")),
        ],
    }
    guidance = _("A name that stands in the text twice is marked twice.")
    return {"name": _("Names in a text"), "guidance": guidance, "criteria": [criterion]}


def _grounded() -> dict[str, Any]:
    criteria = [
        {
            "key": "grounded",
            "kind": "yes_no",
            "subject": "output",
            "prompt": _("Is everything in the answer supported by the text it was given?"),
            "help": _("What is true in the world but not in the text is not supported."),
        },
        {
            "key": "claims",
            "kind": "spans",
            "subject": "output",
            "prompt": _("Which words are not supported?"),
            "terms": {"least": 1},
            "options": [
                _option(
                    "contradicted",
                    _("Contradicted"),
                    _("The text says otherwise."),
                    _("“free of charge” where the text names a fee"),
                    _("a rounded number"),
                ),
                _option(
                    "invented",
                    _("Invented"),
                    _("The text says nothing of it."),
                    _("a phone number that is nowhere in the text"),
                    _("a greeting"),
                ),
            ],
            "when": {"criterion": "grounded", "answers": ["no"]},
        },
    ]
    guidance = _("Read the text first, then the answer, sentence by sentence.")
    return {"name": _("Supported by its source"), "guidance": guidance, "criteria": criteria}


def _correction() -> dict[str, Any]:
    criteria = [
        {
            "key": "mended",
            "kind": "corrected_output",
            "subject": "output",
            "prompt": _("What should the answer have said?"),
            "help": _(
                "Change as little as makes it right. An answer that is right stays as it is."
            ),
        },
        {
            "key": "fault",
            "kind": "single_choice",
            "subject": "output",
            "prompt": _("What was the gravest fault?"),
            "required": False,
            "options": [
                _option("false", _("False"), _("It says something that is not so.")),
                _option("incomplete", _("Incomplete"), _("Something needed is left out.")),
                _option("unclear", _("Unclear"), _("It can be understood in two ways.")),
                _option(
                    "tone",
                    _("Tone"),
                    _("It is right, and nobody should be answered so."),
                    _("You should have read the terms."),
                    _("It is short."),
                ),
            ],
        },
    ]
    guidance = _("Mend what is wrong; do not write the answer that you would have written.")
    return {"name": _("Correction"), "guidance": guidance, "criteria": criteria}


def _option(
    key: str, label: str, description: str, example: str = "", counterexample: str = ""
) -> dict[str, Any]:
    option: dict[str, Any] = {"key": key, "label": label, "description": description}
    option |= {"examples": [example]} if example else {}
    return option | ({"counterexamples": [counterexample]} if counterexample else {})


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
        gettext_lazy("Which of a pair of outputs is better, by how much, and why."),
        _preference,
    ),
    "ranking": Starter(
        gettext_lazy("Ranking of three answers"),
        gettext_lazy("Several outputs put in order, the best first."),
        _ranking,
    ),
    "specificity": Starter(
        gettext_lazy("Specificity"),
        gettext_lazy("Whether an answer is about this request, or could be given to anybody."),
        _specificity,
    ),
    "names": Starter(
        gettext_lazy("Names in a text"),
        gettext_lazy("Spans of the input, each with a label."),
        _names,
    ),
    "grounded": Starter(
        gettext_lazy("Supported by its source"),
        gettext_lazy("A yes-or-no question, and what is invented marked in the output."),
        _grounded,
    ),
    "correction": Starter(
        gettext_lazy("Correction"),
        gettext_lazy("The output as it should have been, and its gravest fault."),
        _correction,
    ),
    "blank": Starter(gettext_lazy("Blank"), gettext_lazy("No question yet."), _blank),
}
