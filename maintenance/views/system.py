from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from labeling.models import AuditEvent, Job, Project, RunnerHeartbeat, StoredFile, User
from labeling.services import jobs as services

SHOWN = 50
SEEN_WITHIN = timedelta(minutes=1)


@require_safe
def system(request: HttpRequest) -> HttpResponse:
    """The installation as its site admin needs to see it; no project's content."""
    _require_site_admin(request)
    jobs = Job.objects.select_related("project").order_by("-created_at", "-pk")
    since = timezone.now() - SEEN_WITHIN
    found = {
        "version": settings.FETTLE_VERSION,
        "numbers": _numbers(),
        "dead": jobs.filter(state=Job.State.FAILED)[:SHOWN],
        "live": jobs.live()[:SHOWN],
        "runners": RunnerHeartbeat.objects.order_by("-seen_at")[:SHOWN],
        "runner_seen": RunnerHeartbeat.objects.filter(seen_at__gte=since).exists(),
    }
    return render(request, "maintenance/system.html", found)


@require_POST
def system_job_retry(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Try a dead letter of any project again."""
    services.retry(get_object_or_404(Job, uid=uid), by=_require_site_admin(request))
    return redirect("system")


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Nothing here is for search engines."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain")


def _require_site_admin(request: HttpRequest) -> User:
    """The System page does not exist for anybody else."""
    if not (request.user.is_authenticated and request.user.is_superuser):
        raise Http404
    return request.user


def _numbers() -> dict[str, Any]:
    return {
        "users": User.objects.filter(is_active=True).count(),
        "projects": Project.objects.filter(archived_at__isnull=True).count(),
        "failed": Job.objects.filter(state=Job.State.FAILED).count(),
        "unsealed": AuditEvent.objects.unsealed().count(),
        "files": StoredFile.objects.aggregate(count=Count("pk"), size=Sum("size", default=0)),
    }
