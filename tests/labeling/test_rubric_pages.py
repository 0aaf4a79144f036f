from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from labeling.models import AuditEvent, Rubric, RubricVersion, TaxonomyVersion
from labeling.services.rubric_starters import STARTERS
from labeling.services.rubrics import create_rubric, publish, save_draft
from tests.factories import make_member, make_project, make_queue, make_rubric_version

pytestmark = pytest.mark.django_db
PAGES = ("", "preview/", "versions/", "export/", "versions/1/")


@pytest.fixture
def lead():
    return make_member(None, "lead")


@pytest.fixture
def client(lead, browse):
    return browse(lead)


@pytest.fixture
def draft(lead):
    """A draft that asks for a tone (kind, rude)."""
    tone = {
        "key": "tone",
        "kind": "single_choice",
        "prompt": "Which tone?",
        "options": [{"key": "kind", "label": "Kind"}, {"key": "rude", "label": "Rude"}],
    }
    return create_rubric(lead.project, {"name": "Tone", "criteria": [tone]}, by=lead)


@pytest.fixture
def base(lead):
    return f"/p/{lead.project.slug}/rubrics/"


def typed(**changes: str) -> dict[str, str]:
    """What the form of `draft` sends; names use __ for dots."""
    fields = {
        "revision": "1",
        "name": "Tone",
        "guidance": "",
        "languages": "",
        "criteria.0.key": "tone",
        "criteria.0.kind": "single_choice",
        "criteria.0.subject": "input",
        "criteria.0.prompt": "Which tone?",
        "criteria.0.help": "",
        "criteria.0.required": "on",
        "criteria.0.options.0.key": "kind",
        "criteria.0.options.0.label": "Kind",
        "criteria.0.options.1.key": "rude",
        "criteria.0.options.1.label": "Rude",
    }
    return fields | {name.replace("__", "."): value for name, value in changes.items()}


def file(name: str, content: Any) -> SimpleUploadedFile:
    text = content if isinstance(content, str) else json.dumps(content)
    return SimpleUploadedFile(name, text.encode())


def test_a_project_without_rubrics_offers_templates(client, base):
    page = client.get(base).content.decode()
    assert "No rubric yet" in page
    assert page.count('name="starter"') == len(STARTERS)


@pytest.mark.parametrize("starter", sorted(STARTERS))
def test_a_template_becomes_a_draft_that_can_be_edited(client, base, starter):
    first = client.post(f"{base}new/", {"starter": starter})
    second = client.post(f"{base}new/", {"starter": starter})
    assert first.status_code == second.status_code == 302
    assert client.get(first.url).status_code == 200
    names = list(Rubric.objects.order_by("pk").values_list("name", flat=True))
    assert names[1] == f"{names[0]} 2"


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_a_rubric_goes_out_as_a_file_and_comes_in_again(client, base, draft, browse, kind):
    exported = client.get(f"{draft.rubric.get_absolute_url()}versions/1/{kind}/")
    elsewhere = make_member(None, "lead")
    url = f"/p/{elsewhere.project.slug}/rubrics/new/"
    uploaded = SimpleUploadedFile(f"tone.{kind}", exported.content)
    answer = browse(elsewhere).post(url, {"file": uploaded})
    assert "attachment" in exported.headers["Content-Disposition"]
    assert answer.status_code == 302
    copy = RubricVersion.objects.get(rubric__project=elsewhere.project)
    assert [criterion.key for criterion in copy.criteria.all()] == ["tone"]


@pytest.mark.parametrize(
    "content",
    ["", "{", "[1, 2]", "a: &a [1]\nb: *a", "!!python/object/apply:os.system [ls]", "name: 3"],
)
def test_a_file_that_is_no_rubric_is_refused_with_the_reason(client, base, content):
    answer = client.post(f"{base}new/", {"file": file("rubric.yaml", content)})
    assert answer.status_code == 400
    assert not Rubric.objects.exists()


