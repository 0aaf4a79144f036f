"""The route table of the running site, and what the reviewed matrix says of each route."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.urls import URLPattern, get_resolver

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
#: Django's admin has its own door, tested by itself.
OTHERS = ("admin:",)


@dataclass(frozen=True)
class Route:
    """One route: its name, its pattern, and the verb that the matrix gives each method."""

    name: str
    pattern: str
    row: str
    verbs: dict[str, str]
    reads_body: bool = True

    @property
    def is_api(self) -> bool:
        return "api:" in self.name

    @property
    def is_public(self) -> bool:
        return set(self.verbs.values()) == {"public"}

    @property
    def of_project(self) -> bool:
        """Whether the route leads to something inside a project."""
        return any(verb not in {"public", "self", "site"} for verb in self.verbs.values())

    def path(self, **values: Any) -> str:
        """The address with these values in place of the pattern's arguments."""
        address = "/" + self.pattern
        for name, value in {**values, "number": 1, "kind": "yaml"}.items():
            for kind in ("slug", "uuid", "str", "int"):
                address = address.replace(f"<{kind}:{name}>", str(value))
        return address


def named_patterns() -> dict[str, str]:
    """Every route of the site by its name, Django's admin left out."""
    found = dict(_walk(get_resolver().url_patterns))
    return {name: found[name] for name in found if not name.startswith(OTHERS)}


@cache
def matrix() -> dict[str, dict[str, str]]:
    """The reviewed table: route, the kind of row it is about, method and verb."""
    return yaml.safe_load((Path(__file__).parent / "matrix.yaml").read_text())


def routes() -> list[Route]:
    """Every route that stands in both, the site's own table and the matrix."""
    patterns = named_patterns()
    found = []
    for name, entry in matrix().items():
        if name not in patterns:
            continue
        verbs = {method: verb for method, verb in entry.items() if method in METHODS}
        reads_body = entry.get("body") != "none"
        found.append(Route(name, patterns[name], entry.get("row", ""), verbs, reads_body))
    return found


def _walk(patterns: list[Any], prefix: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield space + (pattern.name or address), address
        else:
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _walk(pattern.url_patterns, address, inner)
