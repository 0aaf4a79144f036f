from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from labeling.models import AuditEvent, RecurringWork
from labeling.services import audit, runner
from tests.factories import make_member, make_project
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


def write(member, count=3):
    return [
        audit.record(member, "looked", member, number=number, share=0.1, text="é\u202e")
        for number in range(count)
    ]


def sealed(project):
    return AuditEvent.objects.filter(project=project).sealed()


def test_sealing_numbers_each_projects_events_without_gaps():
    one, other = make_member(), make_member()
    write(one, 3)
    write(other, 2)
    assert audit.seal() == 5
    write(one, 2)
    assert audit.seal() == 2
    assert [event.sequence for event in sealed(one.project)] == [1, 2, 3, 4, 5]
    assert [event.sequence for event in sealed(other.project)] == [1, 2]
    assert audit.verify(one.project).broken is None


def test_events_of_the_site_have_a_chain_of_their_own():
    audit.record(None, "started")
    audit.record(make_member().user, "logged_in")
    audit.seal()
    site = audit.verify(None)
    assert (site.chain, site.sealed, site.unsealed, site.broken) == ("site", 2, 0, None)


def test_more_events_than_one_batch_make_one_chain(monkeypatch):
    monkeypatch.setattr(audit, "SEALED_AT_ONCE", 4)
    member = make_member()
    write(member, 11)
    assert audit.seal() == 11
    assert audit.verify(member.project).sealed == 11


@pytest.mark.parametrize(
    "change",
    [
        {"verb": "looked_away"},
        {"detail": {"number": 99}},
        {"at": timezone.now() - timedelta(days=1)},
        {"member": None},
        {"user": None},
        {"subject_uid": None},
        {"subject_kind": "item"},
    ],
)
def test_a_changed_event_is_named(change):
    member = make_member()
    events = write(member, 3)
    audit.seal()
    AuditEvent.objects.filter(pk=events[1].pk).update(**change)
    assert audit.verify(member.project).broken == "event 2 has been changed"


def test_a_removed_event_is_named():
    member = make_member()
    events = write(member, 3)
    audit.seal()
    AuditEvent.objects.filter(pk=events[1].pk).delete()
    assert audit.verify(member.project).broken == "event 2 is missing"


def test_an_event_changed_together_with_its_digest_breaks_the_next_one():
    member = make_member()
    events = write(member, 3)
    audit.seal()
    forged = AuditEvent.objects.get(pk=events[1].pk)
    forged.verb = "forged"
    forged.digest = audit._digest(forged, 2, forged.previous_digest)
    forged.save()
    assert audit.verify(member.project).broken == "event 3 does not follow the one before it"


def test_the_clock_seals_within_seconds_and_only_when_something_waits():
    member = make_member()
    runner.tick()
    run_jobs()
    audit.seal()  # the project's first case was opened meanwhile
    write(member, 2)
    assert audit.verify(member.project).unsealed == 2
    RecurringWork.objects.update(asked_at=timezone.now() - timedelta(seconds=5))
    runner.tick()
    jobs = run_jobs()
    assert [job.kind for job in jobs if job.result] == ["seal_audit"]
    assert audit.verify(member.project).unsealed == 0


def test_the_command_tells_the_length_and_head_of_each_chain(capsys):
    member = make_member(make_project("shop"))
    write(member, 2)
    audit.seal()
    write(member, 1)
    call_command("verify_audit")
    site, shop = capsys.readouterr().out.splitlines()
    assert site == "site: 0 sealed, 0 not yet, whole"
    assert shop.startswith("shop: 2 sealed, 1 not yet, whole, head ")


def test_the_command_ends_with_status_one_on_a_broken_chain(capsys):
    member = make_member(make_project("shop"))
    event = write(member, 1)[0]
    audit.seal()
    AuditEvent.objects.filter(pk=event.pk).update(verb="changed")
    with pytest.raises(CommandError, match="broken: shop") as ended:
        call_command("verify_audit", project="shop")
    assert ended.value.returncode == 1
    assert "BROKEN: event 1 has been changed" in capsys.readouterr().out


def test_the_command_knows_when_a_project_is_not_there():
    with pytest.raises(CommandError, match="no project") as ended:
        call_command("verify_audit", project="nowhere")
    assert ended.value.returncode == 2
