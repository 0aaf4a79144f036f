"""What was decided for one showing of a task, to be stored with what is answered to it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from labeling.models import Membership, Task
from labeling.policy.blinding import SHUFFLED, option_order
from labeling.reports.judging import criteria_of
from labeling.reports.sides import sides_for


def showing(task: Task, member: Membership, token: UUID) -> dict[str, Any]:
    """Sides, the order of options where they are shuffled, and what was not hidden."""
    queue = task.queue
    shown: dict[str, Any] = {"prediction": True} if queue.shows_prediction else {}
    if len(task.outputs) > 1:
        shown["sides"] = sides_for(task, member).letters
    if not queue.blinding.get("shuffle_options"):
        return shown
    orders = {
        criterion.key: option_order(
            [option["key"] for option in criterion.options], criterion.key, token
        )
        for criterion in criteria_of(queue.rubric_version)
        if criterion.kind in SHUFFLED and criterion.options
    }
    return {**shown, "options": orders}
