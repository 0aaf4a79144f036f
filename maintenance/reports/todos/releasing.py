"""What the way out asks for: verdicts on candidates, stages that wait, overrides in force."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluation.models import ModelVersion, Verdict
from labeling.models import Membership
from maintenance.models import Override, Release, Stage
from maintenance.reports.todos.todo import ToDo

MOST = 5
READ = 50
#: A verdict is news for a week; then it is history.
NEWS = timedelta(days=7)


def stages(member: Membership) -> Iterator[ToDo]:
    """The release under way: held, or through with the stage that it is in."""
    rows = Release.objects.under_way().filter(project=member.project)
    for release in rows.select_related("project", "candidate").prefetch_related("stages"):
        todo = _held(release) or _waiting(release, timezone.now())
        if todo:
            yield todo


def verdicts(member: Membership) -> Iterator[ToDo]:
    """The newest verdict of each gate on each candidate that has not been let out since."""
    let_out = Release.objects.filter(candidate=OuterRef("candidate")).filter(
        Q(ended_at=None) | Q(planned_at__gte=OuterRef("decided_at"))
    )
    rows = Verdict.objects.filter(
        ~Exists(let_out),
        gate_version__gate__project=member.project,
        candidate__state=ModelVersion.State.CANDIDATE,
        decided_at__gte=timezone.now() - NEWS,
    )
    rows = rows.select_related("gate_version__gate", "candidate").defer("findings", "evidence")
    newest: dict[tuple[int, int], Verdict] = {}
    for verdict in rows.order_by("-decided_at")[:READ]:
        newest.setdefault((verdict.gate_version.gate_id, verdict.candidate_id), verdict)
    yield from (_decided(member, verdict) for verdict in list(newest.values())[:MOST])


def overrides(member: Membership) -> Iterator[ToDo]:
    """Overrides that stand in for a verdict right now, until they end."""
    rows = Override.objects.filter(
        release__project=member.project, release__ended_at=None, expires_at__gt=timezone.now()
    ).select_related("release__project", "release__candidate", "stage", "granted_by__user")
    for override in rows.order_by("expires_at")[:MOST]:
        sentence = _("%(who)s has overridden the gate for %(version)s (%(stage)s): %(reason)s")
        values = {
            "who": override.granted_by,
            "version": override.release.candidate.name,
            "stage": override.stage,
            "reason": override.reason,
        }
        path = override.release.get_absolute_url()
        due = timezone.localdate(override.expires_at)
        yield ToDo(sentence % values, _("See the release"), path, due=due)


def _held(release: Release) -> ToDo | None:
    if release.held_at is None:
        return None
    sentence = _("The release of %(version)s is held: %(why)s")
    values = {"version": release.candidate.name, "why": release.held_why}
    return ToDo(sentence % values, _("See the release"), release.get_absolute_url(), urgent=True)


def _waiting(release: Release, now: datetime) -> ToDo | None:
    """What comes after the present stage, once that has lasted long enough."""
    plan = list(release.stages.all())
    entered = [stage for stage in plan if stage.entered_at is not None]
    ahead = next((stage for stage in plan if stage.entered_at is None), None)
    if entered and now < _over(entered[-1]):
        return None
    if ahead is None:
        sentence, action = _("The watch of %(version)s is over: finish the release."), _("Finish")
    else:
        sentence = _("The release of %(version)s waits for its next stage: %(stage)s.")
        action = _("See what it needs")
    values = {"version": release.candidate.name, "stage": ahead}
    return ToDo(sentence % values, action, release.get_absolute_url())


def _over(stage: Stage) -> datetime:
    assert stage.entered_at is not None
    return stage.entered_at + timedelta(hours=stage.soak_hours)


def _decided(member: Membership, verdict: Verdict) -> ToDo:
    sentences = {
        Verdict.Outcome.PASS: _("“%(gate)s” lets %(version)s pass: plan its release."),
        Verdict.Outcome.FAIL: _("“%(gate)s” says that %(version)s fails."),
        Verdict.Outcome.INCONCLUSIVE: _("“%(gate)s” cannot tell yet whether %(version)s is good."),
    }
    unsound = _("“%(gate)s” could not judge %(version)s on this evidence.")
    sentence = sentences.get(Verdict.Outcome(verdict.outcome), unsound)
    return ToDo(
        sentence % {"gate": verdict.gate_version.gate.name, "version": verdict.candidate.name},
        _("See the verdict"),
        f"/p/{member.project.slug}/verdicts/{verdict.uid}/",
    )
