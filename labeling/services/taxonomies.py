"""Taxonomies: each change of the tree is a new version."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
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
    rows = [_node(row) for row in nodes]
    if found := taxonomy_problems(rows):
        raise ValidationError([str(problem) for problem in found[:20]])
    taxonomy = _named(project, name.strip())
    digest = sha256(canonical_json(rows)).hexdigest()
    newest = taxonomy.versions.first()
    if newest and newest.digest == digest:
        return newest
    version = TaxonomyVersion.objects.create(
        taxonomy=taxonomy,
        number=newest.number + 1 if newest else 1,
        nodes=rows,
        digest=digest,
        created_by=by,
    )
    audit.record(by, "saved_taxonomy", version, project=project, nodes=len(rows))
    return version


def _named(project: Project, name: str) -> Taxonomy:
    """The project's taxonomy of this name, locked so that versions are numbered one by one."""
    made, _is_new = Taxonomy.objects.get_or_create(project=project, name=name)
    return Taxonomy.objects.select_for_update().get(pk=made.pk)


def _node(row: Any) -> dict[str, Any]:
    """A node with every field, in a fixed order, so that equal trees have equal digests."""
    if not isinstance(row, dict):
        raise ValidationError(_("A taxonomy node must be an object."))
    return {
        "key": row.get("key", ""),
        "parent": row.get("parent") or None,
        "label": row.get("label") or row.get("key", ""),
        "synonyms": row.get("synonyms") or [],
        "description": row.get("description") or "",
    }
