"""Five models' answers, compared in pairs by three people who do not know whose is whose.

Some pairs of each two models by default; all 945 that both answered with FETTLE_TEST_FULL=1.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import zipfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from evaluation.models import SetVersion
from evaluation.policy.gates import MINIMUM
from evaluation.services.judged import count_now, finished
from labeling.models import Annotation, ContentField, Item, Membership, Project
from labeling.services.audit import seal
from tests.evaluation.makers import make_set_version
from tests.factories import make_annotator, make_member, make_project
from tests.jobs import run_jobs
from tests.programs import UNTHROTTLED, answered, program

# each call is committed: PostgreSQL grows slow over thousands of changes in one transaction
pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = ("human1", "human2", "human3")
SOME = None if os.environ.get("FETTLE_TEST_FULL") else 9
WORTH = {"1": 1.0, "tie": 0.5, "2": 0.0}
Rows = dict[str, list[dict[str, str]]]
Labels = dict[str, dict[str, str]]


def test_pairs_of_outputs_judged_blind_end_in_the_win_rates_of_the_file(
    shared_data, settings, tmp_path
):
    settings.API_RATE = UNTHROTTLED
    pairs = read_pairs(shared_data / "pandalm_items.csv")
    labels = read_labels(shared_data / "pandalm_judgements.csv")
    assert len(pairs) == 10
    project = make_project("generative")
    lead, engineer = make_member(project, "lead"), make_member(project, "engineer")
    leads, engineers = program(lead, "manage", "read", "evaluate"), program(engineer, "evaluate")

    # five versions, and what each of them answered
    versions = {name: register(engineers, project, name) for name in models_in(pairs)}
    assert len(versions) == 5
    push(engineer, pairs)
    # the first set has all instructions, the others those that both models answered
    whole, *_rest = pairs
    asked_of = {pair: rows if pair == whole else with_both(rows) for pair, rows in pairs.items()}
    sets = {pair: make_set(project, rows) for pair, rows in asked_of.items()}
    for name, uid in versions.items():
        send(engineers, uid, outputs_of(name, pairs))

    # each two models become pairs of outputs; a pair without one of them is left out
    rubric = publish(leads, project)
    asked = {
        pair: have_judged(leads, project, (pair, versions), sets[pair], rubric) for pair in pairs
    }
    run_jobs()
    waiting = {pair: answered(leads.get(path_of(uid))) for pair, uid in asked.items()}
    for pair, evaluation in waiting.items():
        rows = with_both(pairs[pair])
        assert evaluation["progress"] == {"judged": 0, "wanted": len(rows), "awaited": len(rows)}
        assert sum(evaluation["left_out"].values()) == len(asked_of[pair]) - len(rows)

    # three people say which side is better, and nothing they are sent names a model
    for person in PEOPLE:
        judge(program(make_annotator(project), "annotate"), project, labels[person], pairs)
    Annotation.objects.update(submitted_at="2026-10-01T09:00:00Z")
    assert {row.state for row in map(counted, finished())} == {"done"}
    sides = Counter(tuple(shown["sides"]) for shown in said_on())
    assert abs(sides["a", "b"] - sides["b", "a"]) <= 3 * math.sqrt(sides.total())

    # what comes out is what the file gives
    for pair, uid in asked.items():
        rows = with_both(pairs[pair])
        expected = [mean_of(row["item"], labels) for row in rows]
        done = answered(engineers.get(path_of(uid)))
        (question,) = done["result"]["questions"]
        rate, low, high = interval(expected)
        assert done["result"]["final"]
        assert question["value"]["value"] == pytest.approx(rate)
        assert question["value"]["low"] == pytest.approx(low)
        assert question["value"]["high"] == pytest.approx(high)
        assert question["ties"] == sum(said(row, labels).count("tie") for row in rows)
        sides_are_undone(engineers, pair, uid, (rows, labels))
        exported = export(engineer, done["queue"], tmp_path / f"{pair}.zip")
        labels_are_of_outputs(exported, (rows, labels))

    # a gate says what the intervals say, and nothing where an answer is missing
    for pair, uid in asked.items():
        evaluation = answered(leads.get(path_of(uid)))
        outcome = ask_gate(leads, project, evaluation, sets[pair])
        expected = [mean_of(row["item"], labels) for row in with_both(pairs[pair])]
        assert outcome in allowed(expected, evaluation["left_out"])

    # nothing has gone wrong on the way
    call_command("verify_integrity", "--project", project.slug, stdout=io.StringIO())
    seal()
    call_command("verify_audit", "--project", project.slug, stdout=io.StringIO())


def allowed(scores: list[float], left_out: dict[str, int]) -> set[str]:
    """What a gate may say of a win rate that has to reach a half; its bounds are wider."""
    if left_out:
        return {"invalid"}
    _rate, low, high = interval(scores)
    if len(scores) < MINIMUM or low <= 0.5 <= high:
        return {"inconclusive"}
    sure = abs(low + high - 1) / 2 > high - low
    return {"pass" if low > 0.5 else "fail"} | (set() if sure else {"inconclusive"})


def read_pairs(path: Path) -> Rows:
    """The rows of each two models; by default the first of them."""
    found: Rows = defaultdict(list)
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            found[row["cmp"]].append(row)
    return {pair: rows[:SOME] for pair, rows in found.items()}


def read_labels(path: Path) -> Labels:
    found: Labels = defaultdict(dict)
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            found[row["annotator"]][row["item"]] = row["label"]
    return found


def models_in(pairs: Rows) -> list[str]:
    return sorted({name for pair in pairs for name in pair.split("_")})


def with_both(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row for row in rows if row["response1"].strip() and row["response2"].strip()]


def outputs_of(name: str, pairs: Rows) -> list[dict[str, str]]:
    """What a model answered; the file has no row for an empty answer here, as none was sent."""
    rows = []
    for pair, found in pairs.items():
        for model, column in zip(pair.split("_"), ("response1", "response2"), strict=True):
            if model == name:
                rows += [
                    {"external_id": f"pair-{row['item']}", "prediction": row[column]}
                    for row in found
                    if row[column].strip()
                ]
    return rows


def push(engineer: Membership, pairs: Rows) -> None:
    """Bring the instructions in, once for each pair of answers to them."""
    rows = [
        {
            "external_id": f"pair-{row['item']}",
            "content": {
                "number": row["item"],
                "instruction": row["instruction"],
                "input": row["input"] or "(none)",
            },
            "attributes": {"app": row["app"]},
        }
        for found in pairs.values()
        for row in found
    ]
    body = "\n".join(map(json.dumps, rows))
    path = f"/api/v1/projects/{engineer.project.slug}/items/"
    sent = program(engineer, "items").post(path, body, content_type="application/x-ndjson")
    answered(sent, 200, 202)
    run_jobs()
    ContentField.objects.filter(project=engineer.project).update(visibility="shown")


def make_set(project: Project, rows: list[dict[str, str]]) -> SetVersion:
    """The instructions of these rows as the items of a frozen set."""
    known = {item.external_id: item for item in Item.objects.filter(project=project)}
    items = [known[f"pair-{row['item']}"] for row in rows]
    return make_set_version(project, ["instruction"] * len(items), items=items)


def register(engineers: APIClient, project: Project, name: str) -> str:
    path = f"/api/v1/projects/{project.slug}/versions/"
    return str(answered(engineers.post(path, {"name": name}), 201)["uid"])


def send(engineers: APIClient, version: str, rows: list[dict[str, str]]) -> None:
    body = "\n".join(map(json.dumps, rows))
    path = f"/api/v1/versions/{version}/predictions/"
    sent = engineers.post(path, body, content_type="application/x-ndjson")
    assert answered(sent, 200, 202)["refused"] == 0
    run_jobs()


def publish(leads: APIClient, project: Project) -> str:
    criterion = {
        "key": "better",
        "kind": "preference",
        "subject": "pair",
        "prompt": "Which answer is better?",
        "terms": {"strength": False, "both_bad": False},
    }
    document = {"name": "Pairs", "guidance": "Read both.", "criteria": [criterion]}
    path = f"/api/v1/projects/{project.slug}/rubrics/"
    version = answered(leads.post(path, {"document": document}), 201)
    answered(leads.post(f"/api/v1/rubric-versions/{version['uid']}/publish/"))
    return str(version["uid"])


def have_judged(
    leads: APIClient,
    project: Project,
    compared: tuple[str, dict[str, str]],
    set_version: SetVersion,
    rubric: str,
) -> str:
    pair, versions = compared
    first, second = pair.split("_")
    asked = {
        "version": versions[first],
        "against": versions[second],
        "set_version": str(set_version.uid),
        "rubric_version": rubric,
        "overlap": 3,
    }
    path = f"/api/v1/projects/{project.slug}/judged-evaluations/"
    return str(answered(leads.post(path, asked), 202)["uid"])


def path_of(evaluation: str) -> str:
    return f"/api/v1/judged-evaluations/{evaluation}/"


def judge(person: APIClient, project: Project, labels: dict[str, str], pairs: Rows) -> None:
    """One person's whole work: each label is given to the side on which its answer stands."""
    rows = {row["item"]: row for found in pairs.values() for row in found}
    task = answered(person.post(f"/api/v1/projects/{project.slug}/claims/", {}))
    while task["state"] == "leased":
        row = rows[number_of(task["item"])]
        left, right = (output.pop("text") for output in task["item"]["outputs"])
        assert {left, right} == {row["response1"], row["response2"]}
        assert not any(name in json.dumps(task) for name in models_in(pairs))
        chosen = row.get(f"response{labels[row['item']]}")
        answer = {left: "a", right: "b"}.get(chosen or "", "tie")
        asked = {"answers": {"better": answer}, "next": True}
        path = f"/api/v1/leases/{task['lease']['token']}/submit/"
        task = answered(person.post(path, asked))["next"]


