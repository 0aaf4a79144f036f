"""Two tabs of the Queue page: Agreement and Disputes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from labeling.charts import Cell
from labeling.models import ContentField, Job, Membership, Queue, Task
from labeling.policy.roles import Verb
from labeling.reports.advice import Said, headline, said
from labeling.reports.agreement import AgreementReport, PairOfPeople, seen_agreement
from labeling.reports.disputes import Dispute, Question, as_disputes, counts_of, disputes_in
from labeling.reports.disputes import split_of as votes_of
from labeling.reports.moving import under_other_versions
from labeling.services.agreement import ask_for_agreement
from labeling.stats.estimate import Estimate
from labeling.views.find import require
from labeling.views.queues import find_queue, tab_context

PAGE = 50
STEPS = 6
EXCERPT = 120
Matrix = list[tuple[str, list[Cell]]]


@dataclass(frozen=True)
class CriterionShown:
    """One criterion on the Agreement tab: its advice, and rows ready for the components."""

    said: Said
    parts: list[tuple[str, Estimate]]
    levels: list[tuple[str, Estimate]]
    matrix: Matrix
    machines: list[tuple[str, Estimate, Estimate]]


@dataclass(frozen=True)
class DisputeShown:
    """One line of the Disputes tab; splits only for those who do not decide them themselves."""

    dispute: Dispute
    excerpt: str
    contested: list[tuple[str, list[tuple[str, int]]]]
    claimed: bool


@require_safe
def queue_agreement(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Tab Agreement: what to do, then the coefficients by criterion, slice, language and pair."""
    member, queue = find_queue(request, project, uid)
    seen = seen_agreement(queue)
    context = {
        **tab_context(member, queue, "agreement"),
        "seen": seen,
        "others": under_other_versions(queue),
        "job": Job.objects.live().filter(kind="agreement", key=str(queue.uid)).first(),
        "may_compute": member.may(Verb.COMPUTE_AGREEMENT),
    }
    if seen.report:
        names = _names(seen.report, member)
        context |= {
            "headline": headline(seen.report),
            "report": seen.report,
            "people": [names[uid] for uid in seen.report.people],
            "criteria": [_shown(one, seen.report, names) for one in said(seen.report)],
        }
    return render(request, "labeling/queue_agreement.html", context)


@require_POST
def agreement_compute(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Ask for the report to be computed anew in the background."""
    member, queue = find_queue(request, project, uid)
    require(member, Verb.COMPUTE_AGREEMENT)
    ask_for_agreement(queue, by=member)
    return redirect("queue_agreement", project, uid)


@require_safe
def queue_disputes(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Tab Disputes: what waits for a decision, since when, and about which question."""
    member, queue = find_queue(request, project, uid)
    criteria = list(queue.rubric_version.criteria.all())
    lanes = sorted(set(queue.tasks.disputed().values_list("lane", flat=True)) - {""})
    asked = {
        "criterion": _one_of(request, "criterion", [row.key for row in criteria]),
        "lane": _one_of(request, "lane", lanes),
    }
    page = Paginator(disputes_in(queue, **asked), PAGE).get_page(request.GET.get("page"))
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    context = {
        **tab_context(member, queue, "disputes"),
        "counts": counts_of(queue, midnight),
        "page": page,
        "rows": _rows(queue, member, page.object_list),
        "criteria": criteria,
        "lanes": lanes,
        "asked": asked,
        "decided": _reopenable(queue, member),
        "may_adjudicate": member.may(Verb.ADJUDICATE),
    }
    return render(request, "labeling/queue_disputes.html", context)


def _names(report: AgreementReport, member: Membership) -> dict[str, str]:
    """Who is who, for those who lead people; others see numbers. Machines have their names."""
    machines = [machine.uid for row in report.criteria for machine in row.machines]
    rows = Membership.objects.filter(
        project=member.project, uid__in=[*report.people, *machines]
    ).select_related("user")
    known = {str(row.uid): str(row) for row in rows}
    if not member.may(Verb.SEE_PEOPLE):
        numbered = enumerate(report.people, start=1)
        known |= {uid: _("Annotator %(number)s") % {"number": n} for n, uid in numbered}
    return {uid: known.get(uid, "") for uid in [*report.people, *machines]}


def _shown(one: Said, report: AgreementReport, names: Mapping[str, str]) -> CriterionShown:
    found = one.criterion
    parts = [(_("All"), found.whole.alpha)]
    parts += [(part.name, part.figures.alpha) for part in found.by_slice]
    parts += [(part.name or _("no language"), part.figures.alpha) for part in found.by_lane]
    levels = [
        (_("Level %(number)s") % {"number": number}, estimate)
        for number, estimate in enumerate(found.by_level, start=1)
    ]
    machines = [(names[row.uid], row.agreement, row.alpha) for row in found.machines]
    matrix = _matrix([names[uid] for uid in report.people], found.pairs)
    return CriterionShown(one, parts, levels, matrix, machines)


def _matrix(people: list[str], pairs: list[PairOfPeople]) -> Matrix:
    """Percent agreement of every two people; empty where nobody met."""
    cells = {(pair.first, pair.second): pair for pair in pairs}
    if not cells:
        return []
    return [
        (name, [_cell(cells.get((min(row, at), max(row, at)))) for at in range(len(people))])
        for row, name in enumerate(people)
    ]


def _cell(pair: PairOfPeople | None) -> Cell:
    if pair is None:
        return Cell("", None)
    share = pair.agreement.value
    title = _("%(n)s items in common") % {"n": pair.agreement.n}
    return Cell(number_format(100 * share, 0), min(STEPS - 1, int(share * STEPS)), title)


def _one_of(request: HttpRequest, name: str, known: list[str]) -> str:
    value = request.GET.get(name, "")
    if value and value not in known:
        raise ValidationError(_("There is nothing of this name to filter by."))
    return value


def _rows(queue: Queue, member: Membership, tasks: Any) -> list[DisputeShown]:
    """Who decides disputes is not told here how the answers split."""
    fields = list(ContentField.objects.filter(project=queue.project_id))
    first = next((row.name for row in fields if row.visibility == row.Visibility.SHOWN), "")
    tells = not member.may(Verb.ADJUDICATE)
    now = timezone.now()
    return [
        DisputeShown(
            dispute,
            dispute.task.item.content.get(first, "")[:EXCERPT],
            [(one.criterion.prompt, _split(one) if tells else []) for one in dispute.contested],
            bool(dispute.task.claimed_until and dispute.task.claimed_until > now),
        )
        for dispute in as_disputes(queue, tasks)
    ]


def _split(question: Question) -> list[tuple[str, int]]:
    labels = {row["key"]: row.get("label") or row["key"] for row in question.criterion.options}
    if question.criterion.taxonomy is not None:
        nodes = question.criterion.taxonomy.nodes
        labels = {row["key"]: row.get("label") or row["key"] for row in nodes}
    labels |= {"": _("No answer"), "yes": _("Yes"), "no": _("No")}
    return [
        (_("Cannot tell") if value is None else labels.get(value, value), times)
        for value, times in votes_of(question)
    ]


def _reopenable(queue: Queue, member: Membership) -> list[Task]:
    """The latest decided tasks that this member may decide anew."""
    if not member.may(Verb.ADJUDICATE):
        return []
    decided = Task.objects.filter(queue=queue, state=Task.State.ADJUDICATED).unclaimed()
    others = decided.exclude(annotations__annotator__user=member.user_id)
    latest = others.filter(adjudications__superseded_by=None).order_by("-adjudications__at")
    return list(latest.select_related("item__project")[:10])
