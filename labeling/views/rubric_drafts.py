"""Drafts of rubrics: begun from a version, thrown away."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from labeling.policy.roles import Verb
from labeling.services.rubric_drafts import discard_draft
from labeling.services.rubrics import start_draft
from labeling.views.rubrics import find_rubric, revision_read, version_of


@require_POST
def rubric_draft(request: HttpRequest, project: str, uid: UUID, number: int) -> HttpResponse:
    """Go on from a version: its copy becomes the draft."""
    member, row = find_rubric(request, project, uid, Verb.EDIT_RUBRICS)
    start_draft(row, by=member, source=version_of(row, number))
    return redirect(row)


@require_POST
def rubric_discard(request: HttpRequest, project: str, uid: UUID, number: int) -> HttpResponse:
    """Throw the draft away."""
    member, row = find_rubric(request, project, uid, Verb.EDIT_RUBRICS)
    discard_draft(version_of(row, number), revision=revision_read(request), by=member)
    messages.success(request, _("Discarded: what is published is as it was."))
    return redirect(row)