def number_of(item: dict[str, Any]) -> str:
    return next(str(field["text"]) for field in item["content"] if field["name"] == "number")


def counted(evaluation: Any) -> Any:
    return count_now(evaluation, by=None)


def said_on() -> list[dict[str, Any]]:
    return list(Annotation.objects.values_list("shown", flat=True))


def said(row: dict[str, str], labels: Labels) -> list[str]:
    return [labels[person][row["item"]] for person in PEOPLE]


def mean_of(item: str, labels: Labels) -> float:
    """How often the first model's answer was preferred, a tie as half."""
    return sum(WORTH[labels[person][item]] for person in PEOPLE) / len(PEOPLE)


def interval(scores: list[float]) -> tuple[float, float, float]:
    """Mean and Wilson's interval at the n that the spread of items is worth.

    Two items more are taken to vary as a yes or no does.
    """
    n = len(scores)
    rate = sum(scores) / n
    yes_no = rate * (1 - rate)
    spread = (sum((score - rate) ** 2 for score in scores) + 2 * yes_no) / (n + 2)
    worth = n * yes_no / spread if yes_no else n
    z = 1.959963984540054
    centre = (rate + z**2 / (2 * worth)) / (1 + z**2 / worth)
    reach = z * math.sqrt(rate * (1 - rate) / worth + z**2 / (4 * worth**2)) / (1 + z**2 / worth)
    return rate, centre - reach, centre + reach


