"""Taxonomies: trees of labels that criteria can ask for, brought in as files."""

from __future__ import annotations

from pathlib import PurePath
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from labeling.formats.rows import FormatError
from labeling.formats.taxonomy_files import TaxonomyFormat, read_taxonomy
from labeling.forms.rubrics import TaxonomyForm
from labeling.models import Membership, TaxonomyVersion
from labeling.policy.roles import Verb
from labeling.reports.judging import shown_labels
from labeling.services.taxonomies import save_taxonomy
from labeling.views.find import get_member_or_404, require

PAGE = 50
LABELS = 200
FORMATS = {
    ".json": TaxonomyFormat.JSON,
    ".yaml": TaxonomyFormat.YAML,
    ".yml": TaxonomyFormat.YAML,
    ".csv": TaxonomyFormat.CSV,
}


@require_http_methods(["GET", "HEAD", "POST"])
def taxonomies(request: HttpRequest, project: str) -> HttpResponse:
    """The project's taxonomies, and bringing one in; a changed tree is a new version."""
    member = get_member_or_404(request.user, project, Verb.SEE_RUBRICS)
    form = TaxonomyForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        require(member, Verb.EDIT_RUBRICS)
        if form.is_valid():
            try:
                version = _brought_in(member, form)
            except (FormatError, ValidationError) as error:
                form.add_error("file", getattr(error, "messages", str(error)))
            else:
                messages.success(request, _("The tree is there: criteria can ask for it now."))
                return redirect("taxonomy", project, version.uid)
    rows = TaxonomyVersion.objects.filter(taxonomy__project=member.project).defer("nodes")
    rows = rows.select_related("taxonomy").annotate(used_by=Count("criteria"))
    context = {
        "form": form,
        "page": Paginator(rows.order_by("taxonomy__name", "-number"), PAGE).get_page(
            request.GET.get("page")
        ),
        "may_edit": member.may(Verb.EDIT_RUBRICS),
    }
    status = 400 if form.is_bound else 200
    return render(request, "labeling/taxonomies.html", context, status=status)


@require_safe
def taxonomy(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """One version of a tree: its labels with the way to each, found by typing."""
    member = get_member_or_404(request.user, project, Verb.SEE_RUBRICS)
    rows = TaxonomyVersion.objects.filter(taxonomy__project=member.project)
    version = get_object_or_404(rows.select_related("taxonomy"), uid=uid)
    query = request.GET.get("q", "")
    wanted = query.casefold().split()
    labels = [
        label
        for label in shown_labels(version)
        if all(
            word in _words(label.path, label.label, label.key, *label.synonyms) for word in wanted
        )
    ]
    context = {
        "version": version,
        "query": query,
        "page": Paginator(labels, LABELS).get_page(request.GET.get("page")),
        "size": len(version.nodes),
    }
    return render(request, "labeling/taxonomy.html", context)


def _brought_in(member: Membership, form: TaxonomyForm) -> TaxonomyVersion:
    file, name = form.cleaned_data["file"], form.cleaned_data["name"]
    path = PurePath(file.name)
    written_as = FORMATS.get(path.suffix.lower())
    if written_as is None:
        raise ValidationError(_("Bring a .json, .yaml or .csv file."))
    tree = read_taxonomy(file.read(), written_as)
    called = name or tree.name or path.stem
    return save_taxonomy(member.project, called[:120], tree.nodes(), by=member)


def _words(*texts: str) -> str:
    return " ".join(texts).casefold()
