from __future__ import annotations

from typing import Any

import pytest

from labeling.models import Criterion
from labeling.policy.rubric_lint import Rule, lint, overlap
from labeling.reports.rubric_lint import WHAT, WHY, findings_of
from labeling.services.rubric_starters import STARTERS
from tests.factories import make_annotation, make_member, make_queue, make_rubric_version, topic


def option(label: str, **fields: Any) -> dict[str, Any]:
    return {"key": label.lower().replace(" ", "-"), "label": label, **fields}


def choice(*labels: str, **fields: Any) -> dict[str, Any]:
    """A question that nothing is to be said about, unless a field says otherwise."""
    options = [option(label) for label in labels or ("Refund", "Delivery")]
    options[0]["examples"] = ["Not: where is my refund?"]
    defaults = {"key": "topic", "kind": "single_choice", "prompt": "What is it about?"}
    return {**defaults, "cannot_tell": True, "options": options, **fields}


def scale(first: str = "useless", last: str = "perfect", **fields: Any) -> dict[str, Any]:
    options = [option("1", description=first), option("2"), option("3", description=last)]
    defaults = {"key": "quality", "kind": "ordinal", "prompt": "How good is it?"}
    return {**defaults, "cannot_tell": True, "options": options, **fields}


def marks(label: str, **fields: Any) -> dict[str, Any]:
    """A question for spans, the label of which is told from its neighbors."""
    options = [option(label, counterexamples=["the shop"], **fields)]
    return {"key": "m", "kind": "spans", "prompt": "What?", "cannot_tell": True, "options": options}


def found(*criteria: dict[str, Any], **about: Any) -> list[tuple[str, str]]:
    document = {"name": "R", "guidance": "", "criteria": list(criteria)}
    translations = about.pop("translations", {})
    return [
        (finding.rule.value, finding.where)
        for finding in lint(document | {"translations": translations}, **about)
    ]


def test_a_careful_rubric_is_left_alone():
    text = {"key": "why", "kind": "free_text", "prompt": "Why, and since when?"}
    cities = marks("City", use_when="A town by its name.")
    assert found(choice(), scale(), text, cities) == []


@pytest.mark.parametrize(
    ("criterion", "rule", "where"),
    [
        (choice("Delivery", "Late delivery"), "overlap", "criteria.0.options.1.label"),
        (choice("0-10 days", "10-20 days"), "overlap", "criteria.0.options.1.label"),
        (choice(cannot_tell=False), "no_cannot_tell", "criteria.0.cannot_tell"),
        (choice(*"ABCDEFGH"), "many_options", "criteria.0"),
        (choice(prompt="What is it about and who wrote it?"), "double_barrelled", None),
        (scale(prompt="How good or how long is it?"), "double_barrelled", "criteria.0.prompt"),
        (scale(prompt="Good? Long?"), "double_barrelled", "criteria.0.prompt"),
        (choice(options=[option("A"), option("B")]), "no_negative_example", "criteria.0"),
        (scale(last=" "), "no_anchors", "criteria.0.options.2.description"),
        (marks("City", description=" "), "no_description", "criteria.0.options.0.description"),
    ],
)
def test_each_rule_says_where_it_applies(criterion, rule, where):
    findings = found(criterion)
    assert [name for name, _place in findings] == [rule]
    assert where is None or findings[0][1] == where


def test_options_with_one_description_overlap_whatever_they_are_called():
    same = [option("A", description="Money.", examples=["Not: x"]), option("B")]
    same[1]["description"] = "money. "
    assert found(choice(options=same)) == [("overlap", "criteria.0.options.1.label")]


def test_opposites_and_enumerations_are_no_slip():
    assert not overlap("Safe", "Not safe")
    assert not overlap("The refund", "The delivery")
    assert found(choice(prompt="Is it a refund or a delivery?")) == []


def test_an_option_nobody_chose_is_found_once_there_are_answers_enough():
    few, enough = {"topic": {"refund": 99}}, {"topic": {"refund": 100}}
    assert found(choice(), used=few) == []
    assert found(choice(), used=enough) == [("unused", "criteria.0.options.1.label")]


def test_a_language_that_lacks_words_is_found_once_for_each_question():
    german = {"prompt": "Worum geht es?", "options": {"refund": {"label": "Erstattung"}}}
    worded = choice(translations={"de": german})
    assert found(worded) == [("translation_missing", "criteria.0.translations.de.prompt")]
    german["options"]["delivery"] = {"label": "Lieferung"}
    assert found(worded) == []
    assert found(worded, scale()) == [("translation_missing", "criteria.1.translations.de.prompt")]


