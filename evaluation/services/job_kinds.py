"""The modules that register this app's kinds of job; imported once, when Django is ready."""

from __future__ import annotations

from evaluation.services import evaluations, gates, set_exports, set_imports, sets, versions

__all__ = ["evaluations", "gates", "set_exports", "set_imports", "sets", "versions"]
