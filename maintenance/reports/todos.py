"""Today's to-dos of one person: computed from the rows, gone when they are done."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labeling.models import Import, Job, Membership, Queue, Sample, Task
from labeling.policy.roles import Verb
from maintenance.reports.loop import next_step, steps


@dataclass(frozen=True)
class ToDo:
    """One thing to do: a sentence, and the one button that leads there."""

    sentence: str
    action: str
    path: str
    urgent: bool = False


@dataclass(frozen=True)
class ProjectToday:
    """What one project asks of this person today."""

    member: Membership
    todos: list[ToDo]
    continues: bool

    @property
    def path(self) -> str:
        return self.member.project.get_absolute_url()


def today_of(members: list[Membership]) -> list[ProjectToday]:
    """Every project of a person with its to-dos, those with something to do first."""
    rows = [ProjectToday(member, todos(member), member.may(Verb.ANNOTATE)) for member in members]
    return sorted(rows, key=lambda row: (not row.todos, row.member.project.name))


def todos(member: Membership) -> list[ToDo]:
    """What this member could do now, in the order in which it holds others up."""
    found: list[ToDo] = []
    if member.may(Verb.ADJUDICATE):
        found += _disputes(member)
    if member.may(Verb.RUN_QUEUES):
        found += _queues(member)
    if member.may(Verb.SEE_IMPORTS):
        found += _imports(member)
    if member.may(Verb.SEE_JOBS):
        found += _failed_jobs(member)
    if member.may(Verb.SEE_OVERVIEW):
        found += _next(member)
    return found


def _disputes(member: Membership) -> list[ToDo]:
    waiting = Task.objects.adjudicable_by(member).unclaimed().count()
    if not waiting:
        return []
    sentence = ngettext(
        "%(count)s disputed task waits for a decision.",
        "%(count)s disputed tasks wait for a decision.",
        waiting,
    )
    path = f"/p/{member.project.slug}/adjudicate/"
    return [ToDo(sentence % {"count": waiting}, _("Adjudicate"), path)]


def _queues(member: Membership) -> list[ToDo]:
    """Queues that failed, samples that failed, tasks that everybody skipped."""
    base = f"/p/{member.project.slug}"
    found = [
        ToDo(
            _("The queue “%(name)s” could not be prepared.") % {"name": queue.name},
            _("See why"),
            queue.get_absolute_url(),
            urgent=True,
        )
        for queue in Queue.objects.filter(project=member.project, state=Queue.State.FAILED)[:5]
    ]
    if Sample.objects.filter(project=member.project, state=Sample.State.FAILED).exists():
        found.append(
            ToDo(_("A sample could not be drawn."), _("See why"), f"{base}/samples/", urgent=True)
        )
    stuck = (
        Task.objects.filter(queue__project=member.project, state=Task.State.ATTENTION)
        .values_list("queue__name", "queue__uid")
        .annotate(stuck=Count("pk"))
    )
    return found + [
        ToDo(
            ngettext(
                "%(count)s task of “%(name)s” was skipped by everybody.",
                "%(count)s tasks of “%(name)s” were skipped by everybody.",
                count,
            )
            % {"count": count, "name": name},
            _("Look at them"),
            f"{base}/queues/{uid}/",
        )
        for name, uid, count in stuck.order_by("queue__name")[:5]
    ]


def _imports(member: Membership) -> list[ToDo]:
    waiting = Import.objects.filter(
        project=member.project, state__in=[Import.State.MAPPING, Import.State.FAILED]
    ).order_by("-created_at")
    sentences = {
        Import.State.MAPPING: _("“%(name)s” is uploaded and waits for its mapping."),
        Import.State.FAILED: _("The import of “%(name)s” failed."),
    }
    return [
        ToDo(
            sentences[Import.State(row.state)] % {"name": row.name},
            _("Open the import"),
            f"/p/{member.project.slug}/imports/{row.uid}/",
            urgent=row.state == Import.State.FAILED,
        )
        for row in waiting[:5]
    ]


def _failed_jobs(member: Membership) -> list[ToDo]:
    failed = Job.objects.filter(project=member.project, state=Job.State.FAILED).count()
    if not failed:
        return []
    sentence = ngettext(
        "%(count)s background job has failed for good.",
        "%(count)s background jobs have failed for good.",
        failed,
    )
    path = f"/p/{member.project.slug}/jobs/"
    return [ToDo(sentence % {"count": failed}, _("See the jobs"), path)]


def _next(member: Membership) -> list[ToDo]:
    """The next step of a project's first time round, for those who may take it."""
    step = next_step(member.project, steps(member.project))
    if step is None or not member.may(step.verb):
        return []
    return [ToDo(step.sentence, step.action, step.path)]