def test_a_translation_that_did_not_follow_its_original_is_out_of_date():
    german = {"de": {"prompt": "Worum?", "options": {"refund": {"label": "E"}}}}
    german["de"]["options"]["delivery"] = {"label": "L"}
    old = choice(translations=german)
    new = choice(translations=german, prompt="What is asked for?")
    before = {"criteria": [old], "guidance": "", "translations": {}}
    stale = ("translation_stale", "criteria.0.translations.de.prompt")
    assert found(old, before=before) == []
    assert found(new, before=before) == [stale]
    followed = {"de": german["de"] | {"prompt": "Was wird gewünscht?"}}
    assert found(new | {"translations": followed}, before=before) == []


def test_every_rule_has_its_sentences_and_our_templates_are_sound_enough_to_lint():
    assert set(WHAT) == set(WHY) == set(Rule)
    for starter in STARTERS.values():
        lint(starter.document())


@pytest.mark.django_db
def test_findings_stand_on_the_draft_the_publish_page_and_in_the_api(browse, call):
    lead = make_member(None, "lead")
    version = make_rubric_version(lead.project)
    draft = make_rubric_version(
        lead.project,
        [topic("refund", "delivery", cannot_tell=False)],
        rubric=version.rubric,
        state="draft",
        published_at=None,
    )
    pages = [version.rubric.get_absolute_url()]
    pages.append(f"{pages[0]}versions/{draft.number}/publish/")
    field = "#id_criteria.0.cannot_tell"
    for page, link in zip(pages, (field, f"{pages[0]}{field}"), strict=True):
        html = browse(lead).get(page).content.decode()
        assert "There is no “cannot tell”" in html
        assert f'href="{link}"' in html
    answer = call(lead, "read").get(f"/api/v1/rubric-versions/{draft.uid}/findings/").json()
    rules = [finding["rule"] for finding in answer["findings"]]
    assert rules == ["no_cannot_tell", "no_negative_example"]


@pytest.mark.django_db
def test_use_is_counted_over_all_versions_of_a_rubric(monkeypatch, call):
    monkeypatch.setattr("labeling.policy.rubric_lint.ENOUGH_ANSWERS", 2)
    queue = make_queue(overlap=2)
    for task in queue.tasks.all()[:2]:
        make_annotation(task, None, {"topic": "refund"})
    lead = make_member(queue.project, "lead")
    draft = make_rubric_version(
        queue.project, rubric=queue.rubric_version.rubric, state="draft", published_at=None
    )
    answer = call(lead, "read").get(f"/api/v1/rubric-versions/{draft.uid}/findings/").json()
    unused = [row["where"] for row in answer["findings"] if row["rule"] == "unused"]
    assert unused == ["criteria.0.options.1.label", "criteria.0.options.2.label"]
    assert Criterion.objects.count() == 2


def test_a_negative_example_may_stand_in_its_own_place():
    options = [option("A", counterexamples=["Looks like it."]), option("B")]
    assert found(choice(options=options)) == []


def test_when_to_use_an_option_is_translated_too():
    asked = choice(translations={"de": {"prompt": "Worum geht es?"}})
    asked["options"] = [option("A", use_when="It asks for money.", counterexamples=["x"])]
    asked["translations"]["de"]["options"] = {"a": {"label": "A"}}
    assert found(asked) == [("translation_missing", "criteria.0.translations.de.prompt")]
    asked["translations"]["de"]["options"]["a"]["use_when"] = "Es geht um Geld."
    assert found(asked) == []


@pytest.mark.django_db
def test_each_finding_leads_to_its_field(browse):
    lead = make_member(None, "lead")
    options = [option("A"), option("A b"), *(option(letter) for letter in "CDEFGH")]
    asked = choice(options=options, cannot_tell=False, prompt="Is it late and rude?")
    asked["translations"] = {"de": {"help": "Hilfe"}}
    version = make_rubric_version(lead.project, [asked], state="draft", published_at=None)
    page = browse(lead).get(version.rubric.get_absolute_url()).text
    anchors = {finding.anchor for finding in findings_of(version, None)}
    assert {f'href="#{anchor}"' in page and f'id="{anchor}"' in page for anchor in anchors} == {
        True
    }
    assert "id_criteria.0.options.0.counterexamples" in anchors
