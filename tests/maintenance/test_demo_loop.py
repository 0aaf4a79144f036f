"""The whole loop of the demo: what was seen, judged, decided, let out and taken back."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import transaction

from evaluation.models import JudgedEvaluation, ModelVersion, SetVersion, Verdict
from evaluation.reports.judged import Progress, progress_of, read
from labeling.models import Annotation, AuditEvent, Membership, Queue, Task
from labeling.reports.judging import shown_item
from maintenance.demo.people import LEAD
from maintenance.demo.traffic import CHANGE_WEEK
from maintenance.models import Alert, Case, Reading, Release, RetrainingDecision, Signal, Target
from maintenance.services import demo
from maintenance.services.demo_story import WEEKS
from tests.maintenance.small_demo import AT

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker):
    """The demo in its full size, since what a gate says depends on how much was judged."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield demo.make_demo(at=AT)
        transaction.set_rollback(True)


def test_one_candidate_passes_one_fails_and_one_question_stays_open(made):
    verdicts = Verdict.objects.values_list("gate_version__gate__name", "candidate__name", "outcome")
    assert set(verdicts) == {
        ("Release gate", "intent-v2-small", "pass"),
        ("Release gate", "intent-v2", "pass"),
        ("Release gate", "intent-v3", "fail"),
        ("New market, not worse", "intent-v2", "inconclusive"),
        ("Replies that people prefer", "reply-v2", "pass"),
        ("Replies that people prefer", "reply-v3", "invalid"),
    }
    failed = Verdict.objects.get(outcome="fail")
    assert "on Returns" in failed.sentence


def test_one_comparison_of_replies_is_judged_and_a_gate_waits_for_the_other(made):
    done, waiting = JudgedEvaluation.objects.order_by("pk")
    (asked,) = read(done).questions
    assert (done.state, progress_of(done)) == ("done", Progress(40, 40, 0))
    assert 0.5 < asked.value.low < asked.value.value < asked.value.high
    assert (waiting.state, progress_of(waiting)) == ("waiting", Progress(12, 40, 28))
    verdict = Verdict.objects.get(candidate=waiting.model_version)
    assert "12 of 40 outputs are judged" in verdict.sentence


def test_replies_are_judged_blind_and_on_drawn_sides(made):
    rows = Annotation.objects.filter(task__queue__name__startswith="Outputs")
    assert rows.count() >= 3 * 52
    sides = Counter("".join(shown["sides"]) for shown in rows.values_list("shown", flat=True))
    assert min(sides["ab"], sides["ba"]) > 0.3 * rows.count()
    assert not rows.filter(revealed=True).exists()
    task = Task.objects.filter(queue__name__startswith="Outputs").first()
    names = [field.name for field in shown_item(task, rows.first().annotator).content]
    assert names == ["message"]


def test_the_sets_are_frozen_from_what_was_adjudicated(made):
    versions = SetVersion.objects.select_related("evaluation_set")
    assert {(row.evaluation_set.name, row.state) for row in versions} == {
        ("Weeks 1 to 4", "frozen"),
        ("New market and kettle", "frozen"),
    }
    assert all(row.size > 30 for row in versions)


def test_the_drift_of_week_five_raises_an_alert_in_that_week(made):
    alert = Alert.objects.get(monitor__signal__key="spanish-share")
    begin = demo._monday_before(AT - demo.LATELY) - WEEKS * demo.timedelta(weeks=1)
    assert (alert.opened_at - begin).days // 7 == CHANGE_WEEK
    assert alert.closed_at is None
    assert alert.case.kind == Case.Kind.ALERT


def test_each_day_has_its_readings(made):
    days = Reading.objects.filter(slice=None, signal__key="spanish-share").values("at")
    assert days.distinct().count() == 7 * WEEKS
    assert Reading.objects.filter(slice__name="Spanish").exists()


def test_one_release_is_at_canary_and_one_was_rolled_back(made):
    states = dict(Release.objects.values_list("candidate__name", "state"))
    assert states == {"intent-v2": "canary", "intent-v2-small": "rolled_back"}
    live = ModelVersion.objects.get(state="live")
    assert live.name == "intent-v1"
    entered = [stage for release in Release.objects.all() for stage in release.stages.all()]
    assert all(stage.verdict_id for stage in entered if stage.entered_at)


def test_a_decision_to_retrain_cites_what_it_rests_on(made):
    decision = RetrainingDecision.objects.get()
    assert {one["kind"] for one in decision.evidence} == {"alert", "evaluation"}
    assert decision.case.releases.get().state == "canary"


def test_two_cases_are_closed_and_two_are_worked_on(made):
    closed = Case.objects.exclude(closed_at=None)
    assert {case.kind for case in closed} == {"first_loop", "alert"}
    assert all(case.effect for case in closed)
    assert Case.objects.open().count() == 2


def test_targets_have_owners_and_dates(made):
    targets = Target.objects.current()
    assert targets.count() == 3
    assert all(target.owner and target.due for target in targets)


def test_nothing_in_the_record_lies_in_the_future(made):
    now = demo.datetime.now(demo.UTC)
    assert not AuditEvent.objects.filter(at__gt=max(AT, now)).exists()


def test_every_page_of_the_loop_opens_for_the_lead(made, browse):
    lead = Membership.objects.get(project=made.project, user__email=LEAD.email)
    browser = browse(lead)
    pages = ["", *(f"{name}/" for name in ("cases", "signals", "releases", "plan", "record"))]
    addresses = [f"{made.project.get_absolute_url()}{page}" for page in pages]
    for rows in (Case, Signal, Release):
        addresses += [row.get_absolute_url() for row in rows.objects.all()]
    addresses += [f"/p/larch-loom/verdicts/{row.uid}/" for row in Verdict.objects.all()]
    addresses += [row.get_absolute_url() for row in JudgedEvaluation.objects.all()]
    for version in ModelVersion.objects.all():
        addresses += [version.get_absolute_url(), f"{version.get_absolute_url()}judged/"]
    for queue in Queue.objects.all():
        url = queue.get_absolute_url()
        addresses += [url, f"{url}agreement/", f"{url}disputes/", f"{url}blinding/"]
    assert [browser.get(address).status_code for address in addresses] == [200] * len(addresses)
