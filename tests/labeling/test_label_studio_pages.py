from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from labeling.models import Rubric, RubricVersion
from tests.factories import make_member, make_project, make_rubric_version, topic

pytestmark = pytest.mark.django_db

CONFIG = """<View>
  <Text name="text" value="$text"/>
  <Header value="What is it about?"/>
  <Choices name="topic" toName="text" choice="single">
    <Choice value="Refund" alias="refund"/><Choice value="Delivery" alias="delivery"/>
  </Choices>
</View>"""


@pytest.fixture
def lead():
    return make_member(make_project(), "lead")


def upload(client, lead, text: str, name: str = "support.xml"):
    file = SimpleUploadedFile(name, text.encode())
    return client.post(f"/p/{lead.project.slug}/rubrics/new/", {"file": file})


def test_a_configuration_becomes_a_draft_named_after_its_file(lead, browse):
    client = browse(lead)
    assert upload(client, lead, CONFIG).status_code == 302
    assert upload(client, lead, CONFIG).status_code == 302
    assert sorted(Rubric.objects.values_list("name", flat=True)) == ["support", "support 2"]
    asked = RubricVersion.objects.first().criteria.get()
    assert [option["key"] for option in asked.options] == ["refund", "delivery"]


def test_what_cannot_be_read_is_said_with_its_line(lead, browse):
    answer = upload(browse(lead), lead, "<View>\n<KeyPoint name='k' toName='i'/></View>")
    assert answer.status_code == 400
    assert "Line 2: &lt;KeyPoint&gt;" in answer.text


def test_a_version_goes_out_with_what_has_no_place_there(lead, browse):
    version = make_rubric_version(lead.project, [topic(help="Read it twice.")])
    base = f"/p/{lead.project.slug}/rubrics/{version.rubric.uid}"
    client = browse(lead)
    assert "What Label Studio cannot be told" in client.get(f"{base}/export/").text
    answer = client.get(f"{base}/versions/1/xml/")
    assert answer["Content-Type"] == "application/xml; charset=utf-8"
    assert '<Choice value="Refund" alias="refund" />' in answer.text


def test_programs_bring_a_configuration_in_and_take_one_out(lead, call):
    client = call(lead, "manage")
    url = f"/api/v1/projects/{lead.project.slug}/rubrics/label-studio/"
    made = client.post(url, {"name": "Support", "config": CONFIG}, format="json")
    assert made.status_code == 201
    found = client.get(f"/api/v1/rubric-versions/{made.json()['uid']}/label-studio/").json()
    assert 'toName="input"' in found["config"]
    assert found["missing"] == []
    refused = client.post(url, {"name": "Other", "config": "<View/>"}, format="json")
    assert refused.status_code == 400
    assert "nothing in this configuration" in refused.text
