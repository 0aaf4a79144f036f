"""Questions and gaps: told beside an item, answered by the leads, published as notes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling.errors import Conflict
from labeling.forms.questions import AnswerForm, AskForm, NoteForm
from labeling.models import Membership, Note, Offer, Question, Rubric, RubricVersion
from labeling.policy.roles import Verb
from labeling.reports.judging import shown_item
from labeling.reports.questions import answerable_by, own_questions, shown_own
from labeling.reports.rubric_remarks import about, remarks_on
from labeling.services import questions as services
from labeling.views.find import get_member_or_404, require
from labeling.views.judge import answers_scripts, is_script
from labeling.views.rubrics import find_rubric, rubric_tabs

PAGE = 20
SENT = {
    Question.Kind.QUESTION: gettext_lazy(
        "Sent. The answer comes to you alone; go on or skip the item meanwhile."
    ),
    Question.Kind.GAP: gettext_lazy(
        "Sent. The leads find it beside the questions; go on with the item as well as you can."
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
@answers_scripts
def judge_ask(request: HttpRequest, project: str, token: UUID) -> HttpResponse:
    """A form to ask the leads about the item that was given under this token."""
    member = get_member_or_404(request.user, project, Verb.ANNOTATE)
    offers = Offer.objects.filter(annotator=member, token=token)
    offer = offers.select_related("task__queue__rubric_version").first()
    if offer is None:
        message = _("This item was not given to you, or not under this key.")
        raise Conflict("lease_unknown", message)
    kind = request.POST.get("kind") or request.GET.get("kind", "")
    version = offer.task.queue.rubric_version
    form = AskForm(request.POST or None, version=version, kind=kind)
    if request.method != "POST" or not form.is_valid():
        status = 400 if request.method == "POST" else 200
        context = {"form": form, "token": token}
        return render(request, "labeling/judge_ask.html", context, status=status)
    asked = form.cleaned_data
    said, kind = (asked["text"], asked["criterion"]), asked["kind"]
    services.ask(member, token, *said, kind=kind, at=timezone.now())
    sentence = SENT[kind]
    if is_script(request):
        return JsonResponse({"message": sentence})
    messages.success(request, sentence)
    return redirect("judge", project)


@require_http_methods(["GET", "HEAD", "POST"])
def own_questions_page(request: HttpRequest, project: str) -> HttpResponse:
    """What this person asked and was answered; POST marks the answers as read."""
    member = get_member_or_404(request.user, project, Verb.ANNOTATE)
    if request.method == "POST":
        services.mark_read(member, at=timezone.now())
        return redirect("own_questions", project)
    page = Paginator(own_questions(member), PAGE).get_page(request.GET.get("page"))
    shown = shown_own(member, page.object_list)
    context = {"page": page, "questions": shown, "new": any(one.is_new for one in shown)}
    return render(request, "labeling/own_questions.html", context)


@require_safe
def questions(request: HttpRequest, project: str) -> HttpResponse:
    """What waits for an answer, or with ?answered has one; ?rubric and ?gaps keep to those."""
    member = get_member_or_404(request.user, project, Verb.SEE_QUESTIONS)
    return _inbox(request, member)


@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """One question beside its item as the annotator saw it; POST answers it."""
    member = get_member_or_404(request.user, project, Verb.SEE_QUESTIONS)
    row = get_object_or_404(answerable_by(member), uid=uid)
    if request.method == "POST":
        require(member, Verb.ANSWER_QUESTIONS)
    form = AnswerForm(request.POST or None, may_publish=member.may(Verb.PUBLISH_RUBRICS))
    if request.method == "POST" and form.is_valid():
        try:
            _answer(row, form.cleaned_data, by=member)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Answered."))
            return redirect("questions", project)
    context = {
        "question": row,
        "item": shown_item(row.task, row.annotator),
        "prompt": _prompt(row),
        "form": form,
        "sees_items": member.may(Verb.SEE_ITEMS),
        "edits_rubric": member.may(Verb.EDIT_RUBRICS),
    }
    return render(request, "labeling/question.html", context, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def rubric_notes(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Tab Notes and questions: rulings on the published version; POST adds one."""
    member, row = find_rubric(request, project, uid)
    published = row.versions.exclude(state=RubricVersion.State.DRAFT).first()
    if request.method == "POST":
        require(member, Verb.PUBLISH_RUBRICS)
    form = NoteForm(request.POST or None, version=published) if published else None
    if published and form and form.is_valid() and _is_published(form, published, by=member):
        messages.success(request, _("Published: annotators read it from their next item on."))
        return redirect("rubric_notes", project, uid)
    context = {
        **rubric_tabs(member, row, "rubric_notes"),
        "version": published,
        "form": form,
        "notes": _notes(request, Note.objects.filter(version__rubric=row)),
        "remarks": remarks_on(row, member),
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "labeling/rubric_notes.html", context, status=status)


@require_POST
def note_withdraw(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Show a note no longer."""
    member = get_member_or_404(request.user, project, Verb.PUBLISH_RUBRICS)
    rows = Note.objects.filter(version__rubric__project=member.project)
    note = get_object_or_404(rows.select_related("version__rubric"), uid=uid)
    services.withdraw_note(note, by=member, at=timezone.now())
    messages.success(request, _("Withdrawn: nobody is shown it any more."))
    return redirect("rubric_notes", project, note.version.rubric.uid)


def _answer(row: Question, said: dict[str, Any], *, by: Membership) -> None:
    if said.get("note"):
        services.answer_and_publish(row, said["text"], said["note"], by=by, at=timezone.now())
    else:
        services.answer(row, said["text"], by=by, at=timezone.now())


def _is_published(form: NoteForm, version: RubricVersion, *, by: Membership) -> bool:
    """Publish what was typed; what keeps it from being shown is said on the form."""
    said = form.cleaned_data
    try:
        about = (said["note"], said["criterion"])
        services.publish_note(version, *about, by=by, at=timezone.now())
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True


def _inbox(request: HttpRequest, member: Membership) -> HttpResponse:
    answered, gaps = "answered" in request.GET, "gaps" in request.GET
    rubric = _rubric_named(request, member)
    rows = about(rubric, member) if rubric else answerable_by(member)
    rows = rows.filter(answered_at__isnull=not answered)
    if gaps:
        rows = rows.filter(kind=Question.Kind.GAP)
    page = Paginator(rows if answered else rows.order_by("asked_at"), PAGE)
    context = {
        "page": page.get_page(request.GET.get("page")),
        "answered": answered,
        "rubric": rubric,
        "gaps": gaps,
    }
    return render(request, "labeling/questions.html", context)


def _rubric_named(request: HttpRequest, member: Membership) -> Rubric | None:
    """The rubric that the inbox is asked for, for those who see rubrics."""
    named = request.GET.get("rubric", "")
    if not named or not member.may(Verb.SEE_RUBRICS):
        return None
    try:
        return Rubric.objects.filter(project=member.project).get(uid=UUID(named))
    except (ValueError, Rubric.DoesNotExist) as error:
        raise Http404 from error


def _prompt(row: Question) -> str:
    criteria = row.task.queue.rubric_version.criteria.filter(key=row.criterion)
    return criteria.values_list("prompt", flat=True).first() or row.criterion


def _notes(request: HttpRequest, rows: Any) -> Page[Note]:
    people = ("version", "published_by__user", "withdrawn_by__user")
    ordered = rows.select_related(*people).order_by("-published_at", "-pk")
    return Paginator(ordered, PAGE).get_page(request.GET.get("page"))
