"""Gates on real traffic: one candidate that is better, one that is only so on the whole."""

from __future__ import annotations

import csv
import json
import random

import pytest

from evaluation.models import GateVersion, ModelVersion, Verdict
from evaluation.services.gates import ask_verdict, default_criteria, perform_verdict, register_gate
from tests.clinc import nodes_of
from tests.evaluation.makers import make_predictions, make_set_version, make_version
from tests.factories import make_items, make_project

pytestmark = pytest.mark.django_db
WEEK_SIX = "2026-10-12"


@pytest.fixture
def traffic(shared_data):
    """What is right about each query and what three versions answered, by external_id."""
    with (shared_data / "clinc_truth.csv").open() as file:
        truth = {row["external_id"]: row["intent"] for row in csv.DictReader(file)}
    given: dict[str, dict[str, str]] = {"v1": {}, "v2": {}, "v3": {}}
    for line in (shared_data / "clinc_traffic.jsonl").read_text().splitlines():
        row = json.loads(line)
        if row["occurred_at"] >= WEEK_SIX:
            given["v1"][row["external_id"]] = row["prediction"]
    with (shared_data / "clinc_predictions.csv").open() as file:
        for row in csv.DictReader(file):
            given[row["model_version"]][row["external_id"]] = row["prediction"]
    common = sorted(set(truth).intersection(*given.values()))
    tree = nodes_of(json.loads((shared_data / "clinc_taxonomy.json").read_text()))
    return truth, given, common, tree


def make_question(traffic, size: int) -> tuple[GateVersion, dict[str, ModelVersion]]:
    """The default gate on so many queries of week six, with three versions' answers."""
    truth, given, common, tree = traffic
    project = make_project("traffic")
    drawn = random.Random(6).sample(common, size)
    nodes = [{"parent": None, **node} for node in tree]
    items = make_items(project, size)
    frozen = make_set_version(project, [truth[key] for key in drawn], items=items, taxonomy=nodes)
    gate = register_gate(project, "Live", frozen, default_criteria(frozen), by=None)
    versions = {name: make_version(project, name) for name in given}
    for name, version in versions.items():
        make_predictions(version, frozen, [given[name][key] for key in drawn])
    return gate, versions


def judge(gate: GateVersion, candidate: ModelVersion, baseline: ModelVersion) -> Verdict:
    return perform_verdict(ask_verdict(gate, candidate, baseline, by=None))


def test_a_thousand_labels_pass_the_better_one_and_stop_the_one_that_breaks_banking(traffic):
    gate, versions = make_question(traffic, 1_000)
    assert judge(gate, versions["v2"], versions["v1"]).outcome == "pass"
    verdict = judge(gate, versions["v3"], versions["v1"])
    assert verdict.outcome == "fail"
    assert "on Banking" in verdict.sentence or "on banking" in verdict.sentence
    overall = next(finding for finding in verdict.findings if not finding["slice"])
    assert overall["outcome"] == "pass"


def test_forty_labels_decide_nothing(traffic):
    gate, versions = make_question(traffic, 40)
    verdict = judge(gate, versions["v2"], versions["v1"])
    assert verdict.outcome == "inconclusive"
    assert verdict.labels_needed
