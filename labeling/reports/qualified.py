"""Who is qualified for the rubric versions of queues that ask for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from labeling.models import Membership, Qualification, Queue
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
