"""Exports: asked for, written by a job from one moment's view, kept for a while as one archive."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling import storage
from labeling.formats import exported_rows
from labeling.formats.manifests import DataFile, sealed, write_bundle
from labeling.formats.rows import Format, Kind
from labeling.formats.writing import OutColumn, Profile, Writer, open_writer
from labeling.models import Export, Item, Job, Membership, Project, Queue, StoredFile
from labeling.policy.slices import parse
from labeling.reports import exports as report
from labeling.reports.exports import Rows, Wording
from labeling.reports.items import ItemSearch
from labeling.reports.manifests import header, provenance
from labeling.services import audit
from labeling.services.jobs import JobFailed, RunningJob, enqueue, job_kind
from labeling.services.one_view import Aside, one_view

KEPT_FOR = timedelta(days=30)
MOST_COLUMNS = 1_000
NAMES = {
    Export.Kind.ADJUDICATIONS: "labels",
    Export.Kind.ANNOTATIONS: "annotations",
    Export.Kind.ITEMS: "items",
}
Told = Callable[[int], None]


@dataclass(frozen=True)
class Source:
    """What goes into a data file: its rows, their columns, and what the manifest says of them."""

    rows: Rows
    table: dict[str, Kind]
    names: dict[str, list[str]]
    manifest: dict[str, Any]


@transaction.atomic
def request_export(
    project: Project,
    kind: str,
    file_format: str,
    profile: str,
    scope: dict[str, Any],
    *,
    by: Membership | None,
) -> Export:
    """Ask for an export; a job writes it.

    scope: `queue` (a uid; all queues without it) for labels and annotations, `text` and
    `conditions` (as slices store them) for items.
    """
    export = Export(
        project=project,
        kind=kind,
        file_format=file_format,
        profile=profile,
        scope=scope,
        created_by=by,
    )
    export.full_clean(exclude=["scope", "manifest", "created_by"])
    _queues(export)
    export.save()
    arguments = {"export": str(export.uid)}
    export.job = enqueue("write_export", arguments, project=project, by=by)
    export.save(update_fields=["job"])
    audit.record(
        by, "asked_for_export", export, project=project, kind=kind, format=file_format, scope=scope
    )
    return export


@job_kind("write_export", ended=lambda job: _give_up(job))
def run_write_export(job: RunningJob) -> dict[str, Any]:
    """The job behind `request_export`."""
    export = Export.objects.select_related("project", "created_by").get(uid=job.arguments["export"])
    if export.state == Export.State.DONE:
        return {"rows": export.manifest["files"][0]["rows"]}
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "export.zip"
        manifest = write_export(export, bundle, job)
        with bundle.open("rb") as stream:
            file = _store(export, stream)
    _finish(export, manifest, file)
    job.keep_file(file)
    rows = manifest["files"][0]["rows"]
    job.progress(rows, rows)
    return {"rows": rows}


def write_export(export: Export, bundle: Path, job: RunningJob | None = None) -> dict[str, Any]:
    """Write an export's archive and give back its manifest."""
    data = bundle.with_name(f"{NAMES[Export.Kind(export.kind)]}.{export.file_format}")
    with one_view() as aside:
        source = _source(export)
        with _writer(export, data, source) as writer:
            _write(export, source, writer, _teller(job, aside))
        written = DataFile(data.name, *writer.written)
        manifest = sealed({**_about(export), **source.manifest}, [written])
    write_bundle(bundle, manifest, [data])
    return manifest


def _source(export: Export) -> Source:
    """Where an export's rows come from; made and read inside one view."""
    if export.kind == Export.Kind.ITEMS:
        return _items(export)
    queues = _queues(export)
    wording = Wording(export.project, queues)
    manifest = provenance(export.project, queues)
    if export.kind == Export.Kind.ANNOTATIONS:
        rows = report.in_batches(report.answers(queues), wording.annotation_rows)
        return Source(rows, exported_rows.ANNOTATIONS, {}, manifest)
    names = {"answers": wording.keys(), "mapped": wording.mapped_keys()}
    if export.file_format != Export.FileFormat.JSONL:
        judged = Item.objects.filter(tasks__queue__in=queues, tasks__state__in=report.DECIDED)
        names |= report.field_names(judged)
    rows = report.in_batches(report.labels(queues), wording.label_rows)
    return Source(rows, exported_rows.LABELS, names, manifest)


