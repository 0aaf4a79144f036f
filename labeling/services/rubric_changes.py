"""Decisions about a rubric's changes: said on the draft, kept for good when it is published."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from labeling.models import Membership, RubricChange, RubricVersion
from labeling.policy.rubric_changes import Change
from labeling.policy.rubric_decisions import Decided, Decision, problems, undecided
from labeling.policy.rubrics import by_place
from labeling.reports.rubric_changes import decided_of
from labeling.services import audit
from labeling.services.rubric_drafts import held_draft
from labeling.services.rubric_owners import withdraw_proposal


@transaction.atomic
def decide_changes(
    version: RubricVersion,
    said: Mapping[str, Mapping[str, Any]],
    *,
    by: Membership | None,
    at: datetime | None = None,
) -> RubricVersion:
    """Say what becomes of earlier answers once a draft is published.

    said: by the names of changes, each with `decision`, `mapping` (old value to new) and `meant`
    (a change of words that changes the meaning); changes that are not named stay as they were.
    """
    if found := problems(said):
        raise ValidationError(by_place(found[:20]))
    version = held_draft(version)
    known = _known(version)
    if unknown := [ident for ident in said if ident not in known]:
        message = _("There is no such change.")
        raise ValidationError({f"decisions.{ident[:200]}": message for ident in unknown[:20]})
    kept = {ident: row for ident, row in version.decisions.items() if ident in known}
    version.decisions = kept | {ident: dict(row) for ident, row in said.items()}
    version.save(update_fields=["decisions"])
    withdraw_proposal(version)
    facts = {"decisions": {ident: row.get("decision") for ident, row in said.items()}}
    audit.record(by, "decided_changes", version, project=version.rubric.project, at=at, **facts)
    return version


def confirm_changes(
    version: RubricVersion,
    before: RubricVersion,
    reason: str,
    *,
    by: Membership | None,
    at: datetime,
) -> int:
    """Keep what a draft that is being published decided; how many changes are of meaning.

    ValidationError names each change that nobody decided about, and the reason where labels change
    their meaning and none is given.
    """
    decided = decided_of(version, before)
    found = by_place(undecided(decided))
    of_meaning = sum(one.is_meaning for one in decided)
    if of_meaning and not reason.strip():
        found["reason"] = [_("Labels change their meaning: say why.")]
    if found:
        raise ValidationError(found)
    RubricChange.objects.bulk_create(
        _row(version, before, position, one, by=by, at=at) for position, one in enumerate(decided)
    )
    return of_meaning


def _known(version: RubricVersion) -> set[str]:
    before = version.before()
    return {one.change.ident for one in decided_of(version, before)} if before else set()


def _row(
    version: RubricVersion,
    before: RubricVersion,
    position: int,
    decided: Decided,
    *,
    by: Membership | None,
    at: datetime,
) -> RubricChange:
    change = decided.change
    assert decided.decision is not None
    # What would stand for an answer is kept too: a sample of new answers is compared with it.
    is_mapped = decided.decision in (Decision.MAP, Decision.RELABEL)
    return RubricChange(
        version=version,
        before=before,
        position=position,
        **_of_change(change),
        is_meaning=decided.is_meaning,
        decision=decided.decision,
        mapping=dict(decided.mapping) if is_mapped else {},
        decided_by=by,
        at=at,
    )


def _of_change(change: Change) -> dict[str, Any]:
    """A change as a row has it."""
    names = ("ident", "kind", "part", "criterion", "what", "touch")
    return {
        **{name: getattr(change, name) for name in names},
        "keys": list(change.keys),
        "into": list(change.into),
        "edits": [
            {"path": list(edit.path), "old": edit.old, "new": edit.new} for edit in change.edits
        ],
    }
