"""The rows of exports: adjudicated labels, raw annotations, inputs, a few at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from labeling.formats.exported_rows import MAPPED_PARTS
from labeling.models import (
    Adjudication,
    Annotation,
    Answer,
    Criterion,
    Item,
    Project,
    Queue,
    Ruling,
    Slot,
    Task,
)
from labeling.models.items import ItemQuerySet
from labeling.policy.values import exported, in_words
from labeling.reports.items import ItemSearch, with_text
from labeling.reports.rubric_mapping import LaterVersion, labels_of

AT_ONCE = 2_000
DECIDED = (Task.State.SETTLED, Task.State.ADJUDICATED)
Rows = Iterator[list[dict[str, Any]]]
Values = Mapping[str, Any]
AnyValues = QuerySet[Any, Any]

_ITEM = ("group", "occurred_at", "content", "attributes")
_LABEL_VALUES = (
    "pk",
    "source",
    "policy",
    "at",
    "adjudicator__uid",
    "rubric_version_id",
    "rubric_version__number",
    "rubric_version__rubric__name",
    "task__uid",
    "task__state",
    "task__outputs",
    "task__queue__name",
    "task__queue__uid",
    "task__item__external_id",
    "task__item__content",
    "task__item__attributes",
    "task__item__group",
    "task__item__occurred_at",
    "task__item__model_version",
    "task__item__prediction",
    "task__item__confidence",
    "task__item__content_digest",
    "task__item__erased_at",
    "task__sampled_item__sample__name",
    "task__sampled_item__stratum",
    "task__sampled_item__inclusion_probability",
    "task__sampled_item__copies",
)
_ANNOTATION_VALUES = (
    "pk",
    "criterion_id",
    "value",
    "cannot_tell",
    "proposed",
    "annotation__uid",
    "annotation__comment",
    "annotation__unsure",
    "annotation__language",
    "annotation__shown",
    "annotation__revealed",
    "annotation__started_at",
    "annotation__submitted_at",
    "annotation__active_ms",
    "annotation__annotator__uid",
    "annotation__annotator__kind",
    "annotation__rubric_version__number",
    "annotation__rubric_version__rubric__uid",
    "annotation_id",
    "annotation__supersedes__uid",
    "annotation__task__uid",
    "annotation__task__queue__uid",
    "annotation__task__item__external_id",
    "annotation__task__item__content_digest",
    "annotation__task__item__erased_at",
    "annotation__task__state",
)


def labels(queues: Iterable[Queue]) -> AnyValues:
    """The adjudications that stand, of tasks that are settled or adjudicated, as they came."""
    standing = Adjudication.objects.current().filter(
        task__queue__in=[queue.pk for queue in queues], task__state__in=DECIDED
    )
    rows: AnyValues = standing.order_by("pk").values(*_LABEL_VALUES)
    return rows


def answers(queues: Iterable[Queue]) -> AnyValues:
    """Every answer ever given, one row for each task, annotator and criterion."""
    given = Answer.objects.filter(annotation__task__queue__in=[queue.pk for queue in queues])
    rows: AnyValues = given.order_by("pk").values(*_ANNOTATION_VALUES)
    return rows


def inputs(project: Project, search: ItemSearch) -> ItemQuerySet:
    """The items that fit a search and whose content is still there."""
    found = Item.objects.filter(project=project).present().meeting(search.conditions)
    return found.filter(with_text(project, search.text)) if search.text else found


def in_batches(values: QuerySet[Any, Any], as_rows: Callable[[Sequence[Any]], list[Any]]) -> Rows:
    """The rows of a query a few at a time, so that memory stays flat."""
    found = values.iterator(chunk_size=AT_ONCE)
    while batch := list(islice(found, AT_ONCE)):
        yield as_rows(batch)


class Wording:
    """What the keys of a project's criteria are called, and who answered, under pseudonyms."""

    def __init__(self, project: Project, queues: Iterable[Queue]) -> None:
        versions = {queue.rubric_version_id for queue in queues}
        asked = Criterion.objects.filter(version__in=versions).select_related("taxonomy")
        self.criteria = {criterion.pk: criterion for criterion in asked}
        self._labels = {pk: labels_of(criterion) for pk, criterion in self.criteria.items()}
        self._versions = versions
        self.pseudonym = cache(lambda uid: pseudonym(project, uid))

    def keys(self) -> list[str]:
        """The keys of all criteria, each once, in the order in which they are asked."""
        ordered = sorted(self.criteria.values(), key=lambda row: (row.version_id, row.position))
        return list(dict.fromkeys(criterion.key for criterion in ordered))

    @cached_property
    def later(self) -> LaterVersion:
        """What has become of the answers in versions that came after."""
        return LaterVersion(self._versions)

    def mapped_keys(self) -> list[str]:
        """The keys of criteria whose answers stand under a later version as well."""
        known = {row.key for row in self.criteria.values() if self.later.leads_on(row.version_id)}
        return [key for key in self.keys() if key in known]

    def label(self, criterion: int, value: str) -> str:
        return in_words(self.criteria[criterion].kind, value, self._labels[criterion])

    def label_rows(self, batch: Sequence[Values]) -> list[dict[str, Any]]:
        """Adjudications with their rulings, one row for each item judged."""
        erased = {row["pk"] for row in batch if row["task__item__erased_at"]}
        answers = self._rulings([row["pk"] for row in batch], erased)
        return [self._label_row(row, answers[row["pk"]]) for row in batch]

    def annotation_rows(self, batch: Sequence[Values]) -> list[dict[str, Any]]:
        """The canonical long table: one row for each answer."""
        statuses = _statuses(batch)
        return [self._annotation_row(row, statuses[row["annotation_id"]]) for row in batch]

    def _rulings(
        self, adjudications: Sequence[int], erased: Collection[int]
    ) -> dict[int, dict[str, dict[str, Any]]]:
        answers: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
        rulings = Ruling.objects.filter(adjudication__in=adjudications).order_by("pk")
        for ruling in rulings:
            criterion = self.criteria[ruling.criterion_id]
            value = _left(criterion, ruling.value, ruling.adjudication_id in erased)
            answers[ruling.adjudication_id][criterion.key] = {
                "value": None if ruling.cannot_tell else exported(criterion.kind, value),
                "label": None if ruling.cannot_tell else self.label(criterion.pk, value),
                "cannot_tell": ruling.cannot_tell,
                "critical": criterion.critical,
                "contested": ruling.contested,
                "cause": ruling.cause,
                "rationale": ruling.rationale,
            }
        return answers

    def _label_row(self, row: Values, answers: dict[str, dict[str, Any]]) -> dict[str, Any]:
        return {
            **{name: row[f"task__item__{name}"] for name in ("external_id", *_ITEM)},
            **{
                name: row[f"task__item__{name}"]
                for name in (
                    "model_version", "prediction", "confidence", "content_digest", "erased_at",
                )
            },
            "outputs": row["task__outputs"],
            "answers": answers,
            "mapped": self.later.mapped(
                row["rubric_version_id"], answers, row["task__queue__uid"]
            ),
            "mapped_version": self.later.number(row["rubric_version_id"]),
            "source": row["source"],
            "policy": row["policy"],
            "adjudicator": self._who(row["adjudicator__uid"]),
            "adjudicated_at": row["at"],
            "state": row["task__state"],
            "rubric": row["rubric_version__rubric__name"],
            "rubric_version": row["rubric_version__number"],
            "queue": row["task__queue__name"],
            "queue_id": str(row["task__queue__uid"]),
            "task_id": str(row["task__uid"]),
            **_design(row),
        }  # fmt: skip

    def _annotation_row(self, row: Values, status: str) -> dict[str, Any]:
        criterion = self.criteria[row["criterion_id"]]
        supersedes = row["annotation__supersedes__uid"]
        erased = row["annotation__task__item__erased_at"] is not None
        value = _left(criterion, row["value"], erased)
        answer = None if row["cannot_tell"] else exported(criterion.kind, value)
        return {
            "item_id": row["annotation__task__item__external_id"],
            "item_hash": row["annotation__task__item__content_digest"],
            "rubric_id": str(row["annotation__rubric_version__rubric__uid"]),
            "rubric_version": row["annotation__rubric_version__number"],
            "criterion_id": criterion.key,
            "annotator_pseudonym": self._who(row["annotation__annotator__uid"]),
            "annotator_kind": row["annotation__annotator__kind"],
            "value": answer,
            "value_label": None if row["cannot_tell"] else self.label(criterion.pk, value),
            "value_type": criterion.kind,
            "cannot_tell": row["cannot_tell"],
            "proposed_label": "" if erased else row["proposed"],
            **self._later_answer(criterion, answer, row["annotation__task__queue__uid"]),
            "critical": criterion.critical,
            "comment": "" if erased else row["annotation__comment"],
            "unsure": row["annotation__unsure"],
            "language": row["annotation__language"],
            "shown_order": row["annotation__shown"],
            "blind": not row["annotation__revealed"],
            "started_at": row["annotation__started_at"],
            "submitted_at": row["annotation__submitted_at"],
            "active_ms": row["annotation__active_ms"],
            "status": status,
            "annotation_id": str(row["annotation__uid"]),
            "supersedes_id": str(supersedes) if supersedes else None,
            "queue_id": str(row["annotation__task__queue__uid"]),
            "task_id": str(row["annotation__task__uid"]),
        }

    def _later_answer(self, criterion: Criterion, answer: Any, queue: UUID) -> dict[str, Any]:
        """The answer under the newest published version, where it was given under another."""
        version = criterion.version_id
        found = self.later.mapped(version, {criterion.key: {"value": answer}}, queue)
        now = found.get(criterion.key, {})
        return {
            **{f"mapped_{part}": now.get(part) for part in ("value", *MAPPED_PARTS)},
            "mapped_version": self.later.number(version),
        }

    def _who(self, uid: UUID | None) -> str | None:
        return self.pseudonym(uid) if uid else None


