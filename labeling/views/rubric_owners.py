"""Who confirms changes of meaning of a rubric, and asking them to."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from labeling.models import Membership
from labeling.policy.roles import Verb
from labeling.reports.rubric_owners import possible_owners
from labeling.services.rubric_owners import propose, set_owner
from labeling.views.rubrics import find_rubric, publish_page, version_of


@require_POST
def rubric_owner(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Name the owner, or nobody."""
    member, row = find_rubric(request, project, uid, Verb.PUBLISH_RUBRICS)
    said = request.POST.get("owner", "")
    owner = _among(possible_owners(row), said) if said else None
    set_owner(row, owner, by=member)
    messages.success(request, _("Saved."))
    return redirect("rubric_versions", project, uid)


@require_POST
def rubric_propose(request: HttpRequest, project: str, uid: UUID, number: int) -> HttpResponse:
    """Ask the owner to confirm the draft."""
    member, row = find_rubric(request, project, uid, Verb.PUBLISH_RUBRICS)
    version, reason = version_of(row, number), request.POST.get("reason", "")
    try:
        propose(version, reason, by=member)
    except ValidationError as error:
        return publish_page(request, member, version, error.message_dict)
    messages.success(request, _("Proposed: it is published once the owner has confirmed it."))
    return redirect("rubric_publish", project, uid, number)


def _among(people: list[Membership], said: str) -> Membership:
    for person in people:
        if str(person.uid) == said:
            return person
    raise Http404
