"""Rubrics as programs send and see them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from labeling.formats.label_studio_writing import Lost
from labeling.formats.plain_xml import SIZE_LIMIT
from labeling.formats.rubric_files import document_of, with_notes
from labeling.forms.names import validate_name
from labeling.models import Rubric, RubricVersion
from labeling.policy.marks import DISTANCES
from labeling.policy.rubric_changes import Kind, Part
from labeling.policy.rubric_lint import Rule
from labeling.policy.rubrics import KINDS, SUBJECTS
from labeling.serializers.base import StrictSerializer


class OptionDocument(serializers.Serializer[Any]):
    """An answer to choose; its key never changes its meaning."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField(required=False)
    use_when = serializers.CharField(required=False)
    avoid_when = serializers.CharField(required=False)
    examples = serializers.ListField(child=serializers.CharField(), required=False)
    counterexamples = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="what does not belong here"
    )
    replaces = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="options of the version before that this one stands for",
    )


class NodeDocument(serializers.Serializer[Any]):
    """A label of a taxonomy."""

    key = serializers.CharField()
    parent = serializers.CharField(  # type: ignore[assignment]
        required=False, allow_null=True
    )
    label = serializers.CharField(required=False)  # type: ignore[assignment]
    synonyms = serializers.ListField(child=serializers.CharField(), required=False)
    description = serializers.CharField(required=False)
    deprecated = serializers.BooleanField(
        required=False, help_text="valid for earlier answers and not offered for new ones"
    )
    replaces = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="labels of earlier versions that this one stands for",
    )


class TaxonomyDocument(serializers.Serializer[Any]):
    """A tree written out, or the uid of one that is there."""

    name = serializers.CharField(required=False)
    nodes = NodeDocument(many=True, required=False)
    uid = serializers.UUIDField(required=False)


class TermsDocument(serializers.Serializer[Any]):
    """What a kind lets its author say: how many, from where to where, of which text."""

    least = serializers.IntegerField(required=False)
    most = serializers.IntegerField(required=False)
    unit = serializers.CharField(required=False)
    lowest = serializers.FloatField(required=False)
    highest = serializers.FloatField(required=False)
    decimals = serializers.IntegerField(required=False)
    strength = serializers.BooleanField(required=False)
    tie = serializers.BooleanField(required=False)
    both_bad = serializers.BooleanField(required=False)
    outputs = serializers.IntegerField(required=False, min_value=2, max_value=5)
    ties = serializers.BooleanField(required=False)
    overlapping = serializers.BooleanField(required=False)
    field = serializers.CharField(required=False, help_text="a content field by its name")


class WhenDocument(serializers.Serializer[Any]):
    """An earlier criterion, and those of its answers under which this one is asked."""

    criterion = serializers.CharField()
    answers = serializers.ListField(child=serializers.CharField())


class CriterionDocument(serializers.Serializer[Any]):
    """One question."""

    key = serializers.CharField()
    kind = serializers.ChoiceField(choices=KINDS)
    subject = serializers.ChoiceField(choices=SUBJECTS, required=False)
    prompt = serializers.CharField()
    help = serializers.CharField(required=False)
    required = serializers.BooleanField(required=False)  # type: ignore[assignment]
    cannot_tell = serializers.BooleanField(required=False)
    options = OptionDocument(many=True, required=False)
    taxonomy = TaxonomyDocument(required=False)
    terms = TermsDocument(required=False)
    when = WhenDocument(required=False)
    propose = serializers.BooleanField(
        required=False,
        help_text="whether “none of these” is an answer, with the label that is missed",
    )
    critical = serializers.BooleanField(
        required=False, help_text="whether a wrong answer is grave by itself"
    )
    counts = serializers.BooleanField(
        required=False, help_text="whether it counts in agreement; true unless said otherwise"
    )
    distance = serializers.ChoiceField(
        choices=sorted({name for names in DISTANCES.values() for name in names}),
        required=False,
        help_text="how far different answers are apart in agreement; that of the kind if not said",
    )
    translations = serializers.DictField(required=False, help_text="wordings by language")


class NoteDocument(serializers.Serializer[Any]):
    """A ruling that stands beside the guidance, on one criterion or, if none is said, on all."""

    criterion = serializers.CharField(required=False, allow_blank=True)
    text = serializers.CharField()


class RubricDocument(serializers.Serializer[Any]):
    """A whole rubric: what the editor writes, and what its YAML and JSON files hold."""

    name = serializers.CharField()
    guidance = serializers.CharField(required=False, help_text="Markdown")
    translations = serializers.DictField(required=False, help_text="guidance by language")
    criteria = CriterionDocument(many=True)
    notes = NoteDocument(
        many=True,
        required=False,
        help_text="a draft keeps those it has if none are said; shown once it is published",
    )


@extend_schema_field(RubricDocument)
class DocumentField(serializers.JSONField):
    """A rubric document; `labeling.policy.rubrics` says what is wrong with it, field by field."""


class CreateRubric(StrictSerializer):
    """A rubric to begin, as a draft."""

    document = DocumentField()


class BringConfig(StrictSerializer):
    """A labeling configuration of Label Studio, to begin a rubric of this name with."""

    name = serializers.CharField(max_length=120, validators=[validate_name])
    config = serializers.CharField(max_length=SIZE_LIMIT, trim_whitespace=False)


