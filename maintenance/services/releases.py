"""Releases: planned, taken stage by stage, held, and taken back; the only writer of them.

A release's row is the lock of everything that happens to it, and the versions' rows come after it.
Going back needs nobody but the database: no job, no gate, no set is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluation.models import Gate, ModelVersion
from evaluation.services.versions import move_version
from labeling.errors import Conflict, ConflictOfInterest
from labeling.models import Membership, Project
from labeling.policy.roles import Verb
from labeling.services import audit
from maintenance.models import Case, Override, Release, Stage
from maintenance.policy.releasing import (
    DEFAULT_STAGES,
    Ground,
    Problem,
    StageTerms,
    may_override,
    problems_of,
)
from maintenance.reports.releases import Standing, said, standing

State = Release.State
#: An override that never ends is no exception any more.
LONGEST_OVERRIDE = timedelta(days=14)
LONGEST_TEXT = 4000

PROBLEMS = {
    Problem.TOO_MANY: gettext_lazy("A release has at most 12 stages."),
    Problem.NOT_ONE_FULL: gettext_lazy("A release is made full exactly once."),
    Problem.NOT_ONE_WATCH: gettext_lazy("A release is watched exactly once."),
    Problem.OUT_OF_ORDER: gettext_lazy("Stages come in order: shadow, canary, full, watch."),
    Problem.WRONG_SHARE: gettext_lazy(
        "A shadow answers nothing, a canary a part, full and watch everything."
    ),
    Problem.SHRINKING: gettext_lazy("No stage has a smaller share than the one before it."),
    Problem.WRONG_SOAK: gettext_lazy("A stage lasts at most 2160 hours."),
}


@transaction.atomic
def plan_release(
    project: Project,
    candidate: ModelVersion,
    gate: Gate,
    *,
    rollback_plan: str,
    stages: Sequence[StageTerms] | None = None,
    case: Case | None = None,
    by: Membership | None,
    at: datetime | None = None,
) -> Release:
    """Plan how a candidate goes out and how it comes back; one release at a time is under way."""
    at = at or timezone.now()
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    candidate = ModelVersion.objects.select_related("project").get(pk=candidate.pk)
    _check_plan(project, candidate, gate, case)
    terms = _checked_stages(DEFAULT_STAGES if stages is None else stages)
    release = Release.objects.create(
        project=project,
        candidate=candidate,
        baseline=project.versions.filter(state=ModelVersion.State.LIVE).first(),
        gate=gate,
        case=case,
        rollback_plan=_text("rollback_plan", rollback_plan),
        planned_by=by,
        planned_at=at,
    )
    _write_stages(release, terms)
    detail = {"candidate": candidate.name, "gate": gate.name, "stages": len(terms)}
    audit.record(by, "planned_release", release, at=at, project=project, **detail)
    return release


def enter_stage(
    release: Release,
    *,
    stage: Stage | None = None,
    by: Membership | None,
    at: datetime | None = None,
) -> Stage:
    """Enter the next stage, on a passing verdict that holds or on an override, else Conflict.

    The stage that is meant is settled before the release is locked: of two people who go on at
    once, one enters it and the other is told so, and never the one after it.
    """
    meant = stage or release.stages.filter(entered_at=None).first()
    return _enter(release, meant, by, at or timezone.now())


@transaction.atomic
def hold(
    release: Release, why: str, *, by: Membership | None, at: datetime | None = None
) -> Release:
    """Let nobody go on; what is out stays out."""
    row = _locked(release)
    _require_under_way(row)
    if row.held_at is not None:
        raise Conflict("held", _("This release is held already."))
    row.held_at, row.held_why = at or timezone.now(), _text("why", why)
    row.save(update_fields=["held_at", "held_why"])
    audit.record(by, "held_release", row, at=at, project=row.project, why=row.held_why)
    return row


@transaction.atomic
def resume(release: Release, *, by: Membership | None, at: datetime | None = None) -> Release:
    """Let a held release go on."""
    row = _locked(release)
    _require_under_way(row)
    if row.held_at is None:
        raise Conflict("not_held", _("This release is not held."))
    row.held_at, row.held_why = None, ""
    row.save(update_fields=["held_at", "held_why"])
    audit.record(by, "resumed_release", row, at=at, project=row.project)
    return row


def grant_override(
    release: Release,
    reason: str,
    expires_at: datetime,
    *,
    by: Membership,
    at: datetime | None = None,
) -> Override:
    """Vouch, for a time, that the next stage may be entered without a passing verdict.

    Refused, and noted, if it comes from whoever planned the release or registered the candidate.
    """
    try:
        return _grant(release, reason, expires_at, by, at or timezone.now())
    except ConflictOfInterest:
        audit.record(by, "refused_override", release, at=at, project=release.project)
        raise


@transaction.atomic
def roll_back(
    release: Release, why: str, *, by: Membership | None, at: datetime | None = None
) -> Release:
    """Bring the baseline back and end the release, in one go; also while it is held."""
    at = at or timezone.now()
    row = _locked(release)
    _require_under_way(row)
    if row.state == State.PLANNED:
        raise Conflict("nothing_out", _("Nothing has gone out yet: give the release up instead."))
    why = _text("why", why)
    _restore(row, by, at)
    _end(row, State.ROLLED_BACK, at, why)
    baseline = row.baseline.name if row.baseline else ""
    audit.record(
        by, "rolled_back_release", row, at=at, project=row.project, why=why, baseline=baseline
    )
    return row


@transaction.atomic
def give_up(
    release: Release, why: str, *, by: Membership | None, at: datetime | None = None
) -> Release:
    """End a release of which nobody has been answered yet."""
    row = _locked(release)
    _require_under_way(row)
    if row.state not in {State.PLANNED, State.SHADOW}:
        raise Conflict("already_out", _("The candidate answers people already: roll it back."))
    _end(row, State.GIVEN_UP, at or timezone.now(), _text("why", why))
    audit.record(by, "gave_up_release", row, at=at, project=row.project, why=row.ended_why)
    return row


@transaction.atomic
def finish(release: Release, *, by: Membership | None, at: datetime | None = None) -> Release:
    """End the watch; from then on the candidate is simply the live version."""
    at = at or timezone.now()
    row = _locked(release)
    _require_under_way(row)
    if row.state != State.WATCH:
        raise Conflict("not_watched", _("A release is finished at the end of its watch."))
    if reasons := standing(row, at=at).unfinished:
        raise Conflict("not_over", " ".join(said(reason) for reason in reasons))
    _end(row, State.DONE, at, "")
    audit.record(by, "finished_release", row, at=at, project=row.project)
    return row


@transaction.atomic
def _enter(release: Release, meant: Stage | None, by: Membership | None, at: datetime) -> Stage:
    row = _locked(release)
    _lock_versions(row)
    found = standing(row, at=at)
    if row.ended_at is None and meant != found.next:
        raise Conflict(
            "not_next", _("This stage is not the next one any more; reload the page and look.")
        )
    if not found.answer.may or found.next is None:
        raise Conflict("may_not_enter", " ".join(found.reasons))
    stage = _entered(found.next, found, by, at)
    row.state = stage.kind
    row.save(update_fields=["state"])
    if stage.kind == Stage.Kind.FULL:
        move_version(row.candidate, ModelVersion.State.LIVE, by=by, at=at)
    detail = {"stage": stage.kind, "share": stage.share, **_said_ground(stage)}
    audit.record(by, "entered_stage", stage, at=at, project=row.project, **detail)
    return stage


def _entered(stage: Stage, found: Standing, by: Membership | None, at: datetime) -> Stage:
    """The stage, with what it was entered on."""
    if found.answer.ground is Ground.VERDICT:
        stage.verdict = found.verdict
    else:
        stage.override = _of_somebody_else(stage, by, at)
    stage.entered_at, stage.entered_by = at, by
    stage.save(update_fields=["entered_at", "entered_by", "verdict", "override"])
    return stage


def _of_somebody_else(stage: Stage, by: Membership | None, at: datetime) -> Override:
    """An override that counts and that another person granted than the one who goes on."""
    rows = stage.overrides.filter(expires_at__gt=at)
    others = rows.exclude(granted_by__user=by.user_id) if by else rows
    if found := others.first():
        return found
    raise ConflictOfInterest(
        _("This override is your own word: somebody else has to enter the stage on it.")
    )


def _said_ground(stage: Stage) -> dict[str, str]:
    if stage.verdict:
        return {"verdict": str(stage.verdict.uid), "digest": stage.verdict.digest}
    return {"override": str(stage.override.uid) if stage.override else ""}


@transaction.atomic
def _grant(
    release: Release, reason: str, expires_at: datetime, by: Membership, at: datetime
) -> Override:
    row = _locked(release)
    _require_somebody_else(row, by)
    _require_under_way(row)
    stage = row.stages.filter(entered_at=None).first()
    if stage is None:
        raise Conflict("no_stage", _("No stage is left to be entered."))
    if not at < expires_at <= at + LONGEST_OVERRIDE:
        raise ValidationError({"expires_at": _("An override ends within 14 days from now.")})
    override = Override.objects.create(
        release=row,
        stage=stage,
        reason=_text("reason", reason),
        expires_at=expires_at,
        granted_by=by,
        granted_at=at,
    )
    detail = {"stage": stage.kind, "position": stage.position, "reason": override.reason}
    until = expires_at.isoformat()
    audit.record(
        by, "granted_override", override, at=at, project=row.project, until=until, **detail
    )
    return override


def _require_somebody_else(release: Release, by: Membership) -> None:
    """By person: another membership, token or role of the same one changes nothing."""
    if by.kind != Membership.Kind.PERSON or not by.may(Verb.OVERRIDE_GATES):
        raise PermissionDenied(_("Your role in this project does not allow this."))
    planner, registrar = release.planned_by, release.candidate.registered_by
    if not may_override(
        by.user_id,
        planned_by=planner.user_id if planner else None,
        registered_by=registrar.user_id if registrar else None,
    ):
        raise ConflictOfInterest(
            _("Whoever planned the release or registered the candidate cannot vouch for it.")
        )


def _restore(release: Release, by: Membership | None, at: datetime) -> None:
    """One move for each version, so that each leaves one event."""
    _lock_versions(release)
    live = ModelVersion.State.LIVE
    candidate = ModelVersion.objects.get(pk=release.candidate_id)
    was_out = candidate.state == live or release.state in {State.FULL, State.WATCH}
    if candidate.state == live:
        move_version(candidate, ModelVersion.State.CANDIDATE, by=by, at=at)
    if was_out and release.baseline is not None and release.baseline.state != live:
        move_version(release.baseline, live, by=by, at=at)


def _end(release: Release, state: State, at: datetime, why: str) -> None:
    release.state, release.ended_at, release.ended_why = state, at, why
    release.save(update_fields=["state", "ended_at", "ended_why"])


def _check_plan(project: Project, candidate: ModelVersion, gate: Gate, case: Case | None) -> None:
    """What does not belong to the project is no row here; the rest is a matter of its state."""
    given = {"candidate": candidate, "gate": gate, "case": case}
    for name, row in given.items():
        if row is not None and row.project_id != project.pk:
            missing = ValidationError(_("There is no such row here."), code="invalid_reference")
            raise ValidationError({name: missing})
    if candidate.state != ModelVersion.State.CANDIDATE:
        raise Conflict("no_candidate", _("Only a candidate can be released; see its state."))
    if case is not None and case.closed_at is not None:
        raise Conflict("case_closed", _("This case is closed: take it up again first."))
    if Release.objects.under_way().filter(project=project).exists():
        raise Conflict("release_under_way", _("Another release is under way."))


def _checked_stages(stages: Sequence[StageTerms]) -> Sequence[StageTerms]:
    if problems := problems_of(stages):
        raise ValidationError({"stages": [str(PROBLEMS[problem]) for problem in problems]})
    return stages


def _write_stages(release: Release, terms: Sequence[StageTerms]) -> None:
    Stage.objects.bulk_create(
        Stage(
            release=release,
            position=position,
            kind=str(stage.kind),
            share=stage.share,
            soak_hours=stage.soak_hours,
        )
        for position, stage in enumerate(terms)
    )


def _text(field: str, given: str) -> str:
    text = given.strip()
    if not text:
        raise ValidationError({field: _("Say it in words.")})
    if len(text) > LONGEST_TEXT:
        raise ValidationError({field: _("At most 4000 characters.")})
    return text


def _locked(release: Release) -> Release:
    """The release as it is now, locked against everybody else who would move it."""
    rows = Release.objects.select_for_update(of=("self",), no_key=True).select_related(
        "project", "candidate__registered_by", "candidate__project", "baseline__project", "gate"
    )
    return rows.select_related("planned_by").get(pk=release.pk)


def _lock_versions(release: Release) -> None:
    """Nobody makes another version live meanwhile."""
    list(ModelVersion.objects.select_for_update().filter(project=release.project_id).order_by("pk"))
    for row in (release.candidate, release.baseline):
        if row is not None:
            row.refresh_from_db(fields=["state"])


def _require_under_way(release: Release) -> None:
    if release.ended_at is None:
        return
    if release.state == State.ROLLED_BACK:
        raise Conflict("ended", _("This release has been rolled back already."))
    if release.state == State.GIVEN_UP:
        raise Conflict("ended", _("This release has been given up."))
    raise Conflict("ended", _("This release is done: its watch is over."))
