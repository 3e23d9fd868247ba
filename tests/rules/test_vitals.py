"""Call parameters: every limit at its boundary, and nothing that silences one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules import vitals
from protocols.rules.values import (
    Baseline,
    Consciousness,
    Finding,
    IceScore,
    Motor,
    RaisedPressure,
    Seizure,
    Severity,
    VitalSigns,
)
from tests.rules.builders import LIMITS, but, fahrenheit, ice, only, oxygen, signs


def found(signs_: VitalSigns, baseline: Baseline | None = None) -> tuple[Finding, ...]:
    return vitals.findings(signs_, LIMITS, baseline)


def rules(signs_: VitalSigns, baseline: Baseline | None = None) -> set[str]:
    return {finding.rule for finding in found(signs_, baseline)}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"temp": "37.9"}, set()),
        ({"temp": "38.0"}, {"fever"}),
        ({"systolic": 90}, set()),
        ({"systolic": 89}, {"hypotension"}),
        ({"spo2": 92}, set()),
        ({"spo2": 91}, {"hypoxia"}),
        ({"heart_rate": 120}, set()),
        ({"heart_rate": 121}, {"tachycardia"}),
        ({"ice": IceScore(total=9)}, {"neurologic"}),
        ({"ice": ice(attention=False)}, {"neurologic"}),
        ({"ice": ice(objects=2)}, {"neurologic"}),
        ({"ice": ice(sentence=None, command=None)}, set()),
        ({"ice": ice(sentence=None, year=False)}, {"neurologic"}),
        ({"consciousness": Consciousness.AWAKENS_SPONTANEOUSLY}, {"neurologic"}),
        ({"seizure": Seizure.BRIEF}, {"neurologic"}),
        ({"motor": Motor.TREMOR}, {"neurologic"}),
        ({"motor": Motor.FOCAL_WEAKNESS}, {"neurologic"}),
        ({"raised_pressure": RaisedPressure.PAPILLEDEMA}, {"neurologic"}),
        ({"raised_pressure": RaisedPressure.HEMORRHAGE}, {"neurologic"}),
        ({"symptoms": ("confusion",)}, {"neurologic"}),
        ({"symptoms": ("headache",)}, set()),
        ({"temp": "38.4", "systolic": 80, "spo2": 85}, {"fever", "hypotension", "hypoxia"}),
        ({"hypotension": True}, {"hypotension"}),
        ({"hypoxia": True}, {"hypoxia"}),
        ({"oxygen": oxygen("nasal_cannula", "2")}, {"hypoxia"}),
        ({"oxygen": oxygen("unavailable")}, {"hypoxia"}),
        ({"oxygen": oxygen("nasal_cannula", "2", reason="baseline")}, set()),
        ({"oxygen": oxygen("facemask", reason="procedure")}, set()),
        ({"oxygen": oxygen("nasal_cannula", "2"), "hypoxia": False}, set()),
        ({"systolic": 84, "hypotension": False}, {"hypotension"}),  # judged well, and still alarmed for
        ({"spo2": 84, "hypoxia": False}, {"hypoxia"}),
    ],
)
def test_each_limit_at_its_boundary(given: dict[str, Any], expected: set[str]) -> None:
    assert rules(signs(**given)) == expected


def test_a_value_that_was_not_measured_crosses_no_limit() -> None:
    assert rules(only()) == set()


def test_fahrenheit_is_compared_exactly() -> None:
    assert rules(but(signs(), temperature=fahrenheit("100.4"))) == {"fever"}
    assert rules(but(signs(), temperature=fahrenheit("100.3"))) == set()


@pytest.mark.parametrize(
    ("systolic", "usual", "expected"),
    [
        (104, 165, {"worsening"}),  # under no limit, and not well
        (135, 165, {"worsening"}),  # exactly 30 mmHg
        (136, 165, set()),
        (96, 120, {"worsening"}),  # exactly 20 percent
        (97, 120, set()),
        (117, 146, set()),  # 29 mmHg, and 20 percent are 29.2
        (130, 120, set()),
        (88, 120, {"worsening", "hypotension"}),
    ],
)
def test_a_fall_from_the_patients_own_pressure(systolic: int, usual: int, expected: set[str]) -> None:
    assert rules(signs(systolic=systolic), Baseline(systolic=usual)) == expected


def test_without_a_baseline_no_fall_can_be_seen() -> None:
    assert rules(signs(systolic=95)) == set()
    assert rules(signs(systolic=95), Baseline(ice=10)) == set()


def test_ice_is_compared_with_the_patients_own() -> None:
    usual = Baseline(ice=8)
    assert rules(signs(ice=IceScore(total=8)), usual) == set()
    assert rules(signs(ice=IceScore(total=7)), usual) == {"neurologic"}
    assert rules(signs(ice=ice(year=False, month=False, sentence=None)), usual) == set()
    assert rules(signs(ice=ice(year=False, month=False, city=False, sentence=None)), usual) == {"neurologic"}


def test_worst_first_with_because_source_and_mark() -> None:
    findings = found(signs("38.4", heart_rate=130))
    assert [finding.rule for finding in findings] == ["fever", "tachycardia"]
    assert [finding.severity for finding in findings] == [Severity.ACT_NOW, Severity.LOOK_SOON]
    assert findings[0].because == "temperature 38.4 °C (38.0 °C or more)"
    assert findings[1].because == "heart rate 130/min (over 120)"
    assert all(finding.source is LIMITS.provenance.source and finding.confirmed for finding in findings)


def test_because_names_each_neurologic_sign() -> None:
    signs_ = signs(
        ice=IceScore(total=6), consciousness=Consciousness.AWAKENS_TO_VOICE, symptoms=("confusion",)
    )
    (finding,) = found(signs_)
    assert finding.because == "ICE 6 (under 10), consciousness: awakens to voice, confusion"
    (by_phone,) = found(signs(ice=ice(year=False, objects=None)))
    assert by_phone.because == "ICE incomplete, failed: year"


def test_limits_that_nobody_adopted_are_marked() -> None:
    unadopted = replace(LIMITS, provenance=replace(LIMITS.provenance, confirmed_by=""))
    (finding,) = vitals.findings(signs("38.4"), unadopted, None)
    assert not finding.confirmed


readings = st.builds(
    lambda temp, systolic, spo2, heart_rate: signs(
        None if temp is None else str(temp), systolic=systolic, spo2=spo2, heart_rate=heart_rate
    ),
    st.none() | st.decimals("35", "42", places=1),
    st.none() | st.integers(60, 180),
    st.none() | st.integers(80, 100),
    st.none() | st.integers(40, 170),
)


@given(readings, st.none() | st.integers(90, 180), st.integers(1, 40))
def test_a_worse_reading_never_takes_a_finding_away(signs_: VitalSigns, usual: int | None, by: int) -> None:
    baseline = Baseline(systolic=usual)
    before = rules(signs_, baseline)
    worse = [
        but(signs_, systolic=signs_.systolic - by) if signs_.systolic is not None else signs_,
        but(signs_, spo2=signs_.spo2 - by) if signs_.spo2 is not None else signs_,
        but(signs_, heart_rate=signs_.heart_rate + by) if signs_.heart_rate is not None else signs_,
        but(signs_, temperature=replace(signs_.temperature, value=signs_.temperature.value + Decimal(by)))
        if signs_.temperature is not None
        else signs_,
    ]
    for signs_worse in worse:
        assert rules(signs_worse, baseline) >= before
