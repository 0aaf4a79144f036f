"""At most so many items for one person, in a queue and on one day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from labeling.models import Annotation, Queue
from labeling.services.annotations import submit_and_go_on
from labeling.services.answers import Payload
from labeling.services.assignment import claim, hold, release
from labeling.services.standing import standing_of
from tests.factories import (
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_rubric_version,
    make_sample,
)
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return make_annotator(make_project("shop"))


def queue_of(ann, **caps) -> Queue:
    return make_queue(ann.project, make_items(ann.project, 6), overlap=1, **caps)


def answer(lease, **how):
    payload = Payload({"topic": "refund"})
    return submit_and_go_on(lease.annotator, lease.token, payload, at=timezone.now(), **how)


def test_nobody_is_given_more_than_the_queue_allows(ann):
    queue = queue_of(ann, cap_each=2)
    second = answer(claim(queue, ann)).lease
    assert second is not None
    assert answer(second).lease is None
    assert claim(queue, ann) is None
    assert claim(queue, make_annotator(ann.project)) is not None


def test_tomorrow_there_is_more_where_the_cap_is_for_a_day(ann):
    queue = queue_of(ann, cap_daily=1)
    assert answer(claim(queue, ann)).lease is None
    Annotation.objects.update(submitted_at=timezone.now() - timedelta(days=1))
    assert claim(queue, ann) is not None


def test_what_somebody_has_already_stays_theirs_and_counts(ann):
    queue = queue_of(ann, cap_each=1)
    lease = claim(queue, ann)
    assert hold(queue, ann) is None
    assert claim(queue, ann).token == lease.token
    release(ann, lease.token)
    assert claim(queue, ann) is not None


def test_the_held_item_is_the_last_one(ann):
    queue = queue_of(ann, cap_each=2)
    first = claim(queue, ann)
    held = hold(queue, ann)
    assert hold(queue, ann).token == held.token
    done = answer(first, ahead=True)
    assert (done.lease.token, done.held) == (held.token, None)
    assert answer(done.lease).lease is None


def test_who_reached_the_cap_is_told_so(ann, browse):
    queue = queue_of(ann, cap_each=1)
    answer(claim(queue, ann))
    assert standing_of(ann).state == "cap_reached"
    page = browse(ann).get("/p/shop/judge/").text
    assert "You have judged as many items as one person may here" in page


def test_a_queue_is_made_with_caps_in_the_browser_and_by_programs(browse, call):
    lead = make_member(make_project("shop"), "lead")
    version, sample = make_rubric_version(lead.project), make_sample(lead.project)
    given = {"name": "a", "rubric_version": str(version.uid), "sample": str(sample.uid)}
    form = {"overlap": 2, "lease_minutes": 15, "order": "random", "settling": "unanimous"}
    browse(lead).post("/p/shop/queues/new/", {**given, **form, "cap_each": 40, "cap_daily": ""})
    body = {**given, "cap_daily": 7}
    made = call(lead, "read", "manage").post("/api/v1/projects/shop/queues/", body, format="json")
    assert (made.status_code, made.json()["cap_daily"], made.json()["cap_each"]) == (202, 7, None)
    run_jobs()
    by_form = Queue.objects.order_by("pk").first()
    assert (by_form.cap_each, by_form.cap_daily) == (40, None)
    assert "Most items for one person" in browse(lead).get(by_form.get_absolute_url()).text


def test_a_cap_that_leaves_no_work_is_refused(call):
    lead = make_member(make_project("shop"), "lead")
    version, sample = make_rubric_version(lead.project), make_sample(lead.project)
    body = {"name": "a", "rubric_version": str(version.uid), "sample": str(sample.uid)}
    got = call(lead, "read", "manage").post(
        "/api/v1/projects/shop/queues/", {**body, "cap_each": 0}, format="json"
    )
    assert got.status_code == 400
    with pytest.raises(ValidationError):
        Queue(cap_each=0, project=lead.project).full_clean(validate_unique=False)