def _items(export: Export) -> Source:
    conditions = tuple(parse(export.scope.get("conditions", [])))
    items = report.inputs(export.project, ItemSearch(export.scope.get("text", ""), conditions))
    is_flat = export.file_format != Export.FileFormat.JSONL
    rows = report.in_batches(items.order_by("pk"), report.item_rows)
    names = report.field_names(items) if is_flat else {}
    return Source(rows, exported_rows.ITEMS, names, {})


def _writer(export: Export, path: Path, source: Source) -> Writer:
    columns = [OutColumn(name, kind) for name, kind in source.table.items()]
    if export.file_format != Export.FileFormat.JSONL:
        columns = exported_rows.columns_of(source.table, source.names)
    if len(columns) > MOST_COLUMNS:
        message = _("There are more than %(most)s different fields: choose JSON lines.")
        raise JobFailed(message % {"most": f"{MOST_COLUMNS:,}"})
    return open_writer(path, Format(export.file_format), columns, Profile(export.profile))


def _write(export: Export, source: Source, writer: Writer, tell: Told) -> None:
    is_flat = export.file_format != Export.FileFormat.JSONL
    done = 0
    for batch in source.rows:
        writer.write(map(exported_rows.flat, batch) if is_flat else batch)
        done += len(batch)
        tell(done)


def _teller(job: RunningJob | None, aside: Aside) -> Told:
    """How progress is told: on another connection, since the view only reads."""

    def tell(done: int) -> None:
        if job is not None:
            aside(job.progress, done, None, _("%(count)s rows written") % {"count": f"{done:,}"})

    return tell


def _about(export: Export) -> dict[str, Any]:
    return {
        **header(export.project, export.created_by),
        "uid": str(export.uid),
        "kind": export.kind,
        "file_format": export.file_format,
        "profile": export.profile if export.file_format == Export.FileFormat.CSV else None,
        "scope": export.scope,
        "created_at": timezone.now().isoformat(),
    }


def _queues(export: Export) -> Sequence[Queue]:
    """The queues an export is about, the oldest first."""
    queues = Queue.objects.filter(project=export.project).order_by("pk")
    queues = queues.select_related("project", "rubric_version__rubric", "sample")
    uid = export.scope.get("queue")
    if not uid:
        return list(queues)
    found = list(queues.filter(uid=uid))
    if not found:
        missing = ValidationError(_("There is no such queue here."), code="invalid_reference")
        raise ValidationError({"queue": missing})
    return found


def _store(export: Export, stream: Any) -> StoredFile:
    day = timezone.now().strftime("%Y-%m-%d")
    return storage.store(
        export.project,
        f"{export.project.slug}-{NAMES[Export.Kind(export.kind)]}-{day}.zip",
        stream,
        by=export.created_by,
        content_type="application/zip",
        expires_in=KEPT_FOR,
        limit=settings.FETTLE_STORAGE_QUOTA,
    )


@transaction.atomic
def _finish(export: Export, manifest: dict[str, Any], file: StoredFile) -> None:
    export.file, export.manifest, export.state = file, manifest, Export.State.DONE
    export.error = ""
    export.save(update_fields=["file", "manifest", "state", "error"])
    audit.record(
        export.created_by,
        "wrote_export",
        export,
        project=export.project,
        digest=manifest["digest"],
        rows=manifest["files"][0]["rows"],
    )


def _give_up(job: Job) -> None:
    """An export whose job failed or was canceled says so."""
    canceled = job.state == Job.State.CANCELED
    Export.objects.filter(uid=job.arguments["export"], state=Export.State.RUNNING).update(
        state=Export.State.FAILED, error=_("Canceled.") if canceled else job.error
    )
