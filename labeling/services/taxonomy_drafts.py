"""Drafts of taxonomies: changed step by step, taken back, published as the next version.

Locks: the taxonomy, then its draft.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.errors import Conflict
from labeling.formats.label_rows import Keys, TaxonomyError
from labeling.models import Membership, Taxonomy, TaxonomyDraft, TaxonomyVersion
from labeling.policy.rubrics import DEPTH_LIMIT, taxonomy_problems
from labeling.policy.taxonomy_edits import Nodes, Op, Refused, Trouble, apply, in_order, replay
from labeling.services import audit
from labeling.services.taxonomies import add_version, checked_nodes

STEPS_LIMIT = 1_000
SENTENCES = {
    Trouble.NO_SUCH_LABEL: gettext_lazy("There is no such label in this tree."),
    Trouble.BAD_NAME: gettext_lazy("Give a name of up to 200 visible characters."),
    Trouble.NAME_TAKEN: gettext_lazy("There is already a label of this name in this place."),
    Trouble.BAD_KEY: gettext_lazy(
        "Use 1 to 60 of a-z, 0-9, - and _, beginning with a letter or digit."
    ),
    Trouble.KEY_TAKEN: gettext_lazy("This key belongs, or once belonged, to another label."),
    Trouble.IS_PUBLISHED: gettext_lazy(
        "Answers may have been given with this label: merge, split or deprecate it instead."
    ),
    Trouble.INSIDE_ITSELF: gettext_lazy("A label cannot go into itself or below itself."),
    Trouble.HAS_LABELS_BELOW: gettext_lazy("Move the labels below it first."),
    Trouble.TOO_FEW: gettext_lazy("That would leave too few labels."),
    Trouble.TOO_MANY: gettext_lazy("That would be too many labels."),
    Trouble.TOO_DEEP: gettext_lazy("That would be more than %(depth)d levels deep."),
    Trouble.IS_DEPRECATED: gettext_lazy("That label is deprecated; bring it back first."),
    Trouble.NOTHING_CHANGES: gettext_lazy("Nothing would change."),
}


@transaction.atomic
def start_draft(taxonomy: Taxonomy, *, by: Membership, at: datetime | None = None) -> TaxonomyDraft:
    """The taxonomy's draft: the one there is, or a copy of its newest version."""
    taxonomy = Taxonomy.objects.select_for_update().get(pk=taxonomy.pk)
    draft = TaxonomyDraft.objects.filter(taxonomy=taxonomy).first()
    if draft is not None:
        return draft
    newest, at = taxonomy.versions.first(), at or timezone.now()
    assert newest is not None
    draft = TaxonomyDraft.objects.create(
        taxonomy=taxonomy, before=newest, nodes=newest.nodes, updated_by=by, updated_at=at
    )
    audit.record(by, "started_taxonomy_draft", taxonomy, project=taxonomy.project, at=at)
    return draft


def change_draft(
    draft: TaxonomyDraft,
    step: Mapping[str, Any],
    *,
    revision: int,
    by: Membership,
    at: datetime | None = None,
) -> TaxonomyDraft:
    """Do one step, if nobody changed the draft since the given revision was read."""

    def changed(draft: TaxonomyDraft) -> list[dict[str, Any]]:
        if len(draft.changes) >= STEPS_LIMIT:
            raise Conflict("too_many_steps", _("Publish this draft before you go on."))
        published = {node["key"] for node in draft.before.nodes}
        with _in_words():
            complete = _complete(step, draft.nodes)
            draft.nodes = apply(draft.nodes, complete, published)
        if found := taxonomy_problems(draft.nodes):
            raise ValidationError({"op": [str(problem) for problem in found[:20]]})
        return [*draft.changes, complete]

    return _save(draft, changed, revision=revision, by=by, at=at)


def undo_change(
    draft: TaxonomyDraft, *, revision: int, by: Membership, at: datetime | None = None
) -> TaxonomyDraft:
    """Take the last step back: the others are done again on the published tree."""

    def changed(draft: TaxonomyDraft) -> list[dict[str, Any]]:
        if not draft.changes:
            raise Conflict("nothing_to_undo", _("There is no step to take back."))
        draft.nodes = replay(draft.before.nodes, draft.changes[:-1])
        return draft.changes[:-1]

    return _save(draft, changed, revision=revision, by=by, at=at)


