"""The items of a project: search, filters, slices."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from labeling.forms.items import ItemFilterForm
from labeling.policy.roles import Verb
from labeling.reports.item_history import judges
from labeling.reports.items import SCAN, count_items, known_fields, page_of_items
from labeling.views.find import get_member_or_404

PAGE_SIZE = 50


@require_GET
def items(request: HttpRequest, project: str) -> HttpResponse:
    """What came in, newest first, as far as it fits what somebody looks for."""
    member = get_member_or_404(request.user, project, Verb.SEE_ITEMS)
    known = known_fields(member.project)
    form = ItemFilterForm(request.GET, project=member.project, known=known)
    context = {
        "form": form,
        "filtered": any(request.GET.get(name) for name in form.fields),
        "may_import": member.may(Verb.IMPORT_ITEMS),
        "may_define": member.may(Verb.DEFINE_SLICES),
        "may_export": member.may(Verb.EXPORT_LABELS),
        "may_sample": member.may(Verb.DRAW_SAMPLES),
        "scan": SCAN,
        "shows_predictions": not judges(member),
    }
    if not form.is_valid():
        return render(request, "labeling/items.html", context, status=400)
    search = form.search()
    after = _cursor(request)
    page = page_of_items(member.project, search, after=after, size=PAGE_SIZE)
    context |= {
        "page": page,
        "count": None if after else count_items(member.project, search),
        "first_url": _query(request.GET) if after else "",
        "next_url": _query(request.GET, after=page.following) if page.following else "",
        "slice_query": _query(request.GET),
        "has_conditions": bool(search.conditions),
        "slice": form.cleaned_data["slice"],
    }
    return render(request, "labeling/items.html", context)


def _cursor(request: HttpRequest) -> UUID | None:
    given = request.GET.get("after")
    try:
        return UUID(given) if given else None
    except ValueError as error:
        raise ValidationError(_("This page does not exist; start from the first.")) from error


def _query(given: QueryDict, after: UUID | None = None) -> str:
    """The same filters, from another place on."""
    query = given.copy()
    query.pop("after", None)
    for name in [name for name, value in query.items() if not value]:
        del query[name]
    if after:
        query["after"] = str(after)
    return f"?{query.urlencode()}"
