from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.models import AuditEvent, Item, Slice
from labeling.policy.slices import SliceError, matches, parse
from labeling.reports.slices import slices_of
from labeling.services.items import SeenFields, note_fields
from labeling.services.slices import SliceTerms, define_slice
from tests.factories import make_item, make_member, make_project
from tests.jobs import run_jobs

NOON = datetime(2026, 9, 7, 12, tzinfo=UTC)
ITEMS = {
    "german": {
        "attributes": {"language": "de", "contains": "100%_\\"},
        "prediction": "refund",
        "confidence": 0.5,
        "occurred_at": NOON,
        "model_version": "v1",
        "group": "talk-1",
    },
    "english": {
        "attributes": {"language": "en"},
        "prediction": "Delivery",
        "confidence": 0.9,
        "occurred_at": datetime(2026, 9, 8, tzinfo=UTC),
    },
    "silent": {"attributes": {}, "prediction": None, "confidence": None, "occurred_at": None},
    "number": {"attributes": {"language": "DE"}, "prediction": 3, "occurred_at": None},
    "flag": {"attributes": {"isnull": "yes"}, "prediction": True, "occurred_at": None},
}
CASES = [
    ("attributes.language", "is", "de", {"german"}),
    ("attributes.language", "is_not", "de", {"english", "silent", "number", "flag"}),
    ("attributes.language", "one_of", ["de", "en"], {"german", "english"}),
    ("attributes.language", "contains", "e", {"german", "english"}),
    ("attributes.contains", "contains", "%_", {"german"}),
    ("attributes.contains", "contains", "\\", {"german"}),
    ("attributes.contains", "contains", "0_", set()),
    ("attributes.isnull", "is", "yes", {"flag"}),
    ("attributes.nothing", "is", "x", set()),
    ("prediction", "is", "refund", {"german"}),
    ("prediction", "is", "3", {"number"}),
    ("prediction", "is", "true", {"flag"}),
    ("prediction", "is_not", "refund", {"english", "silent", "number", "flag"}),
    ("prediction", "one_of", ["refund", "3"], {"german", "number"}),
    ("prediction", "contains", "eliv", {"english"}),
    ("confidence", "at_least", "0.5", {"german", "english"}),
    ("confidence", "at_most", 0.5, {"german"}),
    ("occurred_at", "before", "2026-09-08T00:00:00Z", {"german"}),
    ("occurred_at", "after", "2026-09-08T02:00:00+02:00", {"english"}),
    ("model_version", "is", "v1", {"german"}),
    ("group", "contains", "talk", {"german"}),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("field", "operator", "value", "expected"), CASES)
def test_a_condition_means_the_same_in_the_database_and_in_plain_values(
    field, operator, value, expected
):
    project = make_project()
    for name, said in ITEMS.items():
        make_item(project, external_id=name, **said)
    conditions = parse([{"field": field, "operator": operator, "value": value}])

    found = Item.objects.filter(project=project).meeting(conditions)

    assert {item.external_id for item in found} == expected
    everyone = Item.objects.filter(project=project)
    assert {item.external_id for item in everyone if matches(conditions, item)} == expected


@pytest.mark.django_db
def test_a_slice_is_all_of_its_conditions():
    project = make_project()
    for name, said in ITEMS.items():
        make_item(project, external_id=name, **said)
    conditions = parse(
        [
            {"field": "confidence", "operator": "at_least", "value": 0.1},
            {"field": "attributes.language", "operator": "is_not", "value": "de"},
        ]
    )

    assert [item.external_id for item in Item.objects.meeting(conditions)] == ["english"]


def test_conditions_come_back_from_storage_as_they_were():
    given = [
        {"field": field, "operator": operator, "value": value}
        for field, operator, value, _expected in CASES[:20]
    ]
    conditions = parse(given)

    assert parse([condition.to_json() for condition in conditions]) == conditions


@pytest.mark.parametrize(
    "given",
    [
        None,
        {},
        [1],
        [{"field": "group"}],
        [{"field": "group", "operator": "is", "value": ""}],
        [{"field": "group", "operator": "is", "value": "a\0"}],
        [{"field": "group", "operator": "one_of", "value": []}],
        [{"field": "confidence", "operator": "at_least", "value": "nan"}],
        [{"field": "confidence", "operator": "at_least", "value": True}],
        [{"field": "occurred_at", "operator": "after", "value": "9999-12-31T23:59:60Z"}],
        [{"field": "occurred_at", "operator": "after", "value": 5}],
        [{"field": "attributes.", "operator": "is", "value": "a"}],
        [{"field": "reference", "operator": "is", "value": "a"}],
        [{"field": "group", "operator": "is", "value": "a"}] * 21,
    ],
)
def test_what_is_no_condition_is_refused_with_a_sentence(given):
    with pytest.raises(SliceError) as refused:
        parse(given)
    assert str(refused.value).endswith(".")


