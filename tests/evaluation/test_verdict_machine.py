"""The life of a gate's evidence against a small model: no order of events makes less pass."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as DjangoTestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from evaluation.models import Prediction, Verdict
from evaluation.policy.gates import MINIMUM
from evaluation.services.gates import ask_verdict, perform_verdict, register_gate
from labeling.models import Item
from labeling.services.items import erase
from tests.evaluation.makers import make_set_version, make_version
from tests.factories import make_items, make_member, make_project

EXAMPLES = MINIMUM + 2
places = st.integers(0, EXAMPLES - 1)
both = st.sampled_from(["v1", "v2"])


class Evidence(RuleBasedStateMachine):
    """Predictions come, items are erased, a gate is asked; what it may say follows from a dict."""

    @initialize(alone=st.booleans(), output_of=st.sampled_from(["", "v2", "v3"]))
    def begin(self, alone, output_of):
        project = make_project()
        self.lead = make_member(project, "lead")
        self.items = make_items(project, EXAMPLES)
        # half of the live version's answers came in with the items, and go when those are erased
        self.own = {item.pk for item in self.items[::2]}
        Item.objects.filter(pk__in=self.own).update(model_version="v1", prediction="a")
        subject = {"subject": "output", "judged_version": output_of} if output_of else {}
        frozen = make_set_version(project, ["a"] * EXAMPLES, items=self.items, **subject)
        criterion = {"scope": "overall", "floor": 0.05} | ({} if alone else {"margin": 0.9})
        self.gate = register_gate(project, "Live", frozen, [criterion], by=None)
        self.versions = {name: make_version(project, name) for name in ("v1", "v2")}
        self.alone, self.output_of = alone, output_of
        self.answered = {"v1": set(self.own), "v2": set()}
        self.erased: set[int] = set()
        self.seen: dict[str, str] = {}

    @rule(places=st.sets(places), name=both)
    def predictions_come(self, places, name):
        new = {self.items[place].pk for place in places} - self.answered[name] - self.erased
        version = self.versions[name]
        Prediction.objects.bulk_create(
            Prediction(version=version, item_id=pk, value="a") for pk in new
        )
        self.answered[name] |= new

    @rule(name=both)
    def the_rest_comes(self, name):
        self.predictions_come(set(range(EXAMPLES)), name)

    @rule(place=places)
    def an_item_is_erased(self, place):
        item = self.items[place]
        if item.pk in self.erased:
            return
        erase(Item.objects.get(pk=item.pk), "asked for", by=self.lead)
        self.erased.add(item.pk)
        if item.pk in self.own:
            self.answered["v1"].discard(item.pk)

    @rule()
    def the_gate_is_asked(self):
        baseline = None if self.alone else self.versions["v1"]
        verdict = perform_verdict(ask_verdict(self.gate, self.versions["v2"], baseline, by=None))
        again = perform_verdict(ask_verdict(self.gate, self.versions["v2"], baseline, by=None))
        assert again == verdict
        if verdict.outcome == "pass":
            assert self.seen.get(str(verdict.uid)) == "pass" or self.may_pass()
        self.seen[str(verdict.uid)] = verdict.outcome
        for uid, outcome in self.seen.items():
            assert Verdict.objects.get(uid=uid).outcome == outcome

    def may_pass(self) -> bool:
        """All that is there was answered by all, is enough, and is about these versions."""
        names = ["v2"] if self.alone else ["v1", "v2"]
        complete = [
            item.pk for item in self.items if all(item.pk in self.answered[name] for name in names)
        ]
        missing = {item.pk for item in self.items} - set(complete) - self.erased
        about = not self.output_of or (self.alone and self.output_of == "v2")
        return len(complete) >= MINIMUM and not missing and about


class TestEvidence(DjangoTestCase, Evidence.TestCase):  # type: ignore[valid-type,misc]
    settings = settings(  # type: ignore[assignment]
        max_examples=20, stateful_step_count=12, suppress_health_check=list(HealthCheck)
    )


pytestmark = pytest.mark.django_db
