from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from evaluation.api.urls import urlpatterns as api_patterns
from evaluation.views import gates, versions

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include((api_patterns, "evaluation-api"))),
    # sets
    # versions
    path("p/<slug:project>/versions/", versions.versions, name="versions"),
    path("p/<slug:project>/versions/new/", versions.version_new, name="version_new"),
    path("p/<slug:project>/versions/<uuid:uid>/", versions.version, name="version"),
    path(
        "p/<slug:project>/versions/<uuid:uid>/changes/",
        versions.version_changes,
        name="version_changes",
    ),
    path(
        "p/<slug:project>/versions/<uuid:uid>/confidence/",
        versions.version_confidence,
        name="version_confidence",
    ),
    path(
        "p/<slug:project>/versions/<uuid:uid>/predictions/",
        versions.version_predictions,
        name="version_predictions",
    ),
    path("p/<slug:project>/versions/<uuid:uid>/state/", versions.version_move, name="version_move"),
    path(
        "p/<slug:project>/versions/<uuid:uid>/evaluate/",
        versions.version_evaluate,
        name="version_evaluate",
    ),
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
