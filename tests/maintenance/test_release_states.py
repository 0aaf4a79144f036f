"""The life of a release against a small model: whatever happens in whatever order."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as DjangoTestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from evaluation.services.gates import register_gate
from labeling.errors import Conflict, ConflictOfInterest
from labeling.models import AuditEvent
from maintenance.models import Stage
from maintenance.policy.releasing import Kind, StageTerms
from maintenance.services.releases import (
    enter_stage,
    finish,
    give_up,
    grant_override,
    hold,
    resume,
    roll_back,
)
from tests.factories import make_member, make_project
from tests.maintenance.makers import (
    make_alert,
    make_monitor,
    make_release,
    make_signal,
    make_verdict,
)

SOAK = 4
STAGES = [
    StageTerms(Kind.SHADOW, 0, SOAK),
    StageTerms(Kind.CANARY, 0.05, SOAK),
    StageTerms(Kind.FULL, 1, 0),
    StageTerms(Kind.WATCH, 1, SOAK),
]
HOUR = timedelta(hours=1)
PEOPLE = ("planner", "registrar", "admin", "other")
OUTCOMES = ("pass", "fail", "inconclusive", "invalid", "pending")
ENDED = ("done", "rolled_back", "given_up")
anybody = st.sampled_from(PEOPLE)


class Releases(RuleBasedStateMachine):
    """One project, four admins, one release after the other; what may happen is told apart here."""

    @initialize()
    def begin(self):
        self.project = make_project()
        roles = ("engineer", "admin")
        self.people = {name: make_member(self.project, *roles) for name in PEOPLE}
        self.monitor = make_monitor(make_signal(self.project), severity="critical")
        self.now, self.events, self.alert, self.margins = timezone.now(), Counter(), None, 1
        self.plan()

    def plan(self):
        by, registrar = self.people["planner"], self.people["registrar"]
        self.release = make_release(
            self.project, stages=STAGES, by=by, registered_by=registrar, at=self.now
        )
        self.state, self.grade, self.held = "planned", "unknown", False
        self.entered_at, self.overrides = None, []
        self.events["planned_release"] += 1

    @precondition(lambda self: self.state in ENDED)
    @rule()
    def plans_the_next(self):
        self.plan()

    @rule(hours=st.integers(1, 2 * SOAK))
    def time_goes_by(self, hours):
        self.now += hours * HOUR

    @precondition(lambda self: self.state not in ENDED)
    @rule(outcome=st.sampled_from(OUTCOMES))
    def a_verdict_arrives(self, outcome):
        if self.grade != "unknown":
            self.the_gate_is_worded_anew()  # the same evidence has one answer
        make_verdict(self.release, outcome)
        self.grade = outcome

    @precondition(lambda self: self.state not in ENDED)
    @rule()
    def the_gate_is_worded_anew(self):
        set_version = self.release.gate.versions.all()[0].set_version
        self.margins += 1
        criteria = [{"scope": "overall", "margin": self.margins / 1000}]
        register_gate(self.project, self.release.gate.name, set_version, criteria, by=None)
        self.grade = "unknown"

    @rule(name=anybody, hours=st.integers(1, 12))
    def grants(self, name, hours):
        until = self.now + hours * HOUR
        by = self.people[name]
        if name in {"planner", "registrar"}:
            with pytest.raises(ConflictOfInterest):
                grant_override(self.release, "trust me", until, by=by, at=self.now)
            self.events["refused_override"] += 1
        elif self.state in {"watch", *ENDED}:
            with pytest.raises(Conflict):
                grant_override(self.release, "trust me", until, by=by, at=self.now)
        else:
            grant_override(self.release, "trust me", until, by=by, at=self.now)
            self.overrides.append((name, until))
            self.events["granted_override"] += 1

    @rule(name=anybody)
    def enters(self, name):
        counting = {who for who, until in self.overrides if until > self.now}
        grounded = self.grade == "pass" or counting
        if self.in_the_way or self.state in {"watch", *ENDED} or not grounded:
            with pytest.raises(Conflict):
                enter_stage(self.release, by=self.people[name], at=self.now)
        elif self.grade != "pass" and counting == {name}:
            with pytest.raises(ConflictOfInterest):
                enter_stage(self.release, by=self.people[name], at=self.now)
        else:
            stage = enter_stage(self.release, by=self.people[name], at=self.now)
            self.state, self.entered_at, self.overrides = stage.kind, self.now, []
            self.events["entered_stage"] += 1
            self.events["moved_version"] += 2 * (self.state == "full")

    @property
    def in_the_way(self):
        soak = 0 if self.state == "full" else SOAK
        soaking = self.entered_at and self.entered_at + soak * HOUR > self.now
        alarmed = self.alert and self.entered_at and self.alert.opened_at >= self.entered_at
        return self.held or soaking or alarmed

    @rule()
    def holds(self):
        self.does(hold, "held_release", "odd", may=not self.held and self.state not in ENDED)
        self.held = self.held or self.state not in ENDED

    @rule()
    def resumes(self):
        self.does(resume, "resumed_release", may=self.held and self.state not in ENDED)
        self.held = self.held and self.state in ENDED

    @precondition(lambda self: self.alert is None)
    @rule()
    def an_alert_opens(self):
        self.alert = make_alert(self.monitor, opened_at=self.now)

    @precondition(lambda self: self.alert is not None)
    @rule()
    def the_alert_closes(self):
        self.alert.closed_at = self.now
        self.alert.save()
        self.alert = None

    @rule()
    def rolls_back(self):
        may = self.state not in {"planned", *ENDED}
        moves = 2 * (self.state in {"full", "watch"})
        if self.does(roll_back, "rolled_back_release", "wrong", may=may):
            self.state = "rolled_back"
            self.events["moved_version"] += moves

    @rule()
    def gives_up(self):
        if self.does(give_up, "gave_up_release", "no", may=self.state in {"planned", "shadow"}):
            self.state = "given_up"

    @rule()
    def finishes(self):
        may = self.state == "watch" and not self.in_the_way
        if self.does(finish, "finished_release", may=may):
            self.state = "done"

    def does(self, what, verb, *words, may):
        """Whether it was done; it is refused exactly when it may not be."""
        if not may:
            with pytest.raises(Conflict):
                what(self.release, *words, by=self.people["other"], at=self.now)
            return False
        what(self.release, *words, by=self.people["other"], at=self.now)
        self.events[verb] += 1
        return True

    @invariant()
    def the_row_says_what_the_model_says(self):
        self.release.refresh_from_db()
        assert self.release.state == self.state
        assert (self.release.ended_at is not None) == (self.state in ENDED)

    @invariant()
    def no_stage_was_entered_on_nothing(self):
        entered = Stage.objects.filter(release__project=self.project, entered_at__isnull=False)
        for stage in entered.select_related("override", "verdict"):
            if stage.verdict:
                assert stage.verdict.outcome == "pass"
                assert stage.verdict.candidate_id == stage.release.candidate_id
                continue
            assert stage.override.stage == stage
            assert stage.override.granted_at <= stage.entered_at < stage.override.expires_at
            own = {stage.release.planned_by, stage.release.candidate.registered_by}
            assert stage.override.granted_by not in own | {stage.entered_by}

    @invariant()
    def stages_are_entered_in_order(self):
        entered = [bool(stage.entered_at) for stage in self.release.stages.all()]
        assert entered == sorted(entered, reverse=True)

    @invariant()
    def exactly_the_baseline_or_the_candidate_is_live(self):
        live = list(self.project.versions.filter(state="live"))
        out = self.state in {"full", "watch", "done"}
        assert live == [self.release.candidate if out else self.release.baseline]

    @invariant()
    def every_transition_left_one_event(self):
        verbs = AuditEvent.objects.filter(project=self.project).values_list("verb", flat=True)
        watched = ("_release", "_stage", "_override", "moved_version")
        assert Counter(verb for verb in verbs if verb.endswith(watched)) == +self.events


class TestReleases(DjangoTestCase, Releases.TestCase):  # type: ignore[valid-type,misc]
    settings = settings(  # type: ignore[assignment]
        max_examples=20, stateful_step_count=30, suppress_health_check=list(HealthCheck)
    )


pytestmark = pytest.mark.django_db
