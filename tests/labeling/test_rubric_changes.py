from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.policy.rubric_changes import Change, Kind, Part, Touch, changes, values_of
from labeling.policy.rubric_places import flat

KEYS = ("refund", "delivery", "other", "praise", "spam")


def options(*keys: str, **replaces: str) -> list[dict[str, Any]]:
    """Options by key; `late="delivery"` says that the option late replaces delivery."""
    rows: list[dict[str, Any]] = []
    for key in keys:
        row: dict[str, Any] = {"key": key, "label": key.title()}
        if key in replaces:
            row["replaces"] = replaces[key].split()
        rows.append(row)
    return rows


def choice(*keys: str, **fields: Any) -> dict[str, Any]:
    defaults = {"key": "topic", "kind": "single_choice", "prompt": "What is it about?"}
    return {**defaults, "options": options(*(keys or KEYS[:3])), **fields}


def scale(*keys: str) -> dict[str, Any]:
    return choice(*keys, kind="ordinal")


def tree(**parents: str | None) -> dict[str, Any]:
    nodes = [{"key": key, "parent": up, "label": key.title()} for key, up in parents.items()]
    taxonomy = {"name": "Intents", "nodes": nodes}
    return {"key": "topic", "kind": "taxonomy", "prompt": "Which?", "taxonomy": taxonomy}


def between(old: Any, new: Any) -> list[Change]:
    documents = [
        row if isinstance(row, dict) and "criteria" in row else {"criteria": [row]}
        for row in (old, new)
    ]
    return changes(*documents)


def told(old: Any, new: Any) -> list[str]:
    return [change.ident for change in between(old, new)]


@pytest.mark.parametrize(
    ("old", "new", "ident", "is_meaning"),
    [
        (choice(), choice(prompt="Why?"), "topic.criterion.wording.prompt", False),
        (choice(), choice(help="Think."), "topic.criterion.wording.help", False),
        (choice(), choice(required=False), "topic.criterion.setting.required", False),
        (choice(), choice(cannot_tell=False), "topic.criterion.setting.cannot_tell", True),
        (choice(), choice(terms={"most": 2}), "topic.criterion.setting.terms", True),
        (choice(), choice(when={"criterion": "a"}), "topic.criterion.setting.when", True),
        (choice(), choice(subject="output"), "topic.criterion.subject.subject", True),
        (choice(), choice(kind="ordinal"), "topic.criterion.kind.kind", True),
        (choice(), choice(*KEYS[:4]), "topic.option.added.praise", True),
        (choice(), choice(*KEYS[:2]), "topic.option.removed.other", True),
        (choice("a", "b"), choice("b", "a"), "topic.criterion.moved.options", False),
        (scale("1", "2"), scale("1", "2", "3"), "topic.option.rescaled.scale", True),
        (scale("1", "2"), scale("2", "1"), "topic.option.rescaled.scale", True),
        (tree(a=None), tree(a=None, b="a"), "topic.node.added.labels", True),
        (tree(a=None, b="a"), tree(a=None), "topic.node.removed.labels", True),
        (tree(a=None, b="a"), tree(a=None, b=None), "topic.node.moved.labels.parent", True),
    ],
)
def test_a_change_is_told_by_its_kind(old, new, ident, is_meaning):
    (change,) = between(old, new)
    assert change.ident == ident
    assert change.is_meaning is is_meaning


def test_texts_of_an_option_or_a_label_are_told_apart():
    reworded = choice()
    reworded["options"][0] |= {"label": "Money back", "description": "Money."}
    assert told(choice(), reworded) == [
        "topic.option.renamed.refund",
        "topic.option.wording.refund.description",
    ]
    renamed = tree(a=None, b="a")
    renamed["taxonomy"]["nodes"][1]["label"] = "Bee"
    (change,) = between(tree(a=None, b="a"), renamed)
    assert (change.kind, change.keys, change.is_meaning) == (Kind.RENAMED, ("b",), False)


