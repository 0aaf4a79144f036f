from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from evaluation.api.urls import urlpatterns as api_patterns

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include((api_patterns, "evaluation-api"))),
    # sets
    # versions
    # gates
]
