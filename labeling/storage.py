"""The one door for files: every uploaded and produced file goes in and out through here.

A file is kept under a random key, never under a name that somebody chose, so no name can lead
anywhere. Whether a person may have a file is decided by the caller.
"""

from __future__ import annotations

import errno
import hashlib
import secrets
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.http import FileResponse, Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Membership, Project, StoredFile

NAME_LIMIT = 200
#: What is sent under its own type; everything else goes out as plain bytes.
KNOWN_TYPES = frozenset(
    {"text/csv", "application/json", "application/x-ndjson", "application/zip", "text/plain"}
)


def store(
    project: Project | None,
    name: str,
    stream: IO[bytes],
    *,
    by: Membership | None = None,
    content_type: str = "application/octet-stream",
    expires_in: timedelta | None = None,
    limit: int | None = None,
) -> StoredFile:
    """Keep what a stream holds; measured, hashed and bounded while it is written.

    limit: the most bytes to take, by default the limit for uploads. Raises RequestDataTooBig
    above it, and Conflict("storage_full") when the project's quota is used up.
    """
    content = _Measured(stream, limit or settings.FETTLE_UPLOAD_LIMIT, _left(project))
    key = _new_key()
    try:
        default_storage.save(key, content)
        return _note(project, key, content, name, by, content_type, expires_in)
    except BaseException as error:
        default_storage.delete(key)
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise _full() from error
        raise


def open_file(file: StoredFile) -> IO[bytes]:
    """The bytes of a stored file; FileNotFoundError once it has expired."""
    if file.expires_at and file.expires_at <= timezone.now():
        raise FileNotFoundError(file.name)
    return default_storage.open(file.key, "rb")


@contextmanager
def local_path(file: StoredFile) -> Iterator[Path]:
    """A path that a library can read; a copy where the store is not on this machine."""
    try:
        yield Path(default_storage.path(file.key))
    except NotImplementedError:
        with tempfile.NamedTemporaryFile() as copy, open_file(file) as source:
            shutil.copyfileobj(source, copy)
            copy.flush()
            yield Path(copy.name)


def serve(file: StoredFile) -> FileResponse:
    """A download that a browser saves and never shows; the caller has checked who asks."""
    try:
        source = open_file(file)
    except FileNotFoundError as error:
        raise Http404 from error
    known = file.content_type in KNOWN_TYPES
    response = FileResponse(
        source,
        as_attachment=True,
        filename=file.name,
        content_type=file.content_type if known else "application/octet-stream",
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def remove(file: StoredFile) -> None:
    """Forget a file: its row first, then its bytes, so that no row points at nothing."""
    file.delete()
    transaction.on_commit(lambda: default_storage.delete(file.key))


def expired() -> QuerySet[StoredFile]:
    """Files past their time."""
    return StoredFile.objects.filter(expires_at__lte=timezone.now())


def used(project: Project | None) -> int:
    """How many bytes a project's files take."""
    total = StoredFile.objects.filter(project=project).aggregate(total=Sum("size"))["total"]
    return total or 0


class _Measured(File[bytes]):
    """Counts and hashes what passes through on its way into the store."""

    def __init__(self, stream: IO[bytes], limit: int, left: int) -> None:
        super().__init__(stream, name="")
        self._stream = stream
        self.digest = hashlib.sha256()
        self.taken = 0
        self._limit, self._left = limit, left

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        while piece := self._stream.read(chunk_size or self.DEFAULT_CHUNK_SIZE):
            self.taken += len(piece)
            if self.taken > self._limit:
                raise RequestDataTooBig
            if self.taken > self._left:
                raise _full()
            self.digest.update(piece)
            yield piece


@transaction.atomic
def _note(
    project: Project | None, key: str, content: _Measured, name: str, by: Any, kind: str, ends: Any
) -> StoredFile:
    """Write the row under the project's lock, so that two uploads cannot share the last space."""
    if project is not None:
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if content.taken > _left(project):
        raise _full()
    return StoredFile.objects.create(
        project=project,
        name=safe_name(name),
        key=key,
        size=content.taken,
        sha256=content.digest.hexdigest(),
        content_type=kind,
        created_by=by,
        expires_at=timezone.now() + ends if ends else None,
    )


def safe_name(name: str) -> str:
    """A name to show and to save under: no folders, nothing that cannot be seen.

    >>> safe_name("../../etc/pass\\r\\nwd")
    'passwd'
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    seen = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    return seen.strip(" .")[-NAME_LIMIT:] or "file"


def _left(project: Project | None) -> int:
    return int(settings.FETTLE_STORAGE_QUOTA) - used(project)


def _full() -> Conflict:
    return Conflict("storage_full", _("The project's storage is full."))


def _new_key() -> str:
    key = secrets.token_hex(20)
    return f"{key[:2]}/{key}"
