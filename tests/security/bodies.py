"""A sound body for each write of the API that names other rows, and where it names them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from drf_spectacular.generators import SchemaGenerator

from labeling.models import Project
from maintenance.models import Release
from tests.security.routes import Route, routes
from tests.security.world import World

JSON = "application/json"
#: What stands for a row of the world: a "@" before its kind.
ROW = "@"
MAIL = [{"field": "attributes.channel", "operator": "is", "value": "mail"}]
#: Fields that do not go with the sound body of their route; the route's own tests send them.
APART = {
    ("api:exports", "POST"): {"slice"},
    ("api:annotation_amend", "POST"): {"token"},  # a key of the caller's own, no row
}
#: route and method: a body that is refused at most for the state of things.
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("api:person", "PATCH"): {"team": "@team"},
    ("api:slices", "POST"): {"name": "New", "conditions": MAIL, "owner": "@person"},
    ("api:slice", "PUT"): {"name": "Newer", "conditions": MAIL, "owner": "@person"},
    ("api:invitations", "POST"): {
        "people": [{"email": "new@example.org", "roles": ["annotator"], "team": "@team"}]
    },
    ("api:claims", "POST"): {"queue": "@queue"},
    ("api:machine_annotations", "POST"): {
        "machine": "@machine",
        "annotations": [{"item": "x", "answers": {}}],
    },
    ("api:rubric_relabelings", "POST"): {"queue": "@queue"},
    ("api:rubric_kept_answers", "POST"): {"queue": "@queue", "reason": "Few change."},
    ("api:rubric_owner", "PUT"): {"owner": "@member"},
    ("api:queues", "POST"): {
        "name": "New",
        "rubric_version": "@rubric_version",
        "sample": "@sample",
        "teams": ["@team"],
    },
    ("api:queue_price", "POST"): {
        "rubric_version": "@rubric_version",
        "sample": "@sample",
        "teams": ["@team"],
    },
    ("api:queue", "PATCH"): {"overlap": 3, "teams": ["@team"]},
    ("api:queue_qualifications", "POST"): {"people": ["@person"]},
    ("api:queue_skips", "POST"): {"task": "@asked", "reason": "broken_item"},
    ("api:exports", "POST"): {"kind": "annotations", "queue": "@queue"},
    ("api:dispute_claims", "POST"): {"queue": "@queue"},
    ("evaluation-api:versions", "POST"): {"name": "New", "parent": "@version"},
    ("evaluation-api:evaluations", "POST"): {"version": "@version", "set_version": "@set_version"},
    ("evaluation-api:judged_evaluations", "POST"): {
        "version": "@version",
        "against": "@other_version",
        "set_version": "@set_version",
        "rubric_version": "@comparing",
        "teams": ["@team"],
    },
    ("evaluation-api:gates", "POST"): {
        "name": "New",
        "set_version": "@set_version",
        "criteria": [{"scope": "overall", "margin": 0.1}],
    },
    ("evaluation-api:gate_verdicts", "POST"): {"candidate": "@version", "baseline": "@other"},
    ("evaluation-api:set_versions", "POST"): {"criterion": "topic", "queues": ["@queue"]},
    ("maintenance-api:signals", "POST"): {
        "key": "new",
        "name": "New",
        "layer": "performance",
        "unit": "share",
        "evaluation_set": "@set",
    },
    ("maintenance-api:signal", "PATCH"): {"evaluation_set": "@set"},
    ("maintenance-api:signal_monitors", "POST"): {
        "operator": "below",
        "threshold": 0.5,
        "owner": "@member",
        "slice": "@slice",
    },
    ("maintenance-api:monitor", "PATCH"): {"owner": "@member"},
    ("maintenance-api:targets", "POST"): {
        "signal": "@signal",
        "slice": "@slice",
        "operator": "at_least",
        "value": 0.9,
        "owner": "@member",
    },
    ("maintenance-api:cases", "POST"): {"title": "New", "owner": "@member"},
    ("maintenance-api:case", "PATCH"): {"owner": "@member"},
    ("maintenance-api:case_links", "POST"): {"kind": "queue", "uid": "@queue"},
    ("maintenance-api:case_decisions", "POST"): {
        "answer": "retrain",
        "ground": "deviation",
        "reasons": "It is worse.",
        "evidence": [{"kind": "verdict", "uid": "@cited"}],
    },
    ("maintenance-api:releases", "POST"): {
        "candidate": "@other",
        "gate": "@gate",
        "rollback_plan": "Set the router back.",
        "case": "@case",
    },
    ("maintenance-api:release_stages", "POST"): {"stage": "@stage"},
}


def writes() -> Iterator[tuple[Route, str]]:
    """Each API route with each method of it that reads a body."""
    for route in routes():
        for method in route.verbs if route.is_api and route.reads_body else ():
            if method in {"POST", "PUT", "PATCH"}:
                yield route, method


def rows_to_name(world: World) -> dict[str, UUID]:
    """kind: the uid of a row that a body can name in this world."""
    project = Project.objects.get(pk=world.project.pk)
    release = Release.objects.get(uid=world.rows["release"])
    version = project.versions.get(uid=world.rows["version"])
    return {
        **world.rows,
        "member": world.everything.uid,
        "asked": project.queues.get(uid=world.rows["queue"]).tasks.order_by("pk")[0].uid,
        "other": project.versions.exclude(pk=version.pk).order_by("pk")[0].uid,
        "cited": project.cases.get(uid=world.rows["case"])
        .links.get(verdict__isnull=False)
        .verdict.uid,
        "stage": release.stages.filter(entered_at=None)[0].uid,
    }


def filled(body: Any, rows: Mapping[str, Any]) -> Any:
    """The body with the uids of these rows in it."""
    if isinstance(body, dict):
        return {name: filled(value, rows) for name, value in body.items()}
    if isinstance(body, list):
        return [filled(value, rows) for value in body]
    if isinstance(body, str) and body.startswith(ROW):
        return str(rows[body.removeprefix(ROW)])
    return body


def named_in(body: Any) -> Iterator[str]:
    """The kinds of rows that a body names."""
    if isinstance(body, str) and body.startswith(ROW):
        yield body.removeprefix(ROW)
    inner = body.values() if isinstance(body, dict) else body
    for value in inner if isinstance(body, dict | list) else ():
        yield from named_in(value)


@cache
def schema() -> dict[str, Any]:
    """The published description of the API."""
    return SchemaGenerator().get_schema(public=True)


def operation(route: Route, method: str) -> dict[str, Any]:
    path = "/" + route.pattern
    for kind in ("slug", "uuid", "str"):
        path = path.replace(f"<{kind}:", "{")
    return schema()["paths"][path.replace(">", "}")][method.lower()]


def properties_of(route: Route, method: str) -> dict[str, Any]:
    """name: its description, of what the described body of an operation holds."""
    body = operation(route, method)["requestBody"]["content"][JSON]["schema"]
    return _resolved(body).get("properties", {})


def references(route: Route, method: str) -> set[str]:
    """The fields of a body that the description says are uids, or hold some."""
    return {
        name
        for name, field in properties_of(route, method).items()
        if any(one.get("format") == "uuid" for one in _parts(field))
    }


def _parts(field: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A field, the elements of a list, and what these hold."""
    field = _resolved(field)
    yield field
    yield from field.get("allOf", ())
    if "items" in field:
        yield from _parts(field["items"])
    for inner in field.get("properties", {}).values():
        yield _resolved(inner)


def _resolved(described: dict[str, Any]) -> dict[str, Any]:
    reference = described.get("$ref", "").rpartition("/")[2]
    return schema()["components"]["schemas"].get(reference, described)
