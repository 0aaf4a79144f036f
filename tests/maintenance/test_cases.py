from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.errors import Conflict
from labeling.models import AuditEvent
from labeling.services.jobs import kind_of
from maintenance.models import Case, CaseLink, CaseNote, Release
from maintenance.services.cases import (
    add_note,
    case_for_alert,
    change_case,
    close_case,
    link,
    reopen_case,
    triage,
    unlink,
)
from tests.evaluation.makers import make_set_version, make_version
from tests.factories import make_item, make_member, make_project, make_queue, make_sample
from tests.maintenance.makers import (
    make_alert,
    make_case,
    make_monitor,
    make_release,
    make_signal,
    make_verdict,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)


def verbs_of(case):
    return list(AuditEvent.objects.about(case).order_by("pk").values_list("verb", flat=True))


# opening


def test_cases_are_counted_from_one_in_each_project():
    project = make_project()
    make_case(make_project())
    assert [make_case(project).number, make_case(project).number] == [1, 2]


def test_opening_is_one_event_that_says_what():
    lead = make_member(None, "lead")
    case = make_case(lead.project, "  Slow answers ", by=lead, owner=lead, due=date(2026, 9, 21))
    event = AuditEvent.objects.about(case).get()
    assert (case.title, event.verb, event.member) == ("Slow answers", "opened_case", lead)
    assert event.detail == {"number": 1, "title": "Slow answers", "kind": "request"}


def test_whoever_cannot_work_on_cases_does_not_own_one():
    project = make_project()
    viewer, stranger = make_member(project, "viewer"), make_member(make_project(), "lead")
    for owner in (viewer, stranger):
        with pytest.raises(ValidationError, match="may work on cases"):
            make_case(project, owner=owner)
    assert not Case.objects.exists()


def test_a_title_is_needed():
    with pytest.raises(ValidationError):
        make_case(title="  ")


# alerts


def test_an_alert_opens_a_case_that_the_owner_of_the_monitor_gets():
    lead = make_member(None, "lead")
    monitor = make_monitor(make_signal(lead.project, name="Accuracy"), owner=lead, due_days=5)
    alert = make_alert(monitor, opened_at=NOON)
    case = case_for_alert(alert)
    alert.refresh_from_db()
    assert alert.case == case
    assert (case.kind, case.title, case.about) == ("alert", "Accuracy", alert.sentence)
    assert (case.owner, case.due, case.opened_at) == (lead, date(2026, 9, 19), NOON)
    assert verbs_of(case) == ["opened_case"]


def test_alerts_of_one_signal_meet_in_one_case():
    signal = make_signal(make_project())
    first, second = (make_alert(make_monitor(signal)) for _ in range(2))
    case = case_for_alert(first)
    assert case_for_alert(second) == case
    assert verbs_of(case) == ["opened_case", "linked_case"]


def test_asking_again_for_the_case_of_an_alert_changes_nothing():
    alert = make_alert(make_monitor(make_signal(make_project())))
    case = case_for_alert(alert)
    assert case_for_alert(alert) == case
    assert verbs_of(case) == ["opened_case"]


def test_an_alert_of_another_signal_gets_a_case_of_its_own():
    project = make_project()
    one, other = (make_alert(make_monitor(make_signal(project))) for _ in range(2))
    assert case_for_alert(one) != case_for_alert(other)


def test_an_alert_does_not_join_a_closed_case_nor_that_of_a_closed_alert():
    signal = make_signal(make_project())
    first = make_alert(make_monitor(signal))
    closed = close_case(case_for_alert(first), "It recovered.", by=None)
    over = make_alert(make_monitor(signal), closed_at=NOON)
    of_closed_alert = case_for_alert(over)
    assert case_for_alert(make_alert(make_monitor(signal))) not in {closed, of_closed_alert}


def test_a_monitor_whose_owner_has_gone_leaves_the_case_to_nobody():
    lead = make_member(None, "lead")
    lead.deactivated_at = NOON
    lead.save()
    alert = make_alert(make_monitor(make_signal(lead.project), owner=lead))
    assert case_for_alert(alert).owner is None


# working


def test_a_change_names_what_it_was_and_what_it_is():
    lead = make_member(None, "lead")
    case = make_case(lead.project)
    changed = change_case(case, owner=lead, title=case.title, due=date(2026, 9, 21), by=lead)
    event = AuditEvent.objects.about(case).order_by("pk").last()
    assert (changed.owner, changed.due) == (lead, date(2026, 9, 21))
    assert event.detail == {"owner": ["", str(lead.uid)], "due": ["", "2026-09-21"]}


def test_a_change_to_what_it_is_already_is_none():
    case = make_case()
    change_case(case, title=f" {case.title} ", by=None)
    assert verbs_of(case) == ["opened_case"]


def test_triage_says_why_and_a_later_word_replaces_it():
    case = make_case()
    triage(case, "drift", "A new campaign brings new words.", by=None)
    triage(case, "model", "The words are old.", by=None)
    case.refresh_from_db()
    assert (case.cause, case.cause_why) == ("model", "The words are old.")
    assert verbs_of(case) == ["opened_case", "triaged_case", "triaged_case"]


