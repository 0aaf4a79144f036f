"""What is told of a case: what belongs to it, its strip and its timeline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from labeling.models import Queue, Slot
from maintenance.models import Case
from maintenance.reports.belongings import belongings, belongings_of
from maintenance.reports.casework import strip
from maintenance.reports.timeline import events_of, moments
from maintenance.services.cases import add_note, case_for_alert, link, open_case, triage
from tests.evaluation.makers import make_set_version, make_version
from tests.factories import (
    make_annotation,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_sample,
)
from tests.maintenance.makers import (
    make_alert,
    make_case,
    make_gate,
    make_monitor,
    make_release,
    make_signal,
    make_verdict,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)


# what belongs to a case


def test_what_is_made_of_a_linked_sample_belongs_to_the_case():
    project = make_project()
    case, queue = make_case(project), make_queue(project)
    set_version = make_set_version(
        project, source={"queues": [{"uid": str(queue.uid), "name": queue.name}]}
    )
    make_queue(project), make_set_version(project), make_sample(project)
    link(case, queue.sample, by=None)
    own = belongings(case)
    assert (own.samples, own.queues, own.set_versions) == ([queue.sample], [queue], [set_version])


def test_a_verdict_about_a_linked_candidate_belongs_to_the_case():
    project = make_project()
    case, release = make_case(project), make_release(project)
    verdict = make_verdict(release)
    make_verdict(release, candidate=make_version(project))
    link(case, release.candidate, by=None)
    own = belongings(case)
    assert (own.versions, own.verdicts, own.verdict) == ([release.candidate], [verdict], verdict)


def test_what_the_gate_of_the_release_says_counts_more_than_a_later_question():
    project = make_project()
    case = make_case(project)
    release = make_release(project, case=case)
    verdict = make_verdict(release)
    later = make_gate(project, "Another gate").versions.all()[0]
    make_verdict(release, "inconclusive", gate_version=later)
    assert belongings(case).verdict == verdict


def test_the_candidate_of_a_linked_verdict_and_of_a_release_belongs_to_the_case():
    project = make_project()
    one, other = make_case(project), make_case(project)
    release = make_release(project, case=one)
    link(other, make_verdict(release), by=None)
    found = belongings_of(project, [one, other])
    assert found[one.pk].releases == [release]
    assert found[one.pk].candidate == found[other.pk].candidate == release.candidate


def test_each_case_has_only_its_own():
    project = make_project()
    cases = [make_case(project) for _ in range(2)]
    queues = [make_queue(project) for _ in range(2)]
    for case, queue in zip(cases, queues, strict=True):
        link(case, queue, by=None)
    found = belongings_of(project, cases)
    assert [found[case.pk].queues for case in cases] == [[queues[0]], [queues[1]]]
    assert [found[case.pk].samples for case in cases] == [[row.sample] for row in queues]


def test_the_first_loop_takes_in_whatever_no_other_case_has():
    project = make_project()
    first = open_case(project, "First loop", kind="first_loop", by=None)
    loose, taken = make_queue(project), make_queue(project)
    version = make_version(project)
    link(make_case(project), taken, by=None)
    own = belongings(first)
    assert (own.queues, own.versions) == ([loose], [version])
    Case.objects.filter(pk=first.pk).update(closed_at=loose.created_at - timedelta(days=1))
    assert belongings(Case.objects.get(pk=first.pk)).queues == []


# the strip


def test_the_strip_counts_judgments_and_leads_to_the_queue():
    lead = make_member(None, "lead")
    case = make_case(lead.project)
    queue = make_queue(lead.project, make_items(lead.project, 3), overlap=2)
    link(case, queue, by=lead)
    triage(case, "drift", "Why.", by=lead)
    make_annotation(queue.tasks.first(), None, {"topic": "refund"})
    shown = strip(Case.objects.get(pk=case.pk), lead)
    steps = {step.key: step for step in shown.steps}
    assert steps["judge"].fact == "1 of 6 judged"
    assert steps["judge"].path == f"{queue.get_absolute_url()}?case={case.uid}"
    assert shown.next.sentence == "5 judgments are still awaited."


def test_a_closed_queue_awaits_no_more_judgments():
    lead = make_member(None, "lead")
    case = make_case(lead.project)
    queue = make_queue(lead.project)
    make_annotation(queue.tasks.first(), None, {"topic": "refund"})
    Queue.objects.filter(pk=queue.pk).update(state="closed")
    link(case, queue, by=lead)
    triage(case, "drift", "Why.", by=lead)
    assert Slot.objects.filter(queue=queue).count() > 1
    assert strip(Case.objects.get(pk=case.pk), lead).now.key == "decide"


def test_the_sample_of_an_alert_is_drawn_from_its_slice():
    lead = make_member(None, "lead")
    part = lead.project.slices.create(name="German chat", conditions=[])
    alert = make_alert(make_monitor(make_signal(lead.project), slice=part))
    case = triage(case_for_alert(alert), "drift", "Why.", by=lead)
    shown = strip(case, lead)
    assert shown.next.path == (
        f"/p/{lead.project.slug}/samples/new/?slice=German+chat&case={case.uid}"
    )
    assert "German chat" in shown.next.sentence


def test_links_and_buttons_are_for_those_who_may_use_them():
    project = make_project()
    lead, admin = make_member(project, "lead"), make_member(project, "admin")
    case = make_case(project)
    link(case, make_sample(project), by=lead)
    triage(case, "drift", "Why.", by=lead)
    case.refresh_from_db()
    for member, goes in ((lead, True), (admin, False)):
        shown = strip(case, member)
        paths = {step.key: step.path for step in shown.steps}
        assert bool(paths["sample"]) is goes
        assert bool(shown.next.path) is goes


# the timeline


def test_the_timeline_tells_what_happened_to_all_that_belongs_to_a_case():
    lead = make_member(None, "lead")
    alert = make_alert(make_monitor(make_signal(lead.project, name="Accuracy")))
    case = case_for_alert(alert, at=NOON)
    add_note(case, "I ask the vendor.", by=lead, at=NOON + timedelta(hours=1))
    triage(case, "drift", "New words.", by=lead, at=NOON + timedelta(hours=2))
    sample = make_sample(lead.project, name="Autumn")
    link(case, sample, by=lead, at=NOON + timedelta(hours=3))
    make_release(lead.project, case=case, at=NOON + timedelta(hours=4), by=lead)
    own = belongings(Case.objects.get(pk=case.pk))
    told = moments(own, events_of(own), lead)
    assert [(one.verb, one.label, one.text) for one in told if one.verb != "registered_gate"][
        :5
    ] == [
        ("planned_release", str(own.releases[0]), ""),
        ("linked_case", "Autumn", ""),
        ("triaged_case", "", "the world has drifted · New words."),
        ("noted_case", "", "I ask the vendor."),
        ("opened_case", "", ""),
    ]
    assert told[1].path == f"/p/{lead.project.slug}/samples/{sample.uid}/?case={case.uid}"
    assert {one.who for one in told} == {str(lead), "Fettle"}
