"""What a queue begins with: what is asked, and what has changed since this person judged last."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils import translation

from labeling.models import Annotation, Criterion, Membership, Queue, RubricVersion, Seat
from labeling.policy.cards import Moved, moved_keys
from labeling.reports.judging import ShownForm, criteria_of, form_of
from labeling.reports.questions import ShownNote, notes_of, stamp_of
from labeling.reports.rubric_changes import Told, told_between

#: Kinds that are answered by the digit of an option's place.
BY_DIGIT = (
    Criterion.Kind.SINGLE_CHOICE,
    Criterion.Kind.SEVERAL_CHOICES,
    Criterion.Kind.ORDINAL,
)


@dataclass(frozen=True)
class MovedKey:
    """An option that another digit answers now, in words."""

    question: str
    option: str
    then: str
    now: str


@dataclass(frozen=True)
class Card:
    """What somebody reads before the first item; before: the version that they judged by last."""

    queue: Queue
    version: RubricVersion
    before: RubricVersion | None = None
    changes: list[Told] = field(default_factory=list)
    moved: list[MovedKey] = field(default_factory=list)
    notes: tuple[ShownNote, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether they have judged by this very version before."""
        return self.before is not None and self.before.pk == self.version.pk


def unseen_card(queue: Queue, member: Membership) -> Card | None:
    """The card of a queue that this person has not seen yet."""
    seats = Seat.objects.filter(queue=queue, annotator=member, acknowledged_at__isnull=False)
    return None if seats.exists() else card_of(queue, member)


def card_of(queue: Queue, member: Membership) -> Card:
    """The card of a queue for this person; of others it says nothing."""
    version = queue.rubric_version
    notes = notes_of(version.uid, stamp_of(version))
    before = _judged_last(version, member)
    if before is None or before.pk == version.pk:
        return Card(queue, version, before, notes=notes)
    moved = [] if queue.blinding.get("shuffle_options") else _moved(before, version)
    return Card(queue, version, before, told_between(before, version), moved, notes)


def _judged_last(version: RubricVersion, member: Membership) -> RubricVersion | None:
    own = Annotation.objects.filter(annotator=member, rubric_version__rubric=version.rubric_id)
    last = own.select_related("rubric_version__rubric").order_by("-submitted_at").first()
    return last.rubric_version if last else None


def _moved(before: RubricVersion, after: RubricVersion) -> list[MovedKey]:
    language = translation.get_language() or ""
    then, now = (form_of(row, criteria_of(row), language) for row in (before, after))
    return [_in_words(one, now) for one in moved_keys(_places(then), _places(now))]


def _places(form: ShownForm) -> dict[str, list[str]]:
    return {
        row.key: [option.key for option in row.options]
        for row in form.criteria
        if row.kind in BY_DIGIT
    }


def _in_words(moved: Moved, form: ShownForm) -> MovedKey:
    criterion = next(row for row in form.criteria if row.key == moved.criterion)
    option = next(row for row in criterion.options if row.key == moved.option)
    return MovedKey(criterion.prompt, option.label, moved.then, moved.now)
