"""The specification: what the shipped documents make of it, and what a story may change."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal

import pytest

from protocols.library.standards import shipped_spec
from protocols.rules.spec import Rung, with_overrides
from protocols.rules.values import Provenance, Source, Toxicity
from tests.rules.builders import CRS, ICANS, LADDER, LIMITS, SPEC


def numbers(spec: object) -> dict[str, object]:
    """Every field except sources and marks."""
    return {
        field.name: value
        for field in fields(spec)  # type: ignore[arg-type]
        if not isinstance(value := getattr(spec, field.name), Source | Provenance)
    }


def test_the_shipped_grading_is_the_table_typed_a_second_time() -> None:
    """The builders carry the published thresholds typed by hand, apart from the library."""
    shipped = shipped_spec()
    assert numbers(shipped.crs) == numbers(CRS)
    assert numbers(shipped.icans) == numbers(ICANS)


def test_the_shipped_limits_and_call_tree() -> None:
    center = shipped_spec().center
    assert numbers(center.limits) == numbers(LIMITS)
    assert numbers(center.ladder) == numbers(LADDER)
    assert (center.checks.every_hours, center.checks.window_hours) == (Decimal(8), Decimal(48))
    assert (center.checks.early_minutes, center.checks.grace_minutes) == (120, 60)
    assert center.missed_check_ladder.rungs == (Rung("nurse", 60), Rung("physician", 120))


def test_a_plan_is_found_by_toxicity_and_grade() -> None:
    center = shipped_spec().center
    found = center.plan(Toxicity.ICANS, 3)
    assert found is not None
    assert (found.toxicity, found.grade) == (Toxicity.ICANS, 3)
    assert center.plan(Toxicity.CRS, 5) is None


def test_a_story_changes_limits_checks_and_call_tree() -> None:
    changed = with_overrides(
        SPEC,
        limits={"fever_c": Decimal("37.8"), "spo2": Decimal(94), "heart_rate": Decimal(110)},
        check_hours=Decimal(6),
        grace_minutes=30,
        rungs=(Rung("director", 0),),
    )
    limits = changed.center.limits
    assert (limits.fever_c, limits.spo2, limits.heart_rate) == (Decimal("37.8"), Decimal(94), Decimal(110))
    assert limits.systolic == SPEC.center.limits.systolic
    assert (changed.center.checks.every_hours, changed.center.checks.grace_minutes) == (Decimal(6), 30)
    assert changed.center.ladder.rungs == (Rung("director", 0),)
    assert changed.center.missed_check_ladder == SPEC.center.missed_check_ladder
    assert changed.crs == SPEC.crs


def test_the_limit_of_pressure_is_also_what_the_center_calls_hypotension() -> None:
    changed = with_overrides(SPEC, limits={"systolic": Decimal(100)})
    assert (changed.center.limits.systolic, changed.crs.hypotension_systolic) == (Decimal(100),) * 2


def test_nothing_changed_is_the_same_specification() -> None:
    assert with_overrides(SPEC) == SPEC


def test_only_the_named_limits_can_be_changed() -> None:
    with pytest.raises(ValueError, match="no limit diastolic"):
        with_overrides(SPEC, limits={"diastolic": Decimal(50)})
