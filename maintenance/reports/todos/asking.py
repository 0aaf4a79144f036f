"""What annotators and leads ask and answer each other."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labeling.models import Membership
from labeling.reports.questions import answerable_by
from maintenance.reports.todos.todo import ToDo


def answers(member: Membership, count: int) -> Iterator[ToDo]:
    """Own questions that were answered and not looked at yet."""
    if count:
        sentence = ngettext(
            "%(count)s question of yours has been answered.",
            "%(count)s questions of yours have been answered.",
            count,
        )
        path = f"/p/{member.project.slug}/questions/own/"
        yield ToDo(sentence % {"count": count}, _("Read"), path)


def questions(member: Membership) -> Iterator[ToDo]:
    """Questions of annotators that wait for an answer."""
    if count := answerable_by(member).filter(answered_at__isnull=True).count():
        sentence = ngettext(
            "%(count)s question of an annotator waits for an answer.",
            "%(count)s questions of annotators wait for an answer.",
            count,
        )
        path = f"/p/{member.project.slug}/questions/"
        yield ToDo(sentence % {"count": count}, _("Answer"), path)
