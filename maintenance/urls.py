from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("labeling.urls")),
]

handler400 = "maintenance.views.errors.bad_request"
handler403 = "maintenance.views.errors.forbidden"
handler404 = "maintenance.views.errors.not_found"
handler500 = "maintenance.views.errors.server_error"
