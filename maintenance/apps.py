from __future__ import annotations

from django.apps import AppConfig


class MaintenanceConfig(AppConfig):
    name = "maintenance"

    def ready(self) -> None:
        from maintenance import checks  # noqa: F401 - registers them
        from maintenance.services import job_kinds  # noqa: F401 - registers them
