from __future__ import annotations

from rest_framework import serializers

from labeling.models import Job


class JobSerializer(serializers.ModelSerializer[Job]):
    """A job as programs see it."""

    created_by = serializers.SerializerMethodField(help_text="uid of the member who asked")
    has_file = serializers.SerializerMethodField(help_text="whether there is a file to download")

    class Meta:
        model = Job
        fields = (
            "uid",
            "kind",
            "state",
            "done",
            "total",
            "message",
            "result",
            "error",
            "attempt",
            "max_attempts",
            "cancel_requested",
            "has_file",
            "created_by",
            "created_at",
            "started_at",
            "finished_at",
        )
        read_only_fields = fields

    def get_created_by(self, job: Job) -> str | None:
        return str(job.created_by.uid) if job.created_by else None

    def get_has_file(self, job: Job) -> bool:
        return job.file_id is not None
