"""What evaluation has built on labeling, so that it is not pulled away from underneath."""

from __future__ import annotations

from django.utils.translation import gettext as _

from evaluation.models import Example, Prediction
from labeling.models import Import, Task
from labeling.services.dependents import keeps_import, keeps_task


@keeps_task
def frozen_task(task: Task) -> str:
    """A task whose adjudication is an example of a set version stays decided."""
    found = Example.objects.filter(adjudication__task=task)
    example = found.select_related("set_version__evaluation_set").first()
    if example is None:
        return ""
    message = _("This has been frozen in “%(set)s”; it can no longer be taken back.")
    return message % {"set": example.set_version}


@keeps_import
def measured_items(batch: Import) -> str:
    """An import stays while a set version or a prediction is about one of its items."""
    found = Example.objects.filter(item__batch=batch)
    example = found.select_related("set_version__evaluation_set").first()
    if example is not None:
        message = _("Items of this import are in “%(set)s”, so it cannot be withdrawn.")
        return message % {"set": example.set_version}
    prediction = Prediction.objects.filter(item__batch=batch).select_related("version").first()
    if prediction is not None:
        message = _("“%(version)s” has predictions for items of this import: it stays.")
        return message % {"version": prediction.version}
    return ""
