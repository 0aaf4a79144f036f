"""What people said about a rubric while they judged by it, under any of its versions."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from labeling.models import Adjudication, Membership, Question, Rubric, Ruling, Skip
from labeling.models.questions import QuestionQuerySet
from labeling.policy.roles import Verb
from labeling.reports.proposals import waiting_for
from labeling.reports.questions import answerable_by
from labeling.reports.queues import Said, said_by

#: The latest of each are shown; where the rest is, is linked.
MOST = 20
AT_FAULT = (Adjudication.Cause.RUBRIC_GAP, Adjudication.Cause.RUBRIC_UNCLEAR)


@dataclass(frozen=True)
class Asked:
    """Questions about a rubric: what waits, the longest first, and what was answered last."""

    waiting: list[Question]
    waiting_in_all: int
    answered: list[Question]
    answered_in_all: int


@dataclass(frozen=True)
class Unclear:
    """Tasks whose rubric was said to be unclear and that nobody has looked into, the oldest first.

    settled: how many such skips somebody has dealt with.
    """

    said: list[Said]
    settled: int


@dataclass(frozen=True)
class Faults:
    """Standing rulings that find the fault in the rubric, the latest first."""

    rulings: list[Ruling]
    in_all: int


@dataclass(frozen=True)
class Remarks:
    """Everything that was said about a rubric, as far as who looks may see it."""

    asked: Asked | None
    unclear: Unclear | None
    faults: Faults | None
    proposed: int


def remarks_on(rubric: Rubric, member: Membership) -> Remarks:
    """Questions for who answers them, the rest for who sees queues, proposals for who decides."""
    sees_queues = member.may(Verb.SEE_AGREEMENT)
    return Remarks(
        _asked(about(rubric, member)) if member.may(Verb.SEE_QUESTIONS) else None,
        _unclear(rubric) if sees_queues else None,
        _faults(rubric) if sees_queues else None,
        waiting_for(rubric) if member.may(Verb.EDIT_RUBRICS) else 0,
    )


def about(rubric: Rubric, member: Membership) -> QuestionQuerySet:
    """The questions about a rubric that this person may answer."""
    return answerable_by(member).filter(task__queue__rubric_version__rubric=rubric)


def _asked(rows: QuestionQuerySet) -> Asked:
    waiting = rows.filter(answered_at__isnull=True).order_by("asked_at", "pk")
    answered = rows.filter(answered_at__isnull=False).order_by("-answered_at", "-pk")
    counted = rows.aggregate(all=Count("pk"), answered=Count("answered_at"))
    still = counted["all"] - counted["answered"]
    return Asked(list(waiting[:MOST]), still, list(answered[:MOST]), counted["answered"])


def _unclear(rubric: Rubric) -> Unclear:
    skips = Skip.objects.filter(
        reason=Skip.Reason.UNCLEAR_RUBRIC, task__queue__rubric_version__rubric=rubric
    )
    open_ones = skips.unsettled().select_related("task__item__project", "task__queue__project")
    said = said_by(open_ones.order_by("at", "pk")[: 4 * MOST])
    return Unclear(said[:MOST], skips.filter(settled_at__isnull=False).count())


def _faults(rubric: Rubric) -> Faults:
    rulings = Ruling.objects.filter(
        adjudication__in=Adjudication.objects.current(),
        criterion__version__rubric=rubric,
        cause__in=AT_FAULT,
    )
    shown = rulings.select_related("adjudication__task__item__project", "criterion")
    latest = shown.order_by("-adjudication__at", "-pk")
    return Faults(list(latest[:MOST]), rulings.count())
