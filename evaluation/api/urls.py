from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from evaluation.api import evaluations, gates, judged, sets, versions

urlpatterns: list[URLPattern | URLResolver] = [
    # sets
    path("projects/<slug:project>/sets/", sets.Sets.as_view(), name="sets"),
    path("sets/<uuid:uid>/", sets.SetDetail.as_view(), name="set"),
    path("sets/<uuid:uid>/versions/", sets.SetVersions.as_view(), name="set_versions"),
    path("sets/<uuid:uid>/labeled-rows/", sets.SetLabeledRows.as_view(), name="set_labeled_rows"),
    path("set-versions/<uuid:uid>/", sets.SetVersionDetail.as_view(), name="set_version"),
    path(
        "set-versions/<uuid:uid>/examples/",
        sets.SetVersionExamples.as_view(),
        name="set_version_examples",
    ),
    path("set-versions/<uuid:uid>/diff/", sets.SetVersionDiff.as_view(), name="set_version_diff"),
    path(
        "set-versions/<uuid:uid>/exports/",
        sets.SetVersionExports.as_view(),
        name="set_version_exports",
    ),
    # versions
    path("projects/<slug:project>/versions/", versions.Versions.as_view(), name="versions"),
    path("versions/<uuid:uid>/", versions.VersionDetail.as_view(), name="version"),
    path("versions/<uuid:uid>/states/", versions.VersionStates.as_view(), name="version_states"),
    path(
        "versions/<uuid:uid>/predictions/",
        versions.VersionPredictions.as_view(),
        name="version_predictions",
    ),
    path("versions/<uuid:uid>/uploads/", versions.VersionUploads.as_view(), name="version_uploads"),
    path("uploads/<uuid:uid>/", versions.UploadDetail.as_view(), name="upload"),
    path(
        "versions/<uuid:uid>/completeness/",
        versions.VersionCompleteness.as_view(),
        name="version_completeness",
    ),
    path(
        "versions/<uuid:uid>/differences/",
        versions.VersionDifferences.as_view(),
        name="version_differences",
    ),
    # evaluations
    path(
        "projects/<slug:project>/evaluations/",
        evaluations.Evaluations.as_view(),
        name="evaluations",
    ),
    path("evaluations/<uuid:uid>/", evaluations.EvaluationDetail.as_view(), name="evaluation"),
    # judged outputs
    path(
        "projects/<slug:project>/judged-evaluations/",
        judged.JudgedEvaluations.as_view(),
        name="judged_evaluations",
    ),
    path(
        "judged-evaluations/<uuid:uid>/",
        judged.JudgedEvaluationDetail.as_view(),
        name="judged_evaluation",
    ),
    path(
        "judged-evaluations/<uuid:uid>/counts/",
        judged.JudgedCounts.as_view(),
        name="judged_counts",
    ),
    path("judged-evaluations/<uuid:uid>/items/", judged.JudgedItems.as_view(), name="judged_items"),
    # gates
    path("projects/<slug:project>/gates/", gates.Gates.as_view(), name="gates"),
    path("gates/<uuid:uid>/", gates.GateDetail.as_view(), name="gate"),
    path("gates/<uuid:uid>/status/", gates.GateStatusDetail.as_view(), name="gate_status"),
    path("gates/<uuid:uid>/verdicts/", gates.GateVerdicts.as_view(), name="gate_verdicts"),
    path("verdicts/<uuid:uid>/", gates.VerdictDetail.as_view(), name="verdict"),
    path("verdicts/<uuid:uid>/junit/", gates.VerdictJunit.as_view(), name="verdict_junit"),
]
