from __future__ import annotations

import pytest

from labeling.formats.reading import read_rows
from labeling.formats.rows import Format, FormatError, Limits, Refusal, Row
from tests.labeling.formats.files import read, reasons, values


def read_csv(folder, content, **limits):
    return read(folder, content, Format.CSV, Limits(**limits))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_in_the_header(tmp_path, delimiter):
    content = delimiter.join(["id", '"a,b;c\td"', "text"]) + "\n" + delimiter.join("123") + "\n"
    assert values(read_csv(tmp_path, content)) == [{"id": "1", "a,b;c\td": "2", "text": "3"}]


def test_quoted_line_breaks_stay_in_the_cell_and_lines_are_counted(tmp_path):
    content = 'id,text\r\n1,"two\r\nlines ""quoted"""\r\n\r\n2,"lone\rCR"\r\n'
    assert read_csv(tmp_path, content) == [
        Row(2, {"id": "1", "text": 'two\r\nlines "quoted"'}),
        Row(5, {"id": "2", "text": "lone\rCR"}),
    ]


def test_a_cell_longer_than_the_csv_modules_own_limit_is_read(tmp_path):
    [row] = values(read_csv(tmp_path, "text\n" + "x" * 200_000 + "\n"))
    assert len(row["text"]) == 200_000


def test_a_cell_above_our_limit_is_refused_by_its_line(tmp_path):
    rows = read_csv(tmp_path, "text\nshort\n" + "x" * 3_000 + "\nlast\n", line_bytes=2_048)
    assert values(rows) == [{"text": "short"}, {"text": "last"}]
    assert reasons(rows) == ["line 3: longer than 2 KB"]


BAD_RECORDS = {
    "too few cells": (b"3", "has 1 cells where the header has 2"),
    "too many cells": (b"3," * 20_000 + b"3", "has 20,001 cells where the header has 2"),
    "text after a quote": (b'3,"x"y', "a quote is opened and not closed properly"),
    "NUL": (b"3,x\0y", "NUL"),
    "latin-1": ("3,é".encode("latin-1"), "not UTF-8 (byte 0xE9 at position 3)"),
    "a lone CR": (b"3,x\r4,y", "ends in CR alone"),
    "a surrogate in bytes": (b"3,\xed\xa0\x80", "not UTF-8"),
}


@pytest.mark.parametrize(("record", "why"), BAD_RECORDS.values(), ids=BAD_RECORDS.keys())
def test_a_bad_record_is_refused_and_its_neighbours_are_read(tmp_path, record, why):
    rows = read_csv(tmp_path, b"id,text\n1,a\n" + record + b"\n5,b\n")
    assert values(rows) == [{"id": "1", "text": "a"}, {"id": "5", "text": "b"}]
    [refused] = [row for row in rows if isinstance(row, Refusal)]
    assert refused.line == 3
    assert why in refused.reason


def test_a_quote_that_swallows_lines_says_which(tmp_path):
    rows = read_csv(tmp_path, 'id,text\n1,"open\n2,b\n3,"c"\n4,d\n')
    assert reasons(rows) == ["line 2: a quote is opened and not closed properly (lines 2 to 4)"]
    assert values(rows) == [{"id": "4", "text": "d"}]


def test_a_quote_open_at_the_end_of_the_file_is_refused(tmp_path):
    rows = read_csv(tmp_path, 'id,text\n1,a\n2,"open\n3,c\n')
    assert reasons(rows) == ["line 3: a quote is opened and not closed properly (lines 3 to 4)"]


def test_a_quote_that_swallows_too_much_ends_the_reading_with_a_reason(tmp_path):
    content = 'id,text\n1,a\n2,"open\n' + "3,c\n" * 1_000
    rows = read_csv(tmp_path, content, record_bytes=1_024)
    assert values(rows) == [{"id": "1", "text": "a"}]
    [reason] = reasons(rows)
    assert reason.startswith("line 3: a quote is opened here and not closed within 1 KB")


def test_a_column_without_a_name_gets_its_place_as_name(tmp_path):
    assert values(read_csv(tmp_path, ",text\n0,a\n")) == [{"column_1": "0", "text": "a"}]


BAD_HEADERS = {
    "a name twice": (b"id,text,id\n1,2,3\n", "names 'id' more than once"),
    "20,000 columns": (b",".join(b"c%d" % n for n in range(20_000)), "There are 20,000 columns"),
    "an open quote": (b'id,"text\n1,2\n', "a quote is opened"),
    "latin-1": ("id,größe\n".encode("latin-1"), "not UTF-8"),
    "NUL": (b"id,te\0xt\n", "NUL"),
    "one endless line": (b"x" * 1_100_000, "longer than 1 MB"),
    "CR line ends": (b"id,text\r1,a\r2,b\r", "ends in CR alone"),
}


@pytest.mark.parametrize(("content", "why"), BAD_HEADERS.values(), ids=BAD_HEADERS.keys())
def test_a_header_that_cannot_be_used_is_refused_as_a_whole(tmp_path, content, why):
    with pytest.raises(FormatError) as refusal:
        read_csv(tmp_path, content)
    assert why in str(refusal.value)


def test_an_apostrophe_is_taken_off_only_where_a_mark_says_spreadsheet(tmp_path):
    content = "'=a,b\n'=1+1,'plain\n"
    assert values(read_csv(tmp_path, content)) == [{"'=a": "'=1+1", "b": "'plain"}]
    assert values(read_csv(tmp_path, "\ufeff" + content)) == [{"=a": "=1+1", "b": "'plain"}]


def test_real_files_are_read_without_a_refusal(shared_data):
    for path in sorted(shared_data.glob("*.csv")):
        rows = list(read_rows(path, Format.CSV))
        assert len(rows) > 900, path.name
        assert all(isinstance(row, Row) for row in rows), path.name
