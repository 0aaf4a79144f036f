"""Where a release stands: its stages, and on what or why not the next one may be entered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluation.models import ModelVersion, Verdict
from evaluation.reports.gates import Comparison, digest_of, question_of, wording_digest
from labeling.models import AuditEvent, Membership
from labeling.templatetags.fettle import percent
from maintenance.models import Alert, Monitor, Override, Release, Stage
from maintenance.policy.releasing import (
    Answer,
    Facts,
    Grade,
    Ground,
    Reason,
    Why,
    may_enter,
    not_over,
)

State = Release.State
#: States in which the candidate answers everything.
OUT = (State.FULL, State.WATCH)
ALERTS_SAID = 5
EVENTS_SHOWN = 50

SENTENCES = {
    Why.ENDED: gettext_lazy("The release has ended."),
    Why.NO_STAGE: gettext_lazy("No stage is left: the watch is the last one."),
    Why.HELD: gettext_lazy("It is held: %(text)s"),
    Why.RETIRED: gettext_lazy("The candidate has been retired."),
    Why.MOVED: gettext_lazy("Another version has been made live than the release was planned on."),
    Why.SOAKING: gettext_lazy("The stage lasts at least until %(until)s."),
    Why.ALERT: gettext_lazy("A critical alert has been open since this stage: %(text)s"),
    Why.FAILED: gettext_lazy("The gate fails it: %(text)s"),
    Why.INCONCLUSIVE: gettext_lazy("The gate cannot decide yet: %(text)s"),
    Why.INVALID: gettext_lazy("The gate's verdict is invalid: %(text)s"),
    Why.PENDING: gettext_lazy("The gate is being asked."),
    Why.NO_VERDICT: gettext_lazy(
        "The gate has no verdict on this candidate against this baseline as they are now: ask it."
    ),
    Why.EXPIRED: gettext_lazy("The override ended on %(until)s."),
}


@dataclass(frozen=True)
class Standing:
    """A release at one moment; `answer` says whether `next` may be entered.

    verdict: the gate's on exactly this evidence. counting: overrides of the next stage that have
    not run out. unfinished: why the watch may not be ended.
    """

    release: Release
    at: datetime
    stages: list[Stage]
    current: Stage | None
    next: Stage | None
    verdict: Verdict | None
    counting: list[Override]
    facts: Facts
    answer: Answer
    unfinished: tuple[Reason, ...]

    @property
    def override(self) -> Override | None:
        """The override that counts longest."""
        return next(iter(self.counting), None)

    def open_to(self, member: Membership) -> bool:
        """Whether this member may go on: never on nothing but their own word."""
        others = any(row.granted_by.user_id != member.user_id for row in self.counting)
        return self.answer.may and (self.answer.ground is Ground.VERDICT or others)

    @property
    def reasons(self) -> list[str]:
        """Why the next stage may not be entered, in sentences."""
        return [said(reason) for reason in self.answer.reasons]

    @property
    def still_watching(self) -> list[str]:
        """Why the watch goes on, in sentences."""
        return [said(reason) for reason in self.unfinished]

    @property
    def may_finish(self) -> bool:
        return self.release.state == State.WATCH and not self.unfinished

    @property
    def share(self) -> float:
        """The share of traffic that the candidate answers at this moment."""
        return share_now(self.release, self.current)


def standing(release: Release, *, at: datetime | None = None) -> Standing:
    """Where a release stands now, read anew."""
    at = at or timezone.now()
    stages = list(
        release.stages.select_related("entered_by__user", "verdict", "override__granted_by__user")
    )
    current = next((stage for stage in reversed(stages) if stage.entered_at), None)
    following = next((stage for stage in stages if not stage.entered_at), None)
    grade, verdict = graded(release) if release.ended_at is None else (Grade.UNKNOWN, None)
    overrides = _overrides(following)
    facts = replace(
        _facts(release, current, at),
        has_next=following is not None,
        grade=grade,
        verdict=verdict.sentence if verdict else "",
        overrides=tuple(row.expires_at for row in overrides),
    )
    counting = [row for row in overrides if row.expires_at > at]
    answer, left = may_enter(facts), not_over(facts)
    return Standing(release, at, stages, current, following, verdict, counting, facts, answer, left)


def graded(release: Release) -> tuple[Grade, Verdict | None]:
    """What the gate's newest wording says about this candidate against this baseline, as they are.

    The verdict is found by the digest of today's evidence: one on other predictions, another set,
    another wording or another baseline is none, and asking against another baseline hides none.
    """
    version = release.gate.versions.select_related("set_version").first()
    if version is None or wording_digest(version, list(version.criteria.all())) != version.digest:
        return Grade.UNKNOWN, None
    rows = Verdict.objects.filter(
        gate_version=version, candidate=release.candidate, baseline=release.baseline
    )
    verdicts = list(rows.select_related("gate_version__gate"))
    about = (version, release.candidate, release.baseline)
    if any(row.digest for row in verdicts):
        bound = digest_of(Comparison(*about).bound)
        if found := next((row for row in verdicts if row.digest == bound), None):
            return Grade(found.outcome), found
    asked = next((row for row in verdicts if row.outcome == Verdict.Outcome.PENDING), None)
    if asked and asked.question == question_of(*about):
        return Grade.PENDING, asked
    return Grade.UNKNOWN, None


def share_now(release: Release, current: Stage | None) -> float:
    """The share that the candidate answers: that of the stage, nothing once it is taken back."""
    if release.state == State.DONE:
        return 1.0
    return current.share if current and release.ended_at is None else 0.0


def said(reason: Reason) -> str:
    """A reason as a sentence in the reader's language and zone."""
    values = dict(reason.values)
    if until := values.get("until"):
        values["until"] = _when(until)
    return str(SENTENCES[reason.why]) % values


