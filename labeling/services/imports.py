"""Bringing items in: a file or stream becomes items all at once, and says what it refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling import storage
from labeling.errors import Conflict
from labeling.formats.mapping import ItemRow, Mapping, apply
from labeling.formats.pushed import item_row
from labeling.formats.reading import read_rows
from labeling.formats.rows import Format, FormatError, Refusal
from labeling.formats.sniffing import sniff
from labeling.models import ContentField, Import, Job, Membership, Project, SampledItem, StoredFile
from labeling.services import audit, intake
from labeling.services.dependents import refuse_if_import_kept
from labeling.services.jobs import RunningJob, enqueue, job_kind

AT_ONCE = 500
DELETE_AT_ONCE = 5_000
DELETE_UNSAMPLED = """
    DELETE FROM labeling_item WHERE id IN (
        SELECT id FROM labeling_item AS item WHERE batch_id = %s
        AND NOT EXISTS (SELECT 1 FROM labeling_sampleditem WHERE item_id = item.id)
        LIMIT %s
    )
"""


def import_rows(
    project: Project,
    rows: Iterable[ItemRow | Refusal],
    *,
    name: str,
    source: str,
    by: Membership | None,
    at: datetime | None = None,
    valid_rows_only: bool = False,
) -> Import:
    """Take these rows in now; unless `valid_rows_only`, one refused row and none is taken."""
    batch = create_import(project, None, name, source, by=by, at=at)
    batch.state, batch.valid_rows_only = Import.State.RUNNING, valid_rows_only
    batch.save(update_fields=["state", "valid_rows_only"])
    return intake.take_in(batch, rows, by=by, at=at)


def upload(project: Project, file: Any, *, by: Membership, keep: timedelta) -> Import:
    """Keep an uploaded file for a while; one that holds no rows at all is refused at once."""
    name = storage.safe_name(file.name or "")
    stored = storage.store(project, name, file, by=by, expires_in=keep)
    try:
        return create_import(project, stored, name, Import.Source.UPLOAD, by=by)
    except ValidationError:
        storage.remove(stored)
        raise


def push(
    project: Project,
    body: Any,
    name: str,
    *,
    by: Membership,
    keep: timedelta,
    valid_rows_only: bool,
) -> Import:
    """Take a body of pushed rows: a few at once, more by a job that reads them from a file."""
    stored = storage.store(project, name, body, by=by, expires_in=keep)
    try:
        few = _few_rows(stored, name)
        if few is None:
            batch = create_import(project, stored, name, Import.Source.API, by=by)
            start_import(batch, None, by=by, valid_rows_only=valid_rows_only)
            return batch
    except ValidationError:
        storage.remove(stored)
        raise
    storage.remove(stored)
    return import_rows(
        project, few, name=name, source=Import.Source.API, by=by, valid_rows_only=valid_rows_only
    )


@transaction.atomic
def create_import(
    project: Project,
    file: StoredFile | None,
    name: str,
    source: str,
    *,
    by: Membership | None,
    at: datetime | None = None,
) -> Import:
    """Note that a file or stream is there; a file then waits for its mapping."""
    batch = Import.objects.create(
        project=project,
        file=file,
        file_format=_format_of(file, name) if file else "",
        name=storage.safe_name(name),
        source=source,
        created_by=by,
        created_at=at or timezone.now(),
    )
    audit.record(by, "created_import", batch, at=at, project=project, source=source)
    return batch


@transaction.atomic
def start_import(
    batch: Import,
    mapping: Mapping | None,
    *,
    by: Membership,
    visibility: dict[str, str] | None = None,
    valid_rows_only: bool = False,
) -> Job:
    """Bring a stored file in by this mapping; without one its rows say themselves what is what.

    visibility: what annotators see of each content field (`ContentField.Visibility`).
    """
    job = enqueue(
        "import_items",
        {"import": str(batch.uid)},
        project=batch.project,
        by=by,
        key=str(batch.uid),
    )
    waiting = Import.objects.filter(
        pk=batch.pk, state__in=[Import.State.MAPPING, Import.State.FAILED], file__isnull=False
    )
    if not waiting.update(
        state=Import.State.RUNNING,
        mapping=mapping.to_json() if mapping else {},
        valid_rows_only=valid_rows_only,
        job=job,
        error="",
    ):
        raise Conflict("import_started", _("This import has already been started."))
    _show_fields(batch.project, visibility or {})
    audit.record(by, "started_import", batch, visibility=visibility or {})
    batch.refresh_from_db()
    return job


@transaction.atomic
def withdraw_import(batch: Import, *, by: Membership) -> Job:
    """Take back the items of an import, as long as no sample holds one of them."""
    if SampledItem.objects.filter(item__batch=batch).exists():
        message = _("Items of this import have been sampled, so it cannot be withdrawn.")
        raise Conflict("import_sampled", message)
    refuse_if_import_kept(batch)
    done = Import.objects.filter(pk=batch.pk, state=Import.State.DONE)
    if not done.update(state=Import.State.WITHDRAWN):
        raise Conflict("import_not_done", _("Only an import that is done can be withdrawn."))
    batch.refresh_from_db()
    audit.record(by, "withdrew_import", batch, accepted=batch.accepted)
    return enqueue("withdraw_import", {"import": str(batch.uid)}, project=batch.project, by=by)


def rows_of(path: Path, file_format: str, mapping: Mapping | None) -> Iterator[ItemRow | Refusal]:
    """The rows of a file as items; without a mapping they must have the fields of an item."""
    for row in read_rows(path, Format(file_format)):
        if isinstance(row, Refusal):
            yield row
        else:
            yield apply(mapping, row) if mapping else item_row(row)


def _few_rows(file: StoredFile, name: str) -> list[ItemRow | Refusal] | None:
    """All rows of a short file; None where there are too many to take at once."""
    with storage.local_path(file) as path:
        try:
            rows = list(islice(rows_of(path, sniff(path, name), None), AT_ONCE + 1))
        except FormatError as error:
            raise ValidationError(str(error), code=error.code) from error
    return rows if len(rows) <= AT_ONCE else None


def _format_of(file: StoredFile, name: str) -> Format:
    with storage.local_path(file) as path:
        try:
            return sniff(path, name)
        except FormatError as error:
            raise ValidationError(str(error), code=error.code) from error


def _show_fields(project: Project, visibility: dict[str, str]) -> None:
    for position, (name, shown) in enumerate(visibility.items()):
        ContentField.objects.update_or_create(
            project=project,
            name=name,
            defaults={"visibility": shown},
            create_defaults={"visibility": shown, "position": position},
        )


def _ended(job: Job) -> None:
    """A job that failed for good or was canceled takes its import along."""
    batch = Import.objects.filter(uid=job.arguments["import"], state=Import.State.RUNNING).first()
    if batch:
        canceled = job.state == Job.State.CANCELED
        reason = _("Canceled; nothing was taken.") if canceled else job.error
        intake.fail(batch, reason, by=job.created_by)


@job_kind("import_items", ended=_ended)
def import_items(job: RunningJob) -> dict[str, Any]:
    """Bring one stored file in."""
    batch = Import.objects.select_related("project", "file").get(uid=job.arguments["import"])
    mapping = Mapping.from_json(batch.mapping) if batch.mapping else None

    def progress(rows: int) -> None:
        job.progress(rows, message=_("%(count)s rows read") % {"count": f"{rows:,}"})
        job.check_cancelled()

    if batch.file is None:
        return _without_file(batch, job)
    with storage.local_path(batch.file) as path:
        rows = rows_of(path, batch.file_format, mapping)
        batch = intake.take_in(batch, rows, by=job.by, progress=progress)
    counts = {"accepted": batch.accepted, "unchanged": batch.unchanged, "refused": batch.refused}
    return {"state": batch.state, **counts}


def _without_file(batch: Import, job: RunningJob) -> dict[str, Any]:
    reason = _("The file has expired; upload it again.")
    return {"state": intake.fail(batch, reason, by=job.by).state}


@job_kind("withdraw_import")
def remove_items(job: RunningJob) -> dict[str, int]:
    """Delete the items of a withdrawn import; one that was sampled at the last moment stays."""
    batch = Import.objects.get(uid=job.arguments["import"])
    gone = 0
    while removed := _delete_some(batch):
        gone += removed
        job.progress(gone, batch.accepted)
    return {"removed": gone, "kept": batch.items.count()}


def _delete_some(batch: Import) -> int:
    with connection.cursor() as cursor:
        cursor.execute(DELETE_UNSAMPLED, [batch.pk, DELETE_AT_ONCE])
        return int(cursor.rowcount)