def sides_are_undone(
    engineers: APIClient, pair: str, evaluation: str, file: tuple[list[dict[str, str]], Labels]
) -> None:
    """Whose answer is whose, and how it fared, item by item."""
    rows, labels = file
    found: list[dict[str, Any]] = []
    following = f"{path_of(evaluation)}items/?page_size=500"
    while following:
        page = answered(engineers.get(following))
        found, following = found + page["results"], page["next"]
    by_item = {row["external_id"]: row for row in found}
    assert len(by_item) == len(rows)
    for row in rows:
        first, second = pair.split("_")
        one = by_item[f"pair-{row['item']}"]
        assert one["outputs"] == [
            {"version": first, "text": row["response1"]},
            {"version": second, "text": row["response2"]},
        ]
        assert one["scores"]["better"] == pytest.approx(mean_of(row["item"], labels))


def export(engineer: Membership, queue: str, path: Path) -> list[dict[str, Any]]:
    """The settled labels of a queue, as they are downloaded."""
    calls = program(engineer, "exports")
    asked = {"kind": "adjudications", "queue": queue}
    base = f"/api/v1/projects/{engineer.project.slug}/exports/"
    made = answered(calls.post(base, asked), 202)
    run_jobs()
    response = calls.get(f"/api/v1/exports/{made['uid']}/file/")
    path.write_bytes(response.getvalue())
    with zipfile.ZipFile(path) as files:
        return [json.loads(line) for line in files.read("labels.jsonl").splitlines()]


def labels_are_of_outputs(
    exported: list[dict[str, Any]], file: tuple[list[dict[str, str]], Labels]
) -> None:
    """Each settled answer names the output that most people preferred, wherever it stood."""
    rows, labels = file
    by_item = {f"pair-{row['item']}": row for row in rows}
    assert len(exported) == len(rows)
    for label in exported:
        row = by_item[label["external_id"]]
        most = Counter(said(row, labels)).most_common(1)[0][0]
        value = label["answers"]["better"]["value"]
        chosen = "tie" if value == "tie" else label["outputs"]["ab".index(value)]
        assert chosen == row.get(f"response{most}", "tie")


def ask_gate(
    leads: APIClient, project: Project, evaluation: dict[str, Any], set_version: SetVersion
) -> str:
    """Whether the first model is shown to win at least half of the time."""
    criterion = {"metric": "win_rate", "question": "better", "scope": "overall", "floor": 0.5}
    gate = {
        "name": evaluation["name"],
        "set_version": str(set_version.uid),
        "criteria": [criterion],
        "error_rate": 0.025,
    }
    made = answered(leads.post(f"/api/v1/projects/{project.slug}/gates/", gate), 200, 201)
    asked = {"candidate": evaluation["version"], "baseline": evaluation["against"]}
    path = f"/api/v1/gates/{made['uid']}/verdicts/"
    verdict = answered(leads.post(path, asked), 200, 202)
    run_jobs()
    return str(answered(leads.get(f"/api/v1/verdicts/{verdict['uid']}/"))["outcome"])
