from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.formats.label_rows import KEY_CHARACTERS, LabelRow, TaxonomyError, slug
from labeling.formats.taxonomy_files import TaxonomyFormat, read_taxonomy, write_taxonomy
from labeling.policy.rubric_parts import KEY
from labeling.policy.rubrics import taxonomy_problems

JSON, YAML, CSV = TaxonomyFormat.JSON, TaxonomyFormat.YAML, TaxonomyFormat.CSV


def rows_of(content, taxonomy_format=JSON):
    if not isinstance(content, (str, bytes)):
        content = json.dumps(content)
    content = content if isinstance(content, bytes) else content.encode()
    return list(read_taxonomy(content, taxonomy_format).rows)


def why(content, taxonomy_format=JSON):
    with pytest.raises(TaxonomyError) as refusal:
        rows_of(content, taxonomy_format)
    return str(refusal.value)


TREE = [
    LabelRow("billing", "", "Billing"),
    LabelRow("refund", "billing", "Refund", ("money back", "return")),
    LabelRow("no", "", "no", (), "The answer no."),
]

SOURCES: dict[str, tuple[TaxonomyFormat, Any]] = {
    "nested JSON": (
        JSON,
        {
            "name": "intents",
            "children": [
                {
                    "name": "Billing",
                    "children": [{"name": "Refund", "synonyms": ["money back", "return"]}],
                },
                {"label": "no", "description": "The answer no."},
            ],
        },
    ),
    "flat JSON": (
        JSON,
        [
            {"key": "refund", "parent": "billing", "label": "Refund"}
            | {"synonyms": ["money back", "return"]},
            {"key": "billing", "parent": None, "label": "Billing"},
            {"key": "no", "label": "no", "description": "The answer no."},
        ],
    ),
    "nested YAML": (
        YAML,
        """
        children:
          - name: Billing
            children:
              - {key: refund, label: Refund, synonyms: [money back, return]}
          - label: no
            description: The answer no.
            synonyms: ~
        """,
    ),
    "CSV that names parents by key": (
        CSV,
        "Key,Parent,Label,Synonyms,Description\nbilling,,Billing,,\n"
        "refund,billing,Refund,money back|return,\nno,,no,,The answer no.\n",
    ),
    "CSV that names parents by label": (
        CSV,
        "parent;label;synonyms;description\n;Billing;;\n"
        "Billing;Refund;money back|return;\n;no;;The answer no.\n",
    ),
}


@pytest.mark.parametrize(("taxonomy_format", "content"), SOURCES.values(), ids=SOURCES.keys())
def test_every_format_gives_the_same_rows_parents_first(taxonomy_format, content):
    assert rows_of(content, taxonomy_format) == TREE


def test_children_may_be_plain_names_and_one_name_may_be_the_only_label():
    assert [row.key for row in rows_of({"name": "x", "children": ["a", "b"]})] == ["a", "b"]
    assert rows_of({"name": "Only"}) == [LabelRow("only", "", "Only")]


def test_a_top_node_with_a_key_is_a_label():
    assert [row.parent for row in rows_of({"key": "x", "label": "X", "children": ["a"]})] == [
        "",
        "x",
    ]


def test_keys_made_from_names_stay_apart_and_fit():
    under = [{"name": name, "children": ["Other"]} for name in ("Ä", "B")]
    keys = [row.key for row in rows_of({"children": [*under, "C", "C++", "日本", "x" * 200]})]
    assert keys[:5] == ["a", "other", "b", "b_other", "c"]
    assert keys[5].startswith("c_")
    assert keys[6].startswith("label_")
    assert len(set(keys)) == 8
    assert all(KEY.match(key) for key in keys)


@given(st.text(min_size=1))
def test_a_slug_is_a_key_and_always_the_same(text):
    assert KEY.match(slug(text))
    assert slug(text) == slug(text)
    assert len(slug(text)) <= KEY_CHARACTERS


