"""Two outputs beside each other: drawn sides, answers undone, and nothing to tell them by."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import timedelta
from importlib import import_module
from random import Random

import pytest
from django.apps import apps
from django.utils import timezone
from django.utils.crypto import salted_hmac

from labeling.models import Annotation, Answer, ContentField, Draft, Ruling, Slot, Task
from labeling.policy.sides import Sides, lopsided, sides_of
from labeling.reports.disputes import case_for
from labeling.reports.judging import seen, shown_item
from labeling.reports.sides import sides_for
from labeling.services.adjudications import Decision, adjudicate, claim_dispute, reveal
from labeling.services.annotations import submit, undo
from labeling.services.answers import Payload
from labeling.services.assignment import claim_next, release
from labeling.services.successors import queue_like
from tests.factories import make_annotator, make_project, make_rubric_version, make_task
from tests.labeling.makers import better, make_adjudicator, make_dispute

pytestmark = pytest.mark.django_db
OUTPUTS = ["Take the 7:40 train.", "There is a bus."]


def test_the_left_side_is_each_outputs_half_of_the_time():
    rng = Random(4)
    pairs = [(rng.choice("klm"), rng.randint(1, 4) * 100) for _ in range(5_000)]
    first: dict[object, list[bool]] = defaultdict(list)
    for task, (models, length) in enumerate(pairs):
        for person in range(3):
            on_the_left = drawn(task, person).order[0] == 0
            for group in (f"person {person}", f"models {models}", f"length {length}"):
                first[group].append(on_the_left)

    assert len(first) == 3 + 3 + 4
    for group, lefts in first.items():
        allowed = 3 * math.sqrt(len(lefts) / 4)
        assert abs(sum(lefts) - len(lefts) / 2) <= allowed, group


def test_the_side_says_nothing_of_what_others_see_or_of_the_next_pair():
    mine = [drawn(task, 1).moved for task in range(5_000)]
    theirs = [drawn(task, 2).moved for task in range(5_000)]

    for one, other in ((mine, theirs), (mine, mine[1:] + mine[:1])):
        same = sum(left == right for left, right in zip(one, other, strict=True))
        assert abs(same - 2_500) <= 3 * math.sqrt(5_000 / 4)


def test_another_secret_draws_other_sides_and_the_queue_may_keep_them_still():
    orders = {sides_of(2, {}, secret, task=7, person=9).order for secret in map(str.encode, "abcd")}

    assert len(orders) == 2
    assert not sides_of(2, {"shuffle_sides": False}, b"a", task=7, person=9).moved
    assert sides_of(1, {}, b"a", task=7, person=9).order == (0,)
    assert sides_of(0, {}, b"a", task=7, person=9).shown([]) == []


@pytest.mark.parametrize(
    ("kind", "said", "meant"),
    [
        ("preference", "a", "b"),
        ("preference", "b_much", "a_much"),
        ("preference", "tie", "tie"),
        ("preference", "both_bad", "both_bad"),
        ("ranking", '["b","a"]', '["a","b"]'),
        ("ranking", '["a=b"]', '["a=b"]'),
        ("single_choice", "a", "a"),
        ("free_text", "a is good", "a is good"),
        ("preference", "", ""),
    ],
)
def test_an_answer_about_sides_is_stored_as_one_about_outputs_and_back(kind, said, meant):
    swapped = Sides((1, 0))

    assert swapped.stored(kind, said) == meant
    assert swapped.seen(kind, meant) == said
    assert Sides((0, 1)).stored(kind, said) == said


def test_three_outputs_keep_their_own_letters():
    sides = Sides((2, 0, 1))

    assert sides.shown(["x", "y", "z"]) == ["z", "x", "y"]
    assert sides.stored("ranking", '["a","b=c"]') == '["c","a=b"]'
    assert sides.seen("ranking", '["c","a=b"]') == '["a","b=c"]'


def test_a_condition_on_one_side_only_is_lopsided():
    assert lopsided("preference", ["a"])
    assert not lopsided("preference", ["a", "b", "a_much", "b_much"])
    assert not lopsided("yes_no", ["yes"])


def test_what_a_person_says_of_a_side_is_stored_of_the_output_that_stood_there():
    for task, person in both_ways():
        lease = claim_next(person)
        shown = [output.text for output in seen(task, person)[0].outputs]
        submit(person, lease.token, Payload({"better": "a_much"}), at=timezone.now())

        annotation = Annotation.objects.get(annotator=person)
        chosen = OUTPUTS["ab".index(stored(annotation)[0])]
        assert chosen == shown[0]
        assert annotation.shown["sides"] == ["ab"[OUTPUTS.index(text)] for text in shown]


def test_sides_stay_in_other_tabs_after_another_lease_and_after_taking_back():
    for task, person in both_ways():
        lease = claim_next(person)
        before = seen(task, person)[0].outputs
        Draft.objects.create(task=task, annotator=person, answers={"better": "b"})
        assert seen(task, person)[1].answers == {"better": "b"}

        release(person, lease.token)
        lease = claim_next(person)
        assert seen(task, person)[0].outputs == before

        submit(person, lease.token, Payload({"better": "a"}), at=timezone.now())
        undo(person, Annotation.objects.get(annotator=person), at=timezone.now())
        assert seen(task, person)[0].outputs == before
        assert Draft.objects.get(annotator=person).answers == {"better": "a"}


def test_sending_the_same_again_stores_it_once():
    for _task, person in both_ways():
        token, payload = claim_next(person).token, Payload({"better": "b"})
        once = submit(person, token, payload, at=timezone.now())
        again = submit(person, token, payload, at=timezone.now() + timedelta(seconds=1))
        assert once.annotation == again.annotation


def test_another_secret_of_the_installation_moves_no_side_between_showing_and_answering(settings):
    for task, person in both_ways():
        lease = claim_next(person)
        shown = [output.text for output in seen(task, person)[0].outputs]
        settings.SECRET_KEY = settings.SECRET_KEY[::-1]
        submit(person, lease.token, Payload({"better": "a"}), at=timezone.now())

        annotation = Annotation.objects.get(annotator=person)
        assert OUTPUTS["ab".index(stored(annotation))] == shown[0]
        assert seen(task, person)[0].outputs[0].text == shown[0]


def test_a_queue_draws_its_sides_by_a_key_of_its_own_also_one_that_follows_another():
    project = make_project()
    queue = make_pair(project).queue
    later = queue_like(queue, queue.rubric_version, by=None, at=None)

    assert len({queue.sides_key, later.sides_key, make_pair(project).queue.sides_key}) == 3


def test_queues_from_before_keys_keep_their_sides():
    migration = import_module("labeling.migrations.0008_sides_of_a_queue")
    task = make_pair(make_project())
    migration.keep_sides_where_they_are(apps, None)
    task = Task.objects.get(pk=task.pk)

    secret = salted_hmac("labeling.sides", "", algorithm="sha256").digest()
    for person in (make_annotator(task.queue.project) for _ in range(8)):
        assert sides_for(task, person) == sides_of(2, {}, secret, task=task.pk, person=person.pk)


def test_two_who_choose_the_same_output_agree_on_whichever_side_they_saw_it():
    project = make_project()
    task = make_pair(project, overlap=2)
    for person in people(project, task):
        lease = claim_next(person)
        left = seen(task, person)[0].outputs[0].text
        chosen = "a" if left == OUTPUTS[1] else "b"
        submit(person, lease.token, Payload({"better": chosen}), at=timezone.now())

    task.refresh_from_db()
    assert task.state == Task.State.SETTLED
    assert Ruling.objects.get(adjudication__task=task).value == "b"


def test_an_adjudicator_decides_about_the_sides_of_their_own_page():
    project = make_project()
    answers = [{"better": "a"}, {"better": "b"}, {"better": "b"}]
    task = make_dispute(project, *answers, criteria=[better() | {"subject": "pair"}])
    task.outputs = OUTPUTS
    task.save()
    for moved in (True, False):
        person = somebody(project, task, make_adjudicator, moved=moved)
        task = claim_dispute(person)
        reveal(person, task.claim_token, {"better": "a"}, at=timezone.now())
        case = case_for(task, person)
        assert sorted(case.questions[0].answers.values()) == sorted("aab" if moved else "abb")

        ruling = {"better": Decision("a", "ambiguous_item", "The first says when.")}
        row = adjudicate(person, task.claim_token, ruling, at=timezone.now())
        assert row.rulings.get().value == ("b" if moved else "a")
        assert person.reveals.get().blind == {"better": "b" if moved else "a"}
        Task.objects.filter(pk=task.pk).update(state="disputed")


def test_the_page_is_the_same_to_the_byte_when_the_outputs_change_places_behind_it(browse):
    """The twin keeps the outputs the other way round and draws the sides the other way round."""
    project = make_project()
    task = make_pair(project, overlap=2)
    person, twin = (somebody(project, task, make_annotator, moved=moved) for moved in (True, False))
    first, second = (page_of(browse, project, one) for one in (person, twin))
    assert first != second

    Slot.objects.update(annotator=None, token=None, leased_until=None)
    Task.objects.update(outputs=OUTPUTS[::-1])
    assert page_of(browse, project, twin) == first


def test_what_came_in_with_the_item_is_not_shown_where_it_repeats_an_output():
    project = make_project()
    task = make_pair(project)
    fields = {"text": "When does it go?", "reply": f"{OUTPUTS[0]} ", "note": "Say when."}
    for name in fields:
        ContentField.objects.update_or_create(
            project=project, name=name, defaults={"visibility": "shown"}
        )
    task.item.content = fields
    task.item.save()

    shown = shown_item(task, make_annotator(project))
    assert {field.name for field in shown.content} == {"text", "note"}
    task.outputs = []
    assert len(shown_item(task, make_annotator(project)).content) == 3


def drawn(task: int, person: int) -> Sides:
    return sides_of(2, {}, b"a secret of the installation", task=task, person=person)


def make_pair(project, **fields) -> Task:
    version = make_rubric_version(project, [better() | {"subject": "pair"}])
    task = make_task(project, version=version, **fields)
    task.outputs = OUTPUTS
    task.save()
    return task


def somebody(project, task, make, *, moved):
    """A person who sees the outputs of this task moved, or as they are kept."""
    drawn_for = (make(project) for _ in range(64))
    return next(person for person in drawn_for if sides_for(task, person).moved == moved)


def people(project, task):
    return [somebody(project, task, make_annotator, moved=moved) for moved in (True, False)]


def both_ways():
    """A pair and somebody who sees it moved, then one with somebody who does not."""
    for moved in (True, False):
        project = make_project()
        task = make_pair(project, overlap=1)
        yield task, somebody(project, task, make_annotator, moved=moved)


def stored(annotation: Annotation) -> str:
    return Answer.objects.get(annotation=annotation).value


def page_of(browse, project, person) -> str:
    """What the judging page says about the item, without what names the person or the moment."""
    browser = browse(person)
    browser.post(f"/p/{project.slug}/judge/")
    page = browser.get(f"/p/{project.slug}/judge/").content.decode()
    return page[page.index('<section class="item"') : page.index("<form")]
