"""A queue that goes on under a later version of its rubric: what would happen, and doing it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from labeling.models import Membership, Queue, RubricVersion
from labeling.policy.roles import Verb
from labeling.reports.moving import kin_of, later_versions, move_plan
from labeling.services.moving import PlanChanged, move_queue
from labeling.views.find import require
from labeling.views.queues import find_queue, tab_context


@require_http_methods(["GET", "HEAD", "POST"])
def queue_successor(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """What would move, what begins anew and what is finished; POST moves just that."""
    member, row = find_queue(request, project, uid)
    require(member, Verb.RUN_QUEUES)
    if request.method != "POST":
        return _page(request, member, row)
    version = _version(row, request.POST.get("version", ""))
    restart = request.POST.get("votes") == "restart"
    expected = request.POST.get("expected", "")
    try:
        successor = move_queue(row, version, expected=expected, restart=restart, by=member)
    except PlanChanged as changed:
        return _page(request, member, row, changed=changed.message, restart=restart)
    if successor.job_id and successor.state == Queue.State.PREPARING:
        messages.success(request, _("The tasks are being moved; the queue opens by itself."))
    else:
        messages.success(request, _("The queue goes on here. What was begun is finished there."))
    return redirect(successor)


def _version(row: Queue, said: str) -> RubricVersion:
    """The later version of this number, by default the newest."""
    versions = later_versions(row)
    if said.isdecimal() and len(said) < 6:
        versions = versions.filter(number=int(said))
    elif said:
        raise Http404
    if (version := versions.first()) is None:
        raise Http404
    return version


def _page(
    request: HttpRequest,
    member: Membership,
    row: Queue,
    *,
    changed: str = "",
    restart: bool | None = None,
) -> HttpResponse:
    kin = kin_of(row)
    context: dict[str, Any] = {**tab_context(member, row, "progress"), "kin": kin}
    if kin.version:
        said = (request.POST or request.GET).get("version", "")
        plan = move_plan(row, _version(row, said))
        context |= {
            "plan": plan,
            "versions": list(later_versions(row)),
            "changed": changed,
            "restart": plan.suggests_restart if restart is None else restart,
        }
    status = 409 if changed else 200
    return render(request, "labeling/queue_successor.html", context, status=status)
