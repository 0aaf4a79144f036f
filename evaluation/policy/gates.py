"""Whether a candidate meets a gate's criteria, and why: what is shown, and what is not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce

from evaluation.policy.metrics import Metric, compared, percent, points
from evaluation.stats.bounds import at_least, at_most
from evaluation.stats.paired import ERROR, Paired
from evaluation.stats.power import More, more_for_difference, more_for_share, planned, roughly
from labeling.stats.estimate import Estimate

#: Below this many labels nothing is decided, whatever they say.
MINIMUM = 10


class Outcome(StrEnum):
    """What is known about a criterion or a gate."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that a candidate has to meet.

    name: of the criterion. slice: where it is measured, "" for everywhere. margin: how much
    worse than the baseline is allowed, in parts of one, None where it is not compared. floor:
    what the candidate has to reach, a part of one. critical: named before others that fail.
    label: for the metrics of one label. minimum: labels without which nothing is decided.

    ValueError without margin and floor, for a margin below 0 and a floor beyond 0 and 1.
    """

    name: str
    metric: Metric = Metric.ACCURACY
    margin: float | None = None
    floor: float | None = None
    critical: bool = False
    slice: str = ""
    label: str = ""
    minimum: int = MINIMUM

    def __post_init__(self) -> None:
        if self.margin is None and self.floor is None:
            raise ValueError("a criterion has a margin, a floor, or both")
        # written so that NaN is refused too
        if self.margin is not None and not 0 <= self.margin < 1:
            raise ValueError("a margin is at least 0 and less than 1")
        if self.floor is not None and not 0 < self.floor < 1:
            raise ValueError("a floor lies between 0 and 1")
        if self.metric.of_a_label != bool(self.label):
            raise ValueError(
                "precision, recall, F1 and what people judge are of a label; others of none"
            )

    @property
    def where(self) -> str:
        """Where it is measured, to begin a sentence with."""
        return f"on {self.slice}" if self.slice else "overall"


@dataclass(frozen=True, slots=True)
class Facts:
    """What was measured for one criterion.

    paired: the candidate beside the baseline; candidate, baseline: each alone; None where not
    measured. unmatched: examples without a prediction of both versions. foreign: examples whose
    reference answer is a judgment about what another version said. assisted: examples whose label
    was given with a prediction shown. problem: why nothing can be said, if that is known already.
    """

    paired: Paired | None = None
    candidate: Estimate | None = None
    baseline: Estimate | None = None
    unmatched: int = 0
    foreign: int = 0
    assisted: int = 0
    problem: str = ""

    @property
    def n(self) -> int | None:
        """How many labels it rests on; None where nothing was measured."""
        measured = [one.n for one in (self.paired, self.candidate) if one is not None]
        return min(measured, default=None)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known about one criterion, and why.

    labels_needed: about how many more labels would settle it; None where it is settled, and
    where labels would not help. shortfall: by how much, at least, it is missed; 0 if not failed.
    """

    criterion: Criterion
    outcome: Outcome
    reason: str
    labels_needed: More | None = None
    shortfall: float = 0.0


@dataclass(frozen=True, slots=True)
class Decision:
    """A gate's answer: a sentence, then the reasons, those that decided first."""

    outcome: Outcome
    sentence: str
    reasons: tuple[str, ...]
    labels_needed: More | None = None


def judge(criterion: Criterion, facts: Facts, *, error: float = ERROR) -> Finding:
    """Pass only what is shown to hold, fail only what is shown to be broken; the rest is open.

    error: how often a floor's bounds may be wrong; a difference brings its own.
    """
    if problem := _problem(criterion, facts):
        return Finding(criterion, Outcome.INVALID, _sentence(criterion, problem))
    if (facts.n or 0) < criterion.minimum:
        return _too_few(criterion, facts.n or 0)
    found = [*_compared(criterion, facts), *_reached(criterion, facts, error)]
    outcome = _worst(one.outcome for one in found)
    deciding = [one for one in found if one.outcome is outcome]
    reason = _sentence(criterion, "; ".join(one.reason for one in deciding))
    if outcome is not Outcome.INCONCLUSIVE:
        return Finding(criterion, outcome, reason, None, max(one.shortfall for one in deciding))
    return Finding(criterion, outcome, reason, _most(one.labels_needed for one in deciding))


