"""Query parameters by allow-list: what a collection does not name is refused, not ignored."""

from __future__ import annotations

from collections.abc import Collection

from rest_framework import exceptions
from rest_framework.request import Request

#: What every collection takes.
PAGING = frozenset({"cursor", "page_size"})


class UnknownFilter(exceptions.APIException):
    """400: a query parameter that this collection does not know, or one given twice."""

    status_code = 400
    error_code = "unknown_filter"


def allow_filters(request: Request, names: Collection[str] = ()) -> dict[str, str]:
    """The filters that were given, of those a collection knows; UnknownFilter for others."""
    known = PAGING | set(names)
    for name, values in request.query_params.lists():
        if name not in known:
            raise UnknownFilter(f"{name[:60]!r} is not a filter here; known: {sorted(known)}.")
        if len(values) > 1:
            raise UnknownFilter(f"{name!r} is given {len(values)} times.")
    return {name: request.query_params[name] for name in names if name in request.query_params}
