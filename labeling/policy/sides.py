"""On which side each output stands, and answers about sides said of the outputs themselves.

What is stored names outputs in the order in which the task keeps them: `a` is the first. What
somebody sees and sends names them as they stand on their page, where `a` is what stands first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any

from labeling.policy.blinding import side_order
from labeling.policy.rankings import RANKING, as_ranking, places_in
from labeling.policy.values import BOTH_BAD, PREFERENCE

#: Kinds whose answers name outputs by their letters.
KINDS_OF_SIDES = (PREFERENCE, RANKING)


@dataclass(frozen=True, slots=True)
class Sides:
    """order: for each place on the page, the number of the output that stands there.

    >>> swapped = Sides((1, 0))
    >>> swapped.shown(["first", "second"]), swapped.letters
    (['second', 'first'], ['b', 'a'])
    >>> swapped.stored("preference", "a_much"), swapped.seen("preference", "b_much")
    ('b_much', 'a_much')
    """

    order: tuple[int, ...] = ()

    @property
    def moved(self) -> bool:
        """Whether anything stands elsewhere than where the task keeps it."""
        return self.order != tuple(range(len(self.order)))

    @property
    def letters(self) -> list[str]:
        """The outputs by their own letters, in the order shown."""
        return [ascii_lowercase[number] for number in self.order]

    def shown(self, outputs: Sequence[str]) -> list[str]:
        """The outputs as they stand on the page."""
        return [outputs[number] for number in self.order] if self.order else list(outputs)

    def stored(self, kind: str, value: str) -> str:
        """An answer about sides as one about the outputs."""
        own = {ascii_lowercase[place]: letter for place, letter in enumerate(self.letters)}
        return _renamed(kind, value, own) if value and self.moved else value

    def seen(self, kind: str, value: str) -> str:
        """A stored answer as whoever sees these sides would have given it."""
        sides = {letter: ascii_lowercase[place] for place, letter in enumerate(self.letters)}
        return _renamed(kind, value, sides) if value and self.moved else value

    def all_stored(
        self, kinds: Mapping[str, str], answers: Mapping[str, str | None]
    ) -> dict[str, str | None]:
        """Answers by criterion key, as the task's outputs are named; kinds: of the criteria."""
        return {
            key: value and self.stored(kinds.get(key, ""), value) for key, value in answers.items()
        }

    def all_seen(
        self, kinds: Mapping[str, str], answers: Mapping[str, str | None]
    ) -> dict[str, str | None]:
        """The same the other way."""
        return {
            key: value and self.seen(kinds.get(key, ""), value) for key, value in answers.items()
        }


def sides_of(
    outputs: int, blinding: Mapping[str, Any], secret: bytes, *, task: object, person: object
) -> Sides:
    """How a task's outputs stand for one person; shuffled unless the queue's blinding says no."""
    if outputs < 2 or not blinding.get("shuffle_sides", True):
        return Sides(tuple(range(outputs)))
    return Sides(tuple(side_order(outputs, secret, task=task, person=person)))


def lopsided(kind: str, answers: Sequence[str]) -> bool:
    """Whether a condition on these answers asks about one side only, which may be any output.

    >>> lopsided("preference", ["a", "a_much"]), lopsided("preference", ["tie", "both_bad"])
    (True, False)
    """
    if kind != PREFERENCE:
        return False
    turned = {Sides((1, 0)).stored(kind, answer) for answer in answers}
    return turned != set(answers)


def _renamed(kind: str, value: str, letters: Mapping[str, str]) -> str:
    if kind == PREFERENCE and value != BOTH_BAD:
        letter, strength = value[:1], value[1:]
        return letters[letter] + strength if strength in ("", "_much") else value
    places = places_in(value) if kind == RANKING else None
    if places is None:
        return value
    return as_ranking([[letters.get(one, one) for one in place] for place in places])
