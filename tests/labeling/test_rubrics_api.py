from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from labeling.models import AuditEvent, Rubric, RubricVersion, Taxonomy
from tests.factories import make_member, make_project, make_rubric_version, make_taxonomy

pytestmark = pytest.mark.django_db


def document(**fields: Any) -> dict[str, Any]:
    quality = {
        "key": "quality",
        "kind": "ordinal",
        "subject": "output",
        "prompt": "How good is it?",
        "options": [{"key": str(number), "label": str(number)} for number in range(1, 6)],
    }
    return {"name": "Quality", "guidance": "Be **fair**.", "criteria": [quality], **fields}


def post(client, url, body=None):
    return client.post(url, body or {}, format="json")


@pytest.fixture
def lead():
    return make_member(None, "lead")


@pytest.fixture
def client(lead, call):
    return call(lead, "manage")


@pytest.fixture
def collection(lead):
    return f"/api/v1/projects/{lead.project.slug}/rubrics/"


@pytest.fixture
def draft(client, collection):
    return post(client, collection, {"document": document()}).json()


def test_a_rubric_is_written_read_and_published(client, collection):
    made = post(client, collection, {"document": document()})
    url = f"/api/v1/rubric-versions/{made.json()['uid']}/"
    published = post(client, f"{url}publish/")
    assert made.status_code == 201
    assert made.json()["document"]["criteria"][0]["options"][4]["label"] == "5"
    assert published.json()["state"] == "published"
    assert len(published.json()["digest"]) == 64
    listed = client.get(collection).json()["results"]
    assert listed[0]["versions"][0]["state"] == "published"
    verbs = list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["created_rubric", "published_rubric"]


def test_a_stale_revision_is_a_conflict_and_changes_nothing(client, draft):
    url = f"/api/v1/rubric-versions/{draft['uid']}/"
    body = {"document": document(guidance="Mine."), "revision": draft["revision"]}
    assert client.put(url, body, format="json").json()["revision"] == 2
    late = {"document": document(guidance="Late."), "revision": draft["revision"]}
    answer = client.put(url, late, format="json")
    assert answer.status_code == 409
    assert answer.json()["code"] == "stale_draft"
    assert client.get(url).json()["document"]["guidance"] == "Mine."


def test_if_match_stands_in_for_the_revision(client, draft):
    url = f"/api/v1/rubric-versions/{draft['uid']}/"
    tag = client.get(url).headers["ETag"]
    body = {"document": document(guidance="Mine.")}
    first = client.put(url, body, format="json", HTTP_IF_MATCH=tag)
    second = client.put(url, body, format="json", HTTP_IF_MATCH=tag)
    assert (first.status_code, second.status_code) == (200, 412)
    assert second.json()["code"] == "stale_draft"
    assert first.headers["ETag"] != tag
    assert client.put(url, body, format="json").status_code == 400