def test_saving_writes_the_draft_and_one_audit_event(client, draft):
    url = draft.rubric.get_absolute_url()
    changes = {
        "criteria__0__prompt": "What tone is it?",
        "criteria__0__options__0__examples": "Hi\n",
    }
    assert client.post(url, typed(**changes)).status_code == 302
    criterion = RubricVersion.objects.get(pk=draft.pk).criteria.get()
    assert criterion.prompt == "What tone is it?"
    assert criterion.options[0]["examples"] == ["Hi"]
    assert not criterion.cannot_tell
    assert AuditEvent.objects.filter(verb="saved_draft").count() == 1


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(client, draft):
    url = draft.rubric.get_absolute_url()
    changes = {"criteria__0__options__1__label": "Ru\u202ede", "guidance": "My guidance."}
    answer = client.post(url, typed(**changes))
    page = answer.content.decode()
    assert answer.status_code == 400
    assert 'href="#id_criteria.0.options.1.label"' in page
    assert 'aria-invalid="true"' in page
    assert "My guidance." in page
    assert RubricVersion.objects.get(pk=draft.pk).guidance == ""


def test_a_lost_update_is_refused_and_shows_both_texts(client, lead, draft):
    other = {"name": "Tone", "guidance": "Theirs was first.", "criteria": []}
    save_draft(draft, other, revision=1, by=lead)
    answer = client.post(draft.rubric.get_absolute_url(), typed(guidance="Mine is typed."))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Theirs was first." in page
    assert "Mine is typed." in page
    assert "guidance: Theirs was first.</del>\n<ins>+ guidance: Mine is typed.</ins>" in page
    again = client.post(draft.rubric.get_absolute_url(), typed(guidance="Mine.", revision="2"))
    assert again.status_code == 302
    assert RubricVersion.objects.get(pk=draft.pk).guidance == "Mine."


@pytest.mark.parametrize(
    ("verb", "labels"),
    [
        ("down 0.0", ["Rude", "Kind"]),
        ("up 0.1", ["Rude", "Kind"]),
        ("remove 0.0", ["Rude"]),
        ("add 0", ["Kind", "Rude", None]),
        ("up 0.0", ["Kind", "Rude"]),
        ("remove 7.9", ["Kind", "Rude"]),
        ("explode 0", ["Kind", "Rude"]),
    ],
)
def test_rows_are_changed_without_a_script_and_without_saving(client, draft, verb, labels):
    answer = client.post(draft.rubric.get_absolute_url(), typed(verb=verb))
    shown = [
        part.form.initial.get("label") for part in answer.context["editor"].criteria[0].options
    ]
    assert answer.status_code == 200
    assert shown == labels
    assert RubricVersion.objects.get(pk=draft.pk).revision == 1


def test_a_question_is_added_and_removed(client, draft):
    url = draft.rubric.get_absolute_url()
    more = client.post(url, typed(verb="add")).context["editor"].criteria
    none = client.post(url, typed(verb="remove 0")).context["editor"].criteria
    assert (len(more), len(none)) == (2, 0)


