"""A project with one row of every kind that a route can be about."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from labeling.models import (
    Adjudication,
    Export,
    Invitation,
    Job,
    Membership,
    Project,
    Seat,
    Slice,
    Slot,
    Task,
    Token,
)
from labeling.policy.roles import Role
from labeling.services.taxonomy_drafts import start_draft
from tests import factories
from tests.security.evaluation_rows import evaluation_rows
from tests.security.maintenance_rows import maintenance_rows
from tests.security.question_rows import offer_row, question_rows


@dataclass(frozen=True)
class World:
    """A project, its people by role, and the uid of one row of each kind."""

    project: Project
    people: dict[str, Membership]
    vendor: Membership
    everything: Membership
    rows: dict[str, UUID]


def make_world(slug: str) -> World:
    """A project in which every kind of row exists once, and somebody has every role."""
    project = factories.make_project(slug)
    people = {role.value: factories.make_member(project, role.value) for role in Role}
    everything = factories.make_member(project, *[role.value for role in Role])
    team = factories.make_team(project, "vendor")
    vendor = factories.make_member(project, *[role.value for role in Role], team=team)
    return World(project, people, vendor, everything, _rows(project, everything, team))


def _rows(project: Project, member: Membership, team: Any) -> dict[str, UUID]:
    queue = factories.make_queue(project, factories.make_items(project, 2), overlap=2)
    task, other = queue.tasks.order_by("pk")
    annotation = factories.make_annotation(other, member, {"topic": "refund"})
    factories.make_rubric_version(project, rubric=queue.rubric_version.rubric)
    draft = factories.make_rubric_version(
        project, state="draft", published_at=None, rubric=queue.rubric_version.rubric
    )
    machine = factories.make_member(project, "annotator", kind="machine")
    factories.make_token(machine, "annotate")
    factories.make_token(member, "read")
    taxonomy = factories.make_taxonomy(project, [("a", None), ("b", "a")])
    rows = {
        "job": Job.objects.create(project=project, kind="draw_sample"),
        "import": factories.make_import(project),
        "slice": Slice.objects.create(project=project, name="German", conditions=[]),
        "sample": queue.sample,
        "queue": queue,
        "task": _dispute(project, member),
        "item": task.item,
        "rubric": draft.rubric,
        "rubric_version": queue.rubric_version,
        "draft": draft,
        "taxonomy_version": taxonomy,
        "taxonomy": taxonomy.taxonomy,
        "taxonomy_draft": start_draft(taxonomy.taxonomy, by=member),
        "person": factories.make_annotator(project),
        "machine": machine,
        "team": team,
        "invitation": _invitation(project, member),
        "token": Token.objects.get(member=member),
        "machine_token": Token.objects.get(member=machine),
        "annotation": annotation,
        "adjudication": _adjudication(queue, member),
        "export": Export.objects.create(project=project, kind="annotations", file_format="jsonl"),
    }
    rows |= question_rows(task, member)
    rows |= evaluation_rows(project, member)
    rows |= maintenance_rows(project, member)
    leases = {"lease": _lease(task, member), "claim": _claim(project, member)}
    leases["GET judge_ask"] = offer_row(task, member)
    return {kind: row.uid for kind, row in rows.items()} | leases


def _lease(task: Task, member: Membership) -> UUID:
    token = uuid4()
    Seat.objects.create(queue=task.queue, annotator=member, acknowledged_at=timezone.now())
    Slot.objects.filter(task=task, number=0).update(
        annotator=member, token=token, leased_until=timezone.now() + timedelta(minutes=15)
    )
    return token


def _dispute(project: Project, member: Membership) -> Task:
    task = factories.make_task(project, overlap=1)
    factories.make_annotation(task, factories.make_annotator(project), {"topic": "refund"})
    Task.objects.filter(pk=task.pk).update(state=Task.State.DISPUTED)
    return task


def _claim(project: Project, member: Membership) -> UUID:
    task, token = _dispute(project, member), uuid4()
    Task.objects.filter(pk=task.pk).update(
        claimed_by=member, claim_token=token, claimed_until=timezone.now() + timedelta(minutes=15)
    )
    return token


def _adjudication(queue: Any, member: Membership) -> Adjudication:
    task = factories.make_task(queue.project, overlap=1)
    return Adjudication.objects.create(
        task=task, source="person", adjudicator=member, rubric_version=task.queue.rubric_version
    )


def _invitation(project: Project, member: Membership) -> Invitation:
    return Invitation.objects.create(
        project=project,
        email=f"new@{project.slug}.example.org",
        roles=["annotator"],
        digest=hashlib.sha256(uuid4().bytes).hexdigest(),
        invited_by=member,
        expires_at=timezone.now() + timedelta(days=7),
    )
