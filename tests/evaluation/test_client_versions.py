"""The client's part in versions and predictions, against the real routes."""

from __future__ import annotations

import io
import json

import pytest
from django.test import Client

from evaluation.models import Prediction
from tests.factories import make_items, make_member, make_token
from tests.programs import load_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def fettle(tmp_path):
    """The client of an engineer; what it asks is answered by the site in this process."""
    module = load_client(tmp_path)
    engineer = make_member(None, "engineer")
    secret = make_token(engineer, "evaluate")
    fettle = module.Fettle("http://testserver", secret, engineer.project.slug)
    fettle._open = answered_here
    fettle.items = make_items(engineer.project, 2)
    return fettle


def answered_here(request, timeout):
    headers = {name: value for name, value in request.header_items() if name != "Content-type"}
    body = request.data if request.data is None or isinstance(request.data, bytes) else None
    body = request.data.read() if body is None and request.data is not None else body
    path = request.full_url.removeprefix("http://testserver")
    kind = request.get_header("Content-type", "application/json")
    answer = Client().generic(request.method, path, body or b"", kind, headers=headers)
    assert answer.status_code < 400, answer.content
    return io.BytesIO(answer.content)


def test_a_version_is_registered_and_its_predictions_sent(fettle, tmp_path):
    fettle.register("v2", commit="9f2c")
    assert [row["name"] for row in fettle.versions()] == ["v2"]
    first, second = fettle.items
    sent = fettle.send_predictions(
        "v2",
        [
            {"external_id": first.external_id, "prediction": "a", "confidence": 0.5},
            {"external_id": "nobody", "prediction": "a"},
        ],
    )
    assert (sent["accepted"], sent["refused"]) == (1, 1)
    assert [row["line"] for row in sent["refused_rows"]] == [2]
    file = tmp_path / "v2.jsonl"
    file.write_text(json.dumps({"external_id": second.external_id, "prediction": "b"}))
    assert fettle.send_predictions("v2", file)["accepted"] == 1
    assert Prediction.objects.count() == 2
