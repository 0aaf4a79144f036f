from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from evaluation.models import Evaluation, ModelVersion
from evaluation.services.evaluations import evaluate
from labeling.models import Membership
from tests.evaluation.makers import make_predictions, make_set_version, make_version
from tests.factories import make_items, make_member, make_project
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def engineer() -> Membership:
    return make_member(None, "engineer")


@pytest.fixture
def page(browse, engineer):
    return browse(engineer)


def home(member: Membership) -> str:
    return f"/p/{member.project.slug}/versions/"


def measured(engineer: Membership, answers: str, **fields: object) -> tuple[ModelVersion, object]:
    """A version on a set of a's, twelve of them German."""
    items = make_items(engineer.project, 12, attributes={"language": "de"})
    items += make_items(engineer.project, 24, attributes={"language": "en"})
    frozen = make_set_version(engineer.project, ["a"] * 36, items=items, **fields)
    version = make_version(engineer.project)
    make_predictions(version, frozen, answers, [0.9] * 36)
    evaluate(version, frozen, by=engineer)
    run_jobs()
    return version, frozen


def test_a_version_is_registered_on_the_page(page, engineer):
    url = home(engineer)
    assert "No version yet" in page.get(url).content.decode()
    parent = make_version(engineer.project, "v1")
    made = page.post(f"{url}new/", {"name": "v2", "parent": str(parent.uid), "commit": "9f2c"})
    version = ModelVersion.objects.get(name="v2")
    assert (made.status_code, made.url) == (302, version.get_absolute_url())
    assert (version.parent, version.registered_by) == (parent, engineer)
    assert version.state == "candidate"
    page.post(f"{url}new/", {"name": "v0", "state": "live"})
    assert ModelVersion.objects.get(name="v0").state == "live"
    taken = page.post(f"{url}new/", {"name": "v2"})
    assert taken.status_code == 409
    assert "already a version of this name" in taken.content.decode()
    foreign = make_version(make_project())
    assert page.post(f"{url}new/", {"name": "v3", "parent": str(foreign.uid)}).status_code == 400
    assert page.post(f"{url}new/", {"name": ""}).status_code == 400


def test_the_first_sentence_says_how_good_a_version_is_and_where_it_is_not(page, engineer):
    version, frozen = measured(engineer, "b" * 11 + "a" * 25)
    said = page.get(version.get_absolute_url()).content.decode()
    assert f"{version.name} answers 69.4% of {frozen} rightly" in said
    assert "One part is shown to be worse than the whole: language: de." in said
    assert "worse, masked by the whole" in said
    assert "36 of 36 items have a prediction." in said


def test_imported_references_are_said_to_be_of_unknown_quality(page, engineer):
    version, _frozen = measured(engineer, "a" * 36, provenance="imported")
    said = page.get(version.get_absolute_url()).content.decode()
    assert "how good its labels are is not known" in said


def test_an_invalid_evaluation_says_why(page, engineer):
    frozen = make_set_version(engineer.project, "ab")
    version = make_version(engineer.project)
    make_predictions(version, frozen, ["a", None])
    url = version.get_absolute_url()
    assert "before all predictions are there" in page.get(url).content.decode()
    asked = page.post(f"{url}evaluate/", {"set_version": str(frozen.uid)})
    assert asked.url == f"{url}?set_version={frozen.uid}"
    assert "is being measured" in page.get(url).content.decode()
    run_jobs()
    said = page.get(url).content.decode()
    assert "1 example has no prediction of this version." in said
    assert "1 of 2 items have a prediction." in said


def test_predictions_are_uploaded_and_refused_rows_named(page, engineer):
    version = make_version(engineer.project)
    (item,) = make_items(engineer.project)
    text = f"external_id,prediction\n{item.external_id},a\nnobody,a\n"
    url = version.get_absolute_url()
    file = SimpleUploadedFile("v2.csv", text.encode())
    assert page.post(f"{url}predictions/", {"file": file}).status_code == 302
    run_jobs()
    said = page.get(url).content.decode()
    assert "1 taken, 0 unchanged, 1 refused" in said
    assert "there is no item" in said
    assert page.post(f"{url}predictions/", {}).status_code == 400


