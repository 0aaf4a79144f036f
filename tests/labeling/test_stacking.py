"""Marks of several people in one text, against counting them place by place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from labeling.policy.spans import Span
from labeling.policy.stacking import stretches

LENGTH = 12
PLACES = some.integers(min_value=0, max_value=LENGTH + 3)
SPANS = some.builds(
    lambda one, other, label: Span(min(one, other), max(one, other), label),
    PLACES,
    PLACES,
    some.sampled_from(["city", "person"]),
)
MARKS = some.lists(some.lists(SPANS, max_size=4), max_size=4)


@given(MARKS)
def test_the_pieces_are_the_whole_text_and_each_is_marked_as_all_its_places_are(marks):
    pieces = stretches(LENGTH, marks)

    places = [place for piece in pieces for place in range(piece.start, piece.end)]
    assert places == list(range(LENGTH))
    for piece in pieces:
        for place in range(piece.start, piece.end):
            covering = {
                person
                for person, spans in enumerate(marks)
                if any(span.start <= place < span.end for span in spans)
            }
            assert set(piece.marked) == covering


@given(MARKS)
def test_every_mark_inside_the_text_ends_once_with_its_label(marks):
    ends = sorted((piece.end, *end) for piece in stretches(LENGTH, marks) for end in piece.ends)
    assert ends == sorted(
        (min(span.end, LENGTH), person, span.label)
        for person, spans in enumerate(marks)
        for span in spans
        if span.start < min(span.end, LENGTH)
    )


def test_an_empty_text_has_no_pieces():
    assert stretches(0, [[Span(0, 3, "city")]]) == []
