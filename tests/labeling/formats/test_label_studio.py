from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.formats.label_studio import from_config
from labeling.formats.label_studio_writing import left_out, to_config
from labeling.formats.plain_xml import XmlError, read
from labeling.formats.rubric_files import RubricFileError
from labeling.policy.rubrics import gaps, problems
from labeling.services.rubric_starters import STARTERS

EVERYTHING = """<?xml version="1.0" encoding="utf-16"?>
<View style="display: flex">
  <Style>.a { color: red }</Style>
  <Header value="Read this first"/>
  <Text name="question" value="$question"/>
  <Text name="answer" value="$answer"/>
  <Header>Is it <b/> grounded?</Header>
  <Choices name="grounded" toName="answer" choice="single-radio" required="true">
    <Choice value="Yes" alias="yes"/><Choice value="No" alias="no"/>
  </Choices>
  <View visibleWhen="choice-selected" whenTagName="grounded" whenChoiceValue="No">
    <Choices name="What is wrong" toName="answer" choice="multiple">
      <Choice value="Made up" hint="It stands nowhere."/>
      <Choice value="Out of date" alias="Old!"/>
    </Choices>
  </View>
  <Header value="How good is it?"/>
  <Rating name="quality" toname="answer" maxRating="4"/>
  <Number name="delay" toName="question" min="0" max="1.5" step="0.25"/>
  <Taxonomy name="topic" toName="question" leafsOnly="true">
    <Choice value="Policy"><Choice value="Returns" alias="returns"/><Choice value="Other"/></Choice>
    <Choice value="Other"/>
  </Taxonomy>
  <Labels name="claims" toName="answer"><Label value="Unsupported" background="red"/></Labels>
  <TextArea name="why" toName="answer"/>
  <TextArea name="better" toName="answer" value="$answer" editable="true"/>
  <Pairwise name="pick" toName="one,other"/>
  <List name="results" value="$items"/>
  <Ranker name="order" toName="results"/>
  <Relations><Relation value="follows"/></Relations>
</View>"""


def asked(config: str) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in from_config(config, "R")["criteria"]}


def test_every_control_that_both_know_becomes_a_question():
    found = asked(EVERYTHING)
    assert {key: row["kind"] for key, row in found.items()} == {
        "grounded": "yes_no",
        "what-is-wrong": "several_choices",
        "quality": "ordinal",
        "delay": "number",
        "topic": "taxonomy",
        "claims": "spans",
        "why": "free_text",
        "better": "corrected_output",
        "pick": "preference",
        "order": "ranking",
    }
    assert found["quality"]["prompt"] == "How good is it?"
    assert (found["grounded"]["required"], found["why"]["required"]) == (True, False)
    assert [row["subject"] for row in found.values()][:5] == [
        "output", "output", "output", "input", "input",
    ]  # fmt: skip
    assert found["delay"]["terms"] == {"lowest": 0, "highest": 1.5, "decimals": 2}
    assert [option["key"] for option in found["quality"]["options"]] == ["1", "2", "3", "4"]
    assert found["better"]["terms"] == {"field": "answer"}
    assert found["claims"]["terms"] == {"field": "answer", "overlapping": True}


def test_options_keep_their_aliases_hints_and_conditions():
    found = asked(EVERYTHING)["what-is-wrong"]
    assert found["options"] == [
        {"key": "made-up", "label": "Made up", "description": "It stands nowhere."},
        {"key": "old", "label": "Out of date"},
    ]
    assert found["when"] == {"criterion": "grounded", "answers": ["no"]}


def test_a_tree_keeps_its_branches_and_every_key_once():
    tree = asked(EVERYTHING)["topic"]["taxonomy"]["nodes"]
    assert [(row["key"], row["parent"]) for row in tree] == [
        ("policy", None),
        ("returns", "policy"),
        ("other", "policy"),
        ("other-2", None),
    ]


