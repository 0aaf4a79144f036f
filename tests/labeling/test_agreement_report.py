"""Agreement in a queue, from rows of answers to published coefficients and a sentence."""

from __future__ import annotations

import csv
from collections import defaultdict
from uuid import uuid4

import pytest

from labeling.models import Annotation, Answer, Membership, Slice, Slot, Snapshot
from labeling.policy.agreement import Action
from labeling.reports import agreement as report
from labeling.reports.advice import advice_on, headline, said
from labeling.reports.agreement import agreement_of, seen_agreement
from labeling.services.agreement import ask_for_agreement
from tests.factories import (
    make_annotator,
    make_items,
    make_project,
    make_queue,
    make_rubric_version,
    make_taxonomy,
    make_user,
    topic,
)
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db

# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C: four people, twelve
# items, seven answers missing.
FOUR_PEOPLE = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
SCALE = [{"key": key, "label": key} for key in "12345"]


def make_machine(project, **fields) -> Membership:
    return make_annotator(project, kind="machine", user=make_user(), **fields)


def judge(queue, criterion, annotator, answers, **fields):
    """Store one person's answers to a criterion, by task; a slot points at each annotation."""
    tasks = list(queue.tasks.order_by("pk"))
    for task, value in zip(tasks, answers, strict=True):
        if value == ".":
            continue
        annotation = Annotation.objects.create(
            task=task,
            annotator=annotator,
            token=uuid4(),
            payload_digest="0" * 64,
            rubric_version=queue.rubric_version,
            **fields,
        )
        cannot_tell = value == "?"
        text = "" if cannot_tell else value
        Answer.objects.create(
            annotation=annotation, criterion=criterion, value=text, cannot_tell=cannot_tell
        )
        slot = task.slots.filter(annotation__isnull=True).order_by("pk").first()
        if annotator.kind == "person" and slot:
            Slot.objects.filter(pk=slot.pk).update(
                annotator=annotator,
                token=annotation.token,
                annotation=annotation,
                leased_until=annotation.submitted_at,
            )


def make_judged(columns, criterion=None, project=None, **fields):
    """A queue with one criterion whose answers are the columns, one for each person."""
    project = project or make_project()
    version = make_rubric_version(project, [criterion or topic(*"12345")])
    items = fields.pop("items", None) or make_items(project, len(columns[0]))
    queue = make_queue(project, items, overlap=len(columns), version=version, **fields)
    for column in columns:
        judge(queue, version.criteria.get(), make_annotator(project), column)
    return queue


