"""What a set version's digest covers, recomputed from its rows; erased items leave it valid.

One canonical line for the version and one for each example, in their order. An example is told by
stable keys and by the salted digest of its item's content, so that the content itself may go.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db.models import F, QuerySet

from evaluation.models import Example, SetVersion
from labeling.formats.canonical import canonical_json, content_digest
from labeling.models import Item, Ruling

FORMAT = "fettle-set/1"
AT_ONCE = 2_000
_COVERED = (
    "content_digest", "references", "weight", "stratum", "inclusion_probability",
    "item__external_id", "item__attributes", "adjudication__uid",
)  # fmt: skip


def digest_of(version: SetVersion) -> str:
    """SHA-256 over the version's head and its examples, in hexadecimal."""
    digest = sha256(canonical_json(_head(version)))
    for row in _rows(version).values(*_COVERED).iterator(chunk_size=AT_ONCE):
        digest.update(b"\n" + canonical_json(_line(row)))
    return digest.hexdigest()


def differences(version: SetVersion) -> Iterator[str]:
    """What in a frozen version is not as it was frozen; nothing for one that is whole."""
    count = version.examples.count()
    if count != version.size:
        yield f"{count} examples, not {version.size}"
    if digest_of(version) != version.digest:
        yield "its digest does not fit"
    yield from _changed_items(version)
    yield from _other_rulings(version)


def spelled(weight: Decimal) -> str:
    """A weight as digests and exports spell it.

    >>> spelled(Decimal("22.500000000")), spelled(Decimal("100.000000000"))
    ('22.5', '100')
    """
    return format(weight.normalize(), "f")


def _head(version: SetVersion) -> dict[str, Any]:
    rubric = version.rubric_version
    return {
        "format": FORMAT,
        "provenance": str(version.provenance),
        "criterion": version.criterion,
        "subject": str(version.subject),
        "judged_version": version.judged_version,
        "rubric": rubric.digest if rubric else None,
        "taxonomy": version.taxonomy,
    }


def _line(row: dict[str, Any]) -> dict[str, Any]:
    probability = row["inclusion_probability"]
    adjudication = row["adjudication__uid"]
    return {
        "external_id": row["item__external_id"],
        "content_digest": row["content_digest"],
        "attributes": row["item__attributes"],
        "references": row["references"],
        "weight": spelled(row["weight"]),
        "stratum": row["stratum"],
        "inclusion_probability": None if probability is None else repr(probability),
        "adjudication": str(adjudication) if adjudication else None,
    }


def _rows(version: SetVersion) -> QuerySet[Example]:
    return Example.objects.filter(set_version=version).order_by("position")


def _changed_items(version: SetVersion) -> Iterator[str]:
    """Items that are not what they were when the version was frozen; an erased one has gone."""
    rows = _rows(version).exclude(item__content_digest=F("content_digest"))
    for name in rows.values_list("item__external_id", flat=True):
        yield f"item {name}: not the item that was frozen"
    present = Item.objects.filter(examples__set_version=version, erased_at__isnull=True)
    fields = present.only("external_id", "content", "salt", "content_digest")
    for item in fields.iterator(chunk_size=AT_ONCE):
        if content_digest(item.content, item.salt) != item.content_digest:
            yield f"item {item.external_id}: its content does not fit its digest"


def _other_rulings(version: SetVersion) -> Iterator[str]:
    """Examples whose reference is not what their adjudication ruled."""
    ruled = Ruling.objects.filter(
        adjudication__examples__set_version=version, criterion__key=version.criterion
    )
    values = dict(ruled.values_list("adjudication_id", "value"))
    rows = _rows(version).filter(adjudication__isnull=False)
    for name, references, adjudication in rows.values_list(
        "item__external_id", "references", "adjudication_id"
    ).iterator(chunk_size=AT_ONCE):
        if values.get(adjudication) != references.get(version.criterion):
            yield f"item {name}: its reference is not what was adjudicated"
