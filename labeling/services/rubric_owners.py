"""Who confirms what a rubric's labels mean: its owner, to whom any lead may propose a change."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict, ConflictOfInterest
from labeling.formats.rubric_files import document_of
from labeling.models import Membership, Rubric, RubricVersion
from labeling.policy.roles import Verb
from labeling.policy.rubric_decisions import undecided
from labeling.policy.rubrics import by_place, gaps
from labeling.reports.rubric_changes import decided_of
from labeling.reports.rubric_owners import confirmer_of
from labeling.services import audit
from labeling.services.rubric_drafts import held_draft


@transaction.atomic
def set_owner(
    rubric: Rubric, owner: Membership | None, *, by: Membership, at: datetime | None = None
) -> Rubric:
    """Say who confirms changes of meaning from now on; with nobody named, any lead does."""
    if owner and not _may_own(rubric, owner):
        raise ValidationError({"owner": _("Only an active lead of this project can be the owner.")})
    rubric = Rubric.objects.select_for_update(of=("self",), no_key=True).get(pk=rubric.pk)
    before, rubric.owner = rubric.owner, owner
    if before == owner:
        return rubric
    rubric.save(update_fields=["owner"])
    names = [str(one.uid) if one else None for one in (before, owner)]
    audit.record(
        by, "set_owner", rubric, at=at, project=rubric.project, before=names[0], now=names[1]
    )
    return rubric


@transaction.atomic
def propose(
    version: RubricVersion, reason: str, *, by: Membership, at: datetime | None = None
) -> RubricVersion:
    """Ask the rubric's owner to confirm a draft that changes what labels mean."""
    version = held_draft(version)
    _check(version, reason)
    version.proposed_by, version.proposed_at = by, at or timezone.now()
    version.reason = reason.strip()
    version.save(update_fields=["proposed_by", "proposed_at", "reason"])
    project = version.rubric.project
    audit.record(by, "proposed_rubric", version, project=project, at=at, reason=version.reason)
    return version


def withdraw_proposal(version: RubricVersion) -> None:
    """What was proposed is not what the draft says now."""
    proposed = RubricVersion.objects.filter(pk=version.pk, proposed_at__isnull=False)
    if proposed.update(proposed_at=None, proposed_by=None):
        version.proposed_at = version.proposed_by = None


def refuse_unless_confirmed(version: RubricVersion, by: Membership | None) -> None:
    """A change of meaning is published by the rubric's owner, if it has one who can."""
    owner = confirmer_of(version.rubric)
    if by and owner and owner != by:
        message = _("%(name)s confirms changes of meaning of this rubric: propose it instead.")
        raise ConflictOfInterest(message % {"name": owner})


def _may_own(rubric: Rubric, member: Membership) -> bool:
    here = member.project_id == rubric.project_id and member.deactivated_at is None
    return here and member.may(Verb.PUBLISH_RUBRICS)


def _check(version: RubricVersion, reason: str) -> None:
    found = by_place(gaps(document_of(version)))
    before = version.before()
    decided = decided_of(version, before) if before else []
    if not any(one.is_meaning for one in decided):
        message = _("No label changes its meaning: it can be published without being proposed.")
        raise Conflict("nothing_to_confirm", message)
    found |= by_place(undecided(decided))
    if not reason.strip():
        found["reason"] = [_("Labels change their meaning: say why.")]
    if found:
        raise ValidationError(found)
