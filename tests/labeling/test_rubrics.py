from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from labeling.errors import Conflict
from labeling.formats.rubric_files import document_of
from labeling.models import Rubric, TaxonomyVersion
from labeling.policy.rubrics import gaps, problems, taxonomy_problems
from labeling.reports.rubrics import is_unchanged
from labeling.services.rubrics import create_rubric, publish, retire, save_draft, start_draft
from labeling.services.taxonomies import save_taxonomy
from tests.factories import make_member, make_project

TREE = [{"key": "pay", "label": "Pay"}, {"key": "refund", "label": "Refund", "parent": "pay"}]


def choice(**fields):
    options = [{"key": "kind", "label": "Kind"}, {"key": "rude", "label": "Rude"}]
    defaults = {"key": "tone", "kind": "single_choice", "prompt": "Which tone?"}
    return {**defaults, "options": options, **fields}


def document(*criteria, **fields):
    return {"name": "Tone", "guidance": "", "criteria": list(criteria) or [choice()], **fields}


@pytest.fixture
def lead(db):
    return make_member(None, "lead")


@pytest.fixture
def draft(lead):
    return create_rubric(lead.project, document(), by=lead)


def test_a_document_comes_back_as_it_was_written(lead):
    given = document(choice(help="Think.", subject="output", required=False))
    back = document_of(create_rubric(lead.project, given, by=lead))
    assert back["criteria"][0]["help"] == "Think."
    assert back["criteria"][0]["subject"] == "output"
    assert back["criteria"][0]["required"] is False
    assert back["criteria"][0]["options"][1]["label"] == "Rude"


def test_what_was_published_is_seen_to_be_unchanged_or_not(lead, draft):
    version = publish(draft, by=lead)
    assert is_unchanged(version)
    Rubric.objects.update(name="Renamed")
    version.refresh_from_db()
    assert is_unchanged(version)
    version.criteria.update(prompt="Changed behind our back?")
    assert not is_unchanged(version)


def test_two_drafts_written_at_once_lose_nothing(lead, draft):
    save_draft(draft, document(guidance="First."), revision=1, by=lead)
    with pytest.raises(Conflict) as conflict:
        save_draft(draft, document(guidance="Second."), revision=1, by=lead)
    draft.refresh_from_db()
    assert conflict.value.code == "stale_draft"
    assert (draft.guidance, draft.revision) == ("First.", 2)


def test_a_refused_draft_leaves_the_stored_one_alone(lead, draft):
    with pytest.raises(ValidationError):
        save_draft(draft, document(guidance="[" * 60_000), revision=1, by=lead)
    draft.refresh_from_db()
    assert draft.revision == 1
    assert draft.criteria.count() == 1


def test_a_published_version_cannot_be_saved_or_published_again(lead, draft):
    publish(draft, by=lead)
    with pytest.raises(Conflict):
        save_draft(draft, document(guidance="Late."), revision=1, by=lead)
    with pytest.raises(Conflict):
        publish(draft, by=lead)


def test_a_new_draft_copies_any_version_but_never_a_second_draft(lead, draft):
    first = publish(draft, by=lead)
    save_draft(start_draft(first.rubric, by=lead), document(guidance="New."), revision=1, by=lead)
    second = publish(first.rubric.versions.get(state="draft"), by=lead)
    retire(second, by=lead)
    third = start_draft(first.rubric, by=lead, source=first)
    assert (third.number, third.guidance) == (3, "")
    with pytest.raises(Conflict):
        start_draft(first.rubric, by=lead, source=second)


def test_a_rubric_takes_no_name_that_is_taken(lead, draft):
    with pytest.raises(ValidationError):
        create_rubric(lead.project, document(), by=lead)
    other = create_rubric(lead.project, document(name="Other"), by=lead)
    with pytest.raises(ValidationError):
        save_draft(other, document(name="Tone"), revision=1, by=lead)


def test_the_same_tree_is_the_same_version_and_another_a_new_one(lead):
    first = save_taxonomy(lead.project, "Intents", TREE, by=lead)
    same = save_taxonomy(lead.project, "Intents", TREE, by=lead)
    other = save_taxonomy(lead.project, "Intents", TREE[:1], by=lead)
    assert first == same
    assert (first.number, other.number) == (1, 2)
    elsewhere = save_taxonomy(make_project(), "Intents", TREE, by=None)
    assert elsewhere != first
    assert elsewhere.digest == first.digest


