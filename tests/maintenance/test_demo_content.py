from __future__ import annotations

import random
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from statistics import mean, median

import pytest

from labeling.policy.roles import Role
from labeling.policy.rubrics import gaps, problems, taxonomy_problems
from maintenance.demo.catalogue import (
    OUT_OF_SCOPE,
    branch_of,
    intents,
    most_common_intent,
    siblings,
    taxonomy,
)
from maintenance.demo.judging import Judgment, answer
from maintenance.demo.people import (
    ANNOTATORS,
    CARELESS,
    CAUTIOUS,
    EVERYBODY,
    LEAD,
    STRICT,
    THOROUGH,
    Person,
)
from maintenance.demo.phrases import draw_slots, phrasebook
from maintenance.demo.phrases import gaps as gaps_in
from maintenance.demo.rubric import rubric, taxonomy_rows
from maintenance.demo.traffic import DemoItem, traffic

START = datetime(2026, 10, 5, tzinfo=UTC)
SEEDS = (1, 7, 42)
LANGUAGES = ("en", "de", "es")
COMPANIES = re.compile(
    r"\b(amazon|ikea|dhl|ups|fedex|hermes|paypal|klarna|visa|mastercard|apple|google|android|iphone"
    r"|samsung|microsoft|alexa|packstation|seur|bizum|royal mail|evri|ebay|zalando|otto)\b",
    re.IGNORECASE,
)
TITLES = re.compile(
    r"\b(Mr|Mrs|Ms|Herr|Frau|Señor|Señora|Don|Doña)\.? [A-ZÁÉÍÓÚÄÖÜ][a-zäöüáéíóúñ]+"
)


@cache
def items(seed: int = 7) -> tuple[DemoItem, ...]:
    return tuple(traffic(seed, start=START))


def week_of(item: DemoItem) -> int:
    return 1 + (item.occurred_at - START) // timedelta(weeks=1)


def in_weeks(*weeks: int) -> list[DemoItem]:
    return [item for seed in SEEDS for item in items(seed) if week_of(item) in weeks]


def accuracy(rows: list[DemoItem]) -> float:
    return mean(item.prediction == item.truth for item in rows)


def judgments(annotator: Person) -> list[tuple[DemoItem, Judgment]]:
    rng = random.Random(3)
    return [
        (item, answer(annotator, item, rng))
        for item in items()
        if item.attributes["language"] in annotator.languages
    ]


def answered(annotator: Person) -> list[tuple[DemoItem, str | None]]:
    return [
        (item, judgment["answers"]["intent"])
        for item, judgment in judgments(annotator)
        if judgment["skip"] is None
    ]


def share_right(annotator: Person) -> float:
    return mean(intent == item.truth for item, intent in answered(annotator))


# Taxonomy and phrases


def test_about_thirty_intents_lie_in_six_branches_and_one_is_out_of_scope():
    branches = [node for node in taxonomy().values() if not node.is_intent]
    assert len(branches) == 6
    assert 30 <= len(intents()) <= 34
    assert taxonomy()[OUT_OF_SCOPE].parent is None
    assert all(branch_of(node.key) in taxonomy() for node in intents())


def test_every_node_is_worded_in_each_language():
    for node in taxonomy().values():
        for wording in (node.label, node.means, node.synonyms):
            assert set(wording) == set(LANGUAGES), node.key
            assert all(wording.values()), node.key


def test_what_an_intent_is_confused_with_is_another_intent():
    keys = {node.key for node in intents()}
    for node in intents():
        assert set(node.confused_with) <= keys - {node.key}, node.key