@transaction.atomic
def publish_draft(
    draft: TaxonomyDraft, *, revision: int, by: Membership, at: datetime | None = None
) -> TaxonomyVersion:
    """The draft becomes the taxonomy's next version, with the steps that led there."""
    taxonomy = Taxonomy.objects.select_for_update().get(pk=draft.taxonomy_id)
    draft = _locked(draft, revision)
    if not draft.changes:
        raise Conflict("nothing_changed", _("The draft is still the published tree."))
    if draft.before != taxonomy.versions.first():
        raise Conflict(
            "newer_version",
            _("A newer version was brought in meanwhile: discard this draft and begin again."),
        )
    version = add_version(taxonomy, draft.nodes, by=by, changes=draft.changes, at=at)
    draft.delete()
    return version


@transaction.atomic
def discard_draft(
    draft: TaxonomyDraft, *, revision: int, by: Membership, at: datetime | None = None
) -> None:
    """Throw the steps away; the published tree stays what it was."""
    taxonomy = Taxonomy.objects.select_for_update().get(pk=draft.taxonomy_id)
    draft = _locked(draft, revision)
    facts = {"steps": len(draft.changes)}
    draft.delete()
    verb = "discarded_taxonomy_draft"
    audit.record(by, verb, taxonomy, project=taxonomy.project, at=at or timezone.now(), **facts)


Changed = Callable[[TaxonomyDraft], list[dict[str, Any]]]


@transaction.atomic
def _save(
    draft: TaxonomyDraft, changed: Changed, *, revision: int, by: Membership, at: datetime | None
) -> TaxonomyDraft:
    draft = _locked(draft, revision)
    draft.changes, at = changed(draft), at or timezone.now()
    draft.revision, draft.updated_by, draft.updated_at = revision + 1, by, at
    draft.save(update_fields=["nodes", "changes", "revision", "updated_by", "updated_at"])
    facts: dict[str, Any] = {"steps": len(draft.changes), "revision": draft.revision}
    if draft.changes:
        last = draft.changes[-1]
        facts |= {name: last[name] for name in ("op", "key") if name in last}
    project = draft.taxonomy.project
    audit.record(by, "changed_taxonomy_draft", draft.taxonomy, project=project, at=at, **facts)
    return draft


def _locked(draft: TaxonomyDraft, revision: int) -> TaxonomyDraft:
    rows = TaxonomyDraft.objects.select_for_update(of=("self",))
    found = rows.select_related("taxonomy__project", "before").filter(pk=draft.pk).first()
    if found is None:
        raise Conflict("not_a_draft", _("This draft is published or discarded already."))
    if found.revision != revision:
        raise Conflict(
            "stale_draft", _("Somebody changed this draft in the meantime; look at it again.")
        )
    return found


@contextmanager
def _in_words() -> Iterator[None]:
    """What does not fit the tree is told by the field at fault."""
    try:
        yield
    except Refused as refused:
        sentence = str(SENTENCES[refused.trouble]) % {"depth": DEPTH_LIMIT}
        raise ValidationError({refused.field: [sentence]}) from refused


def _complete(step: Mapping[str, Any], nodes: Nodes) -> dict[str, Any]:
    """The step as it is kept: new labels with keys, a tree from a file with every field."""
    op = Op(step["op"])
    if op == Op.REPLACE:
        return {"op": op.value, "nodes": in_order(checked_nodes(step["nodes"]))}
    kept = {**step, "op": op.value}
    if op == Op.ADD:
        kept["key"] = step.get("key") or _made_key(step["label"], step.get("parent"), nodes)
    if op == Op.SPLIT:
        taken = [*nodes]
        kept["into"] = []
        for row in step["into"]:
            made = row.get("key") or _made_key(row["label"], step["key"], taken)
            kept["into"].append({"key": made, "label": row["label"]})
            taken.append({"key": made})
    return kept


def _made_key(label: str, parent: str | None, nodes: Nodes) -> str:
    keys = Keys()
    for node in nodes:
        keys.take(node["key"], *node.get("replaces", []))
    try:
        return keys.assign("", label, parent or "")
    except TaxonomyError as error:
        raise ValidationError({"label": str(error)}) from error
