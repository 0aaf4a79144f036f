from __future__ import annotations

import pytest

from labeling.policy.languages import parse_languages, write_languages
from labeling.policy.roles import (
    MAY,
    SCOPE_CARRIES,
    SHOWN_BY,
    Role,
    Scope,
    Verb,
    grantable,
    may,
    scopes_for,
)


def test_every_verb_has_its_roles():
    assert set(MAY) == set(Verb)
    assert all(roles for roles in MAY.values())


def test_whoever_may_act_may_also_see_what_they_act_on():
    for action, page in SHOWN_BY.items():
        assert MAY[action] <= MAY[page], action


def test_every_scope_carries_something():
    assert set(SCOPE_CARRIES) == set(Scope)


def test_an_admin_gives_every_role_and_an_annotator_none():
    assert grantable(["admin"]) == set(Role)
    assert grantable(["annotator", "adjudicator", "engineer", "viewer"]) == set()


def test_a_lead_gives_annotator_and_adjudicator_only():
    assert grantable(["lead"]) == {Role.ANNOTATOR, Role.ADJUDICATOR}


@pytest.mark.parametrize("role", list(Role))
def test_on_a_vendors_team_only_a_lead_gives_and_only_annotator(role):
    expected = {Role.ANNOTATOR} if role == Role.LEAD else set()
    assert grantable([role], vendor=True) == expected


@pytest.mark.parametrize("verb", [Verb.SEE_ITEMS, Verb.ADJUDICATE, Verb.SEE_SETTINGS])
def test_a_vendors_people_do_nothing_of_the_house_whatever_their_roles(verb):
    assert not may(list(Role), verb, vendor=True)


def test_scopes_that_would_carry_nothing_are_not_offered():
    assert scopes_for(["annotator"]) == [Scope.ANNOTATE]
    assert Scope.EXPORTS not in scopes_for(["lead"], vendor=True)


def test_unknown_roles_carry_nothing():
    assert not may(["owner"], Verb.SEE_OVERVIEW)
    assert grantable(["owner"]) == set()


def test_languages_are_read_with_their_levels_and_written_back():
    languages = parse_languages("de:native, pt-br fr:working")
    assert languages == {"de": "native", "pt-br": "fluent", "fr": "working"}
    assert parse_languages(write_languages(languages)) == languages


@pytest.mark.parametrize("text", ["german", "de:perfect", "d", ":native", "de_de"])
def test_what_is_no_language_is_refused(text):
    with pytest.raises(ValueError, match=text):
        parse_languages(text)
