"""Rows that a request names by uid."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

Named = TypeVar("Named", bound=Model)


def referenced(rows: QuerySet[Named], uid: UUID | str, field: str) -> Named:
    """The row of this uid among those that may be named; 400 for a foreign and a random one alike.

    `field` is what the answer calls it.
    """
    try:
        found = rows.filter(uid=UUID(str(uid))).first()
    except ValueError:
        found = None
    if found is None:
        message = _("There is no such row here.")
        raise ValidationError({field: ValidationError(message, code="invalid_reference")})
    return found
