from __future__ import annotations

import errno
import hashlib
import io
from datetime import timedelta

import pytest
from django.core.exceptions import RequestDataTooBig
from django.core.files.storage import default_storage
from django.http import Http404
from django.utils import timezone

from labeling import storage
from labeling.errors import Conflict
from labeling.models import StoredFile
from labeling.services.jobs import enqueue
from tests.factories import make_project
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


def keep(content=b"rows", name="labels.csv", project=None, **options):
    return storage.store(project or make_project(), name, io.BytesIO(content), **options)


def kept_files():
    """Every file in the store's folder."""
    folders = default_storage.listdir("")[0]
    return {name for folder in folders for name in default_storage.listdir(folder)[1]}


def test_a_stored_file_comes_back_with_its_size_and_digest():
    file = keep(b"one\ntwo\n" * 40_000)
    assert file.size == 320_000
    assert file.sha256 == hashlib.sha256(b"one\ntwo\n" * 40_000).hexdigest()
    with storage.open_file(file) as stream:
        assert stream.read() == b"one\ntwo\n" * 40_000
    with storage.local_path(file) as path:
        assert path.read_bytes() == b"one\ntwo\n" * 40_000


def test_the_key_owes_nothing_to_the_name():
    file = keep(name="../../../etc/passwd")
    assert file.name == "passwd"
    assert "passwd" not in file.key
    assert ".." not in file.key


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a\r\nSet-Cookie: x.csv", "aSet-Cookie: x.csv"),
        ("C:\\files\\b.csv", "b.csv"),
        ("\u202excod.exe", "xcod.exe"),
        ("...", "file"),
        ("", "file"),
        ("x" * 500 + ".csv", "x" * 196 + ".csv"),
    ],
)
def test_names_are_shown_without_folders_and_control_characters(given, shown):
    assert storage.safe_name(given) == shown


@pytest.mark.parametrize("name", ['a"b;c.csv', "отчёт.csv", "a\r\nX-Evil: 1.csv", "é" * 4000])
def test_a_download_is_saved_never_shown_whatever_its_name(name):
    response = storage.serve(keep(name=name, content_type="text/html"))
    assert response["Content-Disposition"].startswith("attachment")
    assert "\r" not in response["Content-Disposition"]
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert b"".join(response.streaming_content) == b"rows"
    response.file_to_stream.close()


def test_a_file_above_the_limit_is_refused_and_leaves_nothing_behind():
    before = kept_files()
    with pytest.raises(RequestDataTooBig):
        keep(b"x" * 200_000, limit=100_000)
    assert kept_files() == before
    assert not StoredFile.objects.exists()


def test_a_project_cannot_store_more_than_its_quota(settings):
    settings.FETTLE_STORAGE_QUOTA = 100_000
    project = make_project()
    keep(b"x" * 60_000, project=project)
    before = kept_files()
    with pytest.raises(Conflict, match="storage is full") as refused:
        keep(b"x" * 60_000, project=project)
    assert refused.value.code == "storage_full"
    assert kept_files() == before
    keep(b"x" * 60_000)


def test_a_full_disk_is_told_as_full_storage(monkeypatch):
    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(default_storage, "save", full)
    with pytest.raises(Conflict, match="storage is full"):
        keep()


def test_an_expired_file_is_gone_for_whoever_asks_and_is_then_removed():
    file = keep(expires_in=timedelta(hours=1))
    StoredFile.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    file.refresh_from_db()
    with pytest.raises(Http404):
        storage.serve(file)
    stays = keep(expires_in=timedelta(hours=1))
    enqueue("expire_files")
    run_jobs()
    assert list(StoredFile.objects.all()) == [stays]


def test_the_bytes_of_a_removed_file_go_when_the_row_has_gone(django_capture_on_commit_callbacks):
    file = keep()
    with django_capture_on_commit_callbacks(execute=True):
        storage.remove(file)
    assert not default_storage.exists(file.key)


def test_a_store_on_another_machine_is_copied_for_libraries_that_need_a_path(monkeypatch):
    file = keep()

    def elsewhere(_key):
        raise NotImplementedError

    stream = storage.open_file(file)
    monkeypatch.setattr(default_storage, "path", elsewhere)
    monkeypatch.setattr(storage, "open_file", lambda _file: stream)
    with storage.local_path(file) as path:
        assert path.read_bytes() == b"rows"
    assert not path.exists()
