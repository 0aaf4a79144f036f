"""The register of model versions, and the predictions that come in for them.

A row of predictions that is refused does not hold the others up: what is missing is counted before
anything is measured, and the same file again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluation.formats.predictions import rows_of
from evaluation.models import ModelVersion, PredictionUpload
from evaluation.services import prediction_rows
from labeling import storage
from labeling.errors import Conflict
from labeling.formats.reading import read_rows
from labeling.formats.rows import Format, FormatError, Refusal, Row
from labeling.formats.sniffing import sniff
from labeling.models import Job, Membership, Project, StoredFile
from labeling.services import audit
from labeling.services.jobs import RunningJob, enqueue, job_kind

AT_ONCE = 500


@transaction.atomic
def register_version(
    project: Project,
    name: str,
    *,
    state: str = ModelVersion.State.CANDIDATE,
    by: Membership | None,
    at: datetime | None = None,
    **fields: Any,
) -> ModelVersion:
    """Note a version of the model; a name is used once in a project.

    fields: digest, commit, link, training_digest and parent, as far as they are known.
    """
    if ModelVersion.objects.filter(project=project, name=name).exists():
        raise Conflict("name_taken", _("There is already a version of this name."))
    at = at or timezone.now()
    version = ModelVersion(project=project, name=name, registered_by=by, registered_at=at, **fields)
    version.full_clean(exclude=["registered_by", "parent"], validate_constraints=False)
    version.save()
    known = {key: str(value) for key, value in fields.items() if value}
    audit.record(by, "registered_version", version, at=at, project=project, name=name, **known)
    return version if state == version.state else move_version(version, state, by=by, at=at)


@transaction.atomic
def move_version(
    version: ModelVersion, state: str, *, by: Membership | None, at: datetime | None = None
) -> ModelVersion:
    """Make a version live, candidate or retired; the one that was live before is retired."""
    rows = ModelVersion.objects.select_for_update().filter(project=version.project_id)
    list(rows.order_by("pk"))  # all of them, in one order: two who move at once wait for each other
    if state == ModelVersion.State.LIVE:
        for before in rows.filter(state=ModelVersion.State.LIVE).exclude(pk=version.pk):
            _move(before, ModelVersion.State.RETIRED, by, at)
    current = rows.select_related("project").get(pk=version.pk)
    if current.state == state:
        raise Conflict("same_state", _("This version is in that state already."))
    return _move(current, ModelVersion.State(state), by, at)


def store_predictions(
    version: ModelVersion,
    rows: Iterable[Mapping[str, Any] | Row | Refusal],
    *,
    name: str,
    by: Membership | None,
    at: datetime | None = None,
) -> PredictionUpload:
    """Take predictions in now, row by row; what is refused is named with its line and reason.

    rows: mappings with external_id, prediction and perhaps confidence.
    """
    upload = _begin(version, None, name, by, at)
    return prediction_rows.take_in(upload, rows_of(rows), by=by, at=at)


def upload_predictions(version: ModelVersion, file: Any, *, by: Membership) -> PredictionUpload:
    """Keep an uploaded file and have a job take its predictions in."""
    name = storage.safe_name(file.name or "")
    stored = storage.store(version.project, name, file, by=by, expires_in=prediction_rows.KEEP)
    try:
        _sniffed(stored, name)
    except ValidationError:
        storage.remove(stored)
        raise
    return _start(version, stored, name, by)


def push_predictions(
    version: ModelVersion, body: Any, name: str, *, by: Membership
) -> PredictionUpload:
    """Take a body of pushed rows in: a few at once, more by a job that reads them from a file."""
    keep = prediction_rows.KEEP
    stored = storage.store(version.project, name, body, by=by, expires_in=keep)
    try:
        few = _few_rows(stored, name)
    except ValidationError:
        storage.remove(stored)
        raise
    if few is None:
        return _start(version, stored, name, by)
    storage.remove(stored)
    return store_predictions(version, few, name=name, by=by)


def _move(
    version: ModelVersion, state: ModelVersion.State, by: Membership | None, at: datetime | None
) -> ModelVersion:
    was, version.state = version.state, state
    version.save(update_fields=["state"])
    detail = {"was": str(was), "state": str(state)}
    audit.record(by, "moved_version", version, at=at, project=version.project, **detail)
    return version


@transaction.atomic
def _begin(
    version: ModelVersion,
    file: StoredFile | None,
    name: str,
    by: Membership | None,
    at: datetime | None = None,
) -> PredictionUpload:
    upload = PredictionUpload.objects.create(
        version=version,
        file=file,
        name=storage.safe_name(name),
        created_by=by,
        created_at=at or timezone.now(),
    )
    detail = {"version": str(version.uid), "name": upload.name}
    audit.record(by, "sent_predictions", upload, at=at, project=version.project, **detail)
    return upload


@transaction.atomic
def _start(
    version: ModelVersion, stored: StoredFile, name: str, by: Membership
) -> PredictionUpload:
    upload = _begin(version, stored, name, by)
    arguments = {"upload": str(upload.uid)}
    upload.job = enqueue(
        "store_predictions", arguments, project=version.project, by=by, key=str(upload.uid)
    )
    upload.save(update_fields=["job"])
    return upload


def _sniffed(stored: StoredFile, name: str) -> Format:
    with storage.local_path(stored) as path:
        try:
            return sniff(path, name)
        except FormatError as error:
            raise ValidationError(str(error), code=error.code) from error


def _few_rows(stored: StoredFile, name: str) -> list[Row | Refusal] | None:
    """All rows of a short file; None where there are too many to take at once."""
    file_format = _sniffed(stored, name)
    with storage.local_path(stored) as path:
        try:
            rows = list(islice(read_rows(path, file_format), AT_ONCE + 1))
        except FormatError as error:
            raise ValidationError(str(error), code=error.code) from error
    return rows if len(rows) <= AT_ONCE else None


def _ended(job: Job) -> None:
    """A job that failed for good or was canceled takes its upload along."""
    upload = PredictionUpload.objects.filter(
        uid=job.arguments["upload"], state=PredictionUpload.State.RUNNING
    ).first()
    if upload:
        canceled = job.state == Job.State.CANCELED
        reason = _("Canceled before all rows were read.") if canceled else job.error
        prediction_rows.fail(upload, reason, by=job.created_by)


@job_kind("store_predictions", ended=_ended)
def store_uploaded(job: RunningJob) -> dict[str, Any]:
    """Take the predictions of one stored file in."""
    upload = PredictionUpload.objects.select_related("version__project", "file").get(
        uid=job.arguments["upload"]
    )

    def progress(rows: int) -> None:
        job.progress(rows, message=_("%(count)s rows read") % {"count": f"{rows:,}"})
        job.check_cancelled()

    if upload.file is None:
        reason = _("The file has expired; upload it again.")
        return {"state": prediction_rows.fail(upload, reason, by=job.by).state}
    with storage.local_path(upload.file) as path:
        rows = rows_of(read_rows(path, sniff(path, upload.name)))
        upload = prediction_rows.take_in(upload, rows, by=job.by, progress=progress)
    counts = {name: getattr(upload, name) for name in ("accepted", "unchanged", "refused")}
    return {"state": upload.state, **counts}
