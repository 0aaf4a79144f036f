"""The taxonomy's editor: a tree, one label of it at a time, and a small form for each step."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from labeling.errors import Conflict
from labeling.formats.rows import FormatError
from labeling.forms.rubrics import FileForm
from labeling.forms.taxonomies import FORMS, StepForm
from labeling.models import Membership, TaxonomyDraft
from labeling.policy.roles import Verb
from labeling.policy.taxonomy_diff import differences
from labeling.policy.taxonomy_edits import Op
from labeling.reports.taxonomies import (
    Label,
    Place,
    changed,
    found,
    labels_of,
    place_of,
    steps_of,
    uses_of,
)
from labeling.services import taxonomy_drafts as services
from labeling.views.find import get_member_or_404, require
from labeling.views.taxonomies import find_taxonomy, read_tree

HITS = 200
STEPS_SHOWN = 12
#: The steps that something is typed for.
SHOWN = (Op.ADD, Op.RENAME, Op.EDIT, Op.REKEY, Op.MOVE, Op.MERGE, Op.SPLIT)


@require_POST
def taxonomy_edit(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Go on with the taxonomy's draft, or begin one."""
    member = get_member_or_404(request.user, project, Verb.EDIT_RUBRICS)
    draft = services.start_draft(find_taxonomy(member, uid).taxonomy, by=member)
    return redirect("taxonomy_draft", project, draft.uid)


