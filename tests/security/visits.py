"""The address of every route that answers a GET, in one world."""

from __future__ import annotations

import re
from uuid import uuid4

from django.core.signals import request_finished
from django.db import close_old_connections
from django.http import HttpResponseBase
from django.test import Client

from labeling.models import RubricVersion
from tests.security.routes import matrix, named_patterns
from tests.security.world import World

ARGUMENT = re.compile(r"<(\w+):(\w+)>")
BACKEND = "labeling.sessions.PersonBackend"
#: A file of a rubric's version, by its kind.
FILE_KIND = "json"
#: What anybody may open and what needs a secret of its own; their own tests open these.
BY_SECRET = {"set_up", "invite", "password_reset_confirm"}


def visits(world: World) -> dict[str, str]:
    """name of the route: its address about the world's own row of that kind."""
    return {
        name: address(world, name, pattern)
        for name, pattern in named_patterns().items()
        if name not in BY_SECRET and "GET" in matrix().get(name, {})
    }


def pages(world: World) -> dict[str, str]:
    """Those of the addresses that give a page with something on it."""
    client = Client()
    client.force_login(world.everything.user, backend=BACKEND)
    return {name: path for name, path in visits(world).items() if _is_page(client, path)}


def put_away(response: HttpResponseBase) -> None:
    """Close an answer without closing the connection that the test's transaction lives in."""
    request_finished.disconnect(close_old_connections)
    response.close()
    request_finished.connect(close_old_connections)


def _is_page(client: Client, path: str) -> bool:
    if path.startswith("/api/v1/"):
        return False
    response = client.get(path)
    is_html = response.status_code == 200 and response["Content-Type"].startswith("text/html")
    is_page = is_html and b"<html" in response.content  # what a form asks for is a part of one
    put_away(response)
    return is_page


def address(world: World, name: str, pattern: str) -> str:
    """A row kept for one route (`GET export_file`) goes before the one of the route's kind."""
    row = matrix().get(name, {}).get("row", "")
    uid = world.rows.get(f"GET {name}") or world.rows.get(row) or uuid4()
    values = {
        "project": world.project.slug,
        "uid": uid,
        "token": uid,
        "secret": "s" * 20,
        "number": RubricVersion.objects.get(uid=world.rows["draft"]).number,
        "kind": FILE_KIND,
    }
    return "/" + ARGUMENT.sub(lambda found: str(values[found[2]]), pattern)
