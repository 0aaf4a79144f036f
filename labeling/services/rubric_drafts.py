"""A rubric's draft: held by whoever is about to change it, and thrown away."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Membership, ProposedLabel, RubricVersion
from labeling.services import audit


def held_draft(version: RubricVersion) -> RubricVersion:
    """The draft as it is stored, locked until the transaction ends; Conflict if it is none."""
    rows = RubricVersion.objects.select_for_update(of=("self",), no_key=True)
    found = rows.select_related("rubric__project").filter(pk=version.pk).first()
    if found is None or found.state != RubricVersion.State.DRAFT:
        raise Conflict("not_a_draft", _("This version is no longer a draft."))
    return found


@transaction.atomic
def discard_draft(version: RubricVersion, *, revision: int, by: Membership) -> None:
    """Throw a draft away as it was read; what was published before it stays as it is."""
    draft = held_draft(version)
    if draft.revision != revision:
        raise Conflict("stale_draft", _("Somebody saved this draft in the meantime; reload it."))
    before, rubric = draft.before(), draft.rubric
    if before is None:
        raise Conflict("first_draft", _("Nothing is published yet that would be left of it."))
    _reopen_labels(draft)
    facts: dict[str, Any] = {"version": draft.number, "left": before.number}
    draft.notes.all().delete()
    draft.criteria.all().delete()
    draft.delete()
    audit.record(by, "discarded_draft", rubric, project=rubric.project, **facts)


def _reopen_labels(draft: RubricVersion) -> None:
    """Labels that people missed and that only this draft took up wait for a decision again."""
    asked = draft.criteria.filter(taxonomy__isnull=True).values("key")
    taken = draft.rubric.proposed_labels.filter(
        state=ProposedLabel.State.TAKEN, decided_at__gte=draft.created_at, criterion__in=asked
    )
    taken.update(state=ProposedLabel.State.OPEN, reason="", decided_by=None, decided_at=None)
