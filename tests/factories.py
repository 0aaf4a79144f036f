"""Makers: plain functions with defaults; a test mentions only what matters to it."""

from __future__ import annotations

import hashlib
import itertools
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from labeling.models import (
    Annotation,
    Answer,
    ContentField,
    Criterion,
    Import,
    Item,
    Membership,
    Project,
    Queue,
    Rubric,
    RubricVersion,
    Sample,
    SampledItem,
    Slot,
    Task,
    Taxonomy,
    TaxonomyVersion,
    Team,
    Token,
    User,
)

PASSWORD = "a long enough password"
_numbers = itertools.count(1)


def make_user(
    email: str = "", *, name: str = "", password: str | None = None, **fields: Any
) -> User:
    number = next(_numbers)
    user = User(
        email=email or f"person{number}@example.org", name=name or f"Person {number}", **fields
    )
    user.set_password(password) if password else user.set_unusable_password()
    user.save()
    return user


def make_project(slug: str = "", **fields: Any) -> Project:
    slug = slug or f"project-{next(_numbers)}"
    project = Project.objects.create(slug=slug, name=fields.pop("name", slug.title()), **fields)
    ContentField.objects.create(project=project, name="text", visibility="shown")
    return project


def make_team(project: Project, kind: str = "internal", **fields: Any) -> Team:
    name = fields.pop("name", f"Team {next(_numbers)}")
    return Team.objects.create(project=project, kind=kind, name=name, **fields)


def make_member(project: Project | None = None, *roles: str, **fields: Any) -> Membership:
    """A member, annotator unless told otherwise."""
    user = fields.pop("user", None) or make_user()
    return Membership.objects.create(
        project=project or make_project(), user=user, roles=list(roles) or ["annotator"], **fields
    )


def make_annotator(project: Project, **fields: Any) -> Membership:
    return make_member(project, "annotator", **fields)


def make_token(member: Membership, *scopes: str, days: int = 90) -> str:
    """The secret of a new token."""
    secret = f"fettle_{uuid.uuid4().hex}"
    Token.objects.create(
        member=member,
        name="test",
        prefix=secret[:12],
        digest=hashlib.sha256(secret.encode()).hexdigest(),
        scopes=list(scopes) or ["read"],
        expires_at=timezone.now() + timedelta(days=days),
    )
    return secret


def make_import(project: Project, **fields: Any) -> Import:
    defaults = {"name": "items.jsonl", "source": "command", "state": "done"}
    return Import.objects.create(project=project, **{**defaults, **fields})


def make_items(project: Project, count: int = 1, **fields: Any) -> list[Item]:
    """Items with one shown text each; `attributes` and the like are the same for all."""
    batch = fields.pop("batch", None) or make_import(project)
    start = datetime(2026, 9, 7, tzinfo=UTC)
    rows = []
    for _ in range(count):
        number = next(_numbers)
        content = {"text": f"Message {number}"}
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        defaults = {
            "external_id": f"item-{number}",
            "content": content,
            "occurred_at": start + timedelta(minutes=number),
            "salt": "",
            "content_digest": digest,
            "twin_key": digest[:32],
            "row_digest": digest[:32],
        }
        rows.append(Item(project=project, batch=batch, **{**defaults, **fields}))
    return Item.objects.bulk_create(rows)


def make_item(project: Project | None = None, **fields: Any) -> Item:
    return make_items(project or make_project(), 1, **fields)[0]


def make_rubric_version(
    project: Project, criteria: list[dict[str, Any]] | None = None, **fields: Any
) -> RubricVersion:
    """A published version that asks for a topic (refund, delivery, other) unless told otherwise."""
    rubric = fields.pop("rubric", None) or Rubric.objects.create(
        project=project, name=f"Rubric {next(_numbers)}"
    )
    number = rubric.versions.count() + 1
    defaults = {"number": number, "state": "published", "published_at": timezone.now()}
    version = RubricVersion.objects.create(rubric=rubric, **{**defaults, **fields})
    for position, criterion in enumerate(criteria or [topic()]):
        Criterion.objects.create(version=version, position=position, **criterion)
    return version


