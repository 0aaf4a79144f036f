from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from labeling import storage
from labeling.models import Job, Membership
from labeling.models.jobs import JobQuerySet
from labeling.policy.roles import Verb
from labeling.services import jobs as services
from labeling.views.find import get_member_or_404

PAGE_SIZE = 50


@require_safe
def jobs(request: HttpRequest, project: str) -> HttpResponse:
    """The project's background work, newest first."""
    member = get_member_or_404(request.user, project, Verb.SEE_JOBS)
    rows = _jobs_of(request, member)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    counts = dict(rows.order_by().values_list("state").annotate(count=Count("pk")))
    previous_url = f"?page={page.previous_page_number()}" if page.has_previous() else ""
    next_url = f"?page={page.next_page_number()}" if page.has_next() else ""
    found = {"page": page, "counts": counts, "previous_url": previous_url, "next_url": next_url}
    return render(request, "labeling/jobs.html", found)


@require_safe
def job(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """One job; htmx asks for its card alone until it has ended."""
    member = get_member_or_404(request.user, project, Verb.SEE_JOBS)
    row = get_object_or_404(_jobs_of(request, member), uid=uid)
    if request.headers.get("HX-Request"):
        return _card(request, row)
    may_have_file = member.may(Verb.SEE_EXPORTS)
    found = {"job": row, "may_run": member.may(Verb.RUN_JOBS), "may_have_file": may_have_file}
    return render(request, "labeling/job.html", found)


@require_POST
def job_cancel(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """End a job before it is done."""
    member = get_member_or_404(request.user, project, Verb.RUN_JOBS)
    row = services.cancel(get_object_or_404(_jobs_of(request, member), uid=uid), by=member)
    return redirect(row)


@require_POST
def job_retry(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Try a failed or canceled job again."""
    member = get_member_or_404(request.user, project, Verb.RUN_JOBS)
    row = services.retry(get_object_or_404(_jobs_of(request, member), uid=uid), by=member)
    return redirect(row)


@require_safe
def job_file(request: HttpRequest, project: str, uid: UUID) -> FileResponse:
    """What a job produced; only for who may see exports, since it may hold labels and items."""
    member = get_member_or_404(request.user, project, Verb.SEE_JOBS)
    get_member_or_404(request.user, project, Verb.SEE_EXPORTS)
    row = get_object_or_404(_jobs_of(request, member).select_related("file"), uid=uid)
    if row.file is None:
        raise Http404
    return storage.serve(row.file)


def _card(request: HttpRequest, row: Job) -> HttpResponse:
    """The card that asks again by itself; once the job has ended the page around it is reloaded."""
    card = {"job": row, "url": row.get_absolute_url()}
    response = render(request, "components/job.html", card)
    if row.finished:
        response["HX-Refresh"] = "true"
    return response


def _jobs_of(request: HttpRequest, member: Membership) -> JobQuerySet:
    visible = Job.objects.visible_to(request.user).filter(project=member.project)
    return visible.select_related("project", "created_by__user").order_by("-created_at", "-pk")
