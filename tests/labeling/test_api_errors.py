"""What a program is told that sent something wrong."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.factories import make_member

pytestmark = pytest.mark.django_db


def test_a_fault_deep_in_a_body_is_named_by_its_path(call):
    lead = make_member(None, "lead")
    asked = {
        "name": "Week 5",
        "rubric_version": uuid4(),
        "sample": uuid4(),
        "blinding": {"show": {"prediction": "maybe"}},
    }
    answer = call(lead, "manage").post(f"/api/v1/projects/{lead.project.slug}/queues/", asked)
    assert answer.status_code == 400
    assert answer.json()["message"] == "blinding.show.prediction: Must be a valid boolean."


def test_a_fault_in_one_of_several_rows_names_the_row(call):
    lead = make_member(None, "lead")
    condition = {"field": "attributes.language", "operator": "is"}
    asked = {"name": "German", "conditions": [{**condition, "value": "de"}, condition]}
    answer = call(lead, "manage").post(f"/api/v1/projects/{lead.project.slug}/slices/", asked)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("conditions.1.value: ")
