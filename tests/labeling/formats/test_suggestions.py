"""The columns of a file: what a preview shows of them and which are suggested for what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.formats.columns import MISSING, columns_of, preview, value_at
from labeling.formats.mapping import ItemRow, Mapping, apply
from labeling.formats.reading import read_rows
from labeling.formats.rows import Format, Kind, Row
from labeling.formats.suggestions import gives_away, suggest
from tests.labeling.formats.files import make_file, only_rows


@given(st.dictionaries(st.text("ab.", min_size=1), st.dictionaries(st.text("ab."), st.text())))
def test_every_column_a_preview_names_can_be_found(row):
    for column in columns_of([Row(1, row)]):
        assert value_at(row, column.path) is not MISSING


def test_a_preview_shows_columns_kinds_and_samples(tmp_path):
    rows = [
        '{"content":{"input":"hi"},"n":1,"ok":true,"at":"2026-09-07T00:00:00Z","tags":["x"]}',
        "broken",
        '{"content":{"input":"ho"},"n":2.5,"ok":null,"at":"2026-09-08","new":"' + "y" * 300 + '"}',
    ]
    seen = preview(make_file(tmp_path, "\n".join(rows)), Format.JSON_LINES)
    assert seen.rows == 2
    assert [refusal.line for refusal in seen.refusals] == [2]
    assert {column.path: column.kind for column in seen.columns} == {
        "content.input": Kind.TEXT,
        "n": Kind.NUMBER,
        "ok": Kind.BOOLEAN,
        "at": Kind.TIME,
        "tags": Kind.TEXT,
        "new": Kind.TEXT,
    }
    by_path = {column.path: column for column in seen.columns}
    assert by_path["content.input"].samples == ["hi", "ho"]
    assert (by_path["ok"].filled, by_path["tags"].samples) == (1, ["['x']"])
    assert len(by_path["new"].samples[0]) == 200


def test_a_preview_of_a_table_guesses_from_text(tmp_path):
    content = "n,flag,at,text\n-1.5,true,2026-09-07,a\n2,false,,\n"
    seen = preview(make_file(tmp_path, content), Format.CSV, n=2)
    assert [column.kind for column in seen.columns] == ["number", "boolean", "time", "text"]


HIDDEN = (
    "label answer gold truth is_gold Labels gold_label ground_truth expected_answer category "
    "intent attributes.label judge_gpt35 true_label target"
)
OPEN = "text input channel region predicted_domain length app response1 id labelled_by_nobody"


@pytest.mark.parametrize("column", HIDDEN.split())
def test_a_column_that_gives_the_answer_away_is_never_suggested(column):
    assert gives_away(column)
    assert column not in suggest(["id", "text", column]).columns()


@pytest.mark.parametrize("column", OPEN.split())
def test_an_ordinary_column_gives_nothing_away(column):
    assert not gives_away(column)


def test_names_are_made_fit_and_kept_apart():
    mapping = suggest(["ID", "Text", "My Channel", "my-channel", "1st", "ü"])
    assert mapping.external_id == "ID"
    assert mapping.content == {"Text": "Text"}
    assert mapping.attributes == {
        "My_Channel": "My Channel",
        "my_channel": "my-channel",
        "column_1st": "1st",
        "column": "ü",
    }
    assert mapping.problems() == []


def test_names_that_would_be_equal_get_a_number():
    assert suggest(["text", "a b", "a-b"]).attributes == {"a_b": "a b", "a_b_2": "a-b"}


SUGGESTED = {
    "clinc_traffic.jsonl": Mapping(
        external_id="external_id",
        content={"input": "content.input"},
        attributes={
            name: f"attributes.{name}"
            for name in ("channel", "region", "length", "predicted_domain")
        },
        prediction="prediction",
        confidence="confidence",
        occurred_at="occurred_at",
        model_version="model_version",
    ),
    "pandalm_items.csv": Mapping(
        external_id="item",
        content={name: name for name in ("instruction", "input", "response1", "response2")},
        attributes={"app": "app", "cmp": "cmp"},
    ),
    "banking77.csv": Mapping(content={"text": "text"}, attributes={"split": "split"}),
}


@pytest.mark.parametrize(("name", "mapping"), SUGGESTED.items(), ids=SUGGESTED.keys())
def test_real_files_are_mapped_without_help(shared_data, name, mapping):
    file_format = Format.CSV if name.endswith("csv") else Format.JSON_LINES
    path = shared_data / name
    assert suggest(column.path for column in preview(path, file_format).columns) == mapping
    items = [apply(mapping, row) for row in only_rows(read_rows(path, file_format))]
    assert all(isinstance(item, ItemRow) for item in items)
