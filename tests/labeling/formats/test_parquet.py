from __future__ import annotations

import datetime as dt
import gc
import os
import time
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labeling.formats import parquet_files
from labeling.formats.reading import read_rows
from labeling.formats.rows import FileTooComplex, Format, FormatError, Limits, Row
from tests.labeling.formats.files import make_file, reasons, values


def make_parquet(folder, table, **options):
    path = folder / "file.parquet"
    pq.write_table(table, path, **options)
    return path


def read_table(folder, columns, limits=Limits(), **options):  # noqa: B008
    path = make_parquet(folder, pa.table(columns), **options)
    return list(read_rows(path, Format.PARQUET, limits))


def test_rows_come_with_their_number_and_plain_values(tmp_path):
    rows = read_table(tmp_path, {"id": ["a", "b"], "n": [1, None], "x": [0.5, -1.5]})
    assert rows == [
        Row(1, {"id": "a", "n": 1, "x": 0.5}),
        Row(2, {"id": "b", "n": None, "x": -1.5}),
    ]


def test_structures_lists_and_dictionaries_are_plain(tmp_path):
    columns = {
        "content": [{"input": "hello 😀", "more": [1, 2]}],
        "d": pa.array(["x"]).dictionary_encode(),
    }
    [row] = values(read_table(tmp_path, columns))
    assert row == {"content": {"input": "hello 😀", "more": [1, 2]}, "d": "x"}


TIMES = {
    "with a zone": (pa.timestamp("us", "Europe/Paris"), "2026-09-07T02:00:00+02:00"),
    "without a zone": (pa.timestamp("ms"), "2026-09-07T00:00:00"),
    "in nanoseconds": (pa.timestamp("ns", "UTC"), "2026-09-07T00:00:00+00:00"),
}


@pytest.mark.parametrize(("kind", "text"), TIMES.values(), ids=TIMES.keys())
def test_times_come_as_iso_8601(tmp_path, kind, text):
    moment = dt.datetime(2026, 9, 7, tzinfo=dt.UTC)
    assert values(read_table(tmp_path, {"at": pa.array([moment], kind)})) == [{"at": text}]


def test_old_int96_times_dates_and_decimals_are_read(tmp_path):
    columns = {
        "at": pa.array([dt.datetime(2026, 9, 7)], pa.timestamp("ns")),  # noqa: DTZ001
        "day": pa.array([dt.date(2026, 9, 7)]),
        "price": pa.array([Decimal("1.10")]),
    }
    [row] = values(read_table(tmp_path, columns, use_deprecated_int96_timestamps=True))
    assert row == {"at": "2026-09-07T00:00:00", "day": "2026-09-07", "price": "1.10"}


def nested(levels):
    kind = pa.int64()
    for _ in range(levels):
        kind = pa.struct({"a": kind})
    return kind


UNREAD = {
    "bytes": (pa.array([b"x"]), "of type binary"),
    "a duration": (pa.array([dt.timedelta(1)]), "of type duration"),
    "a map": (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())), "of type map"),
    "structures 60 deep": (pa.array([None], nested(60)), "nested too deep"),
    "a known extension": (
        pa.array([b"0" * 16], pa.binary(16)).cast(pa.uuid()),
        "extension",
    ),
}


@pytest.mark.parametrize(("column", "why"), UNREAD.values(), ids=UNREAD.keys())
def test_a_type_that_is_not_read_is_named_with_its_column(tmp_path, column, why):
    with pytest.raises(FormatError) as refusal:
        read_table(tmp_path, {"odd": column})
    assert "'odd'" in str(refusal.value)
    assert why in str(refusal.value)


def test_an_unknown_extension_is_refused(tmp_path):
    field = pa.field("odd", pa.string(), metadata={"ARROW:extension:name": "acme.thing"})
    path = make_parquet(tmp_path, pa.table([pa.array(["x"])], pa.schema([field])))
    with pytest.raises(FormatError, match="extension type"):
        list(read_rows(path, Format.PARQUET))


