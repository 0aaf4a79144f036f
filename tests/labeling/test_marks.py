from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labeling.formats.rubric_files import digest_of, document_of, parse, to_yaml
from labeling.forms.rubric_rows import document_rows, written
from labeling.policy.agreement import Action
from labeling.policy.marks import DISTANCES, distance_of, problems, said
from labeling.policy.rubric_changes import Touch, changes
from labeling.policy.rubric_decisions import Decision, decide
from labeling.policy.rubrics import problems as document_problems
from labeling.reports.advice import advice_on, headline
from labeling.reports.agreement import agreement_of
from labeling.reports.figures import scale_of
from labeling.reports.judging import form_of
from labeling.reports.rubric_changes import told
from labeling.services.rubrics import create_rubric
from tests.factories import (
    make_annotation,
    make_member,
    make_project,
    make_queue,
    make_rubric_version,
    make_task,
    make_taxonomy,
    topic,
)
from tests.labeling.makers import better, delay, faults

FULL = {
    "key": "topic",
    "kind": "single_choice",
    "subject": "input",
    "prompt": "What is it about?",
    "help": "",
    "required": True,
    "cannot_tell": True,
    "propose": True,
    "critical": True,
    "counts": False,
    "options": [
        {
            "key": "refund",
            "label": "Refund",
            "description": "Money back.",
            "examples": ["I want my money back."],
            "use_when": "Somebody asks for money.",
            "avoid_when": "They only complain.",
            "counterexamples": ["Where is my parcel?"],
        },
        {"key": "other", "label": "Other", "description": "", "examples": []},
    ],
    "translations": {"de": {"options": {"refund": {"use_when": "Es geht um Geld."}}}},
}


def rubric(**fields: Any) -> dict[str, Any]:
    return {"name": "R", "guidance": "", "translations": {}, "criteria": [FULL | fields]}


@pytest.mark.django_db
def test_everything_said_of_a_question_is_kept_and_given_back():
    version = create_rubric(make_project(), rubric(), by=None)
    asked = document_of(version)["criteria"][0]
    assert asked == FULL
    assert parse(to_yaml(document_of(version)))["criteria"][0] == FULL


@pytest.mark.django_db
def test_the_editor_writes_what_it_shows():
    asked = written(document_rows(rubric()))["criteria"][0]
    assert asked == FULL


@pytest.mark.django_db
def test_a_rubric_that_marks_nothing_keeps_the_digest_it_had():
    plain = {name: value for name, value in FULL.items() if name not in said(FULL)}
    version = create_rubric(make_project(), rubric() | {"criteria": [plain]}, by=None)
    asked = document_of(version)["criteria"][0]
    assert not asked.keys() & {"propose", "critical", "counts", "distance"}
    usual = {"propose": False, "critical": False, "counts": True, "distance": ""}
    again = create_rubric(make_project(), rubric() | {"criteria": [plain | usual]}, by=None)
    assert digest_of(document_of(again)) == digest_of(document_of(version))


@pytest.mark.parametrize(
    ("criterion", "where"),
    [
        ({"kind": "yes_no", "propose": True}, "propose"),
        ({"kind": "taxonomy", "critical": "yes"}, "critical"),
        ({"kind": "taxonomy", "counts": None}, "counts"),
        ({"kind": "ordinal", "distance": "tree"}, "distance"),
        ({"kind": "free_text", "distance": "nominal"}, "distance"),
        ({"kind": "number", "distance": "ratio", "terms": {"lowest": -1}}, "distance"),
    ],
)
def test_what_does_not_fit_the_kind_is_refused(criterion, where):
    assert [place for place, _message in problems(criterion)] == [where]


@pytest.mark.parametrize("kind", sorted(DISTANCES))
def test_every_kind_has_its_distance_and_takes_the_others_that_it_knows(kind):
    assert distance_of(kind, "") == DISTANCES[kind][0]
    terms = {"lowest": 0} if kind == "number" else {}
    for name in DISTANCES[kind]:
        assert problems({"kind": kind, "distance": name, "terms": terms}) == []


@pytest.mark.parametrize(
    ("option", "where"),
    [
        ({"key": "none_of_these"}, "criteria.0.options.0.key"),
        ({"use_when": "x" * 501}, "criteria.0.options.0.use_when"),
        ({"avoid_when": 5}, "criteria.0.options.0.avoid_when"),
        ({"counterexamples": ["x"] * 21}, "criteria.0.options.0.counterexamples"),
        ({"counterexamples": [5]}, "criteria.0.options.0.counterexamples.0"),
    ],
)
def test_what_is_wrong_with_an_option_is_said_where_it_is(option, where):
    options = [FULL["options"][0] | option]
    found = document_problems(rubric(options=options, translations={}))
    assert [problem.where for problem in found] == [where]


def changed(before: dict[str, Any], after: dict[str, Any]):
    old, new = rubric(**before), rubric(**after)
    (change,) = changes(old, new)
    (decided,) = decide([change], {}, old, new)
    (words,) = told([change], old, new)
    return change, decided, words.sentence


