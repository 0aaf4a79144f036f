"""What an annotator has handed in, for themselves: as it was shown, and nothing about others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_
from statistics import median
from uuid import UUID

from django.db.models import (
    Count,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from labeling.models import (
    Adjudication,
    Annotation,
    Answer,
    ContentField,
    Membership,
    Project,
    Rubric,
    Slot,
)
from labeling.models.annotations import AnnotationQuerySet
from labeling.policy.blinding import (
    SHOWN,
    FieldRule,
    fields_beside,
    visible_fields,
    visible_outputs,
)
from labeling.reports.judging import ShownForm, ShownItem, is_marked, shown_form
from labeling.reports.sides import seen_answers, sides_for
from labeling.reports.widgets import said_of

EXCERPT = 280
#: So many of the last judgments say how fast somebody works.
LAST = 200
#: Work that stands is told in steps of so many, as it was at the last midnight (UTC).
BATCH = 20
HOUR_IN_MS = 3_600_000


@dataclass(frozen=True)
class WorkSearch:
    """What somebody looks for among their own judgments; an empty one finds them all."""

    text: str = ""
    rubric: UUID | None = None
    since: datetime | None = None
    unsure: bool = False


@dataclass(frozen=True)
class Said:
    """An answer in words; None stands for "cannot tell"."""

    key: str
    prompt: str
    text: str | None


@dataclass(frozen=True)
class OwnWork:
    """One judgment: `excerpt` is empty where there is nothing to show (any more)."""

    annotation: Annotation
    form: ShownForm
    excerpt: str
    said: list[Said]
    amendable_until: datetime

    @property
    def sensitive(self) -> bool:
        return self.annotation.task.queue.sensitive


@dataclass(frozen=True)
class Progress:
    """How much somebody has judged and how fast; times are of the last judgments that have one."""

    today: int
    week: int
    unsure: int
    standing: int
    median_ms: int | None
    an_hour: int | None


def work_of(member: Membership, search: WorkSearch) -> AnnotationQuerySet:
    """The judgments of this member that stand, the newest first."""
    own = Annotation.objects.filter(annotator=member, superseded_by__isnull=True)
    rows = own.exclude(kind=Annotation.Kind.WITHDRAWN)
    if search.rubric:
        rows = rows.filter(rubric_version__rubric__uid=search.rubric)
    if search.since:
        rows = rows.filter(submitted_at__gte=search.since)
    if search.unsure:
        rows = rows.filter(unsure=True)
    if search.text:
        rows = _with_text(rows, member.project, search.text)
    return with_first(rows).order_by("-submitted_at", "-pk")


def with_first(rows: AnnotationQuerySet) -> AnnotationQuerySet:
    """Judgments with all that is shown of them, and when the submission that they amend came."""
    submitted = Annotation.objects.filter(
        task=OuterRef("task"),
        annotator=OuterRef("annotator"),
        kind=Annotation.Kind.SUBMITTED,
        pk__lte=OuterRef("pk"),
    ).order_by("-pk")
    first = Subquery(submitted.values("submitted_at")[:1], output_field=DateTimeField())
    return rows.annotate(first_at=Coalesce(first, F("submitted_at"))).select_related(
        "annotator", "task__item", "task__queue__project", "task__queue__rubric_version__rubric"
    )


def own_annotations(member: Membership) -> AnnotationQuerySet:
    """All that this person has handed in here, with what is asked of it."""
    own = Annotation.objects.filter(annotator=member, annotator__kind=Membership.Kind.PERSON)
    return own.select_related(
        "annotator", "task__item", "task__queue__project", "task__queue__rubric_version__rubric"
    )


def rubrics_of(member: Membership) -> QuerySet[Rubric]:
    """The rubrics by which this member has judged."""
    judged = Annotation.objects.filter(annotator=member).values("rubric_version__rubric")
    return Rubric.objects.filter(pk__in=judged)


def shown_work(member: Membership, rows: Sequence[Annotation], language: str) -> list[OwnWork]:
    """Judgments as their annotator saw the items and gave the answers: in two queries."""
    rules = [
        FieldRule(row.name, row.label, row.visibility, row.rendering)
        for row in ContentField.objects.filter(project=member.project_id)
    ]
    given: dict[int, list[Answer]] = defaultdict(list)
    for answer in Answer.objects.filter(annotation__in=rows).select_related("criterion"):
        given[answer.annotation_id].append(answer)
    return [_shown(member, row, given[row.pk], rules, language) for row in rows]


def progress_of(member: Membership, *, midnight: datetime, at: datetime) -> Progress:
    """Counts since midnight and Monday, and the pace of the last judgments."""
    monday = midnight - timedelta(days=midnight.weekday())
    own = Annotation.objects.filter(annotator=member, kind=Annotation.Kind.SUBMITTED)
    judged = own.exclude(superseded_by__kind=Annotation.Kind.WITHDRAWN)
    counts = judged.filter(submitted_at__gte=monday).aggregate(
        today=Count("pk", filter=Q(submitted_at__gte=midnight)), week=Count("pk")
    )
    times = judged.filter(active_ms__gt=0).order_by("-submitted_at")
    spent = list(times.values_list("active_ms", flat=True)[:LAST])
    total = sum(time for time in spent if time)
    return Progress(
        **counts,
        unsure=work_of(member, WorkSearch(unsure=True)).count(),
        standing=_standing(member, at.astimezone(UTC)),
        median_ms=round(median(time for time in spent if time)) if spent else None,
        an_hour=round(len(spent) * HOUR_IN_MS / total) if total else None,
    )


def _with_text(rows: AnnotationQuerySet, project: Project, text: str) -> AnnotationQuerySet:
    """Those whose comment or shown content has a text; what is masked or hidden is not searched.

    Nor is any content where some of it may be hidden for one item only, as beside outputs.
    """
    fields = ContentField.objects.filter(project=project, visibility=SHOWN)
    names = {f"field_{row.pk}": row.name for row in fields}
    texts = {place: KeyTextTransform(name, "task__item__content") for place, name in names.items()}
    places = [Q(**{f"{place}__icontains": text}) for place in texts]
    whole = Q(task__outputs=[]) & ~Q(task__queue__blinding__has_key="hide")
    content = whole & reduce(or_, places) if places else Q(pk__in=[])
    return rows.alias(**texts).filter(Q(comment__icontains=text) | content)


def _shown(
    member: Membership,
    row: Annotation,
    answers: Iterable[Answer],
    rules: list[FieldRule],
    language: str,
) -> OwnWork:
    queue, item = row.task.queue, row.task.item
    form = shown_form(queue, row.token, language)
    sides = sides_for(row.task, member)
    given = seen_answers(sides, answers)
    beside = fields_beside(row.task.outputs, item.content, rules, queue.blinding)
    in_place = is_marked(queue)
    shown = ShownItem(
        visible_fields(item.content, beside, in_place=in_place),
        {},
        outputs=visible_outputs(sides.shown(row.task.outputs), rules, in_place=in_place),
    )
    fields = [*shown.content, *shown.outputs]
    excerpt = " · ".join(field.text for field in fields)[:EXCERPT]
    minutes = timedelta(minutes=queue.project.amend_minutes)
    first_at: datetime = row.first_at  # type: ignore[attr-defined]  # annotated in the query
    return OwnWork(row, form, excerpt, list(_said(form, given, shown)), first_at + minutes)


def _said(form: ShownForm, given: dict[str, str | None], shown: ShownItem) -> Iterable[Said]:
    for criterion in form.criteria:
        if criterion.key in given:
            value = given[criterion.key]
            words = None if value is None else said_of(criterion, value, shown)
            yield Said(criterion.key, criterion.prompt, words)


def _standing(member: Membership, at: datetime) -> int:
    """How many own judgments stood in finished work at the last midnight, in whole batches.

    It moves once a day and by twenty at a time, so that it says of no single item how it ended.
    """
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    later = Adjudication.objects.filter(supersedes=OuterRef("pk"), at__lt=midnight)
    finished = Adjudication.objects.filter(
        ~Exists(later), task=OuterRef("task"), at__lt=midnight, withdrawn=False
    )
    own = Slot.objects.filter(annotator=member, annotation__isnull=False)
    count = own.filter(Exists(finished)).count()
    return count - count % BATCH