def test_siblings_share_the_branch_and_what_is_out_of_scope_has_none():
    assert "delivery_delay" in siblings("delivery_tracking")
    assert {branch_of(key) for key in siblings("delivery_tracking")} == {"delivery"}
    assert siblings(OUT_OF_SCOPE) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_has_messages_and_replies_in_each_language(language: str):
    book = phrasebook(language)
    assert set(book.intents) == {node.key for node in intents()}
    for intent, phrases in book.intents.items():
        assert len(phrases["core"]) >= 4, intent
        assert len(phrases["short"]) >= 2, intent
        assert len(phrases["reply"]) >= 2, intent


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_gap_of_every_phrase_can_be_filled(language: str):
    book = phrasebook(language)
    slots = draw_slots(random.Random(1), book, (), "€")
    special = [entry[2] for entry in (*book.ambiguous, *book.novel)]
    cores = [core for phrases in book.intents.values() for core in phrases["core"]]
    extras = [extra for group in book.extras.values() for extra in group]
    for template in (*cores, *special, *extras):
        assert "{" not in template.format_map(slots)


@pytest.mark.parametrize("language", LANGUAGES)
def test_special_messages_name_known_intents_and_kinds_of_product(language: str):
    book = phrasebook(language)
    keys = {node.key for node in intents()}
    for truth, also, _, *kinds in (*book.ambiguous, *book.novel):
        assert truth in keys
        assert also in keys | {""}
        assert also != truth
        assert set(kinds) <= set(book.products)


@pytest.mark.parametrize("language", LANGUAGES)
def test_extras_belong_to_a_branch_or_an_intent(language: str):
    extras = phrasebook(language).extras
    assert set(extras) <= set(taxonomy())
    assert {branch_of(node.key) for node in intents()} <= set(extras)


def test_forms_of_the_product_count_as_one_gap():
    assert gaps_in("{The} came on {day}, {order}") == {"product", "day", "order"}
    assert gaps_in("{El} está agotad{o}") == {"product"}


# Traffic


def test_the_same_seed_gives_the_same_traffic():
    assert list(traffic(7, start=START)) == list(items(7))


def test_another_seed_gives_other_traffic():
    assert items(1)[0].content != items(7)[0].content


def test_six_weeks_hold_about_2400_items_in_order():
    times = [item.occurred_at for item in items()]
    assert 2300 <= len(times) <= 2500
    assert times == sorted(times)
    assert times[0] >= START
    assert times[-1] < START + timedelta(weeks=6)
    assert len({item.external_id for item in items()}) == len(times)


def test_a_start_inside_a_week_and_a_day_keeps_all_items_after_it():
    start = datetime(2026, 10, 8, 15, 30, tzinfo=UTC)
    times = [item.occurred_at for item in traffic(7, 2, start=start)]
    assert min(times) >= start
    assert max(times) < start + timedelta(weeks=2)


def test_messages_repeat_now_and_then_as_real_ones_do():
    distinct = len({item.content["message"] for item in items()})
    assert 0.90 <= distinct / len(items()) <= 0.99


def test_languages_come_in_their_shares_and_spanish_grows():
    def share(rows: list[DemoItem], language: str) -> float:
        return mean(item.attributes["language"] == language for item in rows)

    everything = in_weeks(*range(1, 7))
    assert share(everything, "en") == pytest.approx(0.60, abs=0.03)
    assert share(everything, "de") == pytest.approx(0.25, abs=0.03)
    assert share(everything, "es") == pytest.approx(0.15, abs=0.03)
    assert share(in_weeks(6), "es") > 1.5 * share(in_weeks(1, 2, 3, 4), "es")


def test_days_are_busier_than_nights():
    hours = Counter(item.occurred_at.hour for item in items())
    assert min(hours[hour] for hour in range(9, 17)) > max(hours[hour] for hour in range(1, 5))


def test_some_conversations_hold_two_items_of_one_customer():
    conversations: dict[str, list[DemoItem]] = {}
    for item in items():
        conversations.setdefault(item.group, []).append(item)
    shared = [pair for pair in conversations.values() if len(pair) == 2]
    assert max(len(rows) for rows in conversations.values()) == 2
    assert 0.05 < len(shared) / len(conversations) < 0.15
    assert all(first.attributes == second.attributes for first, second in shared)


