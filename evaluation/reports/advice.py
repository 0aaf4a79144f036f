"""What an evaluation means, in one sentence for whoever opens the page."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from evaluation.models import Evaluation, ModelVersion, SetVersion
from evaluation.reports.evaluations import Result
from evaluation.reports.predictions import Completeness
from labeling.templatetags.fettle import percent

NAMED = 3


def headline(
    version: ModelVersion,
    set_version: SetVersion | None,
    evaluation: Evaluation | None,
    result: Result | None,
    answered: Completeness | None,
) -> str:
    """The first sentence of a version's page."""
    if set_version is None or answered is None:
        return _("No set has been frozen yet, so there is nothing to measure this version on.")
    names = {"version": version.name, "set": str(set_version)}
    if result is not None:
        return f"{_accuracy(result, names)} {_worse(result)}"
    if evaluation is not None and evaluation.state == Evaluation.State.RUNNING:
        return _("%(version)s is being measured on %(set)s.") % names
    if evaluation is not None:
        return _("%(version)s could not be measured on %(set)s.") % names + f" {evaluation.reason}"
    if answered.missing:
        return _("%(version)s cannot be measured on %(set)s before all predictions are there.") % (
            names
        )
    return _("%(version)s has not been measured on %(set)s yet.") % names


def _accuracy(result: Result, names: dict[str, str]) -> str:
    found = result.accuracy
    numbers = {
        "accuracy": percent(found.value),
        "low": percent(found.low),
        "high": percent(found.high),
    }
    said = _("%(version)s answers %(accuracy)s of %(set)s rightly (%(low)s to %(high)s).")
    return said % (names | numbers)


def _worse(result: Result) -> str:
    masked = [part.name for part in result.parts if part.masked]
    if not masked:
        return _("No part of the set is shown to be worse than the whole.")
    named = ", ".join(masked[:NAMED])
    return ngettext(
        "One part is shown to be worse than the whole: %(named)s.",
        "%(count)s parts are shown to be worse than the whole, the worst: %(named)s.",
        len(masked),
    ) % {"count": len(masked), "named": named}
