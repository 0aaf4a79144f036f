"""Judged outputs in the browser and for programs."""

from __future__ import annotations

import pytest

from evaluation.models import JudgedEvaluation, Verdict
from evaluation.services.judged import count_now
from labeling.models import Item
from labeling.services.items import erase
from tests.evaluation.judging import (
    always,
    judge_all,
    make_judged,
    make_outputs,
    make_pairs,
    prefer,
    tone,
)
from tests.factories import make_annotator, make_member, make_project, make_rubric_version
from tests.jobs import run_jobs
from tests.labeling.makers import better

pytestmark = pytest.mark.django_db
FINE = {"key": "ok", "kind": "yes_no", "subject": "output", "prompt": "Fine?"}


def test_a_lead_has_pairs_judged_from_a_versions_page(browse):
    project = make_project()
    set_version, new, old = make_outputs(project, 3)
    rubric = make_rubric_version(project, [better() | {"subject": "pair"}])
    browser = browse(make_member(project, "lead"))
    form = f"/p/{project.slug}/versions/{new.uid}/judged/new/"
    assert "Have outputs judged" in browser.get(form).content.decode()

    sent = browser.post(
        form,
        {
            "set_version": set_version.uid,
            "rubric_version": rubric.uid,
            "against": old.uid,
            "overlap": 1,
            "shuffle_sides": "on",
        },
    )
    assert sent.status_code == 302, sent.content.decode()
    run_jobs()

    row = JudgedEvaluation.objects.get()
    assert row.queue.blinding["shuffle_sides"]
    page = browser.get(sent.url).content.decode()
    assert "0 of 3 items judged." in page
    assert (
        "new against old on"
        in browser.get(f"/p/{project.slug}/versions/{new.uid}/judged/").content.decode()
    )


def test_a_form_that_does_not_fit_says_why_and_keeps_what_was_chosen(browse):
    project = make_project()
    set_version, new, _old = make_outputs(project, 3)
    rubric = make_rubric_version(project, [better()])
    sent = browse(make_member(project, "lead")).post(
        f"/p/{project.slug}/versions/{new.uid}/judged/new/",
        {
            "set_version": set_version.uid,
            "rubric_version": rubric.uid,
            "overlap": 1,
            "name": "Mine",
        },
    )
    assert sent.status_code == 400
    assert "there is only one" in sent.content.decode()
    assert 'value="Mine"' in sent.content.decode()


@pytest.mark.parametrize(
    ("won", "sentence"),
    [
        (12, "people prefer it."),
        (0, "people prefer old."),
        (6, "which of the two people prefer is not shown."),
    ],
    ids=["won", "lost", "even"],
)
def test_the_page_begins_with_what_people_prefer(browse, won, sentence):
    project = make_project()
    evaluation = make_pairs(project, 12)
    judge_all(project, prefer("new"), most=won)
    judge_all(project, prefer("old"))
    count_now(evaluation, by=None)

    page = browse(make_member(project, "viewer")).get(evaluation.get_absolute_url())
    assert sentence in page.content.decode()
    assert "Count what there is" not in page.content.decode()


def test_what_there_is_can_be_counted_and_is_not_final(browse):
    project = make_project()
    evaluation = make_pairs(project, 4)
    judge_all(project, prefer("new"), most=2)
    browser = browse(make_member(project, "engineer"))

    browser.post(f"/p/{project.slug}/judged/{evaluation.uid}/count/")
    page = browser.get(evaluation.get_absolute_url()).content.decode()
    assert "2 of 4 items judged. Not final: new wins 100" in page


@pytest.mark.parametrize(
    ("criterion", "said", "sentence"),
    [
        (tone(), "kind", "new scores 3.00"),
        (FINE, "yes", "yes to “Fine?”"),
    ],
    ids=["scale", "yes"],
)  # fmt: skip
def test_one_versions_outputs_end_in_a_score(browse, criterion, said, sentence):
    project = make_project()
    set_version, new, _old = make_outputs(project, 3)
    evaluation = make_judged(project, set_version, new, criteria=[criterion])
    judge_all(project, always(said, criterion["key"]))
    count_now(evaluation, by=None)
    page = browse(make_member(project, "lead")).get(evaluation.get_absolute_url())
    assert sentence in page.content.decode()


