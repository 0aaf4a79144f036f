"""The whole way with real traffic: six weeks in, a thousand judged, and three verdicts out."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from labeling.models import Project
from labeling.services.audit import seal
from tests.clinc import VERSIONS, WEEK_SIX, Clinc, read_clinc
from tests.factories import make_annotator, make_member, make_project
from tests.jobs import run_jobs
from tests.programs import UNTHROTTLED, answered, program

# each call is committed: PostgreSQL grows slow over thousands of changes in one transaction
pytestmark = pytest.mark.django_db(transaction=True)
API = "/api/v1"
LINES = "application/x-ndjson"
SLIPS = 0.05
SEED = 6
DONE = object()
#: No worse overall than by two points, and in no branch of the reference answer by ten.
CRITERIA = [{"scope": "overall", "margin": 0.02}, {"scope": "branches", "margin": 0.1}]


class Loop:
    """One project's people at work, each calling the API with a token of their own."""

    def __init__(self, clinc: Clinc) -> None:
        self.clinc = clinc
        self.project = make_project("traffic")
        self.base = f"{API}/projects/traffic"
        self.engineer = program(make_member(self.project, "engineer"), "items", "evaluate")
        self.lead = program(make_member(self.project, "lead"), "manage", "read")
        self.adjudicator = program(make_member(self.project, "adjudicator"), "adjudicate")
        self.people = [Person(self.project, clinc, number) for number in range(3)]

    def send(self, path: str, noun: str, rows: list[dict[str, Any]]) -> Any:
        """Rows in one stream, and what is said of them once a job has taken them."""
        body = "\n".join(map(json.dumps, rows))
        sent = answered(self.engineer.post(path, body, content_type=LINES), 200, 202)
        run_jobs()
        return answered(self.engineer.get(f"{API}/{noun}/{sent['uid']}/"))

    def make(self, by: APIClient, path: str, noun: str, **asked: Any) -> Any:
        """What somebody asks for, as it is once its job is done."""
        made = answered(by.post(path, asked), 202)
        run_jobs()
        return answered(by.get(f"{API}/{noun}/{made['uid']}/"))


class Person:
    """An annotator who knows what is right and slips now and then."""

    def __init__(self, project: Project, clinc: Clinc, number: int) -> None:
        self.claims = f"{API}/projects/{project.slug}/claims/"
        self.calls = program(make_annotator(project), "annotate")
        self.clinc, self.random = clinc, Random(number)

    def work(self) -> Iterator[None]:
        """Judge one item after the other for as long as there are any; each step is one."""
        task = answered(self.calls.post(self.claims, {}))
        while task["state"] == "leased":
            yield
            asked = {"answers": {"intent": self.answer(task["item"])}, "next": True}
            path = f"{API}/leases/{task['lease']['token']}/submit/"
            task = answered(self.calls.post(path, asked))["next"]

    def answer(self, item: dict[str, Any]) -> str:
        right = self.clinc.truth[name_of(item, self.clinc)]
        if self.random.random() >= SLIPS:
            return right
        return self.random.choice([intent for intent in self.clinc.intents if intent != right])


