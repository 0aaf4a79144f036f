"""The pages of samples and queues, through their doors."""

from __future__ import annotations

import pytest

from labeling.models import Queue, Sample, Task
from tests.factories import (
    make_annotation,
    make_item,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_rubric_version,
    make_sample,
    make_team,
)
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_member(make_project("shop"), "lead")


def test_a_sample_is_drawn_in_the_browser_by_a_job(browse, lead):
    make_items(lead.project, 12)
    page = browse(lead).post("/p/shop/samples/new/", plan(size=5), follow=True)
    assert page.status_code == 200
    run_jobs()
    sample = Sample.objects.get()
    assert (sample.state, sample.size, sample.frame_size) == ("drawn", 5, 12)
    assert "5 items, standing for 12" in browse(lead).get(page.request["PATH_INFO"]).text


def test_a_share_in_percent_is_taken_instead_of_a_size(browse, lead):
    make_items(lead.project, 20)
    browse(lead).post("/p/shop/samples/new/", plan(rate=25))
    run_jobs()
    assert Sample.objects.get().size == 5


def test_a_plan_that_makes_no_sense_keeps_what_was_typed(browse, lead):
    page = browse(lead).post("/p/shop/samples/new/", plan(name="Weekly", size=0))
    assert page.status_code == 400
    assert 'value="Weekly"' in page.text
    assert not Sample.objects.exists()


def test_a_queue_is_made_on_one_form_and_opens_by_itself(browse, lead):
    version, sample = make_rubric_version(lead.project), make_sample(lead.project)
    browse(lead).post("/p/shop/queues/new/", queue_form(version, sample, overlap=3))
    run_jobs()
    queue = Queue.objects.get()
    assert (queue.state, queue.tasks.count(), queue.slots.count()) == ("open", 3, 9)


def test_the_form_says_what_is_missing_before_a_queue_can_be_made(browse, lead):
    assert "Publish a rubric first" in browse(lead).get("/p/shop/queues/new/").text
    make_rubric_version(lead.project)
    assert "Draw a sample first" in browse(lead).get("/p/shop/queues/new/").text


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"sensitive": "on"}, "cap_daily", "how many sensitive items"),
        ({"languages": "german", "lane_attribute": "language"}, "languages", "is no language"),
        ({"languages": "de"}, "languages", "which attribute holds"),
        ({"name": "A\u202equeue"}, "name", "invisible"),
    ],
)
def test_what_is_refused_is_said_at_its_field(browse, lead, given, field, sentence):
    version, sample = make_rubric_version(lead.project), make_sample(lead.project)
    page = browse(lead).post("/p/shop/queues/new/", queue_form(version, sample, **given))
    assert page.status_code == 400
    assert sentence in page.context["form"].errors[field][0]
    assert not Queue.objects.exists()


def test_languages_are_typed_in_any_case(browse, lead):
    version, sample = make_rubric_version(lead.project), make_sample(lead.project)
    typed = queue_form(version, sample, languages="DE, pt-BR", lane_attribute="language")
    assert browse(lead).post("/p/shop/queues/new/", typed).status_code == 302
    assert Queue.objects.get().languages == ["de", "pt-br"]


def test_another_projects_sample_is_no_choice(browse, lead):
    version, foreign = make_rubric_version(lead.project), make_sample(make_project("other"))
    page = browse(lead).post("/p/shop/queues/new/", queue_form(version, foreign))
    assert page.status_code == 400
    assert not Queue.objects.exists()


def test_a_queue_is_paused_reopened_and_closed(browse, lead):
    queue = make_queue(lead.project)
    client = browse(lead)
    for move, state in (("pause", "paused"), ("reopen", "open"), ("close", "closed")):
        client.post(f"{queue.get_absolute_url()}move/", {"move": move})
        queue.refresh_from_db()
        assert queue.state == state


def test_pausing_twice_is_a_conflict(browse, lead):
    queue = make_queue(lead.project)
    browse(lead).post(f"{queue.get_absolute_url()}move/", {"move": "pause"})
    again = browse(lead).post(f"{queue.get_absolute_url()}move/", {"move": "pause"})
    assert again.status_code == 409


def test_progress_counts_tasks_and_judgments_of_each_language(browse, lead):
    german = make_item(lead.project, attributes={"language": "de"})
    english = make_item(lead.project, attributes={"language": "en"})
    queue = make_queue(lead.project, [german, english], lane_attribute="language")
    make_annotation(queue.tasks.get(item=german), None, {"topic": "refund"})
    page = browse(lead).get(queue.get_absolute_url()).text
    assert "3 of 4 judgments are still to be given" in page
    assert page.index(">de<") < page.index(">en<")


def test_what_everybody_skipped_is_offered_again(browse, lead):
    queue = make_queue(lead.project)
    queue.tasks.update(state=Task.State.ATTENTION)
    assert "Skipped by everybody" in browse(lead).get(queue.get_absolute_url()).text
    browse(lead).post(f"{queue.get_absolute_url()}offer-again/")
    assert set(queue.tasks.values_list("state", flat=True)) == {"open"}


def test_a_vendors_lead_sees_the_teams_queues_and_only_its_own_count(browse, lead):
    team = make_team(lead.project, "vendor")
    vendor = make_member(lead.project, "lead", "annotator", team=team)
    queue = make_queue(lead.project, name="For all")
    other = make_queue(lead.project, name="For another team")
    other.teams.add(make_team(lead.project, "vendor"))
    make_annotation(queue.tasks.first(), vendor, {"topic": "refund"})
    make_annotation(queue.tasks.last(), None, {"topic": "refund"})
    page = browse(vendor).get("/p/shop/queues/").text
    assert "For all" in page
    assert "For another team" not in page
    assert '<td class="number">1</td>' in page


def test_a_queue_that_could_not_be_prepared_says_so(browse, lead):
    queue = make_queue(lead.project, state="failed")
    assert "could not be prepared" in browse(lead).get(queue.get_absolute_url()).text


def plan(**given):
    return {"name": "A sample", "allocation": "proportional", **given}


def queue_form(version, sample, **given):
    return {
        "name": "A queue",
        "rubric_version": str(version.uid),
        "sample": str(sample.uid),
        "overlap": 2,
        "settling": "unanimous",
        "lease_minutes": 15,
        "order": "random",
        **given,
    }
