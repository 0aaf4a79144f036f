from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.formats.mapping import ItemRow, Mapping, MappingError, apply
from labeling.formats.rows import Refusal, Row

FULL = Mapping(
    external_id="id",
    content={"input": "content.input"},
    attributes={"channel": "attributes.channel"},
    group="user",
    prediction="prediction",
    confidence="confidence",
    occurred_at="at",
    model_version="model",
)


CONTENT_ROW = {"id": "q1", "content": {"input": "hello"}}


def item(**values):
    return item_of(FULL, **(CONTENT_ROW | values))


def item_of(mapping, **values):
    made = apply(mapping, Row(7, values))
    assert isinstance(made, ItemRow), made
    return made


def why(**values):
    refused = apply(FULL, Row(7, CONTENT_ROW | values))
    assert isinstance(refused, Refusal), refused
    assert refused.line == 7
    assert len(refused.reason) < 300
    return refused.reason


def test_a_row_becomes_an_item_with_typed_fields():
    row = item(
        attributes={"channel": "email"},
        user=42,
        prediction={"label": "refund"},
        confidence="0.95",
        at="2026-09-07T02:30:00+02:00",
        model=" v1 ",
    )
    assert row == ItemRow(
        line=7,
        external_id="q1",
        content={"input": "hello"},
        attributes={"channel": "email"},
        group="42",
        model_version="v1",
        prediction={"label": "refund"},
        confidence=0.95,
        occurred_at=dt.datetime(2026, 9, 7, 0, 30, tzinfo=dt.UTC),
    )


def test_what_is_not_given_is_empty():
    assert item(confidence="", at=None) == ItemRow(
        7, "q1", {"input": "hello"}, {}, "", "", None, None, None
    )


def test_a_mapping_survives_its_json():
    assert Mapping.from_json(FULL.to_json()) == FULL


