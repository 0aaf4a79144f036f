"""Labels that were given with a prediction in view decide no gate, and everybody is told."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from evaluation.services.gates import ask_verdict, perform_verdict, register_gate
from labeling.models import Annotation
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim_next
from tests.evaluation.frozen import frozen, imported_items
from tests.evaluation.makers import make_predictions, make_version
from tests.factories import make_annotator, make_member, make_project, make_queue

pytestmark = pytest.mark.django_db
SHOWN = {"show": {"prediction": True}}
OVERALL = {"scope": "overall", "margin": 0.05}


@pytest.fixture
def project():
    return make_project()


def judged_queue(project, count=4, **fields):
    """A queue of which one person has judged everything."""
    queue = make_queue(project, imported_items(project, count), overlap=1, **fields)
    person = make_annotator(project)
    while lease := claim_next(person, queue):
        submit(person, lease.token, Payload({"topic": "refund"}), at=timezone.now())
    return queue


def test_a_gate_is_not_registered_on_labels_given_with_the_prediction_shown(project):
    assisted = frozen(judged_queue(project, blinding=SHOWN))
    with pytest.raises(ValidationError, match="prediction shown: 4"):
        register_gate(project, "Ready", assisted, [OVERALL], by=None)

    blind = frozen(judged_queue(project), "Blind")
    assert register_gate(project, "Ready", blind, [OVERALL], by=None)


def test_a_gate_that_stands_on_them_gives_no_verdict(project):
    labels = frozen(judged_queue(project, 12))
    gate = register_gate(project, "Ready", labels, [OVERALL], by=None)
    new, old = make_version(project), make_version(project)
    for version in (new, old):
        make_predictions(version, labels, ["refund"] * 12)
    Annotation.objects.filter(task=labels.examples.first().adjudication.task).update(revealed=True)

    verdict = perform_verdict(ask_verdict(gate, new, old, by=None))

    assert verdict.outcome == "invalid"
    assert "1 label was given with a model's prediction shown" in verdict.sentence


def test_what_counts_no_more_was_not_shown_in_vain(project):
    """Somebody who saw the prediction, and whose place went to another, has left no trace."""
    labels = frozen(judged_queue(project, 2))
    task = labels.examples.first().adjudication.task
    other = make_annotator(project)
    Annotation.objects.create(
        task=task,
        annotator=other,
        token=task.uid,
        payload_digest="0" * 64,
        rubric_version=task.queue.rubric_version,
        revealed=True,
    )
    assert register_gate(project, "Ready", labels, [OVERALL], by=None)


def test_the_page_of_the_labels_quality_says_how_many(project, browse):
    labels = frozen(judged_queue(project, 3, blinding=SHOWN))
    page = f"{labels.evaluation_set.get_absolute_url()}quality/"
    lead = browse(make_member(project, "lead"))

    assert "3 labels were given with the model" in lead.get(page).content.decode()
    blind = frozen(judged_queue(project), "Blind")
    page = f"{blind.evaluation_set.get_absolute_url()}quality/"
    assert "prediction shown" not in lead.get(page).content.decode()
