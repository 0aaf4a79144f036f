"""Cases: opened, worked and closed; the only writer of them, of their notes and links."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluation.models import ModelVersion, SetVersion, Verdict
from labeling.errors import Conflict
from labeling.models import Item, Membership, Project, Queue, Sample
from labeling.models.base import Row
from labeling.policy.roles import Verb
from labeling.services import audit
from labeling.services.jobs import RunningJob, job_kind
from maintenance.models import Alert, Case, CaseLink, CaseNote

#: The foreign key of a link, by what it leads to.
LINK_TO: dict[type[Row], str] = {
    Sample: "sample",
    Queue: "queue",
    SetVersion: "set_version",
    ModelVersion: "model_version",
    Verdict: "verdict",
    Item: "item",
}
TITLE = 200
SHOWN_PROJECTS = 200


class Changes(TypedDict, total=False):
    """What of a case can be changed while it is open."""

    title: str
    about: str
    owner: Membership | None
    due: date | None


@transaction.atomic
def open_case(
    project: Project,
    title: str,
    *,
    kind: str = Case.Kind.REQUEST,
    about: str = "",
    owner: Membership | None = None,
    due: date | None = None,
    by: Membership | None,
    at: datetime | None = None,
) -> Case:
    """Begin a piece of maintenance work; cases of a project are counted from 1."""
    _lock_cases_of(project)
    latest = Case.objects.filter(project=project).order_by("-number").first()
    case = Case(
        project=project,
        number=latest.number + 1 if latest else 1,
        title=title.strip(),
        kind=kind,
        about=about.strip(),
        owner=_able(project, owner),
        due=due,
        opened_by=by,
        opened_at=at or timezone.now(),
    )
    case.full_clean(exclude=["project", "owner", "opened_by"], validate_constraints=False)
    case.save()
    detail = {"number": case.number, "title": case.title, "kind": str(case.kind)}
    audit.record(by, "opened_case", case, at=at, project=project, **detail)
    return case


@transaction.atomic
def case_for_alert(
    alert: Alert, *, by: Membership | None = None, at: datetime | None = None
) -> Case:
    """The open case of another open alert of the same signal, else a new one with its owner."""
    signal = alert.monitor.signal
    _lock_cases_of(signal.project)
    alert.refresh_from_db(fields=["case"])
    if alert.case is not None:
        return alert.case
    beside = Alert.objects.open().filter(monitor__signal=signal, case__closed_at=None)
    other = beside.exclude(case=None).exclude(pk=alert.pk).select_related("case__project").first()
    if other and other.case:
        return _join(alert, other.case, by, at)
    case = _open_for(alert, by, at or alert.opened_at)
    alert.case = case
    alert.save(update_fields=["case"])
    return case


@transaction.atomic
def change_case(
    case: Case, *, by: Membership | None, at: datetime | None = None, **changes: Unpack[Changes]
) -> Case:
    """Change title, description, owner or due date; what stays the same is not recorded."""
    case = _locked(case)
    if "owner" in changes:
        _able(case.project, changes["owner"])
    given = {name: _stripped(value) for name, value in changes.items()}
    changed = {name: value for name, value in given.items() if getattr(case, name) != value}
    if not changed:
        return case
    detail = {name: [_said(getattr(case, name)), _said(value)] for name, value in changed.items()}
    for name, value in changed.items():
        setattr(case, name, value)
    case.clean_fields(exclude=["project", "owner", "opened_by", "closed_by"])
    case.save(update_fields=list(changed))
    audit.record(by, "changed_case", case, at=at, project=case.project, **detail)
    return case


@transaction.atomic
def triage(
    case: Case, cause: str, why: str, *, by: Membership | None, at: datetime | None = None
) -> Case:
    """Say what is behind a case and how that is known; a later word replaces an earlier one."""
    case = _locked(case)
    if cause not in set(Case.Cause) - {Case.Cause.UNKNOWN}:
        raise ValidationError({"cause": _("Choose one of the causes.")})
    why = _required(why, "why", _("Say how that is known."))
    if (case.cause, case.cause_why) == (cause, why):
        return case
    was, case.cause, case.cause_why = case.cause, cause, why
    case.save(update_fields=["cause", "cause_why"])
    detail = {"was": str(was), "cause": str(cause), "why": why}
    audit.record(by, "triaged_case", case, at=at, project=case.project, **detail)
    return case


@transaction.atomic
def add_note(
    case: Case, text: str, *, by: Membership | None, at: datetime | None = None
) -> CaseNote:
    """Write something on a case."""
    case = _locked(case)
    text = _required(text, "text", _("A note says something."))
    note = CaseNote.objects.create(
        case=case, text=text, written_by=by, written_at=at or timezone.now()
    )
    audit.record(by, "noted_case", case, at=at, project=case.project, note=str(note.uid))
    return note


@transaction.atomic
def link(case: Case, row: Row, *, by: Membership | None, at: datetime | None = None) -> CaseLink:
    """Let a row belong to a case; what belongs to it already keeps its link."""
    case = _locked(case)
    kind = LINK_TO[type(row)]
    if project_of(row) != case.project_id:
        missing = ValidationError(_("There is no such row here."), code="invalid_reference")
        raise ValidationError({kind: missing})
    if found := case.links.filter(**{kind: row}).first():
        return found
    made = CaseLink.objects.create(
        case=case, linked_by=by, linked_at=at or timezone.now(), **{kind: row}
    )
    detail = {"linked": kind, "uid": str(row.uid)}
    audit.record(by, "linked_case", case, at=at, project=case.project, **detail)
    return made


@transaction.atomic
def unlink(made: CaseLink, *, by: Membership | None, at: datetime | None = None) -> Case:
    """Take a link away; the row itself stays as it is."""
    case = _locked(made.case)
    detail = {"linked": made.kind, "uid": str(made.linked.uid)}
    if not CaseLink.objects.filter(pk=made.pk).delete()[0]:
        raise Conflict("not_linked", _("This link is gone already."))
    audit.record(by, "unlinked_case", case, at=at, project=case.project, **detail)
    return case


@transaction.atomic
def close_case(
    case: Case, effect: str, *, by: Membership | None, at: datetime | None = None
) -> Case:
    """End a case with what came of it; refused while a release of it is on its way."""
    case = _locked(case)
    effect = _required(effect, "effect", _("Say what came of it."))
    if release := case.releases.under_way().select_related("candidate").first():
        message = _("The release of %(candidate)s is still under way: finish or end it first.")
        raise Conflict("release_under_way", message % {"candidate": release.candidate})
    case.closed_by, case.closed_at, case.effect = by, at or timezone.now(), effect
    case.save(update_fields=["closed_by", "closed_at", "effect"])
    audit.record(by, "closed_case", case, at=at, project=case.project, effect=effect)
    return case


@transaction.atomic
def reopen_case(case: Case, why: str, *, by: Membership | None, at: datetime | None = None) -> Case:
    """Take a closed case up again; what was said at its closing stays in the record."""
    case = _locked(case, closed=True)
    why = _required(why, "why", _("Say why it is taken up again."))
    was, case.effect = case.effect, ""
    case.closed_by = case.closed_at = None
    case.save(update_fields=["closed_by", "closed_at", "effect"])
    audit.record(by, "reopened_case", case, at=at, project=case.project, why=why, effect=was)
    return case


@job_kind(
    "open_first_loops",
    every=timedelta(minutes=1),
    when=lambda: _without_case().exists(),
)
def open_first_loops(job: RunningJob) -> dict[str, int]:
    """Give each project without any case the one that leads through its first time round."""
    opened = 0
    for project in _without_case()[:SHOWN_PROJECTS]:
        job.check_cancelled()
        opened += _open_first_loop(project)
    return {"cases": opened}


def project_of(row: Any) -> int:
    """The primary key of the project that a row belongs to."""
    if isinstance(row, SetVersion):
        return row.evaluation_set.project_id
    if isinstance(row, Verdict):
        return row.gate_version.gate.project_id
    found: int = row.project_id
    return found


def _without_case() -> Any:
    return Project.objects.filter(cases=None, archived_at=None).order_by("pk")


@transaction.atomic
def _open_first_loop(project: Project) -> bool:
    """Checked once more under the lock: a person may have opened a case just now."""
    _lock_cases_of(project)
    if Case.objects.filter(project=project).exists():
        return False
    about = _("From the first items to a release: each step of the loop once.")
    open_case(project, _("First loop"), kind=Case.Kind.FIRST_LOOP, about=about, by=None)
    return True


def _open_for(alert: Alert, by: Membership | None, at: datetime) -> Case:
    monitor = alert.monitor
    parts = [monitor.signal.name, *([monitor.slice.name] if monitor.slice else [])]
    owner = monitor.owner if monitor.owner and monitor.owner.may(Verb.WORK_CASES) else None
    return open_case(
        monitor.signal.project,
        " · ".join(parts)[:TITLE],
        kind=Case.Kind.ALERT,
        about=alert.sentence,
        owner=owner,
        due=at.date() + timedelta(days=monitor.due_days),
        by=by,
        at=at,
    )


def _join(alert: Alert, case: Case, by: Membership | None, at: datetime | None) -> Case:
    alert.case = case
    alert.save(update_fields=["case"])
    detail = {"linked": "alert", "uid": str(alert.uid)}
    audit.record(by, "linked_case", case, at=at, project=case.project, **detail)
    return case


def _lock_cases_of(project: Project) -> None:
    """Cases are numbered one by one, and an alert finds the case of the one before it."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)


def _locked(case: Case, *, closed: bool = False) -> Case:
    """The case as it is now, locked; Conflict if it is not open, or not closed, as needed."""
    rows = Case.objects.select_for_update(of=("self",), no_key=True)
    case = rows.select_related("project", "owner__user").get(pk=case.pk)
    if closed and case.closed_at is None:
        raise Conflict("case_open", _("This case is open."))
    if not closed and case.closed_at is not None:
        raise Conflict("case_closed", _("This case is closed: take it up again first."))
    return case


def _able(project: Project, owner: Membership | None) -> Membership | None:
    """Who is to own a case has to be able to work on it."""
    if owner is None:
        return None
    if owner.project_id != project.pk or not owner.may(Verb.WORK_CASES):
        message = _("Choose somebody of this project who may work on cases.")
        raise ValidationError({"owner": ValidationError(message, code="invalid_reference")})
    return owner


def _required(text: str, field: str, message: str) -> str:
    if not (text := text.strip()):
        raise ValidationError({field: message})
    return text


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _said(value: Any) -> str:
    """A value as the record keeps it: people by their uid."""
    if isinstance(value, Membership):
        return str(value.uid)
    return "" if value is None else str(value)
