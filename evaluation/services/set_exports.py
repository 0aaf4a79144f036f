"""Set versions as archives: asked for, written by a job, kept for a while."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluation.formats.set_files import (
    INPUTS,
    WHOLE,
    Layout,
    columns_of,
    flat,
    write_card,
)
from evaluation.models import SetVersion
from evaluation.reports.set_rows import in_batches, names_in
from evaluation.services.set_versions import found_version
from labeling import storage
from labeling.errors import Conflict
from labeling.formats.manifests import DataFile, sealed, write_bundle
from labeling.formats.rows import Format
from labeling.formats.writing import Profile, Writer, open_writer
from labeling.models import Job, Membership, StoredFile
from labeling.reports.manifests import header
from labeling.services import audit
from labeling.services.jobs import RunningJob, enqueue, job_kind

KEPT_FOR = timedelta(days=30)


class Contents(StrEnum):
    """Whether the answers go along, or only what there is to predict from."""

    WHOLE = "whole"
    INPUTS = "inputs"


@transaction.atomic
def request_set_export(
    version: SetVersion,
    layout: str,
    contents: str = Contents.WHOLE,
    profile: str = Profile.RAW,
    *,
    by: Membership,
) -> Job:
    """Ask for a frozen version as an archive; the job that writes it keeps the file."""
    if version.state != SetVersion.State.FROZEN:
        raise Conflict("set_not_frozen", _("Only a frozen version can be exported."))
    try:
        asked = {"layout": Layout(layout), "contents": Contents(contents)}
        asked |= {"profile": Profile(profile)}
    except ValueError as error:
        raise ValidationError(_("This is not a way to export a set.")) from error
    project = version.evaluation_set.project
    arguments = {"set_version": str(version.uid), **{k: str(v) for k, v in asked.items()}}
    job = enqueue("export_set", arguments, project=project, by=by)
    audit.record(by, "asked_for_set_export", version, project=project, asked=arguments)
    return job


@job_kind("export_set")
def run_export_set(job: RunningJob) -> dict[str, Any]:
    """The job behind `request_set_export`."""
    version = found_version(job)
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "set.zip"
        manifest = write_set(version, job, bundle)
        with bundle.open("rb") as stream:
            file = _store(version, job, stream)
    job.keep_file(file)
    rows = manifest["files"][0]["rows"]
    _record(version, job, manifest)
    job.progress(rows, rows)
    return {"rows": rows, "digest": manifest["digest"]}


def write_set(version: SetVersion, job: RunningJob, bundle: Path) -> dict[str, Any]:
    """Write a version's archive as its job asks, and give back its manifest."""
    layout, about = Layout(job.arguments["layout"]), _about(version, job)
    data = bundle.with_name(layout.data_name)
    with _writer(version, job, data) as writer:
        _write(version, job, writer)
    files = [DataFile(data.name, *writer.written)]
    paths = [data]
    if layout is Layout.HUGGING_FACE:
        card, written = write_card(bundle.parent, about, data.name, writer.written.rows)
        files.append(DataFile(card.name, *written))
        paths.append(card)
    manifest = sealed(about, files)
    write_bundle(bundle, manifest, paths)
    return manifest


def _writer(version: SetVersion, job: RunningJob, path: Path) -> Writer:
    file_format = Layout(job.arguments["layout"]).file_format
    is_flat = file_format is not Format.JSON_LINES
    table = INPUTS if _inputs_only(job) else WHOLE
    columns = columns_of(table, names_in(version) if is_flat else {}, is_flat=is_flat)
    return open_writer(path, file_format, columns, Profile(job.arguments["profile"]))


def _write(version: SetVersion, job: RunningJob, writer: Writer) -> None:
    is_flat = Layout(job.arguments["layout"]).file_format is not Format.JSON_LINES
    done = 0
    for batch in in_batches(version, inputs_only=_inputs_only(job)):
        writer.write(map(flat, batch) if is_flat else batch)
        done += len(batch)
        job.progress(done, version.size, _("%(count)s rows written") % {"count": f"{done:,}"})
        job.check_cancelled()


def _inputs_only(job: RunningJob) -> bool:
    return bool(job.arguments["contents"] == Contents.INPUTS)


def _about(version: SetVersion, job: RunningJob) -> dict[str, Any]:
    evaluation_set = version.evaluation_set
    whose = {"uid": str(evaluation_set.uid), "name": evaluation_set.name}
    return {
        **header(evaluation_set.project, job.by),
        "kind": "set_version",
        "uid": str(version.uid),
        "set": {**whose, "role": evaluation_set.role},
        "number": version.number,
        "digest_of_version": version.digest,
        "size": version.size,
        "criterion": version.criterion,
        "subject": version.subject,
        "judged_version": version.judged_version,
        "taxonomy": version.taxonomy,
        "provenance": version.provenance,
        "source": version.source,
        "quality": version.quality,
        "contents": job.arguments["contents"],
        "layout": job.arguments["layout"],
        "created_at": timezone.now().isoformat(),
    }


def _store(version: SetVersion, job: RunningJob, stream: Any) -> StoredFile:
    project = version.evaluation_set.project
    name = f"{project.slug}-set-v{version.number}-{job.arguments['contents']}.zip"
    return storage.store(
        project,
        name,
        stream,
        by=job.by,
        content_type="application/zip",
        expires_in=KEPT_FOR,
        limit=settings.FETTLE_STORAGE_QUOTA,
    )


def _record(version: SetVersion, job: RunningJob, manifest: dict[str, Any]) -> None:
    audit.record(
        job.by,
        "wrote_set_export",
        version,
        project=version.evaluation_set.project,
        digest=manifest["digest"],
        rows=manifest["files"][0]["rows"],
        contents=job.arguments["contents"],
    )
