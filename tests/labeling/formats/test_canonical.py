from __future__ import annotations

import datetime as dt
import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.formats.canonical import NotCanonicalError, canonical_json, content_digest


def test_keys_are_sorted_by_code_point_and_nothing_is_escaped():
    assert canonical_json({"é": 1, "😀": [1, None, True], "z": "ü\n"}) == (
        '{"z":"ü\\n","é":1,"😀":[1,null,true]}'.encode()
    )


def shuffled(value):
    if isinstance(value, dict):
        return {key: shuffled(inner) for key, inner in reversed(value.items())}
    return value


@given(st.dictionaries(st.text(), st.text() | st.dictionaries(st.text(), st.integers(0, 9))))
def test_the_order_of_keys_does_not_matter_and_the_text_reads_back(value):
    assert canonical_json(shuffled(value)) == canonical_json(value)
    assert json.loads(canonical_json(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        [{"a": float("inf")}],
        2**64,
        {1: "number as key"},
        "\ud800",
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        {"a": {1, 2}},
    ],
)
def test_what_has_no_one_spelling_is_refused(value):
    with pytest.raises(NotCanonicalError):
        canonical_json(value)


def test_a_content_digest_is_salted_sha_256():
    expected = sha256(b'00ff\x00{"a":"x","b":"y"}').hexdigest()
    assert content_digest({"b": "y", "a": "x"}, "00ff") == expected
    assert content_digest({"b": "y", "a": "x"}, "00fe") != expected
