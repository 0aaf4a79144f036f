"""Freezing adjudications, and what a digest covers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from evaluation.models import Example, SetVersion
from evaluation.reports.set_digests import differences, digest_of
from evaluation.services.set_versions import add_version
from evaluation.services.sets import create_set, freeze
from labeling.models import AuditEvent, Membership, Ruling, SampledItem
from labeling.services.items import erase
from tests.evaluation.frozen import decide, decided_queue, frozen, imported_items
from tests.factories import (
    make_annotation,
    make_member,
    make_project,
    make_queue,
    make_rubric_version,
    make_taxonomy,
    topic,
)
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> Membership:
    return make_member(make_project("shop"), "lead")


def references(version: SetVersion) -> list[str]:
    return [row.references["topic"] for row in version.examples.all()]


def test_adjudications_become_examples_with_their_provenance(lead):
    # given two finished tasks, one of them decided by a person
    queue = decided_queue(lead.project, ["refund", "delivery"])
    decide(queue.tasks.order_by("pk")[0], "other", by=lead)

    # when they are frozen
    version = frozen(queue, by=lead)

    # then what stands is the reference, and says who decided
    assert (version.state, version.number, version.size) == ("frozen", 1, 2)
    assert references(version) == ["other", "delivery"]
    assert version.quality["decided_by"] == {"policy": 1, "person": 1}
    assert version.quality["adjudicated_share"]["value"] == 0.5
    example = version.examples.get(position=1)
    assert example.adjudication.adjudicator == lead
    assert example.content_digest == example.item.content_digest
    assert version.source["rubrics"][0]["version"] == 1


def test_only_adjudications_are_read(lead):
    # given annotations on which nothing was decided
    queue = make_queue(lead.project, imported_items(lead.project, 2))
    first, second = queue.tasks.order_by("pk")
    make_annotation(first, None, {"topic": "refund"})
    make_annotation(second, None, {"topic": "refund"})
    decide(second, "delivery")

    # when the queue is frozen
    version = frozen(queue, by=lead)

    # then only what was decided is there, whatever was answered
    assert references(version) == ["delivery"]
    assert version.quality["left_out"] == {"undecided": 1}


def test_what_cannot_be_a_reference_is_left_out_and_counted(lead):
    queue = decided_queue(lead.project, ["refund", None, "delivery", "other"])
    tasks = list(queue.tasks.order_by("pk"))
    erase(tasks[2].item, "asked for", by=lead)
    Ruling.objects.filter(adjudication__task=tasks[3]).delete()
    version = frozen(queue, by=lead)
    assert references(version) == ["refund"]
    left_out = version.quality["left_out"]
    assert left_out == {"undecided": 0, "cannot_tell": 1, "erased": 1, "unanswered": 1}


def test_an_item_of_two_queues_comes_once_with_the_later_answer(lead):
    items = imported_items(lead.project, 1)
    rubric = make_rubric_version(lead.project)
    queues = [make_queue(lead.project, items, version=rubric) for _ in range(2)]
    decide(queues[0].tasks.get(), "refund")
    decide(queues[1].tasks.get(), "delivery")
    evaluation_set = create_set(lead.project, "Both", "rolling", by=lead)
    version = freeze(evaluation_set, queues, criterion="topic", by=lead)
    run_jobs()
    version.refresh_from_db()
    assert references(version) == ["delivery"]
    assert version.quality["left_out"]["same_item_again"] == 1


def test_weights_are_copies_over_inclusion_probability(lead):
    queue = decided_queue(lead.project, ["refund", "delivery"])
    drawn = SampledItem.objects.filter(sample=queue.sample).order_by("position")
    drawn.filter(position=0).update(inclusion_probability=0.3, copies=2, stratum="German")
    version = frozen(queue, by=lead)
    first, second = version.examples.all()
    assert (first.weight, first.stratum) == (Decimal("6.666666667"), "German")
    assert second.weight == 1


def test_the_taxonomy_of_the_criterion_is_kept(lead):
    taxonomy = make_taxonomy(lead.project, [("money", None), ("refund", "money")])
    asked = {"key": "topic", "kind": "taxonomy", "prompt": "Which?", "taxonomy": taxonomy}
    queue = decided_queue(
        lead.project, ["refund"], version=make_rubric_version(lead.project, [asked])
    )
    version = frozen(queue, by=lead)
    assert [(node["key"], node["parent"]) for node in version.taxonomy] == [
        ("money", None),
        ("refund", "money"),
    ]


def test_judged_outputs_of_two_versions_do_not_become_one_set(lead):
    # given judgments about outputs of two versions
    rubric = make_rubric_version(lead.project, [topic(subject="output")])
    queue = decided_queue(lead.project, ["refund", "delivery"], version=rubric)
    items = [task.item for task in queue.tasks.order_by("pk")]
    type(items[0]).objects.filter(pk=items[0].pk).update(model_version="v1")
    evaluation_set = create_set(lead.project, "Outputs", "frozen", by=lead)

    # when they are frozen
    version = freeze(evaluation_set, [queue], criterion="topic", by=lead)
    run_jobs(may_fail=True)

    # then the version says why it is none, and has nothing in it
    version.refresh_from_db()
    assert version.state == "failed"
    assert "several versions" in version.error
    assert not version.examples.exists()


@pytest.mark.parametrize(
    ("change", "criterion"),
    [
        ({}, "tone"),
        ({"kind": "free_text", "options": []}, "topic"),
        ({"kind": "several_choices"}, "topic"),
        ({"kind": "number", "options": []}, "topic"),
        ({"kind": "preference", "options": []}, "topic"),
    ],
)
def test_a_criterion_that_predictions_cannot_answer_is_refused(lead, change, criterion):
    rubric = make_rubric_version(lead.project, [topic(**change)])
    queue = make_queue(lead.project, imported_items(lead.project, 1), version=rubric)
    evaluation_set = create_set(lead.project, "Golden", "frozen", by=lead)
    with pytest.raises(ValidationError):
        freeze(evaluation_set, [queue], criterion=criterion, by=lead)


def test_queues_under_different_rubric_versions_are_refused(lead):
    queues = [decided_queue(lead.project, ["refund"]), decided_queue(lead.project, ["refund"])]
    evaluation_set = create_set(lead.project, "Golden", "frozen", by=lead)
    with pytest.raises(ValidationError, match="different rubric versions"):
        freeze(evaluation_set, queues, criterion="topic", by=lead)
    with pytest.raises(ValidationError, match="at least one"):
        freeze(evaluation_set, [], criterion="topic", by=lead)


def test_a_job_that_dies_half_way_leaves_nothing_and_is_done_again(lead, monkeypatch):
    # given a job that dies when all examples are in
    queue = decided_queue(lead.project)
    evaluation_set = create_set(lead.project, "Golden", "frozen", by=lead)
    version = freeze(evaluation_set, [queue], criterion="topic", by=lead)
    name = "evaluation.services.set_versions.digest_of"
    with monkeypatch.context() as patched:
        patched.setattr(name, lambda version: 1 / 0)
        from evaluation.services.sets import perform_freeze

        with pytest.raises(ZeroDivisionError), transaction.atomic():
            perform_freeze(SetVersion.objects.get(pk=version.pk))

    # then nothing is there
    version.refresh_from_db()
    assert version.state == "freezing"
    assert not version.examples.exists()

    # and the next attempt freezes all of it, once
    run_jobs()
    version.refresh_from_db()
    assert (version.state, version.examples.count()) == ("frozen", 2)
    verbs = AuditEvent.objects.filter(subject_uid=version.uid).order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == [
        "asked_for_set_version",
        "froze_set_version",
    ]


def test_versions_of_a_set_are_numbered_and_equal_ones_have_one_digest(lead):
    queue = decided_queue(lead.project)
    first = frozen(queue, by=lead)
    second = freeze(first.evaluation_set, [queue], criterion="topic", by=lead)
    run_jobs()
    second.refresh_from_db()
    assert (first.number, second.number) == (1, 2)
    assert first.digest == second.digest
    assert add_version(first.evaluation_set, {"criterion": "topic"}, by=lead, at=None).number == 3


BYTES = [
    {"weight": Decimal("1.000000001")},
    {"references": {"topic": "refunds"}},
    {"stratum": "x"},
    {"inclusion_probability": 0.5},
    {"content_digest": "0" * 64},
    {"adjudication": None},
]


@pytest.mark.parametrize("change", BYTES, ids=lambda change: next(iter(change)))
def test_a_changed_byte_of_an_example_is_found(lead, change):
    version = frozen(decided_queue(lead.project), by=lead)
    assert list(differences(version)) == []
    Example.objects.filter(set_version=version, position=1).update(**change)
    assert any("digest" in line for line in differences(version))


def test_a_changed_content_attribute_order_or_number_of_examples_is_found(lead):
    version = frozen(decided_queue(lead.project), by=lead)
    example = version.examples.first()
    items = type(example.item).objects.filter(pk=example.item_id)

    items.update(content={"text": "Message 0!"})
    assert list(differences(version)) == ["item m-0: its content does not fit its digest"]
    items.update(content={"text": "Message 0"}, attributes={"channel": "phone"})
    assert list(differences(version)) == ["its digest does not fit"]
    items.update(attributes={})
    assert list(differences(version)) == []
    example.delete()
    assert "1 examples, not 2" in list(differences(version))


def test_a_ruling_changed_afterwards_is_found(lead):
    version = frozen(decided_queue(lead.project), by=lead)
    Ruling.objects.filter(value="refund").update(value="other")
    assert list(differences(version)) == ["item m-0: its reference is not what was adjudicated"]


def test_erasing_an_item_leaves_the_digest_valid(lead):
    version = frozen(decided_queue(lead.project), by=lead)
    before = digest_of(version)
    erase(version.examples.first().item, "asked for", by=lead)
    assert digest_of(version) == before == version.digest
    assert list(differences(version)) == []


def test_a_frozen_version_needs_a_digest(lead):
    version = frozen(decided_queue(lead.project), by=lead)
    with pytest.raises(Exception, match="frozen_has_digest"), transaction.atomic():
        SetVersion.objects.filter(pk=version.pk).update(digest="")
    assert connection.is_usable()
