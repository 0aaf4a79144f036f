"""Taxonomies: each change of the tree is a new version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.formats.canonical import canonical_json
from labeling.models import Membership, Project, Taxonomy, TaxonomyVersion
from labeling.policy.rubrics import taxonomy_problems
from labeling.services import audit


@transaction.atomic
def save_taxonomy(
    project: Project, name: str, nodes: list[dict[str, Any]], *, by: Membership | None
) -> TaxonomyVersion:
    """The taxonomy's version with exactly these nodes: the newest one, or a new one."""
    rows = checked_nodes(nodes)
    taxonomy = _named(project, name.strip())
    newest = taxonomy.versions.first()
    if newest and newest.digest == _digest(rows):
        return newest
    return add_version(taxonomy, rows, by=by)


@transaction.atomic
def take_taxonomy(
    project: Project, name: str, nodes: list[dict[str, Any]], *, by: Membership | None
) -> TaxonomyVersion:
    """The version with exactly these nodes, however old: a copied rubric keeps the one it had."""
    rows = checked_nodes(nodes)
    versions = TaxonomyVersion.objects.filter(taxonomy__project=project)
    same = versions.filter(taxonomy__name=name.strip(), digest=_digest(rows))
    return same.first() or save_taxonomy(project, name, rows, by=by)


def add_version(
    taxonomy: Taxonomy,
    nodes: list[dict[str, Any]],
    *,
    by: Membership | None,
    changes: Sequence[dict[str, Any]] = (),
    at: datetime | None = None,
) -> TaxonomyVersion:
    """The next version of a taxonomy that the caller has locked."""
    newest, at = taxonomy.versions.first(), at or timezone.now()
    version = TaxonomyVersion.objects.create(
        taxonomy=taxonomy,
        number=newest.number + 1 if newest else 1,
        nodes=nodes,
        digest=_digest(nodes),
        changes=list(changes),
        created_by=by,
        created_at=at,
    )
    facts = {"nodes": len(nodes), "changes": len(changes)}
    audit.record(by, "saved_taxonomy", version, project=taxonomy.project, at=at, **facts)
    return version


def checked_nodes(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The nodes with every field; ValidationError says what keeps them from being a tree."""
    rows = [_node(row) for row in nodes]
    if found := taxonomy_problems(rows):
        raise ValidationError([str(problem) for problem in found[:20]])
    return rows


def _named(project: Project, name: str) -> Taxonomy:
    """The project's taxonomy of this name, locked so that versions are numbered one by one."""
    made, _is_new = Taxonomy.objects.get_or_create(project=project, name=name)
    return Taxonomy.objects.select_for_update().get(pk=made.pk)


def _digest(rows: list[dict[str, Any]]) -> str:
    return sha256(canonical_json(rows)).hexdigest()


def _node(row: Any) -> dict[str, Any]:
    """A node with every field, in a fixed order, so that equal trees have equal digests."""
    if not isinstance(row, dict):
        raise ValidationError(_("A taxonomy node must be an object."))
    node = {
        "key": row.get("key", ""),
        "parent": row.get("parent") or None,
        "label": row.get("label") or row.get("key", ""),
        "synonyms": row.get("synonyms") or [],
        "description": row.get("description") or "",
    }
    return node | {name: row[name] for name in ("deprecated", "replaces") if row.get(name)}
