"""What an export says of itself, and whether its bytes still say the same.

An export is one archive: its data files, stored as they are, and `manifest.json`, which holds the
size, rows and SHA-256 of each and a digest of itself. Equal contents give equal archives.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from labeling.formats.canonical import canonical_json
from labeling.formats.rows import FormatError

FORMAT, VERSION = "fettle-export", 1
MANIFEST = "manifest.json"
MANIFEST_BYTES = 256 * 1024 * 1024
EARLIEST = (1980, 1, 1, 0, 0, 0)
PRETTY = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


class DataFile(NamedTuple):
    """One data file of an export, as its manifest describes it."""

    name: str
    rows: int
    bytes: int
    sha256: str


def sealed(manifest: Mapping[str, Any], files: Sequence[DataFile]) -> dict[str, Any]:
    """The manifest with its format, its files and the digest over all of that."""
    named = {"format": FORMAT, "format_version": VERSION}
    whole = {**manifest, **named, "files": [file._asdict() for file in files]}
    plain: dict[str, Any] = orjson.loads(orjson.dumps(whole))  # as whoever reads it will see it
    return {**plain, "digest": _digest(plain)}


def write_bundle(path: Path, manifest: Mapping[str, Any], files: Sequence[Path]) -> None:
    """Put manifest and data files into one archive, the same bytes for the same contents."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_entry(MANIFEST), orjson.dumps(manifest, option=PRETTY))
        for file in files:
            entry = _entry(file.name)
            entry.file_size = file.stat().st_size
            with file.open("rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target, 1024 * 1024)


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of an export; FormatError where the file is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _manifest(archive)
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise FormatError(f"This is not an export: {error}") from error


def differences(path: Path) -> list[str]:
    """What in an export is not as its manifest says; an empty list for one that is whole."""
    try:
        manifest = read_manifest(path)
    except FormatError as error:
        return [str(error)]
    try:
        return _differences(path, manifest)
    except (OSError, zipfile.BadZipFile, EOFError) as error:
        return [f"the archive is damaged: {error}"]
    except (KeyError, TypeError, AttributeError, ValueError):
        return [f"{MANIFEST}: it does not describe an export"]


def _differences(path: Path, manifest: dict[str, Any]) -> list[str]:
    unsigned = {name: value for name, value in manifest.items() if name != "digest"}
    if _digest(unsigned) != manifest.get("digest"):
        return [f"{MANIFEST}: it has been changed, its digest does not fit"]
    files = [DataFile(**file) for file in manifest["files"]]
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
        entries = archive.infolist()
        found = _names_found(entries, files)
        if not found:
            copies = [_copy(archive, file, Path(folder)) for file in files]
            found = [
                line
                for file, copy in zip(files, copies, strict=True)
                for line in _wrong(file, copy)
            ]
            found = found or _repacked(path, manifest, copies)
    return found


def _names_found(entries: Sequence[zipfile.ZipInfo], files: Sequence[DataFile]) -> list[str]:
    names = [entry.filename for entry in entries]
    wanted = [MANIFEST, *(file.name for file in files)]
    found = [f"{name}: it is missing" for name in wanted if name not in names]
    found += [f"{name}: it does not belong here" for name in names if name not in wanted]
    if not found and sorted(names) != sorted(wanted):
        found = ["a file is there twice"]
    packed = (entry for entry in entries if entry.compress_type != zipfile.ZIP_STORED)
    return found or [f"{entry.filename}: it has been packed again" for entry in packed]


def _copy(archive: zipfile.ZipFile, file: DataFile, folder: Path) -> Path:
    """The file on its own; stored entries cannot grow, so it takes no more than the archive."""
    copy = folder / Path(file.name).name
    with archive.open(file.name) as source, copy.open("wb") as target:
        shutil.copyfileobj(source, target, 1024 * 1024)
    return copy


def _wrong(file: DataFile, copy: Path) -> Iterator[str]:
    with copy.open("rb") as stream:
        digest = file_digest(stream, "sha256").hexdigest()
    if copy.stat().st_size != file.bytes:
        yield f"{file.name}: {copy.stat().st_size} bytes, not {file.bytes}"
    if digest != file.sha256:
        yield f"{file.name}: SHA-256 is {digest}, not {file.sha256}"
    elif (rows := count_rows(copy)) != file.rows:
        yield f"{file.name}: {rows} rows, not {file.rows}"


def _repacked(path: Path, manifest: dict[str, Any], copies: Sequence[Path]) -> list[str]:
    """Contents that fit in an archive that does not: something was put around or between them."""
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder) / "again.zip"
        write_bundle(again, manifest, copies)
        with again.open("rb") as ours, path.open("rb") as theirs:
            same = file_digest(ours, "sha256").digest() == file_digest(theirs, "sha256").digest()
    return [] if same else ["the archive has been changed around its files; these are as written"]


def count_rows(path: Path) -> int:
    """How many rows a data file holds, read without keeping them."""
    counters: dict[str, Callable[[Path], int]] = {
        ".jsonl": _lines,
        ".csv": _records,
        ".parquet": _parquet_rows,
        ".md": _lines,
    }
    return counters[path.suffix](path)


def _lines(path: Path) -> int:
    with path.open("rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(1024 * 1024), b""))


def _records(path: Path) -> int:
    with _wide_fields(), path.open(newline="", encoding="utf-8-sig") as stream:
        return sum(1 for _record in csv.reader(stream)) - 1


@contextmanager
def _wide_fields() -> Iterator[None]:
    before = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _parquet_rows(path: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        entry = archive.getinfo(MANIFEST)
    except KeyError as error:
        raise FormatError(f"This is not an export: it has no {MANIFEST}.") from error
    if entry.file_size > MANIFEST_BYTES:
        raise FormatError(f"This is not an export: its {MANIFEST} is too large.")
    manifest = orjson.loads(archive.read(entry))
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise FormatError("This is not an export of ours.")
    return manifest


def _digest(manifest: Mapping[str, Any]) -> str:
    return sha256(canonical_json(manifest)).hexdigest()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EARLIEST)
    entry.create_system, entry.external_attr = 3, 0o644 << 16
    return entry
