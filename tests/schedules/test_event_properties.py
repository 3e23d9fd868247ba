"""Through the services: not the order of entry counts but the time; a correction touches what it touches."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from patients.models import Observation, ToxicityEvent, ToxicityGrading
from patients.models.toxicity import STANDING, UNSETTLED
from protocols.rules.values import IceScore, InterventionKind
from tests.ward import Ward, standing

pytestmark = pytest.mark.django_db

FACTS = ("toxicity", "state", "opened_at", "ended_at", "closing_allowed_from", "max_grade", "current_grade")
MORE = ("current_text", "last_dose", "last_dose_at", "suspected_at", "suspected_because")
Act = Callable[[Ward], object]


@pytest.fixture(scope="module")
def dosed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Ward]:
    """Step-up dose 1 was given now."""
    with standing(django_db_blocker, Ward.dosed) as ward:
        yield ward


@pytest.fixture
def ward(dosed: Ward, db: None) -> Ward:
    return deepcopy(dosed)


def some_days(chance: random.Random, begin: datetime) -> list[Act]:
    """Readings and drugs of some days, each with its own time; typed in whenever they are played."""
    acts: list[Act] = []
    at = begin
    for _ in range(chance.randint(5, 8)):
        at += timedelta(hours=chance.choice([1, 3, 8, 15, 26]), minutes=chance.randint(0, 59))
        if chance.random() < 0.7:
            acts.append(_reading(chance, at))
        else:
            kinds = (InterventionKind.POCKET_DEXAMETHASONE, InterventionKind.ACETAMINOPHEN)
            acts.append(_drug(chance.choice(kinds), at))
    return acts


def _reading(chance: random.Random, at: datetime) -> Act:
    temperature = chance.choice(["36.8", "36.9", "38.4", None])
    changes: dict[str, Any] = {
        "systolic": chance.choice([84, 124, 124]),
        "spo2": chance.choice([86, 97, 97, None]),
        "ice": IceScore(total=chance.choice([10, 10, 7])),
    }
    return lambda ward: ward.log(temperature, taken_at=at, **changes)


def _drug(kind: InterventionKind, at: datetime) -> Act:
    return lambda ward: ward.took(kind, taken_at=at)


def _fever(at: datetime) -> Act:
    return lambda ward: ward.log("38.4", taken_at=at)


def events_now() -> list[dict[str, Any]]:
    """The events that count or wait, without what tells which row is which."""
    rows = ToxicityEvent.objects.filter(state__in={*STANDING, *UNSETTLED}).select_related("follows")
    found = [
        {name: getattr(row, name) for name in (*FACTS, *MORE)}
        | {"follows": row.follows.opened_at if row.follows else None}
        for row in rows
    ]
    return sorted(found, key=lambda row: (row["opened_at"], row["toxicity"], row["state"]))


def gradings_now() -> dict[tuple[datetime, str], tuple[Any, ...]]:
    """What stands for each reading: the newest suggestion."""
    rows = ToxicityGrading.objects.filter(kind="suggested", observation__amended_by__isnull=True)
    return {
        (row.observation.taken_at, row.toxicity): (row.at_least, row.missing, row.cannot_grade, row.review)
        for row in rows.select_related("observation").order_by("id")
        if row.observation is not None
    }


def played(ward: Ward, acts: list[Act]) -> tuple[Any, Any]:
    """What is left on record, rolled back after the look."""
    with transaction.atomic():
        for act in acts:
            act(ward)
        found = events_now(), gradings_now()
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_entry_does_not_matter(ward: Ward, seed: int) -> None:
    chance = random.Random(seed)
    acts = some_days(chance, ward.at)
    ward.later(days=9)
    in_time = played(ward, acts)
    for _ in range(2):
        chance.shuffle(acts)
        assert played(ward, acts) == in_time


def test_time_matters(ward: Ward) -> None:
    """Pocket dexamethasone before the fever raises a suspicion, after it none."""
    begin = ward.at
    ward.later(days=1)
    fever: Act = _fever(begin + timedelta(hours=3))
    before, _ = played(
        ward, [_drug(InterventionKind.POCKET_DEXAMETHASONE, begin + timedelta(hours=2)), fever]
    )
    after, _ = played(ward, [_drug(InterventionKind.POCKET_DEXAMETHASONE, begin + timedelta(hours=4)), fever])
    assert [row["suspected_at"] for row in before] == [begin + timedelta(hours=2)]
    assert [row["suspected_at"] for row in after] == [None]


WORSE: tuple[dict[str, Any], ...] = ({"systolic": 84}, {"spo2": 86}, {"temperature": "39.4"}, {"ice": 4})


@pytest.mark.parametrize("worse", WORSE)
@pytest.mark.parametrize("seed", range(2))
def test_a_worse_reading_never_lowers_a_grade(ward: Ward, worse: dict[str, Any], seed: int) -> None:
    """The same course with one reading worse: no event reaches less, no reading is graded lower."""
    chance = random.Random(seed)
    acts = some_days(chance, ward.at)
    at = ward.at + timedelta(hours=5, minutes=7)
    ward.later(days=9)

    def extra(**changes: Any) -> Act:
        temperature = changes.pop("temperature", "38.3")
        ice = IceScore(total=changes.pop("ice", 10))
        return lambda w: w.log(temperature, taken_at=at, ice=ice, **changes)

    _, gradings = played(ward, [*acts, extra()])
    _, worsened = played(ward, [*acts, extra(**worse)])
    for key, grading in gradings.items():
        assert worsened[key][0] >= grading[0], key


@pytest.mark.parametrize("seed", range(3))
def test_a_correction_grades_again_exactly_what_it_touches(ward: Ward, seed: int) -> None:
    """One more grading for each reading whose grade changed or left its event, and none for any other."""
    chance = random.Random(seed)
    acts = some_days(chance, ward.at)
    ward.later(days=9)
    for act in acts:
        act(ward)
    wrong = chance.choice(list(Observation.objects.filter(amended_by__isnull=True, is_baseline=False)))
    before, stood = standing_rows(), list(ToxicityGrading.objects.values_list("pk", flat=True))
    ward.amend(wrong, "38.6", systolic=84, client_key=uuid4())
    after = standing_rows()
    fresh = ToxicityGrading.objects.exclude(pk__in=stood).exclude(observation__amends=wrong)
    for row in fresh:
        key = (row.observation_id, row.toxicity)
        assert before[key] != after[key], "graded again and nothing is different"
    touched = {(row.observation_id, row.toxicity) for row in fresh}
    for key, values in before.items():
        if key in after and after[key][:4] != values[:4]:
            assert key in touched


def standing_rows() -> dict[tuple[UUID | None, str], tuple[Any, ...]]:
    rows = ToxicityGrading.objects.filter(kind="suggested").order_by("id")
    return {
        (row.observation_id, row.toxicity): (
            row.at_least,
            tuple(row.missing),
            row.cannot_grade,
            row.review,
            row.event_id,
        )
        for row in rows
    }
