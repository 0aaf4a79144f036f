"""What programs do: call the API with a token, by themselves or with the one-file client."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

from rest_framework.test import APIClient

from labeling.models import Membership
from labeling.views.client import client_source
from tests.factories import make_token

#: For stories that call faster than people do; API_RATE in the settings.
UNTHROTTLED = "1000000/min"


def program(member: Membership, *scopes: str) -> APIClient:
    """A client of the API with a token of this member."""
    caller = APIClient()
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token(member, *scopes)}")
    return caller


def answered(response: Any, *status: int) -> Any:
    """What was answered, with one of these statuses; 200 unless told otherwise."""
    assert response.status_code in (status or (200,)), response.content[:1000]
    return json.loads(response.content)


def load_client(folder: Path) -> Any:
    """The module that `/client.py` serves, from a copy in this folder."""
    path = folder / "client.py"
    path.write_text(client_source(), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("client", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
