"""Who confirms changes of meaning of a rubric, and which proposals wait for whom."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from labeling.models import Membership, Rubric, RubricVersion
from labeling.policy.roles import Verb


@dataclass(frozen=True)
class Proposal:
    """A draft that changes what labels mean, and whose word it waits for; nobody: any lead's."""

    version: RubricVersion
    confirmer: Membership | None


def confirmer_of(rubric: Rubric) -> Membership | None:
    """The owner while they are an active lead; otherwise any lead confirms."""
    owner = rubric.owner
    can = owner and owner.user.is_active and owner.may(Verb.PUBLISH_RUBRICS)
    return owner if can else None


def possible_owners(rubric: Rubric) -> list[Membership]:
    """The active leads of the rubric's project, by name."""
    people = Membership.objects.active().people().filter(project=rubric.project_id)
    rows = people.select_related("user", "team", "project").order_by("user__name", "pk")
    return [person for person in rows if person.may(Verb.PUBLISH_RUBRICS)]


def proposals_for(member: Membership) -> list[Proposal]:
    """The proposals in a member's project that they can confirm, the oldest first."""
    found = (Proposal(row, confirmer_of(row.rubric)) for row in _proposed(member))
    return [one for one in found if one.confirmer in (None, member)]


def _proposed(member: Membership) -> QuerySet[RubricVersion]:
    rows = RubricVersion.objects.filter(
        rubric__project=member.project,
        state=RubricVersion.State.DRAFT,
        proposed_at__isnull=False,
    )
    people = ("proposed_by__user", "rubric__owner__user", "rubric__owner__team", "rubric__project")
    return rows.select_related(*people).order_by("proposed_at")
