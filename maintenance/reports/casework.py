"""Where cases stand: the strip of steps with a fact each, and the next step as one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from labeling.models import Membership, Project, Sample
from maintenance.models import Case
from maintenance.policy import casework
from maintenance.policy.casework import Facts, State, Step
from maintenance.reports.next_steps import NextStep, next_step, paths_of
from maintenance.reports.standings import Standing, standings_of

LABELS: dict[Step, Any] = {
    Step.ALERT: gettext_lazy("Alert"),
    Step.TRIAGE: gettext_lazy("Triage"),
    Step.SAMPLE: gettext_lazy("Sample"),
    Step.JUDGE: gettext_lazy("Judge"),
    Step.SETTLE: gettext_lazy("Settle"),
    Step.DECIDE: gettext_lazy("Decide"),
    Step.GATE: gettext_lazy("Gate"),
    Step.STAGES: gettext_lazy("Stages"),
    Step.CLOSED: gettext_lazy("Closed"),
}


@dataclass(frozen=True)
class ShownStep:
    """One step of the strip: done, now, later or passed, what is known of it, where it leads."""

    key: Step
    label: str
    state: State
    fact: str
    path: str


@dataclass(frozen=True)
class CaseStrip:
    """A case's steps as somebody sees them, and the next one."""

    case: Case
    steps: list[ShownStep]
    next: NextStep | None

    @property
    def now(self) -> ShownStep | None:
        return next((step for step in self.steps if step.state == State.NOW), None)


def strip(case: Case, member: Membership) -> CaseStrip:
    """The strip of one case as this member sees it."""
    return strips(case.project, [case], member)[case.pk]


def strips(project: Project, cases: Iterable[Case], member: Membership) -> dict[int, CaseStrip]:
    """The strips of some cases of a project, by primary key, in a constant number of queries."""
    standings = standings_of(project, cases)
    return {pk: shown_strip(standing, member) for pk, standing in standings.items()}


def shown_strip(standing: Standing, member: Membership) -> CaseStrip:
    """The strip in words, with links only where this member may go."""
    facts, case = standing.facts, standing.own.case
    found = casework.strip(facts)
    paths = paths_of(standing)
    steps = []
    for key, state in found.steps:
        verb, path = paths[key]
        path = path if path and member.may(verb) else ""
        steps.append(ShownStep(key, str(LABELS[key]), state, _fact(key, standing, facts), path))
    following = next_step(found.action, standing, facts, member) if found.action else None
    return CaseStrip(case, steps, following)


def _fact(step: Step, standing: Standing, facts: Facts) -> str:
    """What is known of a step, in a few words; empty where nothing is."""
    told = _FACTS[step](standing, facts)
    return str(told)


def _alert_fact(standing: Standing, facts: Facts) -> str:
    counted = ngettext("%(count)s alert", "%(count)s alerts", facts.alerts)
    counted %= {"count": facts.alerts}
    return _("%(alerts)s, %(open)s open") % {"alerts": counted, "open": facts.open_alerts}


def _sample_fact(standing: Standing, facts: Facts) -> str:
    if facts.drawing:
        return _("being drawn")
    drawn = sum(row.size for row in standing.own.samples if row.state == Sample.State.DRAWN)
    said = ngettext("%(count)s item", "%(count)s items", drawn)
    return said % {"count": drawn} if facts.samples else ""


def _judge_fact(standing: Standing, facts: Facts) -> str:
    if not facts.queues:
        return ""
    if not facts.wanted:
        return _("being prepared")
    return _("%(judged)s of %(wanted)s judged") % {"judged": facts.judged, "wanted": facts.wanted}


def _settle_fact(standing: Standing, facts: Facts) -> str:
    if not facts.judged:
        return ""
    return (
        _("%(count)s disputed") % {"count": facts.disputed} if facts.disputed else _("no dispute")
    )


def _gate_fact(standing: Standing, facts: Facts) -> str:
    own = standing.own
    if own.verdict:
        return f"{own.verdict.candidate}: {own.verdict.get_outcome_display()}"
    return str(own.candidate or "")


def _stages_fact(standing: Standing, facts: Facts) -> str:
    releases = standing.own.releases
    return str(releases[0].get_state_display()) if releases else ""


def _closed_fact(standing: Standing, facts: Facts) -> str:
    closed_at = standing.own.case.closed_at
    return date_format(closed_at, "j M Y") if closed_at else ""


def _decide_fact(standing: Standing, facts: Facts) -> str:
    decision = standing.own.decision
    return str(decision.get_answer_display()) if decision else ""


_FACTS: dict[Step, Callable[[Standing, Facts], str]] = {
    Step.ALERT: _alert_fact,
    Step.TRIAGE: lambda standing, facts: (
        str(standing.own.case.get_cause_display()) if facts.cause else ""
    ),
    Step.SAMPLE: _sample_fact,
    Step.JUDGE: _judge_fact,
    Step.SETTLE: _settle_fact,
    Step.DECIDE: _decide_fact,
    Step.GATE: _gate_fact,
    Step.STAGES: _stages_fact,
    Step.CLOSED: _closed_fact,
}
