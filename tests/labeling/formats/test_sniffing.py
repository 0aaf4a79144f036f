from __future__ import annotations

import pytest

from labeling.formats.rows import Format, FormatError
from labeling.formats.sniffing import sniff
from tests.labeling.formats.files import make_file

KNOWN = {
    "objects by line": (b'{"a":1}\n{"a":2}\n', "x.jsonl", Format.JSON_LINES),
    "objects under another name": (b'{"a":1}\n', "x.csv", Format.JSON_LINES),
    "one object without a line end": (b'{"a":1}', "x", Format.JSON_LINES),
    "a first line that is broken": (b'{"a":\n{"a":2}\n', "x.jsonl", Format.JSON_LINES),
    "a first line that is text": (b'hello\n{"a":2}\n', "x.ndjson", Format.JSON_LINES),
    "an array": (b' \n[{"a":1}]', "x.json", Format.JSON_ARRAY),
    "an array after a mark": (b"\xef\xbb\xbf[]", "x.json", Format.JSON_ARRAY),
    "a table": (b"id,text\n1,a\n", "x.csv", Format.CSV),
    "a table with braces": (b"{id},text\n1,a\n", "x.csv", Format.CSV),
    "a table under no name": (b"id;text\n", "", Format.CSV),
    "a name full of tricks": (b"id,text\n", "../../\u202egpj.txt\0", Format.CSV),
    "a word that starts like a program": (b"MZone,text\n", "x.csv", Format.CSV),
    "many empty lines first": (b"\n" * 200_000 + b'{"a":1}\n', "x.jsonl", Format.JSON_LINES),
    "Parquet": (b"PAR1....PAR1", "x.bin", Format.PARQUET),
}

REFUSED = {
    "nothing": (b"", "x.jsonl", "is empty"),
    "only empty lines": (b"\n" * 100_000, "x.jsonl", "is empty"),
    "only a mark": (b"\xef\xbb\xbf", "x.csv", "is empty"),
    "a zip named Parquet": (b"PK\x03\x04rest", "x.parquet", "zip archive"),
    "a program named Parquet": (b"\x7fELF\x02\x01", "x.parquet", "a program"),
    "another program": (b"MZ\x90\x00\x03\x00", "x.csv", "a program"),
    "text named Parquet": (b"id,text\n", "x.parquet", "does not hold Parquet"),
    "encrypted Parquet": (b"PARE....PARE", "x.parquet", "encrypted"),
    "gzip": (b"\x1f\x8b\x08\x00", "x.jsonl", "compressed with gzip"),
    "an image": (b"\x89PNG\r\n", "x.csv", "an image"),
    "a page named JSON": (b"<!doctype html><p>", "x.jsonl", "web page"),
    "a page named CSV": (b"\n <html>", "x.csv", "web page"),
    "UTF-16": ('{"a":1}'.encode("utf-16"), "x.jsonl", "UTF-16"),
    "UTF-16 without a mark": ("id,text".encode("utf-16-le"), "x.csv", "UTF-16"),
    "UTF-32": ("id,text".encode("utf-32"), "x.csv", "UTF-16 or UTF-32"),
    "one object over lines": (b'{\n "a": 1\n}\n', "x.jsonl", "over several lines"),
    "one object over lines, compact": (b'{"a": [\n1]}\n', "x.json", "over several lines"),
    "text named JSON": (b"id,text\n1,a\n", "x.jsonl", "named JSON but"),
}


@pytest.mark.parametrize(("content", "name", "file_format"), KNOWN.values(), ids=KNOWN.keys())
def test_content_decides_the_format(tmp_path, content, name, file_format):
    assert sniff(make_file(tmp_path, content), name) is file_format


@pytest.mark.parametrize(("content", "name", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_table_of_rows_is_refused_in_a_sentence(tmp_path, content, name, why):
    with pytest.raises(FormatError) as refusal:
        sniff(make_file(tmp_path, content), name)
    assert why in str(refusal.value)
    assert str(refusal.value).endswith(".")


def test_the_name_is_not_repeated_to_the_reader(tmp_path):
    with pytest.raises(FormatError) as refusal:
        sniff(make_file(tmp_path, b"<b>"), "<img src=x>.jsonl")
    assert "img" not in str(refusal.value)


def test_real_files_are_known(shared_data):
    assert sniff(shared_data / "clinc_traffic.jsonl", "clinc_traffic.jsonl") is Format.JSON_LINES
    assert sniff(shared_data / "banking77.csv", "banking77.csv") is Format.CSV
