"""The columns of exports: nested in JSON lines, flat with dotted names in CSV and Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from labeling.formats.rows import Kind
from labeling.formats.writing import OutColumn

#: What holds names and values of its own; flat formats give each name a column.
NESTED = ("content", "attributes", "answers", "mapped")
#: An answer's parts, the value first: `answers.topic`, `answers.topic.label` and so on.
ANSWER_PARTS: dict[str, Kind] = {
    "label": Kind.TEXT,
    "cannot_tell": Kind.BOOLEAN,
    "critical": Kind.BOOLEAN,
    "contested": Kind.BOOLEAN,
    "cause": Kind.TEXT,
    "rationale": Kind.TEXT,
}
#: The same of an answer under the newest published version, where it was given under another.
MAPPED_PARTS: dict[str, Kind] = {
    "label": Kind.TEXT,
    "cannot_tell": Kind.BOOLEAN,
    "decision": Kind.TEXT,
}
PARTS = {"answers": ANSWER_PARTS, "mapped": MAPPED_PARTS}

ITEMS: dict[str, Kind] = {
    "external_id": Kind.TEXT,
    "content": Kind.TEXT,
    "attributes": Kind.TEXT,
    "group": Kind.TEXT,
    "occurred_at": Kind.TIME,
}
LABELS: dict[str, Kind] = {
    "external_id": Kind.TEXT,
    "content": Kind.TEXT,
    "attributes": Kind.TEXT,
    "group": Kind.TEXT,
    "occurred_at": Kind.TIME,
    "model_version": Kind.TEXT,
    "prediction": Kind.TEXT,
    "confidence": Kind.NUMBER,
    "outputs": Kind.TEXT,
    "content_digest": Kind.TEXT,
    "erased_at": Kind.TIME,
    "answers": Kind.TEXT,
    "mapped": Kind.TEXT,
    "mapped_version": Kind.WHOLE,
    "source": Kind.TEXT,
    "policy": Kind.TEXT,
    "adjudicator": Kind.TEXT,
    "adjudicated_at": Kind.TIME,
    "state": Kind.TEXT,
    "rubric": Kind.TEXT,
    "rubric_version": Kind.WHOLE,
    "queue": Kind.TEXT,
    "queue_id": Kind.TEXT,
    "task_id": Kind.TEXT,
    "sample": Kind.TEXT,
    "stratum": Kind.TEXT,
    "inclusion_probability": Kind.NUMBER,
    "copies": Kind.WHOLE,
    "weight": Kind.NUMBER,
}
ANNOTATIONS: dict[str, Kind] = {
    "item_id": Kind.TEXT,
    "item_hash": Kind.TEXT,
    "rubric_id": Kind.TEXT,
    "rubric_version": Kind.WHOLE,
    "criterion_id": Kind.TEXT,
    "annotator_pseudonym": Kind.TEXT,
    "annotator_kind": Kind.TEXT,
    "value": Kind.TEXT,
    "value_label": Kind.TEXT,
    "value_type": Kind.TEXT,
    "cannot_tell": Kind.BOOLEAN,
    "proposed_label": Kind.TEXT,
    "mapped_value": Kind.TEXT,
    **{f"mapped_{part}": kind for part, kind in MAPPED_PARTS.items()},
    "mapped_version": Kind.WHOLE,
    "critical": Kind.BOOLEAN,
    "comment": Kind.TEXT,
    "unsure": Kind.BOOLEAN,
    "language": Kind.TEXT,
    "shown_order": Kind.TEXT,
    "blind": Kind.BOOLEAN,
    "started_at": Kind.TIME,
    "submitted_at": Kind.TIME,
    "active_ms": Kind.WHOLE,
    "status": Kind.TEXT,
    "annotation_id": Kind.TEXT,
    "supersedes_id": Kind.TEXT,
    "queue_id": Kind.TEXT,
    "task_id": Kind.TEXT,
}


def columns_of(table: Mapping[str, Kind], names: Mapping[str, Iterable[str]]) -> list[OutColumn]:
    """The flat columns of a table; names: what stands in each nested one.

    >>> [column.name for column in columns_of({"external_id": Kind.TEXT, "content": Kind.TEXT},
    ...                                       {"content": ["text"]})]
    ['external_id', 'content.text']
    """
    columns = []
    for column, kind in table.items():
        if column not in NESTED:
            columns.append(OutColumn(column, kind))
        for name in names.get(column, ()) if column in NESTED else ():
            columns.append(OutColumn(f"{column}.{name}"))
            columns += [
                OutColumn(f"{column}.{name}.{part}", of)
                for part, of in PARTS.get(column, {}).items()
            ]
    return columns


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """One row with a value for each flat column that it fills.

    >>> flat({"external_id": "1", "answers": {"topic": {"value": "refund", "label": "Refund"}}})
    {'external_id': '1', 'answers.topic': 'refund', 'answers.topic.label': 'Refund'}
    """
    plain = {name: value for name, value in row.items() if name not in NESTED}
    for column in ("content", "attributes"):
        plain |= {f"{column}.{name}": value for name, value in (row.get(column) or {}).items()}
    for column, parts in PARTS.items():
        for name, answer in row.get(column, {}).items():
            plain[f"{column}.{name}"] = answer["value"]
            plain |= {f"{column}.{name}.{part}": answer[part] for part in parts if part in answer}
    return plain
