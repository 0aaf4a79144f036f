"""Queues: the board, the form that makes one, and the Queue page's own tabs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from labeling.forms.queue_price import PriceForm
from labeling.forms.queues import QueueForm, SettleSkipsForm
from labeling.models import Membership, Queue, Skip, Task
from labeling.policy.roles import Verb
from labeling.reports.board import board
from labeling.reports.moving import kin_of
from labeling.reports.queues import by_lane, by_queue, inbox, judged_by_team, whole
from labeling.services import queues as services
from labeling.services.draining import drain_queue, resume_queue
from labeling.views.find import get_member_or_404
from labeling.views.queue_price import price_asked

PAGE = 50
MOVES = {
    "pause": services.pause_queue,
    "drain": drain_queue,
    "resume": resume_queue,
    "reopen": services.reopen_queue,
    "close": services.close_queue,
}


@require_safe
def queues(request: HttpRequest, project: str) -> HttpResponse:
    """Every queue with how far it is, and the board of what is left in each language."""
    member = get_member_or_404(request.user, project, Verb.SEE_QUEUES)
    rows = Queue.objects.seen_by(member).select_related(
        "project", "rubric_version__rubric", "sample"
    )
    rows = rows.prefetch_related("teams")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    if member.is_vendor:
        judged = judged_by_team(page.object_list, member.team)
        context: dict[str, Any] = {"rows": [(row, judged.get(row.pk, 0)) for row in page]}
        return render(request, "labeling/queues_of_team.html", {**context, "page": page})
    progress = by_queue(page.object_list)
    context = {
        "page": page,
        "rows": [(row, progress.get(row.pk)) for row in page],
        "board": board(member.project, page.object_list),
        "may_run": member.may(Verb.RUN_QUEUES),
    }
    return render(request, "labeling/queues.html", context)


def queue_new(request: HttpRequest, project: str) -> HttpResponse:
    """One form for rubric version, sample, overlap, lease, people and blinding."""
    member = get_member_or_404(request.user, project, Verb.RUN_QUEUES)
    initial = {name: request.GET[name] for name in ("sample",) if name in request.GET}
    form = QueueForm(request.POST or None, project=member.project, initial=initial)
    priced = PriceForm(request.POST or None, project=member.project)
    context: dict[str, Any] = {"form": form, "priced": priced}
    if request.POST.get("act") == "price":
        return render(request, "labeling/queue_new.html", context | {"price": price_asked(priced)})
    if request.method == "POST" and form.is_valid():
        try:
            queue = services.create_queue(member.project, by=member, **form.settings())
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The queue is being prepared; it opens by itself."))
            return redirect("queue", project, queue.uid)
    status = 400 if form.is_bound else 200
    return render(request, "labeling/queue_new.html", context, status=status)


@require_safe
def queue(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Tab Progress: what is done and left, per language, and what holds it up."""
    member, row = find_queue(request, project, uid)
    lanes = by_lane(row)
    context = {
        **tab_context(member, row, "progress"),
        "kin": kin_of(row),
        "lanes": lanes,
        "whole": whole(row, lanes),
        "inbox": inbox(row),
        "stuck": Task.objects.filter(queue=row, state=Task.State.ATTENTION).select_related(
            "item__project"
        )[:PAGE],
        "skips": Skip.objects.filter(task__queue=row)
        .select_related("task__item__project")
        .order_by("-at")[:20],
    }
    return render(request, "labeling/queue.html", context)


@require_POST
def queue_move(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Pause, drain, resume, reopen or close a queue."""
    member = get_member_or_404(request.user, project, Verb.RUN_QUEUES)
    row = get_object_or_404(Queue.objects.filter(project=member.project), uid=uid)
    move = MOVES.get(request.POST.get("move", ""))
    if move is None:
        raise ValidationError(_("Say pause, drain, resume, reopen or close."))
    move(row, by=member)
    now = _("draining") if row.draining else row.get_state_display()
    messages.success(request, _("The queue is %(state)s now.") % {"state": now})
    return redirect("queue", project, uid)


@require_POST
def queue_offer_again(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Put the tasks that everybody skipped back into the queue."""
    member = get_member_or_404(request.user, project, Verb.RUN_QUEUES)
    row = get_object_or_404(Queue.objects.filter(project=member.project), uid=uid)
    count = services.offer_again(row, by=member)
    messages.success(request, _("%(count)s tasks are offered again.") % {"count": count})
    return redirect("queue", project, uid)


@require_POST
def queue_skips(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Mark what people said against a task's item or rubric as dealt with."""
    member = get_member_or_404(request.user, project, Verb.RUN_QUEUES)
    row = get_object_or_404(Queue.objects.filter(project=member.project), uid=uid)
    form = SettleSkipsForm(request.POST)
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    task = get_object_or_404(row.tasks, uid=form.cleaned_data["task"])
    services.settle_skips(task, form.cleaned_data["reason"], by=member)
    messages.success(request, _("Marked as dealt with."))
    return redirect("queue", project, uid)


def find_queue(request: HttpRequest, project: str, uid: UUID) -> tuple[Membership, Queue]:
    """A queue for those who see its insides: a vendor's people do not."""
    member = get_member_or_404(request.user, project, Verb.SEE_AGREEMENT)
    rows = Queue.objects.filter(project=member.project).select_related(
        "project",
        "rubric_version__rubric",
        "sample",
        "job",
        "created_by__user",
        "succeeds__rubric_version",
        "relabels__rubric_version",
    )
    return member, get_object_or_404(rows, uid=uid)


def tab_context(member: Membership, row: Queue, current: str) -> dict[str, Any]:
    """What every tab of the Queue page shows around its content."""
    base = row.get_absolute_url()
    disputed = row.tasks.disputed().count()
    tabs = [
        ("progress", _("Progress"), base, None),
        ("agreement", _("Agreement"), f"{base}agreement/", None),
        ("disputes", _("Disputes"), f"{base}disputes/", disputed),
        ("blinding", _("Blinding"), f"{base}blinding/", None),
    ]
    if member.may(Verb.RUN_QUEUES):
        tabs.append(("settings", _("Settings"), f"{base}settings/", None))
    return {
        "queue": row,
        "may_run": member.may(Verb.RUN_QUEUES),
        "tabs": [
            {"label": label, "url": url, "count": count, "current": key == current}
            for key, label, url, count in tabs
        ],
    }
