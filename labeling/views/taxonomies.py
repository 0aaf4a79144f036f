"""Taxonomies: trees of labels that criteria can ask for, brought in as files and taken out."""

from __future__ import annotations

from pathlib import PurePath
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from labeling.formats.label_rows import LabelTree
from labeling.formats.rows import FormatError
from labeling.formats.taxonomy_files import TaxonomyFormat, read_taxonomy, write_taxonomy
from labeling.forms.rubrics import TaxonomyForm
from labeling.models import Membership, TaxonomyDraft, TaxonomyVersion
from labeling.policy.roles import Verb
from labeling.policy.taxonomy_diff import differences
from labeling.reports.taxonomies import changed, found, labels_of, uses_of
from labeling.services.taxonomies import save_taxonomy
from labeling.views.find import get_member_or_404, require

TYPES = {"json": "application/json", "yaml": "application/yaml", "csv": "text/csv"}
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
    rows = TaxonomyVersion.objects.filter(taxonomy__project=member.project)
    rows = rows.defer("nodes", "changes").select_related("taxonomy")
    rows = rows.annotate(used_by=Count("criteria")).order_by("taxonomy__name", "-number")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "may_edit": member.may(Verb.EDIT_RUBRICS)}
    status = 400 if form.is_bound else 200
    return render(request, "labeling/taxonomies.html", context, status=status)


@require_safe
def taxonomy(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """One version of a tree: its labels with the way to each, and what it changed."""
    member = get_member_or_404(request.user, project, Verb.SEE_RUBRICS)
    version = find_taxonomy(member, uid)
    query = request.GET.get("q", "")
    uses = uses_of(version.taxonomy)
    rows = found(labels_of(version.nodes, uses), query)
    versions = version.taxonomy.versions.defer("nodes", "changes")
    earlier = version.taxonomy.versions.filter(number__lt=version.number).first()
    context = {
        "version": version,
        "versions": versions,
        "newest": versions.first(),
        "draft": TaxonomyDraft.objects.filter(taxonomy=version.taxonomy).first(),
        "query": query,
        "page": Paginator(rows, LABELS).get_page(request.GET.get("page")),
        "size": len(version.nodes),
        "kinds": list(TYPES),
        "earlier": earlier,
        "changes": changed(differences(earlier.nodes, version.nodes), uses) if earlier else [],
        "may_edit": member.may(Verb.EDIT_RUBRICS),
    }
    return render(request, "labeling/taxonomy.html", context)


@require_safe
def taxonomy_file(request: HttpRequest, project: str, uid: UUID, kind: str) -> HttpResponse:
    """One version as a JSON, YAML or CSV file that can be brought in again."""
    member = get_member_or_404(request.user, project, Verb.SEE_RUBRICS)
    version = find_taxonomy(member, uid)
    if kind not in TYPES:
        raise Http404
    rows = LabelTree.of(version.taxonomy.name, version.nodes)
    name = f"{slugify(version.taxonomy.name) or 'taxonomy'}-v{version.number}.{kind}"
    return HttpResponse(
        write_taxonomy(rows, TaxonomyFormat(kind)),
        content_type=f"{TYPES[kind]}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def find_taxonomy(member: Membership, uid: UUID) -> TaxonomyVersion:
    """A version of a taxonomy of the member's project."""
    rows = TaxonomyVersion.objects.filter(taxonomy__project=member.project)
    return get_object_or_404(rows.select_related("taxonomy__project"), uid=uid)


def read_tree(file: UploadedFile[bytes]) -> LabelTree:
    """The tree in a file whose name says how it is written."""
    written_as = FORMATS.get(PurePath(file.name or "").suffix.lower())
    if written_as is None:
        raise ValidationError(_("Bring a .json, .yaml or .csv file."))
    return read_taxonomy(file.read(), written_as)


def _brought_in(member: Membership, form: TaxonomyForm) -> TaxonomyVersion:
    file, name = form.cleaned_data["file"], form.cleaned_data["name"]
    tree = read_tree(file)
    called = name or tree.name or PurePath(file.name).stem
    return save_taxonomy(member.project, called[:120], tree.nodes(), by=member)
