"""What every page shows around its content: the project, and the areas this person may open."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from labeling.models import Membership, Project
from labeling.policy.roles import Verb
from maintenance.models import Case
from maintenance.reports.casework import CaseStrip, strip

#: area, then its entries: (label, url name, the verb that opens it)
AREAS: list[tuple[Any, list[tuple[Any, str, Verb]]]] = [
    (
        _("Items"),
        [(_("Items"), "items", Verb.SEE_ITEMS), (_("Imports"), "imports", Verb.SEE_IMPORTS)],
    ),
    (
        _("Judging"),
        [
            (_("Judge"), "judge", Verb.ANNOTATE),
            (_("Adjudicate"), "adjudicate", Verb.ADJUDICATE),
            (_("Queues"), "queues", Verb.SEE_QUEUES),
            (_("Questions"), "questions", Verb.SEE_QUESTIONS),
            (_("Rubrics"), "rubrics", Verb.SEE_RUBRICS),
            (_("Samples"), "samples", Verb.SEE_SAMPLES),
            (_("People"), "people", Verb.SEE_PEOPLE),
        ],
    ),
    (
        _("Evaluation"),
        [(_("Sets"), "sets", Verb.SEE_SETS), (_("Versions"), "versions", Verb.SEE_VERSIONS)],
    ),
    (
        _("Maintenance"),
        [
            (_("Signals"), "signals", Verb.SEE_SIGNALS),
            (_("Cases"), "cases", Verb.SEE_CASES),
            (_("Releases"), "releases", Verb.SEE_RELEASES),
            (_("Plan"), "plan", Verb.SEE_PLAN),
            (_("Record"), "record", Verb.SEE_RECORD),
        ],
    ),
    (
        _("Project"),
        [
            (_("Overview"), "overview", Verb.SEE_OVERVIEW),
            (_("Exports"), "exports", Verb.SEE_EXPORTS),
            (_("Jobs"), "jobs", Verb.SEE_JOBS),
            (_("Settings"), "settings", Verb.SEE_SETTINGS),
        ],
    ),
]


def navigation(request: HttpRequest) -> dict[str, Any]:
    """What is around every page, each part read only when a template shows it."""
    member: Any = SimpleLazyObject(lambda: _member(request))
    return {
        "member": member,
        "project": SimpleLazyObject(lambda: member.project if member else None),
        "projects": SimpleLazyObject(lambda: _projects(request)),
        "navigation": SimpleLazyObject(lambda: areas(request, member)),
        "shortcuts": SimpleLazyObject(lambda: shortcuts(request, member)),
        "case_strip": SimpleLazyObject(lambda: _case_strip(request, member)),
    }


def areas(request: HttpRequest, member: Membership | None) -> list[dict[str, Any]]:
    """The areas of the navigation, with only what this member may open."""
    if not member:
        return []
    shown = []
    for label, entries in AREAS:
        rows = [
            {"label": text, "url": url, "current": _within(request.path, url, member.project)}
            for text, name, verb in entries
            if member.may(verb) and (url := reverse(name, args=[member.project.slug]))
        ]
        if rows:
            current = any(row["current"] for row in rows)
            only = rows[0]["url"] if len(rows) == 1 else None
            shown.append({"label": label, "url": only, "current": current, "entries": rows})
    return shown


#: What the bar at the foot of a phone leads to, besides Today and Me.
SHORTCUTS = [
    (_("Judge"), "judge", Verb.ANNOTATE),
    (_("Cases"), "cases", Verb.SEE_CASES),
]


def shortcuts(request: HttpRequest, member: Membership | None) -> list[dict[str, Any]]:
    """The pages that are one tap away: what somebody opens most, whatever else they may open."""
    return [
        {"label": label, "url": url, "current": request.path.startswith(url)}
        for label, name, verb in SHORTCUTS
        if member and member.may(verb) and (url := reverse(name, args=[member.project.slug]))
    ]


def _within(path: str, url: str, project: Project) -> bool:
    """Whether a page lies under an entry; the overview's address begins every other one's."""
    return path == url or (url != project.get_absolute_url() and path.startswith(url))


def _member(request: HttpRequest) -> Membership | None:
    """Who is asking in the project of the address, else in the only one that they are in."""
    slug = request.resolver_match.kwargs.get("project") if request.resolver_match else None
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    own = Membership.objects.active().select_related("project", "team", "user").filter(user=user)
    if slug:
        return own.filter(project__slug=slug).first()
    found = list(own[:2])
    return found[0] if len(found) == 1 else None


def _case_strip(request: HttpRequest, member: Membership | None) -> CaseStrip | None:
    """Where the case stands from which a page was opened, if this member may see it."""
    match, asked = request.resolver_match, request.GET.get("case", "")
    if not (asked and match and member and member.may(Verb.SEE_CASES)) or match.url_name == "case":
        return None
    with suppress(ValueError):
        rows = Case.objects.filter(project=member.project, uid=UUID(asked))
        if case := rows.select_related("project").first():
            return strip(case, member)
    return None


def _projects(request: HttpRequest) -> list[Project]:
    user = getattr(request, "user", None)
    return list(Project.objects.visible_to(user)) if user is not None else []
