"""The site, and the loop around labeling and evaluation."""

from maintenance.celery import app as celery_app

__all__ = ["celery_app"]
