"""The record: a project's audit events, found again by who, what and when; and its chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from labeling.models import AuditEvent, Membership, Project, Snapshot
from labeling.policy.roles import Verb
from maintenance.models import Override

#: The kind of snapshot that keeps what the last check of a chain has found.
CHECK_KIND = "record_check"
READ_AT_ONCE = 2_000
#: Where a row has a page of its own, by the kind that events call it; and the verb that opens it.
PAGES: dict[str, tuple[str, Verb]] = {
    "item": ("items", Verb.SEE_ITEMS),
    "import": ("imports", Verb.SEE_IMPORTS),
    "sample": ("samples", Verb.SEE_SAMPLES),
    "queue": ("queues", Verb.SEE_AGREEMENT),
    "rubric": ("rubrics", Verb.SEE_RUBRICS),
    "evaluationset": ("sets", Verb.SEE_SETS),
    "modelversion": ("versions", Verb.SEE_VERSIONS),
    "gate": ("gates", Verb.SEE_GATES),
    "verdict": ("verdicts", Verb.SEE_GATES),
    "signal": ("signals", Verb.SEE_SIGNALS),
    "case": ("cases", Verb.SEE_CASES),
    "release": ("releases", Verb.SEE_RELEASES),
    "export": ("exports", Verb.SEE_EXPORTS),
    "job": ("jobs", Verb.SEE_JOBS),
    "membership": ("people", Verb.SEE_PEOPLE),
}


@dataclass(frozen=True)
class Search:
    """What is looked for; empty parts do not narrow it."""

    text: str = ""
    who: Membership | None = None
    verb: str = ""
    kind: str = ""
    subject: UUID | None = None
    since: date | None = None
    until: date | None = None
    before: int | None = None


@dataclass(frozen=True)
class Chain:
    """How far a project's record is sealed, and what the last check of it has found."""

    sealed: int
    head: str
    sealed_until: datetime | None
    unsealed: int
    checked_at: datetime | None
    checked: int
    broken: str | None


@dataclass(frozen=True)
class Entry:
    """An event with the address of what it happened to; empty where that has no page."""

    event: AuditEvent
    path: str


def events(project: Project, search: Search) -> QuerySet[AuditEvent]:
    """A project's events that match, newest first."""
    rows = AuditEvent.objects.filter(project=project).select_related("user")
    if search.text:
        rows = rows.filter(
            Q(verb__icontains=search.text)
            | Q(subject_kind__iexact=search.text)
            | Q(user__name__icontains=search.text)
        )
    narrowed = {
        "user": search.who and search.who.user_id,
        "verb": search.verb,
        "subject_kind": search.kind,
        "subject_uid": search.subject,
        "at__date__gte": search.since,
        "at__date__lte": search.until,
        "pk__lt": search.before,
    }
    return rows.filter(**{name: value for name, value in narrowed.items() if value}).order_by("-pk")


def entries(member: Membership, rows: list[AuditEvent]) -> list[Entry]:
    """The events of one page, each leading to its subject where this member may look at it."""
    return [Entry(row, _path(member, row)) for row in rows]


def chain_of(project: Project) -> Chain:
    """The head of a project's chain as it is, and the last check of it: three queries."""
    own = AuditEvent.objects.filter(project=project)
    last = own.sealed().last()
    found = Snapshot.objects.filter(kind=CHECK_KIND, subject_uid=project.uid).first()
    body: dict[str, Any] = found.body if found else {}
    return Chain(
        sealed=(last.sequence or 0) if last else 0,
        head=last.digest if last else "",
        sealed_until=last.at if last else None,
        unsealed=own.unsealed().count(),
        checked_at=found.computed_at if found else None,
        checked=body.get("sealed", 0),
        broken=body.get("broken"),
    )


def lines(rows: QuerySet[AuditEvent]) -> Iterator[dict[str, Any]]:
    """Events as they are exported: what their digests cover, the digests, and a name to read."""
    found = rows.select_related("project", "member", "user")
    yield from map(line_of, found.iterator(chunk_size=READ_AT_ONCE))


def line_of(event: AuditEvent) -> dict[str, Any]:
    """One event as it is exported; from it and the one before, its digest can be recomputed."""
    return {
        "sequence": event.sequence,
        "uid": str(event.uid),
        "project": _uid(event.project),
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "who": str(event.user) if event.user else None,
        "member": _uid(event.member),
        "user": _uid(event.user),
        "verb": event.verb,
        "subject_kind": event.subject_kind,
        "subject_uid": str(event.subject_uid) if event.subject_uid else None,
        "detail": event.detail,
        "previous_digest": event.previous_digest,
        "digest": event.digest,
    }


def overrides_of(project: Project) -> QuerySet[Override]:
    """Every override that was granted here, the newest first."""
    rows = Override.objects.filter(release__project=project)
    return rows.select_related(
        "release__project", "release__candidate", "stage", "granted_by__user"
    ).order_by("-granted_at")


def in_force(override: Override) -> bool:
    """Whether it would let a stage be entered right now."""
    return override.release.ended_at is None and override.expires_at > timezone.now()


def _path(member: Membership, event: AuditEvent) -> str:
    page, verb = PAGES.get(event.subject_kind, ("", None))
    if verb is None or event.subject_uid is None or not member.may(verb):
        return ""
    return f"/p/{member.project.slug}/{page}/{event.subject_uid}/"


def _uid(row: Any) -> str | None:
    return str(row.uid) if row else None
