"""What a rubric loses as a configuration of Label Studio, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from labeling.formats.label_studio_writing import Lost, left_out

SENTENCES = {
    Lost.GUIDANCE: gettext_lazy("the guidance"),
    Lost.NOTES: gettext_lazy("the notes"),
    Lost.TRANSLATIONS: gettext_lazy("the wordings in other languages"),
    Lost.HELP: gettext_lazy("the explanation"),
    Lost.CANNOT_TELL: gettext_lazy("that “cannot tell” is an answer"),
    Lost.NONE_OF_THESE: gettext_lazy("that “none of these” is an answer"),
    Lost.EXAMPLES: gettext_lazy("examples, and when to use or avoid an option"),
    Lost.SCALE: gettext_lazy("that the options are steps of a scale"),
    Lost.ANCHORS: gettext_lazy("what the steps of the scale stand for"),
    Lost.HOW_MANY: gettext_lazy("how many there may be"),
    Lost.UNIT: gettext_lazy("the unit"),
    Lost.STRENGTH: gettext_lazy("how much better, equally good, and both bad"),
    Lost.TIES: gettext_lazy("that outputs may share a place"),
    Lost.OVERLAP: gettext_lazy("that spans may not overlap"),
    Lost.SYNONYMS: gettext_lazy("the synonyms of labels"),
    Lost.CONDITION: gettext_lazy("under which earlier answer it is asked"),
    Lost.MARKS: gettext_lazy("that it is critical, or left out of agreement"),
    Lost.DISTANCE: gettext_lazy("how far two different answers are apart in agreement"),
}


@dataclass(frozen=True)
class Missing:
    """What is not in the configuration; `question` is empty for the rubric itself."""

    criterion: str
    lost: str
    question: str
    what: str


def missing_in_config(document: Mapping[str, Any]) -> list[Missing]:
    """Everything that the configuration does not say, in the order of the rubric."""
    prompts = {row["key"]: row["prompt"] for row in document["criteria"]}
    return [
        Missing(
            one.criterion, one.lost.value, prompts.get(one.criterion, ""), str(SENTENCES[one.lost])
        )
        for one in left_out(document)
    ]
