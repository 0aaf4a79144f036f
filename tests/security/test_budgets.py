"""What each GET may ask of the database, however many rows there are (A57)."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.security.growth import grow
from tests.security.test_route_table import client_of
from tests.security.visits import put_away, visits
from tests.security.world import World, make_world

pytestmark = pytest.mark.django_db

#: Whoever asks is looked up each time: the session and the person, then the membership.
MOST = 30
#: The most queries of each GET; what the page needs today, and room for one or two more.
BUDGETS = {
    # the site
    "healthz": 2,
    "readyz": 7,
    "metrics": 2,
    "robots": 2,
    "system": 13,
    "login": 2,
    "client": 2,
    "api_schema": 2,
    "api_docs": 4,
    "today": 30,
    # accounts
    "password_change": 4,
    "password_reset": 3,
    "password_reset_done": 3,
    "me": 5,
    "me_keys": 4,
    "tokens": 7,
    "project_new": 4,
    # one project
    "overview": 18,
    "record": 12,
    "record_export": 8,
    "record_overrides": 8,
    "plan": 20,
    "maintenance-api:targets": 6,
    "maintenance-api:target": 6,
    "maintenance-api:record": 5,
    "maintenance-api:record_chain": 7,
    "maintenance-api:record_export": 8,
    "settings": 7,
    "people": 11,
    "person": 13,
    "teams": 10,
    "invitations": 12,
    # items
    "items": 10,
    "item": 25,
    "slices": 8,
    "slice_new": 9,
    "slice": 9,
    "imports": 8,
    "import": 8,
    "import_map": 9,
    "import_refused": 6,
    # rubrics
    "rubrics": 9,
    "rubric_new": 6,
    "rubric": 17,
    "rubric_preview": 9,
    "rubric_versions": 12,
    "rubric_proposals": 14,
    "rubric_impact": 20,
    "rubric_version": 17,
    "rubric_publish": 24,
    "rubric_relabel": 17,
    "rubric_file": 7,
    "rubric_export": 11,
    "taxonomies": 8,
    "taxonomy": 11,
    "taxonomy_file": 6,
    "taxonomy_draft": 7,
    "taxonomy_replace": 6,
    "taxonomy_publish": 7,
    "api:taxonomies": 7,
    "api:taxonomy_version": 6,
    "api:taxonomy_draft": 5,
    # samples and queues
    "samples": 8,
    "sample_new": 7,
    "sample": 11,
    "queues": 23,
    "queue_new": 15,
    "queue": 16,
    "queue_blinding": 13,
    "queue_price": 14,
    "queue_settings": 14,
    "queue_successor": 15,
    "queue_agreement": 19,
    "queue_disputes": 20,
    # work
    "judge": 10,
    "judge_back": 6,
    "judge_amend": 10,
    "my_work": 14,
    "adjudicate": 13,
    "judge_ask": 9,
    "own_questions": 10,
    "questions": 9,
    "question": 13,
    "rubric_notes": 18,
    "api:own_questions": 5,
    "api:questions": 5,
    "api:rubric_notes": 6,
    # jobs and exports
    "jobs": 9,
    "job": 7,
    "job_file": 6,
    "exports": 8,
    "export_new": 8,
    "export": 7,
    "export_file": 6,
    # the API
    "api:me": 4,
    "api:people": 5,
    "api:person": 6,
    "api:teams": 5,
    "api:invitations": 5,
    "api:tokens": 5,
    "api:content_fields": 5,
    "api:project_settings": 4,
    "api:items": 5,
    "api:item": 5,
    "api:imports": 5,
    "api:import": 5,
    "api:import_refused": 6,
    "api:slices": 5,
    "api:slice": 5,
    "api:work": 7,
    "api:work_progress": 8,
    "api:jobs": 5,
    "api:job": 5,
    "api:job_file": 6,
    "api:rubrics": 6,
    "api:rubric_version": 6,
    "api:proposed_labels": 10,
    "api:rubric_config": 7,
    "api:rubric_findings": 9,
    "api:rubric_changes": 13,
    "api:rubric_relabelings": 13,
    "api:samples": 5,
    "api:sample": 5,
    "api:sample_members": 6,
    "api:queues": 6,
    "api:queue_board": 12,
    "api:queues_of_team": 9,
    "api:queue": 8,
    "api:queue_successor": 10,
    "api:queue_qualifications": 7,
    "api:queue_skips": 8,
    "api:queue_blinding": 11,
    "api:machine_tasks": 8,
    "api:queue_labels": 12,
    "api:queue_annotations": 11,
    "api:exports": 5,
    "api:export": 5,
    "api:export_file": 6,
    "api:agreement": 16,
    "api:disputes": 12,
    "api:queue_adjudications": 8,
    # sets
    "sets": 9,
    "set_new": 7,
    "set": 12,
    "set_map": 9,
    "set_coverage": 12,
    "set_quality": 9,
    "set_diff": 12,
    "set_export": 10,
    "evaluation-api:sets": 6,
    "evaluation-api:set": 6,
    "evaluation-api:set_versions": 6,
    "evaluation-api:set_version": 6,
    "evaluation-api:set_version_examples": 6,
    "evaluation-api:set_version_diff": 9,
    # gates
    "gate_new": 12,
    "gate": 15,
    "version_verdict": 12,
    "verdict": 8,
    "verdict_items": 12,
    "evaluation-api:gates": 8,
    "evaluation-api:gate": 8,
    "evaluation-api:gate_status": 9,
    "evaluation-api:gate_verdicts": 9,
    "evaluation-api:verdict": 5,
    "evaluation-api:verdict_junit": 5,
    # versions
    "versions": 12,
    "version": 14,
    "version_changes": 18,
    "version_confidence": 11,
    # the API of versions and evaluations
    "evaluation-api:versions": 6,
    "evaluation-api:version": 6,
    "evaluation-api:version_uploads": 7,
    "evaluation-api:upload": 6,
    "evaluation-api:version_completeness": 6,
    "evaluation-api:version_differences": 6,
    "evaluation-api:evaluations": 6,
    "evaluation-api:evaluation": 6,
    "version_judged": 13,
    "judged_new": 16,
    "judged": 18,
    "evaluation-api:judged_evaluations": 6,
    "evaluation-api:judged_evaluation": 7,
    "evaluation-api:judged_items": 12,
    # signals
    "signals": 15,
    "signal": 18,
    "maintenance-api:signals": 6,
    "maintenance-api:signal": 6,
    "maintenance-api:readings": 6,
    "maintenance-api:signal_readings": 7,
    "maintenance-api:signal_monitors": 7,
    "maintenance-api:monitor": 6,
    "maintenance-api:monitor_replay": 7,
    "maintenance-api:alerts": 6,
    # cases
    "cases": 23,
    "case_new": 6,
    "case": 30,
    "maintenance-api:cases": 5,
    "maintenance-api:case": 8,
    "maintenance-api:case_timeline": 18,
    "maintenance-api:case_strip": 18,
    # releases
    "releases": 12,
    "release_new": 12,
    "release": 17,
    "maintenance-api:releases": 6,
    "maintenance-api:release": 14,
    "maintenance-api:release_may_enter": 13,
    "maintenance-api:release_rollback_ordered": 6,
}
NO_SUCH_METHOD = 405


def test_no_get_asks_more_than_its_budget_and_none_asks_more_for_more_rows():
    world = make_world("first")
    grow(world, 1)
    few = queries(world)
    grow(world, 10)
    many = queries(world)
    assert set(many) == set(BUDGETS), "each route that answers a GET has a budget"
    assert {name: got for name, got in many.items() if got > BUDGETS[name]} == {}
    assert {name: (few[name], got) for name, got in many.items() if got > few[name]} == {}


def test_every_budget_is_modest():
    assert max(BUDGETS.values()) <= MOST


def queries(world: World) -> dict[str, int]:
    """How many queries each GET takes."""
    client = client_of(world.everything)
    found = {}
    for name, path in visits(world).items():
        with CaptureQueriesContext(connection) as asked:
            response = client.get(path)
            list(response)
        put_away(response)
        if response.status_code != NO_SUCH_METHOD:
            found[name] = len(asked)
    return found