class TestCoefficients:
    @pytest.mark.parametrize(("kind", "published"), [("single_choice", 0.743), ("ordinal", 0.815)])
    def test_alpha_is_the_published_one(self, kind, published):
        queue = make_judged(FOUR_PEOPLE, topic(kind=kind, options=SCALE))
        figures = agreement_of(queue).criteria[0].whole
        assert round(figures.alpha.value, 3) == published
        assert figures.alpha.low < published < figures.alpha.high
        assert figures.items == 11
        assert figures.answers == 41

    def test_a_tree_of_labels_has_alpha_of_its_own_by_level_and_by_kind_of_error(self):
        project = make_project()
        nodes = [("money", None), ("refund", "money"), ("fee", "money"), ("parcel", None)]
        version = make_taxonomy(project, nodes)
        criterion = {"key": "topic", "kind": "taxonomy", "prompt": "?", "taxonomy": version}
        one = ["refund", "fee", "parcel", "refund", "money", "parcel"]
        other = ["fee", "fee", "parcel", "refund", "refund", "parcel"]
        queue = make_judged([one, other], criterion, project)
        found = agreement_of(queue).criteria[0]
        top, leaf = found.by_level
        assert found.distance == "tree"
        assert top.value == 1.0
        assert leaf.value < found.whole.alpha.value < 1.0
        assert found.decomposition is not None
        assert (found.decomposition.ancestor, found.decomposition.sibling) == (0.5, 0.5)

    def test_texts_are_not_compared(self):
        criterion = {"key": "note", "kind": "free_text", "prompt": "Why?"}
        found = agreement_of(make_judged(["ab", "ac"], criterion)).criteria[0]
        assert not found.whole.alpha.defined
        assert found.whole.cannot_tell.value == 0
        assert found.pairs == []

    def test_cannot_tell_is_missing_and_has_a_rate_of_its_own(self):
        figures = agreement_of(make_judged(["11?2", "112?"])).criteria[0].whole
        assert figures.items == 2
        assert figures.agreement.value == 1.0
        assert figures.cannot_tell.value == 0.25

    def test_real_people_agree_as_measured_before(self, shared_data):
        people: dict[str, dict[int, str]] = defaultdict(dict)
        with (shared_data / "pandalm_judgements.csv").open() as file:
            for row in csv.DictReader(file):
                people[row["annotator"]][int(row["item"])] = row["label"]
        items = sorted({item for answers in people.values() for item in answers})
        project = make_project()
        rows = make_items(project, len(items))
        version = make_rubric_version(project, [topic("1", "2", "tie")])
        queue = make_queue(project, rows, overlap=3, version=version)
        columns = {name: [answers[item] for item in items] for name, answers in people.items()}
        _store_in_bulk(queue, project, columns)
        found = agreement_of(queue).criteria[0]
        assert round(found.whole.alpha.value, 3) == 0.864
        # One judge gave no answer 25 times: .698 of all 999 items, .716 of those it answered.
        assert sorted(round(one.agreement.value, 3) for one in found.machines) == [0.668, 0.716]


def _store_in_bulk(queue, project, columns):
    """Three people and the machines, thousands of rows at once."""
    tasks = list(queue.tasks.order_by("pk"))
    criterion = queue.rubric_version.criteria.get()
    for number, name in enumerate(sorted(columns, key=lambda name: not name.startswith("human"))):
        person = name.startswith("human")
        member = make_annotator(project) if person else make_machine(project)
        annotations = Annotation.objects.bulk_create(
            Annotation(
                task=task,
                annotator=member,
                token=uuid4(),
                payload_digest="0" * 64,
                rubric_version=queue.rubric_version,
            )
            for task in tasks
        )
        Answer.objects.bulk_create(
            Answer(annotation=annotation, criterion=criterion, value=value)
            for annotation, value in zip(annotations, columns[name], strict=True)
        )
        if not person:
            continue
        slots = []
        for annotation, slot in zip(
            annotations, queue.slots.filter(number=number).order_by("task_id"), strict=True
        ):
            slot.annotator, slot.token = member, annotation.token
            slot.annotation, slot.leased_until = annotation, annotation.submitted_at
            slots.append(slot)
        Slot.objects.bulk_update(slots, ["annotator", "token", "annotation", "leased_until"], 200)


class TestWhatCounts:
    def test_surplus_answers_do_not_count(self):
        queue = make_judged(["12", "12"])
        judge(queue, queue.rubric_version.criteria.get(), make_annotator(queue.project), "21")
        assert agreement_of(queue).criteria[0].whole.agreement.value == 1.0

    def test_answers_after_something_was_shown_are_left_out(self):
        queue = make_judged(["1212", "1212"])
        Annotation.objects.filter(task=queue.tasks.first()).update(revealed=True)
        found = agreement_of(queue)
        assert found.revealed == 2
        assert found.criteria[0].whole.items == 3

    def test_machines_are_set_against_what_most_people_say(self):
        queue = make_judged(["1122", "1122", "1112"])
        machine = make_machine(queue.project)
        judge(queue, queue.rubric_version.criteria.get(), machine, "1111")
        found = agreement_of(queue).criteria[0]
        assert found.whole.answers == 12
        assert [one.agreement.value for one in found.machines] == [0.5]
        assert found.machines[0].uid == str(machine.uid)


