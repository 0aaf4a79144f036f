from __future__ import annotations

import io
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from labeling import storage
from labeling.models import AuditEvent, Job, RunnerHeartbeat
from labeling.services import runner
from labeling.services.jobs import enqueue
from maintenance import tasks
from maintenance.management.commands import run_jobs as command
from tests.factories import make_member, make_project, make_user

pytestmark = pytest.mark.django_db


def make_job(project, **fields):
    return Job.objects.create(project=project, **{"kind": "build_report", **fields})


def failed(project, **fields):
    return make_job(project, state="failed", error="The file has no rows.", **fields)


@pytest.fixture
def lead():
    return make_member(None, "lead")


def url(member, job=None, action=""):
    return f"/p/{member.project.slug}/jobs/" + (f"{job.uid}/{action}" if job else "")


def test_the_jobs_page_shows_the_projects_jobs_and_no_others(browse, lead):
    make_job(lead.project, message="reading rows")
    make_job(make_project(), kind="somebody_elses")
    page = browse(lead).get(url(lead)).content.decode()
    assert "Build report" in page
    assert "Somebody elses" not in page


def test_the_jobs_page_says_first_what_failed(browse, lead):
    failed(lead.project)
    assert "1 job failed" in browse(lead).get(url(lead)).content.decode()


def test_an_empty_jobs_page_says_what_will_be_here(browse, lead):
    assert "No jobs yet" in browse(lead).get(url(lead)).content.decode()


@pytest.mark.parametrize("count", [1, 40])
def test_the_jobs_page_asks_as_little_for_many_jobs_as_for_one(
    browse, lead, count, django_assert_max_num_queries
):
    for _ in range(count):
        make_job(lead.project, created_by=lead)
    client = browse(lead)
    with django_assert_max_num_queries(12):
        client.get(url(lead))


def test_long_lists_have_pages(browse, lead):
    for number in range(55):
        make_job(lead.project, created_at=timezone.now() - timedelta(minutes=number))
    client = browse(lead)
    assert "?page=2" in client.get(url(lead)).content.decode()
    assert "?page=1" in client.get(url(lead) + "?page=2").content.decode()


def test_a_job_page_shows_progress_error_and_result(browse, lead):
    job = failed(lead.project, result={"rows": 17})
    page = browse(lead).get(url(lead, job)).content.decode()
    assert "The file has no rows." in page
    assert "<dt>rows</dt>" in page
    assert "Try again" in page


def test_the_card_asks_again_while_the_job_runs_and_reloads_the_page_at_its_end(browse, lead):
    client = browse(lead)
    job = make_job(lead.project, state="running", done=3, total=9)
    card = client.get(url(lead, job), headers={"HX-Request": "true"})
    assert "<html" not in card.content.decode()
    assert f'hx-get="{url(lead, job)}"' in card.content.decode()
    assert "HX-Refresh" not in card
    Job.objects.update(state="done")
    card = client.get(url(lead, job), headers={"HX-Request": "true"})
    assert "hx-get" not in card.content.decode()
    assert card["HX-Refresh"] == "true"


def test_a_lead_cancels_and_retries_a_job(browse, lead):
    client, job = browse(lead), make_job(lead.project)
    assert client.post(url(lead, job, "cancel/")).status_code == 302
    job.refresh_from_db()
    assert job.state == "canceled"
    assert client.post(url(lead, job, "cancel/")).status_code == 409
    assert client.post(url(lead, job, "retry/")).status_code == 302
    job.refresh_from_db()
    assert job.state == "queued"
    verbs = AuditEvent.objects.filter(project=lead.project).values_list("verb", flat=True)
    assert list(verbs) == ["canceled_job", "retried_job"]


@pytest.mark.parametrize("action", ["cancel/", "retry/"])
def test_looking_changes_nothing(browse, lead, action):
    job = failed(lead.project)
    assert browse(lead).get(url(lead, job, action)).status_code == 405


def test_a_job_of_another_project_does_not_exist(browse, lead):
    other = failed(make_project())
    client = browse(lead)
    for action in ("", "file/"):
        assert client.get(url(lead, other, action)).status_code == 404
    for action in ("cancel/", "retry/"):
        assert client.post(url(lead, other, action)).status_code == 404


@pytest.mark.parametrize("role", ["annotator", "adjudicator", "viewer"])
def test_jobs_do_not_exist_for_who_runs_none(browse, role):
    member = make_member(None, role)
    assert browse(member).get(url(member)).status_code == 404


def test_a_jobs_file_is_downloaded_by_who_may_see_exports(browse, lead):
    stored = storage.store(lead.project, "labels.csv", io.BytesIO(b"a,b"), content_type="text/csv")
    job = make_job(lead.project, state="done", file=stored)
    response = browse(lead).get(url(lead, job, "file/"))
    assert response["Content-Disposition"] == 'attachment; filename="labels.csv"'
    assert b"".join(response.streaming_content) == b"a,b"
    admin = make_member(lead.project, "admin")
    assert browse(admin).get(url(lead, job, "file/")).status_code == 404
    assert "Download" not in browse(admin).get(url(lead, job)).content.decode()
    assert browse(lead).get(url(lead, make_job(lead.project), "file/")).status_code == 404


