from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import AuditEvent, Job, RecurringWork
from labeling.services import jobs, runner
from labeling.services.jobs import JobFailed, cancel, enqueue, job_kind, retry
from tests.factories import make_member, make_project
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    """A registry of its own for each test."""
    monkeypatch.setattr(jobs, "_kinds", {})


def make_kind(run=lambda job: None, name="count_sheep", **options):
    job_kind(name, **options)(run)
    return name


def move(job, **fields):
    Job.objects.filter(pk=job.pk).update(**fields)


def test_a_job_runs_with_its_arguments_and_keeps_what_it_found():
    kind = make_kind(lambda job: {"twice": job.arguments["sheep"] * 2})
    job = enqueue(kind, {"sheep": 4})
    run_jobs()
    job.refresh_from_db()
    assert (job.state, job.result, job.attempt) == ("done", {"twice": 8}, 1)
    assert job.finished_at
    assert job.leased_until is None


def test_asking_for_the_same_work_twice_gives_the_same_job():
    kind = make_kind()
    first = enqueue(kind, {"sheep": 1}, key="the-flock")
    assert enqueue(kind, {"sheep": 1}, key="the-flock") == first
    run_jobs()
    assert enqueue(kind, {"sheep": 1}, key="the-flock") != first


def test_the_database_holds_one_live_job_per_key_when_two_ask_at_once(monkeypatch):
    kind = make_kind()
    first = enqueue(kind, key="the-flock")
    seen = iter([None, first])
    monkeypatch.setattr(jobs, "_same_work", lambda job: next(seen))
    assert enqueue(kind, key="the-flock") == first
    assert Job.objects.count() == 1


def test_work_without_a_key_is_asked_for_as_often_as_one_likes():
    kind = make_kind()
    assert enqueue(kind) != enqueue(kind)


def test_a_running_job_is_not_taken_by_a_second_runner():
    job = enqueue(make_kind())
    assert runner.claim(job.uid)
    assert runner.claim(job.uid) is None


def test_work_is_due_at_once_also_where_the_clock_of_this_machine_is_ahead():
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        job = enqueue(make_kind())
    assert runner.next_due() == job.uid
    runner.claim(job.uid).cancel()
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        retry(job, by=make_member(None, "lead"))
    assert runner.claim(job.uid)


def test_a_job_whose_runner_died_is_taken_over_and_the_late_runner_changes_nothing():
    job = enqueue(make_kind())
    late = runner.claim(job.uid)
    move(job, leased_until=timezone.now() - timedelta(seconds=1))
    second = runner.claim(job.uid)
    assert second.attempt == 2
    late.finish({"by": "the late one"})
    assert late.renew() is False
    job.refresh_from_db()
    assert (job.state, job.result) == ("running", {})
    second.finish({"by": "the second"})
    job.refresh_from_db()
    assert job.result == {"by": "the second"}


def test_an_error_is_tried_again_later_and_ends_as_a_dead_letter():
    def stumble(job):
        raise ValueError("the secret of item 17")

    job = enqueue(make_kind(stumble, attempts=3))
    runner.run_job(job.uid)
    job.refresh_from_db()
    assert (job.state, job.attempt) == ("queued", 1)
    assert job.not_before > timezone.now()
    run_jobs(may_fail=True)
    job.refresh_from_db()
    assert (job.state, job.attempt) == ("failed", 3)
    assert "ValueError" in job.error
    assert "item 17" not in job.error


def test_a_failure_told_in_words_is_final_and_shown():
    def refuse(job):
        raise JobFailed("The file has no rows.")

    job = enqueue(make_kind(refuse))
    run_jobs(may_fail=True)
    job.refresh_from_db()
    assert (job.state, job.attempt, job.error) == ("failed", 1, "The file has no rows.")


def test_a_kind_that_this_version_does_not_know_waits_for_one_that_does():
    job = Job.objects.create(kind="from_the_future")
    runner.run_job(job.uid)
    job.refresh_from_db()
    assert job.state == "queued"


def test_a_job_that_kills_its_runner_each_time_ends_as_a_dead_letter():
    ended = []
    job = enqueue(make_kind(attempts=2, ended=ended.append))
    for _attempt in range(2):
        assert runner.claim(job.uid)
        move(job, leased_until=timezone.now() - timedelta(seconds=1))
    assert runner.claim(job.uid) is None
    runner.tick()
    job.refresh_from_db()
    assert job.state == "failed"
    assert "2 times" in job.error
    assert ended == [job]


def test_a_queued_job_is_canceled_at_once():
    ended = []
    project = make_project()
    job = enqueue(make_kind(ended=ended.append), project=project)
    cancel(job, by=make_member(project, "lead"))
    assert (job.state, ended) == ("canceled", [job])
    assert run_jobs() == []
    assert AuditEvent.objects.get().verb == "canceled_job"


