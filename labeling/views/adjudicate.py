"""The Adjudicate page: claim a dispute, decide it blind, see the answers, decide, go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods, require_POST

from labeling.forms.adjudicating import (
    blind_form,
    decisions_from,
    revealed_form,
)
from labeling.forms.keys import of_person
from labeling.models import Adjudication, Membership, Queue, Reveal, Task
from labeling.policy.keys import Page
from labeling.policy.roles import Verb
from labeling.reports.disputes import case_for, claimable_by, decided_since, voices
from labeling.reports.judging import shown_form, shown_item
from labeling.reports.sides import sides_for
from labeling.services import adjudications as services
from labeling.services.adjudications import UNDO_WITHIN, Decision
from labeling.views.find import get_member_or_404

Errors = Mapping[str, list[str]]


@require_http_methods(["GET", "HEAD", "POST"])
def adjudicate(request: HttpRequest, project: str) -> HttpResponse:
    """The dispute this person works on, or the card to begin with; POST claims the next one."""
    member = get_member_or_404(request.user, project, Verb.ADJUDICATE)
    queue = _queue(request, member)
    if request.method == "POST":
        services.claim_dispute(member, queue)
        return _back(member, queue)
    task = services.claimed(member)
    if task and queue and task.queue_id != queue.pk:
        task = None
    return _page(request, member, task, queue)


@require_POST
def adjudicate_reveal(request: HttpRequest, project: str, token: UUID) -> HttpResponse:
    """Keep the blind decision and show what the annotators answered."""
    member = get_member_or_404(request.user, project, Verb.ADJUDICATE)
    queue, decisions = _queue(request, member), decisions_from(request.POST)
    blind = {key: decision.value for key, decision in decisions.items()}
    try:
        services.reveal(member, token, blind, at=timezone.now())
    except ValidationError as error:
        return _again(request, member, queue, decisions, error)
    return _back(member, queue)


@require_POST
def adjudicate_decide(request: HttpRequest, project: str, token: UUID) -> HttpResponse:
    """Settle the dispute and go on with the next, or say what is missing."""
    member = get_member_or_404(request.user, project, Verb.ADJUDICATE)
    queue, decisions = _queue(request, member), decisions_from(request.POST)
    try:
        row = services.adjudicate(member, token, decisions, at=timezone.now())
    except ValidationError as error:
        return _again(request, member, queue, decisions, error)
    services.claim_dispute(member, queue, after=row.task)
    return _back(member, queue, done=str(row.uid))


@require_POST
def adjudicate_park(request: HttpRequest, project: str, token: UUID) -> HttpResponse:
    """Put the dispute back for somebody else or for later, and go on with another."""
    member = get_member_or_404(request.user, project, Verb.ADJUDICATE)
    queue, parked = _queue(request, member), services.claimed(member)
    services.release_claim(member, token)
    services.claim_dispute(member, queue, after=parked)
    return _back(member, queue)


@require_POST
def adjudicate_undo(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Take back what was decided a moment ago; the dispute is on the screen again."""
    member = get_member_or_404(request.user, project, Verb.ADJUDICATE)
    own = Adjudication.objects.filter(adjudicator=member)
    services.undo(member, get_object_or_404(own, uid=uid), at=timezone.now())
    return _back(member, None)


@require_POST
def adjudicate_reopen(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Work on a task again that has been decided; its decision stands until there is another."""
    member = get_member_or_404(request.user, project, Verb.ADJUDICATE)
    tasks = Task.objects.filter(queue__project=member.project)
    services.reopen(member, get_object_or_404(tasks, uid=uid))
    return _back(member, None)


def _queue(request: HttpRequest, member: Membership) -> Queue | None:
    """The queue that the person has limited themselves to, if any."""
    uid = request.POST.get("queue") or request.GET.get("queue")
    rows = Queue.objects.filter(project=member.project)
    try:
        return get_object_or_404(rows, uid=uid) if uid else None
    except ValidationError:  # not a uid at all: as good as an unknown one
        return get_object_or_404(rows.none())


def _back(member: Membership, queue: Queue | None, *, done: str = "") -> HttpResponse:
    """To the page by GET, so that a reload repeats nothing."""
    given = {"queue": str(queue.uid) if queue else "", "done": done}
    query = urlencode({name: value for name, value in given.items() if value})
    url = reverse("adjudicate", args=[member.project.slug])
    return redirect(f"{url}?{query}" if query else url)


def _again(
    request: HttpRequest,
    member: Membership,
    queue: Queue | None,
    decisions: Mapping[str, Decision],
    error: ValidationError,
) -> HttpResponse:
    """The same page with what was typed and what is wrong with it."""
    task = services.claimed(member)
    return _page(request, member, task, queue, typed=decisions, errors=error.message_dict)


def _page(
    request: HttpRequest,
    member: Membership,
    task: Task | None,
    queue: Queue | None,
    *,
    typed: Mapping[str, Decision] | None = None,
    errors: Errors | None = None,
) -> HttpResponse:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    shown: dict[str, Any] = {
        "member": member,
        "project": member.project,
        **of_person(request.user, Page.ADJUDICATE),
        "only": queue,
        "task": task,
        "left": claimable_by(member, queue).count(),
        "today": decided_since(member, midnight),
        "undoable": _undoable(member, request.GET.get("done", "")),
        "errors": errors,
    }
    if task is not None:
        shown |= _stage(task, member, typed, errors or {})
    return render(request, "labeling/adjudicate.html", shown, status=400 if errors else 200)


def _stage(
    task: Task, member: Membership, typed: Mapping[str, Decision] | None, errors: Errors
) -> dict[str, Any]:
    """The item and the form; the answers only if this person has been shown them."""
    token = task.claim_token
    assert token is not None
    asked = shown_form(task.queue, token, translation.get_language() or "")
    case, item = case_for(task, member), shown_item(task, member)
    seen = Reveal.objects.filter(task=task, adjudicator=member).first()
    if seen is None:
        form = blind_form(case, asked, typed or {}, errors, item)
    else:
        # What was decided under an earlier claim is not put before the person again.
        kinds = {question.criterion.key: question.criterion.kind for question in case.questions}
        own = sides_for(task, member).all_seen(kinds, seen.blind)
        blind = own if seen.token == token else {}
        before = {key: Decision(value) for key, value in blind.items()}
        decisions = before if typed is None else typed
        heard = voices(case, token)
        form = revealed_form(case, asked, heard, blind, decisions, errors, item=item)
    return {
        "item": item,
        "asked": asked,
        "form": form,
        "revealed": seen is not None,
        "causes": Adjudication.Cause.choices,
    }


def _undoable(member: Membership, done: str) -> UUID | None:
    """The decision that can still be taken back, if it is this person's."""
    try:
        uid = UUID(done)
    except ValueError:
        return None
    rows = Adjudication.objects.current().filter(adjudicator=member, uid=uid)
    recent = rows.filter(at__gt=timezone.now() - UNDO_WITHIN)
    return recent.values_list("uid", flat=True).first()
