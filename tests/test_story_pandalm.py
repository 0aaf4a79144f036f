"""The whole way with real judgments: 999 pairs of answers, three people, two machines, disputes."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from labeling.models import ContentField, Membership, Project
from labeling.services.audit import seal
from labeling.services.projects import add_machine
from tests.factories import make_annotator, make_member, make_project
from tests.jobs import run_jobs
from tests.programs import UNTHROTTLED, answered, program

# each call is committed: PostgreSQL grows slow over thousands of changes in one transaction
pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = ("human1", "human2", "human3")
TEXTS = ("number", "instruction", "input", "response1", "response2")
Judgments = dict[str, dict[str, str]]


def test_three_peoples_judgments_become_adjudicated_labels(shared_data, tmp_path, settings):
    settings.API_RATE = UNTHROTTLED
    judgments = read_judgments(shared_data / "pandalm_judgements.csv")
    project = make_project("pairs")
    engineer = make_member(project, "engineer")
    lead = make_member(project, "lead")
    leads = program(lead, "manage", "read")

    # 999 pairs come in, each queued for three people
    assert push(engineer, pairs(shared_data / "pandalm_items.csv")) == 999
    ContentField.objects.filter(project=project, name__in=TEXTS).update(visibility="shown")
    queue = make_queue(leads, project)

    # the two models that judged them are machine annotators
    for machine, stored in (("gpt-3.5-turbo", 974), ("pandalm-7b", 999)):
        assert judge_by_machine(leads, lead, queue, machine, judgments[machine]) == stored

    # the three people judge every pair
    for name in PEOPLE:
        judge(program(make_annotator(project), "annotate"), project, judgments[name])

    # their agreement is the published one
    agreement = answered(leads.get(f"/api/v1/queues/{queue}/agreement/"))
    (criterion,) = agreement["criteria"]
    assert round(criterion["whole"]["alpha"]["value"], 3) == 0.864
    assert criterion["whole"]["pairs"] == 3 * 999
    assert len(criterion["machines"]) == 2

    # where one of the three saw it otherwise, somebody else decides
    decided = adjudicate(make_member(project, "adjudicator"), project, most(judgments))
    assert decided == 120

    # and all 999 labels go out, with a manifest that fits
    archive = export(engineer, project, queue, tmp_path / "labels.zip")
    rows = labels_in(archive)
    assert {row["external_id"]: row["answers"]["better"]["value"] for row in rows} == most(
        judgments
    )
    assert Counter(row["source"] for row in rows) == {"policy": 879, "person": 120}

    # nothing has gone wrong on the way
    call_command("verify_export", archive, stdout=io.StringIO())
    tamper(archive)
    with pytest.raises(CommandError, match=r"labels\.jsonl"):
        call_command("verify_export", archive)
    call_command("verify_integrity", "--project", project.slug, stdout=io.StringIO())
    seal()
    call_command("verify_audit", "--project", project.slug, stdout=io.StringIO())


def read_judgments(path: Path) -> Judgments:
    """Labels by annotator and item; the language model's empty answers are none."""
    found: Judgments = defaultdict(dict)
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["label"]:
                found[row["annotator"]][row["item"]] = row["label"]
    return found


def pairs(path: Path) -> list[dict[str, Any]]:
    """The pairs as items; cut texts make some look alike, so each carries its number."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        {
            "external_id": row["item"],
            "content": {
                name: row["item" if name == "number" else name] or "(none)" for name in TEXTS
            },
            "attributes": {"app": row["app"], "models": row["cmp"]},
        }
        for row in rows
    ]


def push(engineer: Membership, rows: list[dict[str, Any]]) -> int:
    """Bring the items in as a program does, in one stream; returns how many there are then."""
    body = "\n".join(map(json.dumps, rows))
    calls = program(engineer, "items")
    path = f"/api/v1/projects/{engineer.project.slug}/items/"
    batch = answered(calls.post(path, body, content_type="application/x-ndjson"), 200, 202)
    run_jobs()
    batch = answered(calls.get(f"/api/v1/imports/{batch['uid']}/"))
    assert batch["state"] == "done", batch
    return int(batch["accepted"])


def make_queue(leads: APIClient, project: Project) -> str:
    """Rubric, sample of everything and a queue of three, through the API; the queue's uid."""
    base = f"/api/v1/projects/{project.slug}"
    options = [{"key": key, "label": label} for key, label in (
        ("1", "The first"), ("2", "The second"), ("tie", "Neither"),
    )]  # fmt: skip
    criterion = {
        "key": "better",
        "kind": "single_choice",
        "subject": "pair",
        "prompt": "Which response is better?",
        "options": options,
    }
    document = {"name": "Pairs", "guidance": "Read both.", "criteria": [criterion]}
    version = answered(leads.post(f"{base}/rubrics/", {"document": document}), 201)
    answered(leads.post(f"/api/v1/rubric-versions/{version['uid']}/publish/"))
    sample = answered(leads.post(f"{base}/samples/", {"name": "All", "rate": 1, "seed": 1}), 202)
    run_jobs()
    asked = {
        "name": "Pairs",
        "rubric_version": version["uid"],
        "sample": sample["uid"],
        "overlap": 3,
        "settling": "unanimous",
        "order": "arrival",
    }
    queue = answered(leads.post(f"{base}/queues/", asked), 202)
    run_jobs()
    assert answered(leads.get(f"/api/v1/queues/{queue['uid']}/"))["state"] == "open"
    return str(queue["uid"])


