"""Own work: what one sees of it, and amending it on the page and through the API."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from labeling.models import Adjudication, Annotation, ContentField
from labeling.reports.own_work import BATCH, progress_of
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim
from tests.factories import make_annotator, make_items, make_project, make_queue, make_task

pytestmark = pytest.mark.django_db
PAGE = "/me/work/shop/"
API = "/api/v1/projects/shop/work/"


@pytest.fixture
def ann():
    return make_annotator(make_project("shop"))


def judge(queue, member, answer="refund", *, at=None, **fields):
    lease = claim(queue, member)
    payload = Payload({"topic": answer}, **fields)
    done = submit(member, lease.token, payload, at=at or timezone.now())
    return Annotation.objects.get(uid=done.annotation)


def judged(member, count=1, **fields):
    queue = make_queue(member.project, make_items(member.project, count))
    return [judge(queue, member, **fields) for _ in range(count)]


def amended(annotation, **fields):
    sent = {"member": str(annotation.annotator.uid), "token": str(uuid4())}
    return sent | {"answer-topic": "=delivery"} | fields


def test_own_judgments_stand_there_newest_first_and_nobody_elses(ann, browse):
    judged(ann, comment="first of mine")
    judged(make_annotator(ann.project), comment="not mine")
    judged(ann, comment="second of mine", unsure=True, active_ms=42_000)

    page = browse(ann).get(PAGE).text

    assert page.index("second of mine") < page.index("first of mine")
    assert "not mine" not in page
    assert "What is it about?" in page
    assert "Refund" in page
    assert "42 s" in page


def test_the_item_is_shown_as_it_was_while_judging(ann, browse):
    ContentField.objects.create(project=ann.project, name="phone", visibility="masked")
    ContentField.objects.create(project=ann.project, name="secret", visibility="hidden")
    content = {"text": "Where is it?", "phone": "4711", "secret": "VIP"}
    judge(make_queue(ann.project, make_items(ann.project, 1, content=content)), ann)
    client = browse(ann)

    assert "•••• · Where is it?" in client.get(PAGE).text
    found = {text: "Where is it?" in client.get(PAGE, {"q": text}).text for text in SEARCHES}
    assert found == {"where IS": True, "4711": False, "VIP": False, "": True}


SEARCHES = ("where IS", "4711", "VIP", "")


def test_filters_narrow_it_down_to_a_rubric_a_time_and_what_was_unsure(ann, browse):
    long_ago = timezone.now() - timedelta(days=20)
    old = judged(ann, comment="of old", at=long_ago)[0]
    judged(ann, comment="of now", unsure=True)
    client = browse(ann)

    def shown(**query):
        page = client.get(PAGE, query).text
        return [text for text in ("of old", "of now") if text in page]

    assert shown() == ["of old", "of now"]
    assert shown(since="week") == shown(since="today") == shown(unsure="on") == ["of now"]
    assert shown(rubric=str(old.rubric_version.rubric.uid)) == ["of old"]
    assert client.get(PAGE, {"since": "ever since"}).status_code == 400


def test_pace_and_counts_are_of_own_work(ann):
    now = timezone.now()
    judged(ann, 3, active_ms=20_000)
    judged(make_annotator(ann.project), 2, active_ms=1)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)

    progress = progress_of(ann, midnight=midnight, at=now)

    assert (progress.today, progress.median_ms, progress.an_hour) == (3, 20_000, 180)


def test_finished_work_is_told_in_steps_of_twenty_and_once_a_day(ann):
    now = timezone.now()
    for annotation in judged(ann, BATCH + 1):
        Adjudication.objects.create(
            task=annotation.task,
            source="policy",
            at=now - timedelta(days=2),
            rubric_version=annotation.rubric_version,
        )

    def standing(at):
        return progress_of(ann, midnight=at, at=at).standing

    assert standing(now) == BATCH
    Adjudication.objects.filter(pk=Adjudication.objects.first().pk).update(at=now)
    assert standing(now) == BATCH
    Adjudication.objects.update(at=now)
    assert standing(now) == 0
    assert standing(now + timedelta(days=1)) == BATCH


def test_the_form_comes_back_filled_and_takes_other_answers(ann, browse):
    [annotation] = judged(ann, comment="hm", unsure=True)
    client = browse(ann)
    path = f"/p/shop/judge/amend/{annotation.uid}/"

    page = client.get(path)
    answer = client.post(path, amended(annotation, comment="ah", to="work"))

    assert 'value="=refund"\n' in page.text
    assert ">hm</textarea>" in page.text
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    row = Annotation.objects.counted().get()
    assert (row.kind, row.comment, row.unsure) == ("amended", "ah", False)
    assert row.answers.get().value == "delivery"


def test_what_is_missing_is_said_beside_what_was_typed(ann, browse):
    [annotation] = judged(ann)
    sent = amended(annotation, comment="typed") | {"answer-topic": ""}
    page = browse(ann).post(f"/p/shop/judge/amend/{annotation.uid}/", sent)
    assert page.status_code == 400
    assert "typed</textarea>" in page.text
    assert sent["token"] in page.text


def test_back_leads_to_the_last_judgment_or_else_to_all(ann, browse):
    client = browse(ann)
    assert client.get("/p/shop/judge/back/")["Location"] == PAGE
    *_, last = judged(ann, 2)
    assert client.get("/p/shop/judge/back/")["Location"] == f"/p/shop/judge/amend/{last.uid}/"
    Annotation.objects.update(submitted_at=timezone.now() - timedelta(hours=2))
    assert client.get("/p/shop/judge/back/")["Location"] == PAGE
    assert client.get(f"/p/shop/judge/amend/{last.uid}/").status_code == 409
    assert "Amend\n" not in client.get(PAGE).text


def test_nobody_amends_what_somebody_else_has_judged(ann, browse, call):
    [other] = judged(make_annotator(ann.project))
    path = f"/p/shop/judge/amend/{other.uid}/"
    assert browse(ann).get(path).status_code == 404
    assert browse(ann).post(path, amended(other)).status_code == 404
    sent = {"token": str(uuid4()), "answers": {"topic": "other"}}
    answer = call(ann, "annotate").post(f"/api/v1/annotations/{other.uid}/amend/", sent)
    assert answer.status_code == 404


def test_programs_list_and_amend_own_work(ann, call):
    [annotation] = judged(ann, unsure=True, active_ms=1000)
    client = call(ann, "annotate")
    sent = {"token": str(uuid4()), "answers": {"topic": None}, "comment": "c"}
    path = f"/api/v1/annotations/{annotation.uid}/amend/"

    first, again = client.post(path, sent), client.post(path, sent)

    assert first.json() == again.json()
    [row] = client.get(API, {"text": "message"}).json()["results"]
    assert row["uid"] == first.json()["annotation"]["uid"]
    assert row["answers"] == [{"key": "topic", "prompt": "What is it about?", "text": None}]
    assert (row["kind"], row["unsure"], row["comment"]) == ("amended", False, "c")
    assert client.get(API, {"unsure": "true"}).json()["results"] == []
    assert client.get(API, {"unsure": "perhaps"}).status_code == 400
    progress = client.get(f"{API}progress/").json()
    assert (progress["today"], progress["unsure"], progress["standing"]) == (1, 0, 0)


def test_an_erased_item_is_neither_shown_nor_amended(ann, browse):
    [annotation] = judged(ann)
    item = annotation.task.item
    item.content, item.erased_at = {}, timezone.now()
    item.save()
    client = browse(ann)
    assert "has been erased" in client.get(PAGE).text
    answer = client.post(f"/p/shop/judge/amend/{annotation.uid}/", amended(annotation))
    assert answer.status_code == 409


def test_a_person_without_judgments_finds_an_empty_page(ann, browse):
    make_task(ann.project)
    assert "will stand here" in browse(ann).get(PAGE).text
