from __future__ import annotations

import csv
import datetime as dt
import hashlib
import re
from itertools import islice
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.formats.reading import read_rows
from labeling.formats.rows import Format, FormatError, Kind
from labeling.formats.sniffing import sniff
from labeling.formats.spreadsheet import protect, unprotect
from labeling.formats.writing import OutColumn, Profile, open_writer
from tests.labeling.formats.files import only_rows, values

# All planes, without what no text column can hold: surrogates and NUL.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
formulas = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "'", "''", '"', " ", "\u00a0", "\ufeff", "\u200b", "'\""]),
        st.sampled_from("=+-@\uff1d\uff0b\uff0d\uff20\ufe66\t\r\n"),
        texts,
    ),
)
cells = texts | formulas
names = st.lists(cells.filter(bool), min_size=1, max_size=4, unique=True)


def write(folder, file_format, rows, columns=("a",), profile=Profile.RAW):
    path = folder / f"{uuid4().hex}.{file_format}"
    with open_writer(path, file_format, columns, profile) as writer:
        writer.write(rows)
    return path, writer.written


@st.composite
def tables(draw):
    columns = draw(names)
    rows = st.fixed_dictionaries(dict.fromkeys(columns, cells))
    return columns, draw(st.lists(rows, max_size=5))


@pytest.mark.parametrize(
    ("file_format", "profile"),
    [
        (Format.JSON_LINES, Profile.RAW),
        (Format.CSV, Profile.RAW),
        (Format.CSV, Profile.SPREADSHEET),
    ],
)
@settings(max_examples=200)
@given(table=tables())
def test_what_is_written_is_read_again_equal(tmp_path_factory, file_format, profile, table):
    columns, rows = table
    folder = tmp_path_factory.mktemp("round", numbered=True)
    path, written = write(folder, file_format, rows, columns, profile)
    if rows:
        assert sniff(path, path.name) is file_format
    assert values(list(read_rows(path, file_format))) == rows
    assert written.rows == len(rows)


@settings(max_examples=5, deadline=None)
@given(table=tables())
def test_parquet_comes_back_equal(tmp_path_factory, table):
    columns, rows = table
    path, _ = write(tmp_path_factory.mktemp("round"), Format.PARQUET, rows, columns)
    assert values(list(read_rows(path, Format.PARQUET))) == rows


DANGEROUS = [
    *('=HYPERLINK("http://x","y")', "=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0"),
    *("\t=1", "\r=1", "\n=1", "\tx"),
    *("\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x", "\ufe661"),
    *('"=1', "'=1", " =1", "\u00a0=1", "“=1"),
]


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_formula_is_text_to_a_spreadsheet_in_cells_and_headers(tmp_path, text):
    path, _ = write(tmp_path, Format.CSV, [{text: text}], [text], Profile.SPREADSHEET)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        assert list(csv.reader(stream)) == [["'" + text], ["'" + text]]


@pytest.mark.parametrize("text", ["", "plain", "a=b", "it's", "'quoted'", "1-2", "é", "'"])
def test_a_harmless_text_is_left_alone(text):
    assert protect(text) == text


@given(cells)
def test_every_protected_text_comes_back_and_starts_harmless(text):
    protected = protect(text)
    assert unprotect(protected) == text
    assert not re.match("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]", protected)


def test_numbers_stay_numbers_and_nothing_is_empty(tmp_path):
    columns = ["number", "whole", "flag", "none", "list", "at"]
    at = dt.datetime(2026, 9, 7, tzinfo=dt.UTC)
    row = {"number": -0.5, "whole": -3, "flag": True, "none": None, "list": [1, "x"], "at": at}
    path, _ = write(tmp_path, Format.CSV, [row], columns, Profile.SPREADSHEET)
    assert path.read_bytes().decode("utf-8-sig").splitlines()[1] == (
        '-0.5,-3,true,,"[1,""x""]",2026-09-07T00:00:00+00:00'
    )


def test_json_lines_keep_structures_and_only_the_columns_asked_for(tmp_path):
    path, _ = write(tmp_path, Format.JSON_LINES, [{"b": [1], "x": 0}], ["a", "b"])
    assert path.read_text() == '{"a":null,"b":[1]}\n'


def test_parquet_columns_are_typed_and_written_in_groups(tmp_path):
    columns = [
        "text",
        OutColumn("number", Kind.NUMBER),
        OutColumn("whole", Kind.WHOLE),
        OutColumn("flag", Kind.BOOLEAN),
        OutColumn("at", Kind.TIME),
    ]
    at = dt.datetime(2026, 9, 7, tzinfo=dt.UTC)
    row = {"text": ["as", "json"], "number": 1.5, "whole": 2, "flag": False, "at": at}
    path, _ = write(tmp_path, Format.PARQUET, [row, {}] * 6_000, columns)
    first, empty = islice(only_rows(read_rows(path, Format.PARQUET)), 2)
    assert first.values == row | {"text": '["as","json"]', "at": "2026-09-07T00:00:00+00:00"}
    assert set(empty.values.values()) == {None}
    assert pq.read_metadata(path).num_row_groups == 3


@pytest.mark.parametrize("file_format", [Format.JSON_LINES, Format.CSV, Format.PARQUET])
def test_the_manifest_tells_count_size_and_digest(tmp_path, file_format):
    path, written = write(tmp_path, file_format, ({"a": str(n)} for n in range(10)))
    content = path.read_bytes()
    assert written == (10, len(content), hashlib.sha256(content).hexdigest())


def fail_while_writing(path, file_format):
    with open_writer(path, file_format, ["a"]) as writer:
        writer.write([{"a": "x"}])
        raise RuntimeError


@pytest.mark.parametrize("file_format", [Format.JSON_LINES, Format.CSV, Format.PARQUET])
def test_a_file_that_was_not_finished_is_not_there(tmp_path, file_format):
    path = tmp_path / "export"
    path.write_text("the one before")
    with pytest.raises(RuntimeError):
        fail_while_writing(path, file_format)
    assert path.read_text() == "the one before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("file_format", [Format.JSON_LINES, Format.CSV, Format.PARQUET])
def test_a_file_without_rows_is_a_file(tmp_path, file_format):
    path, written = write(tmp_path, file_format, [])
    assert written.rows == 0
    assert list(read_rows(path, file_format)) == []


@pytest.mark.parametrize("columns", [[], [""], ["a", "a"]])
def test_columns_need_names_of_their_own(tmp_path, columns):
    with pytest.raises(FormatError, match="names"):
        open_writer(tmp_path / "x", Format.CSV, columns)


def test_an_array_is_read_but_not_written(tmp_path):
    with pytest.raises(FormatError, match="JSON lines, CSV or Parquet"):
        open_writer(tmp_path / "x", Format.JSON_ARRAY, ["a"])


def test_a_value_that_does_not_fit_leaves_no_file(tmp_path):
    for file_format, value in ((Format.PARQUET, "x"), (Format.JSON_LINES, {1, 2})):
        with pytest.raises(FormatError):
            write(tmp_path, file_format, [{"n": value}], [OutColumn("n", Kind.WHOLE)])
    assert list(tmp_path.iterdir()) == []
