"""Slices: the named conditions that samples, agreement and metrics share."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from labeling.errors import Conflict
from labeling.forms.items import ItemFilterForm
from labeling.forms.slices import BaseConditions, SliceForm, conditions_form, initial_of
from labeling.models import Membership, Slice
from labeling.policy.roles import Verb
from labeling.policy.slices import Condition
from labeling.reports.items import known_fields
from labeling.reports.slices import slices_of
from labeling.services import slices as services
from labeling.services.slices import SliceTerms
from labeling.views.find import get_member_or_404


@require_GET
def slices(request: HttpRequest, project: str) -> HttpResponse:
    """The slices of a project with the number of their items."""
    member = get_member_or_404(request.user, project, Verb.SEE_ITEMS)
    rows = slices_of(member.project)
    context = {"rows": rows, "may_define": member.may(Verb.DEFINE_SLICES)}
    return render(request, "labeling/slices.html", context)


@require_http_methods(["GET", "POST"])
def slice_new(request: HttpRequest, project: str) -> HttpResponse:
    """Define a slice; the filters of the items page come along as its first conditions."""
    member = get_member_or_404(request.user, project, Verb.DEFINE_SLICES)
    return _edit(request, member, None, _from_filters(request, member))


@require_http_methods(["GET", "POST"])
def slice_page(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Change a slice."""
    member = get_member_or_404(request.user, project, Verb.DEFINE_SLICES)
    row = _find(request, member, uid)
    return _edit(request, member, row, row.parsed())


@require_POST
def slice_delete(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Drop a slice."""
    member = get_member_or_404(request.user, project, Verb.DEFINE_SLICES)
    services.drop_slice(_find(request, member, uid), by=member)
    messages.success(request, _("The slice is gone."))
    return redirect("slices", project)


@require_POST
def slices_count(request: HttpRequest, project: str) -> HttpResponse:
    """Count the items of every slice again."""
    member = get_member_or_404(request.user, project, Verb.DEFINE_SLICES)
    services.request_counts(member.project, by=member)
    messages.info(request, _("Being counted; the numbers come in a moment."))
    return redirect("slices", project)


def _edit(
    request: HttpRequest, member: Membership, row: Slice | None, conditions: list[Condition]
) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    form = SliceForm(posted, member=member, initial=initial_of(row) if row else {})
    rows = conditions_form(posted, conditions, known_fields(member.project))
    if request.method == "POST" and _saved(member, row, form, rows):
        messages.success(request, _("Saved; its items are being counted."))
        return redirect("slices", member.project.slug)
    context: dict[str, Any] = {"form": form, "conditions": rows, "row": row}
    status = 400 if form.is_bound else 200
    return render(request, "labeling/slice.html", context, status=status)


def _saved(
    member: Membership, row: Slice | None, form: SliceForm, conditions: BaseConditions
) -> bool:
    if not (form.is_valid() & conditions.is_valid()):
        return False
    terms = SliceTerms(conditions=conditions.conditions, **form.cleaned_data)
    try:
        if row:
            services.change_slice(row, terms, by=member)
        else:
            services.define_slice(member.project, terms, by=member)
    except Conflict as error:
        form.add_error("name", error.message)
    return not form.errors


def _from_filters(request: HttpRequest, member: Membership) -> list[Condition]:
    known = known_fields(member.project)
    form = ItemFilterForm(request.GET, project=member.project, known=known)
    if not form.is_valid():
        raise ValidationError(_("These filters cannot be made a slice."))
    return list(form.search().conditions)


def _find(request: HttpRequest, member: Membership, uid: UUID) -> Slice:
    visible = Slice.objects.visible_to(request.user).filter(project=member.project)
    return get_object_or_404(visible.select_related("project", "owner__user"), uid=uid)
