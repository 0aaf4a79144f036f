"""Celery, which only carries job ids: the Job row is the truth."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maintenance.settings")

app = Celery("fettle")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["maintenance"])
app.set_default()  # in every thread: web workers publish from threads of their own
