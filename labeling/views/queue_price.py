"""What a queue would cost and what its overlap buys, while its form is being filled in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labeling.forms.queue_price import PriceForm
from labeling.models import Queue
from labeling.policy.roles import Verb
from labeling.reports.price import HOURS, Effort, Price, measured_effort, price_of
from labeling.views.find import get_member_or_404


@require_safe
def queue_price(request: HttpRequest, project: str) -> HttpResponse:
    """The price of the queue that the form describes, or what is missing to say it."""
    member = get_member_or_404(request.user, project, Verb.RUN_QUEUES)
    form = PriceForm(request.GET, project=member.project)
    context = {"price": price_asked(form), "priced": form}
    return render(request, "labeling/queue_price.html", context)


def price_asked(form: PriceForm) -> Price | None:
    """The price of the queue that a form describes; None where it lacks something."""
    if not form.is_valid():
        return None
    settings: dict[str, Any] = form.settings()
    teams = {team.pk for team in settings.pop("teams", [])}
    queue = Queue(project=form.project, **settings)
    seconds, hours = form.cleaned_data["seconds"], form.cleaned_data["hours"] or HOURS
    return price_of(
        queue, teams, Effort(seconds, hours) if seconds else measured_effort(queue, hours)
    )
