"""Having outputs judged by people: a queue is made of them, and counted when it is done.

The versions behind the outputs are written down here only: a task keeps texts in an order drawn
for it, and knows nothing of whose they are.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluation.models import Example, JudgedEvaluation, JudgedOutput, ModelVersion, SetVersion
from evaluation.policy.judged import misfit
from evaluation.reports.judged import count, is_over, questions_of
from evaluation.reports.predictions import predictions_of
from labeling.errors import Conflict
from labeling.formats.canonical import canonical_json
from labeling.models import Annotation, Job, Membership, Queue, RubricVersion, Task, Team
from labeling.reports.snapshots import body_of
from labeling.services import audit
from labeling.services.annotations import UNDO_WITHIN
from labeling.services.jobs import RunningJob, enqueue, job_kind
from labeling.services.outputs import Given, Handing, open_output_queue

MOST_ITEMS = 20_000
MISSING, EMPTY, ERASED, NOT_DRAWN = "missing", "empty", "erased", "not_drawn"
State = JudgedEvaluation.State


@dataclass(frozen=True)
class Asked:
    """What is to be judged: whose outputs, beside whose, on which items, by which rubric.

    size: how many items, drawn at random; None for all. settings: of the queue.
    """

    version: ModelVersion
    set_version: SetVersion
    rubric_version: RubricVersion
    against: ModelVersion | None = None
    size: int | None = None
    seed: int | None = None
    name: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    teams: Sequence[Team] = ()


@transaction.atomic
def have_judged(
    asked: Asked, *, by: Membership | None, at: datetime | None = None
) -> JudgedEvaluation:
    """Write down whose outputs are to be judged; a job makes the queue."""
    _check(asked)
    at, project = at or timezone.now(), asked.version.project
    evaluation = _row(asked, by, at)
    evaluation.full_clean(exclude=["job", "created_by", "settings", "left_out", "result"])
    evaluation.save()
    arguments = {"evaluation": str(evaluation.uid)}
    evaluation.job = enqueue(
        "prepare_judged", arguments, project=project, by=by, key=str(evaluation.uid)
    )
    evaluation.save(update_fields=["job"])
    about = {"version": asked.version.name, "against": getattr(asked.against, "name", "")}
    audit.record(by, "asked_for_judgments", evaluation, at=at, project=project, **about)
    return evaluation


@job_kind("prepare_judged", ended=lambda job: _give_up(job))
def run_prepare_judged(job: RunningJob) -> dict[str, Any]:
    """The job behind `have_judged`."""
    evaluation = _all().get(uid=job.arguments["evaluation"])
    return {"state": prepare(evaluation).state}


@transaction.atomic
def prepare(evaluation: JudgedEvaluation, *, at: datetime | None = None) -> JudgedEvaluation:
    """Make the queue of an evaluation that waits for it; a second call changes nothing."""
    locked = JudgedEvaluation.objects.select_for_update(of=("self",)).get(pk=evaluation.pk)
    if locked.state != State.PREPARING:
        return locked
    at = at or timezone.now()
    pairs, left_out, frame = _pick(evaluation)
    evaluation.left_out = left_out
    if not pairs:
        evaluation.state, evaluation.reason = State.FAILED, _nothing(evaluation)
        evaluation.save(update_fields=["state", "reason", "left_out"])
        return evaluation
    evaluation.outputs_digest = _digest_of(pairs)
    given = Given({row.example.item_id: row.texts for row in pairs}, frame, evaluation.seed)
    evaluation.queue = open_output_queue(
        evaluation.rubric_version, given, _handing(evaluation), by=evaluation.created_by, at=at
    )
    _keep_mapping(evaluation, pairs)
    evaluation.state = State.WAITING
    evaluation.save(update_fields=["state", "queue", "left_out", "outputs_digest"])
    about = {"items": len(pairs), "outputs": evaluation.outputs_digest}
    project = evaluation.model_version.project
    by = evaluation.created_by
    audit.record(by, "opened_judged_evaluation", evaluation, at=at, project=project, **about)
    return evaluation


@transaction.atomic
def count_now(
    evaluation: JudgedEvaluation, *, by: Membership | None, at: datetime | None = None
) -> JudgedEvaluation:
    """Count what has been said so far; it is final only when nothing more is awaited."""
    locked = JudgedEvaluation.objects.select_for_update(of=("self",)).get(pk=evaluation.pk)
    if locked.state == State.DONE:
        return locked
    if locked.state != State.WAITING:
        raise Conflict("not_waiting", _("There is nothing to be counted yet."))
    at = at or timezone.now()
    final = is_over(evaluation) and _is_quiet(evaluation, at)
    found = body_of(count(evaluation, final=final))
    evaluation.result, evaluation.counted_at = found, at
    if final:
        evaluation.state = State.DONE
        evaluation.digest = sha256(canonical_json(found)).hexdigest()
    evaluation.save(update_fields=["result", "counted_at", "state", "digest"])
    project, about = evaluation.model_version.project, {"final": final, "digest": evaluation.digest}
    audit.record(by, "counted_judgments", evaluation, at=at, project=project, **about)
    return evaluation


def finished(at: datetime | None = None) -> list[JudgedEvaluation]:
    """The evaluations that wait, and for which nothing more is to come."""
    at = at or timezone.now()
    rows = [row for row in _all().waiting() if is_over(row)]
    return [row for row in rows if _is_quiet(row, at)]


@job_kind("count_judged", every=timedelta(seconds=30), when=lambda: bool(finished()))
def run_count_judged(_job: RunningJob) -> dict[str, Any]:
    """Count every evaluation whose outputs have all been judged."""
    rows = finished()
    for row in rows:
        count_now(row, by=None)
    return {"counted": len(rows)}


@dataclass(frozen=True)
class _Picked:
    """An item with its outputs in the order that the task keeps, and whose each of them is."""

    example: Example
    texts: list[str]
    versions: list[ModelVersion]


def _row(asked: Asked, by: Membership | None, at: datetime) -> JudgedEvaluation:
    return JudgedEvaluation(
        model_version=asked.version,
        against=asked.against,
        set_version=asked.set_version,
        rubric_version=asked.rubric_version,
        name=asked.name.strip() or _name(asked),
        settings={**asked.settings, "teams": [str(team.uid) for team in asked.teams]},
        size=asked.size,
        seed=secrets.randbelow(2**31) if asked.seed is None else asked.seed,
        created_by=by,
        created_at=at,
    )


def _check(asked: Asked) -> None:
    """ValidationError, by field, for what can never be judged."""
    if asked.set_version.state != SetVersion.State.FROZEN:
        raise ValidationError({"set_version": _("Outputs are judged on a frozen set version.")})
    if asked.rubric_version.state != RubricVersion.State.PUBLISHED:
        raise ValidationError({"rubric_version": _("Publish the rubric version first.")})
    if asked.against == asked.version:
        raise ValidationError({"against": _("A version is not compared with itself.")})
    questions = questions_of(list(asked.rubric_version.criteria.all()))
    if problem := misfit(questions, 2 if asked.against else 1):
        message = _("This rubric does not fit: %(problem)s.") % {"problem": problem}
        raise ValidationError({"rubric_version": message})
    size = min(asked.size or asked.set_version.size, asked.set_version.size)
    if size > MOST_ITEMS:
        message = _("At most %(most)s items at once: say how many to draw.")
        raise ValidationError({"size": message % {"most": f"{MOST_ITEMS:,}"}})


def _name(asked: Asked) -> str:
    if asked.against is None:
        said = _("%(version)s on %(set)s") % {"version": asked.version, "set": asked.set_version}
    else:
        said = _("%(version)s against %(against)s on %(set)s") % {
            "version": asked.version,
            "against": asked.against,
            "set": asked.set_version,
        }
    return said[:120]


def _pick(evaluation: JudgedEvaluation) -> tuple[list[_Picked], dict[str, int], int]:
    """The items to be judged, why others are left out, and of how many they were drawn."""
    versions = [evaluation.model_version, evaluation.against]
    sides = [version for version in versions if version is not None]
    outputs = [predictions_of(version, evaluation.set_version) for version in sides]
    left_out: Counter[str] = Counter()
    able: list[tuple[Example, list[str]]] = []
    examples = evaluation.set_version.examples.select_related("item").order_by("position")
    for example in examples.iterator(chunk_size=2_000):
        texts = [known.get(example.item_id) for known in outputs]
        if reason := _lacks(example, texts):
            left_out[reason] += 1
        else:
            able.append((example, [text or "" for text in texts]))
    size = min(evaluation.size or len(able), len(able))
    rng = Random(evaluation.seed)  # noqa: S311 - a draw that can be repeated, not a secret
    drawn = sorted(rng.sample(range(len(able)), size))
    if size < len(able):
        left_out[NOT_DRAWN] = len(able) - size
    rows = [_placed(*able[place], sides, evaluation.seed) for place in drawn]
    return rows, dict(left_out), len(able)


def _lacks(example: Example, texts: Sequence[str | None]) -> str:
    if example.item.erased_at is not None:
        return ERASED
    if any(text is None for text in texts):
        return MISSING
    return EMPTY if any(not (text or "").strip() for text in texts) else ""


def _placed(example: Example, texts: list[str], versions: list[ModelVersion], seed: int) -> _Picked:
    """In an order of the item's own: even where sides are shown as kept, none is always first."""
    coin = sha256(f"{seed}/{example.item.external_id}".encode()).digest()[0] % 2
    step = -1 if coin else 1
    return _Picked(example, texts[::step], versions[::step])


