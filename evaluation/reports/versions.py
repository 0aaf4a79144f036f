"""Two versions beside each other, example by example: what one has fixed, broken, left wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from evaluation.models import ModelVersion, SetVersion
from evaluation.policy.parts import Part, all_parts, mask_of
from evaluation.reports.evaluations import project_slices
from evaluation.reports.predictions import Examples, Predictions, examples_of, given_by
from evaluation.stats.answers import Mask
from labeling.models import ContentField, Item

EXCERPT = 160


class Change(StrEnum):
    """What a version made of an example, against another."""

    FIXED = "fixed"
    BROKEN = "broken"
    BOTH_WRONG = "both_wrong"


@dataclass(frozen=True)
class Difference:
    """One example with both answers; `before` is the other version's, None where it has none."""

    position: int
    item: Item
    excerpt: str
    reference: str
    answer: str | None
    before: str | None


@dataclass(frozen=True)
class Comparison:
    """Where two versions stand on a set, or on one part of it."""

    examples: Examples
    given: Predictions
    before: Predictions
    parts: Sequence[Part]
    among: Mask

    def count(self, change: Change) -> int:
        return len(self.places(change))

    def places(self, change: Change) -> list[int]:
        """The places of the examples with this change, in the order of the set."""
        references = np.array(self.examples.references, dtype=object)
        right = np.array(self.given.values, dtype=object) == references
        was_right = np.array(self.before.values, dtype=object) == references
        found = {
            Change.FIXED: right & ~was_right,
            Change.BROKEN: ~right & was_right,
            Change.BOTH_WRONG: ~right & ~was_right,
        }[change]
        return [int(place) for place in np.flatnonzero(found & self.among)]

    def rows(self, places: Sequence[int]) -> list[Difference]:
        """The examples at these places, with their items; one query for the items, one for text."""
        keys = [self.examples.items[place] for place in places]
        items = Item.objects.select_related("project").in_bulk(keys)
        field = _first_field(next(iter(items.values()), None))
        return [
            Difference(
                place,
                items[key],
                items[key].content.get(field, "")[:EXCERPT],
                self.examples.references[place],
                self.given.values[place],
                self.before.values[place],
            )
            for place, key in zip(places, keys, strict=True)
        ]


def compared(
    version: ModelVersion, other: ModelVersion, set_version: SetVersion, part: str = ""
) -> Comparison:
    """Both versions' answers to a set, or to its part of this name; KeyError for no such part."""
    examples = examples_of(set_version)
    parts = all_parts(examples.columns, project_slices(set_version)[0])
    among = np.ones(len(examples), dtype=bool)
    if part:
        among = mask_of({one.name: one for one in parts}[part].slice, examples.columns)
    given, before = (given_by(one, set_version, examples) for one in (version, other))
    return Comparison(examples, given, before, parts, among)


def _first_field(item: Item | None) -> str:
    """The text that stands for an item in a list: the first that people are shown."""
    if item is None:
        return ""
    fields = list(ContentField.objects.filter(project=item.project_id))
    shown = [one.name for one in fields if one.visibility == ContentField.Visibility.SHOWN]
    return next(iter(shown), "")
