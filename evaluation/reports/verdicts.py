"""Verdicts as they are read again: still what the evidence says, and about which items."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from evaluation.formats.junit import Case, Suite
from evaluation.models import Example, Gate, ModelVersion, Prediction, Verdict
from evaluation.policy.parts import mask_of
from evaluation.policy.slices import parse
from evaluation.reports import set_digests
from evaluation.reports.gates import (
    ERASED,
    Comparison,
    digest_of,
    judged,
    question_of,
    wording_digest,
)
from evaluation.reports.predictions import examples_of
from labeling.models import Item
from labeling.policy.slices import as_text
from labeling.stats.estimate import Estimate

UNKNOWN = "unknown"
#: Parts of a verdict that are computed from its evidence.
COMPUTED = ("outcome", "sentence", "findings", "evidence", "labels_needed")


@dataclass(frozen=True)
class Status:
    """What a gate says about a candidate as it is now."""

    status: str
    verdict: UUID | None


def status_of(gate: Gate, candidate: ModelVersion | None) -> Status:
    """The verdict of the gate's latest version on today's evidence; unknown for anything else."""
    version = gate.versions.select_related("set_version").first()
    if version is None or candidate is None:
        return Status(UNKNOWN, None)
    rows = Verdict.objects.filter(gate_version=version, candidate=candidate)
    latest = rows.select_related("baseline", "candidate", "gate_version__set_version").first()
    if latest is None or not _is_of_today(latest):
        return Status(UNKNOWN, None)
    return Status(latest.outcome, latest.uid)


def differences(verdict: Verdict) -> Iterator[str]:
    """What in a verdict is not what its evidence gives; nothing for one that is whole."""
    gate, set_version = verdict.gate_version, verdict.gate_version.set_version
    if wording_digest(gate, list(gate.criteria.all())) != gate.digest:
        yield _("the gate's criteria are not those that were registered")
    for problem in set_digests.differences(set_version):
        yield _("the set: %(problem)s") % {"problem": problem}
    if verdict.decided_at is None or not verdict.digest:
        return
    comparison = Comparison(gate, verdict.candidate, verdict.baseline)
    stored = str(verdict.evidence.get("outcomes", ""))
    letters, gone = _with_erased(comparison.letters, stored)
    again = judged(verdict, comparison, letters=letters)
    if gone:
        # what an erased item said is only known from the verdict; its digest cannot be recomputed
        again.evidence["bound"] = verdict.evidence.get("bound")
    yield from _changed(verdict, again)
    if digest_of(again.evidence["bound"] or {}) != verdict.digest:
        yield _("it is not bound to this evidence: its digest does not fit")


def as_suite(verdict: Verdict) -> Suite:
    """The verdict's findings as test cases."""
    bound = verdict.evidence.get("bound", {})
    about = {
        "verdict": str(verdict.uid),
        "outcome": verdict.outcome,
        "sentence": verdict.sentence,
        "candidate": verdict.candidate.name,
        "baseline": verdict.baseline.name if verdict.baseline else "",
        "set digest": bound.get("set", ""),
        "gate digest": bound.get("gate", ""),
        "digest": verdict.digest,
    }
    cases = [_case(finding) for finding in verdict.findings]
    if not cases:
        cases = [Case("verdict", verdict.outcome, verdict.sentence)]
    return Suite(
        gate=str(verdict.gate_version),
        set_version=str(verdict.gate_version.set_version),
        decided_at=verdict.decided_at or verdict.asked_at,
        properties=about,
        cases=cases,
    )


def items_of(verdict: Verdict, number: int, letters: str) -> list[int]:
    """The items of a finding's slice about which the outcome was one of these letters."""
    examples = examples_of(verdict.gate_version.set_version)
    inside = mask_of(parse(verdict.findings[number]["conditions"]), examples.columns)
    outcomes = verdict.evidence["outcomes"]
    rows = zip(examples.items, inside, outcomes, strict=True)
    return [item for item, is_inside, outcome in rows if is_inside and outcome in letters]


@dataclass(frozen=True)
class AnsweredItem:
    """An item, what is right about it, and what the two versions answered."""

    item: Item
    reference: str
    candidate: str
    baseline: str


