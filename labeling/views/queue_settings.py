"""The Settings tab of a queue: what may still be changed, and who is qualified for it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from labeling.forms.queue_settings import QualifyForm, QualifyPersonForm, QueueSettingsForm
from labeling.models import Membership
from labeling.policy.roles import Verb
from labeling.reports.qualified import annotators_with
from labeling.services.qualifying import end_qualification, qualify
from labeling.services.queue_settings import change_queue
from labeling.views.find import get_member_or_404, require
from labeling.views.queues import find_queue, tab_context

ACTS = {"qualify": qualify, "end": end_qualification}


@require_http_methods(["GET", "HEAD", "POST"])
def queue_settings(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Change a queue from now on: overlap, caps, people; what was judged stands."""
    member, row = find_queue(request, project, uid)
    require(member, Verb.RUN_QUEUES)
    form = QueueSettingsForm(request.POST or None, queue=row)
    if request.method == "POST" and form.is_valid():
        try:
            change_queue(row, by=member, **form.settings())
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Saved. It holds for what is judged from now on."))
            return redirect("queue_settings", project, uid)
    people = annotators_with(row)
    context = {
        **tab_context(member, row, "settings"),
        "form": form,
        "people": people,
        "qualified": sum(has is not None for _person, has in people),
    }
    return render(
        request, "labeling/queue_settings.html", context, status=400 if form.errors else 200
    )


@require_POST
def queue_qualify(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Qualify people for a queue's rubric version, or end that."""
    member, row = find_queue(request, project, uid)
    require(member, Verb.RUN_QUEUES)
    form = QualifyForm(request.POST, member=member)
    if not form.is_valid():
        messages.error(request, _("Choose at least one person."))
        return redirect("queue_settings", project, uid)
    people = form.cleaned_data["people"]
    count = ACTS[form.cleaned_data["act"]](people, row.rubric_version, by=member)
    messages.success(request, _said(form.cleaned_data["act"], count))
    return redirect("queue_settings", project, uid)


@require_POST
def person_qualify(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Qualify one person for a rubric version, or end that."""
    member = get_member_or_404(request.user, project, Verb.RUN_QUEUES)
    rows = Membership.objects.seen_by(member).select_related("user", "team", "project")
    person = get_object_or_404(rows, uid=uid)
    form = QualifyPersonForm(request.POST, member=member)
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    act, version = form.cleaned_data["act"], form.cleaned_data["rubric_version"]
    messages.success(request, _said(act, ACTS[act]([person], version, by=member)))
    return redirect(person)


def _said(act: str, count: int) -> str:
    if act == "qualify":
        said = ngettext(
            "%(count)s person is qualified now.", "%(count)s people are qualified now.", count
        )
    else:
        said = ngettext("%(count)s qualification ended.", "%(count)s qualifications ended.", count)
    return said % {"count": count}
