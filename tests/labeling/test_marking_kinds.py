"""Rankings, spans and corrections: what is an answer, how it is kept, compared and written down."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError

from labeling.formats.rubric_files import document_of
from labeling.models import Criterion
from labeling.policy import spans
from labeling.policy.blinding import ShownField, mask
from labeling.policy.corrections import UNCHANGED
from labeling.policy.rankings import by_number
from labeling.policy.rubric_changes import changes
from labeling.policy.rubric_decisions import Ruled, mapped
from labeling.policy.rubrics import gaps, problems
from labeling.policy.settling import Vote, settle
from labeling.policy.values import exported, keys_in, taken_back
from labeling.reports.judging import ShownItem
from labeling.services.answers import Payload, check
from labeling.services.rubrics import create_rubric
from labeling.stats.distances import kendall, overlap
from tests.factories import make_member
from tests.labeling.makers import late, mended, places, ranked, span

LIMA = ShownItem([ShownField("text", "Text", "😀 Ann went to Lima.")], {})
SCRIPTS = {
    "right_to_left": "مرحبًا يا دبي",
    "mark": "Zoe\u0308 in Lima",
    "joined": "👩\u200d👩\u200d👧 in Lima",
    "lines": "a\r\nb Lima",
    "override": "\u202eLima",
    "astral": "\U0001d50fima",
}


def answered(criterion: dict[str, Any], value: str | None, item: ShownItem = LIMA) -> str:
    """The answer as it would be stored."""
    row = Criterion(position=0, **criterion)
    (answer,) = check([row], Payload({row.key: value}), lambda: item)
    return answer.value


def refusal(criterion: dict[str, Any], value: str | None, item: ShownItem = LIMA) -> str:
    with pytest.raises(ValidationError) as caught:
        answered(criterion, value, item)
    (message,) = caught.value.message_dict[criterion["key"]]
    return str(message)


class TestRankings:
    @pytest.mark.parametrize(
        ("value", "kept"),
        [
            ('["b","a","c"]', '["b","a","c"]'),
            (' [ "b", "c=a" ]', '["b","a=c"]'),
            ('["c=b=a"]', '["a=b=c"]'),
        ],
    )
    def test_a_ranking_is_kept_in_one_way(self, value, kept):
        assert answered(ranked(3, ties=True), value) == kept

    @pytest.mark.parametrize(
        "value", ['["a","b"]', '["a","b","d"]', '["a","a","b","c"]', "b", '[["a"]]', "[1]", '["a']
    )
    def test_every_output_has_exactly_one_place(self, value):
        assert refusal(ranked(3), value) == "Give each of A, B, C exactly one place."

    def test_outputs_share_a_place_only_where_they_may(self):
        assert refusal(ranked(3), '["b","a=c"]') == "No two outputs may share a place."

    def test_equal_rankings_settle_and_others_dispute(self):
        assert settle("ranking", [Vote('["a","b"]'), Vote('["a","b"]')]).settled
        assert not settle("ranking", [Vote('["a","b"]'), Vote('["b","a"]')]).settled

    def test_numbers_chosen_for_each_output_are_a_ranking_even_with_gaps(self):
        assert by_number({"a": 3, "b": 1, "c": 3}) == '["b","a=c"]'


class TestSpans:
    def test_offsets_count_code_points_not_units_of_the_browser(self):
        where = [span(2, 5, "person"), span(14, 18)]
        kept = json.loads(answered(places(), json.dumps(where)))
        text = LIMA.content[0].text
        assert [text[one["start"] : one["end"]] for one in kept] == ["Ann", "Lima"]

    @pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
    def test_a_whole_text_of_any_script_can_be_marked_and_no_more(self, text):
        item = ShownItem([ShownField("text", "Text", text)], {})
        assert answered(places(), f"0-{len(text)} city", item)
        assert "does not lie within" in refusal(places(), f"0-{len(text) + 1} city", item)

    @pytest.mark.parametrize(
        ("value", "kept"),
        [
            ("14-18 city\n2-5 person\n", [span(2, 5, "person"), span(14, 18)]),
            ('[{"start":14,"end":18,"label":"city"}]', [span(14, 18)]),
            ("14-18 city\n14-18 city", [span(14, 18)]),
            ("[]", []),
        ],
    )
    def test_spans_are_kept_in_one_way_however_they_are_written(self, value, kept):
        assert json.loads(answered(places(), value)) == kept

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            ("Lima", "Give each span a line"),
            ('["city"]', "Give each span a line"),
            ('[{"start":true,"end":3,"label":"city"}]', "Give each span a line"),
            ('[{"start":1.5,"end":3,"label":"city"}]', "Give each span a line"),
            ('[{"start":1,"end":3,"label":"city","colour":"red"}]', "Give each span a line"),
            ("14-18 river", "There is no such label."),
            ("5-5 city", "5-5 does not lie within the 19 characters."),
            ("18-99 city", "18-99 does not lie within the 19 characters."),
            ('[{"start":-3,"end":3,"label":"city"}]', "-3-3 does not lie within"),
            ('[{"start":1,"end":3,"label":"city","field":"note"}]', "Mark only the text"),
            ("2-5 city\n4-8 person", "Spans may not overlap here."),
            ("[" * 5000, "Give each span a line"),
        ],
    )
    def test_what_marks_nothing_of_the_text_is_refused_in_words(self, value, message):
        assert refusal(places(), value).startswith(message)

    def test_spans_overlap_where_they_may(self):
        both = answered(places(overlapping=True), "2-8 city\n2-5 person\n4-8 city")
        assert len(json.loads(both)) == 3

    def test_fewer_or_more_than_allowed_are_refused(self):
        terms = {"least": 1, "most": 1}
        assert refusal(places(**terms), "[]") == "Mark at least one span."
        assert refusal(places(**terms), "2-5 city\n6-8 city") == "Mark one span at most."

    def test_a_hidden_text_cannot_be_felt_for_by_its_length(self):
        hidden = ShownItem([], {})
        for end in (1, 10, 100_000):
            message = refusal(places(field="notes"), f"0-{end} city", hidden)
            assert message == "No text is shown here that could be marked."
        assert answered(places(), "[]", hidden) == "[]"

    def test_what_is_masked_keeps_its_length_where_places_count(self):
        text = "Jo at jo.doe@example.org, 0123 😀"
        masked = mask(text, in_place=True)
        assert len(masked) == len(text)
        assert "example" not in masked

    def test_the_labels_of_spans_are_their_keys_and_can_be_renamed(self):
        kept = json.dumps([span(0, 2, "town"), span(4, 6, "town"), span(7, 8, "person")])
        assert keys_in(kept) == ("town", "person")
        rule = Ruled("places", "keys", ["town"], "map", {"town": "city"})
        renamed = mapped("places", kept, [rule]).value
        assert [one.label for one in spans.spans_in(renamed or "") or []] == [
            "city", "city", "person",
        ]  # fmt: skip


class TestCorrections:
    OUTPUT = ShownItem([], {}, outputs=[ShownField("a", "A", "It is layt.\nSorry.")])

    @pytest.mark.parametrize(
        ("value", "kept"),
        [
            ("It is late.\r\nSorry. ", "It is late.\nSorry."),
            ("It is layt.\r\nSorry.", UNCHANGED),
            (UNCHANGED, UNCHANGED),
            (None, ""),
        ],
    )
    def test_what_changes_nothing_is_kept_as_unchanged(self, value, kept):
        assert answered(mended(), value, self.OUTPUT) == kept

    def test_a_content_field_can_be_what_is_mended(self):
        assert answered(mended(field="text"), LIMA.content[0].text) == UNCHANGED

    def test_a_prediction_that_the_queue_hides_is_not_given_away(self):
        assert (
            refusal(mended(), UNCHANGED) == "No output is shown here that could be left as it is."
        )
        assert answered(mended(), "Any text.") == "Any text."

    def test_nothing_at_all_and_too_much_are_refused(self):
        assert refusal(mended(), " ") == "Answer this first."
        assert refusal(mended(), "x" * 100_001).startswith("This is too long")

    def test_only_the_same_text_settles(self):
        assert settle("corrected_output", [Vote("So."), Vote("So.")]).value == "So."
        assert not settle("corrected_output", [Vote("So."), Vote(UNCHANGED)]).settled


class TestDistances:
    def test_kendall_is_a_metric_between_nothing_and_one(self):
        letters = "abc"
        rankings = [dict(zip(letters, numbers, strict=True)) for numbers in np.ndindex(3, 3, 3)]
        apart = kendall(rankings)(np.ones(len(rankings)))
        assert apart.min() == 0
        assert apart.max() == 1
        assert np.array_equal(apart, apart.T)
        longest = (apart[:, None, :] + apart[None, :, :]).min(axis=2)
        assert (apart <= longest + 1e-12).all()

    def test_reversed_rankings_are_as_far_apart_as_can_be(self):
        one = {"a": 1, "b": 2, "c": 3}
        other, swapped = {"a": 3, "b": 2, "c": 1}, {"a": 2, "b": 1, "c": 3}
        apart = kendall([one, other, swapped])(np.ones(3))
        assert apart[0].round(3).tolist() == [0, 1, 0.333]

    def test_shared_characters_are_counted_label_by_label(self):
        marks = [
            [("city", 0, 10)],
            [("city", 5, 15)],
            [("river", 0, 10)],
            [("city", 0, 5), ("city", 5, 10)],
            [("city", 0, 10), ("river", 0, 10)],
        ]
        apart = overlap(marks)(np.ones(5))
        assert apart[0].round(3).tolist() == [0, 0.5, 1, 0, 0.333]

    def test_agreement_on_thousands_of_marks_is_quick(self):
        marks = [
            [("city", start, start + 7), ("river", start + 9, start + 30)] for start in range(2000)
        ]
        assert overlap(marks)(np.ones(2000)).shape == (2000, 2000)


class TestDocuments:
    def test_terms_are_part_of_a_rubric(self):
        criteria = [ranked(5, ties=True), places(overlapping=True, field="text"), mended()]
        document = {"name": "Marks", "criteria": criteria}
        assert problems(document) == []
        assert gaps(document) == []

    @pytest.mark.parametrize(
        ("criterion", "where"),
        [
            (ranked(6), "terms.outputs"),
            (ranked(1), "terms.outputs"),
            (ranked(3, ties="no"), "terms.ties"),
            (ranked(3, overlapping=True), "terms.overlapping"),
            (places(overlapping=1), "terms.overlapping"),
            (places(least=-1), "terms.least"),
            (places(least=3, most=2), "terms.most"),
            (places(field="x" * 65), "terms.field"),
            (mended(field=3), "terms.field"),
            (mended() | {"options": [{"key": "a", "label": "A"}]}, "options"),
        ],
    )
    def test_what_is_malformed_is_named_by_its_place(self, criterion, where):
        found = problems({"name": "Marks", "criteria": [criterion]})
        assert f"criteria.0.{where}" in [problem.where for problem in found]

    def test_spans_need_one_label_before_publishing(self):
        bare = places() | {"options": []}
        assert gaps({"criteria": [bare]})[0].where == "criteria.0.options"
        assert gaps({"criteria": [places("city")]}) == []

    @pytest.mark.parametrize("above", [ranked(), places(), mended()], ids=lambda row: row["kind"])
    def test_no_other_question_can_depend_on_them(self, above):
        below = late() | {"when": {"criterion": above["key"], "answers": ["city"]}}
        assert gaps({"criteria": [above, below]})[0].where == "criteria.1.when.criterion"

    def test_another_number_of_outputs_is_a_change_of_meaning(self):
        (change,) = changes({"criteria": [ranked(3)]}, {"criteria": [ranked(4)]})
        assert (change.ident, change.is_meaning) == ("order.criterion.setting.terms", True)

    def test_a_label_that_went_touches_only_the_spans_that_had_it(self):
        before, after = {"criteria": [places()]}, {"criteria": [places("city")]}
        (change,) = changes(before, after)
        assert change.touches("places", json.dumps([span(0, 2, "person")]))
        assert not change.touches("places", json.dumps([span(0, 2, "city")]))

    @pytest.mark.django_db
    def test_a_document_comes_back_as_it_was_saved(self):
        lead = make_member(None, "lead")
        rows = [ranked(3, ties=True), places(least=1, field="text"), mended(field="text")]
        version = create_rubric(lead.project, {"name": "Marks", "criteria": rows}, by=lead)

        kept = document_of(version)["criteria"]

        assert [row["terms"] for row in kept] == [row["terms"] for row in rows]
        assert [row["key"] for row in kept[1]["options"]] == ["city", "person"]


@pytest.mark.parametrize(
    ("kind", "value", "given"),
    [
        ("ranking", '["b","a=c"]', ["b", "a=c"]),
        ("spans", json.dumps([span(2, 5)], separators=(",", ":")), [span(2, 5)]),
        ("spans", "[]", []),
        ("corrected_output", "So.", {"unchanged": False, "text": "So."}),
        ("corrected_output", UNCHANGED, {"unchanged": True, "text": None}),
    ],
)
def test_answers_leave_as_lists_and_objects_and_come_back(kind, value, given):
    assert exported(kind, value) == given
    assert taken_back(given) == value
