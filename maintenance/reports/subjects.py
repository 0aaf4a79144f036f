"""What the rows of a case are called, and where each is seen."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from evaluation.models import ModelVersion, SetVersion, Verdict
from labeling.models import Item, Membership, Queue, Sample
from labeling.models.base import Row
from labeling.policy.roles import Verb
from maintenance.models import Alert, CaseLink, Release, RetrainingDecision
from maintenance.reports.belongings import Belongings


@dataclass(frozen=True)
class Subject:
    """A row: its kind, its name, what it says, and its page; without a path it is not shown."""

    kind: str
    label: str
    text: str
    path: str


@dataclass(frozen=True)
class ShownRow:
    """A row of the case; without a link it belongs to it because of another one."""

    name: str
    subject: Subject
    state: str
    state_label: str
    link: CaseLink | None


def shown_rows(own: Belongings, member: Membership) -> list[ShownRow]:
    """What belongs to a case besides its alerts and decisions, in the order of the loop."""
    subjects = subjects_of(own, member)
    links = {link.linked.uid: link for link in own.links}
    return [
        ShownRow(str(_NAMES[type(row)]), subjects[row.uid], *_state(row), links.get(row.uid))
        for row in own.rows
        if type(row) in _NAMES
    ]


def subjects_of(own: Belongings, member: Membership) -> dict[UUID, Subject]:
    """What each row is called, and where it is seen, if this member may see it."""
    base, asked = own.case.project.get_absolute_url(), f"?case={own.case.uid}"
    found: dict[UUID, Subject] = {}
    for row in own.rows:
        verb, path = _place(row, base)
        text = getattr(row, "sentence", "") or getattr(row, "reasons", "")
        shown = f"{path}{asked}" if path and member.may(verb) else ""
        found[row.uid] = Subject(row._meta.model_name or "", _label(row), text, shown)
        if isinstance(row, Release):
            for part in (*row.stages.all(), *row.overrides.all()):
                label = f"{row} · {part}"
                found[part.uid] = Subject(part._meta.model_name or "", label, "", shown)
    return found


def _label(row: Row) -> str:
    if isinstance(row, Alert):
        return str(row.monitor.signal)
    if isinstance(row, RetrainingDecision):
        return str(row.get_answer_display())
    if isinstance(row, Verdict):
        return str(row.candidate)
    return str(row)


def _place(row: Row, base: str) -> tuple[Verb, str]:
    """The page of a row, and the verb that opens it."""
    if isinstance(row, Alert):
        return Verb.SEE_SIGNALS, row.monitor.signal.get_absolute_url()
    if isinstance(row, SetVersion):
        return Verb.SEE_SETS, row.evaluation_set.get_absolute_url()
    places: dict[type[Row], tuple[Verb, str]] = {
        Item: (Verb.SEE_ITEMS, "items"),
        Sample: (Verb.SEE_SAMPLES, "samples"),
        Queue: (Verb.SEE_AGREEMENT, "queues"),
        ModelVersion: (Verb.SEE_VERSIONS, "versions"),
        Verdict: (Verb.SEE_GATES, "verdicts"),
        Release: (Verb.SEE_RELEASES, "releases"),
    }
    if type(row) not in places:
        return Verb.SEE_CASES, ""
    verb, name = places[type(row)]
    return verb, f"{base}{name}/{row.uid}/"


def _state(row: Row) -> tuple[str, str]:
    if isinstance(row, Verdict):
        return row.outcome, str(row.get_outcome_display())
    if isinstance(row, Sample | Queue | SetVersion | ModelVersion | Release):
        return row.state, str(row.get_state_display())
    return "", ""


_NAMES: dict[type[Row], object] = {
    Item: _("Item"),
    Sample: _("Sample"),
    Queue: _("Queue"),
    SetVersion: _("Set version"),
    ModelVersion: _("Model version"),
    Verdict: _("Verdict"),
    Release: _("Release"),
}
