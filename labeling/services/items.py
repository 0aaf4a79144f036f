"""Erasing an item, the one change it can undergo; and remembering what fields items have."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.formats.mapping import ItemRow
from labeling.models import ContentField, Item, Membership, Project, Snapshot
from labeling.policy.rendering import guess
from labeling.reports.items import FIELDS_KIND, MOST_VALUES, known_fields
from labeling.services import audit
from labeling.services.erasing import erase_along

#: What a field holds shows in its first few texts, or not at all.
ROWS_TO_GUESS_FROM = 20


@dataclass
class SeenFields:
    """The names of fields in rows, and the first few values of each attribute."""

    content: dict[str, None] = field(default_factory=dict)
    attributes: dict[str, set[str]] = field(default_factory=dict)
    model_versions: set[str] = field(default_factory=set)
    texts: dict[str, list[str]] = field(default_factory=dict)
    rows: int = 0

    def note(self, row: ItemRow) -> None:
        self.content.update(dict.fromkeys(row.content))
        if self.rows < ROWS_TO_GUESS_FROM:
            self.rows += 1
            for name, text in row.content.items():
                self.texts.setdefault(name, []).append(text)
        if row.model_version and len(self.model_versions) < MOST_VALUES:
            self.model_versions.add(row.model_version)
        for name, value in row.attributes.items():
            values = self.attributes.setdefault(name, set())
            if len(values) < MOST_VALUES:
                values.add(value)


@transaction.atomic
def erase(item: Item, why: str, *, by: Membership, at: datetime | None = None) -> Item:
    """Blank what an item says and leave a tombstone: its id, its attributes and its digest.

    The salt goes too, and so do the unsalted hashes: with them a short text could be guessed. What
    people wrote about it in their own words goes along.
    """
    at = at or timezone.now()
    erased = Item.objects.present().filter(pk=item.pk)
    blank: dict[str, Any] = {
        "content": {},
        "prediction": None,
        "group": "",
        "salt": "",
        "row_digest": "",
    }
    if not erased.update(
        **blank, twin_key=secrets.token_hex(16), erased_at=at, erased_by=by, erased_why=why
    ):
        raise Conflict("already_erased", _("This item has already been erased."))
    erase_along(item, at=at)
    item.refresh_from_db()
    audit.record(by, "erased_item", item, at=at, why=why, content_digest=item.content_digest)
    return item


def note_fields(project: Project, seen: SeenFields) -> None:
    """Add newly seen fields to the project's; content is hidden from annotators until chosen.

    The caller holds the project's lock, so that two imports cannot lose each other's fields.
    """
    _note_content(project, seen)
    before = known_fields(project)
    attributes = {name: set(values) for name, values in before.attributes.items()}
    for name, values in seen.attributes.items():
        attributes[name] = attributes.get(name, set()) | values
    body = {
        "attributes": {name: sorted(attributes[name])[:MOST_VALUES] for name in sorted(attributes)},
        "model_versions": sorted({*before.model_versions, *seen.model_versions})[:MOST_VALUES],
    }
    Snapshot.objects.update_or_create(
        kind=FIELDS_KIND,
        subject_uid=project.uid,
        defaults={"project": project, "body": body, "computed_at": timezone.now()},
    )


def _note_content(project: Project, seen: SeenFields) -> None:
    """Add newly seen content fields, each rendered as what its texts look like.

    The fields of a project's first import may be there already, named in its mapping.
    """
    known = set(project.content_fields.values_list("name", flat=True))
    looks = {name: guess(seen.texts.get(name, [])) for name in seen.content}
    ContentField.objects.bulk_create(
        (
            ContentField(
                project=project, name=name, position=len(known) + place, rendering=looks[name]
            )
            for place, name in enumerate(name for name in seen.content if name not in known)
        ),
        ignore_conflicts=True,
    )
    if Snapshot.objects.filter(kind=FIELDS_KIND, subject_uid=project.uid).exists():
        return
    for name in known & looks.keys():
        named = project.content_fields.filter(name=name, rendering=ContentField.Rendering.TEXT)
        named.update(rendering=looks[name])
