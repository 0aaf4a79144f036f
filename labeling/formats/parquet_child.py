"""The process that decodes one Parquet file: rows to standard output, a line of JSON each."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from decimal import Decimal
from math import isfinite
from typing import Any, BinaryIO

import orjson

from labeling.formats.lines import size_in_words
from labeling.formats.rows import FileTooComplex, FormatError, Limits

BATCH_ROWS = 500
TOO_MUCH_MEMORY = "The file needs more memory to decode than one file may take."


def main(path: str, limits_json: str, out: BinaryIO) -> None:
    """Decode within the limits; whatever goes wrong becomes the last line of the output."""
    limits = Limits(**orjson.loads(limits_json))
    _limit_process(limits)
    try:
        _send_rows(path, limits, out)
        out.write(b"e\n")
    except FileTooComplex as error:
        out.write(b"c" + str(error).encode() + b"\n")
    except FormatError as error:
        out.write(b"b" + str(error).encode() + b"\n")
    except MemoryError:
        out.write(b"c" + TOO_MUCH_MEMORY.encode() + b"\n")
    except (OSError, ValueError, KeyError, TypeError, NotImplementedError) as error:
        # Arrow raises subclasses of these for whatever it finds wrong in a file.
        words = " ".join(str(error).split())[:200]
        out.write(f"bThe Parquet file is damaged or not readable: {words}\n".encode())
    out.flush()


def _limit_process(limits: Limits) -> None:
    # No core dump and no file of any size: the pipe is all it may write to.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds))


def _send_rows(path: str, limits: Limits, out: BinaryIO) -> None:
    # Imported here, under the limits: an attack on the decoder meets them from its first byte.
    import pyarrow.parquet as pq

    with pq.ParquetFile(
        path, memory_map=False, pre_buffer=False, coerce_int96_timestamp_unit="us"
    ) as parquet:
        if parquet.metadata.num_columns > limits.columns:
            raise FormatError(
                f"There are {parquet.metadata.num_columns:,} columns; "
                f"at most {limits.columns:,} are read."
            )
        _check_schema(parquet.schema_arrow, limits)
        schema = _in_microseconds(parquet.schema_arrow)
        decoded = 0
        for batch in parquet.iter_batches(batch_size=BATCH_ROWS, use_threads=False):
            for message in _encoded(batch.cast(schema, safe=False), limits):
                decoded += len(message)
                out.write(message)
            if decoded > limits.decoded_bytes:
                raise FileTooComplex(
                    f"The file decodes to more than {size_in_words(limits.decoded_bytes)}."
                )


def _check_schema(schema: Any, limits: Limits) -> None:
    names = schema.names
    if len(set(names)) != len(names):
        raise FormatError("Two columns have the same name.")
    for field in schema:
        if b"ARROW:extension:name" in (field.metadata or {}):
            raise FormatError(
                f"Column {field.name[:100]!r} is of an extension type, which is not read."
            )
        _check_type(field.name, field.type, limits.depth)


def _check_type(column: str, data_type: Any, levels: int) -> None:
    from pyarrow import types

    if levels == 0:
        raise FormatError(f"Column {column[:100]!r} is nested too deep.")
    if types.is_dictionary(data_type) or types.is_list(data_type) or types.is_large_list(data_type):
        _check_type(column, data_type.value_type, levels - 1)
    elif types.is_struct(data_type):
        for field in data_type:
            _check_type(column, field.type, levels - 1)
    elif not _is_plain(data_type):
        raise FormatError(
            f"Column {column[:100]!r} is of type {str(data_type)[:50]}, which is not read."
        )


def _in_microseconds(schema: Any) -> Any:
    """The schema with times as Python knows them; nanoseconds would need a library per value."""
    import pyarrow

    for at, field in enumerate(schema):
        if pyarrow.types.is_timestamp(field.type) and field.type.unit == "ns":
            schema = schema.set(at, field.with_type(pyarrow.timestamp("us", field.type.tz)))
        elif pyarrow.types.is_time64(field.type):
            schema = schema.set(at, field.with_type(pyarrow.time64("us")))
    return schema


def _is_plain(data_type: Any) -> bool:
    from pyarrow import types

    checks = (
        types.is_string, types.is_large_string, types.is_integer, types.is_floating,
        types.is_boolean, types.is_timestamp, types.is_date, types.is_time, types.is_decimal,
        types.is_null, types.is_string_view,
    )  # fmt: skip
    return any(check(data_type) for check in checks)


def _encoded(batch: Any, limits: Limits) -> Iterator[bytes]:
    for values in _rows(batch):
        if values is None:
            yield b"xholds a text that is not UTF-8, or a time outside the calendar\n"
        elif not _is_finite(values):
            yield b"xholds NaN or Infinity\n"
        else:
            text = orjson.dumps(values, default=_plain)
            if len(text) > limits.line_bytes:
                yield f"xlonger than {size_in_words(limits.line_bytes)}\n".encode()
            else:
                yield b"r" + text + b"\n"


def _rows(batch: Any) -> Iterator[dict[str, Any] | None]:
    """The batch's rows; where one value spoils the batch, row by row with None for the spoiled."""
    try:
        yield from batch.to_pylist()
    except (ValueError, OverflowError):
        for at in range(batch.num_rows):
            yield _one_row(batch.slice(at, 1))


def _one_row(batch: Any) -> dict[str, Any] | None:
    try:
        values: dict[str, Any] = batch.to_pylist()[0]
    except (ValueError, OverflowError):
        return None
    return values


def _is_finite(value: Any) -> bool:
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, dict):
        return all(_is_finite(inner) for inner in value.values())
    return not isinstance(value, list) or all(_is_finite(inner) for inner in value)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise FormatError(f"A value of type {type(value).__name__} is not read.")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.stdout.buffer)
