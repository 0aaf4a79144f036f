"""Exports: what is in them, that it can be trusted, and that nobody else gets it."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from labeling import storage
from labeling.formats.mapping import apply
from labeling.formats.reading import read_rows
from labeling.formats.rows import Format
from labeling.formats.suggestions import suggest
from labeling.formats.writing import Profile, open_writer
from labeling.models import AuditEvent, Export, Membership, Project, Queue
from labeling.services.annotations import undo
from labeling.services.exports import request_export
from labeling.services.items import erase
from labeling.services.settling import settle_if_complete
from tests.factories import (
    make_annotation,
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_rubric_version,
    topic,
)
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


def judged(project: Project, *answers: tuple[str | None, str | None], **fields) -> Queue:
    """A queue whose items got these pairs of answers from the same two people."""
    queue = make_queue(project, make_items(project, len(answers), **fields))
    first, second = make_annotator(project), make_annotator(project)
    for task, (one, other) in zip(queue.tasks.order_by("pk"), answers, strict=True):
        make_annotation(task, first, {"topic": one})
        make_annotation(task, second, {"topic": other})
        settle_if_complete(task, at=timezone.now())
    return queue


def exported(
    project: Project,
    kind: str = "adjudications",
    file_format: str = "jsonl",
    profile: str = "spreadsheet",
    *,
    by: Membership | None = None,
    **scope,
) -> Export:
    export = request_export(project, kind, file_format, profile, scope, by=by)
    run_jobs()
    export.refresh_from_db()
    return export


def contents(export: Export) -> tuple[dict, bytes]:
    """The manifest and the data file of an export's archive."""
    assert export.file
    with storage.open_file(export.file) as stream, zipfile.ZipFile(stream) as archive:
        manifest_name, name = archive.namelist()
        return json.loads(archive.read(manifest_name)), archive.read(name)


def lines(export: Export) -> list[dict]:
    return [json.loads(line) for line in contents(export)[1].splitlines()]


def test_only_settled_tasks_go_out_and_the_others_are_counted():
    # given one task settled and one disputed
    project = make_project()
    judged(project, ("refund", "refund"), ("refund", "other"))

    # when the labels are exported
    export = exported(project)

    # then there is one row, and the manifest says what is missing
    (row,) = lines(export)
    assert row["answers"]["topic"]["value"] == "refund"
    assert row["answers"]["topic"]["label"] == "Refund"
    assert (row["source"], row["policy"], row["state"]) == ("policy", "unanimous", "settled")
    assert (row["inclusion_probability"], row["copies"], row["weight"]) == (1.0, 1, 1.0)
    manifest, _data = contents(export)
    assert manifest["tasks"]["settled"] == 1
    assert manifest["tasks_left_out"] == 1
    assert manifest["files"][0]["rows"] == 1


def test_the_manifest_says_what_the_rows_rest_on():
    project = make_project()
    queue = judged(project, ("refund", "refund"), ("other", "other"), ("refund", "other"))
    manifest, _data = contents(exported(project, queue=str(queue.uid)))

    assert manifest["queues"][0]["overlap"] == 2
    assert manifest["rubrics"][0]["version"] == 1
    assert manifest["samples"][0]["seed"] == queue.sample.seed
    (agreement,) = manifest["agreement"]
    assert agreement["criterion"] == "topic"
    assert agreement["agreement"]["value"] == pytest.approx(2 / 3)
    assert agreement["pairs"] == 3
    assert len(manifest["digest"]) == len(manifest["files"][0]["sha256"]) == 64


def test_another_queues_labels_stay_out_of_a_queues_export():
    project = make_project()
    judged(project, ("refund", "refund"))
    other = judged(project, ("other", "other"))
    (row,) = lines(exported(project, queue=str(other.uid)))
    assert row["queue_id"] == str(other.uid)


