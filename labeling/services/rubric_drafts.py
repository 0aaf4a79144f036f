"""A rubric's draft, held by whoever is about to change it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import RubricVersion


def held_draft(version: RubricVersion) -> RubricVersion:
    """The draft as it is stored, locked until the transaction ends; Conflict if it is none."""
    rows = RubricVersion.objects.select_for_update(of=("self",), no_key=True)
    version = rows.select_related("rubric__project").get(pk=version.pk)
    if version.state != RubricVersion.State.DRAFT:
        raise Conflict("not_a_draft", _("This version is no longer a draft."))
    return version
