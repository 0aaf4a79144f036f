from __future__ import annotations

from django.urls import include, path

from maintenance.api.urls import urlpatterns as api_patterns
from maintenance.views import health, home, items, monitors, plan, record, signals, system

urlpatterns = [
    path("api/v1/", include((api_patterns, "maintenance-api"))),
    # the whole loop
    path("", home.today, name="today"),
    path("p/<slug:project>/", home.overview, name="overview"),
    path("p/<slug:project>/record/", record.record, name="record"),
    path("p/<slug:project>/record/export/", record.record_export, name="record_export"),
    path("p/<slug:project>/record/overrides/", record.record_overrides, name="record_overrides"),
    path("p/<slug:project>/record/check/", record.record_check, name="record_check"),
    # governance
    path("p/<slug:project>/plan/", plan.plan, name="plan"),
    path("p/<slug:project>/plan/targets/", plan.target_set, name="target_set"),
    path("p/<slug:project>/plan/targets/<uuid:uid>/drop/", plan.target_drop, name="target_drop"),
    # signals
    path("p/<slug:project>/signals/", signals.signals, name="signals"),
    path("p/<slug:project>/signals/new/", signals.signal_new, name="signal_new"),
    path("p/<slug:project>/signals/readings/", signals.readings_import, name="readings_import"),
    path("p/<slug:project>/signals/<uuid:uid>/", signals.signal, name="signal"),
    path(
        "p/<slug:project>/signals/<uuid:uid>/change/", signals.signal_change, name="signal_change"
    ),
    path("p/<slug:project>/signals/<uuid:uid>/monitors/", monitors.monitor_new, name="monitor_new"),
    path(
        "p/<slug:project>/monitors/<uuid:uid>/change/",
        monitors.monitor_change,
        name="monitor_change",
    ),
    path("p/<slug:project>/monitors/<uuid:uid>/mute/", monitors.monitor_mute, name="monitor_mute"),
    # items
    path("p/<slug:project>/items/<uuid:uid>/", items.item, name="item"),
    path("p/<slug:project>/items/<uuid:uid>/erase/", items.item_erase, name="item_erase"),
    # labeling
    path("", include("labeling.urls")),
    # evaluation
    path("", include("evaluation.urls")),
    # site
    path("system/", system.system, name="system"),
    path(
        "system/jobs/<uuid:uid>/retry/",
        system.system_job_retry,
        name="system_job_retry",
    ),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.prometheus, name="metrics"),
    path("robots.txt", system.robots, name="robots"),
]

handler400 = "maintenance.views.errors.bad_request"
handler403 = "maintenance.views.errors.forbidden"
handler404 = "maintenance.views.errors.not_found"
handler500 = "maintenance.views.errors.server_error"