class TestParts:
    def test_slices_and_languages_have_figures_of_their_own(self):
        project = make_project()
        german = make_items(project, 2, attributes={"language": "de"})
        french = make_items(project, 2, attributes={"language": "fr"})
        condition = {"field": "attributes.language", "operator": "is", "value": "de"}
        Slice.objects.create(project=project, name="German", conditions=[condition])
        queue = make_judged(
            ["1234", "1243"], project=project, items=german + french, lane_attribute="language"
        )
        found = agreement_of(queue).criteria[0]
        assert [(part.name, part.figures.agreement.value) for part in found.by_slice] == [
            ("German", 1.0)
        ]
        lanes = {part.name: part.figures.agreement.value for part in found.by_lane}
        assert lanes == {"de": 1.0, "fr": 0.0}

    def test_pairs_are_listed_with_the_least_agreeing_first(self):
        queue = make_judged(["1122", "1122", "2211"])
        found = agreement_of(queue)
        assert len(found.people) == 3
        assert [pair.agreement.value for pair in found.criteria[0].pairs] == [0.0, 0.0, 1.0]

    def test_the_number_of_queries_does_not_grow_with_the_answers(self, django_assert_num_queries):
        few, many = make_judged(["12", "12"]), make_judged(["12" * 20] * 4)
        for queue in (few, many):
            queue.project, queue.rubric_version  # noqa: B018 - read before counting
            with django_assert_num_queries(6):
                agreement_of(queue)


class TestSnapshots:
    def test_a_large_queue_is_computed_by_a_job(self, monkeypatch):
        queue = make_judged(["1122", "1?21"], topic(*"12345"))
        monkeypatch.setattr(report, "LIVE_ANSWERS", 4)
        assert seen_agreement(queue).report is None
        ask_for_agreement(queue, by=make_annotator(queue.project))
        run_jobs()
        seen = seen_agreement(queue)
        assert not seen.live
        assert repr(seen.report) == repr(agreement_of(queue))

    def test_what_is_undefined_survives_the_snapshot(self, monkeypatch):
        queue = make_judged(["....", "...."])
        ask_for_agreement(queue, by=make_annotator(queue.project))
        run_jobs()
        monkeypatch.setattr(report, "LIVE_ANSWERS", -1)
        found = seen_agreement(queue).report
        assert found is not None
        assert not found.criteria[0].whole.alpha.defined
        assert Snapshot.objects.get(kind="agreement").project == queue.project

    def test_a_job_says_when_there_is_too_much_to_compare(self, monkeypatch):
        queue = make_judged(["1122", "1121"])
        monkeypatch.setattr(report, "MOST_CELLS", 3)
        ask_for_agreement(queue, by=make_annotator(queue.project))
        (job,) = run_jobs(may_fail=True)
        assert job.state == "failed"
        assert "topic" in job.error


class TestSentences:
    def test_good_agreement_says_that_the_labels_can_be_used(self):
        queue = make_judged(["12345" * 8] * 3)
        assert headline(agreement_of(queue)).startswith("These labels can be relied on: alpha")

    def test_bad_agreement_says_to_mend_the_rubric(self):
        queue = make_judged(["12345" * 8, "23451" * 8, "34512" * 8])
        found = agreement_of(queue)
        assert advice_on(found.criteria[0]).action == Action.MEND
        assert said(found)[0].sentence.startswith("Mend the rubric")

    def test_answers_that_followed_a_shown_prediction_are_no_agreement(self):
        queue = make_judged(["1122", "1122"])
        Annotation.objects.update(revealed=True)
        assert headline(agreement_of(queue)).startswith("The prediction was shown")

    def test_a_queue_without_judgments_says_so(self):
        queue = make_judged(["...", "..."])
        assert headline(agreement_of(queue)) == "Nothing has been judged yet."