def test_what_is_brought_in_is_sound():
    assert problems(from_config(EVERYTHING, "R")) == []


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (
            "<View>\n\n<RectangleLabels name='r' toName='i'/></View>",
            "Line 3: <RectangleLabels> 'r'",
        ),
        ("<View><DateTime name='d' toName='i'/></View>", "<DateTime> 'd' has no counterpart"),
        ("<View><TextArea name='t' toName='i' perRegion='true'/></View>", "each region"),
        ("<View><Choices name='c' toName='i' value='$c'/></View>", "from the data"),
        ("<View><Taxonomy name='c' toName='i' apiUrl='x'/></View>", "from an address"),
        ("<View><Choices name='c' toName='i'/></View>", "has no <Choice>"),
        ("<View><Choices toName='i'><Choice value='a'/></Choices></View>", "has no name"),
        ("<View><Choices name='c' toName='i'><Choice/></Choices></View>", "has no value"),
        ("<View><Rating name='r' toName='i' maxRating='²'/></View>", "maxRating"),
        ("<View><Number name='n' toName='i' min='low'/></View>", "needs a number as its min"),
        ("<View><Ranker name='r' toName='l'><Bucket/></Ranker></View>", "buckets"),
        (
            "<View><TextArea name='t' toName='i' visibleWhen='region-selected'/></View>",
            "under a condition",
        ),
        (
            "<View><TextArea name='t' toName='i' visibleWhen='choice-selected'"
            " whenTagName='x'/></View>",
            "after a question that is not there",
        ),
        ("<View><TextArea name='t' toName='i'/><TextArea name='t' toName='i'/></View>", "the name"),
        ("<View/>", "nothing in this configuration"),
        ("<Choices/>", "begins with <View>"),
        ("<View>", "Line 1: no element found"),
        ("<View>\n</Viev>", "Line 2: mismatched tag"),
    ],
)
def test_what_cannot_be_read_names_the_tag_and_the_line(config, said):
    with pytest.raises(RubricFileError) as refused:
        from_config(config, "R")
    assert said in str(refused.value)


LAUGHS = """<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<View><Header value="&b;"/></View>"""


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS,
        '<!DOCTYPE v SYSTEM "http://127.0.0.1/x.dtd"><View/>',
        "<View>" * 100 + "</View>" * 100,
        "<View>" + "<View/>" * 10_001 + "</View>",
        "<View>" + " " * 1_000_001 + "</View>",
    ],
    ids=["entities", "document type", "deep", "many", "large"],
)
def test_xml_that_could_blow_up_is_refused(text):
    with pytest.raises(XmlError):
        read(text)


LABELS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp")), min_size=1
).filter(lambda text: text == text.strip() and "," not in text and not text.startswith("$"))
KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda key: key not in ("yes", "no", "none_of_these")
)


def options(at_least: int = 2) -> st.SearchStrategy[list[dict[str, str]]]:
    """Options whose keys and labels are each used once."""
    pairs = st.tuples(KEYS, LABELS)
    several = st.lists(
        pairs, min_size=at_least, max_size=5, unique_by=(lambda one: one[0], lambda one: one[1])
    )
    return several.map(lambda rows: [{"key": key, "label": label} for key, label in rows])


def scale(most: int) -> list[dict[str, str]]:
    return [{"key": str(step), "label": str(step)} for step in range(1, most + 1)]


def tree(rows: list[dict[str, str]]) -> dict[str, Any]:
    """The first label at the top, and the others below it."""
    parents = [None, *[rows[0]["key"]] * (len(rows) - 1)]
    nodes = [{**row, "parent": parent} for row, parent in zip(rows, parents, strict=True)]
    return {"name": "tree", "nodes": nodes}


