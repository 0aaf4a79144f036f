from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.pagination import CursorPages
from labeling.api.permissions import LoggedIn, caller, member_of
from labeling.api.streams import JSONLines, JSONRows
from labeling.models import Import, Item, Membership, Project
from labeling.policy.roles import Verb
from labeling.policy.slices import ATTRIBUTE, Condition, SliceError, parse
from labeling.reports.item_history import judges
from labeling.reports.items import ItemSearch, page_of_items
from labeling.serializers.items import (
    REFUSED_SHOWN,
    ErasureSerializer,
    ImportSerializer,
    ItemSerializer,
    ItemsPageSerializer,
    PushedItemSerializer,
)
from labeling.services import imports, items

KEEP_BODIES = timedelta(days=30)
CHARACTERS_A_PAGE = 1_000_000
TEXT_CHARACTERS = 200
FILTERS = [
    OpenApiParameter("q", str, description="A literal text in the content, case ignored."),
    OpenApiParameter("slice", UUID, description="Only items of this slice."),
    OpenApiParameter("model_version", str),
    OpenApiParameter("since", OpenApiTypes.DATETIME, description="Occurred at or after."),
    OpenApiParameter("until", OpenApiTypes.DATETIME, description="Occurred before."),
    OpenApiParameter("attributes.<name>", str, description="Only items with this attribute."),
    OpenApiParameter("cursor", str, description="The page, as given by `next`."),
    OpenApiParameter("page_size", int, description="1 to 500"),
]
VALID_ROWS_ONLY = OpenApiParameter(
    "valid_rows_only",
    bool,
    description="`true` takes valid rows even if others are refused; without it, all or none.",
)
CONDITIONS = {
    "model_version": ("model_version", "is"),
    "since": ("occurred_at", "after"),
    "until": ("occurred_at", "before"),
}


class Items(APIView):
    """The project's items, newest first; items pushed here come in."""

    permission_classes = [LoggedIn]
    parser_classes = [JSONRows, JSONLines]

    @extend_schema(parameters=FILTERS, responses=ItemsPageSerializer)
    def get(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.SEE_ITEMS)
        search = _search(request, member.project)
        size = CursorPages().get_page_size(request)
        page = page_of_items(member.project, search, after=_cursor(request), size=size)
        rows = list(_up_to_limit(page.rows))
        following = page.following if len(rows) == len(page.rows) else rows[-1].uid
        results = ItemSerializer(rows, many=True, context={"blind": judges(member)}).data
        return Response({"next": _next(request, following), "previous": None, "results": results})

    @extend_schema(
        parameters=[VALID_ROWS_ONLY],
        request={
            "application/json": PushedItemSerializer(many=True),
            "application/x-ndjson": OpenApiTypes.STR,
        },
        responses={200: ImportSerializer, 202: ImportSerializer},
    )
    def post(self, request: Request, project: str) -> Response:
        """Up to 500 rows are taken at once (200), more by a job (202)."""
        member = caller(request, project, Verb.IMPORT_ITEMS)
        batch = imports.push(
            member.project,
            _body(request),
            _name(request),
            by=member,
            keep=KEEP_BODIES,
            valid_rows_only=_choice(request),
        )
        if batch.state == Import.State.FAILED:
            raise exceptions.ValidationError(_reasons(batch))
        status = 202 if batch.state == Import.State.RUNNING else 200
        return Response(ImportSerializer(batch).data, status=status)


class ItemDetail(APIView):
    """One item."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=ItemSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        item, member = _find(request, uid, Verb.SEE_ITEMS)
        return Response(ItemSerializer(item, context={"blind": judges(member)}).data)


class ItemErasures(APIView):
    """Blanks what an item says, for good; 409 when that has been done before."""

    permission_classes = [LoggedIn]

    @extend_schema(request=ErasureSerializer, responses={201: ItemSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        item, member = _find(request, uid, Verb.ERASE_ITEM)
        asked = ErasureSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        item = items.erase(item, asked.validated_data["why"], by=member)
        said = ItemSerializer(item, context={"blind": judges(member)}).data
        return Response(said, status=201)


def _find(request: Request, uid: UUID, verb: Verb) -> tuple[Item, Membership]:
    visible = Item.objects.visible_to(request.user).in_place().select_related("project")
    item = get_object_or_404(visible, uid=uid)
    return item, member_of(request, item, verb)


def _search(request: Request, project: Project) -> ItemSearch:
    attributes = {name for name in request.query_params if ATTRIBUTE.fullmatch(name)}
    given = allow_filters(request, {"q", "slice", *CONDITIONS, *attributes})
    text = given.pop("q", "")
    if len(text) > TEXT_CHARACTERS:
        raise exceptions.ValidationError({"q": [f"At most {TEXT_CHARACTERS} characters."]})
    chosen = _slice_conditions(project, given.pop("slice", ""))
    asked = [(*CONDITIONS.get(name, (name, "is")), value) for name, value in given.items()]
    try:
        conditions = parse(
            [dict(zip(("field", "operator", "value"), a, strict=True)) for a in asked]
        )
    except SliceError as error:
        raise exceptions.ValidationError({"filters": [str(error)]}) from error
    return ItemSearch(text, (*chosen, *conditions))


def _slice_conditions(project: Project, uid: str) -> list[Condition]:
    if not uid:
        return []
    row = project.slices.filter(uid=_uuid(uid, "slice")).first()
    if row is None:
        raise exceptions.ValidationError({"slice": ["There is no such slice here."]})
    return row.parsed()


def _cursor(request: Request) -> UUID | None:
    given = request.query_params.get("cursor")
    return _uuid(given, "cursor") if given else None


def _uuid(given: str, name: str) -> UUID:
    try:
        return UUID(given)
    except ValueError as error:
        raise exceptions.ValidationError({name: ["Not a valid uid."]}) from error


def _up_to_limit(rows: list[Item]) -> Iterator[Item]:
    """So many rows that the answer stays small; the next page goes on from there."""
    characters = 0
    for number, row in enumerate(rows):
        characters += sum(map(len, row.content.values()))
        if number and characters > CHARACTERS_A_PAGE:
            return
        yield row


def _next(request: Request, following: UUID | None) -> str | None:
    if following is None:
        return None
    return replace_query_param(request.build_absolute_uri(), "cursor", str(following))


def _choice(request: Request) -> bool:
    given = allow_filters(request, {"valid_rows_only"}).get("valid_rows_only", "false")
    if given not in {"true", "false"}:
        raise exceptions.ValidationError({"valid_rows_only": ["true or false."]})
    return given == "true"


def _body(request: Request) -> Any:
    body = request.data
    if not hasattr(body, "read"):
        raise exceptions.ParseError("The body is empty.")
    return body


def _name(request: Request) -> str:
    lines = re.match(r"application/x-ndjson\b", request.content_type or "")
    return "pushed.jsonl" if lines else "pushed.json"


def _reasons(batch: Import) -> dict[str, list[str]]:
    rows = batch.refused_rows.all()[:REFUSED_SHOWN]
    return {f"line {row.line}": [row.reason] for row in rows} or {"body": [batch.error]}
