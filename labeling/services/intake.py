"""One run of an import: begin clean, stage chunk by chunk, then all rows become items or none.

A run that died leaves staged rows behind; the next takes a higher attempt number and clears them.
Every chunk checks that number under the import's lock, so that a run only thought dead stops there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labeling.errors import Conflict
from labeling.formats.mapping import ItemRow
from labeling.formats.rows import FormatError, Refusal
from labeling.models import Import, Membership, Project, RefusedRow
from labeling.services import audit, staging
from labeling.services.items import SeenFields, note_fields

Progress = Callable[[int], None]
ROWS_AT_ONCE = {"postgresql": 10_000, "sqlite": 20_000}
CHARACTERS_AT_ONCE = 16_777_216


@dataclass
class Run:
    """What one run has done so far."""

    batch: Import
    by: Membership | None
    seen: SeenFields
    read: int = 0
    staged: int = 0


def take_in(
    batch: Import,
    rows: Iterable[ItemRow | Refusal],
    *,
    by: Membership | None,
    at: datetime | None = None,
    progress: Progress | None = None,
) -> Import:
    """Bring all rows of an import in; a file that breaks off in the middle fails as a whole."""
    run = _begin(batch, by)
    try:
        for chunk in _chunks(rows):
            _stage(run, chunk)
            if progress:
                progress(run.read)
    except FormatError as error:
        return fail(run.batch, str(error), by=by, at=at)
    return _finish(run, at or timezone.now())


@transaction.atomic
def fail(batch: Import, error: str, *, by: Membership | None, at: datetime | None = None) -> Import:
    """Give an import up with the reason; the rows refused so far stay in its report."""
    staging.clear(batch)
    batch.state, batch.error = Import.State.FAILED, error
    batch.accepted = batch.unchanged = 0
    batch.refused = batch.refused_rows.count()
    batch.finished_at = at or timezone.now()
    batch.save(update_fields=["state", "error", "accepted", "unchanged", "refused", "finished_at"])
    audit.record(by, "failed_import", batch, at=at, project=batch.project, error=error[:300])
    return batch


@transaction.atomic
def _begin(batch: Import, by: Membership | None) -> Run:
    """Take the import over from whoever worked on it before, and clear what they left."""
    open_states = [Import.State.RUNNING, Import.State.FAILED]
    if not Import.objects.filter(pk=batch.pk, state__in=open_states).update(
        attempt=F("attempt") + 1, state=Import.State.RUNNING, error="", finished_at=None
    ):
        raise Conflict("import_not_open", _("This import has already ended."))
    batch = Import.objects.select_related("project").get(pk=batch.pk)
    staging.clear(batch)
    RefusedRow.objects.filter(batch=batch).delete()
    return Run(batch, by, SeenFields())


@transaction.atomic
def _stage(run: Run, chunk: list[ItemRow | Refusal]) -> None:
    _require_mine(run.batch)
    run.staged += staging.stage(run.batch, _watched(run, chunk))


def _watched(run: Run, chunk: list[ItemRow | Refusal]) -> Iterator[ItemRow | Refusal]:
    for row in chunk:
        run.read += 1
        if isinstance(row, ItemRow):
            run.seen.note(row)
        yield row


@transaction.atomic
def _finish(run: Run, at: datetime) -> Import:
    batch = run.batch
    # One import of a project at a time: two that share ids in another order would deadlock.
    Project.objects.select_for_update(no_key=True).get(pk=batch.project_id)
    _require_mine(batch)
    batch.accepted = staging.become_items(batch, at)
    clashes = 0
    if batch.accepted < run.staged:
        clashes = staging.refuse_not_taken(batch)
    batch.unchanged = run.staged - batch.accepted - clashes
    batch.refused = batch.refused_rows.count()
    batch.state, batch.finished_at = Import.State.DONE, at
    if batch.refused and not batch.valid_rows_only:
        _take_nothing(batch)
    staging.clear(batch)
    note_fields(batch.project, run.seen)
    batch.save()
    _record(run, at)
    return batch


def _require_mine(batch: Import) -> None:
    mine = Import.objects.select_for_update(no_key=True).filter(
        pk=batch.pk, attempt=batch.attempt, state=Import.State.RUNNING
    )
    if not mine.values_list("pk").first():
        raise Conflict("import_taken_over", _("Another run has taken this import over."))


def _take_nothing(batch: Import) -> None:
    """Undo within the same transaction, so that nobody has seen these items."""
    staging.take_back(batch)
    batch.accepted = 0
    batch.state = Import.State.FAILED
    batch.error = ngettext(
        "%(count)d row was refused, so nothing was taken.",
        "%(count)d rows were refused, so nothing was taken.",
        batch.refused,
    ) % {"count": batch.refused}


def _record(run: Run, at: datetime) -> None:
    batch = run.batch
    counts = {name: getattr(batch, name) for name in ("accepted", "unchanged", "refused")}
    verb = "imported_items" if batch.state == Import.State.DONE else "failed_import"
    digest = batch.file.sha256 if batch.file else ""
    audit.record(run.by, verb, batch, at=at, project=batch.project, digest=digest, **counts)


def _chunks(rows: Iterable[ItemRow | Refusal]) -> Iterator[list[ItemRow | Refusal]]:
    """Lists that hold neither too many rows nor too much text.

    Parsing a whole chunk before it is stored is a seventh faster than doing both in turns.
    """
    most = ROWS_AT_ONCE[connection.vendor]
    chunk: list[ItemRow | Refusal] = []
    characters = 0
    for row in rows:
        chunk.append(row)
        if isinstance(row, ItemRow):
            characters += sum(map(len, row.content.values()))
        if len(chunk) >= most or characters >= CHARACTERS_AT_ONCE:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk
