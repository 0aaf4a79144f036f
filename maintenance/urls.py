from __future__ import annotations

from django.urls import include, path

from maintenance.api.urls import urlpatterns as api_patterns
from maintenance.views import (
    cases,
    health,
    home,
    items,
    monitors,
    plan,
    record,
    releases,
    signals,
    system,
)

urlpatterns = [
    # labeling first: its pages and routes are asked for a hundred times as often as the others
    path("", include("labeling.urls")),
    path("api/v1/", include((api_patterns, "maintenance-api"))),
    # the whole loop
    path("", home.today, name="today"),
    path("p/<slug:project>/", home.overview, name="overview"),
    path("p/<slug:project>/record/", record.record, name="record"),
    path("p/<slug:project>/record/export/", record.record_export, name="record_export"),
    path("p/<slug:project>/record/overrides/", record.record_overrides, name="record_overrides"),
    path("p/<slug:project>/record/check/", record.record_check, name="record_check"),
    # cases
    path("p/<slug:project>/cases/", cases.cases, name="cases"),
    path("p/<slug:project>/cases/new/", cases.case_new, name="case_new"),
    path("p/<slug:project>/cases/<uuid:uid>/", cases.case, name="case"),
    path("p/<slug:project>/cases/<uuid:uid>/change/", cases.case_change, name="case_change"),
    path("p/<slug:project>/cases/<uuid:uid>/triage/", cases.case_triage, name="case_triage"),
    path("p/<slug:project>/cases/<uuid:uid>/notes/", cases.case_note, name="case_note"),
    path("p/<slug:project>/cases/<uuid:uid>/links/", cases.case_link, name="case_link"),
    path("p/<slug:project>/case-links/<uuid:uid>/remove/", cases.case_unlink, name="case_unlink"),
    path("p/<slug:project>/cases/<uuid:uid>/decide/", cases.case_decide, name="case_decide"),
    path("p/<slug:project>/cases/<uuid:uid>/close/", cases.case_close, name="case_close"),
    path("p/<slug:project>/cases/<uuid:uid>/reopen/", cases.case_reopen, name="case_reopen"),
    path("p/<slug:project>/alerts/<uuid:uid>/case/", cases.alert_case, name="alert_case"),
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
    # releases
    path("p/<slug:project>/releases/", releases.releases, name="releases"),
    path("p/<slug:project>/releases/new/", releases.release_new, name="release_new"),
    path("p/<slug:project>/releases/<uuid:uid>/", releases.release, name="release"),
    path(
        "p/<slug:project>/releases/<uuid:uid>/enter/", releases.release_enter, name="release_enter"
    ),
    path("p/<slug:project>/releases/<uuid:uid>/hold/", releases.release_hold, name="release_hold"),
    path(
        "p/<slug:project>/releases/<uuid:uid>/resume/",
        releases.release_resume,
        name="release_resume",
    ),
    path(
        "p/<slug:project>/releases/<uuid:uid>/override/",
        releases.release_override,
        name="release_override",
    ),
    path(
        "p/<slug:project>/releases/<uuid:uid>/roll-back/",
        releases.release_roll_back,
        name="release_roll_back",
    ),
    path(
        "p/<slug:project>/releases/<uuid:uid>/give-up/",
        releases.release_give_up,
        name="release_give_up",
    ),
    path(
        "p/<slug:project>/releases/<uuid:uid>/finish/",
        releases.release_finish,
        name="release_finish",
    ),
    # items
    path("p/<slug:project>/items/<uuid:uid>/", items.item, name="item"),
    path("p/<slug:project>/items/<uuid:uid>/erase/", items.item_erase, name="item_erase"),
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
