"""What is made on a page that was opened from a case belongs to that case.

The pages of judging and evaluation know nothing of cases: they answer a form with the address of
what they made. Here that address is read, the row is linked, and the case is carried along.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, ResolverMatch, resolve

from labeling.errors import Conflict
from labeling.models import Membership
from labeling.policy.roles import Verb
from maintenance.models import Case
from maintenance.reports.linkable import linkable
from maintenance.services.cases import link

GetResponse = Callable[[HttpRequest], HttpResponse]

#: The page with the form, the page that it leads to once something is made, and what that is.
MADE = {
    ("sample_new", "sample"): "sample",
    ("queue_new", "queue"): "queue",
    ("version_new", "version"): "model_version",
    ("gate_ask", "verdict"): "verdict",
}


class CaseTrailMiddleware:
    """Links what was just made to the case in the address, and goes on with that address."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and response.status_code == 302 and "case" in request.GET:
            _follow(request, response)
        return response


def _follow(request: HttpRequest, response: HttpResponse) -> None:
    here, there = request.resolver_match, _match(response["Location"])
    if not (here and there and there.kwargs.get("project") == here.kwargs.get("project")):
        return
    found = _case(request, here.kwargs.get("project", ""))
    if found is None:
        return
    case, member = found
    kind = MADE.get((here.url_name or "", there.url_name or ""))
    if kind and member.may(Verb.WORK_CASES):
        with suppress(Conflict):
            row: Any = linkable(member, kind).filter(uid=there.kwargs["uid"]).first()
            if row is not None:
                link(case, row, by=member)
    response["Location"] += f"?{urlencode({'case': case.uid})}"


def _match(location: str) -> ResolverMatch | None:
    """The page of an address that asks for nothing else; None for any other."""
    with suppress(Resolver404):
        return resolve(location)
    return None


def _case(request: HttpRequest, project: str) -> tuple[Case, Membership] | None:
    """The case that the address names and who asks, if they may see it."""
    members = Membership.objects.active().select_related("project", "team", "user")
    member = members.filter(project__slug=project, user=request.user.pk).first()
    if member is None or not member.may(Verb.SEE_CASES):
        return None
    with suppress(ValueError):
        case = Case.objects.filter(project=member.project, uid=UUID(request.GET["case"])).first()
        return (case, member) if case else None
    return None
