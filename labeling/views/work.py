"""What somebody has judged, for themselves, and how they amend it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from labeling.errors import Conflict
from labeling.forms.judging import is_for_another, questions
from labeling.forms.keys import of_person
from labeling.forms.work import AmendForm, WorkForm
from labeling.models import Annotation, Membership
from labeling.policy.roles import Verb
from labeling.reports.judging import shown_form, shown_item
from labeling.reports.own_work import (
    WorkSearch,
    own_annotations,
    progress_of,
    rubrics_of,
    shown_work,
    work_of,
)
from labeling.reports.questions import notes_of, stamp_of
from labeling.services.amending import amend, amendable_until, refuse_amending, submitted_first
from labeling.services.answers import Payload, given_in
from labeling.views.find import get_member_or_404
from labeling.views.judge import answers_scripts, is_script

PAGE_SIZE = 25


@require_safe
def my_work(request: HttpRequest, project: str) -> HttpResponse:
    """Own judgments, newest first, with own pace; nothing about anybody else."""
    member = get_member_or_404(request.user, project, Verb.ANNOTATE)
    form = WorkForm(request.GET, rubrics=rubrics_of(member))
    context: dict[str, Any] = {"project": member.project, "form": form}
    if not form.is_valid():
        return render(request, "labeling/my_work.html", context, status=400)
    now, midnight = timezone.now(), _midnight()
    rows = work_of(member, form.search(midnight))
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    language = translation.get_language() or ""
    context |= {
        "page": page,
        "rows": shown_work(member, list(page.object_list), language),
        "progress": progress_of(member, midnight=midnight, at=now),
        "filtered": form.has_changed(),
        "now": now,
        "previous_url": _query(request.GET, page, -1) if page.has_previous() else "",
        "next_url": _query(request.GET, page, 1) if page.has_next() else "",
    }
    return render(request, "labeling/my_work.html", context)


@require_safe
def judge_back(request: HttpRequest, project: str) -> HttpResponse:
    """The last own judgment, if it can still be amended; else all of them."""
    member = get_member_or_404(request.user, project, Verb.ANNOTATE)
    last = work_of(member, WorkSearch()).first()
    if last and not last.task.item.erased_at and timezone.now() <= amendable_until(last):
        return redirect("judge_amend", project, last.uid)
    return redirect("my_work", project)


@require_http_methods(["GET", "HEAD", "POST"])
@answers_scripts
def judge_amend(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """The form as it was filled, to be handed in again."""
    member = get_member_or_404(request.user, project, Verb.ANNOTATE)
    annotation = get_object_or_404(own_annotations(member), uid=uid)
    if request.method == "POST":
        return _amend(request, member, annotation)
    refuse_amending(annotation, at=timezone.now())
    to = "work" if request.GET.get("to") == "work" else "judge"
    return _page(request, annotation, given_in(annotation), token=uuid4(), to=to)


def _amend(request: HttpRequest, member: Membership, annotation: Annotation) -> HttpResponse:
    form = AmendForm(request.POST)
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    if is_for_another(form, member.uid):
        message = _("Somebody else has logged in in this browser. Nothing was submitted.")
        raise Conflict("user_changed", message)
    payload, token, to = form.payload(request.POST), form.cleaned_data["token"], _to(form)
    try:
        amend(member, annotation, token, payload, at=timezone.now())
    except ValidationError as error:
        wrong = error.message_dict
        return _page(request, annotation, payload, token=token, to=to, errors=wrong)
    messages.success(request, _("Amended: your new answers stand."))
    url = reverse("my_work" if to == "work" else "judge", args=[member.project.slug])
    return JsonResponse({"to": url}) if is_script(request) else redirect(url)


def _page(
    request: HttpRequest,
    annotation: Annotation,
    typed: Payload,
    *,
    token: UUID,
    to: str,
    errors: Mapping[str, list[str]] | None = None,
) -> HttpResponse:
    shown = {
        **_stage(annotation, typed, errors or {}),
        **of_person(request.user),
        "annotation": annotation,
        "member": annotation.annotator,
        "project": annotation.task.queue.project,
        "queue": annotation.task.queue,
        "errors": errors,
        "token": token,
        "to": to,
        "until": amendable_until(annotation),
    }
    return render(request, "labeling/judge_amend.html", shown, status=400 if errors else 200)


def _stage(
    annotation: Annotation, typed: Payload, errors: Mapping[str, list[str]]
) -> dict[str, Any]:
    """The item and the form, in the order in which they were shown the first time."""
    task, version = annotation.task, annotation.task.queue.rubric_version
    seed, language = submitted_first(annotation).token, translation.get_language() or ""
    form, item = shown_form(task.queue, seed, language), shown_item(task, annotation.annotator)
    return {
        "form": form,
        "item": item,
        "questions": questions(form, typed.answers, errors, typed.proposed, item),
        "comment": typed.comment,
        "unsure": typed.unsure,
        "notes": notes_of(version.uid, stamp_of(version)),
    }


def _to(form: AmendForm) -> str:
    return "work" if form.cleaned_data["to"] == "work" else "judge"


def _midnight() -> datetime:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def _query(given: QueryDict, page: Any, step: int) -> str:
    """The same filters, a page further."""
    query = given.copy()
    query["page"] = str(page.number + step)
    return f"?{query.urlencode()}"
