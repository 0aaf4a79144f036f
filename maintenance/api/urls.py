from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from maintenance.api import cases, governance, monitors, record, releases, signals

urlpatterns: list[URLPattern | URLResolver] = [
    # signals
    path("projects/<slug:project>/signals/", signals.Signals.as_view(), name="signals"),
    path("signals/<uuid:uid>/", signals.SignalDetail.as_view(), name="signal"),
    path("projects/<slug:project>/readings/", signals.Readings.as_view(), name="readings"),
    path("signals/<uuid:uid>/readings/", signals.SignalReadings.as_view(), name="signal_readings"),
    path("signals/<uuid:uid>/monitors/", monitors.SignalMonitors.as_view(), name="signal_monitors"),
    path("monitors/<uuid:uid>/", monitors.MonitorDetail.as_view(), name="monitor"),
    path("monitors/<uuid:uid>/mutes/", monitors.MonitorMutes.as_view(), name="monitor_mutes"),
    path("monitors/<uuid:uid>/replay/", monitors.MonitorReplay.as_view(), name="monitor_replay"),
    path("projects/<slug:project>/alerts/", signals.Alerts.as_view(), name="alerts"),
    # cases
    path("projects/<slug:project>/cases/", cases.Cases.as_view(), name="cases"),
    path("cases/<uuid:uid>/", cases.CaseDetail.as_view(), name="case"),
    path("cases/<uuid:uid>/triage/", cases.CaseTriage.as_view(), name="case_triage"),
    path("cases/<uuid:uid>/notes/", cases.CaseNotes.as_view(), name="case_notes"),
    path("cases/<uuid:uid>/links/", cases.CaseLinks.as_view(), name="case_links"),
    path("case-links/<uuid:uid>/", cases.CaseLinkDetail.as_view(), name="case_link"),
    path("cases/<uuid:uid>/decisions/", cases.CaseDecisions.as_view(), name="case_decisions"),
    path("cases/<uuid:uid>/closing/", cases.CaseClosing.as_view(), name="case_closing"),
    path("cases/<uuid:uid>/reopening/", cases.CaseReopening.as_view(), name="case_reopening"),
    path("cases/<uuid:uid>/timeline/", cases.CaseTimeline.as_view(), name="case_timeline"),
    path("cases/<uuid:uid>/strip/", cases.CaseStripDetail.as_view(), name="case_strip"),
    path("alerts/<uuid:uid>/case/", cases.AlertCase.as_view(), name="alert_case"),
    # retraining
    # releases
    path("projects/<slug:project>/releases/", releases.Releases.as_view(), name="releases"),
    path("releases/<uuid:uid>/", releases.ReleaseDetail.as_view(), name="release"),
    path("releases/<uuid:uid>/stages/", releases.ReleaseStages.as_view(), name="release_stages"),
    path("releases/<uuid:uid>/holds/", releases.ReleaseHolds.as_view(), name="release_holds"),
    path(
        "releases/<uuid:uid>/resumptions/",
        releases.ReleaseResumptions.as_view(),
        name="release_resumptions",
    ),
    path(
        "releases/<uuid:uid>/overrides/",
        releases.ReleaseOverrides.as_view(),
        name="release_overrides",
    ),
    path(
        "releases/<uuid:uid>/rollbacks/",
        releases.ReleaseRollbacks.as_view(),
        name="release_rollbacks",
    ),
    path("releases/<uuid:uid>/endings/", releases.ReleaseEndings.as_view(), name="release_endings"),
    path(
        "releases/<uuid:uid>/may-enter/",
        releases.ReleaseMayEnter.as_view(),
        name="release_may_enter",
    ),
    path(
        "releases/<uuid:uid>/rollback-ordered/",
        releases.ReleaseRollbackOrdered.as_view(),
        name="release_rollback_ordered",
    ),
    # governance
    path("projects/<slug:project>/targets/", governance.Targets.as_view(), name="targets"),
    path("targets/<uuid:uid>/", governance.TargetDetail.as_view(), name="target"),
    path("projects/<slug:project>/record/", record.Record.as_view(), name="record"),
    path(
        "projects/<slug:project>/record/chain/", record.RecordChain.as_view(), name="record_chain"
    ),
    path(
        "projects/<slug:project>/record/export/",
        record.RecordExport.as_view(),
        name="record_export",
    ),
]
