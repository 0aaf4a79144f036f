from labeling.models.adjudications import Adjudication, Reveal, Ruling
from labeling.models.annotations import Annotation, Answer
from labeling.models.audit import AuditEvent
from labeling.models.exports import Export
from labeling.models.items import ContentField, Import, Item, RefusedRow, Slice, StagedRow
from labeling.models.jobs import Job, RecurringWork, RunnerHeartbeat, Snapshot, StoredFile
from labeling.models.projects import (
    Invitation,
    Membership,
    Project,
    SetUpLink,
    Team,
    Token,
    User,
)
from labeling.models.queues import Draft, Offer, Queue, Seat, Skip, Slot, Task
from labeling.models.rubrics import (
    Criterion,
    Rubric,
    RubricChange,
    RubricVersion,
    Taxonomy,
    TaxonomyVersion,
)
from labeling.models.samples import Sample, SampledItem

__all__ = [
    "Adjudication",
    "Annotation",
    "Answer",
    "AuditEvent",
    "ContentField",
    "Criterion",
    "Draft",
    "Export",
    "Import",
    "Invitation",
    "Item",
    "Job",
    "Membership",
    "Offer",
    "Project",
    "Queue",
    "RecurringWork",
    "RefusedRow",
    "Reveal",
    "Rubric",
    "RubricChange",
    "RubricVersion",
    "Ruling",
    "RunnerHeartbeat",
    "Sample",
    "SampledItem",
    "Seat",
    "SetUpLink",
    "Skip",
    "Slice",
    "Slot",
    "Snapshot",
    "StagedRow",
    "StoredFile",
    "Task",
    "Taxonomy",
    "TaxonomyVersion",
    "Team",
    "Token",
    "User",
]