@require_http_methods(["GET", "HEAD", "POST"])
def taxonomy_draft(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """The draft's tree and one label of it; POST does one step."""
    member, draft = _find(request, project, uid)
    if request.method != "POST":
        return _shown(request, member, draft, at=request.GET.get("at", ""))
    require(member, Verb.EDIT_RUBRICS)
    op = request.POST.get("op", "")
    if op not in list(Op) or Op(op) not in FORMS:
        raise Http404
    form = FORMS[Op(op)](request.POST, nodes=draft.nodes, auto_id=f"id_{op}_%s")
    return _step(request, member, draft, Op(op), form)


@require_POST
def taxonomy_undo(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Take the last step back."""
    member, draft = _find(request, project, uid, Verb.EDIT_RUBRICS)
    services.undo_change(draft, revision=_revision(request), by=member)
    return redirect(_at(draft, request.POST.get("at", "")))


@require_http_methods(["GET", "HEAD", "POST"])
def taxonomy_replace(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """A file's tree takes the place of the draft's, as one step."""
    member, draft = _find(request, project, uid, Verb.EDIT_RUBRICS)
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            step = {"op": Op.REPLACE, "nodes": read_tree(form.cleaned_data["file"]).nodes()}
            services.change_draft(draft, step, revision=_revision(request), by=member)
        except (FormatError, ValidationError) as error:
            form.add_error("file", getattr(error, "messages", str(error)))
        else:
            messages.success(request, _("The file's tree is the draft now; undo brings it back."))
            return redirect("taxonomy_publish", project, uid)
    context = {"draft": draft, "form": form, "revision": draft.revision}
    status = 400 if form.is_bound else 200
    return render(request, "labeling/taxonomy_replace.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def taxonomy_publish(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """What would change for whom; then the draft becomes the next version."""
    member, draft = _find(request, project, uid)
    if request.method == "POST":
        require(member, Verb.PUBLISH_RUBRICS)
        version = services.publish_draft(draft, revision=_revision(request), by=member)
        messages.success(request, _("Published: drafts of rubrics can take this version now."))
        return redirect("taxonomy", project, version.uid)
    uses = uses_of(draft.taxonomy)
    context = {
        "draft": draft,
        "changes": changed(differences(draft.before.nodes, draft.nodes), uses),
        "steps": steps_of(draft),
        "may_edit": member.may(Verb.PUBLISH_RUBRICS),
    }
    return render(request, "labeling/taxonomy_publish.html", context)


@require_POST
def taxonomy_discard(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Throw the draft away."""
    member, draft = _find(request, project, uid, Verb.EDIT_RUBRICS)
    services.discard_draft(draft, revision=_revision(request), by=member)
    messages.success(request, _("Discarded: the published tree is as it was."))
    return redirect("taxonomy", project, draft.before.uid)


def _step(
    request: HttpRequest, member: Membership, draft: TaxonomyDraft, op: Op, form: StepForm
) -> HttpResponse:
    """Do what was typed; what does not fit, or somebody else's change, is said beside the form."""
    at = form.data.get("key", "")
    status = 400
    if form.is_valid():
        step = {**form.step(), "op": op.value}
        try:
            draft = services.change_draft(draft, step, revision=_revision(request), by=member)
        except ValidationError as error:
            _note(form, error)
        except Conflict as conflict:
            if conflict.code != "stale_draft":
                raise
            form.add_error(None, conflict.message)
            draft.refresh_from_db()
            status = 409
        else:
            return redirect(_at(draft, _where(draft, op, at)))
    return _shown(request, member, draft, at=at, tried=(op, form), status=status)


def _where(draft: TaxonomyDraft, op: Op, at: str) -> str:
    """The label to go on with: the one that was changed, or what came of it."""
    last = draft.changes[-1]
    if op == Op.SPLIT:
        return str(last["into"][0]["key"])
    if op == Op.REMOVE:
        return ""
    return str(last.get({Op.MERGE: "into", Op.REKEY: "to"}.get(op, "key"), at))


def _note(form: StepForm, error: ValidationError) -> None:
    """Put each sentence beside its field, or above the form where it has none."""
    own = {"key": "own_key"} if "own_key" in form.fields else {}
    for field, sentences in error.message_dict.items():
        name = own.get(field, field)
        shown = name in form.fields and not form.fields[name].widget.is_hidden
        form.add_error(name if shown else None, sentences)


def _shown(
    request: HttpRequest,
    member: Membership,
    draft: TaxonomyDraft,
    *,
    at: str = "",
    tried: tuple[Op, StepForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    published = [node["key"] for node in draft.before.nodes]
    rows = labels_of(draft.nodes, uses_of(draft.taxonomy), published)
    steps, place = steps_of(draft), place_of(rows, draft.nodes, at)
    context = {
        **_found(rows, request.GET.get("q", "").strip()),
        "draft": draft,
        "labels": rows,
        "place": place,
        "forms": _forms(draft, place, tried),
        "tried": tried[0].value if tried else "",
        "steps": steps[:STEPS_SHOWN],
        "more_steps": max(len(steps) - STEPS_SHOWN, 0),
        "may_edit": member.may(Verb.EDIT_RUBRICS),
    }
    return render(request, "labeling/taxonomy_draft.html", context, status=status)


def _found(rows: list[Label], query: str) -> dict[str, Any]:
    """The labels that fit what is looked for; all of them where nothing is."""
    hits = found(rows, query) if query else []
    return {"rows": hits[:HITS] if query else rows, "hits": len(hits), "query": query}


def _forms(
    draft: TaxonomyDraft, place: Place | None, tried: tuple[Op, StepForm] | None
) -> dict[str, StepForm]:
    """The forms of the label that is shown, filled with what is there or what was typed."""
    here: dict[str, Any] = {}
    there: dict[str, Any] = {}
    if place is not None:
        row = place.row
        here = {"key": row.key, "parent": row.key}
        there = {"key": row.key, "parent": place.parent, "label": row.label, "to": row.key}
        there |= {"description": row.description, "synonyms": "\n".join(row.synonyms)}
    made = {}
    for op in SHOWN:
        initial = here if op in (Op.ADD, Op.SPLIT) else there
        form = FORMS[op](initial=initial, nodes=draft.nodes, auto_id=f"id_{op}_%s")
        made[op.value] = tried[1] if tried and tried[0] == op else form
    return made


def _find(
    request: HttpRequest, project: str, uid: UUID, verb: Verb = Verb.SEE_RUBRICS
) -> tuple[Membership, TaxonomyDraft]:
    member = get_member_or_404(request.user, project, verb)
    rows = TaxonomyDraft.objects.filter(taxonomy__project=member.project)
    found_rows = rows.select_related("taxonomy__project", "before", "updated_by__user")
    return member, get_object_or_404(found_rows, uid=uid)


def _revision(request: HttpRequest) -> int:
    """The revision that was read; none at all is one that has passed."""
    said = request.POST.get("revision", "")
    return int(said) if said.isdecimal() and len(said) < 10 else 0


def _at(draft: TaxonomyDraft, key: str) -> str:
    url = reverse("taxonomy_draft", args=[draft.taxonomy.project.slug, draft.uid])
    return f"{url}?{urlencode({'at': key})}#label" if key else url