def test_what_replaces_what_makes_a_merge_a_split_or_another_key():
    merged = choice(options=options("other", "money", money="refund delivery"))
    split = choice(options=options("refund", "other", "late", "lost", late="delivery"))
    split["options"][3]["replaces"] = ["delivery"]
    renamed = choice(options=options("refund", "delivery", "rest", rest="other"))
    for new, kind, keys, into in [
        (merged, Kind.MERGED, ("refund", "delivery"), ("money",)),
        (split, Kind.SPLIT, ("delivery",), ("late", "lost")),
        (renamed, Kind.RENAMED, ("other",), ("rest",)),
    ]:
        (change,) = between(choice(), new)
        assert (change.kind, change.keys, change.into) == (kind, keys, into)


def test_an_option_can_be_split_off_and_another_merged_into_a_kept_one():
    off = choice(options=options(*KEYS[:4], praise="other"))
    (change,) = between(choice(), off)
    assert (change.kind, change.keys, change.into) == (Kind.SPLIT, ("other",), ("other", "praise"))
    into = choice(options=options("refund", "other", other="delivery"))
    (change,) = between(choice(), into)
    assert (change.kind, change.keys, change.into) == (Kind.MERGED, ("delivery",), ("other",))


def test_what_an_earlier_version_replaced_is_no_change_in_the_next():
    off = choice(options=options(*KEYS[:4], praise="other"))
    assert told(off, off) == []
    assert told(off, {**off, "prompt": "Why?"}) == ["topic.criterion.wording.prompt"]


def test_removed_labels_name_the_nearest_label_that_is_still_there():
    (change,) = between(tree(a=None, b="a", c="b", d=None), tree(a=None))
    assert (change.keys, change.into) == (("b", "c", "d"), ("a",))


def test_another_kind_is_one_change_with_all_the_values_it_is_about():
    yes_no = {"key": "topic", "kind": "yes_no", "prompt": "What is it about?"}
    (change,) = between(choice("a", "b"), yes_no)
    assert (change.keys, change.into) == (("a", "b"), ("yes", "no"))


def test_criteria_guidance_and_their_order_are_parts_of_the_rubric():
    other = choice(key="tone")
    both = {"criteria": [choice(), other], "guidance": "Be fair."}
    assert told({"criteria": [choice()]}, both) == [
        "*.rubric.wording.guidance",
        "tone.criterion.added.tone",
    ]
    turned = both | {"criteria": [other, choice()], "translations": {"de": {"guidance": "Fair."}}}
    assert told(both, turned) == ["*.rubric.translation.de", "*.rubric.moved.criteria"]


def test_a_change_knows_the_answers_it_is_about():
    (removed,) = between(choice(), choice(*KEYS[:2]))
    (reworded,) = between(choice(), choice(prompt="Why?"))
    (added,) = between({"criteria": []}, choice())
    (guidance,) = between(choice(), {"criteria": [choice()], "guidance": "New."})
    assert removed.touches("topic", "other")
    assert not removed.touches("topic", "refund")
    assert not removed.touches("topic", None)
    assert reworded.touches("topic", None)
    assert not reworded.touches("tone", "refund")
    assert added.touch == Touch.NOTHING
    assert guidance.touches("tone", None)
    assert removed.touches("topic", '["refund","other"]')
    assert not removed.touches("topic", '["refund"]')


texts = st.sampled_from(["", "one", "two", "three"])


