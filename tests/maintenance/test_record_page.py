"""The Record: found again by who and what, taken out whole, and shown to be intact or not."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from hashlib import sha256

import pytest
from django.urls import reverse
from django.utils import timezone

from labeling.formats.canonical import canonical_json
from labeling.models import AuditEvent
from labeling.services import audit
from maintenance.models import Override
from tests.factories import make_item, make_member, make_project, make_team
from tests.jobs import run_jobs
from tests.maintenance.makers import make_release

pytestmark = pytest.mark.django_db
COVERED = ("member", "user", "verb", "subject_kind", "subject_uid", "detail", "at", "project")


def the_record(client, **asked):
    return client.get("/p/x/record/", asked)


def test_the_record_shows_what_an_event_says_whatever_it_is_called(browse):
    lead = make_member(make_project(), "lead")
    audit.record(lead, "drew_sample", lead, items=17, digest="abc")
    page = browse(lead).get(reverse("record", args=[lead.project.slug])).content.decode()
    assert '<span class="soft">items</span> <bdi>17</bdi>' in page


def test_events_are_found_by_who_verb_kind_subject_and_day(browse):
    project = make_project("x")
    lead, other = make_member(project, "lead"), make_member(project, "engineer")
    item = make_item(project)
    audit.record(lead, "erased_item", item, why="asked to")
    audit.record(other, "named_team", other, name="A")
    client = browse(lead)
    searches = [
        {"who": lead.uid},
        {"verb": "erased item"},
        {"kind": "item"},
        {"subject": item.uid},
        {"text": str(lead.user)},
    ]
    for asked in searches:
        page = the_record(client, **asked).text
        assert "asked to" in page, asked
        assert "named team" not in page, asked
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert "Nothing found" in the_record(client, since=tomorrow.isoformat()).text


def test_an_event_leads_to_what_it_happened_to_and_to_all_that_happened_to_it(browse):
    lead = make_member(make_project("x"), "lead")
    item = make_item(lead.project)
    audit.record(lead, "erased_item", item)
    page = the_record(browse(lead)).text
    assert f'href="/p/x/items/{item.uid}/"' in page
    assert f'href="?subject={item.uid}"' in page


def test_an_event_does_not_lead_where_its_reader_may_not_look(browse):
    admin = make_member(make_project("x"), "admin")
    item = make_item(admin.project)
    audit.record(admin, "erased_item", item)
    assert f'href="/p/x/items/{item.uid}/"' not in the_record(browse(admin)).text


def test_a_question_that_makes_no_sense_is_said_and_does_not_narrow(browse):
    lead = make_member(make_project("x"), "lead")
    audit.record(lead, "named_team", lead)
    page = the_record(browse(lead), subject="not-a-uid", before="99999999999999999999")
    assert page.status_code == 200
    assert "Enter a valid UUID" in page.text
    assert "named team" in page.text


def test_what_is_taken_out_can_be_verified_without_fettle(browse):
    viewer = make_member(make_project("x"), "viewer")
    item = make_item(viewer.project)
    for why in ("one", "two"):
        audit.record(viewer, "erased_item", item, why=why)
    audit.seal()
    answer = browse(viewer).get("/p/x/record/export/")
    lines = [json.loads(line) for line in b"".join(answer).splitlines()]
    newest, oldest = lines
    assert answer["Fettle-Chain-Head"] == f"2 {newest['digest']}"
    assert newest["digest"][:12] in answer["Content-Disposition"]
    assert newest["previous_digest"] == oldest["digest"]
    content = {name: newest[name] for name in (*COVERED, "uid", "sequence")}
    before = newest["previous_digest"].encode()
    assert sha256(before + b"\n" + canonical_json(content)).hexdigest() == newest["digest"]


def test_a_csv_holds_what_was_searched_and_no_formula(browse):
    viewer = make_member(make_project("x"), "viewer")
    audit.record(viewer, "named_team", viewer, name="A")
    audit.record(viewer, "=SUM(A1)", viewer)
    client = browse(viewer)
    body = b"".join(client.get("/p/x/record/export/?file_format=csv")).decode()
    rows = list(csv.DictReader(io.StringIO(body)))
    assert [row["verb"] for row in rows] == ["'=SUM(A1)", "named_team"]
    found = client.get("/p/x/record/export/?file_format=csv&verb=named_team")
    assert len(b"".join(found).splitlines()) == 2


def test_a_check_finds_the_record_intact_or_says_what_was_changed(browse):
    viewer = make_member(make_project("x"), "viewer")
    audit.record(viewer, "named_team", viewer, name="A")
    audit.seal()
    client = browse(viewer)
    assert "not yet" in the_record(client).text
    client.post("/p/x/record/check/")
    run_jobs()
    assert "Intact when last checked, over 1 sealed event." in the_record(client).text
    AuditEvent.objects.update(verb="named_nobody")
    client.post("/p/x/record/check/")
    run_jobs()
    page = the_record(client).text
    assert "The chain of this record does not fit: event 1 has been changed." in page


def test_overrides_are_listed_with_their_reasons(browse):
    project = make_project("x")
    viewer, admin = make_member(project, "viewer"), make_member(project, "admin")
    release = make_release(project)
    Override.objects.create(
        release=release,
        stage=release.stages.first(),
        reason="the set is stale",
        granted_by=admin,
        expires_at=timezone.now() + timedelta(hours=2),
    )
    page = browse(viewer).get("/p/x/record/overrides/").text
    assert "the set is stale" in page
    assert "in force" in page


def test_a_vendors_people_find_no_record(browse):
    project = make_project("x")
    vendor = make_member(project, "viewer", "lead", team=make_team(project, "vendor"))
    client = browse(vendor)
    for path in ("", "export/", "overrides/"):
        assert client.get(f"/p/x/record/{path}").status_code == 404
