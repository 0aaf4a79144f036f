from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from labeling.errors import Conflict
from labeling.formats.columns import preview
from labeling.formats.mapping import ItemRow, Mapping
from labeling.formats.rows import Format, FormatError, Refusal
from labeling.formats.suggestions import suggest
from labeling.models import AuditEvent, ContentField, Import, Item, RefusedRow, StagedRow
from labeling.reports.items import known_fields
from labeling.services import audit, imports, intake, staging
from labeling.services.imports import import_rows, withdraw_import
from labeling.services.items import erase
from labeling.services.jobs import cancel
from tests.factories import make_import, make_member, make_project, make_sample
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


def row(external_id: str, text: str = "Where is my parcel?", **fields: Any) -> ItemRow:
    defaults = {
        "line": fields.pop("line", 1),
        "external_id": external_id,
        "content": {"text": text},
        "attributes": {},
        "group": "",
        "model_version": "",
        "prediction": None,
        "confidence": None,
        "occurred_at": None,
    }
    return ItemRow(**{**defaults, **fields})


def bring_in(project, *rows: ItemRow | Refusal, **choices: Any) -> Import:
    numbered = [
        given._replace(line=number) if isinstance(given, ItemRow) else given
        for number, given in enumerate(rows, start=1)
    ]
    return import_rows(project, numbered, name="a.jsonl", source="command", by=None, **choices)


def reasons(batch: Import) -> list[str]:
    return [str(refused) for refused in batch.refused_rows.all()]


def test_rows_become_items_with_everything_they_say():
    project = make_project()
    said = row(
        "a-1",
        "Back\\slash,\ttab\nand “quotes”",
        attributes={"language": "de"},
        group="talk-1",
        model_version="v1",
        prediction={"label": "refund", "why": ["late"]},
        confidence=0.25,
        occurred_at=datetime(2026, 9, 7, 8, 30, tzinfo=UTC),
    )

    batch = bring_in(project, said)

    item = Item.objects.get()
    assert (batch.state, batch.accepted, batch.unchanged, batch.refused) == ("done", 1, 0, 0)
    assert ItemRow(1, *(getattr(item, name) for name in ItemRow._fields[1:])) == said
    assert (item.batch, item.project, len(item.salt)) == (batch, project, 32)


def test_a_row_without_anything_else_leaves_the_rest_empty():
    bring_in(make_project(), row("a-1"))

    item = Item.objects.get()
    assert item.prediction is None
    assert Item.objects.filter(prediction__isnull=True, confidence=None).exists()


def test_the_same_rows_again_are_unchanged():
    project = make_project()
    bring_in(project, row("a-1"), row("a-2", confidence=0.5))

    again = bring_in(project, row("a-1"), row("a-2", confidence=0.5), row("a-3"))

    assert (again.accepted, again.unchanged, again.refused) == (1, 2, 0)


def test_the_same_id_with_other_content_is_refused_by_line():
    project = make_project()
    bring_in(project, row("a-1"))

    batch = bring_in(project, row("a-2"), row("a-1", "Something else"), valid_rows_only=True)

    assert (batch.accepted, batch.refused) == (1, 1)
    assert reasons(batch) == ["line 2: external_id “a-1” is already an item with other content"]


def test_an_id_twice_in_one_file_names_both_lines():
    batch = bring_in(
        make_project(), row("a"), row("b"), row("a"), row("a", "Other"), valid_rows_only=True
    )

    assert (batch.accepted, batch.unchanged, batch.refused) == (2, 0, 2)
    assert reasons(batch) == [
        "line 3: external_id “a” is already on line 1",
        "line 4: external_id “a” is already on line 1",
    ]


def test_a_repeat_in_the_file_is_named_even_where_the_item_was_there_before():
    project = make_project()
    bring_in(project, row("a"))

    batch = bring_in(project, row("a"), row("a"), valid_rows_only=True)

    assert (batch.unchanged, batch.refused) == (1, 1)
    assert reasons(batch) == ["line 2: external_id “a” is already on line 1"]


def test_nothing_is_taken_when_one_row_is_refused_and_nobody_chose_otherwise():
    batch = bring_in(make_project(), row("a"), Refusal(2, "not JSON"), row("b"))

    assert not Item.objects.exists()
    assert (batch.state, batch.accepted, batch.refused) == ("failed", 0, 1)
    assert batch.error == "1 row was refused, so nothing was taken."
    assert reasons(batch) == ["line 2: not JSON"]


def test_ids_of_two_projects_do_not_meet():
    bring_in(make_project(), row("a"))
    bring_in(make_project(), row("a", "Something else"))

    assert Item.objects.count() == 2