def decide(findings: Sequence[Finding]) -> Decision:
    """The gate's answer: it passes only if every criterion does.

    One that fails says no, whatever the others say. Passing is an intersection of all criteria,
    so each keeps its own error rate and nothing is corrected for their number.

    Berger, Technometrics 24 (1982) 295: intersection-union tests.
    """
    if not findings:
        return Decision(Outcome.INVALID, "No verdict: the gate has no criteria.", ())
    outcome = _worst(finding.outcome for finding in findings)
    ordered = sorted(findings, key=_urgency)
    reasons = tuple(finding.reason for finding in ordered)
    first = ordered[0].reason
    if outcome is Outcome.PASS:
        return Decision(outcome, _yes(findings), reasons)
    others = sum(finding.outcome is outcome for finding in findings) - 1
    if outcome is not Outcome.INCONCLUSIVE:
        begin = "Say no" if outcome is Outcome.FAIL else "No verdict"
        return Decision(outcome, f"{begin}: {_lowered(first)}{_also(outcome, others)}", reasons)
    needed = _needed(findings)
    sentence = f"Not decided: {_lowered(first)}{_also(outcome, others)} {_advice(needed)}"
    return Decision(outcome, sentence, reasons, needed)


def _problem(criterion: Criterion, facts: Facts) -> str:
    """Why nothing can be said, however many labels there were; "" if something can."""
    if facts.problem:
        return facts.problem
    if facts.foreign:
        said = _counted(facts.foreign, "label judges", "labels judge")
        return f"{said} what another version answered, which says nothing about this one"
    if facts.assisted:
        said = _counted(facts.assisted, "label was", "labels were")
        return f"{said} given with a model's prediction shown, so they lean towards it"
    if facts.unmatched:
        said = _counted(facts.unmatched, "example has", "examples have")
        return f"{said} no prediction of both versions"
    paired, candidate = facts.paired, facts.candidate
    if criterion.margin is not None and paired is None:
        return "the difference to the baseline was not measured"
    if criterion.floor is not None and candidate is None:
        return "the candidate was not measured"
    bounds = [] if paired is None else [paired.at_least, paired.at_most, paired.difference.value]
    alone = [] if candidate is None else [candidate.value, candidate.effective_n]
    if facts.n and not all(map(math.isfinite, [*bounds, *alone])):
        return _no_number(criterion, facts)
    return ""


def _no_number(criterion: Criterion, facts: Facts) -> str:
    measured = (facts.candidate, facts.baseline, facts.paired and facts.paired.difference)
    why = next((one.reason for one in measured if one and not one.defined and one.reason), "")
    said = f"its {criterion.metric.spoken(criterion.label)} has no value"
    return f"{said}: {why}" if why else said


def _too_few(criterion: Criterion, n: int) -> Finding:
    short = criterion.minimum - n
    usual = planned(criterion.margin or 0.0)
    needed = More(short, max(short, roughly(usual.high - n)) if usual else short)
    there = f"there {'is' if n == 1 else 'are'} {_counted(n, 'label', 'labels') if n else 'none'}"
    said = f"labels are too few: {there}, and below {criterion.minimum} nothing is decided"
    return Finding(criterion, Outcome.INCONCLUSIVE, _sentence(criterion, said), needed)


@dataclass(frozen=True, slots=True)
class _Part:
    """What is known about a margin, or about a floor."""

    outcome: Outcome
    reason: str
    labels_needed: More | None = None
    shortfall: float = 0.0


def _compared(criterion: Criterion, facts: Facts) -> Iterable[_Part]:
    margin, paired = criterion.margin, facts.paired
    if margin is None or paired is None:
        return
    low, high = paired.at_least, paired.at_most
    allowed = f"up to {points(margin)} worse is allowed" if margin else "no worse is allowed"
    if low > -margin:
        yield _Part(Outcome.PASS, _held(criterion, low, allowed))
    elif high < -margin:
        seen = compared(
            criterion.metric, criterion.label, points(paired.difference.value), better=False
        )
        reason = f"{seen}, surely by {points(high)} or more; {allowed}"
        yield _Part(Outcome.FAIL, reason, shortfall=-margin - high)
    else:
        reason = f"{_between(criterion, low, high)}; {allowed}"
        yield _Part(Outcome.INCONCLUSIVE, reason, more_for_difference(paired, margin))


