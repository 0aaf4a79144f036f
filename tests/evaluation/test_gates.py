"""Gates: registered before results, in versions that never change."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from evaluation.services.gates import default_criteria, register_gate
from labeling.models import AuditEvent, Project
from tests.evaluation.makers import make_set_version
from tests.factories import make_items, make_member, make_project

pytestmark = pytest.mark.django_db
OVERALL = {"scope": "overall", "margin": 0.02}
TREE = [
    {"key": "banking", "parent": None, "label": "Banking"},
    {"key": "balance", "parent": "banking", "label": "Balance"},
    {"key": "travel", "parent": None, "label": "Travel"},
]


@pytest.fixture
def project() -> Project:
    return make_project()


def test_a_gate_keeps_what_was_registered_and_says_who_did_it(project):
    lead = make_member(project, "lead")
    version = register_gate(project, "Live", make_set_version(project, ["a"]), [OVERALL], by=lead)
    assert (version.number, version.registered_by, len(version.digest)) == (1, lead, 64)
    assert [row.margin for row in version.criteria.all()] == [0.02]
    event = AuditEvent.objects.get(verb="registered_gate")
    assert (event.subject_uid, event.member) == (version.uid, lead)


def test_other_criteria_make_the_next_version_and_leave_the_first_as_it_is(project):
    frozen = make_set_version(project, ["a"])
    first = register_gate(project, "Live", frozen, [OVERALL], by=None)
    second = register_gate(project, "Live", frozen, [{**OVERALL, "margin": 0.05}], by=None)
    assert (first.gate, second.number) == (second.gate, 2)
    assert first.digest != second.digest
    assert first.criteria.get().margin == 0.02


def test_the_same_wording_again_is_the_same_version(project):
    frozen = make_set_version(project, ["a"])
    first = register_gate(project, "Live", frozen, [OVERALL], by=None)
    assert register_gate(project, "Live", frozen, [OVERALL], by=None) == first


@pytest.mark.parametrize(
    "criterion",
    [
        {"scope": "overall"},
        {"scope": "overall", "margin": -0.1},
        {"scope": "overall", "margin": 1.0},
        {"scope": "overall", "margin": float("nan")},
        {"scope": "overall", "floor": 0.0},
        {"scope": "overall", "margin": 0.1, "conditions": [{"field": "attributes.x"}]},
        {"scope": "everywhere", "margin": 0.1},
        {"scope": "slice", "margin": 0.1},
        {"scope": "slice", "margin": 0.1, "name": "x", "conditions": [{"field": "nothing"}]},
        {
            "scope": "slice",
            "margin": 0.1,
            "name": "sure",
            "conditions": [{"field": "prediction", "operator": "is", "value": "a"}],
        },
        {"scope": "attribute", "margin": 0.1},
        {"scope": "attribute", "margin": 0.1, "conditions": [{"field": "confidence"}]},
    ],
)
def test_what_could_never_be_judged_is_not_registered(project, criterion):
    with pytest.raises(ValidationError):
        register_gate(project, "Live", make_set_version(project, ["a"]), [criterion], by=None)
    assert not project.gates.exists()


def test_a_gate_asks_about_a_frozen_set_version_of_its_own_project(project):
    freezing = make_set_version(project, ["a"], state="freezing", digest="")
    for other in (freezing, make_set_version(make_project(), ["a"])):
        with pytest.raises(ValidationError, match="frozen set version of its project"):
            register_gate(project, "Live", other, [OVERALL], by=None)


def test_a_gate_has_criteria(project):
    with pytest.raises(ValidationError, match="1 to 50"):
        register_gate(project, "Live", make_set_version(project, ["a"]), [], by=None)


def test_the_default_gate_asks_about_every_branch_of_a_taxonomy(project):
    frozen = make_set_version(project, ["balance"], taxonomy=TREE)
    assert default_criteria(frozen) == [
        {"scope": "overall", "margin": 0.02},
        {"scope": "branches", "margin": 0.10},
    ]


def test_without_a_taxonomy_the_default_gate_asks_about_every_language(project):
    items = make_items(project, 1, attributes={"language": "de"})
    frozen = make_set_version(project, ["a"], items=items)
    assert default_criteria(frozen)[1] == {
        "scope": "attribute",
        "margin": 0.10,
        "conditions": [{"field": "attributes.language"}],
    }


def test_without_either_the_default_gate_asks_overall_only(project):
    assert len(default_criteria(make_set_version(project, ["a"]))) == 1
