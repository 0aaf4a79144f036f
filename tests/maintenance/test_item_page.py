"""An item's way forward: to every set, version, verdict, case and release that rests on it."""

from __future__ import annotations

import pytest

from labeling.models import Task
from maintenance.models import CaseLink
from maintenance.services.cases import open_case
from maintenance.services.releases import enter_stage
from tests.evaluation.frozen import decided_queue, frozen
from tests.evaluation.makers import make_predictions, make_set_version, make_version
from tests.factories import make_items, make_member, make_project, make_queue
from tests.maintenance.makers import make_release, make_verdict
from tests.security.evaluation_rows import judged, measured

pytestmark = pytest.mark.django_db


def page_of(client, item) -> str:
    return client.get(item.get_absolute_url()).text


def test_a_settled_item_leads_to_the_set_that_it_was_frozen_into(browse):
    viewer = make_member(make_project("x"), "viewer")
    version = frozen(decided_queue(viewer.project))
    item = version.examples.first().item
    page = page_of(browse(viewer), item)
    assert "Golden v1" in page
    assert version.evaluation_set.get_absolute_url() in page
    assert "inclusion probability 1.0000" in page
    assert "settled in" in page


def test_each_version_that_was_measured_on_it_was_right_or_wrong(browse):
    engineer = make_member(make_project("x"), "engineer")
    set_version = make_set_version(engineer.project, ["a", "b"])
    version = make_version(engineer.project, "v2")
    verdict = judged(version, set_version, engineer)
    measured(version, set_version, engineer)  # answers b to both
    client = browse(engineer)
    wrong, right = [page_of(client, one.item) for one in set_version.examples.all()]
    assert "wrong</span>" in wrong
    assert f"/p/x/verdicts/{verdict.uid}/" in right
    assert "as baseline" in right


def test_an_items_own_answer_counts_for_the_version_that_gave_it(browse):
    engineer = make_member(make_project("x"), "engineer")
    items = make_items(engineer.project, 1, model_version="v1", prediction="a")
    set_version = make_set_version(engineer.project, ["a"], items=items)
    version = make_version(engineer.project, "v1")
    other = make_version(engineer.project, "v2")
    make_predictions(other, set_version, ["b"])
    release = make_release(engineer.project, candidate=other)
    gate = release.gate.versions.get()
    gate.set_version = set_version
    gate.save()
    make_verdict(release, baseline=version)
    page = page_of(browse(engineer), items[0])
    assert page.count("right</span>") == 1
    assert page.count("wrong</span>") == 1


def test_a_release_that_rests_on_such_a_verdict_is_named(browse):
    viewer = make_member(make_project("x"), "viewer")
    release = make_release(viewer.project)
    make_verdict(release)
    enter_stage(release, by=make_member(viewer.project, "engineer"))
    item = release.gate.versions.get().set_version.examples.get().item
    page = page_of(browse(viewer), item)
    assert f"/p/x/releases/{release.uid}/" in page
    assert "entered its stage shadow 0%" in page


def test_cases_that_link_it_or_its_sample_are_named_once(browse):
    lead = make_member(make_project("x"), "lead")
    queue = make_queue(lead.project)
    item = queue.tasks.first().item
    case = open_case(lead.project, "German fell", by=lead)
    CaseLink.objects.create(case=case, item=item, linked_by=lead)
    CaseLink.objects.create(case=case, sample=queue.sample, linked_by=lead)
    page = page_of(browse(lead), item)
    cases = page[page.index("<dt>Cases</dt>") : page.index("</dl>", page.index("<dt>Cases</dt>"))]
    assert cases.count("German fell") == 1


def test_who_may_still_have_to_judge_it_learns_no_answer(browse):
    project = make_project("x")
    reader = make_member(project, "lead", "annotator")
    queue = make_queue(project)
    task = queue.tasks.first()
    set_version = make_set_version(project, ["refund"], items=[task.item])
    version = make_version(project, "v2")
    make_predictions(version, set_version, ["delivery"])
    make_verdict(make_release(project, candidate=version))
    client = browse(reader)
    hidden = page_of(client, task.item)
    assert "refund" not in hidden
    assert "delivery" not in hidden
    Task.objects.filter(pk=task.pk).update(state="adjudicated")
    assert "refund" in page_of(client, task.item)


def test_an_item_without_a_past_has_no_decision_resting_on_it(browse):
    viewer = make_member(make_project("x"), "viewer")
    item = make_items(viewer.project)[0]
    assert "no decision rests on it" in page_of(browse(viewer), item)
