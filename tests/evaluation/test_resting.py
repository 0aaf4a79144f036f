"""What is frozen with answers under a rubric version, for who is about to change the rubric."""

from __future__ import annotations

import pytest

from labeling.reports.resting import resting_on
from labeling.reports.rubric_changes import decided_of
from labeling.reports.rubric_impact import impacts
from labeling.services.rubrics import create_rubric, publish, save_draft, start_draft
from tests.evaluation.frozen import decide, decided_queue, frozen
from tests.factories import make_member
from tests.labeling.test_rubric_changes import choice

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_member(None, "lead")


@pytest.fixture
def first(lead):
    document = {"name": "Topics", "criteria": [choice()]}
    return publish(create_rubric(lead.project, document, by=lead), by=lead)


@pytest.fixture
def draft(lead, first):
    """Without other, and asked in other words."""
    document = {"name": "Topics", "criteria": [choice("refund", "delivery", prompt="Why?")]}
    return save_draft(start_draft(first.rubric, by=lead), document, revision=1, by=lead)


def touched(draft, first):
    changes = [one.change for one in decided_of(draft, first)]
    found = impacts(first, changes)
    return {change.ident: one.set_versions for change, one in zip(changes, found, strict=True)}


def test_a_change_touches_the_set_versions_with_answers_it_is_about(lead, first, draft):
    with_other = decided_queue(lead.project, ["refund", "other"], version=first)
    without = decided_queue(lead.project, ["refund", "delivery"], version=first)
    versions = [frozen(with_other), frozen(without, "Platinum")]
    assert touched(draft, first) == {
        "topic.criterion.wording.prompt": 2,
        "topic.option.removed.other": 1,
    }
    assert {row.name for row in resting_on(first)} == {str(version) for version in versions}
    assert [row.answers for row in resting_on(first)] == [2, 2]
    assert resting_on(draft) == []


def test_what_was_frozen_before_an_answer_was_superseded_still_rests_on_it(lead, first, draft):
    queue = decided_queue(lead.project, ["refund", "other"], version=first)
    frozen(queue)
    for task in queue.tasks.all():
        decide(task, "delivery", by=lead)
    assert touched(draft, first)["topic.option.removed.other"] == 1


def test_the_impact_page_and_programs_name_the_set_versions(lead, first, draft, browse, call):
    queue = decided_queue(lead.project, ["refund", "other"], version=first)
    version = frozen(queue)
    page = browse(lead).get(f"{first.rubric.get_absolute_url()}impact/").content.decode()
    assert f'href="{version.evaluation_set.get_absolute_url()}"' in page
    assert "set versions: 1" in page
    answer = call(lead, "manage").get(f"/api/v1/rubric-versions/{draft.uid}/changes/").json()
    assert answer["set_versions"][0]["name"] == str(version)
    assert [row["impact"]["set_versions"] for row in answer["changes"]] == [1, 1]
