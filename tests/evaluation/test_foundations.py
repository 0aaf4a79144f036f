"""What a set version rests on stays: answers are not taken back, nor imports withdrawn."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from evaluation.models import Prediction
from labeling.errors import Conflict
from labeling.models import Adjudication, Annotation, Import, Membership, Task
from labeling.services import adjudications
from labeling.services.amending import amend
from labeling.services.annotations import submit, undo
from labeling.services.answers import Payload
from labeling.services.assignment import claim
from labeling.services.imports import withdraw_import
from tests.evaluation.frozen import decide, decided_queue, frozen, imported_items
from tests.evaluation.makers import make_set_version, make_version
from tests.factories import (
    make_annotator,
    make_member,
    make_project,
    make_task,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> Membership:
    return make_member(make_project("shop"), "lead")


def judged() -> Annotation:
    """The one answer of a task that was settled by it, just now."""
    task = make_task(make_project(), overlap=1)
    lease = claim(task.queue, make_annotator(task.queue.project))
    submit(lease.annotator, lease.token, Payload({"topic": "refund"}), at=timezone.now())
    return Annotation.objects.get()


@pytest.mark.parametrize("how", ["taken back", "amended"])
def test_an_answer_that_has_been_frozen_counts_on_whatever_its_annotator_does(how):
    annotation = judged()
    version = frozen(annotation.task.queue)
    if how == "taken back":
        undo(annotation.annotator, annotation, at=timezone.now())
    else:
        other = Payload({"topic": "other"})
        amend(annotation.annotator, annotation, uuid4(), other, at=timezone.now())
    assert Annotation.objects.counted().get() == annotation
    assert Task.objects.get().state == "settled"
    assert version.examples.get().adjudication == Adjudication.objects.current().get()


def test_an_answer_that_nobody_has_frozen_is_taken_back():
    annotation = judged()
    undo(annotation.annotator, annotation, at=timezone.now())
    assert Task.objects.get().state == "open"


def test_a_decision_that_has_been_frozen_is_not_taken_back(lead):
    queue = decided_queue(lead.project, ["refund"])
    adjudicator = make_member(lead.project, "adjudicator")
    decision = decide(queue.tasks.get(), "other", by=adjudicator)
    frozen(queue, by=lead)
    with pytest.raises(Conflict, match="Golden v1"):
        adjudications.undo(adjudicator, decision, at=timezone.now())
    assert Task.objects.get().state == "adjudicated"


def test_a_decision_after_the_freeze_corrects_the_next_version_and_not_this_one(lead):
    queue = decided_queue(lead.project, ["refund"])
    version = frozen(queue, by=lead)
    decide(queue.tasks.get(), "other", by=make_member(lead.project, "adjudicator"))
    again = frozen(queue, "Next", by=lead)
    assert version.examples.get().references == {"topic": "refund"}
    assert again.examples.get().references == {"topic": "other"}


def test_an_import_stays_once_a_set_version_holds_one_of_its_items(lead):
    batch = imported_items(lead.project, 1)[0].batch
    make_set_version(lead.project, ["refund"], items=list(batch.items.all()))
    with pytest.raises(Conflict, match="Set") as refused:
        withdraw_import(batch, by=lead)
    assert refused.value.code == "import_used"
    batch.refresh_from_db()
    assert batch.state == Import.State.DONE


def test_an_import_stays_once_a_version_has_predicted_one_of_its_items(lead):
    [item] = imported_items(lead.project, 1)
    Prediction.objects.create(version=make_version(lead.project, "v2"), item=item, value="refund")
    with pytest.raises(Conflict, match="“v2” has predictions"):
        withdraw_import(item.batch, by=lead)


def test_the_api_says_409_and_why_an_import_stays(lead, call):
    batch = imported_items(lead.project, 1)[0].batch
    make_set_version(lead.project, ["refund"], items=list(batch.items.all()))
    engineer = make_member(lead.project, "engineer")
    answer = call(engineer, "items").post(f"/api/v1/imports/{batch.uid}/withdrawals/")
    assert (answer.status_code, answer.json()["code"]) == (409, "import_used")
    assert "cannot be withdrawn" in answer.json()["message"]