def test_twins_share_a_key_and_salted_digests_differ():
    bring_in(make_project(), row("a", "Hello"), row("b", "Hello"), row("c", "Hullo"))

    a, b, c = Item.objects.order_by("external_id")
    assert a.twin_key == b.twin_key != c.twin_key
    assert len({a.content_digest, b.content_digest, c.content_digest}) == 3


def test_new_content_fields_are_hidden_from_annotators():
    project = make_project()

    bring_in(project, row("a", content={"text": "Hi", "answer": "Hello"}))

    shown = dict(ContentField.objects.values_list("name", "visibility"))
    assert shown == {"text": "shown", "answer": "hidden"}


def test_the_project_remembers_its_attributes_and_model_versions():
    project = make_project()
    bring_in(project, row("a", attributes={"language": "de"}, model_version="v1"))
    bring_in(project, row("b", attributes={"language": "en", "channel": "mail"}))

    known = known_fields(project)
    assert known.attributes == {"channel": ["mail"], "language": ["de", "en"]}
    assert known.model_versions == ["v1"]


def test_one_audit_event_says_what_came_in():
    project = make_project()
    bring_in(project, row("a"), row("b"))

    event = AuditEvent.objects.get(verb="imported_items")
    assert event.project == project
    assert event.detail == {"accepted": 2, "unchanged": 0, "refused": 0, "digest": ""}


def test_a_run_that_died_between_chunks_is_done_again_from_the_beginning(monkeypatch):
    monkeypatch.setitem(intake.ROWS_AT_ONCE, connection.vendor, 2)
    project = make_project()
    batch = make_import(project, state="running")

    for survived in (1, 2, 4):
        with pytest.raises(KilledError):
            intake.take_in(batch, dying_after(survived, numbered(6)), by=None)
        assert not Item.objects.exists()
        assert StagedRow.objects.count() == survived - survived % 2
    done = intake.take_in(batch, numbered(6), by=None)

    assert (done.state, done.accepted, done.refused) == ("done", 6, 0)
    assert Item.objects.count() == 6
    assert not StagedRow.objects.exists()
    assert not RefusedRow.objects.exists()


def test_a_run_that_was_taken_over_stores_nothing_more(monkeypatch):
    monkeypatch.setitem(intake.ROWS_AT_ONCE, connection.vendor, 2)
    batch = make_import(make_project(), state="running")

    def taken_over_in_the_middle():
        yield from numbered(2)
        intake.take_in(batch, numbered(3), by=None)
        yield row("late", line=9)

    with pytest.raises(Conflict):
        intake.take_in(batch, taken_over_in_the_middle(), by=None)

    assert Item.objects.count() == 3
    assert not StagedRow.objects.exists()


def test_a_file_that_breaks_off_takes_nothing():
    def breaking_off():
        yield from numbered(2)
        raise FormatError("The file ends in the middle of a record.")

    batch = bring_in_as_they_come(make_project(), breaking_off())

    assert (batch.state, batch.error) == ("failed", "The file ends in the middle of a record.")
    assert not Item.objects.exists()
    assert not StagedRow.objects.exists()


@pytest.mark.parametrize(
    ("module", "step"), [(staging, "become_items"), (intake, "note_fields"), (audit, "record")]
)
def test_a_run_that_died_at_the_end_leaves_no_item(monkeypatch, module, step):
    def die(*args, **kwargs):
        raise KilledError

    batch = make_import(make_project(), state="running")
    with monkeypatch.context() as patched:
        patched.setattr(module, step, die)
        with pytest.raises(KilledError):
            intake.take_in(batch, numbered(2), by=None)
    assert not Item.objects.exists()

    assert intake.take_in(batch, numbered(2), by=None).accepted == 2


def test_what_cannot_be_stored_as_json_is_refused_by_line():
    batch = bring_in(
        make_project(), row("a"), row("b", "\ud800"), row("c", prediction=float("nan")),
        valid_rows_only=True,
    )  # fmt: skip

    assert batch.accepted == 1
    assert [refused.line for refused in batch.refused_rows.all()] == [2, 3]


def test_ids_that_differ_only_in_spelling_follow_the_readers_rule(tmp_path):
    file = tmp_path / "a.jsonl"
    ids = ["café", "cafe\u0301", "Café", " café ", "x" * 200, "x" * 9_000, "a\u200bb"]
    file.write_text("\n".join(json.dumps({"id": one, "text": "Hi"}) for one in ids))
    mapping = Mapping(external_id="id", content={"text": "text"})

    batch = bring_in_as_they_come(
        make_project(), imports.rows_of(file, "jsonl", mapping), valid_rows_only=True
    )

    assert set(Item.objects.values_list("external_id", flat=True)) == {"café", "Café", "x" * 200}
    assert [refused.line for refused in batch.refused_rows.all()] == [2, 4, 6, 7]


