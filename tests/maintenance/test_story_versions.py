"""A rubric of the demo taken through three versions: a rename, a merge, a change of meaning."""

from __future__ import annotations

from collections import Counter

import pytest
from django.utils import timezone

from labeling.models import Adjudication, Annotation, Answer, Membership, Queue, RubricVersion, Task
from labeling.reports.agreement import agreement_of
from labeling.reports.exports import Wording, answers, labels
from labeling.reports.integrity import findings
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim
from maintenance.demo.people import LEAD
from maintenance.services import demo
from tests.maintenance.small_demo import AT, make_small

pytestmark = pytest.mark.django_db
KEPT, GONE, RENAMED = "order_cancel", "order_change", "order_status"
MEANT = "reply_quality.criterion.wording.prompt"


@pytest.fixture
def made(monkeypatch):
    make_small(monkeypatch)
    return demo.make_demo(at=AT)


@pytest.fixture
def lead(made):
    return Membership.objects.get(user__email=LEAD.email)


@pytest.fixture
def client(lead, call):
    return call(lead, "manage", "read")


def test_a_rubric_goes_through_three_versions_and_nothing_is_mixed_or_lost(lead, client):
    first = RubricVersion.objects.get(rubric__name="Support messages", state="published")
    queue = Queue.objects.get(name="Try it: all weeks")
    given = Counter(intents_under(first))
    assert given[GONE]

    second = second_version(client, first)
    old = Queue.objects.get(name="Weeks 1 to 4")
    exported_both_ways(old, given)
    successor = the_queue_moves(client, queue, second)

    third = third_version(client, second, first)
    relabeled = the_touched_tasks_are_asked_again(client, old, third, {first, second})
    for one in (old, queue, successor, relabeled):
        of_one_version_only(one)
    assert not list(findings(lead.project))


def intents_under(version):
    rows = Answer.objects.filter(annotation__rubric_version=version, criterion__key="intent")
    standing = rows.filter(annotation__superseded_by=None).exclude(annotation__kind="withdrawn")
    return standing.values_list("value", flat=True)


def second_version(client, first):
    """A label is called otherwise, and one is merged into another; answers are mapped."""
    draft = draft_of(client, first)
    document = draft["document"]
    intent = document["criteria"][0]
    for wording in intent["translations"].values():
        del wording["options"][GONE]
    tree = intent["taxonomy"]
    tree["name"] = "Intents, simpler"
    tree["nodes"] = [node for node in tree["nodes"] if node["key"] != GONE]
    by_key = {node["key"]: node for node in tree["nodes"]}
    by_key[KEPT] |= {"label": "Change or cancel an order", "replaces": [GONE]}
    by_key[RENAMED]["label"] = "Where the order is"
    url = saved(client, draft, document)
    found = {row["ident"]: row for row in client.get(f"{url}changes/").json()["changes"]}
    merge = found[f"intent.node.merged.{KEPT}"]
    assert merge["is_meaning"]
    assert merge["impact"]["annotations"] == Counter(intents_under(first))[GONE]
    assert found["intent.node.renamed.labels.label"]["decision"] == "carry_over"
    said = {
        ident: {"decision": "carry_over"} for ident, row in found.items() if not row["decision"]
    }
    said[merge["ident"]] = {"decision": "map", "mapping": {GONE: KEPT}}
    return decided(client, url, said, "Nobody tells them apart.")


def third_version(client, second, first):
    """The scale is about something else from now on: every answer to it is given again."""
    draft = draft_of(client, second)
    document = draft["document"]
    document["criteria"][1]["prompt"] = "How well does the reply solve the matter?"
    url = saved(client, draft, document)
    said = {MEANT: {"decision": "relabel", "meant": True}}
    body = {"decisions": said}
    (change,) = client.post(f"{url}decisions/", body, format="json").json()["changes"]
    under = Annotation.objects.filter(rubric_version=second).count()
    assert change["impact"]["annotations"] == under > 0
    return decided(client, url, said, "We measure solving, not tone.")


def draft_of(client, version):
    url = f"/api/v1/rubrics/{version.rubric.uid}/drafts/"
    return client.post(url, {}, format="json").json()


def saved(client, draft, document):
    url = f"/api/v1/rubric-versions/{draft['uid']}/"
    body = {"document": document, "revision": draft["revision"]}
    answer = client.put(url, body, format="json")
    assert answer.status_code == 200, answer.json()
    return url


