"""One item: what it says, everything that happened to it, and erasing it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from labeling.forms.items import EraseForm
from labeling.models import Item, Membership
from labeling.policy.blinding import ShownField
from labeling.policy.roles import Verb
from labeling.reports.item_history import history_of
from labeling.services.items import erase
from labeling.views.find import get_member_or_404
from maintenance.reports.item_decisions import decisions_of, timeline

#: Visibility, label and rendering of a content field that the project does not know (any more).
HIDDEN = ("hidden", "", "text")


@require_GET
def item(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """What came in, and its way forward to every decision that rests on it."""
    member = get_member_or_404(request.user, project, Verb.SEE_ITEMS)
    return _page(request, member, _find(request, member, uid), EraseForm())


@require_POST
def item_erase(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Blank the content for good, with the reason."""
    member = get_member_or_404(request.user, project, Verb.ERASE_ITEM)
    row = _find(request, member, uid)
    form = EraseForm(request.POST)
    if not form.is_valid():
        return _page(request, member, row, form, status=400)
    erase(row, form.cleaned_data["why"], by=member)
    messages.success(request, _("Erased. Id, attributes and digest stay."))
    return redirect(row)


def _page(
    request: HttpRequest, member: Membership, row: Item, form: EraseForm, status: int = 200
) -> HttpResponse:
    history = history_of(row, member)
    decisions = decisions_of(row, history, member)
    context = {
        "item": row,
        "fields": _content(row),
        "history": history,
        "decisions": decisions,
        "timeline": timeline(row, history, decisions),
        "form": form,
        "may_erase": member.may(Verb.ERASE_ITEM) and row.erased_at is None,
        "sees_samples": member.may(Verb.SEE_SAMPLES),
        "sees_imports": member.may(Verb.SEE_IMPORTS),
    }
    return render(request, "maintenance/item.html", context, status=status)


def _content(row: Item) -> list[tuple[str, ShownField]]:
    """Each content field in the project's order, with its visibility to annotators."""
    known = row.project.content_fields.values_list("name", "visibility", "label", "rendering")
    fields = {name: told for name, *told in known}
    names = [*(name for name in fields if name in row.content), *(row.content.keys() - fields)]
    shown = []
    for name in names:
        visibility, label, rendering = fields.get(name, HIDDEN)
        text = row.content[name]
        shown.append((visibility, ShownField(name, label or name, text, rendering=rendering)))
    return shown


def _find(request: HttpRequest, member: Membership, uid: UUID) -> Item:
    visible = Item.objects.visible_to(request.user).in_place().filter(project=member.project)
    rows = visible.select_related("project", "batch__project", "batch__file", "erased_by__user")
    return get_object_or_404(rows, uid=uid)
