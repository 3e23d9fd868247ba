"""The ICE test point by point."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules import ice
from protocols.rules.values import IceScore

WHOLE = dict.fromkeys(ice.POINTS, True)
answers = st.fixed_dictionaries({point: st.sampled_from((True, False, None)) for point in ice.POINTS})


def test_ten_correct_answers_are_ten() -> None:
    assert ice.ice_of(WHOLE) == IceScore(True, True, True, True, 3, True, True, True)
    assert ice.ice_of(WHOLE).score == 10  # type: ignore[union-attr]


def test_nothing_tested_is_no_test_and_not_zero() -> None:
    assert ice.ice_of(dict.fromkeys(ice.POINTS)) is None
    assert ice.ice_of({}) is None


@pytest.mark.parametrize(
    ("changed", "score", "missing"),
    [
        ({"sentence": False}, 9, ()),
        ({"object2": False}, 9, ()),
        (dict.fromkeys(ice.OBJECTS, False), 7, ()),
        (dict.fromkeys(ice.POINTS, False), 0, ()),
        ({"sentence": None}, None, ("sentence",)),
        ({"sentence": None, "attention": None}, None, ("sentence", "attention")),
        (dict.fromkeys(ice.OBJECTS), None, ("objects",)),
        ({"object3": None}, None, ("objects",)),
    ],
)
def test_points_make_a_score_or_name_what_is_missing(
    changed: dict[str, bool | None], score: int | None, missing: tuple[str, ...]
) -> None:
    found = ice.ice_of(WHOLE | changed)
    assert found is not None
    assert (found.score, found.missing_items) == (score, missing)


@given(answers)
def test_a_score_is_the_number_of_correct_points_and_only_of_a_whole_test(found: Any) -> None:
    test = ice.ice_of(found)
    if all(answer is not None for answer in found.values()):
        assert test is not None
        assert test.score == sum(found.values())
    else:
        assert test is None or test.score is None


def test_naming_is_whole_or_left_out() -> None:
    assert ice.half_named({"object1": True})
    assert not ice.half_named(dict.fromkeys(ice.OBJECTS, False))
    assert not ice.half_named(dict.fromkeys(ice.OBJECTS))


def test_by_phone_objects_and_sentence_cannot_be_seen() -> None:
    assert ice.seen_by_phone({"year": True, "object1": False, "sentence": True}) == ("object1", "sentence")
    assert ice.seen_by_phone({"year": True, "attention": False}) == ()


def test_a_baseline_of_ten_says_every_item_and_another_total_none() -> None:
    assert {row.points for row in ice.baseline_items(IceScore(total=10))} == {1, 3}
    assert {row.points for row in ice.baseline_items(IceScore(total=9))} == {None}
    assert {row.points for row in ice.baseline_items(None)} == {None}
    known = ice.ice_of(WHOLE | {"sentence": False, "object1": False})
    points = {row.item: row.points for row in ice.baseline_items(known)}
    assert (points["sentence"], points["objects"], points["year"]) == (0, 2, 1)


def test_what_was_lost_is_measured_from_the_baseline() -> None:
    now = ice.ice_of(WHOLE | {"sentence": False, "attention": False})
    before = ice.ice_of(WHOLE | {"sentence": False})
    assert now is not None
    assert ice.newly_lost(now, before) == ("attention",)
    assert ice.newly_lost(now, None) == ("sentence", "attention")


def test_what_was_not_tested_is_named() -> None:
    part = ice.ice_of(WHOLE | {"sentence": None, "attention": None})
    assert ice.not_tested(part, {"sentence": "sentence", "attention": "counting"}) == ["sentence", "counting"]
    assert ice.not_tested(ice.ice_of(WHOLE), {}) == []
