"""Set versions as files: whole, private where asked, described and verifiable."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from evaluation.models import SetVersion
from evaluation.services.set_exports import request_set_export
from labeling import storage
from labeling.errors import Conflict
from labeling.models import AuditEvent, Job, Membership
from labeling.services.items import erase
from tests.evaluation.frozen import decided_queue, frozen
from tests.factories import make_member, make_project
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> Membership:
    return make_member(make_project("shop"), "lead")


@pytest.fixture
def version(lead) -> SetVersion:
    return frozen(decided_queue(lead.project, ["refund", "delivery"]), by=lead)


def archive(version: SetVersion, lead: Membership, *asked: str) -> zipfile.ZipFile:
    job = request_set_export(version, *asked, by=lead)
    run_jobs()
    file = Job.objects.select_related("file").get(pk=job.pk).file
    assert file is not None
    with storage.open_file(file) as stream:
        return zipfile.ZipFile(io.BytesIO(stream.read()))


def verified(bundle: zipfile.ZipFile, folder: Path) -> str:
    path = folder / "set.zip"
    assert isinstance(bundle.fp, io.BytesIO)
    path.write_bytes(bundle.fp.getvalue())
    said = io.StringIO()
    call_command("verify_export", str(path), stdout=said)
    return said.getvalue()


def test_json_lines_hold_examples_as_they_were_frozen(version, lead, tmp_path):
    bundle = archive(version, lead, "jsonl")
    rows = [json.loads(line) for line in bundle.read("examples.jsonl").splitlines()]
    assert [row["references"] for row in rows] == [{"topic": "refund"}, {"topic": "delivery"}]
    assert rows[0]["content"] == {"text": "Message 0"}
    assert (rows[0]["weight"], rows[0]["inclusion_probability"]) == (1.0, 1.0)
    manifest = json.loads(bundle.read("manifest.json"))
    assert manifest["digest_of_version"] == version.digest
    assert manifest["quality"]["known"] is True
    assert "whole, digest" in verified(bundle, tmp_path)


@pytest.mark.parametrize("layout", ["jsonl", "csv", "parquet", "huggingface"])
def test_inputs_say_nothing_of_the_answers(version, lead, tmp_path, layout):
    erase(version.examples.first().item, "asked for", by=lead)
    bundle = archive(version, lead, layout, "inputs")
    name = next(name for name in bundle.namelist() if name.startswith(("examples", "test")))
    assert b"delivery" not in bundle.read(name)
    assert b"Message 1" in bundle.read(name) or layout in ("parquet", "huggingface")
    assert f"{name}: 1 rows" in verified(bundle, tmp_path)


def test_parquet_has_typed_columns(version, lead, tmp_path):
    bundle = archive(version, lead, "parquet")
    table = pq.read_table(io.BytesIO(bundle.read("examples.parquet")))
    assert table.column("references.topic").to_pylist() == ["refund", "delivery"]
    assert str(table.schema.field("weight").type) == "double"
    verified(bundle, tmp_path)


def test_csv_for_a_spreadsheet_runs_no_formula(lead, tmp_path):
    queue = decided_queue(lead.project, ["refund"])
    item = queue.tasks.get().item
    type(item).objects.filter(pk=item.pk).update(content={"text": "=1+1"})
    version = frozen(queue, by=lead)
    bundle = archive(version, lead, "csv", "whole", "spreadsheet")
    assert "'=1+1" in bundle.read("examples.csv").decode("utf-8-sig")
    verified(bundle, tmp_path)


def test_the_hugging_face_layout_has_a_card_that_names_its_split(version, lead, tmp_path):
    bundle = archive(version, lead, "huggingface")
    assert sorted(bundle.namelist()) == ["README.md", "manifest.json", "test.parquet"]
    card = bundle.read("README.md").decode()
    assert "path: test.parquet" in card
    assert version.digest in card
    verified(bundle, tmp_path)


@pytest.mark.parametrize("name", ["README.md", "test.parquet"])
def test_a_changed_byte_of_an_archive_is_found(version, lead, tmp_path, name):
    bundle = archive(version, lead, "huggingface")
    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(changed, "w") as target:
        for entry in bundle.infolist():
            body = bytearray(bundle.read(entry.filename))
            if entry.filename == name:
                body[100] ^= 1
            target.writestr(entry, bytes(body))
    with pytest.raises(CommandError, match=name.replace(".", r"\.")):
        call_command("verify_export", str(changed))


def test_each_export_leaves_one_event_for_asking_and_one_for_writing(version, lead):
    archive(version, lead, "jsonl")
    events = AuditEvent.objects.filter(verb__endswith="set_export").order_by("pk")
    assert list(events.values_list("verb", flat=True)) == [
        "asked_for_set_export",
        "wrote_set_export",
    ]


def test_only_frozen_versions_leave_and_only_in_known_layouts(version, lead):
    with pytest.raises(ValidationError):
        request_set_export(version, "xlsx", by=lead)
    version.state = SetVersion.State.FREEZING
    with pytest.raises(Conflict):
        request_set_export(version, "jsonl", by=lead)