def _keep_mapping(evaluation: JudgedEvaluation, rows: Sequence[_Picked]) -> None:
    tasks = dict(Task.objects.filter(queue=evaluation.queue).values_list("item_id", "pk"))
    JudgedOutput.objects.bulk_create(
        (
            JudgedOutput(
                evaluation=evaluation,
                task_id=tasks[row.example.item_id],
                example=row.example,
                position=position,
                version=version,
            )
            for row in rows
            for position, version in enumerate(row.versions)
        ),
        batch_size=2_000,
    )


def _digest_of(rows: Sequence[_Picked]) -> str:
    digest = sha256()
    for row in rows:
        names = [version.name for version in row.versions]
        content = [row.example.item.external_id, names, row.texts]
        digest.update(canonical_json(content) + b"\n")
    return digest.hexdigest()


def _handing(evaluation: JudgedEvaluation) -> Handing:
    settings = {**evaluation.settings}
    uids = settings.pop("teams", [])
    project = evaluation.model_version.project
    teams = list(Team.objects.filter(project=project, uid__in=uids))
    defaults = {"settling": Queue.Settling.MAJORITY, "order": Queue.Order.RANDOM}
    return Handing(_blind_name(evaluation), {**defaults, **settings}, teams)


def _blind_name(evaluation: JudgedEvaluation) -> str:
    """What the queue is called: annotators read it, so it names no version and not the set."""
    rubric = evaluation.rubric_version.rubric
    earlier = JudgedEvaluation.objects.filter(rubric_version__rubric=rubric, pk__lt=evaluation.pk)
    number = earlier.count() + 1
    return _("Outputs: %(rubric)s, %(number)s") % {"rubric": rubric.name[:80], "number": number}


def _nothing(evaluation: JudgedEvaluation) -> str:
    if evaluation.against:
        return _("No item of the set has an output of both versions.")
    return _("No item of the set has an output of this version.")


def _is_quiet(evaluation: JudgedEvaluation, at: datetime) -> bool:
    """Whether nobody can take their last answer back any more."""
    rows = Annotation.objects.filter(task__queue=evaluation.queue_id)
    last = rows.aggregate(last=Max("submitted_at"))["last"]
    return last is None or at - last > UNDO_WITHIN


def _all() -> Any:
    return JudgedEvaluation.objects.select_related(
        "model_version__project",
        "against",
        "set_version__evaluation_set",
        "rubric_version__rubric__project",
        "queue",
        "created_by",
    )


def _give_up(job: Job) -> None:
    """A job that did not end well leaves an evaluation that says so."""
    canceled = job.state == Job.State.CANCELED
    reason = _("Canceled before it was done.") if canceled else job.error
    rows = JudgedEvaluation.objects.filter(uid=job.arguments["evaluation"])
    rows.filter(state=State.PREPARING).update(state=State.FAILED, reason=reason)
