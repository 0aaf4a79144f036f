from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from labeling.api import jobs, judging, people, tokens

urlpatterns: list[URLPattern | URLResolver] = [
    # jobs
    path("projects/<slug:project>/jobs/", jobs.Jobs.as_view(), name="jobs"),
    path("jobs/<uuid:uid>/", jobs.JobDetail.as_view(), name="job"),
    path("jobs/<uuid:uid>/cancellations/", jobs.JobCancellations.as_view(), name="job_cancel"),
    path("jobs/<uuid:uid>/retries/", jobs.JobRetries.as_view(), name="job_retry"),
    path("jobs/<uuid:uid>/file/", jobs.JobFile.as_view(), name="job_file"),
    # judging
    path("projects/<slug:project>/claims/", judging.Claims.as_view(), name="claims"),
    path("leases/<uuid:token>/heartbeat/", judging.Heartbeat.as_view(), name="lease_heartbeat"),
    path("leases/<uuid:token>/draft/", judging.Draft.as_view(), name="lease_draft"),
    path("leases/<uuid:token>/submit/", judging.Submit.as_view(), name="lease_submit"),
    path("leases/<uuid:token>/skip/", judging.Skip.as_view(), name="lease_skip"),
    path("leases/<uuid:token>/release/", judging.Release.as_view(), name="lease_release"),
    path("annotations/<uuid:uid>/undo/", judging.Undo.as_view(), name="annotation_undo"),
    path(
        "queues/<uuid:uid>/machine-annotations/",
        judging.MachineAnnotations.as_view(),
        name="machine_annotations",
    ),
    # people
    path("me/", people.MeView.as_view(), name="me"),
    path("projects/<slug:project>/people/", people.People.as_view(), name="people"),
    path("people/<uuid:uid>/", people.Person.as_view(), name="person"),
    path("projects/<slug:project>/teams/", people.Teams.as_view(), name="teams"),
    path("projects/<slug:project>/invitations/", people.Invitations.as_view(), name="invitations"),
    path("invitations/<uuid:uid>/", people.InvitationDetail.as_view(), name="invitation"),
    # tokens
    path("projects/<slug:project>/tokens/", tokens.Tokens.as_view(), name="tokens"),
    path("tokens/<uuid:uid>/", tokens.TokenDetail.as_view(), name="token"),
]
