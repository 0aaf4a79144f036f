"""What the kind of a criterion lets its author say of the answers: how many, from where to where.

Everything here names a place below the criterion and what is wrong there, as
`labeling.policy.rubrics` does for the rest of the document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from labeling.policy import rankings
from labeling.policy.corrections import CORRECTED
from labeling.policy.rankings import RANKING
from labeling.policy.spans import MOST as MOST_SPANS
from labeling.policy.spans import SPANS
from labeling.policy.values import DECIMALS_LIMIT, NUMBER, PREFERENCE, SEVERAL

Found = list[tuple[str, str]]

UNIT_LIMIT = 20
PICKS_LIMIT = 200
LARGEST = 10**12
FIELDS = {
    SEVERAL: ("least", "most"),
    NUMBER: ("unit", "lowest", "highest", "decimals"),
    PREFERENCE: ("strength", "tie", "both_bad"),
    RANKING: ("outputs", "ties"),
    SPANS: ("field", "overlapping", "least", "most"),
    CORRECTED: ("field",),
}
FIELD_NAME_LIMIT = 64
WHEN_FIELDS = ("criterion", "answers")


def problems(criterion: Mapping[str, Any]) -> Found:
    """What is wrong with the terms of a criterion, and where.

    >>> problems({"kind": "number", "terms": {"lowest": 5, "highest": 1}})
    [('terms.highest', 'must not be below the lowest')]
    """
    terms, kind = criterion.get("terms", {}), str(criterion.get("kind"))
    if not isinstance(terms, dict):
        return [("terms", "must be an object")]
    known = FIELDS.get(kind, ())
    found = [
        (f"terms.{str(name)[:60]}", "is an unknown field") for name in terms if name not in known
    ]
    check = CHECKS.get(kind)
    return found + (check(terms) if check else [])


def gaps(criterion: Mapping[str, Any]) -> Found:
    """What of the terms cannot be met by the options that there are."""
    most = len(criterion.get("options", []))
    terms = criterion.get("terms", {})
    if criterion["kind"] != SEVERAL:
        return []
    return [
        (f"terms.{name}", "there are fewer options")
        for name in ("least", "most")
        if terms.get(name, 0) > most
    ]


def when_problems(when: Any) -> Found:
    """What is malformed in a condition on an earlier answer."""
    if not isinstance(when, dict):
        return [("when", "must be an object with criterion and answers")]
    if not when:
        return []
    found = [
        (f"when.{str(name)[:60]}", "is an unknown field")
        for name in when
        if name not in WHEN_FIELDS
    ]
    if not isinstance(when.get("criterion"), str) or not when["criterion"]:
        found.append(("when.criterion", "name an earlier question by its key"))
    answers = when.get("answers")
    if not isinstance(answers, list) or not all(isinstance(key, str) and key for key in answers):
        found.append(("when.answers", "must be a list of answers"))
    elif not 1 <= len(answers) <= PICKS_LIMIT:
        found.append(("when.answers", "give at least one answer"))
    return found


def when_gaps(criterion: Mapping[str, Any], earlier: Mapping[str, Sequence[str] | None]) -> Found:
    """What a condition names that is not there.

    earlier: the answers of the criteria asked before by their keys, None where any text may stand.
    """
    when = criterion.get("when")
    if not when:
        return []
    if when["criterion"] not in earlier:
        return [("when.criterion", "there is no earlier question of this key")]
    known = earlier[when["criterion"]]
    if known is None:
        return [("when.criterion", "only a question with answers to choose from can decide this")]
    missing = [key for key in when["answers"] if key not in known]
    return [("when.answers", f"there is no answer {', '.join(missing[:5])}")] if missing else []


def _several(terms: dict[str, Any]) -> Found:
    found = [
        (f"terms.{name}", f"must be a whole number from 1 to {PICKS_LIMIT}")
        for name in ("least", "most")
        if name in terms and not _is_whole(terms[name], 1, PICKS_LIMIT)
    ]
    if not found and terms.get("most", PICKS_LIMIT) < terms.get("least", 1):
        found.append(("terms.most", "must not be below the least"))
    return found


def _number(terms: dict[str, Any]) -> Found:
    found = []
    unit = terms.get("unit", "")
    if not isinstance(unit, str) or len(unit) > UNIT_LIMIT or not (unit.isprintable()):
        found.append(("terms.unit", f"must be a text of at most {UNIT_LIMIT} characters"))
    found += [
        (f"terms.{name}", "must be a number")
        for name in ("lowest", "highest")
        if name in terms and not _is_number(terms[name])
    ]
    if not _is_whole(terms.get("decimals", 0), 0, DECIMALS_LIMIT):
        found.append(("terms.decimals", f"must be a whole number from 0 to {DECIMALS_LIMIT}"))
    if found or not {"lowest", "highest"} <= terms.keys() or terms["lowest"] <= terms["highest"]:
        return found
    return [("terms.highest", "must not be below the lowest")]


def _preference(terms: dict[str, Any]) -> Found:
    return [
        (f"terms.{name}", "must be true or false")
        for name in FIELDS[PREFERENCE]
        if not isinstance(terms.get(name, True), bool)
    ]


def _ranking(terms: dict[str, Any]) -> Found:
    found = []
    if not _is_whole(terms.get("outputs", rankings.FEWEST), rankings.FEWEST, rankings.MOST):
        words = f"must be a whole number from {rankings.FEWEST} to {rankings.MOST}"
        found.append(("terms.outputs", words))
    if not isinstance(terms.get("ties", False), bool):
        found.append(("terms.ties", "must be true or false"))
    return found


def _spans(terms: dict[str, Any]) -> Found:
    found = _field(terms)
    if not isinstance(terms.get("overlapping", False), bool):
        found.append(("terms.overlapping", "must be true or false"))
    found += [
        (f"terms.{name}", f"must be a whole number from {low} to {MOST_SPANS}")
        for name, low in (("least", 0), ("most", 1))
        if name in terms and not _is_whole(terms[name], low, MOST_SPANS)
    ]
    if not found and terms.get("most", MOST_SPANS) < terms.get("least", 0):
        found.append(("terms.most", "must not be below the least"))
    return found


def _field(terms: dict[str, Any]) -> Found:
    """The content field whose text is marked or corrected; empty: what stands first."""
    field = terms.get("field", "")
    if isinstance(field, str) and len(field) <= FIELD_NAME_LIMIT and field.isprintable():
        return []
    return [("terms.field", f"must be a text of at most {FIELD_NAME_LIMIT} characters")]


def _is_whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and abs(value) <= LARGEST


CHECKS: dict[str, Callable[[dict[str, Any]], Found]] = {
    SEVERAL: _several,
    NUMBER: _number,
    PREFERENCE: _preference,
    RANKING: _ranking,
    SPANS: _spans,
    CORRECTED: _field,
}
