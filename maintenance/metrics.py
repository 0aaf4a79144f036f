"""What is counted for Prometheus: requests by route, jobs by state. No label holds user text."""

from __future__ import annotations

import os
from collections.abc import Iterator

from django.db.models import Count, Min
from django.http import HttpRequest
from django.utils import timezone
from prometheus_client import REGISTRY, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from labeling.models import Job
from labeling.models.jobs import JobQuerySet

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS = Histogram(
    "fettle_request_seconds",
    "Time to answer, by route and status.",
    ["method", "route", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def note_request(request: HttpRequest, status: int, seconds: float) -> None:
    """Count one answered request."""
    method = request.method if request.method in METHODS else "other"
    route = request.resolver_match.view_name if request.resolver_match else "none"
    REQUESTS.labels(method, route, str(status)).observe(seconds)


def exposition() -> bytes:
    """Everything counted, by all web processes together, as Prometheus reads it."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    jobs = CollectorRegistry()
    jobs.register(JobCounts())
    return b"".join(generate_latest(source) for source in (registry, jobs))


class JobCounts:
    """Jobs as they are in the table at the moment of asking."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        states = GaugeMetricFamily("fettle_jobs", "Jobs by state.", labels=["state"])
        counts = dict(
            Job.objects.order_by().values_list("state").annotate(jobs=Count("pk")).iterator()
        )
        for state in Job.State.values:
            states.add_metric([state], counts.get(state, 0))
        yield states
        due = Job.objects.due().order_by()
        yield GaugeMetricFamily("fettle_jobs_due", "Jobs waiting for a runner.", due.count())
        yield GaugeMetricFamily(
            "fettle_jobs_wait_seconds", "How long the oldest due job has waited.", _waited(due)
        )


def _waited(due: JobQuerySet) -> float:
    since = due.aggregate(since=Min("not_before"))["since"]
    return max(0.0, (timezone.now() - since).total_seconds()) if since else 0.0
