from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.formats.rubric_files import RubricFileError, digest_of, parse, to_json, to_yaml
from labeling.forms.rubric_rows import document_rows, typed_rows, without_blanks, written
from labeling.policy.rubrics import problems

words = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)
lines = st.lists(words, max_size=3)


def option(key: str, label: str, description: str, examples: list[str]) -> dict[str, Any]:
    return {"key": key, "label": label, "description": description, "examples": examples}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Sound documents as the form writes them, with a translation of one option."""
    criteria = []
    for number in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(["single_choice", "ordinal", "yes_no", "free_text"]))
        criterion: dict[str, Any] = {
            "key": f"question-{number}",
            "kind": kind,
            "subject": draw(st.sampled_from(["input", "output", "pair"])),
            "prompt": draw(words),
            "help": draw(words),
            "required": draw(st.booleans()),
            "cannot_tell": draw(st.booleans()),
        }
        if kind in {"single_choice", "ordinal"}:
            criterion["options"] = [
                option(f"option-{place}", draw(words), draw(words), draw(lines))
                for place in range(2)
            ]
            wording = {"options": {"option-1": {"label": draw(words)}}}
            criterion["translations"] = {"de": {"prompt": draw(words), **wording}}
        criteria.append(criterion)
    document: dict[str, Any] = {"name": draw(words), "guidance": draw(words), "criteria": criteria}
    if any("translations" in criterion for criterion in criteria):
        document["translations"] = {"de": draw(st.sampled_from([{}, {"guidance": "Lesen"}]))}
    return document


@given(documents())
def test_a_document_survives_its_files(document):
    assert problems(document) == []
    assert parse(to_yaml(document)) == document
    assert parse(to_json(document)) == document


@given(documents())
def test_a_document_survives_the_form(document):
    top = document_rows(document)
    assert written(top) == document
    sent = {name: str(value) for name, value in top.values.items()}
    for number, row in enumerate(top.rows):
        place = f"criteria.{number}."
        sent |= {place + name: str(value) for name, value in row.values.items() if value}
        for place_of_option, below in enumerate(row.rows):
            start = f"{place}options.{place_of_option}."
            sent |= {start + name: str(value) for name, value in below.values.items()}
    assert written(without_blanks(typed_rows(sent))) == document


@given(st.text(max_size=300))
def test_any_text_is_a_document_or_refused(text):
    try:
        document = parse(text)
    except RubricFileError:
        return
    problems(document)


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [1, 2]\nb: *x",
        "!!python/object/apply:os.system ['ls']",
        "[" * 5_000,
        "{" * 5_000,
        "x" * 2_000_001,
        "just words",
        "- a\n- b",
        "a: \x00",
    ],
)
def test_what_is_no_rubric_or_would_harm_is_refused(text):
    with pytest.raises(RubricFileError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("name: A\nname: B", "the key 'name' stands twice"),
        ('{"criteria": [{"key": "a", "key": "b"}]}', "the key 'key' stands twice"),
        ("name: A\n" + "x: 1\n" * 10_000, "the key 'x' stands twice"),
        ("[" * 30_000, "nested too deeply"),
        ("a: [" + "1," * 600_000 + "]", "too many values"),
        ("name: " + "9" * 5_000, "a number that cannot be read"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_words(text, why):
    with pytest.raises(RubricFileError, match=why):
        parse(text)


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=80)
)
def test_a_text_survives_yaml_whatever_its_lines(text):
    assert parse(to_yaml({"guidance": text})) == {"guidance": text}


def test_guidance_of_several_lines_can_be_read_in_the_file():
    assert "guidance: |-\n  First\n\n  Second" in to_yaml({"guidance": "First\n\nSecond"})


def test_a_day_stays_the_text_it_was():
    assert parse("name: 2026-11-02")["name"] == "2026-11-02"


def test_the_digest_follows_the_meaning_and_not_the_name():
    document = {"name": "A", "guidance": "Read.", "criteria": []}
    assert digest_of(document) == digest_of({**document, "name": "B"})
    assert digest_of(document) != digest_of({**document, "guidance": "Look."})
