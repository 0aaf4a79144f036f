"""What an annotator gets to see: built from an allow-list, the same for the page and the API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from labeling.markdown import render_markdown
from labeling.models import Annotation, ContentField, Criterion, Membership, Queue, Task
from labeling.models.rubrics import RubricVersion, TaxonomyVersion
from labeling.policy.blinding import (
    SHUFFLED,
    FieldRule,
    ShownField,
    fields_beside,
    option_order,
    visible_attributes,
    visible_fields,
    visible_outputs,
)
from labeling.policy.values import NONE_OF_THESE, preferences
from labeling.reports.asking import PREFERENCES, condition, hint
from labeling.reports.questions import ShownNote, notes_of
from labeling.reports.sides import sides_for
from labeling.statements import as_json, fetch

BELOW = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item without whatever could point an annotator to an answer."""

    content: list[ShownField]
    attributes: dict[str, str]
    prediction: str | None = None
    outputs: list[ShownField] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ShownOption:
    """An option, or a node of a taxonomy, in the annotator's language."""

    key: str
    label: str
    description: str = ""
    examples: list[str] = field(default_factory=list)
    use_when: str = ""
    avoid_when: str = ""
    counterexamples: list[str] = field(default_factory=list)
    path: str = ""
    synonyms: list[str] = field(default_factory=list)

    @property
    def is_none(self) -> bool:
        """Whether it says that no label fits."""
        return self.key == NONE_OF_THESE

    @property
    def is_explained(self) -> bool:
        """Whether there is more to read about it than stands beside it."""
        return bool(self.use_when or self.avoid_when or self.counterexamples)


@dataclass(frozen=True, slots=True)
class ShownCriterion:
    """A question in the annotator's language."""

    key: str
    kind: str
    prompt: str
    help: str
    help_html: str
    required: bool
    cannot_tell: bool
    options: list[ShownOption]
    subject: str = ""
    terms: Mapping[str, Any] = field(default_factory=dict)
    when: Mapping[str, Any] = field(default_factory=dict)
    hint: str = ""
    condition: str = ""
    critical: bool = False
    propose: bool = False

    @property
    def explained(self) -> list[ShownOption]:
        """The options about which there is more to read."""
        return [option for option in self.options if option.is_explained]


@dataclass(frozen=True, slots=True, eq=False)
class ShownForm:
    """What is asked about an item; made once for a version and language, and known by itself."""

    rubric: str
    version: int
    language: str
    guidance_html: str
    criteria: list[ShownCriterion]


@dataclass(frozen=True, slots=True)
class ShownDraft:
    """What this annotator has typed so far."""

    answers: dict[str, str | None] = field(default_factory=dict)
    comment: str = ""
    unsure: bool = False
    proposed: dict[str, str] = field(default_factory=dict)
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class ShownBeside:
    """What stands beside an item: notes on the rubric, and own answers not looked at yet.

    begun: its annotator has seen the card that its queue begins with.
    """

    notes: tuple[ShownNote, ...]
    unread: int
    begun: bool


def shown_item(
    task: Task, member: Membership, rules: Sequence[FieldRule] | None = None
) -> ShownItem:
    """The item's visible content under its queue's blinding, outputs on this member's sides.

    rules: of the project's fields, where they have been read before.
    """
    rules = rules_of(task.queue.project_id) if rules is None else rules
    item = task.item
    said = (item.content, item.attributes, item.prediction)
    outputs = sides_for(task, member).shown(task.outputs)
    return _item(task.queue, rules, *said, outputs=outputs)


def rules_of(project: int) -> list[FieldRule]:
    """How the content fields of a project are to be shown."""
    return [
        FieldRule(row.name, row.label, row.visibility, row.rendering)
        for row in ContentField.objects.filter(project=project)
    ]


#: What an item as its annotator sees it is made of: one row for each content field.
ITEM_COLUMNS = """i.content, i.attributes, i.prediction, t.outputs,
  f.name, f.label, f.visibility, f.rendering"""
ITEM_FIELDS = "LEFT JOIN labeling_contentfield f ON f.project_id = i.project_id"
SEEN = f"""
SELECT {ITEM_COLUMNS},
  (SELECT COUNT(*) + COUNT(n.withdrawn_at) FROM labeling_note n
   WHERE n.version_id = %(version)s),
  (SELECT COUNT(*) FROM labeling_question q WHERE q.annotator_id = %(annotator)s
   AND q.answered_at IS NOT NULL AND q.read_at IS NULL),
  EXISTS (SELECT 1 FROM labeling_seat s WHERE s.queue_id = t.queue_id
   AND s.annotator_id = %(annotator)s AND s.acknowledged_at IS NOT NULL),
  d.answers, d.comment, d.unsure, d.proposed, d.client_sequence
FROM labeling_task t
  JOIN labeling_item i ON i.id = t.item_id
  {ITEM_FIELDS}
  LEFT JOIN labeling_draft d ON d.task_id = t.id AND d.annotator_id = %(annotator)s
WHERE t.id = %(task)s ORDER BY f.position, f.name"""  # noqa: S608 - our own names


