from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from evaluation.api.urls import urlpatterns as api_patterns
from evaluation.views import gates

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include((api_patterns, "evaluation-api"))),
    # sets
    # versions
    # gates
    path("p/<slug:project>/gates/new/", gates.gate_new, name="gate_new"),
    path("p/<slug:project>/gates/<uuid:uid>/", gates.gate, name="gate"),
    path("p/<slug:project>/gates/<uuid:uid>/ask/", gates.gate_ask, name="gate_ask"),
    path("p/<slug:project>/verdicts/<uuid:uid>/", gates.verdict, name="verdict"),
    path(
        "p/<slug:project>/verdicts/<uuid:uid>/items/",
        gates.verdict_items,
        name="verdict_items",
    ),
]
