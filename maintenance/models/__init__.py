from maintenance.models.cases import Case, CaseLink, CaseNote
from maintenance.models.governance import Target
from maintenance.models.releases import Override, Release, Stage
from maintenance.models.retraining import RetrainingDecision
from maintenance.models.signals import Alert, Monitor, Reading, Signal

__all__ = [
    "Alert",
    "Case",
    "CaseLink",
    "CaseNote",
    "Monitor",
    "Override",
    "Reading",
    "Release",
    "RetrainingDecision",
    "Signal",
    "Stage",
    "Target",
]