def test_a_thousand_judged_queries_let_one_version_pass_and_stop_another(
    shared_data, settings, browse
):
    settings.API_RATE = UNTHROTTLED
    clinc = read_clinc(shared_data)
    loop = Loop(clinc)

    # six weeks of traffic come in, and the same again changes nothing
    rows = list(clinc.items.values())
    batch = loop.send(f"{loop.base}/items/", "imports", rows)
    assert (batch["state"], batch["accepted"], batch["refused"]) == ("done", 7774, 0)
    again = loop.send(f"{loop.base}/items/", "imports", rows[:10])
    assert (again["accepted"], again["unchanged"]) == (0, 10)
    found = answered(loop.lead.get(f"{loop.base}/items/", {"q": "do i have options on how"}))
    (item,) = found["results"]
    assert (item["external_id"], item["model_version"]) == ("q29581dd1b049", "v1")
    show_input(browse(make_member(loop.project, "admin")))

    # a thousand of week six, and forty, are judged, each by two of three people
    rubric = publish(loop)
    name_branches(loop)
    thousand, forty = (freeze(loop, judge(loop, rubric, draw(loop, size))) for size in (1_000, 40))
    assert (thousand["size"], forty["size"]) == (1_000, 40)
    assert len(thousand["taxonomy"]) == len(clinc.nodes) == 161
    check_labels(loop, thousand)

    # what is asked of a version is registered before there is any result
    gate = register(loop, "Week 6", thousand)
    few = register(loop, "Forty", forty)
    versions = {name: send_version(loop, name) for name in VERSIONS}
    for name, version in versions.items():
        check_evaluation(loop, name, version, thousand)

    # the better version passes; the one that is better but for one branch does not
    better = ask(loop, gate, versions["v2"])
    assert better["outcome"] == "pass", better["sentence"]
    broken = ask(loop, gate, versions["v3"])
    assert broken["outcome"] == "fail", broken["sentence"]
    assert broken["sentence"].startswith("Say no: on banking")
    overall = next(row for row in broken["findings"] if not row["slice"])
    assert overall["outcome"] == "pass"

    # forty labels decide nothing
    undecided = ask(loop, few, versions["v2"])
    assert undecided["outcome"] == "inconclusive", undecided["sentence"]
    assert undecided["labels_needed"]
    assert ask(loop, few, versions["v3"])["outcome"] != "pass"

    # and everything can be recomputed
    for command, *about in (
        *(["verify_set", row["uid"]] for row in (thousand, forty)),
        *(["verify_verdict", row["uid"]] for row in (better, broken, undecided)),
        ["verify_integrity", "--project", "traffic"],
    ):
        call_command(command, *about, stdout=io.StringIO())
    seal()
    call_command("verify_audit", "--project", "traffic", stdout=io.StringIO())


def show_input(admins: Client) -> None:
    """Let annotators see what was asked; a page does that, the API does not."""
    shown = {"field-text-visibility": "hidden", "field-input-visibility": "shown"}
    assert admins.post("/p/traffic/settings/fields/", shown).status_code == 302


def publish(loop: Loop) -> str:
    """A rubric that asks for one of 151 intents; the uid of its version."""
    question = {
        "key": "intent",
        "kind": "taxonomy",
        "subject": "input",
        "prompt": "What does the person want?",
        "taxonomy": {"name": "Intents", "nodes": loop.clinc.nodes},
    }
    document = {"name": "Intent", "guidance": "The narrowest that fits.", "criteria": [question]}
    version = answered(loop.lead.post(f"{loop.base}/rubrics/", {"document": document}), 201)
    answered(loop.lead.post(f"{API}/rubric-versions/{version['uid']}/publish/"))
    return str(version["uid"])


def name_branches(loop: Loop) -> None:
    """A slice for each branch of what the live version answered."""
    for branch, intents in loop.clinc.branches.items():
        condition = {"field": "prediction", "operator": "one_of", "value": intents}
        asked = {"name": branch, "conditions": [condition]}
        answered(loop.lead.post(f"{loop.base}/slices/", asked), 201)


def draw(loop: Loop, size: int) -> dict[str, Any]:
    """So many queries of week six, of each branch in proportion to its traffic."""
    plan = {"name": f"{size} of week 6", "size": size, "since": WEEK_SIX, "seed": SEED}
    branches = list(loop.clinc.branches)
    sample = loop.make(loop.lead, f"{loop.base}/samples/", "samples", **plan, slices=branches)
    assert (sample["state"], sample["size"]) == ("drawn", size)
    population = len(loop.clinc.week_six)
    assert sample["frame_size"] == population
    for row in sample["strata"]:
        assert abs(row["drawn"] - size * row["population"] / population) < 1
    return dict(sample)


def judge(loop: Loop, rubric: str, sample: dict[str, Any]) -> dict[str, Any]:
    """A queue of a sample, judged by three people and adjudicated; as it is at its end."""
    asked = {
        "name": sample["name"],
        "rubric_version": rubric,
        "sample": sample["uid"],
        "overlap": 2,
        "settling": "unanimous",
    }
    queue = loop.make(loop.lead, f"{loop.base}/queues/", "queues", **asked)
    assert queue["state"] == "open", queue
    at_work = [person.work() for person in loop.people]
    while at_work:
        at_work = [steps for steps in at_work if next(steps, DONE) is not DONE]
    path = f"{API}/queues/{queue['uid']}/"
    disputed = answered(loop.lead.get(path))["progress"]["disputed"]
    assert adjudicate(loop) == disputed
    queue = answered(loop.lead.get(path))
    assert queue["progress"]["adjudicated"] == disputed
    assert queue["progress"]["settled"] + disputed == sample["size"]
    return dict(queue)


