"""Is it alive, can it work, how is it doing: for orchestrators and monitoring."""

from __future__ import annotations

import hmac
import shutil
from collections.abc import Callable
from datetime import timedelta
from functools import cache

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from labeling.models import RunnerHeartbeat
from maintenance import metrics

SEEN_WITHIN = timedelta(minutes=1)


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether everything that work needs is there; which part is missing, and no more."""
    checks = {
        "database": _holds(_database_answers),
        "migrations": _holds(_migrations_applied),
        "jobs": _holds(_runner_seen),
        "disk": _disk_has_room(),
    }
    ready = all(checks.values())
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


@login_not_required
@require_safe
def prometheus(request: HttpRequest) -> HttpResponse:
    """Counts for Prometheus; without the token this page does not exist."""
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    expected = settings.METRICS_TOKEN
    if not (
        expected and scheme == "Bearer" and hmac.compare_digest(given.encode(), expected.encode())
    ):
        raise Http404
    return HttpResponse(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except DatabaseError:
        return False


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _migrations_applied() -> bool:
    return _on_disk() <= set(MigrationRecorder(connection).applied_migrations())


@cache
def _on_disk() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def _runner_seen() -> bool:
    since = timezone.now() - SEEN_WITHIN
    return RunnerHeartbeat.objects.filter(seen_at__gte=since).exists()


def _disk_has_room() -> bool:
    try:
        return shutil.disk_usage(settings.FETTLE_DATA).free >= settings.FETTLE_LEAST_DISK
    except OSError:
        return False
