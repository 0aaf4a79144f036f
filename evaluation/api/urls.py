from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from evaluation.api import evaluations, versions

urlpatterns: list[URLPattern | URLResolver] = [
    # sets
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
    # gates
]