def test_an_import_is_withdrawn_in_chunks(monkeypatch):
    monkeypatch.setattr(imports, "DELETE_AT_ONCE", 2)
    project = make_project()
    engineer = make_member(project, "engineer")
    kept = bring_in(project, row("kept"))
    batch = bring_in(project, *(row(f"a-{n}") for n in range(5)))

    withdraw_import(batch, by=engineer)
    assert list(Item.objects.present()) == list(kept.items.all())
    run_jobs()

    assert list(Item.objects.all()) == list(kept.items.all())
    assert AuditEvent.objects.get(verb="withdrew_import").subject_uid == batch.uid


def test_withdrawn_items_can_come_in_again():
    project = make_project()
    engineer = make_member(project, "engineer")
    batch = bring_in(project, row("a"))
    withdraw_import(batch, by=engineer)

    meanwhile = bring_in(project, row("a"))
    assert reasons(meanwhile) == [
        "line 1: external_id “a” is still being withdrawn; try again in a moment"
    ]
    run_jobs()

    assert bring_in(project, row("a")).accepted == 1


def test_an_import_that_was_sampled_stays():
    project = make_project()
    batch = bring_in(project, row("a"), row("b"))
    make_sample(project, list(batch.items.all()[:1]))

    with pytest.raises(Conflict) as refused:
        withdraw_import(batch, by=make_member(project, "engineer"))

    assert refused.value.code == "import_sampled"
    assert Item.objects.count() == 2


def test_a_canceled_job_takes_its_import_along(tmp_path):
    project = make_project()
    engineer = make_member(project, "engineer")
    body = SimpleUploadedFile("a.jsonl", b'{"id": "a", "text": "Hi"}\n')
    batch = imports.upload(project, body, by=engineer, keep=timedelta(days=1))
    mapping = Mapping(external_id="id", content={"text": "text"})
    job = imports.start_import(batch, mapping, by=engineer)

    cancel(job, by=engineer)

    batch.refresh_from_db()
    assert (batch.state, batch.error) == ("failed", "Canceled; nothing was taken.")


def test_an_erased_item_does_not_come_back():
    project = make_project()
    bring_in(project, row("a", prediction="refund", group="talk-1", attributes={"lang": "de"}))
    item = Item.objects.get()
    digest, twin = item.content_digest, item.twin_key

    erase(item, "The person asked for it", by=make_member(project, "lead"))
    again = bring_in(project, row("a"))

    item.refresh_from_db()
    assert (item.content, item.prediction, item.group, item.salt) == ({}, None, "", "")
    assert (item.content_digest, item.attributes) == (digest, {"lang": "de"})
    assert twin not in (item.twin_key, item.row_digest)
    assert reasons(again) == ["line 1: external_id “a” was erased and cannot come back"]
    with pytest.raises(Conflict):
        erase(item, "again", by=make_member(project, "lead"))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="threads need PostgreSQL")
def test_two_files_with_the_same_ids_in_another_order_both_end():
    project = make_project()
    rows = list(numbered(300))
    barrier = threading.Barrier(2)

    def load(given):
        try:
            barrier.wait()
            return bring_in_as_they_come(project, given)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        batches = list(pool.map(load, [rows, rows[::-1]]))

    assert Item.objects.count() == 300
    assert sorted(batch.accepted for batch in batches) == [0, 300]
    assert sorted(batch.unchanged for batch in batches) == [0, 300]


def test_real_traffic_comes_in_whole(shared_data):
    file = shared_data / "clinc_traffic.jsonl"
    mapping = suggest(column.path for column in preview(file, Format.JSON_LINES).columns)

    batch = bring_in_as_they_come(make_project(), imports.rows_of(file, "jsonl", mapping))

    assert (batch.accepted, batch.refused) == (7_774, 0)


class KilledError(BaseException):
    """The worker is gone."""


def numbered(count: int):
    return (row(f"n-{number}", line=number + 1) for number in range(count))


def dying_after(count: int, rows):
    yield from islice(rows, count)
    raise KilledError


def bring_in_as_they_come(project, rows, **choices: Any) -> Import:
    return import_rows(project, rows, name="a.jsonl", source="command", by=None, **choices)


def test_the_first_import_guesses_what_a_field_is_to_be_shown_as():
    project = make_project()
    bring_in(project, row("a", '[{"role": "user", "content": "Hello"}]'))
    bring_in(project, row("b", '{"a": 1}', content={"text": "x", "log": '{"a": 1}'}))
    looks = dict(ContentField.objects.values_list("name", "rendering"))
    assert looks == {"text": "chat", "log": "json"}
    ContentField.objects.update(rendering="text")
    bring_in(project, row("c", '{"a": 1}'))
    assert not ContentField.objects.exclude(rendering="text").exists()