@pytest.mark.parametrize(
    ("given_json", "reason"),
    [
        ([], "must be an object"),
        ({"content": {"a": "a"}, "gold": "x"}, "no field 'gold'"),
        ({"content": "text"}, "content must be an object"),
        ({"content": {"a": 1}}, "content must name a column"),
        ({"content": {"a": "a"}, "group": ["x"]}, "group must name a column"),
        ({"content": {"a": "x" * 600}}, "at most 500 characters"),
        ({"external_id": "id"}, "at least one column"),
        ({"content": {"1a": "a"}}, "'1a' is not a name"),
        ({"content": {"a": "a"}, "attributes": {"b c": "a"}}, "'b c' is not a name"),
        ({"content": {"a": "a"}, "attributes": {"ü": "a"}}, "'ü' is not a name"),
        ({"content": {"a\n": "a"}}, "is not a name"),
        ({"content": {f"c{n}": "a" for n in range(101)}}, "At most 100 columns"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_why(given_json, reason):
    with pytest.raises(MappingError) as refusal:
        Mapping.from_json(given_json)
    assert reason in str(refusal.value)


IDS = {
    "missing": (None, "is missing; every item needs an id"),
    "blank": ("  ", "is empty"),
    "201 characters": ("x" * 201, "longer than 200 characters"),
    "9 KB": ("é" * 9_000, "longer than 200 characters"),
    "a line break inside": ("a\nb", "U+000A"),
    "an invisible space": ("a\u200bb", "U+200B"),
    "a direction mark": ("a\u202eb", "U+202E"),
    "true": (True, "not true or false"),
    "a fraction": (1.5, "must be a text or a whole number"),
    "a structure": ({"a": 1}, "not a structure"),
}


@pytest.mark.parametrize(("value", "reason"), IDS.values(), ids=IDS.keys())
def test_an_id_that_cannot_be_one_is_refused(value, reason):
    message = why(id=value)
    assert message.startswith("column “id” ")
    assert reason in message


@pytest.mark.parametrize("value", ["café", "cafe\u0301", "  café\t", "\u00a0café\u3000"])
def test_one_id_in_several_spellings_is_one_id(value):
    assert item(id=value).external_id == "café"


def test_case_tells_ids_apart():
    assert item(id="A").external_id != item(id="a").external_id


def test_without_an_id_column_equal_content_gets_an_equal_id():
    mapping = Mapping(content={"text": "t"})
    first, second, other = (item_of(mapping, t=text) for text in "aab")
    assert first.external_id == second.external_id != other.external_id
    assert len(first.external_id) == 40


CONTENT = {
    "missing": (None, "no content: column “content.input” empty or missing"),
    "blank": (" \n", "no content"),
    "a list": (["a"], "must be a text, a number or a boolean, not a list"),
    "above a megabyte": ("x" * 1_048_577, "longer than 1 MB"),
    "above a megabyte in bytes": ("é" * 600_000, "longer than 1 MB"),
}


@pytest.mark.parametrize(("value", "reason"), CONTENT.values(), ids=CONTENT.keys())
def test_content_that_cannot_be_shown_is_refused(value, reason):
    assert reason in why(content={"input": value})


def test_content_stays_exactly_as_it_was():
    text = "  e\u0301 👩\u200d🚀\r\n\u202eabc "
    assert item(content={"input": text}).content == {"input": text}
    assert item(content={"input": 5}).content == {"input": "5"}


def test_an_item_of_more_than_two_megabytes_is_refused():
    mapping = Mapping(content={name: name for name in "abc"})
    row = Row(1, {"id": "x"} | dict.fromkeys("abc", "x" * 1_000_000))
    assert apply(mapping, row) == Refusal(1, "the content is larger than 2 MB")


def test_one_empty_field_beside_a_full_one_is_fine():
    mapping = Mapping(content={"a": "a", "b": "b"})
    assert item_of(mapping, a="text").content == {"a": "text", "b": ""}


MOMENTS = {
    "2026-09-07": "2026-09-07T00:00:00+00:00",
    "2026-09-07 08:30": "2026-09-07T08:30:00+00:00",
    "2026-09-07T08:30:00Z": "2026-09-07T08:30:00+00:00",
    " 2026-09-07T08:30:00.123456789Z ": "2026-09-07T08:30:00.123456+00:00",
    "2026-09-07T08:30:00+14:00": "2026-09-06T18:30:00+00:00",
    "2026-03-29T02:30:00": "2026-03-29T02:30:00+00:00",
}


@pytest.mark.parametrize(("text", "expected"), MOMENTS.items())
def test_a_moment_is_read_in_utc_and_without_a_zone_taken_as_utc(text, expected):
    assert item(at=text).occurred_at.isoformat() == expected


NO_MOMENTS = {
    "9999-12-31T23:59:60Z": "in the year 9999",
    "2026-12-31T23:59:60Z": "leap second",
    "0000-01-01": "in the year 0000",
    "0001-01-01T00:00:00+14:00": "in the year 0001",
    "1969-12-31": "in the year 1969",
    "2026-02-30": "no time on the calendar",
    "2026-09-07T25:00:00": "no time on the calendar",
    "2026-09-07T08:30:00+15:00": "more than 14 hours from UTC",
    "\u0662\u0660\u0662\u0666-\u0660\u0669-\u0660\u0667": "must be an ISO 8601 time",
    "07/09/2026": "must be an ISO 8601 time",
    "2026-W37": "must be an ISO 8601 time",
    "-0": "must be an ISO 8601 time",
    "Infinity": "must be an ISO 8601 time",
    "yesterday": "must be an ISO 8601 time",
    1757203200: "not a number",
}


@pytest.mark.parametrize(("value", "reason"), NO_MOMENTS.items())
def test_what_is_no_moment_is_refused_with_its_column(value, reason):
    message = why(at=value)
    assert message.startswith("column “at” ")
    assert reason in message


@pytest.mark.parametrize("value", [0, 1, 0.5, "0", "1.0", "5e-1", " 0.25 "])
def test_a_confidence_from_0_to_1_is_taken(value):
    assert item(confidence=value).confidence == float(value)


@pytest.mark.parametrize(
    "value",
    [
        True,
        [0.5],
        "0x1",
        "1" * 400,
        "0_1",
        1.01,
        -0.1,
        -0.0,
        "-0",
        "1e999",
        "1e999999999",
        "nan",
        "Infinity",
        "95%",
        "\u0660.\u0665",
        "0,5",
        "x",
    ],
)
def test_any_other_confidence_is_refused_with_its_column(value):
    message = why(confidence=value)
    assert message.startswith("column “confidence” must be ")


@pytest.mark.parametrize("value", ["refund", 3, 0.5, False, ["a", "b"], {"label": "x", "n": [1]}])
def test_a_prediction_is_any_scalar_or_short_structure(value):
    assert item(prediction=value).prediction == value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (["x" * 10_001], "a structure of more than 9.77 KB"),
        (float(2**64), "more than 64 bits"),
        ({"a": [float(10**30)]}, "more than 64 bits"),
        ("x" * 1_048_577, "longer than 1 MB"),
        (float("nan"), "NaN"),
    ],
)
def test_a_prediction_that_cannot_be_kept_is_refused(value, reason):
    assert reason in why(prediction=value)


def test_attributes_are_texts():
    for value, text in ((True, "true"), (5, "5"), (0.5, "0.5"), ("x", "x")):
        assert item(attributes={"channel": value}).attributes == {"channel": text}
    for nothing in (None, ""):
        assert item(attributes={"channel": nothing}).attributes == {}


@pytest.mark.parametrize(
    ("value", "reason"),
    [("x" * 501, "longer than 500 characters"), ([1], "not a list"), (1e30, "64 bits")],
)
def test_an_attribute_that_is_no_short_scalar_is_refused(value, reason):
    message = why(attributes={"channel": value})
    assert message.startswith("column “attributes.channel” ")
    assert reason in message


@pytest.mark.parametrize("value", ["", "   ", 0.5, {"a": 1}])
def test_a_group_is_an_id_or_nothing(value):
    if value == "":
        assert item(user=value).group == ""
    else:
        assert why(user=value).startswith("column “user” ")


def test_a_model_version_has_at_most_100_characters():
    assert "longer than 100 characters" in why(model="v" * 101)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*FULL.columns(), "content", "attributes"]), json_values))
def test_any_row_is_an_item_or_a_reason(row):
    assert isinstance(apply(FULL, Row(1, row)), (ItemRow, Refusal))


def test_dotted_paths_find_nested_values_and_keys_with_dots():
    mapping = Mapping(content={"a": "x.y", "b": "x.y.z", "c": "p.q.r"})
    row = {"x.y": "flat", "x": {"y": {"z": "deep"}}, "p.q": {"r": "mixed"}}
    assert item_of(mapping, **row).content == {"a": "flat", "b": "deep", "c": "mixed"}
