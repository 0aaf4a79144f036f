"""Addresses at which every kind of refusal happens, for pages and for programs."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.db import DataError, IntegrityError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404, HttpResponse
from django.urls import include, path
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.errors import Conflict
from maintenance import urls

ERRORS = {
    "conflict": Conflict("stale", "Somebody changed this."),
    "invalid": ValidationError("Seven is not a number here."),
    "fields": ValidationError({"size": ["Too small."]}),
    "denied": PermissionDenied(),
    "missing": Http404("/secret/path"),
    "large": RequestDataTooBig("/secret/path"),
    "clash": IntegrityError("UNIQUE constraint failed: labeling_secret"),
    "busy": OperationalError("database is locked: labeling_secret"),
    "unstorable": DataError("labeling_secret"),
    "in_use": ProtectedError("labeling_secret", set()),
    "bug": KeyError("labeling_secret"),
}


@login_not_required
def page(request, name):
    if request.method == "POST":
        return HttpResponse(request.POST.get("text", ""))
    raise ERRORS[name]


class Answer(APIView):
    permission_classes = (AllowAny,)

    def get(self, request, name):
        raise ERRORS[name]

    def post(self, request, name):
        return Response(request.data)


urlpatterns = [
    path("fails/<str:name>/", page),
    path("api/v1/fails/<str:name>/", Answer.as_view()),
    path("", include(urls.urlpatterns)),
]
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500
