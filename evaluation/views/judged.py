"""Outputs that people judge: those of a version, a new evaluation, and what one came to."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from evaluation.forms.judged import JudgedForm
from evaluation.models import JudgedEvaluation, ModelVersion
from evaluation.policy.judged import COMPARING
from evaluation.reports.judged import progress_by_queue, progress_of, read
from evaluation.reports.judged_advice import judged_headline, left_out_in_words, on_scale
from evaluation.reports.judged_rows import judged_tasks, rows_of
from evaluation.services.judged import count_now, have_judged
from evaluation.views.versions import shown_version
from labeling.models import Membership
from labeling.policy.roles import Verb
from labeling.views.find import get_member_or_404

PAGE = 25


@require_safe
def version_judged(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Tab Judged outputs: what people were asked about this version's outputs."""
    member, version, context = shown_version(request, project, uid, "judged")
    rows = JudgedEvaluation.objects.filter(model_version=version).defer("result")
    rows = rows.select_related("model_version__project", "against", "set_version__evaluation_set")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    progress = progress_by_queue(page)
    context |= {
        "page": page,
        "rows": [(row, progress.get(row.queue_id)) for row in page],
        "may_ask": member.may(Verb.RUN_QUEUES),
    }
    return render(request, "evaluation/version_judged.html", context)


def judged_new(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Have a version's outputs judged, alone or beside another version's."""
    member = get_member_or_404(request.user, project, Verb.RUN_QUEUES)
    versions = ModelVersion.objects.filter(project=member.project).select_related("project")
    version = get_object_or_404(versions, uid=uid)
    form = JudgedForm(request.POST or None, version=version)
    if request.method == "POST" and form.is_valid():
        try:
            evaluation = have_judged(form.asked(), by=member)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The outputs are being put into a queue."))
            return redirect(evaluation)
    status = 400 if form.is_bound else 200
    context = {"form": form, "version": version}
    return render(request, "evaluation/judged_new.html", context, status=status)


@require_safe
def judged(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """What people said of outputs: a sentence, the numbers, the items behind them."""
    member, row = _find(request, project, uid, Verb.SEE_VERSIONS)
    progress, result = progress_of(row), read(row)
    page = Paginator(judged_tasks(row), PAGE).get_page(request.GET.get("page"))
    context = {
        "evaluation": row,
        "progress": progress,
        "result": result,
        "headline": judged_headline(row, progress, result),
        "questions": [
            (one, one.kind in COMPARING, on_scale(one, one.value.value))
            for one in (result.questions if result else [])
        ],
        "left_out": left_out_in_words(row),
        "page": page,
        "rows": rows_of(row, list(page.object_list)),
        "may_count": row.state == row.State.WAITING and member.may(Verb.ASK_VERDICTS),
        "may_see_queue": member.may(Verb.SEE_QUEUES),
    }
    return render(request, "evaluation/judged.html", context)


@require_POST
def judged_count(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Count what has been said so far."""
    member, row = _find(request, project, uid, Verb.ASK_VERDICTS)
    count_now(row, by=member)
    return redirect(row)


def _find(
    request: HttpRequest, project: str, uid: UUID, verb: Verb
) -> tuple[Membership, JudgedEvaluation]:
    member = get_member_or_404(request.user, project, verb)
    rows = JudgedEvaluation.objects.visible_to(request.user)
    rows = rows.filter(model_version__project=member.project).select_related(
        "model_version__project",
        "against",
        "set_version__evaluation_set__project",
        "rubric_version__rubric__project",
        "queue__project",
        "job__project",
    )
    return member, get_object_or_404(rows, uid=uid)
