"""Resolved: afebrile without antipyretic, pressure and oxygen without help, ICE back; unknown is not met."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from protocols.rules.resolution import Condition, Met, Resolution, resolution
from protocols.rules.values import (
    Axis,
    Baseline,
    Consciousness,
    Entry,
    EntryKind,
    IceScore,
    InterventionKind,
    Motor,
    Oxygen,
    OxygenDevice,
    OxygenReason,
    Temperature,
    Toxicity,
    VitalSigns,
)
from tests.rules.builders import DOSE_TIME, SPEC

OPENED = DOSE_TIME + timedelta(hours=20)
WELL = VitalSigns(
    temperature=Temperature(Decimal("36.8")),
    systolic=124,
    spo2=97,
    oxygen=Oxygen(OxygenDevice.ROOM_AIR),
    ice=IceScore(total=10),
    consciousness=Consciousness.ALERT,
)
HOT = Temperature(Decimal("38.4"))


def reading(hours: float, **changes: Any) -> Entry:
    """A reading so many hours after the event opened, well where nothing else is said."""
    attributed = changes.pop("attributed", ())
    vitals = replace(WELL, **changes)
    return Entry(
        EntryKind.VITALS,
        OPENED + timedelta(hours=hours),
        vitals=vitals,
        attributed=attributed,
        ref=str(hours),
    )


def drug(hours: float, kind: InterventionKind = InterventionKind.ACETAMINOPHEN) -> Entry:
    return Entry(EntryKind.INTERVENTION, OPENED + timedelta(hours=hours), intervention=kind, order=1)


def looked(hours: float, *entries: Entry, **changes: Any) -> Resolution:
    facts: dict[str, Any] = {"toxicity": Toxicity.CRS, "opened_at": OPENED, "spec": SPEC} | changes
    return resolution([reading(0, temperature=HOT), *entries], at=OPENED + timedelta(hours=hours), **facts)


def condition(found: Resolution, name: str) -> Condition:
    return next(one for one in found.conditions if one.id == name)


def test_a_day_without_fever_and_everything_back_is_resolved() -> None:
    found = looked(25, reading(12), reading(24.5))
    assert (found.met, found.blocking, found.waiting) == (True, (), ())
    assert condition(found, "afebrile").because == (
        "last fever 25 h 0 min ago; temperature 36.8 °C (under 38.0 °C), 30 min ago"
    )


@pytest.mark.parametrize(
    ("hours", "entries", "state", "waits"),
    [
        (23.9, [reading(23.8)], Met.NOT_MET, 24),
        (24, [reading(24)], Met.MET, None),
        (30, [drug(8), reading(30)], Met.NOT_MET, 32),  # counts from the last antipyretic
        (32, [drug(8), reading(32)], Met.MET, None),
        (30, [drug(8, InterventionKind.DEXAMETHASONE), reading(30)], Met.MET, None),  # masks, lowers none
        (30, [reading(20)], Met.NOT_KNOWN, None),  # nobody measured since the hours were over
        (30, [reading(29, temperature=HOT)], Met.NOT_MET, None),
        (30, [reading(29, temperature=None), reading(24)], Met.MET, None),
        (30, [reading(29, temperature=HOT, attributed=((Axis.FEVER, "infection"),))], Met.MET, None),
    ],
)
def test_afebrile(hours: float, entries: list[Entry], state: Met, waits: float | None) -> None:
    found = condition(looked(hours, *entries), "afebrile")
    assert found.state is state
    assert found.waits_until == (None if waits is None else OPENED + timedelta(hours=waits))


@pytest.mark.parametrize(
    ("name", "changes", "state"),
    [
        ("vasopressor", {"vasopressors": ("norepinephrine",)}, Met.NOT_MET),
        ("vasopressor", {"systolic": 84}, Met.NOT_MET),
        ("vasopressor", {"systolic": 84, "attributed": ((Axis.HYPOTENSION, "sepsis"),)}, Met.MET),
        ("oxygen", {"oxygen": Oxygen(OxygenDevice.NASAL_CANNULA, Decimal(2))}, Met.NOT_MET),
        ("oxygen", {"spo2": 86}, Met.NOT_MET),
        (
            "oxygen",
            {"oxygen": Oxygen(OxygenDevice.NASAL_CANNULA, Decimal(2), OxygenReason.BASELINE)},
            Met.MET,
        ),
        ("oxygen", {"oxygen": Oxygen(OxygenDevice.CPAP, None, OxygenReason.PROCEDURE)}, Met.NOT_MET),
        ("ice", {"ice": IceScore(total=9)}, Met.NOT_MET),
        ("ice", {"ice": IceScore(total=9), "attributed": ((Axis.ICE, "sedation"),)}, Met.MET),
        ("neurologic", {"consciousness": Consciousness.AWAKENS_TO_VOICE}, Met.NOT_MET),
        ("neurologic", {"motor": Motor.FOCAL_WEAKNESS}, Met.NOT_MET),
    ],
)
def test_what_is_abnormal_now_blocks(name: str, changes: dict[str, Any], state: Met) -> None:
    found = looked(30, reading(30, **changes))
    if state is Met.MET:
        assert condition(found, name).met
    else:
        assert [one.id for one in found.blocking] == [name]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("vasopressor", {"systolic": None}),
        ("oxygen", {"spo2": None}),
        ("oxygen", {"oxygen": None}),
        ("ice", {"ice": None}),
        ("ice", {"ice": IceScore(year=True)}),
    ],
)
def test_what_nobody_measured_is_not_met(name: str, changes: dict[str, Any]) -> None:
    hidden = [
        replace(entry, vitals=replace(entry.vitals or VitalSigns(), **changes))
        for entry in (reading(0), reading(30))
    ]
    found = resolution(
        hidden, toxicity=Toxicity.CRS, opened_at=OPENED, at=OPENED + timedelta(hours=30), spec=SPEC
    )
    assert condition(found, name).state is Met.NOT_KNOWN
    assert name in [one.id for one in found.blocking]


def test_nothing_read_since_the_event_opened_meets_nothing() -> None:
    found = resolution([], toxicity=Toxicity.ICANS, opened_at=OPENED, at=OPENED, spec=SPEC)
    assert {one.state for one in found.conditions} == {Met.NOT_KNOWN}
    assert len(found.blocking) == 5


def test_ice_is_measured_by_the_patient_s_own_baseline() -> None:
    found = looked(30, reading(30, ice=IceScore(total=9)), baseline=Baseline(ice=9))
    assert condition(found, "ice").met
    assert condition(found, "ice").because == "ICE 9 of 10, baseline 9, 0 min ago"


def test_a_reading_after_the_look_is_not_read() -> None:
    assert looked(25, reading(24.5), reading(26, temperature=HOT)).met


def test_the_order_of_entries_does_not_matter() -> None:
    entries = [drug(3), reading(30, systolic=84), reading(31), reading(26)]
    assert looked(32, *entries) == looked(32, *entries[::-1])


def test_a_masking_drug_is_listed_with_the_hours_since() -> None:
    kinds = InterventionKind
    found = looked(
        30,
        reading(30),
        drug(2, kinds.TOCILIZUMAB),
        drug(28, kinds.DEXAMETHASONE),
        drug(29, kinds.FLUIDS),
        drug(-320, kinds.TOCILIZUMAB_PROPHYLAXIS),
    )
    assert [(one.kind, one.hours) for one in found.masking] == [
        (kinds.DEXAMETHASONE, Decimal(2)),
        (kinds.TOCILIZUMAB, Decimal(28)),
    ]


def test_hours_are_elapsed_hours_on_the_night_of_a_clock_change() -> None:
    opened = OPENED.replace(year=2026, month=3, day=7, hour=20, tzinfo=ZoneInfo("America/New_York"))
    hot = replace(reading(0, temperature=HOT), at=opened)
    next_day = opened.replace(day=8, hour=20)  # 23 hours later
    well = replace(reading(0), at=next_day)
    found = resolution([hot, well], toxicity=Toxicity.CRS, opened_at=opened, at=next_day, spec=SPEC)
    assert [one.id for one in found.waiting] == ["afebrile"]
