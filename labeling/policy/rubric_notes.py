"""Notes in a rubric document: rulings that stand beside the guidance of its version."""

from __future__ import annotations

from typing import Any

from labeling.policy.rubric_parts import Problem, text_problems, unknown_fields

NOTE_LIMIT, NOTES_LIMIT = 4_000, 500
NOTE_FIELDS = {"criterion", "text"}


def notes_problems(notes: Any, criteria: list[Any]) -> list[Problem]:
    """What is wrong with a document's notes; each is on one of its criteria, or on all of it.

    >>> notes_problems([{"criterion": "topic", "text": "Vouchers count."}], [{"key": "topic"}])
    []
    >>> [str(one) for one in notes_problems([{"criterion": "tone", "text": "Ours."}], [])]
    ['notes.0.criterion: must be the key of a criterion, or empty']
    """
    if not isinstance(notes, list) or len(notes) > NOTES_LIMIT:
        return [Problem("notes", f"must be a list of at most {NOTES_LIMIT}")]
    keys = [row.get("key") for row in criteria if isinstance(row, dict)]
    found = []
    for index, note in enumerate(notes):
        where = f"notes.{index}"
        if not isinstance(note, dict):
            found.append(Problem(where, "must be an object with criterion and text"))
            continue
        found += unknown_fields(where, note, NOTE_FIELDS)
        found += text_problems(f"{where}.text", note.get("text"), limit=NOTE_LIMIT, required=True)
        if note.get("criterion", "") not in ("", *keys):
            found.append(Problem(f"{where}.criterion", "must be the key of a criterion, or empty"))
    return found
