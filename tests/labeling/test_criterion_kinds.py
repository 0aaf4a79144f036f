"""Kinds of criteria beyond one key: what is an answer, how it is kept, settled and written down."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from labeling.formats.rubric_files import document_of
from labeling.models import Criterion
from labeling.policy.rubrics import gaps, problems
from labeling.policy.settling import Asked, Vote, settle, settle_all
from labeling.reports.figures import scale_of
from labeling.services.answers import Payload, check
from labeling.services.rubrics import create_rubric
from tests.factories import make_member
from tests.labeling.makers import better, delay, faults, late, only_if_late


def answered(criteria: list[dict[str, Any]], **answers: str | None) -> dict[str, str]:
    """The answers as they would be stored, by criterion."""
    rows = [Criterion(position=place, **row) for place, row in enumerate(criteria)]
    found = check(rows, Payload(answers))
    return {answer.criterion.key: answer.value for answer in found}


def refusal(criteria: list[dict[str, Any]], **answers: str | None) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        answered(criteria, **answers)
    return caught.value.message_dict


class TestSeveralChoices:
    def test_the_keys_are_kept_once_and_in_the_order_of_the_options(self):
        given = answered([faults()], faults='["wrong","late","wrong"]')
        assert given == {"faults": '["late","wrong"]'}

    def test_one_key_is_as_good_as_a_list_of_it(self):
        assert answered([faults()], faults="rude") == {"faults": '["rude"]'}

    @pytest.mark.parametrize("value", ['["late","slow"]', "slow", "[late]", '[["late"]]', '["late'])
    def test_what_names_no_option_is_refused(self, value):
        assert "faults" in refusal([faults()], faults=value)

    def test_nothing_chosen_is_no_answer(self):
        assert "faults" in refusal([faults()], faults="[]")
        assert refusal([faults()]) == {"faults": ["Answer this first."]}
        assert answered([faults()], faults=None) == {"faults": ""}

    @pytest.mark.parametrize(
        ("value", "message"),
        [('["late"]', "Choose at least 2."), ('["late","rude","wrong"]', "Choose at most 2.")],
    )
    def test_fewer_or_more_than_allowed_are_refused(self, value, message):
        terms = {"least": 2, "most": 2}
        assert refusal([faults(terms=terms)], faults=value) == {"faults": [message]}

    def test_equal_sets_settle_and_others_dispute(self):
        same = settle("several_choices", [Vote('["late","rude"]'), Vote('["late","rude"]')])
        assert (same.settled, same.value) == (True, '["late","rude"]')
        assert not settle("several_choices", [Vote('["late"]'), Vote('["late","rude"]')]).settled


class TestNumbers:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [("12", "12"), (" 12,50 ", "12.5"), ("+7.0", "7"), ("-0", "0"), ("0012.3", "12.3")],
    )
    def test_a_number_is_kept_in_one_way_however_it_is_typed(self, typed, kept):
        assert answered([delay()], delay=typed) == {"delay": kept}

    @pytest.mark.parametrize(
        ("typed", "message"),
        [
            ("soon", "Give a number in digits"),
            ("1,234.5", "Give a number in digits"),
            ("1e1", "Give a number in digits"),
            ("NaN", "Give a number in digits"),
            ("12.34", "One digit after the point at most."),
            ("-1", "This is below the lowest, 0 min."),
            ("90.5", "This is above the highest, 90 min."),
        ],
    )
    def test_what_is_no_number_or_out_of_range_is_refused_in_words(self, typed, message):
        assert refusal([delay()], delay=typed)["delay"][0].startswith(message)

    def test_without_digits_after_the_point_a_whole_number_is_wanted(self):
        assert refusal([delay(decimals=0)], delay="1,234") == {"delay": ["Give a whole number."]}

    def test_equal_numbers_settle(self):
        assert settle("number", [Vote("12.5"), Vote("12.5")]).value == "12.5"
        assert not settle("number", [Vote("12.5"), Vote("12")]).settled


class TestPreferences:
    @pytest.mark.parametrize(
        ("terms", "keys"),
        [
            ({}, ["a_much", "a", "tie", "b", "b_much", "both_bad"]),
            ({"strength": False, "tie": False, "both_bad": False}, ["a", "b"]),
            ({"strength": False}, ["a", "tie", "b", "both_bad"]),
        ],
    )
    def test_what_can_be_answered_follows_from_the_settings(self, terms, keys):
        for key in keys:
            assert answered([better(**terms)], better=key) == {"better": key}
        for key in {"a_much", "tie", "both_bad", "c"} - set(keys):
            assert "better" in refusal([better(**terms)], better=key)

    def test_both_bad_is_as_far_from_every_preference_as_any_two_are(self):
        scale = scale_of(Criterion(**better(strength=False)))
        apart = scale.distance(pytest.importorskip("numpy").ones(4))
        assert apart[0].tolist() == [0, 1, 4, 4]
        assert apart[3].tolist() == [4, 4, 4, 0]


class TestConditions:
    def test_a_question_whose_condition_fails_is_neither_required_nor_kept(self):
        asked = [late(), only_if_late(delay())]
        assert answered(asked, late="no") == {"late": "no"}
        assert answered(asked, late="no", delay="12") == {"late": "no"}
        assert answered(asked, late=None, delay="12") == {"late": ""}

    def test_a_question_whose_condition_holds_is_required(self):
        asked = [late(), only_if_late(delay())]
        assert refusal(asked, late="yes") == {"delay": ["Answer this first."]}
        assert answered(asked, late="yes", delay="12") == {"late": "yes", "delay": "12"}

    def test_one_of_several_choices_is_enough(self):
        when = {"criterion": "faults", "answers": ["late", "wrong"]}
        asked = [faults(), delay() | {"when": when}]
        given = answered(asked, faults='["rude","late"]', delay="12")
        assert given == {"faults": '["late","rude"]', "delay": "12"}
        assert answered(asked, faults='["rude"]', delay="12") == {"faults": '["rude"]'}

    def test_only_those_who_were_asked_have_a_vote(self):
        when = {"criterion": "late", "answers": ["yes"]}
        asked = [Asked("late", "yes_no"), Asked("delay", "number", when)]
        yes, no = {"late": "yes", "delay": "12"}, {"late": "no", "delay": ""}

        most_asked = settle_all(asked, [yes, yes, no], majority=True)
        few_asked = settle_all(asked, [yes, no, no], majority=True)

        assert (most_asked["delay"].settled, most_asked["delay"].value) == (True, "12")
        assert (few_asked["delay"].settled, few_asked["delay"].value) == (True, "")


class TestDocuments:
    def test_terms_and_conditions_are_part_of_a_rubric(self):
        document = {"name": "Delay", "criteria": [late(), only_if_late(delay()), better()]}
        assert problems(document) == []
        assert gaps(document) == []

    @pytest.mark.parametrize(
        ("criterion", "where"),
        [
            (faults(terms={"least": 0}), "terms.least"),
            (faults(terms={"least": 3, "most": 2}), "terms.most"),
            (faults(terms={"unit": "min"}), "terms.unit"),
            (delay(lowest="low"), "terms.lowest"),
            (delay(highest=-1), "terms.highest"),
            (delay(decimals=9), "terms.decimals"),
            (delay(highest=float("inf")), "terms.highest"),
            (delay(highest=10**400), "terms.highest"),
            (delay(lowest=float("nan")), "terms.lowest"),
            (better(tie="yes"), "terms.tie"),
            (late() | {"terms": {"least": 1}}, "terms.least"),
            (late() | {"terms": []}, "terms"),
            (late() | {"when": []}, "when"),
            (late() | {"when": {"criterion": "x", "answers": []}}, "when.answers"),
            (late() | {"when": {"answers": ["x"]}}, "when.criterion"),
        ],
    )
    def test_what_is_malformed_is_named_by_its_place(self, criterion, where):
        found = problems({"name": "Delay", "criteria": [criterion]})
        assert f"criteria.0.{where}" in [problem.where for problem in found]

    @pytest.mark.parametrize(
        ("above", "when", "where"),
        [
            (late(), {"criterion": "tone", "answers": ["yes"]}, "when.criterion"),
            (late(), {"criterion": "late", "answers": ["maybe"]}, "when.answers"),
            (delay(), {"criterion": "delay", "answers": ["12"]}, "when.criterion"),
        ],
    )
    def test_a_condition_names_an_earlier_answer_before_publishing(self, above, when, where):
        rows = [above, faults(when=when)]
        found = gaps({"name": "Delay", "criteria": rows})
        assert f"criteria.1.{where}" in [problem.where for problem in found]

    @pytest.mark.django_db
    def test_a_document_comes_back_as_it_was_saved(self):
        lead = make_member(None, "lead")
        rows = [late(), only_if_late(delay()), faults(terms={"most": 2}), better(tie=False)]
        version = create_rubric(lead.project, {"name": "Delay", "criteria": rows}, by=lead)

        kept = document_of(version)["criteria"]

        assert [row.get("terms") for row in kept] == [
            None,
            delay()["terms"],
            {"most": 2},
            {"tie": False},
        ]
        assert kept[1]["when"] == {"criterion": "late", "answers": ["yes"]}
