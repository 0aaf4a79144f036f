"""Labeled files become set versions whose quality is unknown."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from evaluation.models import SetVersion
from evaluation.policy.parts import branches
from evaluation.reports.predictions import examples_of
from evaluation.reports.set_digests import differences
from evaluation.services.sets import import_labeled
from labeling.models import Criterion, Item, Membership
from labeling.services.items import erase
from tests.evaluation.frozen import imported_items
from tests.factories import make_member, make_project, make_rubric_version, make_taxonomy

pytestmark = pytest.mark.django_db


@pytest.fixture
def engineer() -> Membership:
    return make_member(make_project("shop"), "engineer")


def taken(member: Membership, rows: object, **fields: object) -> SetVersion:
    return import_labeled(member.project, "Golden", "frozen", rows, by=member, **fields)


def answers(version: SetVersion) -> dict[str, str]:
    rows = version.examples.values_list("item__external_id", "references")
    return {name: references[version.criterion] for name, references in rows}


def test_a_csv_file_becomes_items_and_examples(engineer, tmp_path):
    # given a file of texts with their topics
    path = tmp_path / "golden.csv"
    path.write_text("id,text,channel,topic\n1,Where is it?,app,delivery\n2,Money back,web,refund\n")

    # when it is imported
    version = taken(engineer, path)

    # then its rows are examples, and nobody claims to know how good their labels are
    assert (version.state, version.provenance, version.criterion) == (
        "frozen", "imported", "topic",
    )  # fmt: skip
    assert answers(version) == {"1": "delivery", "2": "refund"}
    assert version.quality["known"] is False
    assert version.source["name"] == "golden.csv"
    item = Item.objects.get(external_id="1")
    assert (item.content, item.attributes) == ({"text": "Where is it?"}, {"channel": "app"})
    assert list(differences(version)) == []


def test_rows_without_content_name_items_that_are_there(engineer):
    imported_items(engineer.project, 2)
    version = taken(engineer, [{"external_id": "m-0", "label": "refund"}])
    assert answers(version) == {"m-0": "refund"}
    assert Item.objects.count() == 2


def test_known_items_are_used_and_unknown_ones_imported(engineer):
    imported_items(engineer.project, 1, channel="app")
    rows = [
        {"id": "m-0", "text": "Message 0", "label": "refund"},
        {"id": "new", "text": "Something else", "label": "delivery"},
    ]
    version = taken(engineer, rows)
    assert answers(version) == {"m-0": "refund", "new": "delivery"}
    assert version.source["items_imported"] == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"id": "m-0", "text": "Changed", "label": "refund"}, "other content"),
        ({"id": "m-0", "text": "Message 0", "label": ""}, "holds no answer"),
        ({"id": "m-0", "text": "Message 0", "label": ["a"]}, "one answer as a text"),
        ({"id": "m-0", "text": "Message 0", "label": "x" * 501}, "longer than 500"),
        ({"id": "ok", "text": "Fine", "label": "delivery"}, "another answer"),
        ({"id": "", "text": "Fine", "label": "delivery"}, "is empty"),
    ],
)
def test_a_row_that_cannot_be_taken_is_named_and_nothing_is_taken(engineer, row, reason):
    imported_items(engineer.project, 1)
    rows = [{"id": "ok", "text": "Fine", "label": "refund"}, row]
    with pytest.raises(ValidationError, match=reason) as refused:
        taken(engineer, rows)
    assert "line 2" in refused.value.message
    assert Item.objects.count() == 1
    assert SetVersion.objects.get().state == "failed"


def test_an_id_that_nobody_knows_is_refused(engineer):
    with pytest.raises(ValidationError, match="no item with this id"):
        taken(engineer, [{"external_id": "m-0", "label": "refund"}])


def test_repeated_and_erased_items_are_left_out_and_counted(engineer):
    items = imported_items(engineer.project, 2)
    erase(items[1], "asked for", by=engineer)
    rows = [
        {"id": "m-0", "label": "refund"},
        {"id": "m-0", "label": "refund"},
        {"id": "m-1", "label": "refund"},
    ]
    version = taken(engineer, rows)
    assert version.size == 1
    assert version.quality["left_out"] == {"same_item_again": 1, "erased": 1}


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([{"text": "Hello"}], "Choose the column"),
        ([{"label": "refund"}], "Choose columns"),
        ([], "Choose the column"),
    ],
)
def test_columns_that_make_no_example_are_refused(engineer, rows, reason):
    with pytest.raises(ValidationError, match=reason):
        taken(engineer, rows)
    assert not SetVersion.objects.exists()


def test_the_label_column_can_be_named(engineer):
    rows = [{"text": "Hello", "topic": "refund", "tone": "angry"}]
    version = taken(engineer, rows, label="tone")
    assert version.criterion == "tone"
    assert list(answers(version).values()) == ["angry"]


def test_a_set_keeps_its_role(engineer):
    taken(engineer, [{"text": "Hello", "label": "refund"}])
    with pytest.raises(ValidationError, match="another role"):
        import_labeled(
            engineer.project, "Golden", "edge", [{"text": "x", "label": "y"}], by=engineer
        )
    again = taken(engineer, [{"text": "Hello", "label": "delivery"}])
    assert again.number == 2


def test_a_file_that_is_none_is_refused(engineer, tmp_path):
    path = tmp_path / "golden.jsonl"
    path.write_bytes(b"%PDF-1.7")
    with pytest.raises(ValidationError, match="PDF"):
        taken(engineer, path)


@pytest.fixture
def question(engineer) -> Criterion:
    """A published question whose answers are the branches of a taxonomy."""
    taxonomy = make_taxonomy(engineer.project, [("money", None), ("refund", "money")])
    asked = {"key": "topic", "kind": "taxonomy", "prompt": "Which?", "taxonomy": taxonomy}
    return make_rubric_version(engineer.project, [asked]).criteria.get()


def test_a_file_that_answers_a_criterion_keeps_its_taxonomy_so_that_branches_can_be_judged(
    engineer, question
):
    rows = [{"id": str(number), "text": f"Hello {number}", "label": "refund"} for number in (1, 2)]
    version = taken(engineer, rows, criterion=question)
    assert (version.criterion, version.rubric_version) == ("topic", question.version)
    assert answers(version) == {"1": "refund", "2": "refund"}
    assert version.quality["known"] is False
    (branch,) = branches(examples_of(version).columns)
    assert branch.name == "money"
    assert list(differences(version)) == []


def test_an_answer_that_the_criterion_does_not_have_is_refused_with_its_line(engineer, question):
    rows = [{"id": "1", "text": "Hello", "label": "refund"}, {"id": "2", "text": "B", "label": "x"}]
    with pytest.raises(ValidationError, match=r"line 2: the criterion has no answer “x”"):
        taken(engineer, rows, criterion=question)
    assert not Item.objects.exists()


def test_an_answer_may_be_the_label_that_people_see(engineer):
    options = [{"key": "refund", "label": "Money back"}]
    asked = {"key": "topic", "kind": "single_choice", "prompt": "Which?", "options": options}
    criterion = make_rubric_version(engineer.project, [asked]).criteria.get()
    rows = [{"id": "1", "text": "Hello", "label": "Money back"}]
    assert answers(taken(engineer, rows, criterion=criterion)) == {"1": "refund"}