def test_a_published_version_takes_no_change(client, draft):
    url = f"/api/v1/rubric-versions/{draft['uid']}/"
    post(client, f"{url}publish/")
    body = {"document": document(guidance="Changed."), "revision": draft["revision"]}
    answer = client.put(url, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_a_draft")
    assert post(client, f"{url}publish/").status_code == 409
    assert RubricVersion.objects.get(uid=draft["uid"]).guidance == "Be **fair**."


def test_a_version_is_retired_once(client, draft):
    url = f"/api/v1/rubric-versions/{draft['uid']}/"
    assert post(client, f"{url}retire/").status_code == 409
    post(client, f"{url}publish/")
    assert post(client, f"{url}retire/").json()["state"] == "retired"
    assert post(client, f"{url}retire/").status_code == 409


def test_a_new_draft_begins_as_a_copy(client, draft):
    post(client, f"/api/v1/rubric-versions/{draft['uid']}/publish/")
    url = f"/api/v1/rubrics/{draft['rubric']}/drafts/"
    copy = post(client, url)
    again = post(client, url)
    assert copy.status_code == 201
    assert (copy.json()["number"], copy.json()["state"]) == (2, "draft")
    assert copy.json()["document"]["criteria"] == draft["document"]["criteria"]
    assert again.json()["uid"] == copy.json()["uid"]


def test_what_is_wrong_is_named_by_its_place(client, collection):
    wrong = document()
    wrong["criteria"][0]["options"][2] |= {"label": "", "pattern": "(a+)+"}
    answer = post(client, collection, {"document": wrong})
    assert answer.status_code == 400
    fields = answer.json()["fields"]
    assert set(fields) == {"criteria.0.options.2.label", "criteria.0.options.2.pattern"}
    assert not Rubric.objects.exists()


def test_fields_that_a_rubric_does_not_have_are_refused(client, collection):
    for name in ("id", "uid", "state", "digest", "created_by", "project", "published_at"):
        inside = post(client, collection, {"document": document(**{name: "1"})})
        beside = post(client, collection, {"document": document(), name: "1"})
        assert (inside.status_code, inside.json()["code"]) == (400, "unknown_field")
        assert (beside.status_code, beside.json()["code"]) == (400, "unknown_field")
    assert not Rubric.objects.exists()


@pytest.mark.parametrize("body", [None, [], "x", {"document": None}, {"document": [1]}, {}])
def test_a_body_of_another_shape_is_refused(client, collection, body):
    assert client.post(collection, body, format="json").status_code == 400


@pytest.mark.parametrize(
    "taxonomy",
    [7, True, [1], {"nodes": 3}, {"nodes": [3]}, {"nodes": [{"key": "a", "parent": ["a"]}]}],
)
def test_a_taxonomy_of_another_shape_is_refused(client, collection, taxonomy):
    criterion = {"key": "intent", "kind": "taxonomy", "prompt": "Why?", "taxonomy": taxonomy}
    answer = post(client, collection, {"document": document(criteria=[criterion])})
    assert answer.status_code == 400
    assert not Taxonomy.objects.exists()


def test_a_taxonomy_of_another_project_is_as_unknown_as_a_random_one(client, collection):
    elsewhere = make_taxonomy(make_project(), [("a", None)])
    answers = []
    for uid in (elsewhere.uid, uuid4()):
        criterion = {"key": "i", "kind": "taxonomy", "prompt": "Why?", "taxonomy": str(uid)}
        answer = post(client, collection, {"document": document(criteria=[criterion])})
        answers.append((answer.status_code, {**answer.json(), "request_id": ""}))
    assert answers[0] == answers[1]
    assert (answers[0][0], answers[0][1]["code"]) == (400, "invalid_reference")


@pytest.mark.parametrize("text", ["[" * 60_000, "*" * 60_000, "|a" * 5_000])
def test_guidance_that_would_take_long_to_render_is_refused(client, collection, text):
    answer = post(client, collection, {"document": document(guidance=text)})
    assert (answer.status_code, answer.json()["code"]) == (400, "too_complex")
    assert not Rubric.objects.exists()


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\u2066", "\ufeff", "\U000e0041", "\x1b"])
def test_a_button_takes_no_character_that_hides(client, collection, hidden):
    for place in ("label", "translation", "prompt", "name"):
        given = document()
        criterion = given["criteria"][0]
        if place == "label":
            criterion["options"][0]["label"] = f"go{hidden}od"
        elif place == "translation":
            criterion["translations"] = {"de": {"options": {"1": {"label": f"gu{hidden}t"}}}}
        elif place == "prompt":
            criterion["prompt"] = f"How{hidden}?"
        else:
            given["name"] = f"Qual{hidden}ity"
        assert post(client, collection, {"document": given}).status_code == 400


def test_rubrics_of_other_projects_do_not_exist(client, call):
    elsewhere = make_rubric_version(make_project())
    for uid in (elsewhere.uid, uuid4()):
        url = f"/api/v1/rubric-versions/{uid}/"
        body = {"document": document(), "revision": 1}
        assert client.get(url).status_code == 404
        assert client.put(url, body, format="json").status_code == 404
        assert post(client, f"{url}publish/").status_code == 404
        assert post(client, f"{url}retire/").status_code == 404
    assert post(client, f"/api/v1/rubrics/{elsewhere.rubric.uid}/drafts/").status_code == 404


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [("lead", 200, 201), ("engineer", 200, 403), ("viewer", 200, 403), ("annotator", 404, 404)],
)
def test_who_may_read_and_write_rubrics(call, role, reads, writes):
    member = make_member(None, role)
    client = call(member, "read", "manage")
    url = f"/api/v1/projects/{member.project.slug}/rubrics/"
    assert client.get(url).status_code == reads
    assert post(client, url, {"document": document()}).status_code == writes


def test_a_token_to_read_does_not_write(lead, call, collection):
    client = call(lead, "read")
    assert client.get(collection).status_code == 200
    assert post(client, collection, {"document": document()}).status_code == 403


def test_listing_rubrics_takes_few_queries(lead, client, collection, django_assert_max_num_queries):
    for _ in range(20):
        make_rubric_version(lead.project)
    client.get(collection)
    with django_assert_max_num_queries(6):
        assert len(client.get(collection).json()["results"]) == 20
