"""Rows from Parquet, decoded by a child process that may fail without harming this one.

A few megabytes of Parquet can decode to gigabytes, and a forged file can crash the decoder. So the
decoder runs alone, with its memory and processor time limited by the operating system, and sends
rows through a pipe: one JSON line each, checked here like any JSON line.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO

import orjson

from labeling.formats.json_values import parse_object
from labeling.formats.rows import FileTooComplex, FormatError, Limits, Refusal, Row

PROJECT_ROOT = Path(__file__).resolve().parents[2]
# One pool and one arena: address space counts against the limit, and threads would eat it.
CHILD_ENVIRONMENT = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}
PIPE_BYTES = 262_144
ROW, REFUSED, BAD_FILE, TOO_COMPLEX, END = b"rxbce"
UNREADABLE = "The Parquet file could not be decoded within the limits of memory and time."


def read_parquet(path: Path, limits: Limits) -> Iterator[Row | Refusal]:
    """The rows of a Parquet file by their number from 1."""
    child = _start(path, limits)
    assert child.stdout is not None
    try:
        for number, message in enumerate(_messages(child.stdout, limits), 1):
            if message[0] == END:
                return
            yield _received(message, number, limits)
        raise FileTooComplex(UNREADABLE)
    finally:
        child.kill()
        child.stdout.close()
        child.wait()


def _start(path: Path, limits: Limits) -> subprocess.Popen[bytes]:
    # The child gets nothing of our environment: it decodes what strangers send and needs no secret.
    return subprocess.Popen(  # noqa: S603
        _command(path, limits),
        cwd=PROJECT_ROOT,
        env=CHILD_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _command(path: Path, limits: Limits) -> list[str]:
    child = f"{__package__}.parquet_child"
    return [sys.executable, "-m", child, str(path.resolve()), orjson.dumps(asdict(limits)).decode()]


def _messages(pipe: IO[bytes], limits: Limits) -> Iterator[bytes]:
    """Lines from the pipe; stops at its end, raises where it stalls or a line never ends."""
    rest = b""
    while True:
        ready, _, _ = select.select([pipe], [], [], limits.stall_seconds)
        if not ready or len(rest) > 2 * limits.line_bytes:
            raise FileTooComplex(UNREADABLE)
        received = os.read(pipe.fileno(), PIPE_BYTES)
        if not received:
            return
        *lines, rest = (rest + received).split(b"\n")
        yield from lines


def _received(message: bytes, number: int, limits: Limits) -> Row | Refusal:
    kind, text = message[0], message[1:]
    if kind == BAD_FILE:
        raise FormatError(text.decode())
    if kind == TOO_COMPLEX:
        raise FileTooComplex(text.decode())
    if kind == REFUSED:
        return Refusal(number, text.decode())
    return parse_object(text, number, limits)
