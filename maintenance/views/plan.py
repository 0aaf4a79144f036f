"""The Plan: what signals should be, which slices matter, and which parts are missing."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from labeling.models import Membership
from labeling.policy.roles import Verb
from labeling.views.find import get_member_or_404
from maintenance.forms.plan import TargetForm
from maintenance.models import Target
from maintenance.reports.plan import plan_of
from maintenance.services.governance import drop_target, set_target


@require_safe
def plan(request: HttpRequest, project: str) -> HttpResponse:
    """Targets with where they stand, slices, and what of the loop is missing."""
    member = get_member_or_404(request.user, project, Verb.SEE_PLAN)
    return _page(request, member, TargetForm(project=member.project))


@require_POST
def target_set(request: HttpRequest, project: str) -> HttpResponse:
    """Set a target; one for the same signal and slice is replaced."""
    member = get_member_or_404(request.user, project, Verb.CHANGE_PLAN)
    form = TargetForm(request.POST, project=member.project)
    if not form.is_valid() or not _saved(form, member):
        return _page(request, member, form, status=400)
    messages.success(request, _("The target is set."))
    return redirect("plan", project)


@require_POST
def target_drop(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Take a target back."""
    member = get_member_or_404(request.user, project, Verb.CHANGE_PLAN)
    rows = Target.objects.current().filter(signal__project=member.project)
    target = get_object_or_404(rows.select_related("signal__project", "slice", "owner"), uid=uid)
    drop_target(target, by=member)
    messages.success(request, _("The target is dropped; that it held stays on record."))
    return redirect("plan", project)


def _saved(form: TargetForm, member: Membership) -> bool:
    try:
        set_target(*form.cleaned_data.values(), by=member)
    except ValidationError as error:
        form.blame(error.message_dict)
    return not form.errors


def _page(
    request: HttpRequest, member: Membership, form: TargetForm, status: int = 200
) -> HttpResponse:
    context = {
        "plan": plan_of(member.project),
        "form": form,
        "today": timezone.localdate(),
        "may_change": member.may(Verb.CHANGE_PLAN),
        "may_define": member.may(Verb.DEFINE_SLICES),
    }
    return render(request, "maintenance/plan.html", context, status=status)
