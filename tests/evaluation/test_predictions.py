from __future__ import annotations

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from evaluation.formats.predictions import PredictionRow, prediction_row
from evaluation.models import ModelVersion, Prediction, PredictionUpload
from evaluation.services import prediction_rows
from evaluation.services.versions import push_predictions, store_predictions, upload_predictions
from labeling.errors import Conflict
from labeling.formats.rows import Refusal, Row
from labeling.models import AuditEvent, Membership
from tests.evaluation.makers import make_version
from tests.factories import make_items, make_member, make_project
from tests.jobs import run_jobs


@pytest.fixture
def engineer(db: None) -> Membership:
    return make_member(None, "engineer")


@pytest.fixture
def version(engineer: Membership) -> ModelVersion:
    return make_version(engineer.project, "v2")


def rows_for(version: ModelVersion, count: int = 3, **fields: object) -> list[dict[str, object]]:
    return [
        {"external_id": item.external_id, "prediction": "refund", **fields}
        for item in make_items(version.project, count)
    ]


def reasons(upload: PredictionUpload) -> dict[int, str]:
    return {row["line"]: row["reason"] for row in upload.reasons}


def counts(upload: PredictionUpload) -> tuple[str, int, int, int]:
    return upload.state, upload.accepted, upload.unchanged, upload.refused


def test_predictions_are_taken_in_with_their_confidence(version):
    upload = store_predictions(version, rows_for(version, confidence=0.9), name="a", by=None)
    assert counts(upload) == ("done", 3, 0, 0)
    assert set(version.predictions.values_list("value", "confidence")) == {("refund", 0.9)}
    verbs = AuditEvent.objects.order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["sent_predictions", "stored_predictions"]


def test_sending_the_same_again_changes_nothing(version):
    rows = rows_for(version)
    store_predictions(version, rows, name="a", by=None)
    assert counts(store_predictions(version, rows, name="a", by=None)) == ("done", 0, 3, 0)
    assert Prediction.objects.count() == 3


def test_each_refused_row_is_named_with_its_line_and_reason(version):
    rows = rows_for(version, 4)
    store_predictions(version, rows[:1], name="before", by=None)
    (foreign,) = make_items(make_project())
    upload = store_predictions(
        version,
        [
            {**rows[0], "prediction": "delivery"},
            rows[1],
            rows[1],
            {"external_id": "nobody", "prediction": "refund"},
            {"external_id": foreign.external_id, "prediction": "refund"},
            {**rows[2], "confidence": 1.2},
            {"external_id": rows[2]["external_id"]},
            {"prediction": "refund"},
            {**rows[3], "score": 1},
        ],
        name="a",
        by=None,
    )
    assert counts(upload) == ("done", 1, 0, 8)
    found = reasons(upload)
    assert sorted(found) == [1, 3, 4, 5, 6, 7, 8, 9]
    assert found[1] == "another answer is stored for this item: 'refund'"
    assert found[3] == "the same external_id stands further up"
    assert found[4] == "there is no item 'nobody' in this project"
    assert found[5] == f"there is no item {foreign.external_id!r} in this project"
    assert found[6] == "“confidence” must be from 0 to 1, not 1.2"
    assert found[7] == "“prediction” is missing"
    assert found[8] == "“external_id” is missing"
    assert found[9] == "unknown field “score”"


def test_another_confidence_than_the_stored_one_is_refused(version):
    (row,) = rows_for(version, 1, confidence=0.5)
    store_predictions(version, [row], name="a", by=None)
    upload = store_predictions(version, [{**row, "confidence": 0.6}], name="a", by=None)
    assert reasons(upload) == {1: "another confidence is stored for this item: 0.5"}
    row.pop("confidence")
    assert counts(store_predictions(version, [row], name="a", by=None)) == ("done", 0, 1, 0)


def test_an_upload_of_which_every_row_is_refused_has_failed(version):
    upload = store_predictions(version, [{"external_id": "x"}], name="a", by=None)
    assert (upload.state, upload.error) == ("failed", "Every row was refused.")


def test_what_an_item_came_in_with_is_stored_already(version):
    same, other = make_items(
        version.project, 2, model_version="v2", prediction="refund", confidence=0.7
    )
    upload = store_predictions(
        version,
        [
            {"external_id": same.external_id, "prediction": "refund", "confidence": 0.7},
            {"external_id": other.external_id, "prediction": "delivery"},
        ],
        name="a",
        by=None,
    )
    assert counts(upload) == ("done", 0, 1, 1)
    assert not Prediction.objects.exists()


def test_an_uploaded_csv_is_read_by_a_job(version, engineer):
    rows = rows_for(version)
    lines = [
        "external_id,prediction,confidence",
        *(f"{row['external_id']},refund," for row in rows),
    ]
    file = SimpleUploadedFile("v2.csv", "\n".join(lines).encode())
    upload = upload_predictions(version, file, by=engineer)
    assert upload.state == "running"
    run_jobs()
    upload.refresh_from_db()
    assert counts(upload) == ("done", 3, 0, 0)
    assert set(version.predictions.values_list("confidence", flat=True)) == {None}


def test_few_pushed_rows_are_taken_at_once_and_many_by_a_job(version, engineer, monkeypatch):
    body = b"\n".join(json.dumps(row).encode() for row in rows_for(version))
    upload = push_predictions(version, io.BytesIO(body), "pushed.jsonl", by=engineer)
    assert counts(upload) == ("done", 3, 0, 0)
    monkeypatch.setattr("evaluation.services.versions.AT_ONCE", 2)
    upload = push_predictions(version, io.BytesIO(body), "pushed.jsonl", by=engineer)
    assert upload.state == "running"
    run_jobs()
    upload.refresh_from_db()
    assert counts(upload) == ("done", 0, 3, 0)


def test_a_run_that_died_is_taken_up_where_it_stopped(version, monkeypatch):
    monkeypatch.setattr(prediction_rows, "CHUNK", 2)
    rows = [PredictionRow(n, str(row["external_id"]), "refund", None)
            for n, row in enumerate(rows_for(version, 5), start=1)]  # fmt: skip
    upload = PredictionUpload.objects.create(version=version, name="a")

    def dies(done: int) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        prediction_rows.take_in(upload, iter(rows), by=None, progress=dies)
    again = PredictionUpload.objects.get(pk=upload.pk)
    assert counts(again) == ("running", 2, 0, 0)
    rows.append(rows[0]._replace(line=6))
    assert counts(prediction_rows.take_in(again, rows, by=None)) == ("done", 5, 0, 1)
    with pytest.raises(Conflict):
        prediction_rows.take_in(upload, iter(rows), by=None)


TEXTS = st.text(max_size=5) | st.none() | st.integers() | st.floats() | st.booleans()


@given(st.dictionaries(st.sampled_from(["external_id", "prediction", "confidence", "x"]), TEXTS))
def test_any_row_is_either_well_formed_or_refused_with_a_reason(values):
    row = prediction_row(Row(7, values))
    assert row.line == 7
    if isinstance(row, Refusal):
        assert row.reason
    else:
        assert row.external_id
        assert row.confidence is None or 0 <= row.confidence <= 1
