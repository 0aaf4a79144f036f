from __future__ import annotations

from uuid import uuid4

import pytest

from labeling.models import Slice
from maintenance.models import Target
from maintenance.services.governance import set_target
from tests.factories import make_member, make_project
from tests.maintenance.makers import make_readings, make_signal

pytestmark = pytest.mark.django_db
TARGETS = "/api/v1/projects/x/targets/"


def test_a_program_sets_a_target_and_reads_where_it_stands(call):
    admin = make_member(make_project("x"), "admin")
    signal = make_signal(admin.project)
    make_readings(signal, [0.95])
    client = call(admin, "manage")
    asked = {"signal": signal.uid, "operator": "at_least", "value": 0.9, "due": "2026-12-24"}
    made = client.post(TARGETS, asked, format="json")
    assert (made.status_code, made.json()["standing"]) == (201, "met")
    listed = client.get(TARGETS).json()["results"]
    assert listed == [made.json()]
    assert listed[0]["reading"]["value"] == 0.95
    one = f"/api/v1/targets/{made.json()['uid']}/"
    assert client.get(one).json() == made.json()


def test_a_target_names_its_slice_and_owner(call):
    admin = make_member(make_project("x"), "admin")
    signal = make_signal(admin.project)
    german = Slice.objects.create(project=admin.project, name="German", conditions=[])
    asked = {
        "signal": signal.uid,
        "slice": german.uid,
        "operator": "at_least",
        "value": 0.9,
        "owner": admin.uid,
    }
    made = call(admin, "manage").post(TARGETS, asked, format="json").json()
    assert (made["slice"], made["owner"]) == (str(german.uid), str(admin.uid))


def test_a_dropped_target_is_gone_for_programs(call):
    admin = make_member(make_project("x"), "admin")
    target = set_target(make_signal(admin.project), None, "at_least", 0.9, by=admin)
    client = call(admin, "manage")
    one = f"/api/v1/targets/{target.uid}/"
    assert client.delete(one).status_code == 204
    assert client.delete(one).status_code == 404
    assert Target.objects.get().dropped_at is not None


@pytest.mark.parametrize("field", ["signal", "slice", "owner"])
def test_a_row_of_elsewhere_is_refused_by_its_field(call, field):
    admin = make_member(make_project("x"), "admin")
    signal = make_signal(admin.project)
    asked = {"signal": signal.uid, "operator": "at_least", "value": 0.9, field: uuid4()}
    answer = call(admin, "manage").post(TARGETS, asked, format="json")
    assert (answer.status_code, set(answer.json()["fields"])) == (400, {field})


def test_a_share_beyond_one_is_refused(call):
    admin = make_member(make_project("x"), "admin")
    asked = {"signal": make_signal(admin.project).uid, "operator": "at_least", "value": 95}
    answer = call(admin, "manage").post(TARGETS, asked, format="json")
    assert (answer.status_code, set(answer.json()["fields"])) == (400, {"value"})


def test_who_may_not_change_the_plan_is_refused(call):
    lead = make_member(make_project("x"), "lead")
    asked = {"signal": make_signal(lead.project).uid, "operator": "at_least", "value": 0.9}
    client = call(lead, "read", "manage")
    assert client.get(TARGETS).status_code == 200
    assert client.post(TARGETS, asked, format="json").status_code == 403