def test_a_version_is_made_live(page, engineer):
    version = make_version(engineer.project)
    url = version.get_absolute_url()
    assert page.post(f"{url}state/", {"state": "live"}).status_code == 302
    assert page.post(f"{url}state/", {"state": "live"}).status_code == 409
    assert page.post(f"{url}state/", {"state": "odd"}).status_code == 400
    assert f"{version.name} is live" in page.get(home(engineer)).content.decode()


def test_fixed_and_broken_items_stand_side_by_side(page, engineer):
    old, frozen = measured(engineer, "b" * 2 + "a" * 34)
    new = make_version(engineer.project, parent=old)
    make_predictions(new, frozen, "a" + "b" * 2 + "a" * 33)
    url = f"{new.get_absolute_url()}changes/?set_version={frozen.uid}"
    items = [row.item for row in frozen.examples.select_related("item__project")[:3]]
    for change, item in (("fixed", items[0]), ("both_wrong", items[1]), ("broken", items[2])):
        said = page.get(f"{url}&change={change}").content.decode()
        assert [one.get_absolute_url() in said for one in items] == [one == item for one in items]
    assert "No example of this kind" in page.get(f"{url}&part=language: en").content.decode()
    assert page.get(f"{url}&part=nothing").status_code == 400
    assert page.get(f"{url}&change=odd").status_code == 400
    assert page.get(f"{url}&against={frozen.uid}").status_code == 404


def test_confidence_is_shown_beside_accuracy(page, engineer):
    version, _frozen = measured(engineer, "a" * 18 + "b" * 18)
    said = page.get(f"{version.get_absolute_url()}confidence/").content.decode()
    assert "It is surer than it is right." in said
    bare = make_version(engineer.project)
    said = page.get(f"{bare.get_absolute_url()}confidence/").content.decode()
    assert "No confidence to show" in said


def test_pages_of_a_project_without_sets_say_so(page, engineer):
    version = make_version(engineer.project)
    url = version.get_absolute_url()
    assert "No set has been frozen yet" in page.get(url).content.decode()
    assert "No other version yet" in page.get(f"{url}changes/").content.decode()
    make_version(engineer.project)
    assert "No set yet" in page.get(f"{url}changes/").content.decode()


def test_sets_of_other_projects_do_not_exist(page, engineer):
    version = make_version(engineer.project)
    url = version.get_absolute_url()
    foreign = make_set_version(make_project(), "a")
    assert page.get(f"{url}?set_version={foreign.uid}").status_code == 404
    assert page.get(f"{url}?set_version=x").status_code == 404
    asked = page.post(f"{url}evaluate/", {"set_version": str(foreign.uid)})
    assert asked.status_code == 400
    assert not Evaluation.objects.exists()


def test_a_viewer_sees_no_forms(browse, engineer):
    viewer = browse(make_member(engineer.project, "viewer"))
    version, frozen = measured(engineer, "a" * 36)
    assert 'action="' + version.get_absolute_url() not in str(
        viewer.get(version.get_absolute_url()).content
    )
    url = version.get_absolute_url()
    assert viewer.post(f"{url}state/", {"state": "live"}).status_code == 403
    assert viewer.post(f"{url}evaluate/", {"set_version": str(frozen.uid)}).status_code == 403


def test_parts_come_by_what_their_mistakes_cost(page, engineer):
    for name, language, weight in (("Cheap", "de", 1), ("Dear", "en", 10)):
        condition = {"field": "attributes.language", "operator": "is", "value": language}
        engineer.project.slices.create(name=name, conditions=[condition], weight=weight)
    version, _frozen = measured(engineer, "b" * 6 + "a" * 6 + "b" * 3 + "a" * 21)
    shown = page.get(version.get_absolute_url()).content.decode()
    assert shown.index("<bdi>Dear</bdi>") < shown.index("<bdi>Cheap</bdi>")
    assert "weight 10" in shown
