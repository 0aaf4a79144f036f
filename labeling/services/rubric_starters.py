"""Rubrics to start from: documents whose texts are worded for whoever starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Starter:
    """A rubric to start from: what it is called, what it is for, and what its document says."""

    name: Promise
    sentence: Promise
    said: Mapping[str, Any]

    def document(self) -> dict[str, Any]:
        """The document in the language of whoever starts, free to be changed."""
        return {name: _worded(value) for name, value in self.said.items()}


def _worded(value: Any) -> Any:
    """A part of a document with its texts in the language that is spoken now."""
    if isinstance(value, dict):
        return {name: _worded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_worded(part) for part in value]
    return str(value) if isinstance(value, Promise) else value


def _option(
    key: str, label: Any, description: Any, example: Any = None, counterexample: Any = None
) -> dict[str, Any]:
    option = {"key": key, "label": label, "description": description}
    option |= {"examples": [example]} if example is not None else {}
    return option | ({"counterexamples": [counterexample]} if counterexample is not None else {})


ANCHORS = (_("useless"), _("poor"), _("fair"), _("good"), _("excellent"))

BLANK: dict[str, Any] = {"name": _("New rubric"), "guidance": "", "criteria": []}
INTENT: dict[str, Any] = {
    "name": _("Intent"),
    "guidance": _(
        "Judge **what the person wants**, not what was made of it.\n\n"
        "- Two wishes in one message: take the one that must be dealt with first.\n"
        "- A branch is right only if the message does not say more.\n"
    ),
    "criteria": [
        {
            "key": "intent",
            "kind": "taxonomy",
            "subject": "input",
            "prompt": _("What does the person want?"),
            "help": _("Choose the most specific label that fits."),
        }
    ],
}
QUALITY: dict[str, Any] = {
    "name": _("Answer quality"),
    "guidance": _("Read the question first. Judge the answer as the person who asked would."),
    "criteria": [
        {
            "key": "quality",
            "kind": "ordinal",
            "subject": "output",
            "prompt": _("How good is the answer?"),
            "options": [
                {"key": str(place), "label": str(place), "description": anchor}
                for place, anchor in enumerate(ANCHORS, 1)
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
    ],
}
PREFERENCE: dict[str, Any] = {
    "name": _("Preference"),
    "guidance": _("Prefer the answer that somebody could act on without asking again."),
    "criteria": [
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
    ],
}
RANKING: dict[str, Any] = {
    "name": _("Ranking"),
    "guidance": _("Read all of them before you place the first."),
    "criteria": [
        {
            "key": "order",
            "kind": "ranking",
            "subject": "output",
            "prompt": _("In which order would you send these answers?"),
            "help": _("What is false comes last, however well it is put."),
            "terms": {"outputs": 3, "ties": True},
        }
    ],
}
SPECIFICITY: dict[str, Any] = {
    "name": _("Specificity"),
    "guidance": _(
        "Judge how much the answer is about this request; whether it is true comes later."
    ),
    "criteria": [
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
    ],
}
NAMES: dict[str, Any] = {
    "name": _("Names in a text"),
    "guidance": _("A name that stands in the text twice is marked twice."),
    "criteria": [
        {
            "key": "names",
            "kind": "spans",
            "subject": "input",
            "prompt": _("What is named in the text?"),
            "help": _("Mark the whole name, without the words and signs around it."),
            "options": [
                _option(
                    "person", _("Person"), _("Somebody by name."), _("Ann Silva"), _("my neighbor")
                ),
                _option(
                    "place", _("Place"), _("A town, street or country."), _("Lima"), _("the shop")
                ),
                _option(
                    "organization",
                    _("Organization"),
                    _("A company or office."),
                    _("Larch & Loom"),
                    _("you"),
                ),
                _option(
                    "date", _("Date or time"), _("A day or an hour."), _("last Monday"), _("soon")
                ),
            ],
        }
    ],
}
GROUNDED: dict[str, Any] = {
    "name": _("Supported by its source"),
    "guidance": _("Read the text first, then the answer, sentence by sentence."),
    "criteria": [
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
    ],
}
CORRECTION: dict[str, Any] = {
    "name": _("Correction"),
    "guidance": _("Mend what is wrong; do not write the answer that you would have written."),
    "criteria": [
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
    ],
}

STARTERS: dict[str, Starter] = {
    "intent": Starter(
        _("Intent with a taxonomy"),
        _("One label of a tree for each input."),
        INTENT,
    ),
    "quality": Starter(
        _("Answer quality, 1 to 5"),
        _("A scale with anchors, a yes-or-no question, room for a remark."),
        QUALITY,
    ),
    "preference": Starter(
        _("Preference between two answers"),
        _("Which of a pair of outputs is better, by how much, and why."),
        PREFERENCE,
    ),
    "ranking": Starter(
        _("Ranking of three answers"),
        _("Several outputs put in order, the best first."),
        RANKING,
    ),
    "specificity": Starter(
        _("Specificity"),
        _("Whether an answer is about this request, or could be given to anybody."),
        SPECIFICITY,
    ),
    "names": Starter(
        _("Names in a text"),
        _("Spans of the input, each with a label."),
        NAMES,
    ),
    "grounded": Starter(
        _("Supported by its source"),
        _("A yes-or-no question, and what is invented marked in the output."),
        GROUNDED,
    ),
    "correction": Starter(
        _("Correction"),
        _("The output as it should have been, and its gravest fault."),
        CORRECTION,
    ),
    "blank": Starter(_("Blank"), _("No question yet."), BLANK),
}
