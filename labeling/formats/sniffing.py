"""Which format a file is in, by what it holds; its name only settles what content leaves open."""

from __future__ import annotations

from pathlib import Path, PurePath

import orjson

from labeling.formats.lines import BOM
from labeling.formats.rows import Format, FormatError

HEAD_BYTES = 65_536
FOREIGN = {
    b"PK\x03\x04": "a zip archive; unpack it and send the file inside",
    b"PK\x05\x06": "an empty zip archive",
    b"\x1f\x8b": "compressed with gzip; unpack it first",
    b"BZh": "compressed with bzip2; unpack it first",
    b"\xfd7zXZ\x00": "compressed with xz; unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; unpack it first",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; unpack it first",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"%PDF": "a PDF document",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"SQLite format 3\x00": "a database",
    b"ARROW1": "an Arrow file; save it as Parquet",
    b"\xd0\xcf\x11\xe0": "an old Office document; save it as CSV",
    b"PARE": "an encrypted Parquet file; encrypted files are not read",
}
UTF_16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


def sniff(path: Path, name: str) -> Format:
    """The format of the file at `path`, sent under `name`; raises FormatError with a sentence."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        while head and not head.removeprefix(BOM).strip():
            head = stream.read(HEAD_BYTES)
    suffix = PurePath(name).suffix.lower()
    if head.startswith(b"PAR1"):
        return Format.PARQUET
    _refuse_foreign(head)
    if suffix in (".parquet", ".pq"):
        raise FormatError("The file is named Parquet but does not hold Parquet.")
    return _text_format(head.removeprefix(BOM).lstrip(), suffix)


def _refuse_foreign(head: bytes) -> None:
    if not head:
        raise FormatError("The file is empty.")
    for magic, words in FOREIGN.items():
        # Two letters are too few to condemn a text: a program also holds NUL bytes.
        if head.startswith(magic) and (len(magic) > 2 or b"\0" in head or magic == b"\x1f\x8b"):
            raise FormatError(f"The file is {words}.")
    if head.startswith(UTF_16_OR_32) or b"\0" in head[:4]:
        raise FormatError("The file is in UTF-16 or UTF-32; save it as UTF-8.")


def _text_format(head: bytes, suffix: str) -> Format:
    first = head[:1]
    if first == b"<":
        raise FormatError("The file is a web page or XML, not rows.")
    if first == b"[":
        return Format.JSON_ARRAY
    if first == b"{":
        return _objects_format(head, suffix)
    if suffix in (".jsonl", ".ndjson", ".json"):
        if b"\n{" in head:
            return Format.JSON_LINES
        raise FormatError("The file is named JSON but does not start with “{” or “[”.")
    return Format.CSV


def _objects_format(head: bytes, suffix: str) -> Format:
    line, newline, _ = head.partition(b"\n")
    if not newline or _is_json(line):
        return Format.JSON_LINES
    if suffix in (".csv", ".tsv"):
        return Format.CSV
    if line.strip() == b"{" or suffix == ".json":
        raise FormatError(
            "The file holds one JSON object over several lines; "
            "send one object per line, or an array of objects."
        )
    return Format.JSON_LINES


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True
