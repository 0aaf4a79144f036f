"""More rows of every kind for a world: in its lists, and below each of its own rows."""

from __future__ import annotations

import io
from datetime import timedelta
from itertools import count as numbers_from

from django.utils import timezone

from labeling.models import (
    Adjudication,
    Annotation,
    Criterion,
    Draft,
    Export,
    Import,
    Invitation,
    Item,
    Job,
    Membership,
    Project,
    Queue,
    RefusedRow,
    Rubric,
    RubricVersion,
    Ruling,
    RunnerHeartbeat,
    Sample,
    SampledItem,
    Seat,
    Skip,
    Slice,
    Slot,
    Task,
    Taxonomy,
    TaxonomyVersion,
    Team,
    User,
)
from labeling.services import audit
from labeling.storage import store
from tests import factories
from tests.security.evaluation_rows import grow_evaluation
from tests.security.maintenance_rows import grow_maintenance
from tests.security.question_rows import grow_questions
from tests.security.world import World

_numbers = numbers_from(1)
ANSWERS = {"topic": "refund", "grade": "2", "offers": "yes", "part": "b", "why": "because"}


def grow(world: World, count: int) -> None:
    """`count` more rows of each kind that the world has."""
    make_site_admin(world.everything.user)
    version = _rubric(world)
    for _ in range(count):
        _people(world)
        _versions(world)
        _queue(world, version)
        _intake(world)
        grow_questions(world.project, world.everything, world.rows)
        grow_evaluation(world.project, world.everything, world.rows)
        grow_maintenance(world.project, world.everything, world.rows)
    _below_the_queue(world, count)


def make_site_admin(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)


def _rubric(world: World) -> RubricVersion:
    nodes = [("a", None), ("b", "a"), ("c", "a")]
    taxonomy = factories.make_taxonomy(world.project, nodes)
    scale = [{"key": str(step), "label": f"Grade {step}"} for step in range(1, 4)]
    criteria = [
        factories.topic(),
        {"key": "grade", "kind": "ordinal", "prompt": "How good is it?", "options": scale},
        {"key": "offers", "kind": "yes_no", "prompt": "Does it offer help?"},
        {"key": "part", "kind": "taxonomy", "prompt": "Which part?", "taxonomy": taxonomy},
        {"key": "why", "kind": "free_text", "prompt": "Why?", "required": False},
    ]
    return factories.make_rubric_version(world.project, criteria)


def _people(world: World) -> None:
    project, number = world.project, next(_numbers)
    team = factories.make_team(project)
    factories.make_annotator(project, team=team, languages={"de": "native"})
    factories.make_member(project, team=Team.objects.get(uid=world.rows["team"]))
    machine = factories.make_annotator(project, kind="machine")
    factories.make_token(machine, "annotate")
    factories.make_token(Membership.objects.get(uid=world.rows["machine"]), "annotate")
    factories.make_token(world.everything, "read")
    factories.make_member(factories.make_project(f"also-{number}"), user=world.everything.user)
    Invitation.objects.create(
        project=project,
        email=f"guest{number}@{project.slug}.example.org",
        roles=["annotator"],
        digest=f"{number:064}",
        team=team,
        invited_by=world.everything,
        expires_at=timezone.now() + timedelta(days=7),
    )
    RunnerHeartbeat.objects.create(name=f"runner-{number}", kind="runner")


def _versions(world: World) -> None:
    project, number = world.project, next(_numbers)
    asked = Criterion.objects.get(version__uid=world.rows["draft"])
    asked.options += [{"key": f"more-{number}", "label": f"More {number}"}]
    asked.save(update_fields=["options"])
    factories.make_rubric_version(
        project, rubric=Rubric.objects.get(uid=world.rows["rubric"]), number=100 + number
    )
    taxonomy = Taxonomy.objects.get(uid=world.rows["taxonomy"])
    nodes = [{"key": "a", "parent": None, "label": "A"}]
    TaxonomyVersion.objects.create(taxonomy=taxonomy, number=1 + number, nodes=nodes, digest="0")
    factories.make_taxonomy(project, [("a", None)])
    condition = {"field": "attributes.channel", "operator": "is", "value": "mail"}
    Slice.objects.create(
        project=project, name=f"Slice {number}", conditions=[condition], owner=world.everything
    )


