"""The pages that show the whole loop: Today and Overview."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from labeling.models import Membership
from labeling.policy.roles import Verb
from labeling.views.find import get_member_or_404
from maintenance.reports.live import live
from maintenance.reports.loop import loop_of, next_step
from maintenance.reports.todos import today_of


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """What waits for this person, in all their projects."""
    assert request.user.is_authenticated
    members = list(
        Membership.objects.active()
        .filter(user=request.user)
        .select_related("project", "team", "user")
    )
    context = {"rows": today_of(members), "today": timezone.localdate()}
    return render(request, "maintenance/today.html", context)


@require_safe
def overview(request: HttpRequest, project: str) -> HttpResponse:
    """How the live version fares, the loop with its counts, and the next step."""
    member = get_member_or_404(request.user, project)
    if not member.may(Verb.SEE_OVERVIEW):
        return redirect("today")  # the project's own address leads annotators home, not to a wall
    loop = loop_of(member.project)
    step = next_step(member.project, loop)
    context = {
        "stretches": loop.stretches,
        "opens": {found.key for found in loop.steps if member.may(found.verb)},
        "live": live(member.project),
        "today": timezone.localdate(),
        "next_step": step if step and member.may(step.verb) else None,
        "waiting_for": step if step and not member.may(step.verb) else None,
    }
    return render(request, "maintenance/overview.html", context)