def topic(*keys: str, **fields: Any) -> dict[str, Any]:
    """A single-choice criterion."""
    options = [
        {"key": key, "label": key.title()} for key in keys or ("refund", "delivery", "other")
    ]
    defaults = {"key": "topic", "kind": "single_choice", "prompt": "What is it about?"}
    return {**defaults, "options": options, **fields}


def make_taxonomy(project: Project, nodes: list[tuple[str, str | None]]) -> TaxonomyVersion:
    """A taxonomy version from (key, parent) pairs."""
    taxonomy = Taxonomy.objects.create(project=project, name=f"Taxonomy {next(_numbers)}")
    rows = [{"key": key, "parent": parent, "label": key.title()} for key, parent in nodes]
    return TaxonomyVersion.objects.create(taxonomy=taxonomy, number=1, nodes=rows, digest="0" * 64)


def make_sample(project: Project, items: list[Item] | None = None, **fields: Any) -> Sample:
    items = make_items(project, 3) if items is None else items
    defaults = {"name": "A sample", "design": "simple", "seed": 1, "state": "drawn"}
    sizes = {"frame_size": len(items), "size": len(items)}
    sample = Sample.objects.create(project=project, **{**defaults, **sizes, **fields})
    SampledItem.objects.bulk_create(
        SampledItem(sample=sample, item=item, position=position, inclusion_probability=1.0)
        for position, item in enumerate(items)
    )
    return sample


def make_queue(
    project: Project | None = None,
    items: list[Item] | None = None,
    *,
    overlap: int = 2,
    version: RubricVersion | None = None,
    **fields: Any,
) -> Queue:
    """An open queue with its tasks and slots, in order of arrival."""
    project = project or make_project()
    sample = make_sample(project, items)
    defaults = {"name": f"Queue {next(_numbers)}", "state": "open", "order": "arrival"}
    queue = Queue.objects.create(
        project=project,
        sample=sample,
        overlap=overlap,
        rubric_version=version or make_rubric_version(project),
        **{**defaults, **fields},
    )
    for member in sample.members.select_related("item"):
        lane = member.item.attributes.get(queue.lane_attribute, "") if queue.lane_attribute else ""
        task = Task.objects.create(queue=queue, item=member.item, sampled_item=member, lane=lane)
        Slot.objects.bulk_create(
            Slot(queue=queue, task=task, number=number, place=member.position, lane=lane)
            for number in range(overlap)
        )
    return queue


def make_task(project: Project | None = None, *, overlap: int = 2, **fields: Any) -> Task:
    """One open task in a queue of its own."""
    project = project or make_project()
    queue = make_queue(project, make_items(project, 1), overlap=overlap, **fields)
    return queue.tasks.get()


def make_annotation(
    task: Task, annotator: Membership | None = None, answers: dict[str, str | None] | None = None
) -> Annotation:
    """A counted annotation written straight into the tables; None stands for "cannot tell"."""
    annotator = annotator or make_annotator(task.queue.project)
    version = task.queue.rubric_version
    annotation = Annotation.objects.create(
        task=task,
        annotator=annotator,
        token=uuid.uuid4(),
        payload_digest="0" * 64,
        rubric_version=version,
    )
    criteria = {criterion.key: criterion for criterion in version.criteria.all()}
    for key, value in (answers or {}).items():
        Answer.objects.create(
            annotation=annotation,
            criterion=criteria[key],
            value=value or "",
            cannot_tell=value is None,
        )
    slot = task.slots.filter(annotation__isnull=True).first()
    assert slot is not None
    slot.annotator, slot.token, slot.annotation = annotator, annotation.token, annotation
    slot.leased_until = timezone.now()
    slot.save()
    return annotation