def test_a_button_swaps_only_the_form(client, draft):
    url = draft.rubric.get_absolute_url()
    page = client.post(url, typed(verb="add"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in page
    assert "data-focus" in page
    assert 'name="criteria.1.prompt"' in page


def test_keys_that_are_left_empty_are_made_from_the_words(client, draft):
    url = draft.rubric.get_absolute_url()
    empty = {f"criteria__0__{name}": "" for name in ("key", "options__0__key", "options__1__key")}
    client.post(url, typed(**empty))
    criterion = RubricVersion.objects.get(pk=draft.pk).criteria.get()
    assert criterion.key == "which-tone"
    assert [option["key"] for option in criterion.options] == ["kind", "rude"]


def test_wordings_in_other_languages_hang_on_the_keys_of_options(client, draft):
    url = draft.rubric.get_absolute_url()
    fields = typed(languages="de") | {
        "translations.de.guidance": "Lesen.",
        "criteria.0.translations.de.prompt": "Welcher Ton?",
        "criteria.0.options.1.translations.de.label": "Grob",
    }
    client.post(url, fields)
    version = RubricVersion.objects.get(pk=draft.pk)
    assert version.translations == {"de": {"guidance": "Lesen."}}
    wording = version.criteria.get().translations["de"]
    assert wording == {"prompt": "Welcher Ton?", "options": {"rude": {"label": "Grob"}}}
    assert 'value="Grob"' in client.get(url).content.decode()


def test_the_preview_shows_what_is_typed_as_the_judging_form_does(client, draft):
    url = f"{draft.rubric.get_absolute_url()}preview/"
    fields = typed(criteria__0__options__0__label="Most kind", guidance="**Read** it.")
    page = client.post(url, fields).content.decode()
    assert "<strong>Read</strong>" in page
    assert "Most kind" in page
    assert 'name="answer-tone"' in page
    assert RubricVersion.objects.get(pk=draft.pk).revision == 1


def test_a_half_typed_rubric_can_be_previewed(client, draft):
    url = f"{draft.rubric.get_absolute_url()}preview/"
    odd = {"criteria.0.kind": "taxonomy", "criteria.0.taxonomy": "nonsense", "guidance": "[" * 9000}
    assert client.post(url, typed() | odd).status_code == 200
    assert client.post(url, {}).status_code == 200
    assert client.post(url, {"criteria.3.options.7.label": "x"}).status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](https://elsewhere.example/a.png)",
        "[x](//elsewhere.example)",
        "<img src=x onerror=alert(1)>",
    ],
)
def test_hostile_guidance_is_shown_as_text(client, draft, text):
    url = draft.rubric.get_absolute_url()
    client.post(url, typed(guidance=text, criteria__0__help=text, criteria__0__prompt=text))
    for page in ("", "preview/", "versions/1/", "export/"):
        shown = client.get(f"{url}{page}").content.decode()
        assert "<script>alert" not in shown
        assert "<img" not in shown
        assert 'href="javascript' not in shown
        assert 'href="//' not in shown


def test_publishing_asks_once_more_and_then_is_final(client, draft):
    url = draft.rubric.get_absolute_url()
    assert client.post(url, typed(verb="publish")).url == f"{url}versions/1/publish/"
    assert client.get(f"{url}versions/1/publish/").status_code == 200
    assert RubricVersion.objects.get(pk=draft.pk).state == "draft"
    assert client.post(f"{url}versions/1/publish/").status_code == 302
    version = RubricVersion.objects.get(pk=draft.pk)
    assert (version.state, version.published_by) == ("published", draft.created_by)
    assert client.post(url, typed()).status_code == 409
    assert client.post(f"{url}versions/1/publish/").status_code == 409
    assert "recomputed: unchanged" in client.get(f"{url}versions/1/").content.decode()


def test_gaps_are_listed_and_keep_a_draft_from_being_published(client, lead):
    lacking = {"key": "intent", "kind": "taxonomy", "prompt": "Why?"}
    draft = create_rubric(lead.project, {"name": "Intent", "criteria": [lacking]}, by=lead)
    url = f"{draft.rubric.get_absolute_url()}versions/1/publish/"
    assert "choose a taxonomy" in client.get(url).content.decode()
    assert client.post(url).status_code == 400
    assert RubricVersion.objects.get(pk=draft.pk).state == "draft"


def test_a_change_of_a_published_rubric_begins_as_a_new_draft(client, lead, draft):
    publish(draft, by=lead)
    url = draft.rubric.get_absolute_url()
    assert "New draft from version 1" in client.get(url).content.decode()
    client.post(f"{url}versions/1/draft/")
    client.post(f"{url}versions/1/retire/")
    states = draft.rubric.versions.order_by("number").values_list("state", flat=True)
    assert list(states) == ["retired", "draft"]
    assert client.post(f"{url}versions/1/draft/").status_code == 409


def test_a_tree_is_brought_in_found_and_asked_for(client, lead, draft):
    trees = f"/p/{lead.project.slug}/taxonomies/"
    tree = {"name": "Intents", "children": [{"name": "Pay", "children": [{"name": "Refund"}]}]}
    answer = client.post(trees, {"file": file("intents.json", tree)})
    version = TaxonomyVersion.objects.get()
    assert answer.url == f"{trees}{version.uid}/"
    found = client.get(answer.url, {"q": "pay refund"}).content.decode()
    assert "Refund" in found
    assert "No such label" in client.get(answer.url, {"q": "xyz"}).content.decode()
    fields = typed(criteria__0__kind="taxonomy", criteria__0__taxonomy=str(version.uid))
    client.post(draft.rubric.get_absolute_url(), fields)
    assert RubricVersion.objects.get(pk=draft.pk).criteria.get().taxonomy == version