@pytest.mark.parametrize(("cause", "why"), [("", "x"), ("weather", "x"), ("drift", "  ")])
def test_triage_without_a_cause_or_a_reason_is_refused(cause, why):
    case = make_case()
    with pytest.raises(ValidationError):
        triage(case, cause, why, by=None)
    assert verbs_of(case) == ["opened_case"]


def test_a_row_is_linked_once_and_can_be_taken_out():
    project = make_project()
    case, sample = make_case(project), make_sample(project)
    made = link(case, sample, by=None)
    assert link(case, sample, by=None) == made
    unlink(made, by=None)
    assert not CaseLink.objects.exists()
    assert verbs_of(case) == ["opened_case", "linked_case", "unlinked_case"]
    with pytest.raises(Conflict):
        unlink(made, by=None)


def test_rows_of_another_project_are_not_linked():
    case, other = make_case(), make_project()
    verdict = make_verdict(make_release(other))
    strangers = [make_sample(other), make_queue(other), make_set_version(other), verdict]
    for row in (*strangers, make_version(other), make_item(other)):
        with pytest.raises(ValidationError, match="no such row"):
            link(case, row, by=None)
    assert not CaseLink.objects.exists()


# closing


def test_closing_says_what_came_of_it():
    lead = make_member(None, "lead")
    case = close_case(make_case(lead.project), " Accuracy is back. ", by=lead, at=NOON)
    assert (case.effect, case.closed_by, case.closed_at) == ("Accuracy is back.", lead, NOON)


def test_a_case_is_not_closed_over_its_release():
    project = make_project()
    case = make_case(project)
    release = make_release(project, case=case)
    with pytest.raises(Conflict, match=str(release.candidate)):
        close_case(case, "Done.", by=None)
    Release.objects.filter(pk=release.pk).update(state="done", ended_at=NOON)
    assert close_case(case, "Done.", by=None).closed_at


def test_a_closed_case_is_only_reopened():
    project = make_project()
    sample = make_sample(project)
    made = link(case := make_case(project), sample, by=None)
    close_case(case, "Done.", by=None)
    acts = [
        lambda: change_case(case, title="Another", by=None),
        lambda: triage(case, "drift", "Why.", by=None),
        lambda: add_note(case, "A note.", by=None),
        lambda: link(case, make_sample(project), by=None),
        lambda: unlink(made, by=None),
        lambda: close_case(case, "Again.", by=None),
    ]
    for act in acts:
        with pytest.raises(Conflict, match="closed"):
            act()
    reopened = reopen_case(case, "It came back.", by=None)
    assert (reopened.closed_at, reopened.closed_by, reopened.effect) == (None, None, "")
    event = AuditEvent.objects.about(case).order_by("pk").last()
    assert event.detail == {"why": "It came back.", "effect": "Done."}


def test_an_open_case_is_not_reopened():
    with pytest.raises(Conflict, match="open"):
        reopen_case(make_case(), "Why not.", by=None)


ACTS = {
    "note": lambda case: add_note(case, "A note.", by=None),
    "silence": lambda case: add_note(case, "  ", by=None),
    "triage": lambda case: triage(case, "drift", "Why.", by=None),
    "triage otherwise": lambda case: triage(case, "model", "Why.", by=None),
    "nonsense": lambda case: triage(case, "weather", "Why.", by=None),
    "rename": lambda case: change_case(case, title="Another", by=None),
    "rename back": lambda case: change_case(case, title="First", by=None),
    "close": lambda case: close_case(case, "Done.", by=None),
    "close without a word": lambda case: close_case(case, "", by=None),
    "reopen": lambda case: reopen_case(case, "It came back.", by=None),
}
FIELDS = ("title", "about", "owner", "due", "cause", "cause_why", "closed_at", "effect")


def snapshot(case):
    row = Case.objects.filter(pk=case.pk).values(*FIELDS).get()
    return {**row, "notes": CaseNote.objects.filter(case=case).count()}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(sorted(ACTS)), max_size=12))
def test_each_transition_is_one_event_and_what_is_refused_changes_nothing(steps):
    case = make_case(title="First")
    for step in steps:
        before, events = snapshot(case), AuditEvent.objects.count()
        try:
            ACTS[step](case)
        except (ValidationError, Conflict):
            assert snapshot(case) == before
        grown = AuditEvent.objects.count() - events
        assert grown == (0 if snapshot(case) == before else 1)


# the first loop


def test_a_project_without_any_case_is_led_through_its_first_loop():
    project, busy = make_project(), make_project()
    make_case(busy)
    kind = kind_of("open_first_loops")
    assert kind.when()
    assert kind.run(_Running()) == {"cases": 1}
    assert not kind.when()
    case = project.cases.get()
    assert (case.kind, case.opened_by) == ("first_loop", None)
    assert busy.cases.count() == 1


class _Running:
    def check_cancelled(self):
        pass