BROKEN = {
    "a key twice": (
        [{"key": "a", "label": "x"}, {"key": "a", "label": "y"}],
        "'y'",
        "more than once",
    ),
    "a label four times": ({"children": ["a"] * 4}, "'a'", "twice under the same parent"),
    "a label twice": ({"name": "t", "children": ["a", "a"]}, "'a'", "twice under the same parent"),
    "an unknown parent": ([{"key": "a", "parent": "zz"}], "'a'", "no parent 'zz'"),
    "its own parent": (
        [{"key": "a", "parent": "a"}, {"key": "b"}],
        "'a'",
        "its own ancestor",
    ),
    "a circle": (
        [{"key": "a", "parent": "b"}, {"key": "b", "parent": "a"}, {"key": "c"}],
        "'a'",
        "its own ancestor",
    ),
    "a malformed key": ([{"key": "A b", "label": "x"}], "'x'", "is not a key"),
    "an empty label": ([{"key": "a", "children": [{"label": " "}]}], "Node 1 under 'a'", "empty"),
    "a long label": ([{"label": "x" * 201}], "Node 1 at the top", "longer than 200 characters"),
    "an invisible character": ([{"label": "a\u202eb"}], "Node 1", "invisible character"),
    "a number as label": ([{"label": 5}], "Node 1", "must be a text"),
    "a number as node": ({"name": "t", "children": [5]}, "Node 1", "neither a text nor an object"),
    "a number as key": ([{"key": 5, "label": "x"}], "Node 1", "key must be a text"),
    "children as text": ([{"label": "x", "children": "y"}], "'x'", "must be a list"),
    "synonyms as text": ([{"label": "x", "synonyms": "y"}], "'x'", "must be a list of texts"),
    "a bar in a synonym": ([{"label": "x", "synonyms": ["a|b"]}], "'x'", "“|”"),
    "a long description": ([{"label": "x", "description": "y" * 2_001}], "'x'", "over 2,000"),
    "no labels": ([], "", "no labels"),
    "too many labels": ([str(n) for n in range(5_001)], "", "more than 5,000"),
}


@pytest.mark.parametrize(("content", "node", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_tree_is_refused_by_its_node(content, node, reason):
    message = why(content)
    assert node in message
    assert reason in message


def test_a_tag_that_would_build_an_object_builds_nothing():
    assert rows_of("!!python/object/apply:os.system [id]", YAML) == [LabelRow("id", "", "id")]


def deep(levels):
    tree: dict[str, Any] = {"name": "leaf"}
    for level in range(levels):
        tree = {"name": f"level {level}", "children": [tree]}
    return tree


def test_a_tree_that_is_too_deep_is_refused():
    assert "more than 12 levels" in why(deep(14))
    chain = [{"key": f"k{n}", "parent": f"k{n - 1}" if n else ""} for n in range(14)]
    assert "more than 12 levels" in why(chain)


HOSTILE = {
    "aliases that multiply": (
        YAML,
        "a: &a [x, x]\nb: &b [*a, *a]\nchildren: [*b, *b]\n",
        "aliases",
    ),
    "deep flow lists": (YAML, "[" * 5_000, "nested"),
    "deep YAML": (YAML, "".join(f"{' ' * n}- \n" for n in range(60)) + " " * 60 + "- a", "nested"),
    "many values": (YAML, "[" + "a, " * 210_000 + "]", "too many values"),
    "broken YAML": (YAML, "a: [", "not valid YAML"),
    "a control character in YAML": (YAML, "- a\x07b", "not valid YAML"),
    "broken JSON": (JSON, "{", "not valid JSON"),
    "deep JSON": (JSON, "[" * 2_000 + "]" * 2_000, "not valid JSON"),
    "latin-1": (JSON, '["é"]'.encode("latin-1"), "not UTF-8"),
    "three megabytes": (JSON, b" " * 3_000_000, "larger than 2 MB"),
    "a broken row": (CSV, "key,label\na,b,c\n", "line 2: has 3 cells"),
}


@pytest.mark.parametrize(
    ("taxonomy_format", "content", "reason"), HOSTILE.values(), ids=HOSTILE.keys()
)
def test_a_hostile_file_is_refused(taxonomy_format, content, reason):
    assert reason in why(content, taxonomy_format)


@pytest.mark.parametrize("taxonomy_format", TaxonomyFormat)
def test_a_written_tree_is_read_again_equal(taxonomy_format):
    labels = ["=1+1", "-", "'=x", "~x", "true", "1e3", "ü😀", 'a"b,c', "x: y", "#x", "a\u200db"]
    gone = {"label": "gone", "deprecated": True, "replaces": ["x", "y-1"]}
    null = {"label": "null", "children": [*labels, gone]}
    source = {"children": [null, SOURCES["nested JSON"][1]]}
    tree = read_taxonomy(json.dumps(source).encode(), JSON)
    again = read_taxonomy(write_taxonomy(tree, taxonomy_format), taxonomy_format)
    assert again.rows == tree.rows
    assert [row.key for row in again.rows if row.deprecated and row.replaces] == ["gone"]


@pytest.mark.parametrize("taxonomy_format", TaxonomyFormat)
def test_the_real_tree_is_read_and_fits_the_policy(shared_data, taxonomy_format):
    tree = read_taxonomy((shared_data / "clinc_taxonomy.json").read_bytes(), JSON)
    assert tree.name == "intents"
    assert len(tree.rows) == 161
    assert LabelRow("freeze_account", "banking", "freeze_account") in tree.rows
    assert read_taxonomy(write_taxonomy(tree, taxonomy_format), taxonomy_format).rows == tree.rows
    nodes = [node | {"parent": node["parent"] or None} for node in tree.nodes()]
    assert taxonomy_problems(nodes) == []