def seen(task: Task, member: Membership) -> tuple[ShownItem, ShownDraft, ShownBeside]:
    """What an annotator sees of a task and what they typed about it, by one statement.

    One more reads the notes of a version when there are new ones: they are kept in between.
    """
    version = task.queue.rubric_version
    rows = fetch(SEEN, {"task": task.pk, "annotator": member.pk, "version": version.pk})
    item = item_in(task, member, [row[:8] for row in rows])
    stamp, unread, begun = rows[0][8:11]
    beside = ShownBeside(notes_of(version.uid, stamp), unread, bool(begun))
    return item, _draft(*rows[0][11:]), beside


def item_in(task: Task, member: Membership, rows: Sequence[Sequence[Any]]) -> ShownItem:
    """The item that rows of `ITEM_COLUMNS` say, as this member sees it."""
    rules = [FieldRule(*row[4:8]) for row in rows if row[4] is not None]
    *said, task.outputs = (as_json(value) for value in rows[0][:4])
    outputs = sides_for(task, member).shown(task.outputs)
    return _item(task.queue, rules, *said, outputs=outputs)


def _draft(
    answers: Any, comment: str, unsure: bool, proposed: Any, sequence: int | None
) -> ShownDraft:
    if sequence is None:
        return ShownDraft()
    return ShownDraft(as_json(answers), comment, bool(unsure), as_json(proposed), sequence)


def _item(
    queue: Queue,
    rules: Sequence[FieldRule],
    content: Mapping[str, Any],
    attributes: Mapping[str, Any],
    prediction: Any,
    *,
    outputs: Sequence[str],
) -> ShownItem:
    beside, in_place = fields_beside(outputs, content, rules, queue.blinding), is_marked(queue)
    return ShownItem(
        visible_fields(content, beside, in_place=in_place),
        visible_attributes(attributes, queue.blinding),
        str(prediction) if queue.shows_prediction else None,
        visible_outputs(outputs, rules, in_place=in_place),
    )


def is_marked(queue: Queue) -> bool:
    """Whether places in the texts are answers."""
    return any(row.kind == Criterion.Kind.SPANS for row in criteria_of(queue.rubric_version))


def shown_form(queue: Queue, token: UUID, language: str) -> ShownForm:
    """The rubric version's questions, in the asked language where it has been translated."""
    version = queue.rubric_version
    if queue.blinding.get("shuffle_options"):
        return form_of(version, criteria_of(version), language, token)
    active = translation.get_language() or ""
    return _form(version.uid, version.rubric.name, language, active)


@lru_cache(maxsize=128)
def _form(version: UUID, rubric: str, language: str, _active: str) -> ShownForm:
    """A published version's questions, made once: neither they nor their wording change."""
    row = published(version, rubric)
    return form_of(row, criteria_of(row), language)


def form_of(
    version: RubricVersion, criteria: Iterable[Criterion], language: str, seed: UUID | None = None
) -> ShownForm:
    """What these criteria of a version, stored or only being written, look like to an annotator."""
    criteria = list(criteria)
    spoken = language if language in _languages(version, criteria) else ""
    return ShownForm(
        rubric=version.rubric.name,
        version=version.number,
        language=spoken,
        guidance_html=_guidance(version, spoken),
        criteria=_conditioned([_criterion(criterion, spoken, seed) for criterion in criteria]),
    )


@lru_cache(maxsize=64)
def published(version: UUID, rubric: str) -> RubricVersion:
    """A published version by its uid, read once; a rubric that is renamed is read again."""
    row = RubricVersion.objects.select_related("rubric").get(uid=version)
    row.rubric.name = rubric
    return row


def criteria_of(version: RubricVersion) -> tuple[Criterion, ...]:
    """What a published version asks, read once: it never changes."""
    return _criteria(version.uid)


@lru_cache(maxsize=64)
def _criteria(version: UUID) -> tuple[Criterion, ...]:
    return tuple(Criterion.objects.filter(version__uid=version).select_related("taxonomy"))


def shown_labels(tree: TaxonomyVersion) -> list[ShownOption]:
    """The labels of a tree, each branch followed by what is under it."""
    return list(_nodes(tree.nodes, {}))


