"""The labels that annotators missed under a rubric, and what becomes of each."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from labeling.models import Membership, Rubric
from labeling.policy.roles import Verb
from labeling.reports.proposals import proposals_of, unnamed
from labeling.services.proposals import dismiss, reopen, take_up
from labeling.views.rubrics import PAGE, find_rubric, rubric_tabs


@require_http_methods(["GET", "HEAD", "POST"])
def rubric_proposals(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Tab Proposed labels: what people missed, and what becomes of each label."""
    member, row = find_rubric(request, project, uid, Verb.EDIT_RUBRICS)
    errors: list[str] = []
    if request.method == "POST":
        try:
            messages.success(request, _decided(request, member, row))
        except ValidationError as error:
            errors = error.messages
        else:
            return redirect("rubric_proposals", project, uid)
    found = proposals_of(row)
    context = {
        **rubric_tabs(member, row, "rubric_proposals"),
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "waiting": sum(one.state == "open" for one in found),
        "unnamed": sum(unnamed(row).values()),
        "errors": errors,
    }
    return render(request, "labeling/rubric_proposals.html", context, status=400 if errors else 200)


def _decided(request: HttpRequest, member: Membership, row: Rubric) -> str:
    """Do what the button says; what there is to say about it."""
    said = request.POST
    which = (row, said.get("criterion", ""), said.get("label", ""))
    now = timezone.now()
    match said.get("action"):
        case "take_up":
            take_up(*which, wording=said.get("wording", ""), by=member, at=now)
            return _("Taken up: the draft has it now. Say there when to use it.")
        case "dismiss":
            dismiss(*which, said.get("reason", ""), by=member, at=now)
            return _("Dismissed.")
        case "reopen":
            reopen(*which, by=member, at=now)
            return _("Open again.")
    raise BadRequest("action")
