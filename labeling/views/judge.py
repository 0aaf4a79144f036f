from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from labeling.errors import Conflict
from labeling.forms.judging import (
    SkipForm,
    SubmitForm,
    is_for_another,
    questions,
)
from labeling.forms.keys import of_person
from labeling.models import Annotation, Membership, Queue
from labeling.policy.roles import Verb
from labeling.reports.cards import unseen_card
from labeling.reports.judging import judged_since, seen, shown_form
from labeling.services import assignment, cards
from labeling.services.annotations import UNDO_WITHIN, submit_and_go_on, undo
from labeling.services.answers import Payload
from labeling.services.drafts import keep_draft
from labeling.services.leases import Lease, current
from labeling.services.standing import Standing, standing_of
from labeling.views.find import get_member_or_404

View = Callable[..., HttpResponse]
Checked = TypeVar("Checked", SubmitForm, SkipForm)

#: What ends an item while somebody is still writing; what they wrote is kept on the server.
ENDED = {"queue_closed", "queue_moved", "task_set_aside", "item_erased", "lease_ended"}


def is_script(request: HttpRequest) -> bool:
    """Whether the judging script asks, which shows the answer beside what it has on the screen."""
    return request.headers.get("X-Requested-With") == "judge"


def answers_scripts(view: View) -> View:
    """Tell the judging script of a conflict in a form that it can show beside the answers."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Conflict as conflict:
            if not is_script(request):
                raise
            body = {"code": conflict.code, "message": conflict.message}
            return JsonResponse(body, status=409)

    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def judge(request: HttpRequest, project: str) -> HttpResponse:
    """What this person is judging, or the card to go on with; POST claims the next item."""
    member = get_member_or_404(request.user, project, Verb.ANNOTATE)
    if request.method == "POST":
        return _ahead(request, member) if "ahead" in request.POST else _begin(request, member)
    undoable = _undoable(member, request.GET.get("done", ""))
    return _page(request, member, current(member), undoable=undoable)


@require_POST
@answers_scripts
def judge_submit(request: HttpRequest, project: str, token: UUID) -> HttpResponse:
    """Hand in the answers and go on with the next item, or say what is missing.

    A script says which held item it is showing already: if that is the next one, it is answered
    with the one to hold after it.
    """
    member = get_member_or_404(request.user, project, Verb.ANNOTATE)
    form = _checked(SubmitForm(request.POST), member)
    payload = form.payload(request.POST)
    showing = request.POST.get("showing", "")
    try:
        done = submit_and_go_on(member, token, payload, at=timezone.now(), ahead=bool(showing))
    except ValidationError as error:
        lease = assignment.heartbeat(member, token)
        return _page(request, member, lease, typed=payload, errors=error.message_dict)
    except Conflict as conflict:
        if conflict.code in ENDED:
            keep_draft(member, token, payload, at=timezone.now())
        raise
    uid = done.submission.annotation
    if not is_script(request):
        return redirect(f"{reverse('judge', args=[project])}?done={uid}")
    known = done.lease is not None and str(done.lease.token) == showing
    shown = done.held if known and done.held else done.lease
    return _page(request, member, shown, undoable=uid)


@require_POST
@answers_scripts
def judge_skip(request: HttpRequest, project: str, token: UUID) -> HttpResponse:
    """Refuse the item for a reason and go on with the next one."""
    member = get_member_or_404(request.user, project, Verb.ANNOTATE)
    form = _checked(SkipForm(request.POST), member)
    reason, note = form.cleaned_data["reason"], form.cleaned_data["note"]
    assignment.skip(member, token, reason, note, at=timezone.now())
    return _go_on(request, member)


@require_POST
@answers_scripts
def judge_undo(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Take back what was submitted a moment ago; its item is on the screen again."""
    member = get_member_or_404(request.user, project, Verb.ANNOTATE)
    own = Annotation.objects.filter(annotator=member).select_related("task__queue__project")
    annotation = get_object_or_404(own.select_related("task__item"), uid=uid)
    lease = undo(member, annotation, at=timezone.now())
    return _page(request, member, lease) if is_script(request) else redirect("judge", project)


def _checked(form: Checked, member: Membership) -> Checked:
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    if is_for_another(form, member.uid):
        message = _("Somebody else has logged in in this browser. Nothing was submitted.")
        raise Conflict("user_changed", message)
    return form