def answers_about(verdict: Verdict, items: Sequence[int]) -> list[AnsweredItem]:
    """The answers to these items (primary keys), in their order."""
    set_version = verdict.gate_version.set_version
    examples = Example.objects.filter(set_version=set_version, item__in=items)
    found = {row.item_id: row for row in examples.select_related("item__project")}
    ours = _answers(verdict.candidate, items)
    theirs = _answers(verdict.baseline, items)
    return [
        AnsweredItem(
            row.item,
            row.references.get(set_version.criterion, ""),
            ours.get(row.item_id) or _own(row.item, verdict.candidate),
            theirs.get(row.item_id) or _own(row.item, verdict.baseline),
        )
        for row in (found[item] for item in items if item in found)
    ]


@dataclass(frozen=True)
class ShownFinding:
    """A finding as pages show it: its numbers as an estimate, and where its items are."""

    title: str
    outcome: str
    reason: str
    critical: bool
    difference: Estimate | None
    allowed: float | None
    n: int
    wins: int | None
    losses: int | None
    labels_needed: tuple[int, int] | None
    number: int


def shown_findings(verdict: Verdict) -> list[ShownFinding]:
    """A verdict's findings for a page, those that decided it first."""
    order = ["fail", "invalid", "inconclusive", "pass"]
    rows = [_shown(number, finding) for number, finding in enumerate(verdict.findings)]
    return sorted(rows, key=lambda row: (order.index(row.outcome), not row.critical))


def _answers(version: ModelVersion | None, items: Sequence[int]) -> dict[int, str]:
    rows = Prediction.objects.filter(version=version, item__in=items)
    return dict(rows.values_list("item_id", "value")) if version else {}


def _own(item: Item, version: ModelVersion | None) -> str:
    """What the item came in with, if it is this version's answer."""
    return as_text(item.prediction) if version and item.model_version == version.name else ""


def _is_of_today(verdict: Verdict) -> bool:
    """Whether a verdict is about the evidence as it is now; one without a digest judged nothing."""
    about = (verdict.gate_version, verdict.candidate, verdict.baseline)
    if verdict.outcome == Verdict.Outcome.PENDING:
        return question_of(*about) == verdict.question
    return bool(verdict.digest) and digest_of(Comparison(*about).bound) == verdict.digest


def _with_erased(seen: str, stored: str) -> tuple[str, int]:
    """Today's letters, and in place of what was erased since, those that the verdict kept."""
    if len(seen) != len(stored):
        return seen, 0
    letters = [old if new == ERASED else new for new, old in zip(seen, stored, strict=True)]
    gone = sum(new == ERASED != old for new, old in zip(seen, stored, strict=True))
    return "".join(letters), gone


def _changed(verdict: Verdict, again: Any) -> Iterator[str]:
    for name in COMPUTED:
        if getattr(verdict, name) != getattr(again, name):
            yield _("its %(part)s is not what the evidence gives") % {"part": name}


def _case(finding: dict[str, Any]) -> Case:
    where = finding["slice"] or "overall"
    limits = [f"{name} {finding[name]:g}" for name in ("margin", "floor") if finding[name]]
    metric = " ".join(filter(None, [finding["metric"], finding.get("question")]))
    name = " ".join([metric, where, *limits])
    return Case(name, finding["outcome"], f"{finding['reason']} n {finding['n']}")


def _shown(number: int, finding: dict[str, Any]) -> ShownFinding:
    needed, asked = finding["labels_needed"], finding.get("question")
    where = finding["slice"] or _("overall")
    return ShownFinding(
        title=f"{where} · {asked}" if asked else where,
        outcome=finding["outcome"],
        reason=finding["reason"],
        critical=finding["critical"],
        difference=_estimate(finding),
        allowed=None if finding["margin"] is None else -finding["margin"],
        n=finding["n"],
        wins=None if asked else finding.get("wins"),
        losses=None if asked else finding.get("losses"),
        labels_needed=(needed[0], needed[1]) if needed else None,
        number=number,
    )


def _estimate(finding: dict[str, Any]) -> Estimate | None:
    found = finding["difference"]
    if found is None:
        return None
    return Estimate(
        value=_or_nan(found["value"]),
        low=_or_nan(found["low"]),
        high=_or_nan(found["high"]),
        n=finding["n"],
        effective_n=found["effective_n"] or 0.0,
        level=found["level"],
        method=found["method"],
        reason=found["reason"],
    )


def _or_nan(number: float | None) -> float:
    return math.nan if number is None else number
