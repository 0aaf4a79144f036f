"""A demo with a tenth of its items, and what makes two demos the same."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from labeling.models import Annotation, AuditEvent, Item, RubricVersion, Ruling, Sample, Skip, Task
from maintenance.demo import traffic
from maintenance.services import demo, demo_evaluation, demo_loop, demo_replies

AT = datetime(2026, 11, 19, 15, 30, tzinfo=UTC)


def make_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "CONVERSATIONS_A_WEEK", 40)
    monkeypatch.setattr(demo, "FIRST_SIZES", {"en": 18, "de": 9, "es": 6})
    later = {"The kettle, perhaps": 8, "Spanish": 5, "Low confidence": 4, "rest": 8}
    monkeypatch.setattr(demo, "LATER_SIZES", later)
    monkeypatch.setattr(demo, "WHOLE_WEEK", {0: 6, 1: 6, 4: demo.ALL, 7: demo.ALL})
    monkeypatch.setattr(demo, "HALF", {0: 4, 1: 3})
    monkeypatch.setattr(demo_loop, "FEWEST", 1)
    monkeypatch.setattr(demo_loop, "USUAL_SPANISH", 0.01)
    roomy = [{"scope": "overall", "margin": 0.6}]
    monkeypatch.setattr(demo_evaluation, "CRITERIA", roomy)
    monkeypatch.setattr(demo_replies, "PAIRS", 8)
    monkeypatch.setattr(demo_replies, "JUDGED_SO_FAR", 2)


def story():
    """What has to be equal for equal seeds: contents, answers and outcomes, by stable names."""
    return {
        "items": list(
            Item.objects.order_by("external_id").values_list(
                "external_id", "content", "attributes", "prediction", "confidence", "occurred_at"
            )
        ),
        "samples": list(Sample.objects.order_by("pk").values_list("name", "digest", "strata")),
        "answers": list(
            Annotation.objects.order_by("pk", "answers__criterion__key").values_list(
                "task__queue__name",
                "task__item__external_id",
                "annotator__user__email",
                "answers__criterion__key",
                "answers__value",
                "comment",
                "active_ms",
                "submitted_at",
            )
        ),
        "skips": list(
            Skip.objects.order_by("pk").values_list(
                "task__item__external_id", "annotator__user__email", "reason", "note", "at"
            )
        ),
        "outcomes": sorted(
            Task.objects.values_list("queue__name", "item__external_id", "state", "lane")
        ),
        "rulings": sorted(
            Ruling.objects.values_list(
                "adjudication__task__queue__name",
                "adjudication__task__item__external_id",
                "criterion__key",
                "value",
                "cause",
                "rationale",
                "adjudication__source",
                "adjudication__at",
            )
        ),
        "record": list(AuditEvent.objects.order_by("pk").values_list("verb", "user__email")),
        "rubrics": list(RubricVersion.objects.order_by("pk").values_list("number", "digest")),
    }
