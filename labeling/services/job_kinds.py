"""The modules that register this app's kinds of job; imported once, when Django is ready."""

from __future__ import annotations

from labeling.services import (
    accounts,
    agreement,
    draining,
    exports,
    following,
    imports,
    invitations,
    moving,
    overlap,
    queues,
    samples,
    slices,
    upkeep,
)

__all__ = [
    "accounts",
    "agreement",
    "draining",
    "exports",
    "following",
    "imports",
    "invitations",
    "moving",
    "overlap",
    "queues",
    "samples",
    "slices",
    "upkeep",
]
