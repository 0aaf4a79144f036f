"""Who may judge under a rubric version whose queues ask for qualified people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.models import Membership, Qualification, RubricVersion
from labeling.reports.qualified import qualifiable
from labeling.services import audit


@transaction.atomic
def qualify(
    people: Iterable[Membership],
    version: RubricVersion,
    *,
    by: Membership,
    at: datetime | None = None,
) -> int:
    """Let these people judge in queues for qualified ones; returns how many were not already."""
    at = at or timezone.now()
    people = list(people)
    _check(people, version)
    live = Qualification.objects.filter(rubric_version=version, ended_at__isnull=True)
    already = set(live.values_list("annotator", flat=True))
    new = [person for person in people if person.pk not in already]
    for person in new:
        Qualification.objects.create(
            annotator=person, rubric_version=version, granted_by=by, granted_at=at
        )
        audit.record(by, "qualified", person, at=at, rubric_version=str(version.uid))
    return len(new)


@transaction.atomic
def end_qualification(
    people: Iterable[Membership],
    version: RubricVersion,
    *,
    by: Membership,
    at: datetime | None = None,
) -> int:
    """Give these people nothing more there; what they have on the screen they may finish."""
    at = at or timezone.now()
    live = Qualification.objects.filter(rubric_version=version, ended_at__isnull=True)
    ended = list(live.filter(annotator__in=list(people)).select_related("annotator__project"))
    live.filter(pk__in=[row.pk for row in ended]).update(ended_at=at)
    for row in ended:
        person, asked = row.annotator, str(version.uid)
        audit.record(by, "ended_qualification", person, at=at, rubric_version=asked)
    return len(ended)


def _check(people: list[Membership], version: RubricVersion) -> None:
    """Refuse whoever does not annotate in the rubric's project, and versions never asked."""
    if version.state == RubricVersion.State.DRAFT:
        raise ValidationError({"rubric_version": _("Publish the rubric version first.")})
    for person in people:
        here = person.project_id == version.rubric.project_id
        if not (here and qualifiable(person)):
            raise ValidationError({"people": _("Only annotators of this project can qualify.")})
