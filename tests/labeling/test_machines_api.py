"""Machine annotators are asked as people are: as blind, on drawn sides, in a drawn order."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.models import Annotation, Answer, ContentField, Item, Task
from labeling.reports.judging import shown_form
from labeling.reports.proposals import proposals_of
from labeling.reports.sides import sides_for
from tests.factories import (
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_rubric_version,
    topic,
)
from tests.labeling.makers import better, faults
from tests.programs import answered, program

pytestmark = pytest.mark.django_db
OUTPUTS = ["Take the 7:40 train.", "There is a bus."]


def make_machine(project):
    return make_annotator(project, kind="machine")


def make_asking(criteria, *, count=2, outputs=(), **fields):
    """A queue with these questions, and outputs to judge beside each item."""
    project = make_project()
    version = make_rubric_version(project, criteria)
    queue = make_queue(project, make_items(project, count), version=version, **fields)
    Task.objects.update(outputs=list(outputs))
    return queue


def tasks(caller, queue, **asked):
    return caller.get(f"/api/v1/queues/{queue.uid}/machine-tasks/", asked)


def send(caller, queue, *rows, **fields):
    url = f"/api/v1/queues/{queue.uid}/machine-annotations/"
    return caller.post(url, {"annotations": list(rows), **fields})


def test_a_machine_judges_pairs_on_sides_of_its_own_and_they_are_undone():
    queue = make_asking([better() | {"subject": "pair"}], count=16, outputs=OUTPUTS)
    machine = make_machine(queue.project)
    caller = program(machine, "annotate")

    page = answered(tasks(caller, queue))
    left = {row["task"]: row["item"]["outputs"][0]["text"] for row in page["results"]}
    assert set(left.values()) == set(OUTPUTS)
    rows = [{"task": uid, "answers": {"better": "a"}} for uid in left]
    assert answered(send(caller, queue, *rows)) == {"stored": 16}

    for answer in Answer.objects.select_related("annotation__task"):
        annotation = answer.annotation
        assert OUTPUTS["ab".index(answer.value)] == left[str(annotation.task.uid)]
        assert annotation.shown["sides"] == sides_for(annotation.task, machine).letters
    assert answered(tasks(caller, queue))["results"] == []


def test_what_a_machine_is_shown_says_nothing_of_the_item_but_what_people_see():
    queue = make_asking([topic()])
    ContentField.objects.create(project=queue.project, name="notes", visibility="hidden")
    for item in Item.objects.all():
        content = {**item.content, "notes": "VIP"}
        secret = {"external_id": f"gold-{item.pk}", "prediction": "delivery", "confidence": 0.47}
        Item.objects.filter(pk=item.pk).update(
            content=content, attributes={"channel": "phone"}, model_version="model-x", **secret
        )
    body = tasks(program(make_machine(queue.project), "annotate"), queue).content.decode()

    for hidden in ("gold-", "VIP", "0.47", "model-x", "phone"):
        assert hidden not in body


def test_what_people_have_done_changes_nothing_of_what_a_machine_is_shown():
    queue = make_asking([topic()], overlap=1)
    caller = program(make_machine(queue.project), "annotate")
    before = tasks(caller, queue).content

    Task.objects.filter(pk=queue.tasks.first().pk).update(state="settled")
    assert tasks(caller, queue).content == before


def test_the_order_of_options_is_drawn_for_a_machine_and_kept_with_its_answer():
    blinding = {"show": {}, "shuffle_options": True}
    queue = make_asking([topic(), faults()], count=12, blinding=blinding)
    caller = program(make_machine(queue.project), "annotate")

    rows = answered(tasks(caller, queue))["results"]
    assert len({tuple(row["options"]["topic"]) for row in rows}) > 1
    assert len({tuple(row["options"]["faults"]) for row in rows}) > 1
    given = {"topic": "refund", "faults": ["late"]}
    send(caller, queue, *({"task": row["task"], "answers": given} for row in rows))

    kept = {str(row.task.uid): row.shown["options"] for row in Annotation.objects.all()}
    assert kept == {row["task"]: row["options"] for row in rows}


def test_a_machine_proposes_a_label_that_is_missing():
    queue = make_asking([topic(propose=True)])
    caller = program(make_machine(queue.project), "annotate")
    (first, second) = answered(tasks(caller, queue))["results"]
    assert first["item"]["outputs"] == []
    none = {"answers": {"topic": "none_of_these"}, "proposed": {"topic": "Gift cards"}}

    answered(send(caller, queue, {"task": first["task"], **none}))
    long = {**none, "task": second["task"], "proposed": {"topic": "x" * 121}}
    refused = send(caller, queue, long)

    assert refused.status_code == 400
    assert set(refused.json()["fields"]) == {"annotations.0"}
    (proposal,) = proposals_of(queue.rubric_version.rubric)
    assert (proposal.label, proposal.items) == ("Gift cards", 1)


def test_answers_of_a_machine_that_saw_the_prediction_are_marked():
    queue = make_asking([topic()], blinding={"show": {"prediction": True}})
    Item.objects.update(prediction="delivery")
    caller = program(make_machine(queue.project), "annotate")

    (row, _other) = answered(tasks(caller, queue))["results"]
    assert row["item"]["prediction"] == "delivery"
    send(caller, queue, {"task": row["task"], "answers": {"topic": "refund"}})
    annotation = Annotation.objects.get()
    assert annotation.revealed
    assert annotation.shown == {"prediction": True}


def test_a_row_names_its_task_or_its_item():
    queue = make_asking([topic()])
    caller = program(make_machine(queue.project), "annotate")
    task = queue.tasks.first()
    answers = {"answers": {"topic": "refund"}}
    both = {"task": str(task.uid), "item": task.item.external_id}

    for named in ({}, both):
        assert send(caller, queue, {**named, **answers}).status_code == 400
    twice = [{"task": both["task"], **answers}, {"item": both["item"], **answers}]
    refused = send(caller, queue, *twice)
    assert set(refused.json()["fields"]) == {"annotations.1.item"}
    assert not Annotation.objects.exists()


def test_a_lead_reads_for_a_machine_and_nobody_else_does():
    queue = make_asking([topic()])
    machine, person = make_machine(queue.project), make_annotator(queue.project)
    lead = program(make_member(queue.project, "lead"), "manage")

    assert answered(tasks(lead, queue, machine=str(machine.uid)))["results"]
    assert tasks(lead, queue).status_code == 400
    for given in (person.uid, "x"):
        assert set(tasks(lead, queue, machine=given).json()["fields"]) == {"machine"}
    assert tasks(lead, queue, sneaky="1").status_code == 400
    assert tasks(program(person, "annotate"), queue).status_code == 404
    elsewhere = program(make_machine(make_project()), "annotate")
    assert tasks(elsewhere, queue).status_code == 404


def test_tasks_come_in_pages_and_each_costs_no_query_of_its_own():
    queue = make_asking([better() | {"subject": "pair"}], count=12, outputs=OUTPUTS)
    caller = program(make_machine(queue.project), "annotate")
    tasks(caller, queue, page_size=1)

    costs = []
    for size in (1, 12):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = answered(tasks(caller, queue, page_size=size))
        costs.append(len(queries))
    assert costs[0] == costs[1]
    assert len(page["results"]) == 12
    first = answered(tasks(caller, queue, page_size=5))
    rest = answered(caller.get(first["next"]))
    assert len({row["task"] for row in first["results"] + rest["results"]}) == 10


def test_several_choices_are_shuffled_for_people_as_they_are_stored():
    queue = make_asking([faults()], blinding={"show": {}, "shuffle_options": True})
    caller = program(make_annotator(queue.project), "annotate")
    claimed = answered(caller.post(f"/api/v1/projects/{queue.project.slug}/claims/", {}))
    (criterion,) = claimed["form"]["criteria"]
    token = claimed["lease"]["token"]
    answered(caller.post(f"/api/v1/leases/{token}/submit/", {"answers": {"faults": ["late"]}}))

    shown = [option["key"] for option in criterion["options"]]
    annotation = Annotation.objects.get()
    assert annotation.shown["options"] == {"faults": shown}
    orders = {tuple(_order(queue, number)) for number in range(40)}
    assert len(orders) == 6


def _order(queue, token):
    return [option.key for option in shown_form(queue, token, "").criteria[0].options]