def _queue(world: World, version: RubricVersion) -> None:
    attributes = {"channel": f"mail {next(_numbers)}"}
    items = factories.make_items(world.project, 2, attributes=attributes, group="a")
    queue = factories.make_queue(
        world.project, items, version=version, lane_attribute="channel", created_by=world.everything
    )
    queue.teams.add(Team.objects.get(uid=world.rows["team"]))
    disputed, settled = queue.tasks.order_by("pk")
    for annotator, chosen in _pairs(world.project):
        answers = {**ANSWERS, "topic": chosen}
        factories.make_annotation(disputed, annotator, answers)
        factories.make_annotation(settled, annotator, ANSWERS)
    Task.objects.filter(pk=disputed.pk).update(state=Task.State.DISPUTED)
    _decide(settled, world.everything)


def _pairs(project: Project) -> list[tuple[Membership, str]]:
    return [(factories.make_annotator(project), chosen) for chosen in ("refund", "other")]


def _decide(task: Task, by: Membership) -> None:
    Task.objects.filter(pk=task.pk).update(state=Task.State.ADJUDICATED)
    decision = Adjudication.objects.create(
        task=task, source="person", adjudicator=by, rubric_version=task.queue.rubric_version
    )
    for criterion in task.queue.rubric_version.criteria.all():
        Ruling.objects.create(
            adjudication=decision,
            criterion=criterion,
            value=ANSWERS.get(criterion.key, "refund"),
            rationale="as it says",
        )


def _intake(world: World) -> None:
    project, by = world.project, world.everything
    job = Job.objects.create(
        project=project, kind="draw_sample", created_by=by, state="failed", error="no"
    )
    batch = factories.make_import(project, created_by=by, job=job)
    own = Import.objects.get(uid=world.rows["import"])
    for line, refused in enumerate((batch, own), start=next(_numbers)):
        RefusedRow.objects.create(batch=refused, line=line, reason="is empty")
    _files(world)
    audit.record(by, "renamed team", world.everything, name="A", before="B")
    audit.record(by, "erased item", Item.objects.get(uid=world.rows["item"]), why="asked to")


def _files(world: World) -> None:
    """An export that is done, a job with a file, an upload that waits for its mapping."""
    project, by = world.project, world.everything
    made = store(project, "labels.jsonl", io.BytesIO(b"{}\n"), by=by, content_type="text/plain")
    manifest = {"files": [{"name": "labels.jsonl", "rows": 1, "sha256": "0" * 64}]}
    export = Export.objects.create(
        project=project,
        kind="annotations",
        file_format="jsonl",
        state="done",
        file=made,
        manifest=manifest,
        created_by=by,
    )
    job = Job.objects.create(project=project, kind="erase_everywhere", state="done", file=made)
    rows = io.BytesIO(b'{"id": "1", "text": "Hello"}\n')
    upload = store(project, "items.jsonl", rows, by=by)
    batch = factories.make_import(
        project, state="mapping", source="upload", file=upload, file_format="jsonl"
    )
    # What a GET of these routes needs to have something to show.
    made_rows = {
        "export": export,
        "export_file": export,
        "job_file": job,
        "import_map": batch,
    }
    for name, row in made_rows.items():
        world.rows[f"GET {name}"] = world.rows[f"GET api:{name}"] = row.uid


def _below_the_queue(world: World, count: int) -> None:
    """More tasks, people and judgements in the queues that the world's own rows belong to."""
    project = world.project
    for row in (
        Queue.objects.get(uid=world.rows["queue"]),
        Task.objects.get(uid=world.rows["task"]).queue,
    ):
        for item in factories.make_items(project, count, group="a"):
            task = _add_task(row, item)
            _judge(task, project)
    _judge_more(world)


def _add_task(queue: Queue, item: Item) -> Task:
    place = next(_numbers) + 100
    member = SampledItem.objects.create(
        sample=Sample.objects.get(pk=queue.sample_id),
        item=item,
        position=place,
        inclusion_probability=1,
    )
    task = Task.objects.create(queue=queue, item=item, sampled_item=member)
    for number in range(2):
        Slot.objects.create(queue=queue, task=task, number=number, place=place)
    return task


def _judge(task: Task, project: Project) -> None:
    for annotator, chosen in _pairs(project):
        factories.make_annotation(task, annotator, {"topic": chosen})
        Seat.objects.create(queue=task.queue, annotator=annotator)
        Draft.objects.create(task=task, annotator=annotator, comment="half a thought")
        Skip.objects.create(task=task, annotator=annotator, reason="other", note="not mine")
    Task.objects.filter(pk=task.pk).update(state=Task.State.DISPUTED)


def _judge_more(world: World) -> None:
    """More judgements on the item that the item page is about, and comments on all."""
    item = Item.objects.get(uid=world.rows["item"])
    queue = factories.make_queue(world.project, [item])
    _judge(queue.tasks.get(), world.project)
    _decide(queue.tasks.get(), world.everything)
    Annotation.objects.filter(comment="").update(comment="a remark")
