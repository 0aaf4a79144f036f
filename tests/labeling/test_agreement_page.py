"""The tabs Agreement and Disputes of the Queue page: doors, numbers, what is withheld."""

from __future__ import annotations

from uuid import uuid4

import pytest

from labeling.models import Job, Snapshot, Task
from labeling.reports import agreement as report
from tests.factories import make_items, make_member, make_project, topic
from tests.jobs import run_jobs
from tests.labeling.makers import make_dispute
from tests.labeling.test_agreement_report import make_judged

pytestmark = pytest.mark.django_db

TABS = ("agreement", "disputes")


def url(queue, tab):
    return f"/p/{queue.project.slug}/queues/{queue.uid}/{tab}/"


@pytest.fixture
def queue():
    return make_judged(["1122" * 5, "1121" * 5])


@pytest.fixture
def lead(queue, browse):
    return browse(make_member(queue.project, "lead"))


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("lead", 200),
        ("engineer", 200),
        ("viewer", 200),
        ("annotator", 404),
        ("adjudicator", 404),
        ("admin", 404),
    ],
)
def test_a_tab_is_open_to_those_who_see_agreement(browse, queue, tab, role, status):
    client = browse(make_member(queue.project, role))
    assert client.get(url(queue, tab)).status_code == status


@pytest.mark.parametrize("tab", TABS)
def test_people_of_other_projects_find_nothing(browse, queue, tab):
    other = make_project()
    client = browse(make_member(other, "lead"))
    assert client.get(url(queue, tab)).status_code == 404
    assert client.get(f"/p/{other.slug}/queues/{queue.uid}/{tab}/").status_code == 404
    assert client.get(f"/p/{other.slug}/queues/{uuid4()}/{tab}/").status_code == 404


def test_the_page_begins_with_what_to_do(lead, queue):
    text = lead.get(url(queue, "agreement")).content.decode()
    lede = text[text.index('class="lede"') :].split("</div>")[0]
    assert "alpha is" in lede
    assert "Krippendorff" in text
    assert "Gwet" in text


def test_only_leads_read_the_names_of_annotators(browse, lead, queue):
    name = str(Task.objects.filter(queue=queue).first().annotations.first().annotator)
    viewer = browse(make_member(queue.project, "viewer"))
    assert name in lead.get(url(queue, "agreement")).content.decode()
    text = viewer.get(url(queue, "agreement")).content.decode()
    assert name not in text
    assert "Annotator 1" in text


def test_a_prevailing_answer_is_warned_of(browse):
    queue = make_judged(["1" * 19 + "2", "1" * 20])
    text = browse(make_member(queue.project, "lead")).get(url(queue, "agreement")).content.decode()
    assert "One answer makes up 98%" in text


def test_a_large_queue_shows_the_last_report_and_when_it_was_made(lead, queue, monkeypatch):
    monkeypatch.setattr(report, "LIVE_ANSWERS", 3)
    assert "Not computed yet" in lead.get(url(queue, "agreement")).content.decode()
    assert not Job.objects.exists()
    lead.post(url(queue, "agreement") + "compute/")
    lead.post(url(queue, "agreement") + "compute/")
    assert Job.objects.filter(kind="agreement").count() == 1
    run_jobs()
    text = lead.get(url(queue, "agreement")).content.decode()
    assert "Compute again" in text
    assert Snapshot.objects.get(kind="agreement").computed_at.strftime("%H:%M") in text


def test_a_viewer_asks_for_no_computing(browse, queue):
    client = browse(make_member(queue.project, "viewer"))
    assert client.post(url(queue, "agreement") + "compute/").status_code == 403
    assert client.get(url(queue, "agreement") + "compute/").status_code == 405
    assert not Job.objects.exists()


def test_disputes_show_how_the_answers_split_but_not_to_those_who_decide(browse):
    task = make_dispute()
    lead = browse(make_member(task.queue.project, "lead"))
    text = lead.get(url(task.queue, "disputes")).content.decode()
    assert "Refund" in text
    assert "Delivery" in text
    both = browse(make_member(task.queue.project, "lead", "adjudicator"))
    text = both.get(url(task.queue, "disputes")).content.decode()
    assert "Refund" not in text
    assert "Delivery" not in text
    assert "What is it about?" in text


def test_disputes_are_filtered_by_question_and_language(browse):
    task = make_dispute()
    Task.objects.update(lane="de")
    client = browse(make_member(task.queue.project, "lead"))
    path = url(task.queue, "disputes")
    name = task.item.external_id
    assert name in client.get(f"{path}?criterion=topic&lane=de").content.decode()
    assert client.get(f"{path}?criterion=mood").status_code == 400
    assert client.get(f"{path}?lane=fr").status_code == 400


def test_who_adjudicates_can_begin_here_and_decide_anew(browse):
    task = make_dispute()
    both = browse(make_member(task.queue.project, "lead", "adjudicator"))
    text = both.get(url(task.queue, "disputes")).content.decode()
    assert f"/p/{task.queue.project.slug}/adjudicate/" in text
    assert "Decide anew" not in text


def test_the_tabs_take_few_queries_for_many_tasks(browse, django_assert_max_num_queries):
    project = make_project()
    queue = make_judged(["12345" * 8] * 3, topic(*"12345"), project, items=make_items(project, 40))
    Task.objects.filter(queue=queue).update(state="disputed")
    client = browse(make_member(project, "lead"))
    for tab in TABS:
        with django_assert_max_num_queries(21):
            client.get(url(queue, tab))


def test_content_is_escaped_in_the_list(browse):
    task = make_dispute()
    task.item.content = {"text": "<script>alert(1)</script>"}
    task.item.save()
    client = browse(make_member(task.queue.project, "lead"))
    assert "<script>alert" not in client.get(url(task.queue, "disputes")).content.decode()