class MissingSerializer(serializers.Serializer[Any]):
    """What the configuration cannot say; `criterion` is empty for the rubric itself."""

    criterion = serializers.CharField()
    lost = serializers.ChoiceField(choices=[lost.value for lost in Lost])
    what = serializers.CharField()


class ConfigSerializer(serializers.Serializer[Any]):
    """A version as a configuration of Label Studio, and what of it has no place there."""

    config = serializers.CharField()
    missing = MissingSerializer(many=True)


class SaveDraft(StrictSerializer):
    """A draft's new content; `revision` is the one that was read, unless If-Match says it."""

    document = DocumentField()
    revision = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)


class DiscardDraft(StrictSerializer):
    """Which draft was read, unless If-Match says it."""

    revision = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)


class VersionSummary(serializers.ModelSerializer[RubricVersion]):
    """A version without its content."""

    class Meta:
        model = RubricVersion
        fields: tuple[str, ...] = (
            "uid",
            "number",
            "state",
            "revision",
            "digest",
            "created_at",
            "proposed_at",
            "published_at",
            "retired_at",
            "reason",
        )
        read_only_fields = fields


class RubricSerializer(serializers.ModelSerializer[Rubric]):
    """A rubric and its versions, the newest first.

    `owner`, a member's uid, confirms changes of meaning; without one any lead does.
    """

    versions = VersionSummary(many=True, read_only=True)
    owner = serializers.UUIDField(source="owner.uid", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Rubric
        fields = ("uid", "name", "created_at", "owner", "versions")
        read_only_fields = fields


class VersionSerializer(VersionSummary):
    """A version with everything that it asks."""

    rubric = serializers.UUIDField(source="rubric.uid", read_only=True)
    document = serializers.SerializerMethodField()

    class Meta(VersionSummary.Meta):
        fields = ("rubric", *VersionSummary.Meta.fields, "document")
        read_only_fields = fields

    @extend_schema_field(RubricDocument)
    def get_document(self, version: RubricVersion) -> dict[str, Any]:
        return with_notes(document_of(version), version)


class FindingSerializer(serializers.Serializer[Any]):
    """What a version could do better; `where` is a place in its document."""

    rule = serializers.ChoiceField(choices=[rule.value for rule in Rule])
    where = serializers.CharField()
    what = serializers.CharField()
    why = serializers.CharField()


class FindingsSerializer(serializers.Serializer[Any]):
    """Every finding, in the order of the document."""

    findings = FindingSerializer(many=True)


class StartDraft(StrictSerializer):
    """Which version to copy; the newest unless it is said."""

    source = serializers.IntegerField(  # type: ignore[assignment]
        min_value=1, max_value=2**31 - 1, required=False
    )


class PublishRubric(StrictSerializer):
    """Why; asked for where labels change their meaning."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=2_000)


class ProposeRubric(StrictSerializer):
    """Why labels are to change their meaning."""

    reason = serializers.CharField(max_length=2_000)


class OwnRubric(StrictSerializer):
    """Who confirms changes of meaning: a lead's member uid, or null for any lead."""

    owner = serializers.UUIDField(allow_null=True)


class DecideChanges(StrictSerializer):
    """By the names of changes: `decision`, `mapping` (old key to new), `meant`."""

    decisions = serializers.DictField(
        child=serializers.JSONField(),
        help_text="changes that are not named stay as they were decided",
    )


class RubricImpactSerializer(serializers.Serializer[Any]):
    """How much a change touches of the work done under the version before."""

    annotations = serializers.IntegerField()
    open_tasks = serializers.IntegerField(help_text="undecided tasks with such annotations")
    adjudications = serializers.IntegerField()
    set_versions = serializers.IntegerField(help_text="frozen with answers that it is about")


class RubricEditSerializer(serializers.Serializer[Any]):
    """One place by its keys, and what stands there before and after."""

    path = serializers.ListField(child=serializers.CharField())
    old = serializers.JSONField(allow_null=True)
    new = serializers.JSONField(allow_null=True)


class RubricChangeSerializer(serializers.Serializer[Any]):
    """One change; `ident` is the name by which it is decided about."""

    ident = serializers.CharField(source="decided.change.ident")
    kind = serializers.CharField(source="decided.change.kind", help_text=", ".join(Kind))
    part = serializers.CharField(source="decided.change.part", help_text=", ".join(Part))
    criterion = serializers.CharField(source="decided.change.criterion")
    keys = serializers.ListField(child=serializers.CharField(), source="decided.change.keys")
    into = serializers.ListField(child=serializers.CharField(), source="decided.change.into")
    edits = RubricEditSerializer(many=True, source="decided.change.edits")
    is_meaning = serializers.BooleanField(source="decided.is_meaning")
    choices = serializers.ListField(child=serializers.CharField(), source="decided.choices")
    decision = serializers.CharField(source="decided.decision", allow_null=True)
    mapping = serializers.DictField(child=serializers.CharField(), source="decided.mapping")
    impact = RubricImpactSerializer()


class RestingSerializer(serializers.Serializer[Any]):
    """Something frozen with answers under the version before, and how many it took."""

    name = serializers.CharField()
    path = serializers.CharField()
    answers = serializers.IntegerField()


class RubricChangesSerializer(serializers.Serializer[Any]):
    """What changes from the version of number `since`; null where there is none before."""

    since = serializers.IntegerField(allow_null=True)
    set_versions = RestingSerializer(many=True)
    changes = RubricChangeSerializer(many=True)
