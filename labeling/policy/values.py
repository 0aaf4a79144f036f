"""How an answer is written: a key, several keys, a number, a preference between two outputs.

Rankings, spans and corrections have files of their own beside this one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from labeling.policy import corrections, rankings, spans

SEVERAL, NUMBER, PREFERENCE = "several_choices", "number", "preference"
#: The answer that no label fits; no option and no label of a tree has this key.
NONE_OF_THESE = "none_of_these"
#: A number as it may be typed: the comma of many languages, a true minus, no grouping of digits.
TYPED_NUMBER = re.compile(r"^([+\-\N{MINUS SIGN}]?)(\d{1,18})(?:[.,](\d{1,12}))?\Z", re.ASCII)
DECIMALS_LIMIT = 6
#: The sides of a preference in their order, each with the setting that it needs.
SIDES = (("a_much", "strength"), ("a", ""), ("tie", "tie"), ("b", ""), ("b_much", "strength"))
BOTH_BAD = "both_bad"


def keys_in(value: str) -> tuple[str, ...]:
    """The keys that a stored answer names: those of its list, the labels of its spans, or itself.

    No key begins with a bracket, so the kind of the criterion need not be known.

    >>> keys_in('["late","rude"]'), keys_in("late"), keys_in("[sic]")
    (('late', 'rude'), ('late',), ('[sic]',))
    """
    if (labels := spans.labels_in(value)) is not None:
        return labels
    return (value,) if (keys := listed(value)) is None else tuple(keys)


def listed(value: str) -> list[str] | None:
    """The texts of a JSON list; None for anything else."""
    if not value.lstrip().startswith("["):
        return None
    try:
        keys = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return keys if all(isinstance(key, str) for key in keys) else None


def as_value(keys: Sequence[str], order: Sequence[str] = ()) -> str:
    """Several keys as one text, each once and in the order of the options: equal sets are equal.

    >>> as_value(["rude", "late", "rude"], ["late", "rude"])
    '["late","rude"]'
    """
    place = {key: number for number, key in enumerate(order)}
    ordered = sorted(dict.fromkeys(keys), key=lambda key: place.get(key, len(place)))
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))


def number_in(text: str) -> Decimal | None:
    """A number as somebody types it, exactly; None for what is none.

    >>> number_in(" -1,50 "), number_in("1,234.5") is None
    (Decimal('-1.50'), True)
    """
    found = TYPED_NUMBER.match(text.strip())
    if found is None:
        return None
    sign, whole, part = found.groups()
    return Decimal(f"{'' if sign in ('', '+') else '-'}{whole}.{part or '0'}")


def number_text(number: Decimal) -> str:
    """The one way a number is stored: a point, no sign of plus, no zeros that say nothing.

    >>> number_text(Decimal("-0.0")), number_text(Decimal("1200.50"))
    ('0', '1200.5')
    """
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def decimals_of(number: Decimal) -> int:
    """How many digits after the point a number needs.

    >>> decimals_of(Decimal("2.50")), decimals_of(Decimal("3.0"))
    (1, 0)
    """
    return len(number_text(number).partition(".")[2])


def preferences(terms: Mapping[str, Any]) -> tuple[str, ...]:
    """What two outputs can be answered with: from the first to the second, then "both bad".

    terms: strength, tie and both_bad, each true unless said otherwise.

    >>> preferences({"strength": False, "both_bad": False})
    ('a', 'tie', 'b')
    """
    sides = tuple(key for key, needs in SIDES if not needs or terms.get(needs, True))
    return (*sides, BOTH_BAD) if terms.get(BOTH_BAD, True) else sides


def in_words(kind: str, value: str, labels: Mapping[str, str]) -> str:
    """An answer as its labels say it, several after one another.

    >>> in_words("several_choices", '["a","b"]', {"a": "Late", "b": "Rude"})
    'Late, Rude'
    """
    if kind == rankings.RANKING:
        return rankings.in_words(value)
    if kind == spans.SPANS:
        return spans.in_words(value, labels)
    keys = keys_in(value) if kind == SEVERAL else (value,)
    return ", ".join(labels.get(key, key) for key in keys)


def exported(kind: str, value: str) -> Any:
    """An answer as it is given away: lists and objects as such, everything else as its text.

    >>> exported("ranking", '["b","a=c"]'), exported("spans", "[]"), exported("yes_no", "yes")
    (['b', 'a=c'], [], 'yes')
    """
    if kind == spans.SPANS:
        return spans.rows_of(value)
    if kind == corrections.CORRECTED:
        return corrections.given_away(value)
    return list(keys_in(value)) if kind in (SEVERAL, rankings.RANKING) else value


def taken_back(exported: Any) -> str | None:
    """The stored answer of what was given away; None for "cannot tell".

    >>> taken_back(["b", "a=c"]), taken_back({"unchanged": True, "text": None})
    ('["b","a=c"]', '[unchanged]')
    """
    if isinstance(exported, dict):
        return corrections.taken_back(exported)
    if isinstance(exported, list):
        return json.dumps(exported, ensure_ascii=False, separators=(",", ":"))
    return None if exported is None else str(exported)