def _begin(request: HttpRequest, member: Membership) -> HttpResponse:
    """Go on behind the card that has been read, or decline its queue, or take it up again.

    Who names no card was shown none: what they are given has been begun with that.
    """
    at = timezone.now()
    for name, act in {"decline": cards.decline, "rejoin": cards.rejoin}.items():
        if name in request.POST:
            act(member, _queue(member, request.POST[name]), at=at)
            return _go_on(request, member) if name == "decline" else _show_start(request, member)
    if "begin" in request.POST:
        cards.acknowledge(member, _queue(member, request.POST["begin"]), at=at)
    elif lease := assignment.claim_next(member):
        cards.acknowledge(member, lease.queue, at=at)
    return _go_on(request, member)


def _show_start(request: HttpRequest, member: Membership) -> HttpResponse:
    """The card, with nothing claimed yet."""
    if is_script(request):
        return _page(request, member, None)
    return redirect("judge", member.project.slug)


def _queue(member: Membership, given: str) -> Queue:
    try:
        uid = UUID(given)
    except ValueError as error:
        raise BadRequest("queue") from error
    return get_object_or_404(Queue.objects.for_team_of(member), uid=uid)


def _go_on(request: HttpRequest, member: Membership) -> HttpResponse:
    """The next item in the same answer for the script; a redirect to it without."""
    lease = assignment.claim_next(member)
    if is_script(request):
        return _page(request, member, lease)
    return redirect("judge", member.project.slug)


def _ahead(request: HttpRequest, member: Membership) -> HttpResponse:
    """The item after the one on the screen, held so that it can be shown without waiting."""
    lease = current(member)
    held = assignment.hold(lease.queue, member) if lease else None
    return _page(request, member, held) if held else HttpResponse(status=204)


def _page(
    request: HttpRequest,
    member: Membership,
    lease: Lease | None,
    *,
    undoable: UUID | None = None,
    typed: Payload | None = None,
    errors: Mapping[str, list[str]] | None = None,
) -> HttpResponse:
    shown: dict[str, Any] = {
        "member": member,
        "project": member.project,
        "lease": lease,
        "today": judged_since(member, _midnight()),
        **of_person(request.user),
        "undoable": undoable,
    }
    stage = _stage(lease, typed, errors or {}) if lease else {}
    if lease is None:
        shown |= _start(member, standing_of(member))
    elif stage["beside"].begun or typed:
        shown |= stage
    else:
        shown |= _start(member, Standing("ready", lease.queue)) | {"lease": None}
    return render(request, "labeling/judge.html", shown, status=400 if errors else 200)


def _start(member: Membership, standing: Standing) -> dict[str, Any]:
    """Where one is led to, and the card if its queue begins with one."""
    queue = standing.queue
    return {
        "standing": standing,
        "card": unseen_card(queue, member) if queue else None,
        "declined": Queue.objects.open().for_team_of(member).declined_by(member),
    }


def _stage(lease: Lease, typed: Payload | None, errors: Mapping[str, list[str]]) -> dict[str, Any]:
    """The item and the form, filled with what was sent or else with the draft."""
    form = shown_form(lease.queue, lease.token, translation.get_language() or "")
    item, draft, beside = seen(lease.task, lease.annotator)
    answers = typed.answers if typed else draft.answers
    proposed = typed.proposed if typed else draft.proposed
    return {
        "item": item,
        "form": form,
        "beside": beside,
        "questions": questions(form, answers, errors, proposed, item),
        "comment": typed.comment if typed else draft.comment,
        "unsure": typed.unsure if typed else draft.unsure,
        "sequence": draft.sequence,
        "errors": errors,
        "reasons": assignment.reasons_for(lease.queue).items(),
        "lease_seconds": lease.queue.lease_minutes * 60,
        "started_at": timezone.now().isoformat(),
    }


def _midnight() -> datetime:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def _undoable(member: Membership, done: str) -> UUID | None:
    """The annotation that can still be taken back, if it is this person's."""
    if not done:
        return None
    try:
        uid = UUID(done)
    except ValueError as error:
        raise BadRequest("done") from error
    rows = Annotation.objects.filter(annotator=member, uid=uid, superseded_by__isnull=True)
    rows = rows.filter(kind=Annotation.Kind.SUBMITTED)
    recent = rows.filter(submitted_at__gt=timezone.now() - UNDO_WITHIN)
    return recent.values_list("uid", flat=True).first()
