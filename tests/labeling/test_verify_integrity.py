"""What the database promises, recomputed: nothing is found in sound rows, and each break is."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from labeling.formats.canonical import content_digest
from labeling.models import (
    Adjudication,
    Annotation,
    Item,
    Project,
    RubricVersion,
    Ruling,
    Slot,
    Task,
)
from labeling.reports.integrity import findings
from labeling.services.items import erase
from labeling.services.rubrics import create_rubric, publish
from labeling.services.samples import draw_sample
from labeling.services.settling import settle_if_complete
from tests.factories import (
    make_annotation,
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
)
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    """A project in which one task is settled, one disputed and one open."""
    project = make_project("sound")
    question = {"key": "topic", "kind": "single_choice", "prompt": "What?", "options": [
        {"key": key, "label": key} for key in ("refund", "other")
    ]}  # fmt: skip
    document = {"name": "Topics", "guidance": "Say it.", "criteria": [question]}
    version = publish(create_rubric(project, document, by=None), by=None)
    items = []
    for number in range(3):
        content = {"text": f"Message {number}"}
        digest = content_digest(content, "salt")
        items += make_items(project, 1, content=content, salt="salt", content_digest=digest)
    draw_sample(project, {"name": "Two", "size": 2, "seed": 7}, by=None)
    run_jobs()
    queue = make_queue(project, items, version=version)
    people = [make_annotator(project), make_annotator(project)]
    answers = [("refund", "refund"), ("refund", "other"), ("refund",)]
    for task, given in zip(queue.tasks.order_by("pk"), answers, strict=True):
        for person, value in zip(people, given, strict=False):
            make_annotation(task, person, {"topic": value})
        settle_if_complete(task, at=timezone.now())
    return project


def rules(project: Project) -> set[str]:
    return {finding.rule for finding in findings(project)}


def verify(*arguments: str) -> str:
    out = io.StringIO()
    call_command("verify_integrity", *arguments, stdout=out)
    return out.getvalue()


def test_sound_rows_pass(project):
    assert verify() == "sound: whole\n"
    assert verify("--project", "sound") == "sound: whole\n"


def test_an_erased_item_is_sound(project):
    erase(Item.objects.order_by("pk")[0], "asked for", by=make_member(project, "lead"))
    assert verify() == "sound: whole\n"


def test_a_changed_text_is_found(project):
    Item.objects.filter(pk=Item.objects.order_by("pk")[0].pk).update(content={"text": "Other"})
    assert rules(project) == {"content"}


def test_a_tombstone_that_still_says_something_is_found(project):
    Item.objects.filter(pk=Item.objects.order_by("pk")[0].pk).update(erased_at=timezone.now())
    assert rules(project) == {"content"}


def test_a_changed_rubric_is_found(project):
    RubricVersion.objects.update(guidance="Say something else.")
    assert rules(project) == {"rubric"}


def test_a_place_too_many_is_found(project):
    task = Task.objects.get(state="open")
    Slot.objects.create(queue=task.queue, task=task, number=9, place=0)
    assert rules(project) == {"overlap"}


def test_an_annotation_counted_for_somebody_else_is_found(project):
    slot = Slot.objects.filter(task__state="settled").first()
    Slot.objects.filter(pk=slot.pk).update(annotator=make_annotator(project))
    assert "overlap" in rules(project)


def test_a_replaced_annotation_that_still_counts_is_found(project):
    slot = Slot.objects.filter(task__state="open", annotation__isnull=False).get()
    Annotation.objects.create(
        task=slot.task,
        annotator=slot.annotator,
        token=slot.task.uid,
        payload_digest="",
        rubric_version=slot.task.queue.rubric_version,
        supersedes=slot.annotation,
    )
    assert rules(project) == {"counted once"}


def test_a_state_without_an_adjudication_is_found(project):
    task = Task.objects.get(state="disputed")
    Task.objects.filter(pk=task.pk).update(state="adjudicated")
    assert rules(project) == {"adjudications"}


def test_an_open_task_that_something_settles_is_found(project):
    Task.objects.filter(state="settled").update(state="open")
    assert rules(project) == {"adjudications", "state"}


def test_a_task_settled_against_its_answers_is_found(project):
    task = Task.objects.get(state="disputed")
    Adjudication.objects.create(
        task=task, source="policy", rubric_version=task.queue.rubric_version
    )
    Task.objects.filter(pk=task.pk).update(state="settled")
    assert rules(project) == {"settling"}


def test_a_ruling_that_the_policy_would_not_give_is_found(project):
    Ruling.objects.update(value="other")
    assert rules(project) == {"settling"}


def test_a_task_settled_too_early_is_found(project):
    Task.objects.filter(state="open").update(state="disputed")
    assert rules(project) == {"state"}


def test_a_sample_that_cannot_be_drawn_again_is_found(project):
    sample = project.samples.get(name="Two")
    sample.seed += 1
    sample.save()
    with pytest.raises(CommandError, match="1 rows") as failed:
        verify()
    assert failed.value.returncode == 1


def test_a_sample_whose_frame_has_shrunk_is_left_alone(project):
    erase(Item.objects.order_by("pk")[0], "asked for", by=make_member(project, "lead"))
    project.samples.filter(name="Two").update(seed=8)
    assert verify() == "sound: whole\n"


def test_an_unknown_project_is_said_to_be_unknown():
    with pytest.raises(CommandError, match="no project"):
        verify("--project", "nowhere")
