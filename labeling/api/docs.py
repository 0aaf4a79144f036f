"""The API described: the OpenAPI document, and a page that shows it without any script."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView

from labeling.api import schema as _names  # noqa: F401 - registers how we authenticate
from labeling.api.permissions import LoggedIn

METHODS = ("get", "post", "put", "patch", "delete")
DEPTH = 6


class Schema(SpectacularAPIView):
    """The OpenAPI document, for who is logged in or has a token."""

    permission_classes = [LoggedIn]


@dataclass(frozen=True)
class FieldShown:
    """One field of a body or one parameter; `depth` says inside how many others it stands."""

    name: str
    kind: str
    required: bool
    about: str
    depth: int

    @property
    def indent(self) -> str:
        return "· " * self.depth


@dataclass(frozen=True)
class Operation:
    """One thing that a program can ask for."""

    name: str
    method: str
    path: str
    about: str
    parameters: list[FieldShown]
    body: list[FieldShown]
    media: list[str]
    answers: list[tuple[str, str, list[FieldShown]]]


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """What programs can do, noun by noun."""
    return render(request, "labeling/api_docs.html", {"nouns": described()})


@cache
def described() -> list[tuple[str, list[Operation]]]:
    """The operations by noun; the document cannot change while the process lives."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    document = generator.get_schema(public=True)  # type: ignore[no-untyped-call]
    nouns: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                found = _operation(document, path, method, methods[method])
                nouns.setdefault(_noun(path), []).append(found)
    return sorted(nouns.items())


def _noun(path: str) -> str:
    """Collections under a project are named by what they hold, objects by what they are."""
    parts = path.removeprefix("/api/v1/").strip("/").split("/")
    return parts[2] if parts[0] == "projects" and len(parts) > 2 else parts[0]


def _operation(document: dict[str, Any], path: str, method: str, said: dict[str, Any]) -> Operation:
    content = said.get("requestBody", {}).get("content", {})
    return Operation(
        name=said["operationId"],
        method=method.upper(),
        path=path,
        about=said.get("description", ""),
        parameters=[
            _field(one["name"], one["schema"], one.get("required", False), 0, one)
            for one in said.get("parameters", [])
        ],
        body=_body(document, content),
        media=list(content),
        answers=[
            (code, answer.get("description", ""), _body(document, answer.get("content", {})))
            for code, answer in sorted(said["responses"].items())
        ],
    )


def _body(document: dict[str, Any], content: dict[str, Any]) -> list[FieldShown]:
    media: dict[str, Any] = next(iter(content.values()), {})
    return _fields(document, media.get("schema", {}), 0)


def _fields(document: dict[str, Any], schema: dict[str, Any], depth: int) -> list[FieldShown]:
    """The fields of an object, each followed by the fields inside it."""
    schema = _resolved(document, schema)
    found: list[FieldShown] = []
    required = schema.get("required", [])
    for name, said in schema.get("properties", {}).items():
        inner = _resolved(document, said)
        found.append(_field(name, inner, name in required, depth, said))
        if depth < DEPTH:
            found += _fields(document, inner, depth + 1)
    return found


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """What a reference, a list or a map leads to in the end."""
    for within in ("items", "additionalProperties"):
        if isinstance(inner := schema.get(within), dict):
            return {**_resolved(document, inner), "of": schema["type"]}
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _resolved(document, document["components"]["schemas"][name])
    if whole := schema.get("allOf") or schema.get("oneOf"):
        return _resolved(document, whole[0])
    return schema


def _field(
    name: str, schema: dict[str, Any], required: bool, depth: int, said: dict[str, Any]
) -> FieldShown:
    about = said.get("description") or ""
    return FieldShown(name, _kind(schema), required, about.strip(), depth)


def _kind(schema: dict[str, Any]) -> str:
    """A field's type in few words, or its values where they are few."""
    choices = [str(value) for value in schema.get("enum", []) if value not in ("", None)]
    kind = " | ".join(choices) or schema.get("format") or schema.get("type") or "any"
    around = {"array": "list of {}", "object": "object of {}"}.get(schema.get("of", ""), "{}")
    return around.format(kind)