@pytest.mark.django_db
def test_the_items_of_every_slice_are_counted_by_a_job():
    project = make_project()
    lead = make_member(project, "lead")
    for name, said in ITEMS.items():
        make_item(project, external_id=name, **said)
    german = parse([{"field": "attributes.language", "operator": "is", "value": "de"}])

    define_slice(project, SliceTerms("German", german), by=lead)
    assert [(row.count, row.of) for row in slices_of(project)] == [(None, None)]
    run_jobs()

    assert [(row.count, row.of) for row in slices_of(project)] == [(1, 5)]


@pytest.mark.django_db
def test_a_slice_is_defined_changed_and_deleted_in_the_browser(browse):
    lead = make_member(make_project("x"), "lead")
    note_fields(lead.project, SeenFields(attributes={"language": {"de"}}))
    client = browse(lead)

    made = client.post("/p/x/slices/new/", form("German", ("attributes.language", "is", "de")))
    row = Slice.objects.get()
    changed = client.post(row.get_absolute_url(), form("Sure", ("confidence", "at_least", "0.9")))
    row.refresh_from_db()

    assert (made.status_code, changed.status_code) == (302, 302)
    assert (row.name, row.conditions) == (
        "Sure",
        [{"field": "confidence", "operator": "at_least", "value": 0.9}],
    )
    assert client.post(f"{row.get_absolute_url()}delete/").status_code == 302
    assert not Slice.objects.exists()
    verbs = AuditEvent.objects.filter(verb__endswith="_slice").values_list("verb", flat=True)
    assert list(verbs.order_by("pk")) == ["defined_slice", "changed_slice", "dropped_slice"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "condition", "sentence"),
    [
        ("Taken", ("group", "is", "a"), "There is already a slice of this name."),
        ("New", ("confidence", "at_least", "2"), "give a number from 0 to 1"),
        ("New", ("group", "at_least", "2"), "can be compared by"),
        ("New", ("", "", ""), "Give at least one condition."),
        ("evil\u202e", ("group", "is", "a"), "invisible characters"),
    ],
)
def test_what_is_wrong_with_a_slice_is_said_on_its_form(browse, name, condition, sentence):
    lead = make_member(make_project("x"), "lead")
    lead.project.slices.create(name="Taken", conditions=[])

    answer = browse(lead).post("/p/x/slices/new/", form(name, condition))

    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert Slice.objects.count() == 1


@pytest.mark.django_db
def test_the_filters_of_the_items_page_become_a_slice(browse):
    lead = make_member(make_project("x"), "lead")

    page = browse(lead).get("/p/x/slices/new/?since=2026-09-07&q=ignored")

    rows = [form.initial for form in page.context["conditions"] if form.initial]
    assert [(row["field"], row["operator"]) for row in rows] == [("occurred_at", "after")]


@pytest.mark.django_db
def test_each_door_of_slices_opens_for_the_right_roles_only(browse):
    project = make_project("x")
    row = project.slices.create(name="S", conditions=[])
    viewer, annotator = make_member(project, "viewer"), make_member(project, "annotator")
    stranger = make_member(make_project("y"), "lead")

    assert browse(viewer).get("/p/x/slices/").status_code == 200
    assert browse(annotator).get("/p/x/slices/").status_code == 404
    for path in ("new/", f"{row.uid}/"):
        assert browse(viewer).get(f"/p/x/slices/{path}").status_code == 403
    for path in ("counts/", f"{row.uid}/delete/"):
        assert browse(viewer).post(f"/p/x/slices/{path}").status_code == 403
        assert browse(annotator).post(f"/p/x/slices/{path}").status_code == 404
    assert browse(stranger).get(f"/p/y/slices/{row.uid}/").status_code == 404


@pytest.mark.django_db
def test_the_list_takes_as_many_queries_for_many_slices_as_for_one(browse):
    lead = make_member(make_project("x"), "lead")
    client = browse(lead)
    counts = []
    for more in (1, 20):
        for number in range(more):
            lead.project.slices.create(name=f"S {more} {number}", conditions=[], owner=lead)
        with CaptureQueriesContext(connection) as queries:
            client.get("/p/x/slices/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def form(name: str, *conditions: tuple[str, str, str]) -> dict[str, str]:
    fields = {
        "name": name,
        "weight": "1",
        "condition-TOTAL_FORMS": str(len(conditions)),
        "condition-INITIAL_FORMS": "0",
    }
    for number, row in enumerate(conditions):
        for key, value in zip(("field", "operator", "value"), row, strict=True):
            fields[f"condition-{number}-{key}"] = value
    return fields
