"""What production asks for: alerts that are open, cases that somebody must work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.models import Membership
from labeling.policy.roles import Verb
from maintenance.models import Alert, Case, Monitor
from maintenance.reports.todos.todo import ToDo

MOST = 5


def alerts(member: Membership) -> Iterator[ToDo]:
    """Open alerts that no case has taken up yet."""
    rows = Alert.objects.open().filter(monitor__signal__project=member.project, case=None)
    for alert in rows.select_related("monitor__signal__project")[:MOST]:
        critical = alert.severity == Monitor.Severity.CRITICAL
        path = alert.monitor.signal.get_absolute_url()
        yield ToDo(alert.sentence, _("See the signal"), path, urgent=critical)


def cases(member: Membership) -> Iterator[ToDo]:
    """Open cases of this member; of others, those that are overdue, unowned or an incident."""
    today = timezone.localdate()
    asked = Q(owner=member) | Q(due__lt=today) | Q(kind=Case.Kind.INCIDENT)
    if member.may(Verb.WORK_CASES):
        asked |= Q(owner=None)
    rows = Case.objects.open().filter(asked, project=member.project)
    rows = rows.select_related("project", "owner__user")
    for case in rows.order_by(F("due").asc(nulls_last=True), "number")[: 2 * MOST]:
        yield ToDo(
            _about(case, member, today),
            _("Open the case"),
            case.get_absolute_url(),
            urgent=case.kind == Case.Kind.INCIDENT,
            due=case.due,
        )


def _about(case: Case, member: Membership, today: date) -> str:
    values = {"number": case.number, "title": case.title, "owner": case.owner or ""}
    if case.owner is None:
        sentence = _("Case %(number)s, “%(title)s”, is nobody's yet.")
    elif case.owner_id == member.pk:
        sentence = _("Case %(number)s, “%(title)s”, is yours.")
    elif case.due is not None and case.due < today:
        sentence = _("Case %(number)s, “%(title)s”, is overdue; %(owner)s owns it.")
    else:
        sentence = _("Incident %(number)s, “%(title)s”, is open; %(owner)s owns it.")
    return sentence % values
