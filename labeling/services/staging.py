"""The bulk part of an import: rows staged chunk by chunk, then all of them items at once."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import connection

from labeling.formats.canonical import NotCanonicalError, canonical_json, salted_digest
from labeling.formats.mapping import ItemRow
from labeling.formats.rows import Refusal
from labeling.models import Import, RefusedRow

REASON_CHARACTERS = 300
FROM_FILE = (
    "uid", "external_id", "content", "attributes", "group", "model_version", "prediction",
    "confidence", "occurred_at", "salt", "content_digest", "twin_key", "row_digest",
)  # fmt: skip
NAMES = ", ".join(f'"{name}"' for name in FROM_FILE)

COPY = f"COPY labeling_stagedrow (batch_id, line, {NAMES}) FROM STDIN"
STAGE = (
    f"INSERT INTO labeling_stagedrow (batch_id, line, {NAMES}) "  # noqa: S608 - names of our own
    f"VALUES ({', '.join(['%s'] * (len(FROM_FILE) + 2))})"
)
BECOME_ITEMS = f"""
    INSERT INTO labeling_item (project_id, batch_id, imported_at, erased_why, {NAMES})
    SELECT %s, batch_id, %s, '', {NAMES} FROM labeling_stagedrow
    WHERE batch_id = %s ORDER BY line
    ON CONFLICT (project_id, external_id) DO NOTHING
"""  # noqa: S608 - names of our own
#: Staged rows that found their external_id taken: by an earlier line of the file or by an item.
NOT_TAKEN = """
    FROM (
        SELECT line, uid, external_id, row_digest,
               MIN(line) OVER (PARTITION BY external_id) AS first_line
        FROM labeling_stagedrow WHERE batch_id = %s
    ) AS staged
    JOIN labeling_item AS item
      ON item.project_id = %s AND item.external_id = staged.external_id AND item.uid <> staged.uid
    JOIN labeling_import AS source ON source.id = item.batch_id
"""
REFUSE_NOT_TAKEN = f"""
    INSERT INTO labeling_refusedrow (batch_id, line, reason)
    SELECT %s, staged.line, 'external_id “' || staged.external_id || CASE
        WHEN staged.line > staged.first_line THEN '” is already on line ' || staged.first_line
        WHEN item.erased_at IS NOT NULL THEN '” was erased and cannot come back'
        WHEN source.state = 'withdrawn' THEN '” is still being withdrawn; try again in a moment'
        ELSE '” is already an item with other content'
    END
    {NOT_TAKEN}
    WHERE staged.line > staged.first_line OR item.row_digest <> staged.row_digest
       OR source.state = 'withdrawn'
    ORDER BY staged.line
"""


def stage(batch: Import, rows: Iterable[ItemRow | Refusal]) -> int:
    """Keep one chunk: rows to be items (how many), and refused ones with their reasons."""
    refused: list[Refusal] = []
    kept = _keep(_fitting(batch.pk, rows, refused))
    RefusedRow.objects.bulk_create(
        RefusedRow(batch=batch, line=line, reason=reason[:REASON_CHARACTERS])
        for line, reason in refused
    )
    return kept


def become_items(batch: Import, at: datetime) -> int:
    """Turn everything staged into items in one statement; how many are new."""
    moment = connection.ops.adapt_datetimefield_value(at)
    return _run(BECOME_ITEMS, [batch.project_id, moment, batch.pk])


def refuse_not_taken(batch: Import) -> int:
    """Report the staged rows that clash with an earlier line or an item, by line; how many."""
    return _run(REFUSE_NOT_TAKEN, [batch.pk, batch.pk, batch.project_id])


def take_back(batch: Import) -> None:
    """Remove the items that this import has just made; only before its transaction ends."""
    _run("DELETE FROM labeling_item WHERE batch_id = %s", [batch.pk])


def clear(batch: Import) -> None:
    """Forget what is staged."""
    _run("DELETE FROM labeling_stagedrow WHERE batch_id = %s", [batch.pk])


def _fitting(
    batch: int, rows: Iterable[ItemRow | Refusal], refused: list[Refusal]
) -> Iterator[tuple[Any, ...]]:
    """The rows that can be stored, one by one, so that the database works while we hash."""
    for row in rows:
        staged = row if isinstance(row, Refusal) else _staged(batch, row)
        if isinstance(staged, Refusal):
            refused.append(staged)
        else:
            yield staged


def _staged(batch: int, row: ItemRow) -> tuple[Any, ...] | Refusal:
    try:
        content, attributes = canonical_json(row.content), canonical_json(row.attributes)
        prediction = b"" if row.prediction is None else canonical_json(row.prediction)
    except NotCanonicalError as error:
        return Refusal(row.line, f"cannot be stored: {error}")
    salt = secrets.token_hex(16)
    moment = connection.ops.adapt_datetimefield_value(row.occurred_at)
    rest = (row.group, row.model_version, repr(row.confidence), str(moment))
    return (
        batch,
        row.line,
        _new_uid(),
        row.external_id,
        content.decode(),
        attributes.decode(),
        row.group,
        row.model_version,
        prediction.decode() or None,
        row.confidence,
        moment,
        salt,
        salted_digest(content, salt),
        _short(content),
        # Nothing in it holds a NUL: equal means that the row says nothing new.
        _short(b"\0".join((content, attributes, prediction, *map(str.encode, rest)))),
    )


def _new_uid() -> str:
    """A random UUID (version 4) as both databases take it, in a third of the time of `uuid4`."""
    digits = secrets.token_hex(16)
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:12]}4{digits[13:16]}{variant}{digits[17:]}"


def _short(text: bytes) -> str:
    return sha256(text).hexdigest()[:32]


def _keep(rows: Iterator[tuple[Any, ...]]) -> int:
    cursor: Any  # the types of both drivers know less than they can
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            return _copy(cursor, rows)
        cursor.executemany(STAGE, rows)
        return int(cursor.rowcount)


def _copy(cursor: Any, rows: Iterator[tuple[Any, ...]]) -> int:
    with cursor.copy(COPY) as copy:
        for row in rows:
            copy.write_row(row)
    return int(cursor.rowcount)


def _run(statement: str, values: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
