"""Real traffic comes in: 7,774 queries, and a rubric that asks for one of 151 intents."""

from __future__ import annotations

import json

import pytest

from labeling.models import Criterion, Item, TaxonomyVersion
from tests.factories import make_member, make_project
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


def test_traffic_comes_in_and_a_rubric_asks_for_its_intents(shared_data, call):
    # given a project with an engineer and a lead
    project = make_project("traffic")
    engineer = call(make_member(project, "engineer"), "items")
    lead = call(make_member(project, "lead"), "manage", "read")

    # when six weeks of traffic are pushed as they were logged, without what items do not have
    rows = []
    for line in (shared_data / "clinc_traffic.jsonl").read_text().splitlines():
        row = json.loads(line)
        row["attributes"]["latency_ms"] = str(row.pop("latency_ms"))
        rows.append(json.dumps(row))
    pushed = engineer.post(
        "/api/v1/projects/traffic/items/", "\n".join(rows), content_type="application/x-ndjson"
    )
    assert pushed.status_code == 202, pushed.content
    run_jobs()

    # then every row is an item, and the same again changes nothing
    found = engineer.get(f"/api/v1/imports/{pushed.data['uid']}/").data
    assert (found["state"], found["accepted"], found["refused"]) == ("done", 7774, 0)
    item = Item.objects.get(project=project, external_id="q29581dd1b049")
    assert item.content["input"].startswith("do i have options")
    assert item.model_version == "v1"
    again = engineer.post(
        "/api/v1/projects/traffic/items/",
        "\n".join(rows[:10]),
        content_type="application/x-ndjson",
    )
    assert (again.data["accepted"], again.data["unchanged"]) == (0, 10)

    # and a rubric with the whole tree of intents can be published and queued
    tree = json.loads((shared_data / "clinc_taxonomy.json").read_text())
    question = {
        "key": "intent",
        "kind": "taxonomy",
        "subject": "input",
        "prompt": "What does the person want?",
        "taxonomy": {"name": "Intents", "nodes": nodes_of(tree)},
    }
    document = {"name": "Intent", "guidance": "The narrowest that fits.", "criteria": [question]}
    base = "/api/v1/projects/traffic"
    version = lead.post(f"{base}/rubrics/", {"document": document})
    assert version.status_code == 201, version.content
    published = lead.post(f"/api/v1/rubric-versions/{version.data['uid']}/publish/")
    assert published.status_code == 200, published.content
    taxonomy = TaxonomyVersion.objects.get(criteria__in=Criterion.objects.filter(key="intent"))
    parents = {node["parent"] for node in taxonomy.nodes}
    assert len([node for node in taxonomy.nodes if node["key"] not in parents]) == 151
    sample = lead.post(f"{base}/samples/", {"name": "Some", "size": 50, "seed": 3})
    run_jobs()
    asked = {"name": "Intents", "rubric_version": version.data["uid"], "sample": sample.data["uid"]}
    queue = lead.post(f"{base}/queues/", asked)
    assert queue.status_code == 202, queue.content
    run_jobs()
    assert lead.get(f"/api/v1/queues/{queue.data['uid']}/").data["state"] == "open"


def nodes_of(tree: dict) -> list[dict[str, str | None]]:
    """The tree below its root as rows; an intent's key is its name."""
    rows: list[dict[str, str | None]] = []

    def add(node: dict, parent: str | None) -> None:
        label = node["name"].replace("_", " ")
        rows.append({"key": node["name"], "parent": parent, "label": label})
        for child in node.get("children", []):
            add(child, node["name"])

    for child in tree["children"]:
        add(child, None)
    return rows
