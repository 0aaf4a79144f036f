"""The timeline of a case: what the record says of it and of everything that belongs to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluation.models import ModelVersion, Verdict
from labeling.models import AuditEvent, Membership
from maintenance.models import Case, CaseNote
from maintenance.reports.belongings import Belongings
from maintenance.reports.subjects import Subject, subjects_of

#: What somebody did, as the timeline says it; a verb that is not here is said in its own words.
DID: dict[str, Any] = {
    "opened_case": gettext_lazy("opened the case"),
    "changed_case": gettext_lazy("changed the case"),
    "triaged_case": gettext_lazy("said what is behind it"),
    "noted_case": gettext_lazy("wrote a note"),
    "linked_case": gettext_lazy("linked"),
    "unlinked_case": gettext_lazy("took out of the case"),
    "closed_case": gettext_lazy("closed the case"),
    "reopened_case": gettext_lazy("took the case up again"),
    "decided_retraining": gettext_lazy("decided"),
    "opened_alert": gettext_lazy("opened the alert"),
    "closed_alert": gettext_lazy("closed the alert"),
    "asked_for_sample": gettext_lazy("asked for the sample"),
    "created_queue": gettext_lazy("made the queue"),
    "opened_queue": gettext_lazy("opened the queue"),
    "paused_queue": gettext_lazy("paused the queue"),
    "reopened_queue": gettext_lazy("reopened the queue"),
    "closed_queue": gettext_lazy("closed the queue"),
    "drained_queue": gettext_lazy("drained the queue"),
    "resumed_queue": gettext_lazy("put back what was set aside"),
    "changed_queue": gettext_lazy("changed the queue"),
    "changed_places": gettext_lazy("changed how many people judge an item"),
    "moved_queue": gettext_lazy("moved the queue to a later rubric version"),
    "kept_answers": gettext_lazy("let the earlier answers stand"),
    "proposed_rubric": gettext_lazy("proposed the rubric version"),
    "published_rubric": gettext_lazy("published the rubric version"),
    "asked_for_set_version": gettext_lazy("asked for the set version"),
    "froze_set_version": gettext_lazy("froze the set version"),
    "registered_version": gettext_lazy("registered the version"),
    "sent_predictions": gettext_lazy("sent predictions"),
    "moved_version": gettext_lazy("moved the version"),
    "asked_verdict": gettext_lazy("asked for the verdict"),
    "decided_verdict": gettext_lazy("gave the verdict"),
    "planned_release": gettext_lazy("planned the release"),
    "entered_stage": gettext_lazy("entered a stage"),
    "granted_override": gettext_lazy("granted an override"),
    "held_release": gettext_lazy("held the release"),
    "resumed_release": gettext_lazy("resumed the release"),
    "rolled_back_release": gettext_lazy("rolled the release back"),
    "gave_up_release": gettext_lazy("gave the release up"),
    "finished_release": gettext_lazy("finished the release"),
}
#: Details that a person wrote or that say what was chosen, in the order in which they are told.
TOLD = ("cause", "why", "effect", "reason", "state", "outcome")


@dataclass(frozen=True)
class Moment:
    """One thing that happened: when, who, what, to which row, and what was said of it."""

    uid: UUID
    at: datetime
    who: str
    verb: str
    did: str
    kind: str
    about: UUID | None
    label: str
    text: str
    path: str


def events_of(own: Belongings) -> QuerySet[AuditEvent]:
    """The audit events of a case and of all that belongs to it, the newest first."""
    uids = [own.case.uid, *(row.uid for row in own.rows)]
    for release in own.releases:
        uids += [row.uid for row in (*release.stages.all(), *release.overrides.all())]
    rows = AuditEvent.objects.filter(project=own.case.project_id, subject_uid__in=uids)
    return rows.select_related("user").order_by("-at", "-pk")


def moments(own: Belongings, events: Iterable[AuditEvent], member: Membership) -> list[Moment]:
    """Events as the timeline shows them, with links only where this member may go."""
    events = list(events)
    subjects = subjects_of(own, member)
    noted = [event.detail["note"] for event in events if "note" in event.detail]
    notes = dict(CaseNote.objects.filter(case=own.case, uid__in=noted).values_list("uid", "text"))
    return [
        _moment(event, subjects, {str(uid): text for uid, text in notes.items()})
        for event in events
    ]


def _moment(event: AuditEvent, subjects: dict[UUID, Subject], notes: dict[str, str]) -> Moment:
    about = _about(event)
    subject = subjects.get(about) if about else None
    text = notes.get(str(event.detail.get("note")), "") or _told(event)
    if (
        not text
        and subject
        and event.verb in {"opened_alert", "decided_verdict", "decided_retraining"}
    ):
        text = subject.text
    return Moment(
        uid=event.uid,
        at=event.at,
        who=str(event.user) if event.user else _("Fettle"),
        verb=event.verb,
        did=str(DID.get(event.verb, event.verb.replace("_", " "))),
        kind=subject.kind if subject else event.subject_kind,
        about=about,
        label=subject.label if subject else "",
        text=text,
        path=subject.path if subject else "",
    )


def _about(event: AuditEvent) -> UUID | None:
    """What it happened to: of a link, the row that it leads to."""
    linked = event.detail.get("uid") if event.verb in {"linked_case", "unlinked_case"} else None
    return UUID(linked) if linked else event.subject_uid


def _told(event: AuditEvent) -> str:
    chosen = dict([*Verdict.Outcome.choices, *ModelVersion.State.choices, *Case.Cause.choices])
    said = [str(event.detail[name]) for name in TOLD if event.detail.get(name)]
    return " · ".join(str(chosen.get(part, part)) for part in said)
