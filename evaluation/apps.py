from __future__ import annotations

from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "evaluation"

    def ready(self) -> None:
        from evaluation.reports import resting  # noqa: F401 - says what rests on answers
        from evaluation.services import foundations, job_kinds  # noqa: F401 - registers them
