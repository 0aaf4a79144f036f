"""Rows of predictions on their way in, chunk by chunk.

Each chunk counts what it did in its own transaction, so that a run that died is taken up where it
stopped, and one only thought dead notices that somebody else has gone on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluation.formats.predictions import PredictionRow
from evaluation.models import ModelVersion, Prediction, PredictionUpload
from labeling.errors import Conflict
from labeling.formats.rows import FormatError, Refusal
from labeling.models import Item, Membership
from labeling.policy.slices import as_text
from labeling.services import audit

CHUNK = 2_000
KEEP = timedelta(days=30)
REASONS_KEPT = 1_000

Progress = Callable[[int], None]
Rows = Iterable[PredictionRow | Refusal]


@dataclass
class Chunk:
    """What becomes of some rows."""

    new: list[Prediction] = field(default_factory=list)
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)


def take_in(
    upload: PredictionUpload,
    rows: Rows,
    *,
    by: Membership | None,
    at: datetime | None = None,
    progress: Progress | None = None,
) -> PredictionUpload:
    """Bring all rows in; a file that breaks off in the middle keeps what came before."""
    at = at or timezone.now()
    seen: set[str] = set()
    left = iter(rows)
    done = _read(upload)
    try:
        for row in islice(left, done):
            seen.add(row.external_id if isinstance(row, PredictionRow) else "")
        while some := list(islice(left, CHUNK)):
            _store(upload, some, seen, at)
            if progress:
                progress(_read(upload))
    except FormatError as error:
        return fail(upload, str(error), by=by, at=at)
    return _finish(upload, by, at)


@transaction.atomic
def fail(
    upload: PredictionUpload, error: str, *, by: Membership | None, at: datetime | None = None
) -> PredictionUpload:
    """Give an upload up with the reason; rows that were taken stay."""
    upload.state, upload.error = PredictionUpload.State.FAILED, error
    upload.save(update_fields=["state", "error"])
    _record(upload, "failed_predictions", by, at)
    return upload


@transaction.atomic
def _store(
    upload: PredictionUpload, rows: list[PredictionRow | Refusal], seen: set[str], at: datetime
) -> None:
    # One upload of a version at a time: two with the same items would meet at the constraint.
    ModelVersion.objects.select_for_update(no_key=True).get(pk=upload.version_id)
    _require_mine(upload)
    chunk = _sorted_out(upload.version, rows, seen, at)
    Prediction.objects.bulk_create(chunk.new, batch_size=CHUNK)
    upload.accepted += len(chunk.new)
    upload.unchanged += chunk.unchanged
    upload.refused += len(chunk.refused)
    room = REASONS_KEPT - len(upload.reasons)
    upload.reasons += [{"line": row.line, "reason": row.reason} for row in chunk.refused[:room]]
    upload.save(update_fields=["accepted", "unchanged", "refused", "reasons"])


def _sorted_out(
    version: ModelVersion, rows: list[PredictionRow | Refusal], seen: set[str], at: datetime
) -> Chunk:
    chunk = Chunk()
    given = [row for row in rows if isinstance(row, PredictionRow)]
    items = _items(version, [row.external_id for row in given])
    stored = _stored(version, items)
    for row in rows:
        if isinstance(row, Refusal):
            chunk.refused.append(row)
            continue
        item = items.get(row.external_id)
        reason = _why_not(row, item, stored, seen)
        seen.add(row.external_id)
        if reason or item is None:
            chunk.refused.append(Refusal(row.line, reason))
        elif item.pk in stored:
            chunk.unchanged += 1
        else:
            chunk.new.append(_prediction(version, item, row, at))
    return chunk


def _items(version: ModelVersion, external_ids: list[str]) -> dict[str, Item]:
    found = Item.objects.in_place().filter(project=version.project_id, external_id__in=external_ids)
    fields = ("pk", "external_id", "model_version", "prediction", "confidence")
    return {item.external_id: item for item in found.only(*fields)}


def _stored(version: ModelVersion, items: dict[str, Item]) -> dict[int, tuple[str, float | None]]:
    """What is known of these items: what was sent before, and what they came in with."""
    own = {
        item.pk: (as_text(item.prediction), item.confidence)
        for item in items.values()
        if item.model_version == version.name and item.prediction is not None
    }
    sent = Prediction.objects.filter(
        version=version, item__in=[item.pk for item in items.values()]
    ).values_list("item_id", "value", "confidence")
    return own | {item: (value, confidence) for item, value, confidence in sent}


def _why_not(
    row: PredictionRow,
    item: Item | None,
    stored: dict[int, tuple[str, float | None]],
    seen: set[str],
) -> str:
    """Why a well-formed row is refused; empty when it is not."""
    if row.external_id in seen:
        return "the same external_id stands further up"
    if item is None:
        return f"there is no item {row.external_id[:100]!r} in this project"
    value, confidence = stored.get(item.pk, (row.value, row.confidence))
    if value != row.value:
        return f"another answer is stored for this item: {value[:100]!r}"
    if row.confidence is not None and confidence != row.confidence:
        return f"another confidence is stored for this item: {confidence}"
    return ""


def _prediction(version: ModelVersion, item: Item, row: PredictionRow, at: datetime) -> Prediction:
    return Prediction(version=version, item=item, value=row.value, confidence=row.confidence, at=at)


def _require_mine(upload: PredictionUpload) -> None:
    counts = {name: getattr(upload, name) for name in ("accepted", "unchanged", "refused")}
    mine = PredictionUpload.objects.filter(
        pk=upload.pk, state=PredictionUpload.State.RUNNING, **counts
    )
    if not mine.exists():
        raise Conflict("upload_taken_over", _("Another run has taken this upload over."))


def _read(upload: PredictionUpload) -> int:
    return upload.accepted + upload.unchanged + upload.refused


@transaction.atomic
def _finish(
    upload: PredictionUpload, by: Membership | None, at: datetime | None
) -> PredictionUpload:
    if upload.refused and not upload.accepted + upload.unchanged:
        return fail(upload, _("Every row was refused."), by=by, at=at)
    upload.state = PredictionUpload.State.DONE
    upload.save(update_fields=["state"])
    _record(upload, "stored_predictions", by, at)
    return upload


def _record(
    upload: PredictionUpload, verb: str, by: Membership | None, at: datetime | None
) -> None:
    counts = {name: getattr(upload, name) for name in ("accepted", "unchanged", "refused")}
    digest = upload.file.sha256 if upload.file else ""
    detail = {"version": str(upload.version.uid), "digest": digest, **counts}
    audit.record(by, verb, upload, at=at, project=upload.version.project, **detail)
