from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from labeling.formats.mapping import ItemRow
from labeling.formats.rows import Refusal
from labeling.models import AuditEvent, ContentField, Import, Item
from labeling.reports.items import known_fields
from labeling.services.imports import import_rows
from tests.factories import make_project

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

    event = AuditEvent.objects.get(verb="items_imported")
    assert event.project == project
    assert event.detail == {"accepted": 2, "unchanged": 0, "refused": 0, "digest": ""}