def test_a_queue_of_another_project_is_refused_like_one_that_never_was():
    foreign = judged(make_project(), ("refund", "refund"))
    project = make_project()
    problems = []
    for uid in (str(foreign.uid), "11111111-1111-4111-8111-111111111111"):
        with pytest.raises(ValidationError) as refused:
            request_export(project, "adjudications", "jsonl", "raw", {"queue": uid}, by=None)
        problems.append(refused.value.message_dict)
    assert problems[0] == problems[1]
    assert not Export.objects.exists()


def test_raw_annotations_name_nobody_and_mark_what_does_not_count():
    # given two answers, of which one was taken back
    project = make_project()
    queue = make_queue(project, make_items(project, 1), overlap=3)
    task = queue.tasks.get()
    stays, leaves = make_annotator(project), make_annotator(project)
    make_annotation(task, stays, {"topic": "refund"})
    taken_back = make_annotation(task, leaves, {"topic": None})
    undo(leaves, taken_back, at=timezone.now())

    # when
    rows = lines(exported(project, "annotations"))

    # then
    assert [row["status"] for row in rows] == ["active", "withdrawn"]
    assert [row["value"] for row in rows] == ["refund", None]
    assert [row["cannot_tell"] for row in rows] == [False, True]
    assert len({row["annotator_pseudonym"] for row in rows}) == 2
    text = json.dumps(rows)
    for member in (stays, leaves):
        assert member.user.email not in text
        assert str(member.uid) not in text
    again = lines(exported(project, "annotations"))
    assert again == rows


def test_surplus_annotations_are_there_and_say_so():
    project = make_project()
    queue = make_queue(project, make_items(project, 1), overlap=1)
    task = queue.tasks.get()
    annotation = make_annotation(task, None, {"topic": "refund"})
    slot = task.slots.get()
    slot.annotator = slot.token = slot.leased_until = slot.annotation = None
    slot.save()
    (row,) = lines(exported(project, "annotations"))
    assert (row["status"], row["annotation_id"]) == ("surplus", str(annotation.uid))


def test_the_same_person_has_another_name_in_another_project():
    first, second = make_project(), make_project()
    user = make_annotator(first).user
    members = [make_member(project, "annotator", user=user) for project in (make_project(), second)]
    names = set()
    for member in members:
        task = make_queue(member.project, make_items(member.project, 1)).tasks.get()
        make_annotation(task, member, {"topic": "refund"})
        names.add(lines(exported(member.project, "annotations"))[0]["annotator_pseudonym"])
    assert len(names) == 2


def test_an_erased_item_goes_out_as_a_tombstone():
    project = make_project()
    queue = judged(project, ("refund", "refund"))
    item = queue.tasks.get().item
    erase(item, "asked for", by=make_member(project, "lead"))
    export = exported(project)
    (row,) = lines(export)
    assert row["content"] == {}
    assert row["erased_at"]
    assert row["content_digest"] == item.content_digest
    assert b"Message" not in contents(export)[1]
    assert contents(export)[0]["erased_items"] == 1


