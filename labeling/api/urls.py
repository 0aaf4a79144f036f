from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from labeling.api import jobs

urlpatterns: list[URLPattern | URLResolver] = [
    # jobs
    path("projects/<slug:project>/jobs/", jobs.Jobs.as_view(), name="jobs"),
    path("jobs/<uuid:uid>/", jobs.JobDetail.as_view(), name="job"),
    path("jobs/<uuid:uid>/cancellations/", jobs.JobCancellations.as_view(), name="job_cancel"),
    path("jobs/<uuid:uid>/retries/", jobs.JobRetries.as_view(), name="job_retry"),
    path("jobs/<uuid:uid>/file/", jobs.JobFile.as_view(), name="job_file"),
]
