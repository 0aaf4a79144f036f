"""The client's part in sets, versions and gates, against the real routes."""

from __future__ import annotations

import io
import json

import pytest
from django.test import Client

from evaluation.models import Prediction
from tests.evaluation.frozen import decided_queue
from tests.factories import make_items, make_member, make_token
from tests.jobs import run_jobs
from tests.programs import load_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def fettle(tmp_path):
    """The client of an engineer; what it asks is answered by the site in this process."""
    module = load_client(tmp_path)
    engineer = make_member(None, "engineer")
    secret = make_token(engineer, "evaluate", "manage")
    fettle = module.Fettle("http://testserver", secret, engineer.project.slug)
    fettle._open = answered_here
    fettle._sleep = lambda _seconds: run_jobs(may_fail=True)
    fettle.member, fettle.error = engineer, module.FettleError
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


def test_a_queues_labels_are_frozen_again_and_again(fettle):
    decided_queue(fettle.member.project, ["refund", "delivery"], name="Week 5")
    first = fettle.freeze("Golden", "Week 5", "topic")
    second = fettle.freeze("Golden", "Week 5", "topic")
    assert (first["state"], first["size"], first["quality"]["known"]) == ("frozen", 2, True)
    assert (first["number"], second["number"]) == (1, 2)
    assert first["digest"] == second["digest"]


def test_what_cannot_be_frozen_is_said_in_the_servers_words(fettle):
    decided_queue(fettle.member.project, [None], name="Week 5")
    with pytest.raises(fettle.error, match="no answer to this criterion"):
        fettle.freeze("Golden", "Week 5", "topic")
    with pytest.raises(fettle.error, match="Nothing has been frozen as 'Golden'"):
        fettle.register_gate("Live", "Golden")


def test_a_labeled_file_is_a_set_that_versions_are_measured_on(fettle, tmp_path):
    # given labels of two items, and a version that is right about one of them
    names = [item.external_id for item in fettle.items]
    file = tmp_path / "labels.jsonl"
    rows = [{"external_id": name, "gold": "a"} for name in names]
    file.write_text("\n".join(map(json.dumps, rows)))
    frozen = fettle.freeze_rows("Golden", file, "gold", role="edge")
    assert (frozen["size"], frozen["quality"]["known"]) == (2, False)
    fettle.register("v2")
    answers = zip(names, "ab", strict=True)
    fettle.send_predictions("v2", [{"external_id": n, "prediction": a} for n, a in answers])

    # then its accuracy is known, with an interval
    found = fettle.evaluate("v2", "Golden")
    assert found["state"] == "done"
    assert found["result"]["accuracy"]["value"] == 0.5

    # and a gate can be registered on it: the usual one, or with terms of one's own
    usual = fettle.register_gate("Live", "Golden")
    stricter = fettle.register_gate("Live", "Golden", [{"scope": "overall", "margin": 0.0}])
    assert [row["margin"] for row in usual["versions"][0]["criteria"]] == [0.02]
    assert [version["number"] for version in stricter["versions"]] == [2, 1]


def test_what_the_client_has_no_name_for_can_be_called(fettle):
    made = fettle.call("POST", f"projects/{fettle.project}/sets/", {"name": "A", "role": "edge"})
    assert fettle.call("GET", f"sets/{made['uid']}/")["name"] == "A"
