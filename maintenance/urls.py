from __future__ import annotations

from django.urls import include, path

from maintenance.views import home, record

urlpatterns = [
    # the whole loop
    path("", home.today, name="today"),
    path("p/<slug:project>/", home.overview, name="overview"),
    path("p/<slug:project>/record/", record.record, name="record"),
    # labeling
    path("", include("labeling.urls")),
]

handler400 = "maintenance.views.errors.bad_request"
handler403 = "maintenance.views.errors.forbidden"
handler404 = "maintenance.views.errors.not_found"
handler500 = "maintenance.views.errors.server_error"
