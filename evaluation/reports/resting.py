"""The set versions whose examples rest on rulings under a rubric version."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Count, Q, QuerySet

from evaluation.models import SetVersion
from labeling.models import Ruling
from labeling.reports.resting import Resting, rests_on_rulings

MOST = 50


def frozen_on(rulings: QuerySet[Ruling]) -> list[Resting]:
    """Frozen set versions with the number of their examples that rest on these rulings."""
    rows = SetVersion.objects.frozen().filter(
        examples__adjudication__in=rulings.values("adjudication")
    )
    counted = rows.annotate(taken=Count("examples")).order_by("-taken", "pk")
    return [
        Resting(str(row), row.evaluation_set.get_absolute_url(), vars(row)["taken"])
        for row in counted.select_related("evaluation_set__project")[:MOST]
    ]


def count_frozen_on(rulings: QuerySet[Ruling], wanted: Mapping[str, Q]) -> Mapping[str, int]:
    """How many frozen set versions rest on the rulings that each condition holds for."""
    version = "adjudication__examples__set_version"
    frozen = Q(**{f"{version}__state": SetVersion.State.FROZEN})
    return rulings.aggregate(
        **{
            name: Count(version, filter=condition & frozen, distinct=True)
            for name, condition in wanted.items()
        }
    )


rests_on_rulings(frozen_on, count_frozen_on)
