"""What evaluation has built on labeling, so that it is not pulled away from underneath."""

from __future__ import annotations

from django.utils.translation import gettext as _

from evaluation.models import Example, JudgedEvaluation, Prediction
from labeling.models import Import, Queue, Task
from labeling.services.dependents import keeps_import, keeps_queue, keeps_task


@keeps_task
def frozen_task(task: Task) -> str:
    """A task whose adjudication is an example of a set version stays decided."""
    found = Example.objects.filter(adjudication__task=task)
    example = found.select_related("set_version__evaluation_set").first()
    if example is None:
        return ""
    message = _("This has been frozen in “%(set)s”; it can no longer be taken back.")
    return message % {"set": example.set_version}


@keeps_task
def counted_task(task: Task) -> str:
    """A judgment that an evaluation by people has been counted with stays as it is."""
    evaluation = JudgedEvaluation.objects.done().filter(queue=task.queue_id).first()
    if evaluation is None:
        return ""
    message = _("“%(name)s” has been counted with this; it can no longer be taken back.")
    return message % {"name": evaluation}


@keeps_queue
def judged_queue(queue: Queue) -> str:
    """The queue of an evaluation by people ends under the rubric version it began with."""
    evaluation = JudgedEvaluation.objects.filter(queue=queue).first()
    if evaluation is None:
        return ""
    message = _("“%(name)s” waits for these judgments; have the outputs judged anew instead.")
    return message % {"name": evaluation}


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
