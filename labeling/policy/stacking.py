"""The marks of several people in one text, cut wherever one of them begins or ends."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from labeling.policy.spans import Span


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the text that the same people mark throughout.

    marked: the places of these people; ends: whose marks end behind it, with their labels.
    """

    start: int
    end: int
    marked: tuple[int, ...]
    ends: tuple[tuple[int, str], ...]


def stretches(length: int, marks: Sequence[Sequence[Span]]) -> list[Stretch]:
    """The whole text in pieces, given what each person marks in it.

    >>> for one in stretches(9, [[Span(0, 5, "city")], [Span(3, 9, "person")]]):
    ...     print(one.start, one.end, one.marked, one.ends)
    0 3 (0,) ()
    3 5 (0, 1) ((0, 'city'),)
    5 9 (1,) ((1, 'person'),)
    """
    begin, end = defaultdict(list), defaultdict(list)
    for person, spans in enumerate(marks):
        for span in spans:
            if span.start < (last := min(span.end, length)):
                begin[span.start].append(person)
                end[last].append((person, span.label))
    marking: Counter[int] = Counter()
    found = []
    for first, last in pairwise(sorted({0, length, *begin, *end})):
        marking.update(begin[first])
        marked = tuple(sorted(person for person, count in marking.items() if count))
        found.append(Stretch(first, last, marked, tuple(sorted(end[last]))))
        marking.subtract(person for person, _label in end[last])
    return found