def test_annotators_and_strangers_find_nothing(browse):
    project = make_project()
    evaluation = make_pairs(project, 2)
    for person in (make_annotator(project), make_member(make_project(), "lead")):
        browser = browse(person)
        assert browser.get(evaluation.get_absolute_url()).status_code == 404
        assert browser.get(f"/api/v1/judged-evaluations/{evaluation.uid}/").status_code == 404


def test_a_program_asks_waits_counts_and_reads_the_rows(call):
    project = make_project()
    set_version, new, old = make_outputs(project, 4)
    rubric = make_rubric_version(project, [better() | {"subject": "pair"}])
    leads = call(make_member(project, "lead"), "manage", "evaluate")
    base = f"/api/v1/projects/{project.slug}/judged-evaluations/"
    asked = {"version": new.uid, "against": old.uid, "set_version": set_version.uid}
    made = leads.post(base, {**asked, "rubric_version": rubric.uid, "overlap": 1, "size": 3})
    assert (made.status_code, made.json()["state"]) == (202, "preparing")
    run_jobs()
    judge_all(project, prefer("old"))

    path = f"/api/v1/judged-evaluations/{made.json()['uid']}/"
    assert leads.get(path).json()["progress"] == {"judged": 3, "wanted": 3, "awaited": 0}
    counted = leads.post(f"{path}counts/").json()
    assert (counted["state"], counted["result"]["questions"][0]["losses"]) == ("done", 3)
    rows = leads.get(f"{path}items/").json()["results"]
    assert [[one["version"] for one in row["outputs"]] for row in rows] == [["new", "old"]] * 3
    assert {row["scores"]["better"] for row in rows} == {0.0}
    listed = leads.get(f"{base}?version={new.uid}").json()["results"]
    assert [row["uid"] for row in listed] == [made.json()["uid"]]


def test_what_does_not_fit_or_is_not_there_is_refused_by_its_field(call):
    project = make_project()
    set_version, new, old = make_outputs(project, 2)
    rubric = make_rubric_version(project, [better()])
    leads = call(make_member(project, "lead"), "manage")
    base = f"/api/v1/projects/{project.slug}/judged-evaluations/"
    asked = {"version": new.uid, "set_version": set_version.uid, "rubric_version": rubric.uid}
    for change, field in (
        ({}, "rubric_version"),
        ({"against": new.uid}, "against"),
        ({"against": make_pairs(make_project(), 1).against.uid}, "against"),
        ({"against": old.uid, "rubric_version": old.uid}, "rubric_version"),
    ):
        refused = leads.post(base, {**asked, **change})
        assert refused.status_code == 400
        assert field in refused.json()["fields"], refused.json()
    engineers = call(make_member(project, "engineer"), "evaluate")
    assert engineers.post(base, {**asked, "against": old.uid}).status_code == 403


def test_an_erased_item_takes_its_outputs_along(browse):
    project = make_project()
    evaluation = make_pairs(project, 1)
    erase(Item.objects.get(), "asked for", by=make_member(project, "lead"))
    page = browse(make_member(project, "lead")).get(evaluation.get_absolute_url())
    assert "says 0" not in page.content.decode()


def test_a_gate_about_a_win_rate_is_registered_in_the_browser(browse):
    project = make_project()
    evaluation = make_pairs(project, 20)
    judge_all(project, prefer("new"))
    count_now(evaluation, by=None)
    browser = browse(make_member(project, "lead"))
    gate = browser.post(
        f"/p/{project.slug}/gates/new/",
        {
            "name": "People",
            "set_version": evaluation.set_version.uid,
            "win_question": "better",
            "win_floor": "50",
            "error_rate": "5",
        },
    )
    assert gate.status_code == 302, gate.content.decode()
    asked = {"candidate": evaluation.model_version.uid, "baseline": evaluation.against.uid}
    browser.post(f"{gate.url}ask/", asked)
    run_jobs()
    verdict = Verdict.objects.get()
    assert verdict.outcome == "pass"
    page = browser.get(f"/p/{project.slug}/verdicts/{verdict.uid}/").content.decode()
    assert "win rate on “better”" in page
