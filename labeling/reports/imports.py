"""What the first rows of an uploaded file look like, and how such a file was read before."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from labeling import storage
from labeling.formats.columns import Preview, preview
from labeling.formats.mapping import Mapping, MappingError
from labeling.formats.rows import Format, FormatError
from labeling.formats.suggestions import suggest
from labeling.models import Import

LOOK_BACK = 20


def first_rows(batch: Import) -> Preview:
    """The columns of the first rows; ValidationError when the file cannot be read."""
    if batch.file is None:
        raise ValidationError(_("The file has expired; upload it again."))
    with storage.local_path(batch.file) as path:
        try:
            return preview(path, Format(batch.file_format))
        except (FormatError, FileNotFoundError) as error:
            raise ValidationError(str(error)) from error


def mapping_for(batch: Import, columns: Iterable[str]) -> tuple[Mapping, bool]:
    """The mapping to begin with, and whether it is the one of an earlier import."""
    columns = list(columns)
    before = batch.project.imports.exclude(mapping={}).exclude(pk=batch.pk).order_by("-pk")
    for given in before.values_list("mapping", flat=True)[:LOOK_BACK]:
        mapping = _usable(given, set(columns))
        if mapping:
            return mapping, True
    return suggest(columns), False


def _usable(given: object, columns: set[str]) -> Mapping | None:
    """An earlier mapping, if this file has every column that it names."""
    try:
        mapping = Mapping.from_json(given)
    except MappingError:
        return None
    return mapping if columns.issuperset(mapping.columns()) else None