def test_programs_list_and_watch_jobs(call, lead):
    job = failed(lead.project, created_by=lead)
    make_job(lead.project)
    make_job(make_project())
    program = call(lead, "read")
    listed = program.get(f"/api/v1/projects/{lead.project.slug}/jobs/").json()
    assert len(listed["results"]) == 2
    one = program.get(f"/api/v1/projects/{lead.project.slug}/jobs/?state=failed").json()
    assert [row["uid"] for row in one["results"]] == [str(job.uid)]
    shown = program.get(f"/api/v1/jobs/{job.uid}/").json()
    assert (shown["state"], shown["error"]) == ("failed", "The file has no rows.")
    assert shown["created_by"] == str(lead.uid)
    assert "id" not in shown
    assert "arguments" not in shown


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?arguments__contains=x", "unknown_filter"),
        ("?state=failed&state=done", "unknown_filter"),
        ("?state=sleeping", "invalid"),
        ("?page_size=0", "invalid"),
        ("?cursor=nonsense", "invalid"),
    ],
)
def test_filters_that_a_collection_does_not_know_are_refused(call, lead, query, code):
    response = call(lead, "read").get(f"/api/v1/projects/{lead.project.slug}/jobs/{query}")
    assert (response.status_code, response.json()["code"]) == (400, code)


def test_programs_cancel_and_retry_with_the_scope_for_it(call, lead):
    job = make_job(lead.project)
    cancel, retry = f"/api/v1/jobs/{job.uid}/cancellations/", f"/api/v1/jobs/{job.uid}/retries/"
    assert call(lead, "read").post(cancel).status_code == 403
    manager = call(lead, "manage")
    assert manager.post(retry).json()["code"] == "job_not_ended"
    assert manager.post(cancel).status_code == 202
    assert manager.post(cancel).status_code == 409
    assert manager.post(retry).json()["state"] == "queued"


def test_programs_find_no_jobs_of_other_projects(call, lead):
    program = call(lead, "read", "manage")
    other, nobodys = make_job(make_project()).uid, uuid4()
    for path in ("", "file/"):
        answers = [program.get(f"/api/v1/jobs/{uid}/{path}") for uid in (other, nobodys)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json()["message"] == answers[1].json()["message"]
    assert program.post(f"/api/v1/jobs/{other}/cancellations/").status_code == 404
    assert program.get(f"/api/v1/projects/{make_project().slug}/jobs/").status_code == 404


def test_programs_download_with_the_scope_for_exports(call, lead):
    stored = storage.store(lead.project, "labels.csv", io.BytesIO(b"a,b"))
    job = make_job(lead.project, state="done", file=stored)
    assert call(lead, "read").get(f"/api/v1/jobs/{job.uid}/file/").status_code == 404
    response = call(lead, "read", "exports").get(f"/api/v1/jobs/{job.uid}/file/")
    assert b"".join(response.streaming_content) == b"a,b"
    empty = make_job(lead.project)
    assert call(lead, "exports").get(f"/api/v1/jobs/{empty.uid}/file/").status_code == 404


def test_the_system_page_is_for_site_admins_alone(browse, lead):
    assert browse(lead).get("/system/").status_code == 404
    staff = make_user(is_staff=True)
    assert browse(staff).get("/system/").status_code == 404


def test_the_system_page_shows_dead_letters_of_all_projects_and_retries_them(browse, lead):
    client = browse(make_user(is_superuser=True, is_staff=True))
    job = failed(lead.project)
    page = client.get("/system/").content.decode()
    assert "No job runner has been seen" in page
    runner.note_seen()
    page = client.get("/system/").content.decode()
    assert "1 job failed for good" in page
    assert "The file has no rows." in page
    assert client.post(f"/system/jobs/{job.uid}/retry/").status_code == 302
    job.refresh_from_db()
    assert job.state == "queued"
    assert "All is well" in client.get("/system/").content.decode()
    assert browse(lead).post(f"/system/jobs/{job.uid}/retry/").status_code == 404


def test_run_jobs_once_does_what_is_due_and_ends():
    job = enqueue("forget_jobs")
    Job.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    call_command("run_jobs", once=True)
    job.refresh_from_db()
    assert job.state == "done"


def test_a_runner_keeps_time_until_it_is_told_to_stop(monkeypatch, settings):
    settings.REDIS_URL = ""
    stop, ticks, closed = threading.Event(), [], []
    monkeypatch.setattr(command, "TICK_EVERY", 0)

    def tick():
        ticks.append(1)
        if len(ticks) == 1:
            raise OperationalError("away")
        stop.set()

    monkeypatch.setattr(runner, "tick", tick)
    monkeypatch.setattr(command, "time", Clock())
    monkeypatch.setattr(command.connection, "close", lambda: closed.append(1))
    command._run_until(stop, 0)
    assert len(ticks) == 2
    assert closed
    assert RunnerHeartbeat.objects.get().kind == "runner"


class Clock:
    """A clock whose sleep takes no time."""

    def monotonic(self):
        return 0.0

    def sleep(self, seconds):
        assert seconds


def test_a_job_that_cannot_end_in_time_goes_back_into_the_queue():
    job = enqueue("forget_jobs")
    Job.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    claimed = runner.claim(job.uid)
    runner.give_back(claimed)
    job.refresh_from_db()
    assert job.state == "queued"
    claimed.finish({"too": "late"})
    job.refresh_from_db()
    assert job.state == "queued"


def test_projects_with_nothing_under_way_come_first():
    busy, idle = make_project(), make_project()
    long_ago = timezone.now() - timedelta(hours=1)
    make_job(busy, state="running", leased_until=timezone.now() + timedelta(minutes=1))
    make_job(busy, not_before=long_ago)
    first = make_job(idle, not_before=long_ago + timedelta(minutes=1))
    assert runner.next_due() == first.uid


def test_the_celery_tasks_do_a_job_and_keep_the_time():
    job = enqueue("forget_jobs")
    Job.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    tasks.run_job(str(job.uid))
    job.refresh_from_db()
    assert job.state == "done"
    tasks.tick()
    assert RunnerHeartbeat.objects.exists()
