"""Which of the texts that an annotator sees is marked or corrected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from django.utils.translation import gettext as _

from labeling.policy.blinding import ShownField
from labeling.policy.corrections import CORRECTED
from labeling.policy.spans import SPANS
from labeling.reports.judging import ShownItem

KINDS = (SPANS, CORRECTED)


class AboutText(Protocol):
    """A criterion, stored or as it is shown."""

    @property
    def kind(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def terms(self) -> Mapping[str, Any]: ...


def are_about_text(criteria: Iterable[AboutText]) -> bool:
    """Whether any answer can only be read beside the text that was shown."""
    return any(criterion.kind in KINDS for criterion in criteria)


def text_of(criterion: AboutText, item: ShownItem) -> ShownField | None:
    """The content field that the criterion names, else the one output, else what stands first.

    What a queue hides is neither marked nor corrected; of several outputs none is the one.
    """
    if criterion.kind not in KINDS:
        return None
    if name := criterion.terms.get("field"):
        return next((field for field in item.content if field.name == name), None)
    if criterion.kind == CORRECTED or criterion.subject == "output":
        if len(item.outputs) == 1:
            return item.outputs[0]
        if item.prediction is not None:
            return ShownField("prediction", _("What the model answered"), item.prediction)
    return next(iter(item.content), None) if criterion.kind == SPANS else None