NO_TIES = {"strength": False, "tie": False, "both_bad": False}
TEXT_ABOUT = {"subject": st.sampled_from(["input", "output"])}
KINDS: list[dict[str, st.SearchStrategy[Any]]] = [
    {"kind": st.just("single_choice"), "options": options(), **TEXT_ABOUT},
    {"kind": st.just("several_choices"), "options": options(), **TEXT_ABOUT},
    {"kind": st.just("yes_no"), **TEXT_ABOUT},
    {"kind": st.just("ordinal"), "options": st.integers(2, 9).map(scale), **TEXT_ABOUT},
    {
        "kind": st.just("number"),
        "terms": st.just({"lowest": -2, "highest": 7.5, "decimals": 3}),
        **TEXT_ABOUT,
    },
    {"kind": st.just("taxonomy"), "taxonomy": options().map(tree), **TEXT_ABOUT},
    {"kind": st.just("free_text"), **TEXT_ABOUT},
    {"kind": st.just("corrected_output"), **TEXT_ABOUT},
    {
        "kind": st.just("spans"),
        "options": options(1),
        "terms": st.just({"overlapping": True}),
        **TEXT_ABOUT,
    },
    {"kind": st.just("preference"), "subject": st.just("pair"), "terms": st.just(NO_TIES)},
    {"kind": st.just("ranking"), "subject": st.just("pair")},
]


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Rubrics that say nothing that has no place in a configuration."""
    criteria: list[dict[str, Any]] = []
    for key in draw(st.lists(KEYS, min_size=1, max_size=4, unique=True)):
        said = draw(st.sampled_from(KINDS).flatmap(st.fixed_dictionaries))
        about = {"prompt": draw(LABELS), "help": "", "cannot_tell": False}
        row = {"key": key, **about, "required": draw(st.booleans()), **said}
        if row["kind"] == "taxonomy":
            row["taxonomy"] = row["taxonomy"] | {"name": key}
        above = criteria[-1] if criteria else None
        if above and above["kind"] == "single_choice" and draw(st.booleans()):
            row["when"] = {"criterion": above["key"], "answers": [above["options"][0]["key"]]}
        criteria.append(row)
    return {"name": "R", "guidance": "", "criteria": criteria}


@settings(max_examples=60, deadline=None)
@given(documents())
def test_what_goes_out_whole_comes_in_the_same(document):
    assert left_out(document) == []
    assert from_config(to_config(document), "R") == document


WHOLE = [
    name
    for name, starter in sorted(STARTERS.items())
    if not gaps(starter.document())  # neither without a question nor without its taxonomy
]


@pytest.mark.parametrize("starter", WHOLE)
def test_every_template_of_ours_goes_out_and_comes_in_again(starter):
    document = STARTERS[starter].document()
    back = from_config(to_config(document), document["name"])
    assert [row["key"] for row in back["criteria"]] == [row["key"] for row in document["criteria"]]
    assert problems(back) == []


def test_what_has_no_place_there_is_listed():
    scale_row = {
        "key": "quality",
        "kind": "ordinal",
        "prompt": "How good?",
        "help": "Be fair.",
        "options": [{"key": "1", "label": "Bad", "examples": ["x"]}, {"key": "2", "label": "Good"}],
        "critical": True,
        "distance": "nominal",
    }
    document = {"guidance": "Read.", "translations": {"de": {}}, "criteria": [scale_row]}
    document["notes"] = [{"criterion": "quality", "text": "Length is no quality."}]
    assert [(one.criterion, one.lost.value) for one in left_out(document)] == [
        ("", "guidance"),
        ("", "notes"),
        ("", "translations"),
        ("quality", "help"),
        ("quality", "cannot_tell"),
        ("quality", "examples"),
        ("quality", "anchors"),
        ("quality", "marks"),
        ("quality", "distance"),
    ]


def test_characters_that_xml_cannot_hold_are_left_out():
    row = {"key": "k", "kind": "single_choice", "prompt": "Is <it>\x08 \uffff fine?"}
    row["options"] = [
        {"key": "a", "label": "A & \ud7ff"},
        {"key": "b", "label": "B\n", "description": "x\ny"},
    ]
    back = from_config(to_config({"criteria": [row]}), "R")["criteria"][0]
    assert back["prompt"] == "Is <it>  fine?"
    assert back["options"][1]["description"] == "x\ny"