def test_the_model_is_good_at_first_and_slides_with_the_new_product_and_market():
    assert accuracy(in_weeks(1, 2, 3, 4)) == pytest.approx(0.88, abs=0.015)
    assert accuracy(in_weeks(6)) == pytest.approx(0.76, abs=0.03)
    weeks = [accuracy(in_weeks(week)) for week in (4, 5, 6)]
    assert all(before > after for before, after in pairwise(weeks))


def test_the_new_product_appears_in_week_five():
    def mentions(item: DemoItem) -> bool:
        return re.search("kettle|wasserkocher|hervidor", item.content["message"], re.I) is not None

    assert not any(mentions(item) or item.novel for item in in_weeks(1, 2, 3, 4))
    assert all(item.novel for item in in_weeks(5, 6) if mentions(item))
    assert mean(item.novel for item in in_weeks(6)) == pytest.approx(0.14, abs=0.03)


def test_the_model_does_badly_on_the_new_product_and_does_not_know_it():
    novel = [item for item in in_weeks(5, 6) if item.novel]
    wrong = [item.confidence for item in novel if item.prediction != item.truth]
    wrong_before = [
        item.confidence for item in in_weeks(1, 2, 3, 4) if item.prediction != item.truth
    ]
    assert accuracy(novel) < 0.4
    assert mean(wrong) > mean(wrong_before) + 0.15


def test_confidence_tells_right_from_wrong_on_what_the_model_knows():
    known = [item for item in in_weeks(1, 2, 3, 4) if not item.also_plausible]
    right = [item.confidence for item in known if item.prediction == item.truth]
    wrong = [item.confidence for item in known if item.prediction != item.truth]
    assert mean(right) > mean(wrong) + 0.2
    assert all(0 < item.confidence < 1 for item in known)


def test_predictions_are_intents_and_all_intents_occur():
    keys = {node.key for node in intents()}
    assert {item.prediction for item in items()} <= keys
    assert {item.truth for item in items()} == keys


def test_right_replies_are_better_than_wrong_ones_and_speak_the_customers_language():
    right = [item for item in items() if item.prediction == item.truth and not item.reply_flaw]
    wrong = [item for item in items() if item.prediction != item.truth]
    assert mean(item.reply_quality for item in right) > 4
    assert mean(item.reply_quality for item in wrong) < 2.7
    assert mean(item.resolves for item in right) > mean(item.resolves for item in wrong) + 0.5
    assert {item.reply_flaw for item in items()} == {"", "fallback", "in_english"}
    assert all(
        item.attributes["language"] != "en" for item in items() if item.reply_flaw == "in_english"
    )


def test_no_message_names_a_real_company_or_a_person():
    names = re.compile("|".join(person.name.split()[-1] for person in EVERYBODY))
    for item in (item for seed in SEEDS for item in items(seed)):
        for text in item.content.values():
            assert not COMPANIES.search(text), text
            assert not TITLES.search(text), text
            assert not names.search(text), text
            assert "@" not in text, text


def test_what_only_the_simulation_may_know_is_not_in_content_or_attributes():
    for item in items():
        assert set(item.content) == {"message", "reply"}
        assert set(item.attributes) == {"language", "channel", "region", "customer"}


# People and their judgments