def _held(criterion: Criterion, low: float, allowed: str) -> str:
    metric, label = criterion.metric, criterion.label
    if low > 0:
        return compared(metric, label, f"at least {points(low)}", better=True)
    return f"{compared(metric, label, f'at most {points(low)}', better=False)}; {allowed}"


def _between(criterion: Criterion, low: float, high: float) -> str:
    metric, label = criterion.metric, criterion.label
    if high <= 0:
        return compared(metric, label, f"between {points(high)} and {points(low)}", better=False)
    worst = compared(metric, label, points(low), better=False, may=True)
    return f"{worst}, or {points(high)} better"


def _reached(criterion: Criterion, facts: Facts, error: float) -> Iterable[_Part]:
    floor, candidate = criterion.floor, facts.candidate
    if floor is None or candidate is None:
        return
    low, high = at_least(candidate, error), at_most(candidate, error)
    said = f"its {criterion.metric.spoken(criterion.label)} is"
    wanted = f"{percent(floor)} is wanted"
    if low >= floor:
        yield _Part(Outcome.PASS, f"{said} at least {percent(low)}; {wanted}")
    elif high < floor:
        reason = f"{said} {percent(candidate.value)}, surely not above {percent(high)}; {wanted}"
        yield _Part(Outcome.FAIL, reason, shortfall=floor - high)
    else:
        reason = f"{said} between {percent(low)} and {percent(high)}; {wanted}"
        more = more_for_share(candidate, floor, error)
        yield _Part(Outcome.INCONCLUSIVE, reason, more)


#: From what decides alone to what every criterion has to be.
ORDER = (Outcome.FAIL, Outcome.INVALID, Outcome.INCONCLUSIVE, Outcome.PASS)


def _worst(outcomes: Iterable[Outcome]) -> Outcome:
    return min(outcomes, key=ORDER.index)


def _urgency(finding: Finding) -> tuple[int, bool, float]:
    critical = finding.criterion.critical
    return ORDER.index(finding.outcome), not critical, -finding.shortfall


def _needed(findings: Iterable[Finding]) -> More | None:
    """Enough for every open criterion: the labels of slices count everywhere too."""
    by_slice: dict[str, list[More | None]] = {}
    for finding in findings:
        if finding.outcome is Outcome.INCONCLUSIVE:
            by_slice.setdefault(finding.criterion.slice, []).append(finding.labels_needed)
    most = {name: _most(wanted) for name, wanted in by_slice.items()}
    if None in most.values():
        return None
    everywhere = most.pop("", None)
    slices = [one for one in most.values() if one]
    if not slices:
        return everywhere
    low, high = sum(one.low for one in slices), sum(one.high for one in slices)
    together = More(roughly(low), roughly(high))
    return _most([together, everywhere or together])


def _most(wanted: Iterable[More | None]) -> More | None:
    """As many as the one that wants most; None if one cannot be had."""
    known = list(wanted)
    if None in known:
        return None
    return reduce(
        lambda one, other: More(max(one.low, other.low), max(one.high, other.high)),
        (one for one in known if one is not None),
    )


def _yes(findings: Sequence[Finding]) -> str:
    if len(findings) == 1:
        return f"Say yes: {_lowered(findings[0].reason)}"
    return f"Say yes: each of the {len(findings)} criteria is shown to hold."


def _also(outcome: Outcome, others: int) -> str:
    if not others:
        return ""
    said = {
        Outcome.FAIL: ("other criterion fails", "other criteria fail"),
        Outcome.INVALID: ("other criterion cannot be judged", "other criteria cannot be judged"),
        Outcome.INCONCLUSIVE: ("other criterion is open", "other criteria are open"),
    }
    return f" {_counted(others, *said[outcome])}, too."


def _advice(needed: More | None) -> str:
    if needed is None:
        return "More labels would hardly settle it."
    return f"About {needed} more {'label' if needed.high == 1 else 'labels'} would settle it."


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _sentence(criterion: Criterion, clause: str) -> str:
    said = f"{criterion.where} {clause}."
    return said[0].upper() + said[1:]


def _lowered(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
