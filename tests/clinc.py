"""Six weeks of real traffic with what is right about it and what three versions answered."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

WEEK_SIX = "2026-10-12T00:00:00+00:00"
VERSIONS = ("v1", "v2", "v3")
Node = dict[str, str | None]


@dataclass(frozen=True)
class Clinc:
    """The traffic; everything but `nodes` by external_id.

    items: rows as an engineer pushes them. truth: what a perfect annotator answers. predictions:
    rows by version, as an engineer sends them. nodes: the taxonomy as a rubric takes it.
    names: by text, of which each item has one of its own; annotators see nothing else.
    """

    items: dict[str, dict[str, Any]]
    names: dict[str, str]
    truth: dict[str, str]
    predictions: dict[str, list[dict[str, Any]]]
    nodes: list[Node]

    @property
    def week_six(self) -> list[str]:
        return [name for name, row in self.items.items() if row["occurred_at"] >= WEEK_SIX]

    @property
    def intents(self) -> list[str]:
        """The 151 answers: the nodes that nothing is below."""
        parents = {node["parent"] for node in self.nodes}
        return [str(node["key"]) for node in self.nodes if node["key"] not in parents]

    @property
    def branches(self) -> dict[str, list[str]]:
        """The intents of each top branch; one that nothing is below stands for itself."""
        found: dict[str, list[str]] = {}
        for node in self.nodes:
            if node["parent"] is None:
                found[str(node["key"])] = []
            else:
                found[node["parent"]].append(str(node["key"]))
        return {branch: intents or [branch] for branch, intents in found.items()}

    def accuracy(self, version: str, names: list[str]) -> float:
        """How often a version is right about these items, as it truly is."""
        given = {row["external_id"]: row["prediction"] for row in self.predictions[version]}
        return sum(given[name] == self.truth[name] for name in names) / len(names)


@lru_cache(maxsize=1)
def read_clinc(folder: Path) -> Clinc:
    """The files of real traffic; nobody changes what is returned."""
    items: dict[str, dict[str, Any]] = {}
    predictions: dict[str, list[dict[str, Any]]] = {name: [] for name in VERSIONS}
    for line in (folder / "clinc_traffic.jsonl").read_text().splitlines():
        row = json.loads(line)
        row["attributes"]["latency_ms"] = str(row.pop("latency_ms"))
        items[row["external_id"]] = row
        predictions[row["model_version"]].append(_prediction(row))
    for row in _rows(folder / "clinc_predictions.csv"):
        predictions[row["model_version"]].append(_prediction(row))
    truth = {row["external_id"]: row["intent"] for row in _rows(folder / "clinc_truth.csv")}
    tree = json.loads((folder / "clinc_taxonomy.json").read_text())
    names = {row["content"]["input"]: name for name, row in items.items()}
    return Clinc(items, names, truth, predictions, nodes_of(tree))


def nodes_of(tree: dict[str, Any]) -> list[Node]:
    """The tree below its root as rows; an intent's key is its name."""
    rows: list[Node] = []

    def add(node: dict[str, Any], parent: str | None) -> None:
        label = node["name"].replace("_", " ")
        rows.append({"key": node["name"], "parent": parent, "label": label})
        for child in node.get("children", []):
            add(child, node["name"])

    for child in tree["children"]:
        add(child, None)
    return rows


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _prediction(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "external_id": row["external_id"],
        "prediction": row["prediction"],
        "confidence": float(row["confidence"]),
    }
