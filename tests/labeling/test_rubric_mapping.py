from __future__ import annotations

from typing import Any

import pytest

from labeling.formats.exported_rows import ANNOTATIONS, LABELS, columns_of, flat
from labeling.models import RubricVersion
from labeling.reports.exports import Wording, answers, labels
from labeling.services.rubric_changes import decide_changes
from labeling.services.rubrics import create_rubric, publish, retire, save_draft, start_draft
from tests.factories import make_annotation, make_member, make_queue, make_task
from tests.labeling.test_rubric_changes import choice
from tests.labeling.test_rubric_decisions import adjudicate

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_member(None, "lead")


@pytest.fixture
def first(lead):
    document = {"name": "Topics", "criteria": [choice()]}
    return publish(create_rubric(lead.project, document, by=lead), by=lead)


@pytest.fixture
def queue(lead, first):
    """Three tasks settled as refund, delivery and other."""
    queue = make_queue(lead.project, version=first)
    tasks = queue.tasks.order_by("pk")
    for task, value in zip(tasks, ("refund", "delivery", "other"), strict=True):
        adjudicate(task, value)
    return queue


def publish_next(lead, version, criterion, **said: Any) -> RubricVersion:
    document = {"name": "Topics", "criteria": [criterion]}
    draft = save_draft(start_draft(version.rubric, by=lead), document, revision=1, by=lead)
    decisions = {ident.replace("__", "."): row for ident, row in said.items()}
    decide_changes(draft, decisions, by=lead)
    return publish(draft, by=lead, reason="So.")


def rows_of(queue) -> list[dict[str, Any]]:
    return Wording(queue.project, [queue]).label_rows(list(labels([queue])))


def topics(queue) -> list[tuple[Any, str]]:
    said = [row["mapped"]["topic"] for row in rows_of(queue)]
    return [(answer["value"], answer["decision"]) for answer in said]


def test_answers_under_the_newest_version_are_not_mapped(queue):
    row = rows_of(queue)[0]
    assert (row["mapped"], row["mapped_version"]) == ({}, None)


def test_an_export_has_the_answer_as_given_and_as_it_is_now(lead, first, queue):
    fewer = choice("refund", "delivery")
    said = {"decision": "map", "mapping": {"other": "delivery"}}
    publish_next(lead, first, fewer, topic__option__removed__other=said)
    row = rows_of(queue)[2]
    assert row["answers"]["topic"]["value"] == "other"
    assert row["mapped"]["topic"] == {
        "value": "delivery",
        "label": "Delivery",
        "cannot_tell": False,
        "decision": "map",
    }
    assert (row["rubric_version"], row["mapped_version"]) == (1, 2)
    assert topics(queue)[:2] == [("refund", "carry_over"), ("delivery", "carry_over")]


def test_every_single_answer_is_exported_as_given_and_as_it_is_now_too(lead, first):
    task = make_task(lead.project, overlap=3, version=first)
    for value in ("other", "refund", None):
        make_annotation(task, answers={"topic": value})
    assert now_of(task.queue) == [("other", None), ("refund", None), (None, None)]
    fewer = choice("refund", "delivery")
    said = {"decision": "map", "mapping": {"other": "delivery"}}
    publish_next(lead, first, fewer, topic__option__removed__other=said)
    assert now_of(task.queue) == [("other", "delivery"), ("refund", "refund"), (None, None)]
    mapped, _carried, unknown = answer_rows(task.queue)
    assert (mapped["mapped_label"], mapped["mapped_decision"]) == ("Delivery", "map")
    assert (mapped["rubric_version"], mapped["mapped_version"]) == (1, 2)
    assert (unknown["mapped_cannot_tell"], unknown["mapped_decision"]) == (True, "carry_over")
    assert set(mapped) == set(ANNOTATIONS)


def answer_rows(queue) -> list[dict[str, Any]]:
    return Wording(queue.project, [queue]).annotation_rows(list(answers([queue])))


def now_of(queue) -> list[tuple[Any, Any]]:
    return [(row["value"], row["mapped_value"]) for row in answer_rows(queue)]


def test_an_answer_that_is_to_be_judged_again_has_no_value_any_more(lead, first, queue):
    fewer = choice("refund", "delivery")
    publish_next(lead, first, fewer, topic__option__removed__other={"decision": "relabel"})
    assert topics(queue)[2] == (None, "relabel")


def test_an_answer_follows_from_version_to_version(lead, first, queue):
    said = {"decision": "map", "mapping": {"other": "delivery"}}
    fewer = choice("refund", "delivery")
    second = publish_next(lead, first, fewer, topic__option__removed__other=said)
    same = publish_next(lead, second, fewer)
    moved = {"decision": "map", "mapping": {"delivery": "refund"}}
    one = choice("refund", "spam")
    publish_next(
        lead,
        same,
        one,
        topic__option__removed__delivery=moved,
        topic__option__added__spam={"decision": "carry_over"},
    )
    assert topics(queue) == [("refund", "carry_over"), ("refund", "map"), ("refund", "map")]
    assert rows_of(queue)[0]["mapped_version"] == 4


def test_a_retired_newest_version_is_not_what_answers_are_mapped_to(lead, first, queue):
    fewer = choice("refund", "delivery")
    said = {"topic__option__removed__other": {"decision": "invalidate"}}
    second = publish_next(lead, first, fewer, **said)
    assert topics(queue)[2] == (None, "invalidate")
    retire(second, by=lead)
    assert rows_of(queue)[0]["mapped"] == {}


def test_versions_published_without_decisions_lead_nowhere(lead, first, queue):
    second = publish_next(lead, first, choice(prompt="Which topic?"))
    assert topics(queue)[0] == ("refund", "carry_over")
    second.changes.all().delete()
    assert rows_of(queue)[0]["mapped"] == {}


def test_flat_files_have_a_column_for_each_part_of_a_mapped_answer():
    names = [column.name for column in columns_of(LABELS, {"mapped": ["topic"]})]
    assert "mapped" not in names
    assert {"mapped.topic", "mapped.topic.label", "mapped.topic.decision"} <= set(names)
    row = {"mapped": {"topic": {"value": None, "label": None, "decision": "relabel"}}}
    assert flat(row)["mapped.topic.decision"] == "relabel"


def test_programs_read_mapped_answers_page_by_page(lead, first, queue, call):
    fewer = choice("refund", "delivery")
    said = {"decision": "map", "mapping": {"other": "refund"}}
    publish_next(lead, first, fewer, topic__option__removed__other=said)
    rows = call(lead, "exports").get(f"/api/v1/queues/{queue.uid}/labels/").json()["results"]
    assert rows[2]["mapped"]["topic"]["value"] == "refund"
