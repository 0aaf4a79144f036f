"""What a project's items look like."""

from __future__ import annotations

from dataclasses import dataclass, field

from labeling.models import Project, Snapshot

FIELDS_KIND = "item_fields"
MOST_VALUES = 50


@dataclass(frozen=True)
class KnownFields:
    """The attributes (with values seen so far) and model versions that a project's items have."""

    attributes: dict[str, list[str]] = field(default_factory=dict)
    model_versions: list[str] = field(default_factory=list)


def known_fields(project: Project) -> KnownFields:
    """What imports have seen; a list of values that is full says only that there are many."""
    row = Snapshot.objects.filter(kind=FIELDS_KIND, subject_uid=project.uid).first()
    return KnownFields(**row.body) if row else KnownFields()