def headline(found: Standing) -> str:
    """The first sentence of a release: what is, since when, and what is next."""
    release = found.release
    if release.ended_at is not None:
        values = {"state": release.get_state_display(), "at": _when(release.ended_at)}
        return _("Ended on %(at)s: %(state)s.") % values + f" {release.ended_why}".rstrip()
    return " ".join(part for part in (_present(found), _upcoming(found)) if part)


def name_of(stage: Stage) -> str:
    """A stage as people say it: canary at 5%."""
    if stage.kind == Stage.Kind.CANARY:
        return _("canary at %(share)s") % {"share": percent(stage.share, _places(stage.share))}
    return stage.get_kind_display()


@dataclass(frozen=True)
class Step:
    """A stage on the track: done, the one it is in, or still to come."""

    stage: Stage
    name: str
    state: str
    until: datetime | None


def track(found: Standing) -> list[Step]:
    """The stages in order, each with where it stands and until when it lasts at least."""
    return [_step(stage, found) for stage in found.stages]


def history(found: Standing) -> list[AuditEvent]:
    """Who did what to a release, newest first: to itself, its stages and its overrides."""
    release = found.release
    uids = [release.uid, *(stage.uid for stage in found.stages)]
    uids += release.overrides.values_list("uid", flat=True)
    events = AuditEvent.objects.filter(project=release.project_id, subject_uid__in=uids)
    return list(events.select_related("user").order_by("-at", "-pk")[:EVENTS_SHOWN])


def _facts(release: Release, current: Stage | None, at: datetime) -> Facts:
    """What is known whatever the next stage is entered on."""
    return Facts(
        at=at,
        ended=release.ended_at is not None,
        held_why=release.held_why if release.held_at else None,
        retired=release.candidate.state == ModelVersion.State.RETIRED,
        live_as_planned=_live_as_planned(release),
        entered_at=current.entered_at if current else None,
        soak_hours=current.soak_hours if current else 0,
        alerts=tuple(_alerts_since(release, current)),
    )


def _step(stage: Stage, found: Standing) -> Step:
    if stage.entered_at is None:
        return Step(stage, name_of(stage), "later", None)
    now = stage == found.current and found.release.ended_at is None
    return Step(
        stage,
        name_of(stage),
        "now" if now else "done",
        found.facts.soaks_until if now else None,
    )


def _overrides(stage: Stage | None) -> list[Override]:
    if stage is None:
        return []
    return list(stage.overrides.select_related("granted_by__user").order_by("-expires_at"))


def _live_as_planned(release: Release) -> bool:
    live = ModelVersion.objects.filter(
        project=release.project_id, state=ModelVersion.State.LIVE
    ).first()
    expected = release.candidate_id if release.state in OUT else release.baseline_id
    return (live.pk if live else None) == expected


def _alerts_since(release: Release, current: Stage | None) -> list[str]:
    """Critical alerts that opened during this stage and have not closed."""
    if current is None:
        return []
    rows: Any = Alert.objects.open().filter(
        monitor__signal__project=release.project_id,
        severity=Monitor.Severity.CRITICAL,
        opened_at__gte=current.entered_at,
    )
    return list(rows.values_list("sentence", flat=True)[:ALERTS_SAID])


def _present(found: Standing) -> str:
    if found.current is None or found.current.entered_at is None:
        return _("Planned: nothing has gone out yet.")
    values = {"stage": name_of(found.current), "at": _when(found.current.entered_at)}
    return _("In %(stage)s since %(at)s.") % values


def _upcoming(found: Standing) -> str:
    if found.next is None:
        return _("The watch is over: it can be finished.") if found.may_finish else ""
    values = {"stage": name_of(found.next)}
    if found.answer.may:
        return _("May enter %(stage)s now.") % values
    if {reason.why for reason in found.answer.reasons} == {Why.SOAKING}:
        until = found.answer.reasons[0].values["until"]
        return _("May enter %(stage)s from %(at)s.") % {**values, "at": _when(until)}
    return _("May not enter %(stage)s yet.") % values


def _when(at: datetime) -> str:
    return date_format(timezone.localtime(at), _("j M Y, H:i"))


def _places(share: float) -> int:
    return 0 if round(100 * share, 6).is_integer() else 1
