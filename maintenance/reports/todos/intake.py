"""What comes in and what runs in the background: imports that wait, work that has failed."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labeling.models import Import, Job, Membership
from maintenance.reports.todos.todo import ToDo

MOST = 5


def imports(member: Membership) -> Iterator[ToDo]:
    """Uploads without a mapping, and imports that failed."""
    waiting = Import.objects.filter(
        project=member.project, state__in=[Import.State.MAPPING, Import.State.FAILED]
    )
    sentences = {
        Import.State.MAPPING: _("“%(name)s” is uploaded and waits for its mapping."),
        Import.State.FAILED: _("The import of “%(name)s” failed."),
    }
    for row in waiting.order_by("-created_at")[:MOST]:
        yield ToDo(
            sentences[Import.State(row.state)] % {"name": row.name},
            _("Open the import"),
            f"/p/{member.project.slug}/imports/{row.uid}/",
            urgent=row.state == Import.State.FAILED,
        )


def failed_jobs(member: Membership) -> Iterator[ToDo]:
    """Background work that was given up; retried or replaced, it is not asked for any more."""
    failed = Job.objects.filter(project=member.project, state=Job.State.FAILED).count()
    if failed:
        sentence = ngettext(
            "%(count)s background job has failed for good.",
            "%(count)s background jobs have failed for good.",
            failed,
        )
        path = f"/p/{member.project.slug}/jobs/"
        yield ToDo(sentence % {"count": failed}, _("See the jobs"), path)
