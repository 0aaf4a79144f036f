"""Labels that people gave with a prediction before their eyes: they lean towards it."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from evaluation.models import Example, SetVersion
from labeling.models import Annotation


def assisted(version: SetVersion) -> QuerySet[Example]:
    """The examples whose label rests on an answer that was given with the prediction shown."""
    leaning = Annotation.objects.counted().filter(
        task=OuterRef("adjudication__task"), revealed=True
    )
    return version.examples.filter(Exists(leaning))
