from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from evaluation.policy.parts import Columns, all_parts, branches, mask_of
from evaluation.policy.slices import matches, parse
from labeling.stats.taxonomy import Tree

TREE = Tree.of([("money", None), ("refund", "money"), ("fee", "money"), ("new", None)])
START = datetime(2026, 9, 1, tzinfo=UTC)
TIMES = st.none() | st.integers(0, 3).map(lambda day: START + timedelta(days=day))
ROWS = st.tuples(
    st.sampled_from([*TREE.keys, "unheard of"]),
    st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(["x", "y", ""])),
    TIMES,
    st.sampled_from(["v1", "v2"]),
)
TEXTS = st.sampled_from(["is", "is_not"])
AFTER = (START + timedelta(days=1)).isoformat()
CONDITIONS = st.one_of(
    st.builds(
        lambda field, operator, value: {"field": field, "operator": operator, "value": value},
        st.sampled_from(["attributes.a", "attributes.b", "model_version"]),
        TEXTS,
        st.sampled_from(["x", "y", "v1"]),
    ),
    st.builds(
        lambda operator, value: {"field": "reference", "operator": operator, "value": value},
        TEXTS,
        st.sampled_from(TREE.keys),
    ),
    st.sampled_from(["before", "after"]).map(
        lambda operator: {"field": "occurred_at", "operator": operator, "value": AFTER}
    ),
)


def columns_of(rows) -> Columns:
    return Columns(*map(list, zip(*rows, strict=True)), TREE)  # type: ignore[call-arg]


@given(st.lists(ROWS, min_size=1, max_size=12), st.lists(CONDITIONS, max_size=3))
def test_columns_say_what_looking_at_each_row_says(rows, conditions):
    slice_ = parse(conditions)
    columns = columns_of(rows)
    expected = [
        matches(
            slice_,
            SimpleNamespace(attributes=attributes, occurred_at=at, model_version=version),
            columns.path(reference),
        )
        for reference, attributes, at, version in rows
    ]
    assert mask_of(slice_, columns).tolist() == expected


def test_branches_are_the_top_labels_that_a_reference_lies_under():
    rows = [("fee", {}, None, ""), ("refund", {}, None, "")]
    assert [part.name for part in branches(columns_of(rows))] == ["money"]
    assert branches(Columns(["fee"], [{}], [None], [""])) == []


def test_an_attribute_that_parts_nothing_makes_no_parts():
    every = [
        ("fee", {"id": str(at), "same": "x", "some": str(at % 2)}, None, "") for at in range(40)
    ]
    names = [part.name for part in all_parts(columns_of(every), [])]
    assert names == ["money", "some: 0", "some: 1"]
