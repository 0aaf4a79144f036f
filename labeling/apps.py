from __future__ import annotations

from django.apps import AppConfig


class LabelingConfig(AppConfig):
    name = "labeling"

    def ready(self) -> None:
        from labeling.api import schema  # noqa: F401 - registers how callers authenticate
        from labeling.services import job_kinds  # noqa: F401 - registers them
