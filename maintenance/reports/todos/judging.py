"""What judging asks for: disputes to decide, and queues that cannot go on by themselves."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labeling.models import Membership, Queue, Sample, Skip, Slot, Task
from labeling.policy.roles import Role
from labeling.reports.proposals import waiting_in
from labeling.reports.qualified import done_with, qualified_for
from labeling.reports.rubric_owners import proposals_for
from maintenance.reports.todos.todo import ToDo

MOST = 5
RUNNING = (Queue.State.OPEN, Queue.State.PAUSED)


def disputes(member: Membership) -> Iterator[ToDo]:
    """Disputes by queue and language, the most first."""
    waiting = Task.objects.adjudicable_by(member).unclaimed()
    rows = waiting.values_list("queue__name", "queue__uid", "lane").annotate(count=Count("pk"))
    for name, uid, lane, count in rows.order_by("-count", "queue__name", "lane")[:MOST]:
        sentence = ngettext(
            "%(count)s disputed task waits for a decision in %(where)s.",
            "%(count)s disputed tasks wait for a decision in %(where)s.",
            count,
        )
        yield ToDo(
            sentence % {"count": count, "where": _where(name, lane)},
            _("Adjudicate"),
            f"/p/{member.project.slug}/adjudicate/?queue={uid}",
        )


def proposals(member: Membership) -> Iterator[ToDo]:
    """Changes of meaning that wait for this lead's word."""
    for one in proposals_for(member)[:MOST]:
        version = one.version
        sentence = _("%(name)s proposes version %(number)d of “%(rubric)s”.")
        values = {
            "name": version.proposed_by,
            "number": version.number,
            "rubric": version.rubric.name,
        }
        path = f"{version.rubric.get_absolute_url()}versions/{version.number}/publish/"
        yield ToDo(sentence % values, _("Read and confirm"), path)


def missed_labels(member: Membership) -> Iterator[ToDo]:
    """Labels that annotators missed and nobody has decided about."""
    for rubric, count in waiting_in(member.project)[:MOST]:
        sentence = ngettext(
            "%(count)s label is missed in “%(rubric)s”.",
            "%(count)s labels are missed in “%(rubric)s”.",
            count,
        )
        path = f"{rubric.get_absolute_url()}proposed/"
        yield ToDo(sentence % {"count": count, "rubric": rubric.name}, _("Look at them"), path)


def exceptions(member: Membership) -> Iterator[ToDo]:
    """Queues and samples that failed, tasks that people skipped, languages short of people."""
    yield from _failed(member)
    yield from _stuck(member)
    yield from _reported(member)
    yield from _short(member)


def _failed(member: Membership) -> Iterator[ToDo]:
    base = f"/p/{member.project.slug}"
    failed = Queue.objects.filter(project=member.project, state=Queue.State.FAILED)
    for queue in failed.select_related("project")[:MOST]:
        sentence = _("The queue “%(name)s” could not be prepared.") % {"name": queue.name}
        yield ToDo(sentence, _("See why"), queue.get_absolute_url(), urgent=True)
    if Sample.objects.filter(project=member.project, state=Sample.State.FAILED).exists():
        yield ToDo(_("A sample could not be drawn."), _("See why"), f"{base}/samples/", urgent=True)


def _stuck(member: Membership) -> Iterator[ToDo]:
    queues = Queue.objects.filter(project=member.project, state__in=RUNNING)
    stuck = Task.objects.filter(queue__in=queues, state=Task.State.ATTENTION)
    rows = stuck.values_list("queue__name", "queue__uid").annotate(stuck=Count("pk"))
    for name, uid, count in rows.order_by("queue__name")[:MOST]:
        sentence = ngettext(
            "%(count)s task of “%(name)s” was skipped by everybody.",
            "%(count)s tasks of “%(name)s” were skipped by everybody.",
            count,
        )
        path = f"/p/{member.project.slug}/queues/{uid}/"
        yield ToDo(sentence % {"count": count, "name": name}, _("Look at them"), path)


def _reported(member: Membership) -> Iterator[ToDo]:
    """Skips that say something about the rubric or the items, which nobody has looked into."""
    said = Skip.objects.unsettled().filter(task__queue__project=member.project)
    rows = said.values_list("task__queue__name", "task__queue__uid", "reason")
    counted = rows.annotate(tasks=Count("task", distinct=True))
    for name, uid, reason, count in counted.order_by("task__queue__name", "reason")[:MOST]:
        sentence = _reported_sentence(reason, count) % {"count": count, "name": name}
        path = f"/p/{member.project.slug}/queues/{uid}/#{reason}"
        yield ToDo(sentence, _("Look into it"), path)


def _reported_sentence(reason: str, count: int) -> str:
    if reason == Skip.Reason.BROKEN_ITEM:
        return ngettext(
            "%(count)s item of “%(name)s” is said to be broken.",
            "%(count)s items of “%(name)s” are said to be broken.",
            count,
        )
    return ngettext(
        "The rubric is said to be unclear for %(count)s item of “%(name)s”.",
        "The rubric is said to be unclear for %(count)s items of “%(name)s”.",
        count,
    )


def _short(member: Membership) -> Iterator[ToDo]:
    """Open queues with a language that fewer people can judge than each task needs."""
    annotators = _annotators(member)
    if not annotators:
        return  # the project's next step asks for them already
    waiting = _waiting(member)[: 20 * MOST]
    queues = {queue for queue, _lane in waiting}
    qualified, done = qualified_for(queues), done_with(queues)
    for queue, lane in waiting:
        teams = {team.pk for team in queue.teams.all()}
        able = sum(
            person.pk not in done[queue.pk]
            and queue.takes(person, lane, teams, qualified[queue.pk])
            for person in annotators
        )
        if able < queue.overlap:
            missing = queue.overlap - able
            sentence = ngettext(
                "%(where)s is %(count)s person short: each task needs %(overlap)s answers.",
                "%(where)s is %(count)s people short: each task needs %(overlap)s answers.",
                missing,
            )
            where = _where(queue.name, lane)
            values = {"where": where, "count": missing, "overlap": queue.overlap}
            path = f"/p/{member.project.slug}/people/invitations/"
            yield ToDo(sentence % values, _("Invite people"), path)


def _waiting(member: Membership) -> list[tuple[Queue, str]]:
    """Each open queue with each of its lanes in which answers are awaited."""
    queues = Queue.objects.open().filter(project=member.project).prefetch_related("teams")
    by_key = {queue.pk: queue for queue in queues}
    pending = Slot.objects.pending().filter(queue__in=by_key)
    lanes = pending.order_by("queue_id", "lane").values_list("queue_id", "lane").distinct()
    return [(by_key[key], lane) for key, lane in lanes]


def _annotators(member: Membership) -> list[Membership]:
    people = Membership.objects.active().people().filter(project=member.project)
    rows = people.only("roles", "languages", "team_id", "deactivated_at", "kind")
    return [person for person in rows if Role.ANNOTATOR in person.roles]


def _where(name: str, lane: str) -> str:
    return f"“{name}” ({lane})" if lane else f"“{name}”"
