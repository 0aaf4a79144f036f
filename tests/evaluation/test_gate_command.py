"""A gate from the shell: its exit status is the verdict; and verdicts are recomputed."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from evaluation.formats.junit import Case, Suite, write_junit
from evaluation.models import GateCriterion, Prediction, Verdict
from evaluation.reports.set_digests import digest_of
from evaluation.services.gates import ask_verdict, perform_verdict, register_gate
from labeling.formats.canonical import content_digest
from labeling.models import Item, Project
from labeling.services.items import erase
from tests.evaluation.makers import make_predictions, make_set_version, make_version
from tests.factories import make_items, make_member, make_project

OVERALL = {"scope": "overall", "margin": 0.1}
db = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project("support")


def make_question(project: Project, right: int, n: int = 100):
    """A gate, a live version that is always right, and v2 that is right so often."""
    items = make_items(project, n, model_version="v1", prediction="a")
    for item in items:
        item.salt, item.content_digest = "s", content_digest(item.content, "s")
        item.save()
    frozen = make_set_version(project, ["a"] * n, items=items)
    frozen.digest = digest_of(frozen)
    frozen.save()
    gate = register_gate(project, "Live", frozen, [OVERALL], by=None)
    make_version(project, "v1", state="live")
    candidate = make_version(project, "v2")
    make_predictions(candidate, frozen, ["a"] * right + ["b"] * (n - right))
    return gate, candidate


def parsed(xml: bytes) -> ET.Element:
    return ET.fromstring(xml)  # noqa: S314 - what we have written ourselves


def status(*arguments: str) -> int:
    try:
        call_command("gate", *arguments)
    except SystemExit as end:
        return int(end.code or 0)
    except CommandError as error:
        return error.returncode
    return 0


@db
@pytest.mark.parametrize(("right", "n", "expected"), [(100, 100, 0), (10, 100, 1), (18, 20, 3)])
def test_the_exit_status_is_the_verdict(project, right, n, expected):
    make_question(project, right, n)
    assert status("support", "Live", "v2") == expected


@db
@pytest.mark.parametrize(
    "arguments",
    [("nowhere", "Live", "v2"), ("support", "None", "v2"), ("support", "Live", "v9"),
     ("support", "Live", "v1")],
)  # fmt: skip
def test_what_cannot_be_asked_is_wrong_usage(project, arguments):
    make_question(project, 100)
    assert status(*arguments) == 2


@db
def test_junit_says_which_finding_failed_and_why(project, tmp_path):
    make_question(project, 10)
    assert status("support", "Live", "v2", "--junit", str(tmp_path / "out.xml")) == 1
    root = parsed((tmp_path / "out.xml").read_bytes())
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("1", "1", "0")
    failure = root.find(".//testcase/failure")
    assert failure is not None
    assert "worse" in failure.get("message", "")
    properties = {one.get("name"): one.get("value") for one in root.iter("property")}
    assert (properties["candidate"], properties["inconclusive"]) == ("v2", "error")


@db
def test_a_folder_that_is_not_there_is_no_verdict(project, tmp_path):
    make_question(project, 100)
    assert status("support", "Live", "v2", "--junit", str(tmp_path / "no" / "out.xml")) == 2


def suite(*cases: Case) -> Suite:
    return Suite("g", "s v1", datetime(2026, 11, 22, tzinfo=UTC), {"candidate": "v2"}, cases)


def test_inconclusive_is_an_error_unless_told_to_skip():
    open_case = suite(Case("a", "inconclusive", "too few"), Case("b", "pass", ""))
    strict = parsed(write_junit(open_case))
    lenient = parsed(write_junit(open_case, inconclusive="skip"))
    assert (strict.get("errors"), strict.get("skipped")) == ("1", "0")
    assert (lenient.get("errors"), lenient.get("skipped")) == ("0", "1")
    assert lenient.find(".//property[@name='inconclusive']").get("value") == "skip"


@given(text=st.text())
def test_any_text_is_good_xml(text):
    root = parsed(write_junit(suite(Case(text, "fail", text))))
    assert root.get("failures") == "1"


@db
class TestVerify:
    """Each kind of tampering is found, and erasing an item is none."""

    @pytest.fixture
    def verdict(self, project) -> Verdict:
        gate, candidate = make_question(project, 98)
        return perform_verdict(ask_verdict(gate, candidate, by=None))

    def whole(self, verdict) -> bool:
        try:
            call_command("verify_verdict", str(verdict.uid))
        except CommandError as error:
            return error.returncode != 1
        return True

    def test_as_decided_it_is_whole(self, verdict):
        assert self.whole(verdict)

    def test_a_better_outcome_is_found(self, verdict):
        Verdict.objects.filter(pk=verdict.pk).update(outcome="inconclusive")
        assert not self.whole(verdict)

    def test_a_byte_of_the_sentence_is_found(self, verdict):
        Verdict.objects.filter(pk=verdict.pk).update(sentence=verdict.sentence.replace("y", "i", 1))
        assert not self.whole(verdict)

    def test_a_letter_of_the_evidence_is_found(self, verdict):
        outcomes = verdict.evidence["outcomes"].replace("o", "b", 1)
        Verdict.objects.filter(pk=verdict.pk).update(
            evidence={**verdict.evidence, "outcomes": outcomes}
        )
        assert not self.whole(verdict)

    def test_another_prediction_is_found(self, verdict):
        Prediction.objects.filter(pk=Prediction.objects.first().pk).update(value="c")
        assert not self.whole(verdict)

    def test_another_reference_is_found(self, verdict):
        example = verdict.gate_version.set_version.examples.first()
        example.references = {"topic": "b"}
        example.save()
        assert not self.whole(verdict)

    def test_another_weight_is_found(self, verdict):
        verdict.gate_version.set_version.examples.update(weight=Decimal(2))
        assert not self.whole(verdict)

    def test_another_margin_is_found(self, verdict):
        GateCriterion.objects.update(margin=0.2)
        assert not self.whole(verdict)

    def test_another_digest_is_found(self, verdict):
        Verdict.objects.filter(pk=verdict.pk).update(digest="0" * 64)
        assert not self.whole(verdict)

    def test_an_erased_item_leaves_it_whole(self, verdict, project):
        for item in Item.objects.all()[:2]:
            erase(item, "asked to", by=make_member(project, "lead"))
        assert self.whole(verdict)

    def test_a_letter_of_one_that_was_not_erased_is_still_found(self, verdict, project):
        erase(Item.objects.order_by("pk")[0], "asked to", by=make_member(project, "lead"))
        self.test_a_letter_of_the_evidence_is_found(verdict)


@db
def test_no_verdict_of_this_uid_is_wrong_usage():
    with pytest.raises(CommandError) as error:
        call_command("verify_verdict", "00000000-0000-4000-8000-000000000000")
    assert error.value.returncode == 2