@pytest.mark.parametrize("name", ["critical", "counts", "distance"])
def test_what_is_made_of_answers_touches_none_of_them(name):
    values = {"critical": (True, False), "counts": (False, True), "distance": ("", "nominal")}
    before, after = values[name]
    change, decided, sentence = changed({name: before}, {name: after})
    assert (change.touch, change.is_meaning) == (Touch.NOTHING, False)
    assert decided.decision == Decision.CARRY_OVER
    assert sentence


def test_letting_a_label_be_missed_changes_what_the_others_mean():
    change, decided, _sentence = changed({"propose": False}, {"propose": True})
    assert (change.touch, change.is_meaning) == (Touch.CRITERION, True)
    assert decided.decision is None


def test_no_longer_letting_it_asks_what_stands_for_none_of_these():
    change, decided, sentence = changed({"propose": True}, {"propose": False})
    assert (change.touch, change.keys) == (Touch.KEYS, ("none_of_these",))
    assert Decision.MAP in decided.choices
    assert Decision.CARRY_OVER not in decided.choices
    assert sentence


def test_another_use_of_an_option_is_a_change_of_words():
    options = [FULL["options"][0] | {"use_when": "It asks for money."}, FULL["options"][1]]
    change, decided, _sentence = changed({}, {"options": options})
    assert (change.kind, change.what) == ("wording", "refund.use_when")
    assert decided.decision == Decision.CARRY_OVER


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("criterion", "values", "expected", "name"),
    [
        (topic(kind="ordinal", distance="interval"), [], [0, 1, 4], "interval"),
        (topic(kind="ordinal", distance="nominal"), [], [0, 1, 1], "nominal"),
        (delay() | {"distance": "ratio"}, ["1", "3"], [0, 0.25], "ratio"),
        (faults(distance="jaccard"), ['["late"]', '["late","rude"]'], [0, 0.5], "Jaccard"),
        (faults(distance="nominal"), ['["late"]', '["late","rude"]'], [0, 1], "nominal"),
        (better(both_bad=False) | {"distance": "nominal"}, [], [0, 1, 1, 1, 1], "nominal"),
    ],
    ids=["interval", "scale as labels", "ratio", "Jaccard", "sets as labels", "sides as labels"],
)
def test_answers_are_as_far_apart_as_the_author_says(criterion, values, expected, name):
    version = make_rubric_version(make_project(), [criterion])
    scale = scale_of(version.criteria.get(), values)
    apart = scale.distance(np.ones(len(scale.keys)))
    assert (scale.name, apart[0].tolist()) == (name, expected)


@pytest.mark.django_db
def test_in_a_tree_none_of_these_is_a_branch_of_its_own():
    project = make_project()
    tree = make_taxonomy(project, [("money", None), ("refund", "money"), ("fee", "money")])
    asked = {"key": "t", "kind": "taxonomy", "prompt": "Which?", "taxonomy": tree, "propose": True}
    version = make_rubric_version(project, [asked])
    scale = scale_of(version.criteria.get())
    apart = scale.distance(np.ones(4))
    place = {key: number for number, key in enumerate(scale.keys)}
    assert apart[place["refund"], place["none_of_these"]] > apart[place["refund"], place["fee"]]


@pytest.mark.django_db
def test_what_is_left_out_of_agreement_is_named_and_not_compared():
    urgent = {"key": "urgent", "kind": "yes_no", "prompt": "Urgent?"}
    project = make_project()
    version = make_rubric_version(project, [topic(counts=False), urgent])
    task = make_task(project, version=version)
    for value in ("refund", "delivery"):
        make_annotation(task, answers={"topic": value, "urgent": "yes"})
    report = agreement_of(task.queue)
    left_out, counted = report.criteria
    assert (left_out.counts, left_out.distance, left_out.whole.answers) == (False, "", 2)
    assert not left_out.whole.alpha.bounded
    assert advice_on(left_out).action == Action.LEFT_OUT
    assert counted.counts
    assert headline(report).startswith("“Urgent?” first.")


@pytest.mark.django_db
def test_the_form_says_what_is_grave_and_when_to_use_what_in_the_readers_language():
    version = create_rubric(make_project(), rubric(), by=None)
    shown = form_of(version, version.criteria.all(), "de").criteria[0]
    assert (shown.critical, shown.propose) == (True, True)
    assert [option.key for option in shown.explained] == ["refund"]
    assert shown.options[0].use_when == "Es geht um Geld."
    assert shown.options[0].avoid_when == "They only complain."
    assert shown.options[-1].is_none


@pytest.mark.django_db
def test_the_agreement_page_says_that_a_question_is_left_out(browse):
    queue = make_queue(version=None)
    queue.rubric_version.criteria.update(counts=False)
    page = browse(make_member(queue.project, "lead")).get(f"{queue.get_absolute_url()}agreement/")
    assert "The rubric leaves this question out of agreement" in page.text