BAD_VALUES = {
    "NaN": (pa.array([1.0, float("nan"), 3.0]), "NaN or Infinity"),
    "Infinity in a list": (pa.array([[1.0], [float("inf")], [3.0]]), "NaN or Infinity"),
    "NUL": (pa.array(["a", "b\0", "c"]), "NUL"),
    "a long text": (pa.array(["a", "b" * 2_000_000, "c"]), "longer than 1 MB"),
    "a time beyond the calendar": (
        pa.array([0, 2**60, 1], pa.timestamp("us")),
        "outside the calendar",
    ),
    "bytes that are no text": (
        pa.array([b"a", b"\xff", b"c"]).view(pa.string()),
        "not UTF-8",
    ),
}


@pytest.mark.parametrize(("column", "why"), BAD_VALUES.values(), ids=BAD_VALUES.keys())
def test_a_bad_value_spoils_its_row_only(tmp_path, column, why):
    rows = read_table(tmp_path, {"a": column})
    [reason] = reasons(rows)
    assert reason.startswith("line 2: ")
    assert why in reason
    assert [row.line for row in rows] == [1, 2, 3]


def make_bomb(folder, text_bytes, rows):
    """A small file whose one text is repeated by reference in every row."""
    column = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), ["x" * text_bytes])
    return make_parquet(folder, pa.table({"a": column}))


def test_a_small_file_that_decodes_to_gigabytes_is_stopped_by_the_budget(tmp_path):
    path = make_bomb(tmp_path, 1_000, 1_000_000)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(FileTooComplex, match="decodes to more than 20 MB"):
        for _ in read_rows(path, Format.PARQUET, Limits(decoded_bytes=20 * 1_048_576)):
            pass


def test_a_file_whose_rows_do_not_fit_in_memory_is_stopped_by_its_limit(tmp_path):
    path = make_bomb(tmp_path, 5_000_000, 2_000)
    with pytest.raises(FileTooComplex, match="memory"):
        list(read_rows(path, Format.PARQUET, Limits(memory_bytes=768 * 1_048_576)))


def test_a_file_that_takes_too_long_is_stopped(tmp_path):
    path = make_bomb(tmp_path, 1_000, 3_000_000)
    with pytest.raises(FileTooComplex, match="memory and time"):
        for _ in read_rows(path, Format.PARQUET, Limits(cpu_seconds=1)):
            pass


def test_a_decoder_that_stalls_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_files, "_command", lambda path, limits: ["/bin/sleep", "30"])
    started = time.monotonic()
    with pytest.raises(FileTooComplex):
        list(read_rows(tmp_path / "any", Format.PARQUET, Limits(stall_seconds=1)))
    assert time.monotonic() - started < 10


def test_too_many_columns_are_refused(tmp_path):
    columns = {f"c{n}": [1] for n in range(1_200)}
    with pytest.raises(FormatError, match=r"There are 1,200 columns"):
        read_table(tmp_path, columns)


def test_two_columns_of_one_name_are_refused(tmp_path):
    path = make_parquet(tmp_path, pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]))
    with pytest.raises(FormatError, match="same name"):
        list(read_rows(path, Format.PARQUET))


def damaged(content, at):
    return content[:at] + bytes(byte ^ 0xFF for byte in content[at : at + 40]) + content[at + 40 :]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.98])
def test_a_damaged_file_is_read_or_refused_whatever_was_hit(tmp_path, share):
    whole = make_parquet(tmp_path, pa.table({"a": [f"text {n}" for n in range(5_000)]}))
    content = whole.read_bytes()
    path = make_file(tmp_path, damaged(content, int(len(content) * share)))
    with suppress(FormatError):
        assert len(list(read_rows(path, Format.PARQUET))) == 5_000


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1PAR1", b"PAR1" + b"\xff" * 100 + b"PAR1", b""])
def test_a_file_that_only_looks_like_parquet_is_refused(tmp_path, content):
    with pytest.raises(FormatError, match="damaged"):
        list(read_rows(make_file(tmp_path, content), Format.PARQUET))


def children():
    listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    commands = [Path(f"/proc/{pid}/cmdline").read_text() for pid in listed]
    return [command for command in commands if "parquet_child" in command]


def test_reading_a_few_rows_leaves_no_process_behind(tmp_path):
    path = make_bomb(tmp_path, 1_000, 100_000)
    rows = read_rows(path, Format.PARQUET)
    assert next(rows).line == 1
    assert children()
    del rows
    gc.collect()
    assert not children()