def decided(client, url, said, reason):
    client.post(f"{url}decisions/", {"decisions": said}, format="json")
    assert client.post(f"{url}publish/", {}, format="json").status_code == 400
    done = client.post(f"{url}publish/", {"reason": reason}, format="json").json()
    assert (done["state"], done["reason"]) == ("published", reason)
    return RubricVersion.objects.get(uid=done["uid"])


def exported_both_ways(queue, given):
    """Each answer, settled or not, as it was given, and as the newest version has it."""
    rows = Wording(queue.project, [queue]).label_rows(list(labels([queue])))
    assert rows
    for row in rows:
        was, now = row["answers"]["intent"]["value"], row["mapped"]["intent"]["value"]
        assert now == (KEPT if was == GONE else was)
        assert (row["rubric_version"], row["mapped_version"]) == (1, 2)
        if was == RENAMED:
            assert row["mapped"]["intent"]["label"] == "Where the order is"
    single = Wording(queue.project, [queue]).annotation_rows(list(answers([queue])))
    said = [row for row in single if row["criterion_id"] == "intent" and not row["cannot_tell"]]
    assert GONE in {row["value"] for row in said}
    for row in said:
        assert row["mapped_value"] == (KEPT if row["value"] == GONE else row["value"])
    assert Counter(intents_under(queue.rubric_version)) == given


def the_queue_moves(client, queue, version):
    """Some have judged in it, one has an item on the screen; the rest moves as was shown."""
    people = Membership.objects.active().people().filter(project=queue.project)
    able = [one for one in people.select_related("user", "team") if one.may("annotate")]
    judged = [judge(queue, person) for person in able[:3]]
    assert claim(queue, able[0]) is not None
    url = f"/api/v1/queues/{queue.uid}/successor/"
    plan = client.get(url).json()
    body = {"version": plan["version"], "expected": plan["expected"], "restart": True}
    made = client.post(url, body, format="json")
    assert made.status_code == 201, made.json()
    successor = Queue.objects.get(uid=made.json()["uid"])
    assert (plan["version"], successor.rubric_version) == (version.number, version)
    leaving = plan["untouched"] + plan["seen"] + plan["votes"]
    assert successor.tasks.count() == leaving
    still_asked = queue.tasks.exclude(state=Task.State.SET_ASIDE).count()
    assert still_asked == plan["at_work"] + plan["decided"]
    assert leaving + still_asked == 60
    assert len(judged) == 3
    for person in able[:3]:
        judge(successor, person)
    return successor


def judge(queue, person):
    lease = claim(queue, person)
    said = {"intent": KEPT, "reply_quality": "4", "resolves": "yes"}
    return submit(person, lease.token, Payload(said), at=timezone.now())


def the_touched_tasks_are_asked_again(client, old, third, before):
    """Those of the version before, and those of the first: their answers led to the second's."""
    url = f"/api/v1/rubric-versions/{third.uid}/relabelings/"
    rows = {row["queue"]: row["tasks"] for row in client.get(url).json()["queues"]}
    for queue in Queue.objects.filter(rubric_version__in=before):
        assert rows.get(str(queue.uid), 0) == touched_in(queue), queue
    again = client.post(url, {"queue": str(old.uid)}, format="json").json()
    relabeled = Queue.objects.get(uid=again["uid"])
    assert relabeled.rubric_version == third
    assert relabeled.tasks.count() == touched_in(old) > 0
    left = client.get(url).json()["queues"]
    assert str(old.uid) not in {row["queue"] for row in left}
    mapped = Wording(old.project, [old]).label_rows(list(labels([old])))
    assert {row["mapped"]["reply_quality"]["decision"] for row in mapped} == {"relabel"}
    return relabeled


def touched_in(queue):
    """The queue's tasks that anybody has judged or decided, still asked there."""
    asked = queue.tasks.exclude(state=Task.State.SET_ASIDE)
    standing = Annotation.objects.filter(superseded_by=None).exclude(kind="withdrawn")
    judged = asked.filter(annotations__in=standing)
    ruled = asked.filter(adjudications__in=Adjudication.objects.current())
    return len({*judged.values_list("pk", flat=True), *ruled.values_list("pk", flat=True)})


def of_one_version_only(queue):
    """What is compared in a queue, and what is exported of it, was given under its version."""
    rows = Wording(queue.project, [queue]).annotation_rows(list(answers([queue])))
    assert {row["rubric_version"] for row in rows} <= {queue.rubric_version.number}
    counted = [row for row in rows if row["status"] == "active" and row["value_type"] == "yes_no"]
    (seen,) = [row.whole for row in agreement_of(queue).criteria if row.kind == "yes_no"]
    assert seen.answers == len(counted)
