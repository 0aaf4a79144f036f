"""What was written down stays checkable: each change is found; an erased item is none."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from evaluation.models import Example, Prediction, SetVersion, Verdict
from evaluation.services.gates import ask_verdict, register_gate
from evaluation.services.set_exports import request_set_export
from labeling import storage
from labeling.models import AuditEvent, Item, Job, Membership
from labeling.services import audit
from labeling.services.items import erase
from tests.evaluation.frozen import frozen
from tests.evaluation.makers import make_predictions, make_version
from tests.evaluation.sound import sound_queue
from tests.factories import make_member, make_project
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


@dataclass
class World:
    """A frozen set with its export, a verdict on it, and the sealed chain of how it came to be."""

    lead: Membership
    version: SetVersion
    verdict: Verdict
    archive: Path


@pytest.fixture
def world(tmp_path) -> World:
    lead = make_member(make_project("shop"), "lead")
    version = frozen(sound_queue(lead.project, ["refund"] * 12), by=lead)
    job = request_set_export(version, "jsonl", by=lead)
    gate = register_gate(
        lead.project, "Live", version, [{"scope": "overall", "floor": 0.5}], by=lead
    )
    candidate = make_version(lead.project, "v2")
    make_predictions(candidate, version, ["refund"] * 11 + ["other"])
    verdict = ask_verdict(gate, candidate, by=lead)
    run_jobs()
    verdict.refresh_from_db()
    audit.seal()
    return World(lead, version, verdict, download(job, tmp_path))


def download(job: Job, folder: Path) -> Path:
    file = Job.objects.select_related("file").get(pk=job.pk).file
    assert file is not None
    path = folder / "set.zip"
    with storage.open_file(file) as stream:
        path.write_bytes(stream.read())
    return path


def alarmed(world: World) -> set[str]:
    """The commands that end with status 1, of all that check."""
    commands = {
        "export": ("verify_export", str(world.archive)),
        "set": ("verify_set", str(world.version.uid)),
        "verdict": ("verify_verdict", str(world.verdict.uid)),
        "audit": ("verify_audit", "--project", "shop"),
        "integrity": ("verify_integrity", "--project", "shop"),
    }
    return {name for name, command in commands.items() if not is_whole(*command)}


def is_whole(*command: str) -> bool:
    try:
        call_command(*command, stdout=io.StringIO())
    except CommandError as error:
        if error.returncode != 1:
            raise
        return False
    return True


def test_what_nobody_touched_is_whole(world):
    assert world.verdict.outcome == "pass"
    assert alarmed(world) == set()


def test_a_byte_of_an_export_is_found_wherever_it_is_in_the_data_or_the_manifest(world):
    whole = world.archive.read_bytes()
    for found in (b"Message 0", b'"refund"', b'"weight":1.0', b'"digest"', b'"provenance"'):
        place = whole.index(found) + 2
        world.archive.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert alarmed(world) == {"export"}, found


def change_example(world: World) -> None:
    Example.objects.filter(set_version=world.version, position=1).update(stratum="x")


def change_reference(world: World) -> None:
    rows = Example.objects.filter(set_version=world.version, position=1)
    rows.update(references={"topic": "refunds"})


def change_content(world: World) -> None:
    first = Item.objects.order_by("pk")[0]
    Item.objects.filter(pk=first.pk).update(content={"text": first.content["text"] + "!"})


def change_evidence(world: World) -> None:
    outcomes = world.verdict.evidence["outcomes"].replace("n", "c", 1)
    evidence = {**world.verdict.evidence, "outcomes": outcomes}
    assert evidence != world.verdict.evidence
    Verdict.objects.filter(pk=world.verdict.pk).update(evidence=evidence)


def change_prediction(world: World) -> None:
    Prediction.objects.filter(value="other").update(value="refund")


def change_event(world: World) -> None:
    event = AuditEvent.objects.get(verb="decided_verdict")
    detail = {**event.detail, "outcome": "fail"}
    AuditEvent.objects.filter(pk=event.pk).update(detail=detail)


def remove_event(world: World) -> None:
    AuditEvent.objects.get(verb="asked_verdict").delete()


@pytest.mark.parametrize(
    ("change", "found_by"),
    [
        (change_example, {"set", "verdict"}),
        (change_reference, {"set", "verdict"}),
        (change_content, {"set", "verdict", "integrity"}),
        (change_evidence, {"verdict"}),
        (change_prediction, {"verdict"}),
        (change_event, {"audit"}),
        (remove_event, {"audit"}),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_a_change_is_found_by_the_commands_that_check_what_it_touches(
    world: World, change: Callable[[World], None], found_by: set[str]
):
    change(world)
    assert alarmed(world) == found_by


def test_an_erased_item_leaves_everything_whole(world):
    for example in world.version.examples.select_related("item")[:2]:
        erase(example.item, "asked for", by=world.lead)
    assert alarmed(world) == set()
    audit.seal()
    assert alarmed(world) == set()
