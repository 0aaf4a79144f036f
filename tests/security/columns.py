"""Which columns of all models hold texts: what somebody typed, and what Fettle fills itself."""

from __future__ import annotations

from django.apps import apps
from django.db import models

APPS = ("labeling", "evaluation", "maintenance")

#: model: its columns that hold what somebody typed or what came in a file.
TYPED: dict[str, tuple[str, ...]] = {
    "User": ("name",),
    "Project": ("name", "description"),
    "Team": ("name",),
    "Token": ("name",),
    "StoredFile": ("name",),
    "Job": ("message", "error"),
    "ContentField": ("label",),
    "Import": ("name", "error"),
    "RefusedRow": ("reason",),
    "Item": ("external_id", "group", "model_version", "erased_why"),
    "Slice": ("name",),
    "Taxonomy": ("name",),
    "Rubric": ("name",),
    "RubricVersion": ("guidance", "reason"),
    "Criterion": ("prompt", "help"),
    "Sample": ("name", "error"),
    "SampledItem": ("stratum",),
    "Queue": ("name", "error"),
    "Task": ("lane",),
    "Slot": ("lane",),
    "Skip": ("note",),
    "Question": ("text", "answer"),
    "Note": ("text",),
    "Draft": ("comment",),
    "Ruling": ("rationale",),
    "Annotation": ("comment",),
    "Answer": ("proposed",),
    "ProposedLabel": ("label", "reason"),
    "Export": ("error",),
    # evaluation
    "EvaluationSet": ("name",),
    "SetVersion": ("judged_version", "error"),
    "Example": ("stratum",),
    "ModelVersion": ("name", "digest", "commit", "training_digest"),
    "PredictionUpload": ("name", "error"),
    "Prediction": ("value",),
    "Evaluation": ("reason",),
    "JudgedEvaluation": ("name", "reason"),
    "Gate": ("name",),
    "GateCriterion": ("name",),
    "Verdict": ("sentence",),
    # maintenance
    "Signal": ("name", "about"),
    "Monitor": ("muted_why",),
    "Alert": ("sentence",),
    "Case": ("title", "about", "cause_why", "effect"),
    "CaseNote": ("text",),
    "RetrainingDecision": ("reasons",),
    "Release": ("rollback_plan", "held_why", "ended_why"),
    "Override": ("reason",),
}
#: Of these, the columns that take any character: what people write at length, and attributes.
FREE = {
    "Task": ("lane",),
    "Slot": ("lane",),
    "Skip": ("note",),
    "Question": ("text", "answer"),
    "Note": ("text",),
    "Ruling": ("rationale",),
    "Annotation": ("comment",),
    "Example": ("stratum",),
    "Prediction": ("value",),
    "Signal": ("about",),
    "Monitor": ("muted_why",),
    "Alert": ("sentence",),
    "Case": ("about", "cause_why", "effect"),
    "CaseNote": ("text",),
    "RetrainingDecision": ("reasons",),
    "Release": ("rollback_plan", "held_why", "ended_why"),
    "Override": ("reason",),
}
#: Columns that Fettle itself fills, or whose values a rule bounds to plain characters.
OWN = {
    "User": {"password", "email", "time_zone", "language"},
    "Project": {"slug"},
    "Invitation": {"email", "digest"},
    "SetUpLink": {"digest"},
    "Token": {"prefix", "digest"},
    "StoredFile": {"key", "sha256", "content_type"},
    "Job": {"kind", "key"},
    "RecurringWork": {"kind"},
    "RunnerHeartbeat": {"name", "kind"},
    "Snapshot": {"kind"},
    "ContentField": {"name"},
    "Import": {"file_format"},
    "Item": {"salt", "content_digest", "twin_key", "row_digest"},
    "TaxonomyVersion": {"digest"},
    "RubricVersion": {"guidance_html", "digest"},
    "Criterion": {"key", "help_html", "distance"},
    "ProposedLabel": {"criterion"},
    "RubricChange": {"ident", "kind", "part", "criterion", "what", "touch"},
    "Sample": {"digest"},
    "Queue": {"lane_attribute", "sides_key"},
    "Question": {"criterion"},
    "Note": {"criterion", "text_html"},
    "Seat": {"lanes"},
    "Adjudication": {"policy", "payload_digest"},
    "Ruling": {"value"},
    "Answer": {"value"},
    "Annotation": {"payload_digest", "language"},
    "AuditEvent": {"verb", "subject_kind", "previous_digest", "digest"},
    "SetVersion": {"criterion", "subject", "digest"},
    "Example": {"content_digest"},
    "ModelVersion": {"link"},
    "Evaluation": {"predictions_digest"},
    "JudgedEvaluation": {"outputs_digest", "digest"},
    "GateCriterion": {"question"},
    "GateVersion": {"digest"},
    "Verdict": {"question", "digest"},
    "Signal": {"key"},
}
#: Rows on their way in, which no page shows.
UNSHOWN = {"StagedRow"}


def every_model() -> list[type[models.Model]]:
    """The models of the project's own apps; no two of them share a name."""
    return [model for app in APPS for model in apps.get_app_config(app).get_models()]


def model_named(name: str) -> type[models.Model]:
    return next(model for model in every_model() if model.__name__ == name)


def text_columns(model: type[models.Model]) -> set[str]:
    """The columns of a model that hold texts which no list of choices bounds."""
    return {
        field.name
        for field in model._meta.fields
        if isinstance(field, (models.CharField, models.TextField)) and not field.choices
    }
