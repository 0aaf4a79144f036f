"""Who may work on queues: who is qualified where that is asked, and who is given nothing more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db.models import Count

from labeling.models import Membership, Qualification, Queue, Seat, Slot
from labeling.policy.roles import Verb


def qualified_for(queues: Iterable[Queue]) -> dict[int, Collection[int] | None]:
    """Primary keys of those who may work on each queue; None where nobody has to be qualified."""
    asking = {queue.pk: queue.rubric_version_id for queue in queues if queue.qualified_only}
    people: dict[int, set[int]] = defaultdict(set)
    if asking:
        live = Qualification.objects.filter(
            rubric_version__in=set(asking.values()), ended_at__isnull=True
        )
        for version, person in live.values_list("rubric_version_id", "annotator_id"):
            people[version].add(person)
    return defaultdict(lambda: None, {pk: people[version] for pk, version in asking.items()})


def done_with(queues: Iterable[Queue]) -> dict[int, Collection[int]]:
    """Primary keys of those whom each queue gives nothing more: they declined, or had their fill.

    Who has had as many items as one person may has had their fill; a limit a day ends at midnight.
    """
    caps = {queue.pk: queue.cap_each for queue in queues}
    people: dict[int, set[int]] = defaultdict(set)
    declined = Seat.objects.filter(queue__in=caps, joined_at=Seat.NEVER)
    for queue, person in declined.values_list("queue_id", "annotator_id"):
        people[queue].add(person)
    capped = [pk for pk, cap in caps.items() if cap is not None]
    given = Slot.objects.filter(queue__in=capped, annotation__isnull=False).order_by()
    counted = given.values_list("queue_id", "annotator_id").annotate(given=Count("pk"))
    for queue, person, count in counted if capped else ():
        if person is not None and count >= (caps[queue] or 0):
            people[queue].add(person)
    return {pk: people[pk] for pk in caps}


def annotators_with(queue: Queue) -> list[tuple[Membership, Qualification | None]]:
    """Everybody who annotates in the queue's project, with what qualifies them for its version."""
    live = Qualification.objects.filter(
        rubric_version=queue.rubric_version_id, ended_at__isnull=True
    ).select_related("granted_by__user")
    rows = {row.annotator_id: row for row in live}
    people = Membership.objects.active().people().filter(project=queue.project_id)
    people = people.select_related("user", "team", "project").order_by("user__name", "pk")
    return [(person, rows.get(person.pk)) for person in people if person.may(Verb.ANNOTATE)]


def qualifications_of(person: Membership) -> list[Qualification]:
    """The rubric versions that somebody is qualified for, with since when and by whom."""
    live = person.qualifications.filter(ended_at__isnull=True)
    return list(live.select_related("rubric_version__rubric", "granted_by__user"))


def qualifiable(person: Membership) -> bool:
    """Whether somebody annotates, so that there is something to be qualified for."""
    is_person = person.kind == Membership.Kind.PERSON and not person.deactivated_at
    return is_person and person.may(Verb.ANNOTATE)
