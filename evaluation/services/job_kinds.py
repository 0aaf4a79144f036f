"""The modules that register this app's kinds of job; imported once, when Django is ready."""

from __future__ import annotations

from evaluation.services import evaluations, gates, judged, set_exports, set_imports, sets, versions

__all__ = ["evaluations", "gates", "judged", "set_exports", "set_imports", "sets", "versions"]
