"""The pages on which a gate is registered and asked, and its answer is read."""

from __future__ import annotations

import pytest

from evaluation.models import Gate, Verdict
from evaluation.services.gates import ask_verdict, register_gate
from labeling.models import Project
from tests.evaluation.makers import make_predictions, make_set_version, make_version
from tests.factories import make_member, make_project
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db
TREE = [
    {"key": "banking", "parent": None, "label": "Banking"},
    {"key": "travel", "parent": None, "label": "Travel"},
]


@pytest.fixture
def project() -> Project:
    return make_project("support")


@pytest.fixture
def verdict(project) -> Verdict:
    """v2 breaks banking and is as good as v1 on travel."""
    frozen = make_set_version(project, ["banking"] * 40 + ["travel"] * 60, taxonomy=TREE)
    criteria = [{"scope": "branches", "margin": 0.1, "critical": True}]
    gate = register_gate(project, "Live", frozen, criteria, by=None)
    live, candidate = make_version(project, "v1", state="live"), make_version(project, "v2")
    make_predictions(live, frozen, ["banking"] * 40 + ["travel"] * 60)
    make_predictions(candidate, frozen, ["travel"] * 100)
    verdict = ask_verdict(gate, candidate, by=make_member(project, "engineer"))
    run_jobs()
    verdict.refresh_from_db()
    return verdict


def form(frozen, **fields):
    defaults = {
        "name": "Live",
        "set_version": str(frozen.uid),
        "overall_margin": "2",
        "branch_margin": "10",
        "attribute_margin": "10",
        "slice_margin": "10",
    }
    return {**defaults, **fields}


def test_a_gate_is_registered_in_points_and_kept_in_shares(project, browse):
    frozen = make_set_version(project, ["banking"], taxonomy=TREE)
    browser = browse(make_member(project, "lead"))
    assert browser.get("/p/support/gates/new/").status_code == 200
    response = browser.post("/p/support/gates/new/", form(frozen, overall_floor="80"))
    gate = Gate.objects.get()
    assert response.url == gate.get_absolute_url()
    criteria = gate.versions.get().criteria.all()
    assert [(row.scope, row.margin, row.floor) for row in criteria] == [
        ("overall", 0.02, 0.8),
        ("branches", 0.10, None),
    ]
    assert browser.get(response.url).status_code == 200


def test_one_branch_and_the_chance_of_a_wrong_yes_can_be_set_on_the_page(project, browse):
    frozen = make_set_version(project, ["banking"], taxonomy=TREE)
    browser = browse(make_member(project, "lead"))
    assert '<option value="Travel">' in browser.get("/p/support/gates/new/").text
    asked = form(frozen, branch_margin="", branch="Banking", one_branch_margin="3", error_rate="1")
    browser.post("/p/support/gates/new/", asked)
    version = Gate.objects.get().versions.get()
    row = version.criteria.get(scope="slice")
    assert (version.error_rate, row.name, row.margin) == (0.01, "Banking", 0.03)
    assert row.conditions == [{"field": "reference", "operator": "is", "value": "banking"}]


def test_a_branch_that_the_set_does_not_know_is_refused_at_its_field(project, browse):
    frozen = make_set_version(project, ["banking"])
    browser = browse(make_member(project, "lead"))
    response = browser.post("/p/support/gates/new/", form(frozen, branch="weather"))
    assert response.status_code == 400
    assert "no such reference answer" in response.text
    assert browser.post("/p/support/gates/new/", form(frozen, branch="banking")).status_code == 302


def test_a_gate_that_asks_nothing_is_not_registered(project, browse):
    frozen = make_set_version(project, ["banking"])
    asked = form(frozen, overall_margin="", branch_margin="")
    response = browse(make_member(project, "lead")).post("/p/support/gates/new/", asked)
    assert response.status_code == 400
    assert not Gate.objects.exists()


def test_the_verdict_says_no_first_and_then_where_and_by_how_much(project, verdict, browse):
    page = browse(make_member(project, "viewer")).get(f"/p/support/verdicts/{verdict.uid}/")
    text = page.content.decode()
    assert verdict.outcome == "fail"
    assert text.index("on Banking it answers") < text.index("What was found")
    assert "40 items broken, Banking" in text
    assert "Look at the items it got worse" in text


def test_the_broken_items_of_a_slice_are_one_click_away(project, verdict, browse):
    banking = next(n for n, row in enumerate(verdict.findings) if row["slice"] == "Banking")
    address = f"/p/support/verdicts/{verdict.uid}/items/?finding={banking}"
    text = browse(make_member(project, "viewer")).get(address).content.decode()
    first = verdict.gate_version.set_version.examples.first()
    assert first.item.external_id in text
    assert "40 items, Banking" in text


@pytest.mark.parametrize("query", ["finding=9", "finding=x", "change=all"])
def test_items_of_no_finding_do_not_exist(project, verdict, browse, query):
    browser = browse(make_member(project, "viewer"))
    address = f"/p/support/verdicts/{verdict.uid}/items/?{query}"
    assert browser.get(address).status_code == 404


def test_asking_leads_to_the_verdict_and_only_to_one(project, verdict, browse):
    browser = browse(make_member(project, "engineer"))
    gate = verdict.gate_version.gate
    candidate = {"candidate": str(verdict.candidate.uid)}
    response = browser.post(f"/p/support/gates/{gate.uid}/ask/", candidate)
    assert response.url == f"/p/support/verdicts/{verdict.uid}/"
    assert Verdict.objects.count() == 1
    text = browser.get(gate.get_absolute_url()).content.decode()
    assert f"python client.py gate {gate.uid} CANDIDATE --wait" in text


def test_a_candidate_of_another_project_is_refused_like_one_that_is_none(project, verdict, browse):
    browser = browse(make_member(project, "engineer"))
    address = f"/p/support/gates/{verdict.gate_version.gate.uid}/ask/"
    foreign = {"candidate": str(make_version(make_project(), "theirs").uid)}
    assert browser.post(address, foreign).status_code == 400


def test_viewers_read_verdicts_and_ask_for_none(project, verdict, browse):
    browser = browse(make_member(project, "viewer"))
    gate = verdict.gate_version.gate
    assert browser.get(gate.get_absolute_url()).status_code == 200
    assert browser.post(f"{gate.get_absolute_url()}ask/").status_code == 403
    assert browser.get("/p/support/gates/new/").status_code == 403


def test_annotators_know_of_no_gates(project, verdict, browse):
    browser = browse(make_member(project, "annotator"))
    assert browser.get(verdict.gate_version.gate.get_absolute_url()).status_code == 404
    assert browser.get(f"/p/support/verdicts/{verdict.uid}/").status_code == 404


def test_the_version_page_begins_with_the_answer_and_offers_the_gate(project, verdict, browse):
    address = f"{verdict.candidate.get_absolute_url()}verdict/"
    text = browse(make_member(project, "engineer")).get(address).content.decode()
    assert text.index("on Banking it answers") < text.index("What was found")
    assert "Ask the gate Live" in text


def test_a_version_nobody_asked_about_says_so(project, verdict, browse):
    address = f"{make_version(project, 'v3').get_absolute_url()}verdict/"
    text = browse(make_member(project, "viewer")).get(address).content.decode()
    assert "No gate has been asked about this version yet." in text
    assert "Ask the gate Live" not in text
