"""An export proves itself: whatever is changed in the archive is named."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import orjson
import pytest
from django.core.management import CommandError, call_command

from labeling.formats.manifests import (
    DataFile,
    count_rows,
    differences,
    sealed,
    write_bundle,
)
from labeling.formats.rows import Format
from labeling.formats.writing import Profile, open_writer
from tests.factories import make_annotation, make_items, make_project, make_queue

ROWS = [{"external_id": str(number), "text": f"line\n{number}"} for number in range(20)]


@pytest.fixture(params=["jsonl", "csv", "parquet"])
def archive(request, tmp_path) -> Path:
    return made(tmp_path, request.param)


def made(folder: Path, file_format: str, **manifest: object) -> Path:
    data = folder / f"labels.{file_format}"
    with open_writer(data, Format(file_format), ["external_id", "text"], Profile.RAW) as writer:
        writer.write(ROWS)
    said = {"kind": "adjudications", **manifest}
    write_bundle(
        folder / "export.zip", sealed(said, [DataFile(data.name, *writer.written)]), [data]
    )
    return folder / "export.zip"


def rewritten(archive: Path, changes: dict[str, bytes | None]) -> Path:
    """The same archive with some members replaced, added, or for None left out."""
    with zipfile.ZipFile(archive) as before:
        members = {name: before.read(name) for name in before.namelist()}
    members |= changes
    with zipfile.ZipFile(archive, "w") as after:
        for name, content in members.items():
            if content is not None:
                after.writestr(name, content)
    return archive


def test_an_untouched_export_is_whole(archive, capsys):
    assert differences(archive) == []
    call_command("verify_export", archive)
    assert "20 rows" in capsys.readouterr().out


def test_any_changed_byte_is_found(tmp_path):
    whole = made(tmp_path, "jsonl").read_bytes()
    changed = tmp_path / "changed.zip"
    for place in range(0, len(whole), 7):
        content = bytearray(whole)
        content[place] ^= 1
        changed.write_bytes(content)
        assert differences(changed), f"byte {place} of {len(whole)}"


def test_a_changed_byte_is_an_exit_status_that_names_the_file(archive):
    content = bytearray(archive.read_bytes())
    content[-len(content) // 4] ^= 1
    archive.write_bytes(content)
    with pytest.raises(CommandError) as failed:
        call_command("verify_export", archive)
    assert failed.value.returncode == 1


def test_a_row_taken_out_is_found_although_the_archive_is_sound(tmp_path):
    archive = made(tmp_path, "jsonl")
    with zipfile.ZipFile(archive) as files:
        lines = files.read("labels.jsonl").splitlines(keepends=True)
    found = differences(rewritten(archive, {"labels.jsonl": b"".join(lines[1:])}))
    assert any("SHA-256" in line for line in found)


def test_a_manifest_that_says_something_else_is_found(tmp_path):
    archive = made(tmp_path, "jsonl", tasks_left_out=5)
    with zipfile.ZipFile(archive) as files:
        manifest = json.loads(files.read("manifest.json"))
    manifest["tasks_left_out"] = 0
    found = differences(rewritten(archive, {"manifest.json": orjson.dumps(manifest)}))
    assert found == ["manifest.json: it has been changed, its digest does not fit"]


def test_row_counts_are_recounted(tmp_path):
    data = tmp_path / "labels.jsonl"
    data.write_bytes(b"{}\n")
    digest = hashlib.sha256(b"{}\n").hexdigest()
    manifest = sealed({}, [DataFile("labels.jsonl", 2, 3, digest)])
    write_bundle(tmp_path / "export.zip", manifest, [data])
    assert differences(tmp_path / "export.zip") == ["labels.jsonl: 1 rows, not 2"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"labels.jsonl": None}, "labels.jsonl: it is missing"),
        ({"more.txt": b"x"}, "more.txt: it does not belong here"),
        ({"manifest.json": None}, "it has no manifest.json"),
        ({"manifest.json": b"[]"}, "not an export of ours"),
        ({"manifest.json": b"{"}, "not an export"),
        ({"manifest.json": b'{"format": "fettle-export"}'}, "manifest.json"),
    ],
)
def test_what_is_missing_or_foreign_is_named(tmp_path, changes, said):
    found = differences(rewritten(made(tmp_path, "jsonl"), changes))
    assert said in found[0]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"text", b"\0" * 100])
def test_what_is_no_archive_is_said_to_be_none(tmp_path, content):
    (tmp_path / "x.zip").write_bytes(content)
    assert "not an export" in differences(tmp_path / "x.zip")[0]


def test_a_file_that_is_not_there_is_no_export(tmp_path):
    assert "not an export" in differences(tmp_path / "nothing.zip")[0]


def test_a_member_that_names_a_folder_outside_writes_nothing_there(tmp_path):
    data = tmp_path / "labels.jsonl"
    data.write_bytes(b"")
    manifest = sealed({}, [DataFile("../../outside.jsonl", 0, 0, "0" * 64)])
    write_bundle(tmp_path / "export.zip", manifest, [])
    with zipfile.ZipFile(tmp_path / "export.zip", "a") as files:
        files.writestr("../../outside.jsonl", b"x")
    assert differences(tmp_path / "export.zip")
    assert not (tmp_path.parent.parent / "outside.jsonl").exists()


def test_line_breaks_in_texts_are_no_rows(tmp_path):
    made(tmp_path, "csv")
    assert count_rows(tmp_path / "labels.csv") == len(ROWS)


def test_equal_contents_give_equal_archives(tmp_path):
    first = made(tmp_path, "jsonl").read_bytes()
    assert made(tmp_path, "jsonl").read_bytes() == first


@pytest.mark.django_db
def test_the_command_writes_what_the_other_command_verifies(tmp_path):
    project = make_project("shop")
    queue = make_queue(project, make_items(project, 2))
    make_annotation(queue.tasks.first(), None, {"topic": "refund"})
    out = tmp_path / "annotations.zip"
    said = io.StringIO()
    call_command(
        "export_labels",
        "shop",
        "--queue",
        str(queue.uid),
        "--kind",
        "annotations",
        "--format",
        "csv",
        "--out",
        out,
        stdout=said,
    )
    assert "1 rows" in said.getvalue()
    assert differences(out) == []
    for arguments in (["nowhere"], ["shop", "--queue", "11111111-1111-4111-8111-111111111111"]):
        with pytest.raises(CommandError):
            call_command("export_labels", *arguments, "--out", tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()
