"""Rankings, spans and corrections in use: on pages, over the API, compared, decided, exported."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling.models import Adjudication, Answer, ContentField, Seat, Slot, Task
from labeling.services.annotations import submit, undo
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
from tests.labeling.makers import late, make_adjudicator, mended, places, ranked, span
from tests.labeling.test_criterion_kinds_in_use import compared
from tests.labeling.test_exports import contents, exported

TEXT = "😀 Ann went to Lima."
MALFORMED = {
    "half": [{"start": 0}],
    "empty": [{}],
    "mixed": [{"start": 0, "end": 9, "label": "city"}, "city"],
    "many": [{"start": 0, "end": 9, "label": "city"}] * 1001,
    "nested": [{"start": 0, "end": 9, "label": []}],
    "endless": [{"start": 0, "end": 10**400, "label": "city"}],
}
ANN, LIMA = span(2, 5, "person"), span(14, 18)


def opened(project, *criteria, overlap=1, outputs=(), **content):
    """A queue of two items with a text, and outputs to judge beside it if any."""
    version = make_rubric_version(project, list(criteria))
    items = make_items(project, 2, content={"text": TEXT} | content)
    queue = make_queue(project, items, overlap=overlap, version=version)
    queue.tasks.update(outputs=list(outputs))
    return queue


def held():
    return Slot.objects.get(annotation=None, annotator__isnull=False).token


@pytest.mark.django_db
class TestWithoutScripts:
    @pytest.fixture
    def ann(self):
        return make_annotator(make_project("shop"))

    @pytest.fixture
    def send(self, ann, browse):
        client = browse(ann)

        def send(**fields):
            client.post("/p/shop/judge/")
            names = {name.replace("__", "-"): value for name, value in fields.items()}
            url = f"/p/shop/judge/{held()}/submit/"
            return client.post(url, {"member": str(ann.uid)} | names)

        return send

    def stored(self, key):
        return Answer.objects.get(criterion__key=key).value

    def test_each_output_is_given_a_number(self, ann, send):
        opened(ann.project, ranked(3, ties=True))
        send(**{"place.a-order": "2", "place.b-order": "1", "place.c-order": "2"})
        assert self.stored("order") == '["b","a=c"]'

    @pytest.mark.parametrize("number", ["9" * 5000, "-1", "²", "", "best"])
    def test_what_is_no_place_is_none(self, ann, send, number):
        opened(ann.project, ranked(2))
        page = send(**{"place.a-order": number, "place.b-order": "1"})
        assert "Give each of A, B exactly one place." in page.text

    def test_spans_are_written_one_a_line(self, ann, send):
        opened(ann.project, places("city", "person"))
        send(**{"text-places": "14-18 city\r\n2-5 person"})
        assert json.loads(self.stored("places")) == [ANN, LIMA]

    def test_what_was_written_stands_in_the_form_beside_the_error(self, ann, send):
        opened(ann.project, places())
        page = send(**{"text-places": "14-99 city"}).text
        assert "14-99 does not lie within the 19 characters." in page
        assert ">14-99 city</textarea>" in page

    def test_an_output_that_was_not_touched_has_not_been_answered(self, ann, send):
        opened(ann.project, mended(), outputs=["It is layt.\nSorry."])
        untouched = {
            "original-mended": "It is layt.\r\nSorry.",
            "text-mended": "It is layt.\r\nSorry.",
        }
        assert "Answer this first." in send(**untouched).text
        send(**untouched, **{"answer-mended": "=[unchanged]"})
        assert self.stored("mended") == "[unchanged]"

    def test_the_text_in_the_form_is_all_of_the_text(self, ann, browse):
        opened(ann.project, places(), mended(), text="\n<b>a</b>\r\n&amp; b\t", outputs=["\n x"])
        client = browse(ann)
        client.post("/p/shop/judge/")
        page = client.get("/p/shop/judge/").text
        assert "&lt;b&gt;a&lt;/b&gt;" in page
        assert "data-original>\n\n x</textarea>" in page


@pytest.mark.django_db
class TestOverTheApi:
    @pytest.fixture
    def hand_in(self, call):
        """Claim the first item and send these answers for it."""

        def hand_in(*criteria, **answers):
            ann = make_annotator(make_project("shop"))
            opened(ann.project, *criteria, outputs=["It is layt."])
            client = call(ann, "annotate")
            asked = client.post("/api/v1/projects/shop/claims/", {}).json()
            url = f"/api/v1/leases/{asked['lease']['token']}/submit/"
            return client.post(url, {"answers": answers})

        return hand_in

    def test_spans_go_in_as_objects_and_a_ranking_as_a_list(self, hand_in):
        answer = hand_in(
            places(), ranked(3), mended(), places=[LIMA], order=["b", "a", "c"], mended="Late."
        )
        assert answer.status_code == 200
        kept = dict(Answer.objects.values_list("criterion__key", "value"))
        assert json.loads(kept["places"]) == [LIMA]
        assert (kept["order"], kept["mended"]) == ('["b","a","c"]', "Late.")

    @pytest.mark.parametrize("value", MALFORMED.values(), ids=MALFORMED)
    def test_what_is_malformed_is_refused_and_breaks_nothing(self, hand_in, value):
        assert hand_in(places(), places=value).status_code == 400


@pytest.mark.django_db
def test_what_was_taken_back_stands_in_the_form_again(browse):
    ann = make_annotator(make_project("shop"))
    queue = opened(ann.project, places())
    lease = claim(queue, ann)
    done = submit(ann, lease.token, Payload({"places": json.dumps([LIMA])}), at=timezone.now())

    undo(ann, ann.annotations.get(uid=done.annotation), at=timezone.now())
    Seat.objects.update(acknowledged_at=timezone.now())

    assert ">14-18 city</textarea>" in browse(ann).get("/p/shop/judge/").text


@pytest.mark.django_db
def test_masked_texts_are_marked_at_their_own_places(browse):
    ann = make_annotator(make_project("shop"))
    text = "Jo, jo.doe@example.org, of Lima"
    queue = opened(ann.project, places(), text=text)
    ContentField.objects.filter(name="text").update(visibility="masked")
    start = text.index("Lima")
    lease = claim(queue, ann)
    Seat.objects.update(acknowledged_at=timezone.now())
    page = browse(ann).get("/p/shop/judge/").text

    marks = {"places": f"{start}-{start + 4} city"}
    submit(ann, lease.token, Payload(marks), at=timezone.now())

    assert "jo.doe" not in page
    assert "of Lima" in page
    assert json.loads(Answer.objects.get().value) == [span(start, len(text))]


@pytest.mark.django_db
def test_an_answer_about_the_text_takes_no_more_statements_than_another(browse):
    def statements(criterion, **answer):
        ann = make_annotator(make_project())
        opened(ann.project, criterion)
        client, url = browse(ann), f"/p/{ann.project.slug}/judge/"
        client.post(url)
        Seat.objects.update(acknowledged_at=timezone.now())
        client.get(url)
        fields = {"member": str(ann.uid)} | answer
        with CaptureQueriesContext(connection) as found:
            sent = client.post(f"{url}{held()}/submit/", fields, HTTP_X_REQUESTED_WITH="judge")
        assert sent.status_code == 200
        Slot.objects.filter(annotation=None).update(annotator=None, token=None, leased_until=None)
        return len(found)

    usual = statements(late(), **{"answer-late": "=yes"})
    assert statements(places(), **{"text-places": "14-18 city"}) == usual
    assert statements(mended(field="text"), **{"text-mended": "Hello."}) == usual


@pytest.mark.django_db
class TestCompared:
    def test_rankings_are_compared_by_the_pairs_they_order_otherwise(self):
        one = ['["a","b"]', '["b","a"]', '["a","b"]', '["a","b"]']
        two = ['["a","b"]', '["b","a"]', '["a","b"]', '["b","a"]']
        found = compared(ranked(2), one, two)
        # by hand, as for two categories: one of four items differs; 5 and 3 of 8 answers
        assert found.distance == "Kendall"
        assert found.whole.alpha.value == pytest.approx(1 - (1 / 4) / (2 * 5 * 3 / (8 * 7)))

    def test_spans_are_compared_by_the_characters_they_share(self):
        same, half = json.dumps([span(0, 4)]), json.dumps([span(2, 4)])
        found = compared(places(), [same, same], [same, half])
        # by hand: 1 - F1 is 1/3 for the pair that differs, of 2; among 6 pairs of the 4 answers 3
        assert found.distance == "overlap"
        assert found.whole.alpha.value == pytest.approx(1 - (1 / 3 / 2) / (3 * (1 / 3) / 6))

    def test_corrections_are_read_and_not_compared(self):
        assert compared(mended(), ["So.", "So."], ["So.", "No."]).distance == ""


@pytest.mark.django_db
class TestDecided:
    def disputed(self, project, *criteria, votes, **fields):
        queue = opened(project, *criteria, overlap=len(votes), **fields)
        queue.tasks.exclude(pk=queue.tasks.order_by("pk")[0].pk).update(state="set_aside")
        for given in votes:
            lease = claim(queue, make_annotator(project))
            submit(lease.annotator, lease.token, Payload(given), at=timezone.now())
        return queue.tasks.get(state="disputed")

    def test_an_answer_is_adopted_or_another_given(self, browse):
        project = make_project("shop")
        votes = [
            {"places": json.dumps([LIMA]), "order": '["a","b"]', "mended": "Late."},
            {"places": json.dumps([ANN]), "order": '["b","a"]', "mended": "[unchanged]"},
        ]
        task = self.disputed(project, places(), ranked(2), mended(field="text"), votes=votes)
        client, url = browse(make_adjudicator(project)), "/p/shop/adjudicate/"
        client.post(url)
        token = Task.objects.get(pk=task.pk).claim_token
        page = client.get(url).text
        assert "City: Lima" not in page  # nothing of the answers is shown before the own decision
        blind = {"text-places": "14-18 city", "text-order": '["b","a"]', "text-mended": "Later."}
        client.post(f"{url}{token}/reveal/", blind)

        page = client.get(url).text

        assert "City: Lima" in page
        assert "Person: Ann" in page
        assert "B &gt; A" in page
        assert "Right as it is" in page
        adopted = {"answer-places": "=" + json.dumps([ANN]), "text-places": "14-18 city"}
        causes = {f"cause-{key}": "slip" for key in ("places", "order", "mended")}
        client.post(f"{url}{token}/decide/", blind | adopted | causes)
        rulings = dict(Adjudication.objects.get().rulings.values_list("criterion__key", "value"))
        assert json.loads(rulings.pop("places")) == [ANN]
        assert rulings == {"order": '["b","a"]', "mended": "Later."}


@pytest.mark.django_db
class TestExported:
    ANSWERS = {"places": json.dumps([LIMA]), "order": '["b","a"]', "mended": "Late."}

    @pytest.fixture
    def project(self):
        project = make_project()
        queue = opened(project, places(), ranked(2), mended(), overlap=1)
        lease = claim(queue, make_annotator(project))
        submit(lease.annotator, lease.token, Payload(self.ANSWERS), at=timezone.now())
        return project

    def test_labels_leave_as_lists_and_objects(self, project):
        _manifest, data = contents(exported(project))
        answers = json.loads(data)["answers"]
        assert answers["places"]["value"] == [LIMA]
        assert answers["order"]["value"] == ["b", "a"]
        assert answers["order"]["label"] == "B > A"
        assert answers["mended"]["value"] == {"unchanged": False, "text": "Late."}

    @pytest.mark.parametrize("kind", ["adjudications", "annotations"])
    @pytest.mark.parametrize("file_format", ["jsonl", "csv", "parquet"])
    def test_every_format_takes_them(self, project, kind, file_format):
        _manifest, data = contents(exported(project, kind, file_format))
        assert data

    def test_a_table_has_them_as_json(self, project):
        _manifest, data = contents(exported(project, "annotations", "csv"))
        rows = {
            row["criterion_id"]: row
            for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
        }
        assert json.loads(rows["places"]["value"]) == [LIMA]
        assert json.loads(rows["order"]["value"]) == ["b", "a"]
        assert json.loads(rows["mended"]["value"])["text"] == "Late."

    def test_a_copy_of_an_erased_text_does_not_leave(self, project):
        item = Task.objects.get(state="settled").item
        item.erased_at = timezone.now()
        item.save(update_fields=["erased_at"])
        for kind in ("adjudications", "annotations"):
            _manifest, data = contents(exported(project, kind))
            assert b"Late." not in data


@pytest.mark.django_db
class TestInTheEditor:
    def test_terms_are_written_shown_and_previewed(self, browse):
        lead = make_member(None, "lead")
        version = create_rubric(lead.project, {"name": "Marks", "criteria": [late()]}, by=lead)
        client, url = browse(lead), version.rubric.get_absolute_url()
        sent = {"revision": "1", "name": "Marks", "guidance": "", "languages": "", "verb": "save"}
        for number, row in enumerate([ranked(), places(), mended()]):
            names = ("key", "kind", "prompt")
            sent |= {f"criteria.{number}.{name}": row[name] for name in names}
            sent |= {f"criteria.{number}.subject": "output"}
        sent |= {
            "criteria.0.terms.outputs": "4", "criteria.0.terms.ties": "on",
            "criteria.1.terms.field": "text", "criteria.1.terms.overlapping": "on",
            "criteria.1.terms.most": "9", "criteria.1.options.0.label": "City",
        }  # fmt: skip
        client.post(url, sent)

        kept = [row.terms for row in version.criteria.all()]
        page, preview = client.get(url).text, client.get(f"{url}preview/").text

        assert kept == [
            {"outputs": 4, "ties": True},
            {"field": "text", "overlapping": True, "most": 9},
            {},
        ]
        assert 'name="criteria.0.terms.outputs" value="4"' in page
        assert "Put 4 outputs in order, the best first. Some may share a place." in preview
        assert "Here stands the text of an item." in preview

    def test_another_kind_begins_without_the_ticks_of_the_one_before(self, browse):
        lead = make_member(None, "lead")
        version = create_rubric(lead.project, {"name": "Marks", "criteria": [late()]}, by=lead)
        client, url = browse(lead), version.rubric.get_absolute_url()
        assert 'name="criteria.0.terms.ties"' not in client.get(url).text