def test_a_running_job_stops_at_its_next_step():
    project = make_project()
    steps = []

    def walk(job):
        steps.append("first")
        cancel(Job.objects.get(pk=job.row.pk), by=make_member(project, "lead"))
        job.check_cancelled()
        steps.append("never")

    job = enqueue(make_kind(walk), project=project)
    run_jobs()
    job.refresh_from_db()
    assert (job.state, steps) == ("canceled", ["first"])


def test_a_job_ends_even_when_what_hangs_on_it_cannot_be_tidied():
    def broken(job):
        raise KeyError("import")

    job = enqueue(make_kind(ended=broken))
    cancel(job, by=make_member(None, "lead"))
    job.refresh_from_db()
    assert job.state == "canceled"


def test_an_ended_job_cannot_be_canceled():
    job = enqueue(make_kind())
    run_jobs()
    with pytest.raises(Conflict, match="already ended"):
        cancel(job, by=make_member(None, "lead"))


def test_a_failed_job_can_be_tried_again():
    mood = ["bad", "good"]

    def work(job):
        if mood.pop(0) == "bad":
            raise JobFailed("Not today.")

    member = make_member(None, "lead")
    job = enqueue(make_kind(work), project=member.project)
    run_jobs(may_fail=True)
    retry(Job.objects.get(pk=job.pk), by=member)
    run_jobs()
    job.refresh_from_db()
    assert (job.state, job.error) == ("done", "")


def test_a_job_is_not_retried_while_the_same_work_is_under_way():
    member = make_member(None, "lead")
    kind = make_kind()
    first = enqueue(kind, key="the-flock")
    cancel(first, by=member)
    enqueue(kind, key="the-flock")
    with pytest.raises(Conflict, match="another job"):
        retry(first, by=member)


def test_only_what_failed_or_was_canceled_can_be_retried():
    job = enqueue(make_kind())
    with pytest.raises(Conflict, match="Only a failed"):
        retry(job, by=make_member(None, "lead"))


def test_progress_is_written_seldom_but_always_at_the_end(django_assert_max_num_queries):
    def count(job):
        for number in range(1000):
            job.progress(number + 1, 1000, "counting")

    job = enqueue(make_kind(count))
    with django_assert_max_num_queries(20):
        runner.run_job(job.uid)
    job.refresh_from_db()
    assert (job.done, job.total, job.message) == (1000, 1000, "counting")


def test_the_clock_asks_for_recurring_work_once_each_time():
    kind = make_kind(every=timedelta(minutes=1))
    runner.tick()
    runner.tick()
    assert Job.objects.count() == 1
    run_jobs()
    runner.tick()
    assert Job.objects.count() == 1
    RecurringWork.objects.filter(kind=kind).update(asked_at=timezone.now() - timedelta(minutes=2))
    runner.tick()
    runner.tick()
    assert Job.objects.count() == 2


def test_recurring_work_is_not_asked_for_when_there_is_nothing_to_do():
    make_kind(every=timedelta(minutes=1), when=lambda: False)
    runner.tick()
    assert not Job.objects.exists()


def test_work_is_published_after_the_commit_and_not_after_a_rollback(
    settings, monkeypatch, django_capture_on_commit_callbacks
):
    settings.REDIS_URL = "redis://nowhere"
    sent = []
    monkeypatch.setattr(jobs.current_app, "send_task", lambda *args, **_more: sent.append(args))
    kind = make_kind()
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        enqueue(kind)
        transaction.set_rollback(True)
    assert (sent, Job.objects.count()) == ([], 0)
    with django_capture_on_commit_callbacks(execute=True):
        enqueue(kind)
        assert sent == []
    assert len(sent) == 1


def test_a_broker_that_is_away_fails_no_request_and_the_tick_publishes_later(
    settings, monkeypatch, django_capture_on_commit_callbacks
):
    settings.REDIS_URL = "redis://nowhere"

    def broken(*_args, **_more):
        raise runner.BrokerError("no route")

    monkeypatch.setattr(jobs.current_app, "send_task", broken)
    with django_capture_on_commit_callbacks(execute=True):
        job = enqueue(make_kind())
    move(job, not_before=timezone.now() - timedelta(minutes=1))
    runner.tick()
    sent = []
    monkeypatch.setattr(
        jobs.current_app, "send_task", lambda _name, args, **_more: sent.append(args)
    )
    runner.tick()
    assert sent == [[str(job.uid)]]


def test_a_uid_that_is_not_there_is_nobodys_problem():
    runner.run_job(uuid4())


def test_recurring_jobs_that_went_well_are_forgotten_after_a_day():
    from labeling.services.upkeep import forget_jobs

    old = timezone.now() - timedelta(days=2)
    kind = make_kind(forget_jobs)
    done = {"state": "done", "finished_at": old}
    Job.objects.create(kind="tick_tock", key=jobs.RECURRING, **done)
    stays = Job.objects.create(kind="import_items", **done)
    job = enqueue(kind)
    run_jobs()
    assert set(Job.objects.all()) == {stays, job}
