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
from labeling.models.questions import Note, Question
from labeling.models.queues import Offer, Queue, Seat, Slot, Task
from labeling.models.rubrics import (
    Criterion,
    ProposedLabel,
    Qualification,
    Rubric,
    RubricChange,
    RubricVersion,
    Taxonomy,
    TaxonomyDraft,
    TaxonomyVersion,
)
from labeling.models.samples import Sample, SampledItem
from labeling.models.skips import Draft, Skip

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
    "Note",
    "Offer",
    "Project",
    "ProposedLabel",
    "Qualification",
    "Question",
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
    "TaxonomyDraft",
    "TaxonomyVersion",
    "Team",
    "Token",
    "User",
]
