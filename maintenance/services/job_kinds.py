"""The modules that register this app's kinds of job; imported once, when Django is ready."""

from __future__ import annotations

from maintenance.services import cases, record, signals

__all__ = ["cases", "record", "signals"]