def judge_by_machine(
    leads: APIClient, lead: Membership, queue: str, name: str, labels: dict[str, str]
) -> int:
    machine = add_machine(lead.project, name, by=lead)
    rows = [{"item": item, "answers": {"better": label}} for item, label in labels.items()]
    asked = {"machine": str(machine.uid), "annotations": rows}
    path = f"/api/v1/queues/{queue}/machine-annotations/"
    return int(answered(leads.post(path, asked))["stored"])


def judge(person: APIClient, project: Project, labels: dict[str, str]) -> None:
    """One person's whole work: submit and get the next, until there is none."""
    task = answered(person.post(f"/api/v1/projects/{project.slug}/claims/", {}))
    count = 0
    while task["state"] == "leased":
        asked = {"answers": {"better": labels[number_of(task["item"])]}, "next": True}
        path = f"/api/v1/leases/{task['lease']['token']}/submit/"
        task = answered(person.post(path, asked))["next"]
        count += 1
    assert count == len(labels)


def adjudicate(adjudicator: Membership, project: Project, labels: dict[str, str]) -> int:
    """Decide every dispute: blind, then with the answers seen; returns how many there were."""
    calls = program(adjudicator, "adjudicate")
    claims = f"/api/v1/projects/{project.slug}/dispute-claims/"
    count = 0
    while (dispute := answered(calls.post(claims, {})))["state"] == "claimed":
        value = labels[number_of(dispute["item"])]
        base = f"/api/v1/dispute-claims/{dispute['token']}"
        revealed = answered(calls.post(f"{base}/reveal/", {"answers": {"better": value}}))
        said = Counter(voice["answers"]["better"] for voice in revealed["voices"])
        assert sorted(said.values()) == [1, 2]
        ruling = {"value": value, "cause": "ambiguous_item", "rationale": "Two of three say so."}
        answered(calls.post(f"{base}/adjudicate/", {"rulings": {"better": ruling}}))
        count += 1
    return count


def number_of(item: dict[str, Any]) -> str:
    return next(str(field["text"]) for field in item["content"] if field["name"] == "number")


def most(judgments: Judgments) -> dict[str, str]:
    """What two or three of the people said of each pair; they never said three things."""
    items = judgments[PEOPLE[0]]
    return {
        item: Counter(judgments[name][item] for name in PEOPLE).most_common(1)[0][0]
        for item in items
    }


def export(engineer: Membership, project: Project, queue: str, path: Path) -> Path:
    calls = program(engineer, "exports")
    asked = {"kind": "adjudications", "queue": queue}
    made = answered(calls.post(f"/api/v1/projects/{project.slug}/exports/", asked), 202)
    run_jobs()
    assert answered(calls.get(f"/api/v1/exports/{made['uid']}/"))["state"] == "done"
    response = calls.get(f"/api/v1/exports/{made['uid']}/file/")
    path.write_bytes(response.getvalue())
    return path


def labels_in(archive: Path) -> list[dict[str, Any]]:

    with zipfile.ZipFile(archive) as files:
        manifest = json.loads(files.read("manifest.json"))
        (alpha,) = (row["alpha"]["value"] for row in manifest["agreement"])
        assert round(alpha, 3) == 0.864
        assert manifest["tasks_left_out"] == 0
        return [json.loads(line) for line in files.read("labels.jsonl").splitlines()]


def tamper(archive: Path) -> None:
    """Change one byte in the middle of the data."""
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 1
    archive.write_bytes(content)
