"""What a project's items look like, and one page of those that somebody looks for.

At a million items no page may read them all: a search looks at the newest `SCAN` items that the
index can give it and says so; the next page goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.lookups import IContains
from django.utils.translation import gettext as _

from labeling.models import Item, Project, Snapshot
from labeling.models.items import ItemQuerySet
from labeling.policy.slices import Condition

FIELDS_KIND = "item_fields"
MOST_VALUES = 50
SEARCHED_FIELDS = 20
SCAN = 100_000
COUNT_LIMIT = 10_000


@dataclass(frozen=True)
class KnownFields:
    """The attributes (with values seen so far) and model versions that a project's items have."""

    attributes: dict[str, list[str]] = field(default_factory=dict)
    model_versions: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ItemSearch:
    """What somebody looks for: a literal text in the content, and conditions of slices."""

    text: str = ""
    conditions: tuple[Condition, ...] = ()

    @property
    def by_time(self) -> bool:
        """A window in time is answered from the index by time, newest first in it."""
        return any(condition.field == "occurred_at" for condition in self.conditions)

    @property
    def reads_rows(self) -> bool:
        """Whether rows must be read to know if they fit, or the index alone can say."""
        return bool(self.text) or any(one.field != "occurred_at" for one in self.conditions)


@dataclass(frozen=True)
class ItemsPage:
    """One page of items, newest first, and where the next begins (None at the end)."""

    rows: list[Item]
    following: UUID | None
    #: False when the search has stopped at its limit and older items are still unread.
    complete: bool


@dataclass(frozen=True)
class CappedCount:
    """A count that stops at a limit, of everything or of the newest items only."""

    value: int
    capped: bool
    #: How many of the newest items were looked at; None when it was all of them.
    among: int | None


def known_fields(project: Project) -> KnownFields:
    """What imports have seen; a list of values that is full says only that there are many."""
    row = Snapshot.objects.filter(kind=FIELDS_KIND, subject_uid=project.uid).first()
    return KnownFields(**row.body) if row else KnownFields()


def page_of_items(
    project: Project, search: ItemSearch, *, after: UUID | None = None, size: int = 50
) -> ItemsPage:
    """The next `size` items that fit, newest first, after the item of this uid."""
    frame = _frame(project, search)
    if after:
        frame = frame.filter(_older(_place(project, search, after), search))
    edge = _edge(frame, search)
    inside = frame.exclude(_older(edge, search)) if edge else frame
    rows = list(_fitting(inside, project, search).defer("salt", "row_digest")[: size + 1])
    for row in rows:
        row.project = project
    if len(rows) > size:
        return ItemsPage(rows[:size], rows[size - 1].uid, complete=True)
    return ItemsPage(rows, edge.uid if edge else None, complete=edge is None)


def count_items(project: Project, search: ItemSearch) -> CappedCount:
    """How many fit, counted no further than anybody reads."""
    frame = _frame(project, search)
    edge = _edge(frame, search)
    inside = frame.exclude(_older(edge, search)) if edge else frame
    value = _fitting(inside, project, search).order_by()[: COUNT_LIMIT + 1].count()
    return CappedCount(min(value, COUNT_LIMIT), value > COUNT_LIMIT, SCAN if edge else None)


def _frame(project: Project, search: ItemSearch) -> ItemQuerySet:
    """The project's items in the order of the index that the search can use."""
    items = Item.objects.filter(project=project)
    window = [one for one in search.conditions if one.field == "occurred_at"]
    if window:
        return items.meeting(window).order_by("-occurred_at", "-id")
    return items.order_by("-id")


def _fitting(frame: ItemQuerySet, project: Project, search: ItemSearch) -> ItemQuerySet:
    rest = [one for one in search.conditions if one.field != "occurred_at"]
    found = frame.in_place().meeting(rest)
    return found.filter(with_text(project, search.text)) if search.text else found


def with_text(project: Project, text: str) -> Q:
    names = project.content_fields.values_list("name", flat=True)[:SEARCHED_FIELDS]
    hits: Iterable[Q] = (Q(IContains(KeyTextTransform(name, "content"), text)) for name in names)
    return reduce(or_, hits, Q(pk__in=[]))


def _edge(frame: ItemQuerySet, search: ItemSearch) -> Item | None:
    """The oldest item that this page may look at; None where it may look at all."""
    if not search.reads_rows:
        return None
    last_and_next = list(frame.only("id", "uid", "occurred_at")[SCAN - 1 : SCAN + 1])
    return last_and_next[0] if len(last_and_next) == 2 else None


def _place(project: Project, search: ItemSearch, uid: UUID) -> Item:
    item = Item.objects.filter(project=project, uid=uid).only("id", "uid", "occurred_at").first()
    if item is None or (search.by_time and item.occurred_at is None):
        raise ValidationError(_("This page cannot be found any more; start from the first."))
    return item


def _older(item: Item, search: ItemSearch) -> Q:
    """Items that come after this one in the order of the search."""
    if not search.by_time:
        return Q(id__lt=item.pk)
    earlier = Q(occurred_at__lt=item.occurred_at)
    return earlier | Q(occurred_at=item.occurred_at, id__lt=item.pk)
