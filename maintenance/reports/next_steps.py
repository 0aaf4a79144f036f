"""Where the steps of a case lead, and the next one as a sentence with one button."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labeling.models import Membership
from labeling.policy.roles import Verb
from maintenance.models import Release
from maintenance.policy.casework import Action, Facts, Step
from maintenance.reports.belongings import Belongings
from maintenance.reports.standings import Standing

#: A sentence, the label of its button, who may press it, and where it leads.
Told = tuple[Any, Any, Verb, str]


@dataclass(frozen=True)
class NextStep:
    """What moves the case on; without a path it is not for whoever is looking."""

    sentence: str
    label: str
    path: str

    @property
    def page(self) -> str:
        """The page that it leads to."""
        return self.path.split("?")[0].split("#")[0]


def next_step(
    action: Action, standing: Standing, facts: Facts, member: Membership
) -> NextStep | None:
    """The sentence for everybody; the button for those who may press it."""
    sentence, label, verb, path = _NEXT[action](standing, facts)
    return NextStep(str(sentence), str(label), path if member.may(verb) else "")


def paths_of(standing: Standing) -> dict[Step, tuple[Verb, str]]:
    """Where each step leads, and who may go there; empty where there is nothing yet."""
    own, here = standing.own, standing.own.case.get_absolute_url()
    signals = [row.monitor.signal.get_absolute_url() for row in own.alerts[:1]]
    queues = [queue.get_absolute_url() for queue in own.queues[:1]]
    releases = [release.get_absolute_url() for release in own.releases[:1]]
    samples = [f"{_base(own)}samples/{row.uid}/" for row in own.samples[:1]]
    return {
        Step.ALERT: (Verb.SEE_SIGNALS, _with_case(own, *signals)),
        Step.TRIAGE: (Verb.SEE_CASES, f"{here}#triage"),
        Step.SAMPLE: (Verb.SEE_SAMPLES, _with_case(own, *samples)),
        Step.JUDGE: (Verb.SEE_AGREEMENT, _with_case(own, *queues)),
        Step.SETTLE: (Verb.SEE_AGREEMENT, _with_case(own, *(f"{q}disputes/" for q in queues))),
        Step.DECIDE: (Verb.SEE_CASES, f"{here}#decide"),
        Step.GATE: (Verb.SEE_GATES, _gate_path(own)),
        Step.STAGES: (Verb.SEE_RELEASES, _with_case(own, *releases)),
        Step.CLOSED: (Verb.SEE_CASES, f"{here}#close"),
    }


def _gate_path(own: Belongings) -> str:
    if own.verdict:
        return _with_case(own, f"{_base(own)}verdicts/{own.verdict.uid}/")
    if own.candidate:
        return _with_case(own, f"{own.candidate.get_absolute_url()}verdict/")
    return ""


def _base(own: Belongings) -> str:
    return own.case.project.get_absolute_url()


def _with_case(own: Belongings, path: str = "", **asked: Any) -> str:
    """A page opened from the case carries it along."""
    return f"{path}?{urlencode({**asked, 'case': own.case.uid})}" if path else ""


def _triage(standing: Standing, facts: Facts) -> Told:
    sentence = _("Say what is behind it: the data, the product, drift, the labels, the model?")
    return sentence, _("Triage"), Verb.WORK_CASES, _at(standing, "triage")


def _draw(standing: Standing, facts: Facts) -> Told:
    own = standing.own
    slices = [row.monitor.slice.name for row in own.alerts if row.monitor.slice]
    path = _with_case(own, f"{_base(own)}samples/new/", **({"slice": slices[0]} if slices else {}))
    sentence = _("Draw a sample of production items for people to judge.")
    if slices:
        sentence = _("Draw a sample of “%(slice)s” for people to judge.") % {"slice": slices[0]}
    return sentence, _("Draw a sample"), Verb.DRAW_SAMPLES, path


def _await_sample(standing: Standing, facts: Facts) -> Told:
    path = paths_of(standing)[Step.SAMPLE][1]
    return _("The sample is being drawn."), _("See the sample"), Verb.SEE_SAMPLES, path


def _queue(standing: Standing, facts: Facts) -> Told:
    own = standing.own
    asked = {"sample": own.samples[0].uid} if own.samples else {}
    path = _with_case(own, f"{_base(own)}queues/new/", **asked)
    sentence = _("Nobody judges the sample yet: make a queue of it.")
    return sentence, _("Make a queue"), Verb.RUN_QUEUES, path


def _judge(standing: Standing, facts: Facts) -> Told:
    path = paths_of(standing)[Step.JUDGE][1]
    if not facts.wanted:
        return _("The queue is being prepared."), _("See the queue"), Verb.SEE_AGREEMENT, path
    left = facts.wanted - facts.judged
    sentence = ngettext(
        "%(left)s judgment is still awaited.", "%(left)s judgments are still awaited.", left
    )
    return sentence % {"left": left}, _("See the queue"), Verb.SEE_AGREEMENT, path


def _settle(standing: Standing, facts: Facts) -> Told:
    sentence = ngettext(
        "%(count)s task is disputed: an adjudicator decides it.",
        "%(count)s tasks are disputed: an adjudicator decides them.",
        facts.disputed,
    )
    path = paths_of(standing)[Step.SETTLE][1]
    said = sentence % {"count": facts.disputed}
    return said, _("See the disputes"), Verb.SEE_AGREEMENT, path


def _decide(standing: Standing, facts: Facts) -> Told:
    sentence = _("Decide whether to retrain, on which grounds and on what evidence.")
    return sentence, _("Decide"), Verb.DECIDE_RETRAINING, _at(standing, "decide")


def _relabel(standing: Standing, facts: Facts) -> Told:
    path = _with_case(standing.own, f"{_base(standing.own)}queues/new/")
    sentence = _("The labels come first: have them judged again, then decide anew.")
    return sentence, _("Make a queue"), Verb.RUN_QUEUES, path


def _freeze(standing: Standing, facts: Facts) -> Told:
    path = _with_case(standing.own, f"{_base(standing.own)}sets/")
    sentence = _("Freeze what was judged into an evaluation set, so that a gate can rest on it.")
    return sentence, _("Freeze a set"), Verb.FREEZE_SETS, path


def _candidate(standing: Standing, facts: Facts) -> Told:
    path = _with_case(standing.own, f"{_base(standing.own)}versions/new/")
    sentence = _("Register the candidate that came of it, or link the one that is there.")
    return sentence, _("Register a version"), Verb.REGISTER_VERSIONS, path


def _ask(standing: Standing, facts: Facts) -> Told:
    own = standing.own
    sentence = _("Ask the gate about %(candidate)s.") % {"candidate": own.candidate}
    return sentence, _("Ask the gate"), Verb.ASK_VERDICTS, _gate_path(own)


def _verdict(standing: Standing, facts: Facts) -> Told:
    """Pending, inconclusive or not passed: the verdict itself says what is to be done."""
    own = standing.own
    words = {
        "pending": _("The gate is being asked about %(candidate)s."),
        "inconclusive": _("The verdict on %(candidate)s is open: have more items labeled."),
    }
    fallen = _("%(candidate)s did not pass: register the next candidate, or decide anew.")
    sentence = words.get(facts.verdict, fallen) % {"candidate": own.candidate}
    return sentence, _("See the verdict"), Verb.SEE_GATES, _gate_path(own)


def _plan(standing: Standing, facts: Facts) -> Told:
    own = standing.own
    asked = {"candidate": own.candidate.uid} if own.candidate else {}
    path = _with_case(own, f"{_base(own)}releases/new/", **asked)
    sentence = _("%(candidate)s passed: plan its release in stages.") % {"candidate": own.candidate}
    return sentence, _("Plan the release"), Verb.RUN_RELEASES, path


def _release(standing: Standing, facts: Facts) -> Told:
    release: Release = standing.own.releases[0]
    about = {"candidate": release.candidate, "entered": facts.entered, "stages": facts.stages}
    sentence = _("%(candidate)s is out in %(entered)s of %(stages)s stages.")
    if facts.held:
        sentence = _("The release of %(candidate)s is held: resume it, or go back.")
    path = paths_of(standing)[Step.STAGES][1]
    return sentence % about, _("See the release"), Verb.SEE_RELEASES, path


def _decide_again(standing: Standing, facts: Facts) -> Told:
    sentence = _("The release ended without going live: decide anew, or close the case.")
    return sentence, _("Decide"), Verb.DECIDE_RETRAINING, _at(standing, "decide")


def _close(standing: Standing, facts: Facts) -> Told:
    sentence = _("Everything is done: say what came of it and close the case.")
    return sentence, _("Close the case"), Verb.WORK_CASES, _at(standing, "close")


def _at(standing: Standing, place: str) -> str:
    return f"{standing.own.case.get_absolute_url()}#{place}"


_NEXT: dict[Action, Callable[[Standing, Facts], Told]] = {
    Action.TRIAGE: _triage,
    Action.DRAW: _draw,
    Action.AWAIT_SAMPLE: _await_sample,
    Action.QUEUE: _queue,
    Action.JUDGE: _judge,
    Action.SETTLE: _settle,
    Action.DECIDE: _decide,
    Action.RELABEL: _relabel,
    Action.FREEZE: _freeze,
    Action.CANDIDATE: _candidate,
    Action.ASK: _ask,
    Action.AWAIT_VERDICT: _verdict,
    Action.MORE_LABELS: _verdict,
    Action.ANOTHER: _verdict,
    Action.PLAN: _plan,
    Action.ENTER: _release,
    Action.RESUME: _release,
    Action.DECIDE_AGAIN: _decide_again,
    Action.CLOSE: _close,
}