def test_inputs_go_out_without_what_anybody_made_of_them():
    project = make_project()
    judged(project, ("refund", "refund"), prediction="refund", attributes={"channel": "mail"})
    make_items(project, 1, attributes={"channel": "chat"})
    erase(make_items(project, 1)[0], "asked for", by=make_member(project, "lead"))
    condition = {"field": "attributes.channel", "operator": "is", "value": "mail"}
    everything = lines(exported(project, "items"))
    some = lines(exported(project, "items", conditions=[condition]))
    assert len(everything) == 2
    (row,) = some
    assert set(row) == {"external_id", "content", "attributes", "group", "occurred_at"}


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_flat_formats_give_each_field_a_column(file_format, tmp_path):
    project = make_project()
    judged(project, ("refund", "refund"), attributes={"channel": "mail"}, confidence=0.5)
    _manifest, data = contents(exported(project, "adjudications", file_format))
    if file_format == "csv":
        (row,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    else:
        (tmp_path / "labels.parquet").write_bytes(data)
        table = pq.read_table(tmp_path / "labels.parquet")
        assert str(table.schema.field("adjudicated_at").type) == "timestamp[us, tz=UTC]"
        assert str(table.schema.field("rubric_version").type) == "int64"
        (row,) = table.to_pylist()
    assert row["attributes.channel"] == "mail"
    assert row["answers.topic"] == "refund"
    assert row["answers.topic.label"] == "Refund"


def test_a_spreadsheet_gets_no_formula_and_a_program_gets_every_text_as_it_is():
    project = make_project()
    formula = '=HYPERLINK("http://evil")'
    version = make_rubric_version(
        project, [topic("refund") | {"options": [{"key": "refund", "label": "=1+1"}]}]
    )
    items = make_items(project, 1, content={"text": formula}, attributes={"a": "@x"})
    queue = make_queue(project, items, version=version)
    for annotator in (make_annotator(project), make_annotator(project)):
        make_annotation(queue.tasks.get(), annotator, {"topic": "refund"})
    settle_if_complete(queue.tasks.get(), at=timezone.now())
    cells = {}
    for profile in ("spreadsheet", "raw"):
        data = contents(exported(project, "adjudications", "csv", profile))[1]
        (cells[profile],) = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    assert cells["spreadsheet"]["content.text"] == "'" + formula
    assert cells["spreadsheet"]["attributes.a"] == "'@x"
    assert cells["spreadsheet"]["answers.topic.label"] == "'=1+1"
    assert cells["raw"]["content.text"] == formula


@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
        min_size=1,
        max_size=5,
    ),
    profile=st.sampled_from(Profile),
)
def test_exported_texts_come_back_identical_when_they_are_imported(
    texts, profile, tmp_path_factory
):
    path = Path(tmp_path_factory.mktemp("export")) / "items.csv"
    with open_writer(path, Format.CSV, ["external_id", "content.text"], profile) as writer:
        writer.write(
            {"external_id": str(number), "content.text": text} for number, text in enumerate(texts)
        )
    rows = list(read_rows(path, Format.CSV))
    mapping = suggest(["external_id", "content.text"])
    read = [apply(mapping, row) for row in rows]
    assert [row.content["text"] for row in read if hasattr(row, "content")] == [
        text for text, row in zip(texts, read, strict=True) if hasattr(row, "content")
    ]
    assert [row.values["content.text"] for row in rows] == texts


def test_exported_inputs_can_be_imported_again(tmp_path):
    project = make_project()
    make_items(project, 3, content={"text": "=1+1\n‮ text"}, attributes={"channel": "mail"})
    data = contents(exported(project, "items", "csv"))[1]
    (tmp_path / "items.csv").write_bytes(data)
    rows = list(read_rows(tmp_path / "items.csv", Format.CSV))
    mapping = suggest(rows[0].values)
    assert [apply(mapping, row).content["text"] for row in rows] == ["=1+1\n‮ text"] * 3


def test_asking_and_writing_are_on_record():
    project = make_project()
    judged(project, ("refund", "refund"))
    lead = make_member(project, "lead")
    export = exported(project, by=lead)
    verbs = AuditEvent.objects.filter(subject_uid=export.uid).order_by("pk")
    assert [event.verb for event in verbs] == ["asked_for_export", "wrote_export"]
    assert all(event.member == lead for event in verbs)


def test_a_job_that_fails_leaves_an_export_that_says_why(monkeypatch):
    project = make_project()
    make_items(project, 1, attributes={f"a{number}": "x" for number in range(5)})
    monkeypatch.setattr("labeling.services.exports.MOST_COLUMNS", 3)
    export = request_export(project, "items", "csv", "raw", {}, by=None)
    run_jobs(may_fail=True)
    export.refresh_from_db()
    assert export.state == "failed"
    assert "choose JSON lines" in export.error
    assert not project.files.exists()


def test_the_file_of_an_export_goes_after_its_time():
    project = make_project()
    judged(project, ("refund", "refund"))
    export = exported(project)
    assert export.file
    assert export.file.expires_at
    assert export.file.expires_at - timezone.now() > timedelta(days=29)


def test_an_empty_export_is_an_export():
    project = make_project()
    manifest, data = contents(exported(project, "adjudications", "parquet"))
    assert manifest["files"][0]["rows"] == 0
    assert data