def judged_since(member: Membership, midnight: datetime) -> int:
    """How many items this annotator has judged since a moment; what was taken back is not one."""
    submitted = Annotation.objects.filter(
        annotator=member, submitted_at__gte=midnight, kind=Annotation.Kind.SUBMITTED
    )
    return submitted.exclude(superseded_by__kind=Annotation.Kind.WITHDRAWN).count()


def _languages(version: RubricVersion, criteria: Iterable[Criterion]) -> set[str]:
    return {*version.translations, *(code for row in criteria for code in row.translations)}


def _guidance(version: RubricVersion, language: str) -> str:
    translated = version.translations.get(language, {}).get("guidance", "")
    return render_markdown(translated) if translated else version.guidance_html


def _criterion(criterion: Criterion, language: str, seed: UUID | None) -> ShownCriterion:
    wording = criterion.translations.get(language, {})
    translated = wording.get("help", "")
    return ShownCriterion(
        key=criterion.key,
        kind=criterion.kind,
        prompt=wording.get("prompt") or criterion.prompt,
        help=translated or criterion.help,
        help_html=render_markdown(translated) if translated else criterion.help_html,
        required=criterion.required,
        cannot_tell=criterion.cannot_tell,
        options=[*_options(criterion, wording.get("options", {}), seed), *_none(criterion)],
        subject=criterion.subject,
        terms=criterion.terms,
        when=criterion.when,
        hint=hint(criterion.kind, criterion.terms),
        critical=criterion.critical,
        propose=criterion.propose,
    )


def _none(criterion: Criterion) -> list[ShownOption]:
    """The answer that no label fits, behind all the others."""
    return [ShownOption(NONE_OF_THESE, _("None of these"))] if criterion.propose else []


def _conditioned(criteria: list[ShownCriterion]) -> list[ShownCriterion]:
    """The questions, each with the words for when it is asked."""
    by_key = {criterion.key: criterion for criterion in criteria}
    found = []
    for criterion in criteria:
        above = by_key.get(criterion.when.get("criterion", ""))
        if above is not None:
            wanted = criterion.when["answers"]
            labels = [option.label for option in above.options if option.key in wanted]
            criterion = replace(criterion, condition=condition(above.prompt, labels))
        found.append(criterion)
    return found


def _options(
    criterion: Criterion, wording: Mapping[str, Any], seed: UUID | None
) -> list[ShownOption]:
    if criterion.kind == Criterion.Kind.YES_NO:
        return [ShownOption("yes", _("Yes")), ShownOption("no", _("No"))]
    if criterion.kind == Criterion.Kind.PREFERENCE:
        return [ShownOption(key, str(PREFERENCES[key])) for key in preferences(criterion.terms)]
    if criterion.taxonomy is not None:
        return list(_nodes(criterion.taxonomy.nodes, wording))
    options = [_option(row, wording.get(row["key"], {})) for row in criterion.options]
    if seed is None or criterion.kind not in SHUFFLED:
        return options
    order = option_order([option.key for option in options], criterion.key, seed)
    return sorted(options, key=lambda option: order.index(option.key))


def _option(row: Mapping[str, Any], wording: Mapping[str, str]) -> ShownOption:
    return ShownOption(
        key=row["key"],
        label=wording.get("label") or row.get("label") or row["key"],
        description=wording.get("description") or row.get("description", ""),
        examples=list(row.get("examples", [])),
        use_when=wording.get("use_when") or row.get("use_when", ""),
        avoid_when=wording.get("avoid_when") or row.get("avoid_when", ""),
        counterexamples=list(row.get("counterexamples", [])),
    )


def _nodes(nodes: list[dict[str, Any]], wording: Mapping[str, Any]) -> Iterator[ShownOption]:
    """The nodes of a taxonomy that can be chosen, each branch followed by what is under it."""
    children: dict[str | None, list[dict[str, Any]]] = {}
    for node in nodes:
        children.setdefault(node.get("parent"), []).append(node)
    waiting = [(node, "") for node in reversed(children.get(None, []))]
    while waiting:
        node, path = waiting.pop()
        words = wording.get(node["key"], {})
        label = words.get("label") or node.get("label") or node["key"]
        if not node.get("deprecated"):
            yield _label(node, label, words, path)
        below = f"{path} {BELOW} {label}" if path else label
        waiting += [(child, below) for child in reversed(children.get(node["key"], []))]


def _label(node: Mapping[str, Any], label: str, words: Mapping[str, str], path: str) -> ShownOption:
    return ShownOption(
        key=node["key"],
        label=label,
        description=words.get("description") or node.get("description", ""),
        path=path,
        synonyms=list(node.get("synonyms", [])),
    )
