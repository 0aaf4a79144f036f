"""Which criteria are asked, where some depend on what an earlier one is answered with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labeling.policy.values import keys_in

Conditions = Mapping[str, Mapping[str, Any]]
Answers = Mapping[str, str | None]


def asked(conditions: Conditions, answers: Answers) -> set[str]:
    """The keys of the criteria that are asked under these answers.

    conditions: by criterion, in the order of the rubric; an empty one always holds.
    answers: None stands for "cannot tell", which decides nothing.

    >>> when = {"criterion": "late", "answers": ["yes"]}
    >>> sorted(asked({"late": {}, "days": when}, {"late": "yes"}))
    ['days', 'late']
    >>> sorted(asked({"late": {}, "days": when}, {"late": None}))
    ['late']
    """
    found: set[str] = set()
    for key, when in conditions.items():
        if not when or (when["criterion"] in found and holds(when, answers)):
            found.add(key)
    return found


def holds(when: Mapping[str, Any], answers: Answers) -> bool:
    """Whether an answer that a condition names has been given; one of several is enough."""
    value = answers.get(when["criterion"])
    return value is not None and any(key in when["answers"] for key in keys_in(value))