@pytest.mark.parametrize(
    ("name", "content"),
    [("tree.json", "{"), ("tree.exe", "{}"), ("tree.csv", "a,b\n1,2"), ("tree.json", "[]")],
)
def test_a_file_that_is_no_tree_is_refused_with_the_reason(client, lead, name, content):
    answer = client.post(f"/p/{lead.project.slug}/taxonomies/", {"file": file(name, content)})
    assert answer.status_code == 400
    assert not TaxonomyVersion.objects.exists()


def test_the_real_tree_of_151_leaves_is_brought_in_through_the_page(client, lead, shared_data):
    content = (shared_data / "clinc_taxonomy.json").read_text()
    client.post(f"/p/{lead.project.slug}/taxonomies/", {"file": file("clinc.json", content)})
    nodes = TaxonomyVersion.objects.get().nodes
    assert len(nodes) - len({node["parent"] for node in nodes if node["parent"]}) == 151


def test_a_large_tree_is_neither_sent_with_the_form_nor_with_its_preview(client, lead):
    nodes = [{"key": f"label-{number}", "label": f"Label {number}"} for number in range(1000)]
    criterion = {"key": "intent", "kind": "taxonomy", "prompt": "Why?"}
    criterion["taxonomy"] = {"name": "Many", "nodes": nodes}
    draft = create_rubric(lead.project, {"name": "Intent", "criteria": [criterion]}, by=lead)
    page = client.get(draft.rubric.get_absolute_url()).content.decode()
    assert "Label 39<" in page
    assert "Label 40<" not in page
    assert "960 more labels" in page


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [("lead", 200, 200), ("engineer", 200, 403), ("viewer", 200, 403), ("annotator", 404, 404)],
)
def test_who_may_open_and_change_rubrics(browse, draft, role, reads, writes):
    client = browse(make_member(draft.rubric.project, role))
    url = draft.rubric.get_absolute_url()
    rubrics = f"/p/{draft.rubric.project.slug}/rubrics/"
    for page in (rubrics, *(f"{url}{tab}" for tab in PAGES[1:])):
        assert client.get(page).status_code == reads
    assert client.get(f"/p/{draft.rubric.project.slug}/taxonomies/").status_code == reads
    assert client.get(f"{rubrics}new/").status_code == writes
    assert client.post(url, typed(verb="add")).status_code == writes
    assert client.get(f"{url}versions/1/publish/").status_code == writes
    if role != "lead":
        for action in ("draft", "retire", "publish"):
            assert client.post(f"{url}versions/1/{action}/").status_code == writes
        assert client.post(f"{rubrics}new/", {"starter": "blank"}).status_code == writes


def test_who_may_only_read_lands_on_the_preview(browse, draft):
    client = browse(make_member(draft.rubric.project, "viewer"))
    url = draft.rubric.get_absolute_url()
    assert client.get(url).url == f"{url}preview/"


def test_rubrics_of_other_projects_are_as_absent_as_random_ones(client, lead, base):
    elsewhere = make_rubric_version(make_project()).rubric
    for uid in (elsewhere.uid, uuid4()):
        for page in (*PAGES, "versions/1/publish/", "versions/1/yaml/"):
            assert client.get(f"{base}{uid}/{page}").status_code == 404
        for action in ("draft", "retire", "publish"):
            assert client.post(f"{base}{uid}/versions/1/{action}/").status_code == 404
        assert client.post(f"{base}{uid}/", typed()).status_code == 404


def test_a_version_or_file_that_is_not_there_is_not_found(client, draft):
    url = draft.rubric.get_absolute_url()
    assert client.get(f"{url}versions/2/").status_code == 404
    assert client.get(f"{url}versions/1/exe/").status_code == 404


def test_the_pages_take_few_queries(client, lead, draft, base, django_assert_max_num_queries):
    for _ in range(10):
        make_queue(lead.project)
    url = draft.rubric.get_absolute_url()
    for page in (base, *(f"{url}{tab}" for tab in PAGES)):
        client.get(page)
        with django_assert_max_num_queries(18):
            assert client.get(page).status_code == 200
