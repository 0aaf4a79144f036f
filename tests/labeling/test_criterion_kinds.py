"""Kinds of criteria beyond one key: what is an answer, how it is kept, settled and compared."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from labeling.formats.rubric_files import document_of
from labeling.models import Adjudication, Annotation, Answer, Criterion, Slot, Task
from labeling.policy.rubrics import gaps, problems
from labeling.policy.settling import Asked, Vote, settle, settle_all
from labeling.reports.agreement import agreement_of
from labeling.reports.figures import scale_of
from labeling.services.adjudications import Decision, adjudicate, claim_dispute, reveal
from labeling.services.annotations import submit
from labeling.services.answers import Payload, check
from labeling.services.assignment import claim
from labeling.services.rubrics import create_rubric
from tests.factories import (
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_rubric_version,
    topic,
)
from tests.labeling.test_adjudications import make_adjudicator
from tests.labeling.test_agreement_report import FOUR_PEOPLE, judge
from tests.labeling.test_exports import contents, exported


def faults(**fields: Any) -> dict[str, Any]:
    return topic("late", "rude", "wrong", kind="several_choices", key="faults") | fields


def delay(**terms: Any) -> dict[str, Any]:
    bounds = {"unit": "min", "lowest": 0, "highest": 90, "decimals": 1}
    return {"key": "delay", "kind": "number", "prompt": "How late?", "terms": bounds | terms}


def better(**terms: Any) -> dict[str, Any]:
    return {"key": "better", "kind": "preference", "prompt": "Which is better?", "terms": terms}


def late() -> dict[str, Any]:
    return {"key": "late", "kind": "yes_no", "prompt": "Is it late?"}


def only_if_late(criterion: dict[str, Any]) -> dict[str, Any]:
    return criterion | {"when": {"criterion": "late", "answers": ["yes"]}}


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


def compared(criterion: dict[str, Any], *people: list[str]):
    """The agreement of these people, one answer of each to each item."""
    project = make_project()
    version = make_rubric_version(project, [criterion])
    items = make_items(project, len(people[0]))
    queue = make_queue(project, items, version=version, overlap=len(people))
    for answers in people:
        judge(queue, version.criteria.get(), make_annotator(project), answers)
    return agreement_of(queue).criteria[0]


@pytest.mark.django_db
class TestAgreement:
    def test_numbers_are_compared_on_an_interval_scale(self):
        """Krippendorff (2011), section C, with the interval metric of section E."""
        found = compared(delay(), *(list(row) for row in FOUR_PEOPLE))
        assert found.distance == "interval"
        assert found.whole.alpha.value == pytest.approx(0.849, abs=5e-4)

    def test_several_choices_are_compared_by_masi(self):
        # given two people who share a part of what they chose on the last item
        one = ['["late"]', '["rude"]', '["late"]', '["late","rude"]']
        two = ['["late"]', '["rude"]', '["late"]', '["late"]']

        found = compared(faults(), one, two)

        # then by hand: D_o = 2 (2/3) / 8 among pairs within items; among all 56 pairs of answers
        # 5 late, 2 rude, 1 both: 10 of late and rude at 1, 5 + 2 with both at 2/3
        observed, expected = 2 * (2 / 3) / 8, 2 * (10 + 7 * 2 / 3) / 56
        assert (found.distance, found.how_far) == (
            "MASI",
            "choices that overlap count in part (MASI)",
        )
        assert found.whole.alpha.value == pytest.approx(1 - observed / expected)

    def test_nothing_answered_is_compared_with_nothing(self):
        for criterion in (faults(), delay(), better()):
            found = compared(criterion, [".", "."])
            assert found.whole.answers == 0
            assert found.distance


@pytest.mark.django_db
class TestOnThePages:
    @pytest.fixture
    def ann(self):
        return make_annotator(make_project("shop"))

    @pytest.fixture
    def queue(self, ann):
        version = make_rubric_version(
            ann.project, [faults(terms={"most": 2}), late(), only_if_late(delay()), better()]
        )
        return make_queue(ann.project, make_items(ann.project, 2), overlap=1, version=version)

    def begin(self, client):
        client.post("/p/shop/judge/")
        return Slot.objects.get(annotation=None, annotator__isnull=False).token

    def send(self, client, ann, **fields):
        token = self.begin(client)
        sent = {"member": str(ann.uid), "answer-better": "=tie"} | fields
        return client.post(f"/p/shop/judge/{token}/submit/", sent)

    def test_the_form_says_how_much_and_when(self, ann, browse, queue):
        client = browse(ann)
        self.begin(client)
        page = client.get("/p/shop/judge/").text
        assert "Choose up to 2." in page
        assert "From 0 to 90 min." in page
        assert "Only if “Is it late?” is answered with Yes." in page
        assert 'inputmode="decimal"' in page
        assert "A is much better" in page

    def test_ticked_boxes_and_typed_numbers_are_stored(self, ann, browse, queue):
        fields = {"several-faults": ["=wrong", "=late"], "answer-late": "=yes", "text-delay": "1,5"}
        self.send(browse(ann), ann, **fields)
        kept = dict(Answer.objects.values_list("criterion__key", "value"))
        assert kept == {
            "faults": '["late","wrong"]', "late": "yes", "delay": "1.5", "better": "tie",
        }  # fmt: skip

    def test_what_was_sent_stands_in_the_form_beside_the_error(self, ann, browse, queue):
        fields = {"several-faults": ["=late", "=rude", "=wrong"], "answer-late": "=yes"}
        page = self.send(browse(ann), ann, **fields, **{"text-delay": "100"}).text
        assert "Choose at most 2." in page
        assert "This is above the highest, 90 min." in page
        assert 'value="100"' in page
        assert not Annotation.objects.exists()

    def test_cannot_tell_wins_over_boxes_and_numbers(self, ann, browse, queue):
        fields = {"several-faults": ["=late"], "answer-faults": "?", "answer-late": "=no"}
        self.send(browse(ann), ann, **fields)
        assert Answer.objects.get(criterion__key="faults").cannot_tell

    def test_the_editor_writes_and_shows_terms_and_conditions(self, browse):
        lead = make_member(None, "lead")
        version = create_rubric(lead.project, {"name": "Delay", "criteria": [late()]}, by=lead)
        client = browse(lead)
        sent = {
            "revision": "1", "name": "Delay", "guidance": "", "languages": "", "verb": "save",
            "criteria.0.key": "late", "criteria.0.kind": "yes_no", "criteria.0.subject": "input",
            "criteria.0.prompt": "Is it late?", "criteria.0.cannot_tell": "on",
            "criteria.1.key": "delay", "criteria.1.kind": "number", "criteria.1.subject": "input",
            "criteria.1.prompt": "How late?", "criteria.1.terms.unit": "min",
            "criteria.1.terms.lowest": "0", "criteria.1.terms.highest": "1,5",
            "criteria.1.terms.decimals": "1", "criteria.1.when.criterion": "late",
            "criteria.1.when.answers": "yes",
        }  # fmt: skip
        client.post(version.rubric.get_absolute_url(), sent)

        kept = version.criteria.get(key="delay")
        page = client.get(version.rubric.get_absolute_url()).text

        assert kept.terms == {"unit": "min", "lowest": 0, "highest": 1.5, "decimals": 1}
        assert kept.when == {"criterion": "late", "answers": ["yes"]}
        assert 'name="criteria.1.terms.highest" value="1.5"' in page
        assert "Keys, with spaces between: yes no" in page

    @pytest.mark.parametrize(
        ("kind", "terms"),
        [("number", {"lowest": "low"}), ("several_choices", {"least": "few", "most": "1,5"})],
    )
    def test_terms_that_are_not_numbers_are_shown_as_typed_beside_the_error(
        self, browse, kind, terms
    ):
        lead = make_member(None, "lead")
        version = create_rubric(lead.project, {"name": "Delay", "criteria": [late()]}, by=lead)
        client, url = browse(lead), version.rubric.get_absolute_url()
        sent = {
            "revision": "1", "name": "Delay", "guidance": "", "languages": "", "verb": "save",
            "criteria.0.key": "late", "criteria.0.kind": kind, "criteria.0.subject": "input",
            "criteria.0.prompt": "Is it late?", "criteria.0.when.criterion": "late",
        } | {f"criteria.0.terms.{name}": typed for name, typed in terms.items()}  # fmt: skip

        page = client.post(url, sent)
        preview = client.post(f"{url}preview/", sent)

        assert f"must be a {'whole ' if kind != 'number' else ''}number" in page.text
        assert all(f'value="{typed}"' in page.text for typed in terms.values())
        assert preview.status_code == 200


@pytest.mark.django_db
class TestAfterJudging:
    def disputed(self, project, criteria, *answers):
        version = make_rubric_version(project, criteria)
        items = make_items(project, 1)
        queue = make_queue(project, items, version=version, overlap=len(answers))
        for given in answers:
            lease = claim(queue, make_annotator(project))
            submit(lease.annotator, lease.token, Payload(given), at=timezone.now())
        return queue

    def test_several_choices_are_decided_whatever_their_order(self):
        queue = self.disputed(make_project(), [faults()], {"faults": "late"}, {"faults": "rude"})
        member = make_adjudicator(queue.project)
        task = claim_dispute(member)
        blind = Decision('["wrong","late"]')

        reveal(member, task.claim_token, {"faults": blind.value}, at=timezone.now())
        decision = Decision(blind.value, "slip")
        row = adjudicate(member, task.claim_token, {"faults": decision}, at=timezone.now())

        assert row.rulings.get().value == '["late","wrong"]'

    def test_what_is_not_asked_any_more_need_not_be_decided(self):
        asked = [late(), only_if_late(delay())]
        yes = {"late": "yes", "delay": "12"}
        queue = self.disputed(make_project(), asked, yes, yes | {"delay": "20"}, {"late": "no"})
        member = make_adjudicator(queue.project)
        task = claim_dispute(member)

        decision = {"late": Decision("no")}
        row = adjudicate(member, task.claim_token, decision, at=timezone.now())

        assert [ruling.value for ruling in row.rulings.all()] == ["no"]

    def test_the_page_lets_boxes_be_ticked_and_says_who_ticked_them(self, browse):
        project = make_project()
        queue = self.disputed(
            project, [faults(), delay()],
            {"faults": '["late","rude"]', "delay": "12"}, {"faults": "late", "delay": "20"},
        )  # fmt: skip
        client = browse(make_adjudicator(project))
        url = f"/p/{project.slug}/adjudicate/"
        client.post(url)
        token = Task.objects.get().claim_token
        blind = {"several-faults": ["=late", "=wrong"], "text-delay": "15,0"}
        client.post(f"{url}{token}/reveal/", blind)

        page = client.get(url).text

        assert 'type="checkbox"' in page
        assert "Late, Rude" in page
        assert "20 min" in page
        ruled = {"cause-faults": "slip", "cause-delay": "slip"}
        client.post(f"{url}{token}/decide/", blind | ruled)
        rulings = Adjudication.objects.get(withdrawn=False).rulings
        assert dict(rulings.values_list("criterion__key", "value")) == {
            "faults": '["late","wrong"]', "delay": "15",
        }  # fmt: skip
        assert queue.tasks.get().state == "adjudicated"

    def test_several_choices_leave_as_a_list_with_their_labels(self):
        project = make_project()
        both = {"faults": '["late","rude"]'}
        self.disputed(project, [faults()], both, both)

        _manifest, data = contents(exported(project))

        answer = json.loads(data)["answers"]["faults"]
        assert (answer["value"], answer["label"]) == (["late", "rude"], "Late, Rude")
