"""Taxonomies as programs send and see them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from labeling.forms.names import validate_name
from labeling.models import Taxonomy, TaxonomyDraft, TaxonomyVersion
from labeling.policy.rubric_parts import DESCRIPTION_LIMIT, LABEL_LIMIT
from labeling.policy.taxonomy_edits import SYNONYMS_LIMIT, Op
from labeling.reports.taxonomies import uses_of
from labeling.serializers.base import StrictSerializer
from labeling.serializers.rubrics import NodeDocument

MOST_REVISIONS = 2**31 - 1
#: What each step says beside its `op`; those with a star have to be there.
STEPS: dict[Op, tuple[str, ...]] = {
    Op.ADD: ("label*", "key", "parent", "before", "synonyms", "description"),
    Op.MOVE: ("key*", "parent", "before"),
    Op.RENAME: ("key*", "label*"),
    Op.EDIT: ("key*", "synonyms", "description"),
    Op.REKEY: ("key*", "to*"),
    Op.MERGE: ("key*", "into*"),
    Op.SPLIT: ("key*", "parts*"),
    Op.DEPRECATE: ("key*",),
    Op.RESTORE: ("key*",),
    Op.REMOVE: ("key*",),
    Op.REPLACE: ("nodes*",),
}


@extend_schema_field(NodeDocument(many=True))
class NodesField(serializers.JSONField):
    """Labels as rows; `labeling.policy.rubrics` says what keeps them from being a tree."""

    def to_internal_value(self, data: Any) -> Any:
        nodes = super().to_internal_value(data)
        if not isinstance(nodes, list):
            raise serializers.ValidationError(["Must be a list of labels."])
        return nodes


class TaxonomyVersionSummary(serializers.ModelSerializer[TaxonomyVersion]):
    """A version without its labels."""

    class Meta:
        model = TaxonomyVersion
        fields: tuple[str, ...] = ("uid", "number", "digest", "created_at")
        read_only_fields = fields


class TaxonomySerializer(serializers.ModelSerializer[Taxonomy]):
    """A tree of labels and its versions, the newest first; `draft` while one is being made."""

    versions = TaxonomyVersionSummary(many=True, read_only=True)
    draft = serializers.UUIDField(source="draft.uid", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Taxonomy
        fields = ("uid", "name", "created_at", "draft", "versions")
        read_only_fields = fields


class TaxonomyVersionSerializer(TaxonomyVersionSummary):
    """A version with its labels, the steps that led to it, and how often each label was chosen."""

    taxonomy = serializers.UUIDField(source="taxonomy.uid", read_only=True)
    name = serializers.CharField(source="taxonomy.name", read_only=True)
    nodes = NodeDocument(many=True, read_only=True)
    uses = serializers.SerializerMethodField()

    class Meta(TaxonomyVersionSummary.Meta):
        fields = (
            *TaxonomyVersionSummary.Meta.fields,
            "taxonomy",
            "name",
            "nodes",
            "changes",
            "uses",
        )
        read_only_fields = fields

    def get_uses(self, version: TaxonomyVersion) -> dict[str, int]:
        """Answers that stand, by the key of their label, whatever the version."""
        return uses_of(version.taxonomy)


class TaxonomyDraftSerializer(serializers.ModelSerializer[TaxonomyDraft]):
    """The tree so far, and the steps since the version `before`."""

    taxonomy = serializers.UUIDField(source="taxonomy.uid", read_only=True)
    name = serializers.CharField(source="taxonomy.name", read_only=True)
    before = serializers.UUIDField(source="before.uid", read_only=True)
    nodes = NodeDocument(many=True, read_only=True)

    class Meta:
        model = TaxonomyDraft
        fields = ("uid", "taxonomy", "name", "before", "revision", "nodes", "changes", "updated_at")
        read_only_fields = fields


class CreateTaxonomy(StrictSerializer):
    """A tree and its name; a tree of a name that is there becomes its next version."""

    name = serializers.CharField(max_length=120, validators=[validate_name])
    nodes = NodesField()


class TaxonomyRevision(StrictSerializer):
    """The revision of the draft that was read."""

    revision = serializers.IntegerField(min_value=1, max_value=MOST_REVISIONS)


class TaxonomyPart(StrictSerializer):
    """One of the labels that take the place of a split one."""

    label = serializers.CharField(max_length=LABEL_LIMIT)  # type: ignore[assignment]
    key = serializers.CharField(required=False, max_length=60)


class ChangeTaxonomy(TaxonomyRevision):
    """One step: `op`, and what that step says."""

    op = serializers.ChoiceField(choices=[op.value for op in Op])
    key = serializers.CharField(required=False, max_length=60)
    parent = serializers.CharField(  # type: ignore[assignment]
        required=False, allow_null=True, max_length=60, help_text="null: at the top"
    )
    before = serializers.CharField(
        required=False, allow_null=True, max_length=60, help_text="the label it stands before"
    )
    label = serializers.CharField(  # type: ignore[assignment]
        required=False, max_length=LABEL_LIMIT
    )
    to = serializers.CharField(required=False, max_length=60)
    into = serializers.CharField(required=False, max_length=60)
    parts = TaxonomyPart(many=True, required=False)
    synonyms = serializers.ListField(
        child=serializers.CharField(max_length=LABEL_LIMIT),
        required=False,
        max_length=SYNONYMS_LIMIT,
    )
    description = serializers.CharField(
        required=False, allow_blank=True, max_length=DESCRIPTION_LIMIT
    )
    nodes = NodesField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        said = STEPS[Op(attrs["op"])]
        known = {name.rstrip("*") for name in said} | {"op", "revision"}
        found = {name: ["Does not belong to this step."] for name in attrs if name not in known}
        for name in said:
            if name.endswith("*") and name[:-1] not in attrs:
                found[name[:-1]] = ["This step asks for it."]
        if found:
            raise serializers.ValidationError(found)
        return attrs

    def step(self) -> dict[str, Any]:
        """The step as the service takes it."""
        said = {name: value for name, value in self.validated_data.items() if name != "revision"}
        if "parts" in said:
            said["into"] = said.pop("parts")
        return said
