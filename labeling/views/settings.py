"""What a project is called and what its annotators see; and how a project begins."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from labeling.forms.accounts import ProjectForm
from labeling.forms.people import FieldForm, NewProjectForm, field_forms
from labeling.models import Membership
from labeling.policy.roles import Verb
from labeling.services import projects
from labeling.views.accounts import status_of
from labeling.views.find import get_member_or_404, require


def settings(request: HttpRequest, project: str) -> HttpResponse:
    """The project's name and description, and which content fields annotators see."""
    member = get_member_or_404(request.user, project, Verb.SEE_SETTINGS)
    form = ProjectForm(request.POST or None, instance=member.project)
    if request.method == "POST":
        require(member, Verb.CHANGE_SETTINGS)
        if form.is_valid():
            projects.change_project(member.project, by=member, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("settings", project)
    return _show(request, member, form, field_forms(member.project))


@require_POST
def settings_fields(request: HttpRequest, project: str) -> HttpResponse:
    """Show, mask or hide content fields; every one is hidden until somebody chooses otherwise."""
    member = get_member_or_404(request.user, project, Verb.CHANGE_SETTINGS)
    forms = field_forms(member.project, request.POST)
    if not all(form.is_valid() for form in forms):
        return _show(request, member, ProjectForm(instance=member.project), forms)
    fields = [form.instance for form in forms]
    projects.show_fields(
        member.project,
        {field.name: field.visibility for field in fields},
        {field.name: field.label for field in fields},
        {field.name: field.rendering for field in fields},
        by=member,
    )
    messages.success(request, _("Saved: annotators see it so from their next item on."))
    return redirect("settings", project)


def project_new(request: HttpRequest) -> HttpResponse:
    """Begin a project; only a site admin does."""
    assert request.user.is_authenticated
    if not request.user.is_superuser:
        raise PermissionDenied(_("Only a site admin begins projects."))
    form = NewProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        project = projects.create_project(by=request.user, **form.cleaned_data)
        messages.success(request, _("The project is there: invite its people."))
        return redirect("invitations", project.slug)
    status = status_of(request)
    return render(request, "labeling/project_new.html", {"form": form}, status=status)


def _show(
    request: HttpRequest,
    member: Membership,
    form: ProjectForm,
    fields: list[FieldForm],
) -> HttpResponse:
    context = {
        "form": form,
        "fields": fields,
        "may_change": member.may(Verb.CHANGE_SETTINGS),
    }
    return render(request, "labeling/settings.html", context, status=status_of(request))
