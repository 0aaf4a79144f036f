"""Kinds of criteria beyond one key in use: compared, in the forms, decided and exported."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import timezone

from labeling.models import Adjudication, Annotation, Answer, Slot, Task
from labeling.reports.agreement import agreement_of
from labeling.services.adjudications import Decision, adjudicate, claim_dispute, reveal
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim
from labeling.services.rubrics import create_rubric
from tests.factories import (
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_rubric_version,
)
from tests.labeling.makers import better, delay, faults, late, make_adjudicator, only_if_late
from tests.labeling.test_agreement_report import FOUR_PEOPLE, judge
from tests.labeling.test_exports import contents, exported


def compared(criterion: dict[str, Any], *people: list[str]):
    """The agreement of these people, one answer of each to each item."""
    project = make_project()
    version = make_rubric_version(project, [criterion])
    items = make_items(project, len(people[0]))
    queue = make_queue(project, items, version=version, overlap=len(people))
    for answers in people:
        judge(queue, version.criteria.get(), make_annotator(project), answers)
    return agreement_of(queue).criteria[0]


@pytest.mark.django_db
class TestAgreement:
    def test_numbers_are_compared_on_an_interval_scale(self):
        """Krippendorff (2011), section C, with the interval metric of section E."""
        found = compared(delay(), *(list(row) for row in FOUR_PEOPLE))
        assert found.distance == "interval"
        assert found.whole.alpha.value == pytest.approx(0.849, abs=5e-4)

    def test_several_choices_are_compared_by_masi(self):
        # given two people who share a part of what they chose on the last item
        one = ['["late"]', '["rude"]', '["late"]', '["late","rude"]']
        two = ['["late"]', '["rude"]', '["late"]', '["late"]']

        found = compared(faults(), one, two)

        # then by hand: D_o = 2 (2/3) / 8 among pairs within items; among all 56 pairs of answers
        # 5 late, 2 rude, 1 both: 10 of late and rude at 1, 5 + 2 with both at 2/3
        observed, expected = 2 * (2 / 3) / 8, 2 * (10 + 7 * 2 / 3) / 56
        assert (found.distance, found.how_far) == (
            "MASI",
            "choices that overlap count in part (MASI)",
        )
        assert found.whole.alpha.value == pytest.approx(1 - observed / expected)

    def test_nothing_answered_is_compared_with_nothing(self):
        for criterion in (faults(), delay(), better()):
            found = compared(criterion, [".", "."])
            assert found.whole.answers == 0
            assert found.distance


@pytest.mark.django_db
class TestOnThePages:
    @pytest.fixture
    def ann(self):
        return make_annotator(make_project("shop"))

    @pytest.fixture
    def queue(self, ann):
        version = make_rubric_version(
            ann.project, [faults(terms={"most": 2}), late(), only_if_late(delay()), better()]
        )
        return make_queue(ann.project, make_items(ann.project, 2), overlap=1, version=version)

    def begin(self, client):
        client.post("/p/shop/judge/")
        return Slot.objects.get(annotation=None, annotator__isnull=False).token

    def send(self, client, ann, **fields):
        token = self.begin(client)
        sent = {"member": str(ann.uid), "answer-better": "=tie"} | fields
        return client.post(f"/p/shop/judge/{token}/submit/", sent)

    def test_the_form_says_how_much_and_when(self, ann, browse, queue):
        client = browse(ann)
        self.begin(client)
        page = client.get("/p/shop/judge/").text
        assert "Choose up to 2." in page
        assert "From 0 to 90 min." in page
        assert "Only if “Is it late?” is answered with Yes." in page
        assert 'inputmode="decimal"' in page
        assert "A is much better" in page

    def test_ticked_boxes_and_typed_numbers_are_stored(self, ann, browse, queue):
        fields = {"several-faults": ["=wrong", "=late"], "answer-late": "=yes", "text-delay": "1,5"}
        self.send(browse(ann), ann, **fields)
        kept = dict(Answer.objects.values_list("criterion__key", "value"))
        assert kept == {
            "faults": '["late","wrong"]', "late": "yes", "delay": "1.5", "better": "tie",
        }  # fmt: skip

    def test_what_was_sent_stands_in_the_form_beside_the_error(self, ann, browse, queue):
        fields = {"several-faults": ["=late", "=rude", "=wrong"], "answer-late": "=yes"}
        page = self.send(browse(ann), ann, **fields, **{"text-delay": "100"}).text
        assert "Choose at most 2." in page
        assert "This is above the highest, 90 min." in page
        assert 'value="100"' in page
        assert not Annotation.objects.exists()

    def test_cannot_tell_wins_over_boxes_and_numbers(self, ann, browse, queue):
        fields = {"several-faults": ["=late"], "answer-faults": "?", "answer-late": "=no"}
        self.send(browse(ann), ann, **fields)
        assert Answer.objects.get(criterion__key="faults").cannot_tell

    def test_the_editor_writes_and_shows_terms_and_conditions(self, browse):
        lead = make_member(None, "lead")
        version = create_rubric(lead.project, {"name": "Delay", "criteria": [late()]}, by=lead)
        client = browse(lead)
        sent = {
            "revision": "1", "name": "Delay", "guidance": "", "languages": "", "verb": "save",
            "criteria.0.key": "late", "criteria.0.kind": "yes_no", "criteria.0.subject": "input",
            "criteria.0.prompt": "Is it late?", "criteria.0.cannot_tell": "on",
            "criteria.1.key": "delay", "criteria.1.kind": "number", "criteria.1.subject": "input",
            "criteria.1.prompt": "How late?", "criteria.1.terms.unit": "min",
            "criteria.1.terms.lowest": "0", "criteria.1.terms.highest": "1,5",
            "criteria.1.terms.decimals": "1", "criteria.1.when.criterion": "late",
            "criteria.1.when.answers": "yes",
        }  # fmt: skip
        client.post(version.rubric.get_absolute_url(), sent)

        kept = version.criteria.get(key="delay")
        page = client.get(version.rubric.get_absolute_url()).text

        assert kept.terms == {"unit": "min", "lowest": 0, "highest": 1.5, "decimals": 1}
        assert kept.when == {"criterion": "late", "answers": ["yes"]}
        assert 'name="criteria.1.terms.highest" value="1.5"' in page
        assert "Keys, with spaces between: yes no" in page

    @pytest.mark.parametrize(
        ("kind", "terms"),
        [("number", {"lowest": "low"}), ("several_choices", {"least": "few", "most": "1,5"})],
    )
    def test_terms_that_are_not_numbers_are_shown_as_typed_beside_the_error(
        self, browse, kind, terms
    ):
        lead = make_member(None, "lead")
        version = create_rubric(lead.project, {"name": "Delay", "criteria": [late()]}, by=lead)
        client, url = browse(lead), version.rubric.get_absolute_url()
        sent = {
            "revision": "1", "name": "Delay", "guidance": "", "languages": "", "verb": "save",
            "criteria.0.key": "late", "criteria.0.kind": kind, "criteria.0.subject": "input",
            "criteria.0.prompt": "Is it late?", "criteria.0.when.criterion": "late",
        } | {f"criteria.0.terms.{name}": typed for name, typed in terms.items()}  # fmt: skip

        page = client.post(url, sent)
        preview = client.post(f"{url}preview/", sent)

        assert f"must be a {'whole ' if kind != 'number' else ''}number" in page.text
        assert all(f'value="{typed}"' in page.text for typed in terms.values())
        assert preview.status_code == 200


@pytest.mark.django_db
class TestAfterJudging:
    def disputed(self, project, criteria, *answers):
        version = make_rubric_version(project, criteria)
        items = make_items(project, 1)
        queue = make_queue(project, items, version=version, overlap=len(answers))
        for given in answers:
            lease = claim(queue, make_annotator(project))
            submit(lease.annotator, lease.token, Payload(given), at=timezone.now())
        return queue

    def test_several_choices_are_decided_whatever_their_order(self):
        queue = self.disputed(make_project(), [faults()], {"faults": "late"}, {"faults": "rude"})
        member = make_adjudicator(queue.project)
        task = claim_dispute(member)
        blind = Decision('["wrong","late"]')

        reveal(member, task.claim_token, {"faults": blind.value}, at=timezone.now())
        decision = Decision(blind.value, "slip")
        row = adjudicate(member, task.claim_token, {"faults": decision}, at=timezone.now())

        assert row.rulings.get().value == '["late","wrong"]'

    def test_what_is_not_asked_any_more_need_not_be_decided(self):
        asked = [late(), only_if_late(delay())]
        yes = {"late": "yes", "delay": "12"}
        queue = self.disputed(make_project(), asked, yes, yes | {"delay": "20"}, {"late": "no"})
        member = make_adjudicator(queue.project)
        task = claim_dispute(member)

        decision = {"late": Decision("no")}
        row = adjudicate(member, task.claim_token, decision, at=timezone.now())

        assert [ruling.value for ruling in row.rulings.all()] == ["no"]

    def test_the_page_lets_boxes_be_ticked_and_says_who_ticked_them(self, browse):
        project = make_project()
        queue = self.disputed(
            project, [faults(), delay()],
            {"faults": '["late","rude"]', "delay": "12"}, {"faults": "late", "delay": "20"},
        )  # fmt: skip
        client = browse(make_adjudicator(project))
        url = f"/p/{project.slug}/adjudicate/"
        client.post(url)
        token = Task.objects.get().claim_token
        blind = {"several-faults": ["=late", "=wrong"], "text-delay": "15,0"}
        client.post(f"{url}{token}/reveal/", blind)

        page = client.get(url).text

        assert 'type="checkbox"' in page
        assert "Late, Rude" in page
        assert "20 min" in page
        ruled = {"cause-faults": "slip", "cause-delay": "slip"}
        client.post(f"{url}{token}/decide/", blind | ruled)
        rulings = Adjudication.objects.get(withdrawn=False).rulings
        assert dict(rulings.values_list("criterion__key", "value")) == {
            "faults": '["late","wrong"]', "delay": "15",
        }  # fmt: skip
        assert queue.tasks.get().state == "adjudicated"

    def test_several_choices_leave_as_a_list_with_their_labels(self):
        project = make_project()
        both = {"faults": '["late","rude"]'}
        self.disputed(project, [faults()], both, both)

        _manifest, data = contents(exported(project))

        answer = json.loads(data)["answers"]["faults"]
        assert (answer["value"], answer["label"]) == (["late", "rude"], "Late, Rude")