def adjudicate(loop: Loop) -> int:
    """Decide every dispute: blind, then with the answers seen; returns how many there were."""
    count = 0
    while (dispute := claimed(loop))["state"] == "claimed":
        value = loop.clinc.truth[name_of(dispute["item"], loop.clinc)]
        base = f"{API}/dispute-claims/{dispute['token']}"
        answered(loop.adjudicator.post(f"{base}/reveal/", {"answers": {"intent": value}}))
        ruling = {"value": value, "cause": "slip", "rationale": "One of them slipped."}
        answered(loop.adjudicator.post(f"{base}/adjudicate/", {"rulings": {"intent": ruling}}))
        count += 1
    return count


def claimed(loop: Loop) -> Any:
    return answered(loop.adjudicator.post(f"{loop.base}/dispute-claims/", {}))


def name_of(item: dict[str, Any], clinc: Clinc) -> str:
    """Which item this is: people are shown its text and nothing else."""
    (field,) = item["content"]
    return clinc.names[field["text"]]


def freeze(loop: Loop, queue: dict[str, Any]) -> dict[str, Any]:
    """The labels of a queue as the first version of a set."""
    asked = {"name": queue["name"], "role": "frozen"}
    row = answered(loop.lead.post(f"{loop.base}/sets/", asked), 201)
    path = f"{API}/sets/{row['uid']}/versions/"
    frozen = loop.make(loop.lead, path, "set-versions", queues=[queue["uid"]], criterion="intent")
    assert frozen["state"] == "frozen", frozen["error"]
    return dict(frozen)


def check_labels(loop: Loop, frozen: dict[str, Any]) -> None:
    """The set says how good its labels are, and it is right."""
    quality = frozen["quality"]
    (agreement,) = quality["agreement"]
    # two of two say the same in 0.95² of all cases, and almost never by chance
    assert abs(agreement["alpha"]["value"] - 0.95**2) < 0.03
    assert agreement["alpha"]["low"] < 0.95**2 < agreement["alpha"]["high"]
    decided = quality["decided_by"]
    assert decided["policy"] + decided["person"] == 1_000
    assert quality["adjudicated_share"]["value"] == decided["person"] / 1_000
    assert abs(decided["person"] / 1_000 - (1 - 0.95**2)) < 0.03
    wrong = Counter(
        loop.clinc.truth[row["external_id"]] == row["references"]["intent"]
        for row in examples(loop, frozen)
    )
    assert wrong == {True: 1_000}


def examples(loop: Loop, frozen: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    url = f"{API}/set-versions/{frozen['uid']}/examples/?page_size=500"
    while url:
        page = answered(loop.engineer.get(url))
        found += page["results"]
        url = page["next"]
    return found


def register(loop: Loop, name: str, frozen: dict[str, Any]) -> str:
    """The gate on this set; its uid."""
    asked = {"name": name, "set_version": frozen["uid"], "criteria": CRITERIA}
    return str(answered(loop.lead.post(f"{loop.base}/gates/", asked), 201)["uid"])


def send_version(loop: Loop, name: str) -> str:
    """A version with its answers to all six weeks; those of the live one came with the items."""
    asked = {"name": name, "state": "live" if name == "v1" else "candidate"}
    version = answered(loop.engineer.post(f"{loop.base}/versions/", asked), 201)
    path = f"{API}/versions/{version['uid']}/predictions/"
    upload = loop.send(path, "uploads", loop.clinc.predictions[name])
    assert (upload["state"], upload["refused"]) == ("done", 0)
    new, known = (0, 7774) if name == "v1" else (7774, 0)
    assert (upload["accepted"], upload["unchanged"]) == (new, known)
    return str(version["uid"])


def check_evaluation(loop: Loop, name: str, version: str, frozen: dict[str, Any]) -> None:
    """How often a version is right in the whole week lies where the thousand say it does."""
    asked = {"version": version, "set_version": frozen["uid"]}
    found = loop.make(loop.engineer, f"{loop.base}/evaluations/", "evaluations", **asked)
    assert found["state"] == "done", found["reason"]
    accuracy = found["result"]["accuracy"]
    assert accuracy["low"] < loop.clinc.accuracy(name, loop.clinc.week_six) < accuracy["high"]


def ask(loop: Loop, gate: str, version: str) -> dict[str, Any]:
    """A gate's answer about a version, beside the live one."""
    path = f"{API}/gates/{gate}/verdicts/"
    return dict(loop.make(loop.engineer, path, "verdicts", candidate=version))