def _left(criterion: Criterion, value: str, erased: bool) -> str:
    """An answer without a copy of what has been erased."""
    return "" if erased and criterion.kind == Criterion.Kind.CORRECTED_OUTPUT else value


def item_rows(batch: Sequence[Item]) -> list[dict[str, Any]]:
    """Inputs without what anybody, person or model, made of them."""
    return [{name: getattr(item, name) for name in ("external_id", *_ITEM)} for item in batch]


def pseudonym(project: Project, member: UUID) -> str:
    """One name for a member in all exports of a project, which tells nobody who it is."""
    mac = salted_hmac(f"labeling.exports.{project.uid}", str(member), algorithm="sha256")
    return f"p_{mac.hexdigest()[:16]}"


def field_names(items: QuerySet[Item]) -> dict[str, list[str]]:
    """The names of content fields and attributes that these items have, in alphabetical order."""
    content: set[str] = set()
    attributes: set[str] = set()
    rows = items.order_by().values_list("content", "attributes").iterator(chunk_size=AT_ONCE)
    for texts, said in rows:
        content.update(texts)
        attributes.update(said)
    return {"content": sorted(content), "attributes": sorted(attributes)}


def _design(row: Values) -> dict[str, Any]:
    """How the item came to be judged, and how many items of the frame it stands for."""
    drawn = "task__sampled_item__"
    probability, copies = row[f"{drawn}inclusion_probability"], row[f"{drawn}copies"]
    return {
        "sample": row[f"{drawn}sample__name"],
        "stratum": row[f"{drawn}stratum"],
        "inclusion_probability": probability,
        "copies": copies,
        "weight": copies / probability if probability else None,
    }


def _statuses(batch: Sequence[Values]) -> dict[int, str]:
    """Whether each annotation of a batch counts; a machine's counts without a slot.

    What replaced an answer after a person had decided does not count: the answer itself does.
    Nothing does that was said to a task before it began anew under a later rubric version.
    """
    pks = {row["annotation_id"] for row in batch}
    counted = set(Slot.objects.filter(annotation__in=pks).values_list("annotation_id", flat=True))
    later = dict(Annotation.objects.filter(supersedes__in=pks).values_list("supersedes", "kind"))
    machines = {
        row["annotation_id"] for row in batch if row["annotation__annotator__kind"] == "machine"
    }
    statuses = {
        pk: "active" if pk in counted else _status(pk in machines, later.get(pk)) for pk in pks
    }
    aside = {
        row["annotation_id"]
        for row in batch
        if row["annotation__task__state"] == Task.State.SET_ASIDE
    }
    return {
        pk: "set_aside" if status == "active" and pk in aside else status
        for pk, status in statuses.items()
    }


def _status(counted: bool, later: str | None) -> str:
    if later:
        return "withdrawn" if later == Annotation.Kind.WITHDRAWN else "superseded"
    return "active" if counted else "surplus"