def test_wordings_of_labels_that_a_smaller_tree_has_not_are_dropped(lead):
    whole = save_taxonomy(lead.project, "Intents", TREE, by=lead)
    less = save_taxonomy(lead.project, "Intents", TREE[:1], by=lead)
    words = {"de": {"prompt": "Warum?", "options": {row["key"]: {"label": "x"} for row in TREE}}}
    asked = {"key": "i", "kind": "taxonomy", "prompt": "Why?", "translations": words}
    document = {"name": "R", "criteria": [asked | {"taxonomy": str(whole.uid)}]}
    draft = create_rubric(lead.project, document, by=lead)
    assert draft.criteria.get().translations == words
    document["criteria"] = [asked | {"taxonomy": str(less.uid)}]
    draft = save_draft(draft, document, revision=1, by=lead)
    kept = {"prompt": "Warum?", "options": {TREE[0]["key"]: {"label": "x"}}}
    assert draft.criteria.get().translations == {"de": kept}
    assert problems(document_of(draft)) == []  # so that its file can be brought in again


def test_a_tree_written_out_in_a_rubric_becomes_a_taxonomy(lead):
    tree = {"name": "Intents", "nodes": TREE}
    criterion = {"key": "i", "kind": "taxonomy", "prompt": "Why?", "taxonomy": tree}
    wording = {"de": {"options": {"refund": {"label": "Rückzahlung"}}}}
    create_rubric(lead.project, document(criterion | {"translations": wording}), by=lead)
    assert TaxonomyVersion.objects.get().nodes[1]["parent"] == "pay"


def test_translations_are_rendered_on_trial_when_they_are_saved(lead):
    given = document(choice(translations={"de": {"help": "[" * 9_000}}))
    with pytest.raises(ValidationError) as refusal:
        create_rubric(lead.project, given, by=lead)
    assert list(refusal.value.error_dict) == ["criteria.0.translations.de.help"]


@pytest.mark.parametrize(
    ("criterion", "where"),
    [
        (choice(key="Tone!"), "criteria.0.key"),
        (choice(kind="regex"), "criteria.0.kind"),
        (choice(subject="prompt"), "criteria.0.subject"),
        (choice(prompt=" "), "criteria.0.prompt"),
        (choice(prompt="a\nb"), "criteria.0.prompt"),
        (choice(required="yes"), "criteria.0.required"),
        (choice(pattern="^(a+)+$"), "criteria.0.pattern"),
        (choice(options="kind"), "criteria.0.options"),
        (choice(options=[{"key": "a", "label": "A"}] * 2), "criteria.0.options"),
        (choice(options=[{"key": "a", "label": "A\u2028B"}]), "criteria.0.options.0.label"),
        (choice(options=[{"key": "a", "label": "A", "examples": [3]}]), None),
        (choice(kind="yes_no"), "criteria.0.options"),
        (choice(taxonomy="uid"), "criteria.0.taxonomy"),
        (choice(translations={"german": {}}), "criteria.0.translations.german"),
        (choice(translations={"de": {"options": {"x": {}}}}), None),
        (choice(translations={"de": {"label": "x"}}), "criteria.0.translations.de.label"),
        ("tone", "criteria.0"),
    ],
)
def test_a_problem_says_where_it_is(criterion, where):
    found = problems(document(criterion))
    assert found
    assert where is None or found[0].where == where


def test_a_draft_says_what_keeps_it_from_being_published():
    alike = [{"key": "a", "label": "Same"}, {"key": "b", "label": "same "}]
    found = gaps(document(choice(options=alike[:1]), choice(key="b", options=alike)))
    assert [problem.where for problem in found] == ["criteria.0.options", "criteria.1.options"]
    assert gaps({"criteria": []})[0].where == "criteria"
    half = document(choice(translations={"de": {"prompt": "Ton?"}}), translations={"de": {}})
    assert gaps(half) == []
    assert gaps(half | {"translations": {"es": {}}})[0].where == "translations.es.guidance"


def test_a_tree_with_a_circle_or_a_missing_parent_is_none():
    def node(key, parent=None):
        row = {"key": key, "parent": parent, "label": key}
        return row | {"synonyms": [], "description": ""}

    assert taxonomy_problems([node("a"), node("b", "a")]) == []
    assert taxonomy_problems([node("a", "b"), node("b", "a")])
    assert taxonomy_problems([node("a", "gone")])
    assert taxonomy_problems([node("a"), node("a")])
    assert taxonomy_problems([])
