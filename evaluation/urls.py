from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from evaluation.api.urls import urlpatterns as api_patterns
from evaluation.views import gates, judged, set_tabs, sets, versions

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include((api_patterns, "evaluation-api"))),
    # sets
    path("p/<slug:project>/sets/", sets.sets, name="sets"),
    path("p/<slug:project>/sets/new/", sets.set_new, name="set_new"),
    path("p/<slug:project>/sets/<uuid:uid>/", sets.set_page, name="set"),
    path("p/<slug:project>/sets/<uuid:uid>/freeze/", sets.set_freeze, name="set_freeze"),
    path("p/<slug:project>/sets/<uuid:uid>/files/", sets.set_upload, name="set_upload"),
    path("p/<slug:project>/sets/<uuid:uid>/columns/", sets.set_map, name="set_map"),
    path("p/<slug:project>/sets/<uuid:uid>/coverage/", set_tabs.set_coverage, name="set_coverage"),
    path("p/<slug:project>/sets/<uuid:uid>/quality/", set_tabs.set_quality, name="set_quality"),
    path("p/<slug:project>/sets/<uuid:uid>/diff/", set_tabs.set_diff, name="set_diff"),
    path("p/<slug:project>/sets/<uuid:uid>/export/", set_tabs.set_export, name="set_export"),
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
    # judged outputs
    path(
        "p/<slug:project>/versions/<uuid:uid>/judged/",
        judged.version_judged,
        name="version_judged",
    ),
    path(
        "p/<slug:project>/versions/<uuid:uid>/judged/new/",
        judged.judged_new,
        name="judged_new",
    ),
    path("p/<slug:project>/judged/<uuid:uid>/", judged.judged, name="judged"),
    path("p/<slug:project>/judged/<uuid:uid>/count/", judged.judged_count, name="judged_count"),
    # gates
    path(
        "p/<slug:project>/versions/<uuid:uid>/verdict/",
        gates.version_verdict,
        name="version_verdict",
    ),
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
