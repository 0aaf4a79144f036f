"""Samples: what was drawn, by which plan, and drawing another."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from labeling.forms.samples import SampleForm
from labeling.models import Sample
from labeling.policy.roles import Verb
from labeling.services.samples import draw_sample
from labeling.views.find import get_member_or_404

PAGE = 50


@require_safe
def samples(request: HttpRequest, project: str) -> HttpResponse:
    """The project's samples, newest first."""
    member = get_member_or_404(request.user, project, Verb.SEE_SAMPLES)
    rows = Sample.objects.filter(project=member.project).order_by("-created_at")
    context = {
        "page": Paginator(rows.select_related("created_by__user"), PAGE).get_page(
            request.GET.get("page")
        ),
        "may_draw": member.may(Verb.DRAW_SAMPLES),
    }
    return render(request, "labeling/samples.html", context)


def sample_new(request: HttpRequest, project: str) -> HttpResponse:
    """The plan of a new sample."""
    member = get_member_or_404(request.user, project, Verb.DRAW_SAMPLES)
    chosen = request.GET.get("slice")
    initial = {"slices": [chosen]} if chosen else {}
    form = SampleForm(request.POST or None, project=member.project, initial=initial)
    if request.method == "POST" and form.is_valid():
        sample = draw_sample(member.project, form.plan(), by=member)
        messages.success(request, _("The sample is being drawn."))
        return redirect("sample", project, sample.uid)
    status = 400 if form.is_bound else 200
    return render(request, "labeling/sample_new.html", {"form": form}, status=status)


@require_safe
def sample(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """One sample: its strata with their inclusion probabilities, plan, seed and digest."""
    member = get_member_or_404(request.user, project, Verb.SEE_SAMPLES)
    row = get_object_or_404(
        Sample.objects.filter(project=member.project).select_related("job"), uid=uid
    )
    members = row.members.select_related("item__project")
    context = {
        "sample": row,
        "strata": [
            {**stratum, "probability": stratum["drawn"] / stratum["population"]}
            for stratum in row.strata
            if stratum["population"]
        ],
        "page": Paginator(members, PAGE).get_page(request.GET.get("page")),
        "queues": row.queues.all(),
        "may_queue": member.may(Verb.RUN_QUEUES),
    }
    return render(request, "labeling/sample.html", context)
