"""What a decision on a case can cite, in the words of its form."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from evaluation.models import Evaluation, Verdict
from labeling.models import Item, Membership, RubricVersion
from maintenance.models import Alert
from maintenance.reports.belongings import Belongings
from maintenance.reports.linkable import definitions, evaluations


@dataclass(frozen=True)
class Citable:
    """One row that can be cited; the key says its kind and which it is."""

    key: str
    label: str
    row: Alert | Verdict | Evaluation | RubricVersion | Item


def citable_in(own: Belongings, member: Membership) -> list[Citable]:
    """The case's alerts, decided verdicts and items; evaluations of its versions; definitions."""
    verdicts = [row for row in own.verdicts if row.decided_at]
    return [
        *(Citable(f"alert:{row.uid}", _alert(row), row) for row in own.alerts),
        *(Citable(f"verdict:{row.uid}", _verdict(row), row) for row in verdicts),
        *(
            Citable(f"evaluation:{row.uid}", _("Evaluation: %(name)s") % {"name": row}, row)
            for row in evaluations(own, member)
        ),
        *(
            Citable(f"rubric_version:{row.uid}", _("Definition: %(name)s") % {"name": row}, row)
            for row in definitions(member)
        ),
        *(
            Citable(f"item:{row.uid}", _("Item: %(name)s") % {"name": row}, row)
            for row in own.items
        ),
    ]


def _alert(row: Alert) -> str:
    return _("Alert: %(sentence)s") % {"sentence": row.sentence}


def _verdict(row: Verdict) -> str:
    about = {"candidate": row.candidate, "outcome": row.get_outcome_display()}
    return _("Verdict: %(candidate)s, %(outcome)s") % about
