"""Cases for a world: one with everything that can belong to it, and more of them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from labeling.models import Membership, Project
from labeling.models.base import Row
from maintenance.models import Case, Release
from maintenance.services.cases import add_note, case_for_alert, close_case, link, open_case, triage
from maintenance.services.retraining import decide_retraining
from tests import factories
from tests.evaluation.makers import make_set_version, make_version
from tests.maintenance.makers import (
    make_alert,
    make_monitor,
    make_release,
    make_signal,
    make_verdict,
)


def case_rows(project: Project, member: Membership) -> dict[str, Row]:
    """An open case that has gone through the whole loop, an alert, and a link of the case."""
    alert = make_alert(make_monitor(make_signal(project), owner=member))
    case = case_for_alert(alert)
    fill_case(case, member)
    lonely = make_alert(make_monitor(make_signal(project), owner=member))
    return {"case": case, "case_link": case.links.get(sample__isnull=False), "alert": lonely}


def grow_cases(project: Project, member: Membership, rows: dict[str, Any]) -> None:
    """One more open and one more closed case, an alert alone, more in the world's own case."""
    make_alert(make_monitor(make_signal(project)))
    fill_case(Case.objects.get(uid=rows["case"]), member)
    for effect in ("", "It is well again."):
        case = open_case(project, "Again", owner=member, by=member)
        link(case, factories.make_queue(project), by=member)
        if effect:
            close_case(case, effect, by=member)


def fill_case(case: Case, by: Membership) -> None:
    """One row of each kind, a note, a cause and a decision."""
    project = case.project
    make_alert(make_monitor(make_signal(project)), case=case)
    release = _released(case, by)
    version = make_version(project, registered_by=by)
    verdict = make_verdict(release, asked_by=by)
    queue = factories.make_queue(project, created_by=by)
    item = factories.make_item(project)
    for row in (queue.sample, queue, make_set_version(project), version, verdict, item):
        link(case, row, by=by)
    add_note(case, "I have asked the vendor.", by=by)
    triage(case, "drift", f"There are {case.notes.count()} notes.", by=by)
    cited = [case.alerts.all()[0], verdict, item]
    decide_retraining(case, "retrain", "deviation", "It is worse.", evidence=cited, by=by)


def _released(case: Case, by: Membership) -> Release:
    """A release that has ended: only one of a project is under way."""
    under_way = Release.objects.under_way().filter(project=case.project)
    held = list(under_way.values_list("pk", flat=True))
    Release.objects.filter(pk__in=held).update(state="done", ended_at=timezone.now())
    release = make_release(case.project, case=case, by=by)
    Release.objects.filter(pk=release.pk).update(state="given_up", ended_at=timezone.now())
    Release.objects.filter(pk__in=held).update(state="planned", ended_at=None)
    return release
