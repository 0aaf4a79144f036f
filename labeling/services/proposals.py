"""What becomes of the labels that annotators missed. Locks: rubric, then its taxonomy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import (
    Criterion,
    Membership,
    ProposedLabel,
    Rubric,
    RubricVersion,
    Taxonomy,
    TaxonomyDraft,
)
from labeling.policy.marks import PROPOSES
from labeling.policy.proposing import LIMIT, same, tidy
from labeling.policy.rubric_parts import text_problems
from labeling.policy.rubrics import by_place, free_key
from labeling.reports.proposals import proposals_of
from labeling.reports.rubrics import editable
from labeling.services import audit, taxonomy_drafts
from labeling.services.rubrics import save_draft, start_draft

REASON_LIMIT = 300


@transaction.atomic
def take_up(
    rubric: Rubric, criterion: str, label: str, *, wording: str = "", by: Membership, at: datetime
) -> ProposedLabel:
    """Add a missed label to the draft of the rubric, or of its taxonomy at the top of the tree.

    A draft is begun if there is none. The row keeps as its reason how the label was worded.
    """
    row = _decidable(rubric, criterion, label, at)
    wording = tidy(wording) or row.label
    if found := text_problems("wording", wording, limit=LIMIT, required=True, plain=True):
        raise ValidationError(by_place(found))
    asked = _asked(rubric, criterion)
    if asked.taxonomy is not None:
        _add_node(asked.taxonomy.taxonomy, wording, by, at)
    else:
        _add_option(rubric, criterion, wording, by)
    _decide(row, ProposedLabel.State.TAKEN, wording, by, at)
    facts = {"criterion": criterion, "label": row.label, "wording": wording}
    audit.record(by, "took_up_label", rubric, project=rubric.project, at=at, **facts)
    return row


@transaction.atomic
def dismiss(
    rubric: Rubric, criterion: str, label: str, reason: str, *, by: Membership, at: datetime
) -> ProposedLabel:
    """Leave a missed label out, and say why."""
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": _("Say why.")})
    if len(reason) > REASON_LIMIT:
        raise ValidationError({"reason": _("This is too long.")})
    row = _decidable(rubric, criterion, label, at)
    _decide(row, ProposedLabel.State.DISMISSED, reason, by, at)
    facts = {"criterion": criterion, "label": row.label, "reason": reason}
    audit.record(by, "dismissed_label", rubric, project=rubric.project, at=at, **facts)
    return row


@transaction.atomic
def reopen(
    rubric: Rubric, criterion: str, label: str, *, by: Membership, at: datetime
) -> ProposedLabel:
    """Take a decision back; an option that came of it leaves the draft, unless it is published."""
    _lock(rubric)
    row = next(_rows(rubric, criterion, label), None)
    if row is None or row.state == ProposedLabel.State.OPEN:
        raise Conflict("not_decided", _("Nothing has been decided about this label."))
    if row.state == ProposedLabel.State.TAKEN:
        _take_out(rubric, row, by, at)
    ProposedLabel.objects.filter(pk=row.pk).update(
        state=ProposedLabel.State.OPEN, reason="", decided_by=None, decided_at=None
    )
    facts = {"criterion": criterion, "label": row.label}
    audit.record(by, "reopened_label", rubric, project=rubric.project, at=at, **facts)
    row.refresh_from_db()
    return row


def _decidable(rubric: Rubric, criterion: str, label: str, at: datetime) -> ProposedLabel:
    """The row of a label that was proposed and is open; made when it is first decided about."""
    _lock(rubric)
    wanted = (criterion, same(label))
    known = [row for row in proposals_of(rubric) if (row.criterion, same(row.label)) == wanted]
    if not known:
        raise ValidationError({"label": _("Nobody has proposed this label here.")})
    proposal = known[0]
    if proposal.state != ProposedLabel.State.OPEN:
        raise Conflict("already_decided", _("Somebody has decided about this label already."))
    return proposal.decided or ProposedLabel.objects.create(
        rubric=rubric,
        criterion=criterion,
        label=proposal.label,
        first_at=proposal.first_at or at,
    )


def _lock(rubric: Rubric) -> None:
    Rubric.objects.select_for_update(of=("self",)).get(pk=rubric.pk)


def _rows(rubric: Rubric, criterion: str, label: str) -> Iterator[ProposedLabel]:
    rows = ProposedLabel.objects.filter(rubric=rubric, criterion=criterion)
    return (row for row in rows if same(row.label) == same(label))


def _decide(row: ProposedLabel, state: str, reason: str, by: Membership, at: datetime) -> None:
    row.state, row.reason, row.decided_by, row.decided_at = state, reason, by, at
    row.save(update_fields=["state", "reason", "decided_by", "decided_at"])


def _asked(rubric: Rubric, criterion: str) -> Criterion:
    """The question as the newest version has it."""
    rows = Criterion.objects.filter(version=rubric.versions.first(), key=criterion)
    asked = rows.select_related("taxonomy__taxonomy").first()
    if asked is None or asked.kind not in PROPOSES:
        message = _("The newest version no longer asks this question with labels to choose from.")
        raise Conflict("no_such_question", message)
    return asked


def _add_option(rubric: Rubric, criterion: str, wording: str, by: Membership) -> None:
    draft = start_draft(rubric, by=by)
    document, row = _opened(draft, criterion)
    options = row.setdefault("options", [])
    if any(same(option["label"]) == same(wording) for option in options):
        return
    taken = [option["key"] for option in options]
    options.append({"key": free_key(wording, taken), "label": wording})
    save_draft(draft, document, revision=draft.revision, by=by)


def _add_node(taxonomy: Taxonomy, wording: str, by: Membership, at: datetime) -> None:
    draft = taxonomy_drafts.start_draft(taxonomy, by=by, at=at)
    if any(same(node["label"]) == same(wording) for node in draft.nodes):
        return
    step = {"op": "add", "label": wording, "parent": None}
    taxonomy_drafts.change_draft(draft, step, revision=draft.revision, by=by, at=at)


def _take_out(rubric: Rubric, row: ProposedLabel, by: Membership, at: datetime) -> None:
    """Take the label out of the draft again, where no published version has it."""
    asked = Criterion.objects.filter(version=rubric.versions.first(), key=row.criterion)
    criterion = asked.select_related("taxonomy").first()
    if criterion is None:
        return
    if criterion.taxonomy is None:
        _drop_option(rubric, row, by)
    elif draft := TaxonomyDraft.objects.filter(taxonomy=criterion.taxonomy.taxonomy_id).first():
        _drop_node(draft, row, by, at)


def _drop_option(rubric: Rubric, row: ProposedLabel, by: Membership) -> None:
    draft = rubric.versions.filter(state=RubricVersion.State.DRAFT).first()
    if draft is None:
        return
    before = draft.before()
    published = before.criteria.filter(key=row.criterion).first() if before else None
    kept = {option["key"] for option in (published.options if published else [])}
    document, asked = _opened(draft, row.criterion)
    asked["options"] = [
        option
        for option in asked.get("options", [])
        if option["key"] in kept or same(option["label"]) != same(row.reason)
    ]
    save_draft(draft, document, revision=draft.revision, by=by)


def _drop_node(draft: TaxonomyDraft, row: ProposedLabel, by: Membership, at: datetime) -> None:
    kept = {node["key"] for node in draft.before.nodes}
    for node in draft.nodes:
        if node["key"] not in kept and same(node["label"]) == same(row.reason):
            step = {"op": "remove", "key": node["key"]}
            taxonomy_drafts.change_draft(draft, step, revision=draft.revision, by=by, at=at)
            return


def _opened(draft: RubricVersion, criterion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A draft's document, and the question in it."""
    document = editable(draft)
    return document, next(row for row in document["criteria"] if row["key"] == criterion)
