"""What a version asks for again: a sample first, then all of it, or the earlier answers stand."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from labeling.forms.relabeling import SampleForm
from labeling.models import Membership, Queue, Rubric, RubricVersion
from labeling.policy.relabeling import TRIAL_SIZE
from labeling.policy.roles import Verb
from labeling.reports.trials import relabelings
from labeling.services.relabeling import judge_again, keep_answers
from labeling.views.find import require
from labeling.views.rubrics import find_rubric, rubric_tabs, version_of


@require_http_methods(["GET", "HEAD", "POST"])
def rubric_relabel(request: HttpRequest, project: str, uid: UUID, number: int) -> HttpResponse:
    """The queues with answers to give again, and what samples of them showed; POST decides."""
    member, row = find_rubric(request, project, uid)
    version = version_of(row, number)
    if request.method != "POST":
        return _page(request, member, row, version)
    require(member, Verb.RUN_QUEUES)
    queues = Queue.objects.filter(project=member.project)
    queue = get_object_or_404(
        queues.select_related("project", "rubric_version"), uid=_uid(request.POST.get("queue", ""))
    )
    try:
        return _decide(request, member, queue, version)
    except ValidationError as error:
        return _page(request, member, row, version, errors=error.messages)


def _decide(
    request: HttpRequest, member: Membership, queue: Queue, version: RubricVersion
) -> HttpResponse:
    what = request.POST.get("what", "all")
    if what == "keep":
        keep_answers(queue, version, request.POST.get("reason", ""), by=member)
        messages.success(
            request, _("Kept: the earlier answers stand, and the reason is on record.")
        )
        return redirect("rubric_relabel", member.project.slug, version.rubric.uid, version.number)
    first = None
    if what == "sample":
        form = SampleForm(request.POST)
        if not form.is_valid():
            raise ValidationError(form.errors.as_data())
        first = form.cleaned_data["first"]
    again = judge_again(queue, version, first=first, by=member)
    messages.success(request, _("The queue is open, with just the tasks that are asked again."))
    return redirect(again)


def _page(
    request: HttpRequest,
    member: Membership,
    row: Rubric,
    version: RubricVersion,
    *,
    errors: list[str] | None = None,
) -> HttpResponse:
    context = {
        **rubric_tabs(member, row, "rubric_versions"),
        "version": version,
        "rows": relabelings(version),
        "first": TRIAL_SIZE,
        "errors": errors or [],
        "typed": request.POST,
        "may_run": member.may(Verb.RUN_QUEUES) and version.state == RubricVersion.State.PUBLISHED,
    }
    return render(request, "labeling/rubric_relabel.html", context, status=400 if errors else 200)


def _uid(said: str) -> UUID:
    try:
        return UUID(said)
    except ValueError as error:
        raise Http404 from error
