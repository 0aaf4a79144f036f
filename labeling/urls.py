from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from labeling.api.urls import urlpatterns as api_patterns

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include((api_patterns, "api"))),
]