@st.composite
def criterion(draw: Any, key: str) -> dict[str, Any]:
    kind = draw(st.sampled_from(["single_choice", "ordinal", "yes_no", "taxonomy", "free_text"]))
    row: dict[str, Any] = {"key": key, "kind": kind, "prompt": draw(texts) or "What?"}
    row |= {"help": draw(texts), "subject": draw(st.sampled_from(["input", "output"]))}
    row |= {name: draw(st.booleans()) for name in ("required", "cannot_tell")}
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=4))
    if kind in ("single_choice", "ordinal"):
        row["options"] = [
            {
                "key": name,
                "label": draw(texts) or name,
                "description": draw(texts),
                "examples": draw(st.lists(texts.filter(bool), max_size=2)),
                "replaces": draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=2)),
            }
            for name in keys
        ]
    if kind == "taxonomy":
        nodes = [
            {
                "key": name,
                "parent": keys[place - 1] if place and draw(st.booleans()) else None,
                "deprecated": draw(st.booleans()),
                "replaces": draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=2)),
            }
            for place, name in enumerate(keys)
        ]
        row["taxonomy"] = {"name": draw(texts), "nodes": nodes}
    words = {"prompt": draw(texts), "options": {name: {"label": draw(texts)} for name in keys}}
    return row | {"translations": {"de": words} if draw(st.booleans()) else {}}


@st.composite
def documents(draw: Any) -> dict[str, Any]:
    keys = draw(st.permutations(["a", "b", "order"]))[: draw(st.integers(0, 3))]
    translations = {"es": {"guidance": draw(texts)}} if draw(st.booleans()) else {}
    criteria = [draw(criterion(key)) for key in keys]
    return {"guidance": draw(texts), "translations": translations, "criteria": criteria}


def orders(document: dict[str, Any]) -> dict[tuple[str, ...], list[str]]:
    found: dict[tuple[str, ...], list[str]] = {}
    found["criteria", "#order"] = [row["key"] for row in document["criteria"]]
    for row in document["criteria"]:
        keys = [option["key"] for option in row.get("options", [])]
        found["criteria", row["key"], "options", "#order"] = keys
    return found


@given(documents())
def test_a_document_does_not_differ_from_itself(document):
    assert changes(document, document) == []


@given(documents(), documents())
def test_every_place_that_differs_belongs_to_exactly_one_change(old, new):
    told_paths = [edit.path for change in changes(old, new) for edit in change.edits]
    before, after = flat(old), flat(new)
    differing = {
        path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
    }
    assert len(told_paths) == len(set(told_paths))
    assert {path for path in told_paths if path[-1] != "#order"} == differing


@given(documents(), documents())
def test_changes_applied_to_the_old_document_give_the_new_one(old, new):
    result = flat(old)
    for edit in (edit for change in changes(old, new) for edit in change.edits):
        if edit.path[-1] == "#order":
            continue
        assert result.pop(edit.path, None) == edit.old
        if edit.new is not None:
            result[edit.path] = edit.new
    assert result == flat(new)


@given(documents(), documents())
def test_a_change_has_one_name_and_keys_that_were_and_are_there(old, new):
    found = changes(old, new)
    assert len({change.ident for change in found}) == len(found)
    before = {row["key"]: set(values_of(row)) for row in old["criteria"]}
    after = {row["key"]: set(values_of(row)) for row in new["criteria"]}
    for change in found:
        assert set(change.keys) <= before.get(change.criterion, set())
        if change.part in (Part.OPTION, Part.NODE):
            assert set(change.into) <= after[change.criterion]


@given(documents(), documents())
def test_rows_that_stay_and_change_places_are_told_as_moved(old, new):
    moved = {edit.path for change in changes(old, new) for edit in change.edits}
    then, now = orders(old), orders(new)
    for place in then.keys() & now.keys():
        kept = [key for key in then[place] if key in now[place]]
        if place in moved:
            assert kept != [key for key in now[place] if key in then[place]]


@given(documents(), documents())
def test_every_value_that_is_gone_is_named_by_a_change(old, new):
    found = changes(old, new)
    later = {row["key"]: row for row in new["criteria"]}
    for row in old["criteria"]:
        kept = set(values_of(later[row["key"]])) if row["key"] in later else set()
        for value in set(values_of(row)) - kept:
            assert any(change.touches(row["key"], value) for change in found if change.is_meaning)