def test_people_have_known_roles_and_addresses_that_reach_nobody():
    assert len(ANNOTATORS) == 5
    assert len({person.email for person in EVERYBODY}) == len(EVERYBODY) == 10
    assert all(person.email.endswith("@example.org") for person in EVERYBODY)
    assert {role for person in EVERYBODY for role in person.roles} == set(Role)
    assert {person.team.kind for person in ANNOTATORS} == {"internal", "vendor"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_three_annotators_read_each_language(language: str):
    assert sum(language in person.languages for person in ANNOTATORS) >= 3


def test_the_same_luck_gives_the_same_judgment():
    item = items()[5]
    assert answer(STRICT, item, random.Random(9)) == answer(STRICT, item, random.Random(9))


def test_answers_fit_the_rubric():
    criteria = {criterion["key"]: criterion for criterion in rubric()["criteria"]}
    marks = {option["key"] for option in criteria["reply_quality"]["options"]}
    allowed = {"intent": set(taxonomy()), "reply_quality": marks, "resolves": {"yes", "no"}}
    for annotator in ANNOTATORS:
        for _, judgment in judgments(annotator):
            if judgment["skip"] is not None:
                assert judgment["answers"] == {}
                continue
            assert set(judgment["answers"]) == set(criteria)
            for key, value in judgment["answers"].items():
                assert value is None or value in allowed[key]


def test_skill_differs_as_told():
    assert share_right(STRICT) > share_right(THOROUGH) > share_right(CARELESS) + 0.15
    assert share_right(CARELESS) < 0.7


def test_the_careless_one_is_fast_and_falls_back_on_the_most_common_intent():
    def pace(annotator: Person) -> float:
        return median(judgment["active_ms"] for _, judgment in judgments(annotator))

    def fallbacks(annotator: Person) -> float:
        return mean(intent == most_common_intent() for _, intent in answered(annotator))

    assert pace(CARELESS) < pace(STRICT) / 3
    assert fallbacks(CARELESS) > 2 * fallbacks(STRICT)
    assert pace(CARELESS) >= 900


def test_the_cautious_one_stops_at_branches_and_the_strict_one_never():
    def branches(annotator: Person) -> float:
        named = [intent for _, intent in answered(annotator) if intent is not None]
        return mean(not taxonomy()[intent].is_intent for intent in named)

    assert branches(CAUTIOUS) > 0.05
    assert branches(STRICT) == 0


def test_ambiguous_items_divide_people_more_than_plain_ones():
    def right(ambiguous: bool) -> float:
        rows = [row for row in answered(STRICT) if (row[0].also_plausible is not None) == ambiguous]
        return mean(intent == item.truth for item, intent in rows)

    assert right(ambiguous=True) < right(ambiguous=False) - 0.2


def test_people_sometimes_skip_with_a_reason_comment_and_cannot_tell():
    rows = [judgment for annotator in ANNOTATORS for _, judgment in judgments(annotator)]
    reasons = {judgment["skip"]["reason"] for judgment in rows if judgment["skip"]}
    assert reasons == {"unclear_rubric", "broken_item", "not_my_expertise"}
    assert 0.005 < mean(judgment["skip"] is not None for judgment in rows) < 0.05
    assert any(judgment["comment"] for judgment in rows)
    assert any(None in judgment["answers"].values() for judgment in rows)


def test_somebody_who_does_not_read_the_language_mostly_skips():
    rng = random.Random(1)
    spanish = [item for item in items() if item.attributes["language"] == "es"]
    skips = [answer(STRICT, item, rng)["skip"] for item in spanish]
    assert mean(skip is not None for skip in skips) > 0.8
    assert {skip["reason"] for skip in skips if skip} == {"not_my_expertise"}


def test_only_annotators_judge():
    with pytest.raises(ValueError, match="no annotator"):
        answer(LEAD, items()[0], random.Random(1))


# The rubric


def test_the_rubric_is_fit_to_be_published():
    assert problems(rubric()) == []
    assert gaps(rubric()) == []
    assert taxonomy_problems(taxonomy_rows()) == []


@pytest.mark.parametrize("language", ["de", "es"])
def test_the_rubric_is_worded_in_each_language_on_the_same_keys(language: str):
    document = rubric()
    assert document["translations"][language]["guidance"]
    for criterion in document["criteria"]:
        wording = criterion["translations"][language]
        options = criterion.get("options") or criterion.get("taxonomy", {}).get("nodes", [])
        assert wording["prompt"]
        assert wording["help"]
        assert set(wording.get("options", {})) == {option["key"] for option in options}
