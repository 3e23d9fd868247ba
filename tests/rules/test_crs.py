"""CRS grading of one entry against the ASTCT 2019 table."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules import crs
from protocols.rules.crs import EventSoFar
from protocols.rules.values import (
    Axis,
    Entry,
    EntryKind,
    Grading,
    Oxygen,
    OxygenDevice,
    Toxicity,
    VitalSigns,
)
from tests.rules.builders import (
    CRS,
    MASKING,
    ROOM_AIR,
    TABLE,
    WAIVER,
    but,
    dose,
    fahrenheit,
    only,
    oxygen,
    reading,
    signs,
)

NEW = EventSoFar()
WAIVED = EventSoFar(fever_on_record=True, waived=True)
FEVER_BEFORE = EventSoFar(fever_on_record=True)


def grade(vitals: VitalSigns, state: EventSoFar = NEW, hours: int | None = 20, **attributed: str) -> Grading:
    causes = tuple((Axis(axis), cause) for axis, cause in attributed.items())
    entry = Entry(EntryKind.VITALS, vitals=vitals, attributed=causes)
    return crs.grade(entry, state, CRS, None if hours is None else Decimal(hours))


# --- fever ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("temp", "expected"), [("37.9", 0), ("37.99", 0), ("38.0", 1), ("38", 1), ("41", 1)])
def test_fever_is_38_or_more(temp: str, expected: int) -> None:
    assert grade(signs(temp)).grade == expected


@pytest.mark.parametrize(("temp", "expected"), [("100.3", 0), ("100.4", 1), ("100.40", 1), ("101.1", 1)])
def test_fahrenheit_is_compared_exactly(temp: str, expected: int) -> None:
    vitals = but(signs(), temperature=fahrenheit(temp))
    assert grade(vitals).grade == expected


def test_it_says_why_in_the_unit_that_was_typed() -> None:
    assert grade(signs("38.4")).because[0] == "fever 38.4 °C (38.0 °C or more)"
    vitals = but(signs(), temperature=fahrenheit("101.1"))
    assert grade(vitals).because[0] == "fever 101.1 °F (100.4 °F or more)"


def test_fever_alone_is_at_least_one_and_names_what_is_missing() -> None:
    grading = grade(only("38.4"))
    assert (grading.grade, grading.at_least) == (None, 1)
    assert grading.missing == ("systolic", "spo2", "oxygen")
    assert grading.because[-1] == "missing: blood pressure, SpO2, oxygen device"
    assert grading.text == "at least grade 1"


def test_no_temperature_is_never_a_grade() -> None:
    grading = grade(only(systolic=122, spo2=97))
    assert grading.cannot_grade
    assert grading.at_least == 0
    assert grading.missing == ("temperature", "oxygen")
    assert grading.text == "cannot grade"


def test_afebrile_is_zero_whatever_else_is_missing() -> None:
    grading = grade(only("37.2"))
    assert (grading.grade, grading.missing, grading.criterion) == (0, (), False)


# --- the table --------------------------------------------------------------------------------------

PRESSURES = {
    "normal": ({"systolic": 90}, 0),
    "low": ({"systolic": 89}, 2),
    "judged low": ({"systolic": 122, "hypotension": True}, 2),
    "judged normal": ({"systolic": 80, "hypotension": False}, 0),
}
PRESSORS: dict[str, tuple[tuple[str, ...], int]] = {
    "none": ((), 0),
    "vasopressin": (("vasopressin",), 3),
    "norepinephrine": (("norepinephrine",), 3),
    "norepinephrine and vasopressin": (("norepinephrine", "Vasopressin"), 3),
    "two": (("norepinephrine", "phenylephrine"), 4),
    "three": (("norepinephrine", "phenylephrine", "vasopressin"), 4),
}
DEVICES: dict[str, tuple[Oxygen, int]] = {
    "room air": (ROOM_AIR, 0),
    "cannula 2": (oxygen("nasal_cannula", "2"), 2),
    "cannula 6": (oxygen("nasal_cannula", "6"), 2),
    "cannula 6.1": (oxygen("nasal_cannula", "6.1"), 3),
    "cannula 7": (oxygen("nasal_cannula", "7"), 3),
    "blow-by": (oxygen("blow_by", "10"), 2),
    "HFNC at 4": (oxygen("high_flow_nasal_cannula", "4"), 3),
    "HFNC": (oxygen("high_flow_nasal_cannula"), 3),
    "facemask at 5": (oxygen("facemask", "5"), 3),
    "non-rebreather": (oxygen("non_rebreather"), 3),
    "Venturi": (oxygen("venturi", "3"), 3),
    "CPAP": (oxygen("cpap"), 4),
    "BiPAP": (oxygen("bipap"), 4),
    "ventilator": (oxygen("mechanical_ventilation"), 4),
}


FEVERS: list[tuple[str | None, EventSoFar, int | None]] = [  # temperature, event so far, grade of fever alone
    ("38.0", NEW, 1),
    ("37.0", NEW, None),
    ("37.0", FEVER_BEFORE, None),
    ("38.5", WAIVED, 1),
    ("37.0", WAIVED, 0),
    (None, WAIVED, 0),
]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("pressor", PRESSORS)
def test_the_worst_axis_is_the_grade(pressor: str, device: str) -> None:
    """Every fever x pressure x vasopressor x device, against the grades written beside them above."""
    drugs, by_drugs = PRESSORS[pressor]
    by_device, needed = DEVICES[device]
    for (pressure, low), (temp, state, fever) in product(PRESSURES.values(), FEVERS):
        grading = grade(signs(temp, **pressure, vasopressors=drugs, oxygen=by_device), state)
        axes = max(by_drugs if drugs else low, needed)
        assert grading.grade == (0 if fever is None else max(fever, axes))
        assert grading.review is (fever is None and axes > 0)


def test_fever_one_vasopressor_and_low_flow_oxygen_is_three() -> None:
    vitals = signs("38.6", vasopressors=("norepinephrine",), oxygen=oxygen("nasal_cannula", "2"))
    assert grade(vitals).grade == 3


def test_a_vasopressor_twice_in_the_list_is_one() -> None:
    assert grade(signs("38.6", vasopressors=("norepinephrine", "Norepinephrine "))).grade == 3


def test_a_vasopressor_counts_although_the_pressure_was_judged_normal() -> None:
    assert grade(signs("38.6", hypotension=False, vasopressors=("norepinephrine",))).grade == 3


# --- oxygen -----------------------------------------------------------------------------------------


def test_saturation_alone_has_no_grade() -> None:
    assert grade(signs("38.2", spo2=90)).grade == 1


@pytest.mark.parametrize(
    ("given", "at_least", "missing"),
    [
        ({"oxygen": oxygen("nasal_cannula")}, 2, ("flow_lpm",)),
        ({"oxygen": oxygen("unavailable")}, 2, ("oxygen",)),
        ({"spo2": 89}, 2, ("oxygen",)),
        ({"hypoxia": True}, 2, ("oxygen",)),
        ({"spo2": 88, "oxygen": None}, 2, ("oxygen",)),
        ({"hypoxia": True, "spo2": None, "oxygen": None}, 2, ("oxygen",)),
        ({"spo2": None}, 1, ("spo2",)),
        ({"oxygen": None}, 1, ("oxygen",)),
        ({"spo2": None, "oxygen": None}, 1, ("spo2", "oxygen")),
        ({"systolic": None}, 1, ("systolic",)),
        ({"systolic": None, "oxygen": oxygen("nasal_cannula", "3")}, 2, ()),
        ({"systolic": 84, "spo2": None}, 2, ("spo2",)),
        ({"oxygen": oxygen("nasal_cannula"), "vasopressors": ("norepinephrine",)}, 3, ()),
        ({"spo2": None, "vasopressors": ("norepinephrine",)}, 3, ("spo2",)),
        ({"spo2": None, "oxygen": None, "vasopressors": ("norepinephrine", "epinephrine")}, 4, ()),
    ],
)
def test_what_is_missing_bounds_the_grade_from_below(
    given: dict[str, object], at_least: int, missing: tuple[str, ...]
) -> None:
    grading = grade(signs("38.4", **given))
    assert (grading.at_least, grading.missing) == (at_least, missing)
    assert grading.grade == (None if missing else at_least)
    assert not grading.cannot_grade


def test_oxygen_needed_but_not_given_says_so() -> None:
    because = grade(signs("38.4", spo2=88)).because
    assert "SpO2 88 % (under 90) on room air: oxygen needed, not yet given" in because
    assert "oxygen needed and not to be had" in grade(signs("38.4", oxygen=oxygen("unavailable"))).because


def test_judged_not_hypoxic_settles_the_axis_with_any_device() -> None:
    assert grade(signs("38.4", spo2=88, hypoxia=False, oxygen=oxygen("cpap"))).grade == 1


@pytest.mark.parametrize("reason", ["airway_protection", "procedure"])
def test_a_tube_for_another_reason_counts_only_with_hypoxia(reason: str) -> None:
    tube = oxygen("mechanical_ventilation", reason=reason)
    assert grade(signs("38.4", oxygen=tube)).grade == 1
    assert grade(signs("38.4", oxygen=tube, spo2=89)).grade == 4
    assert grade(signs("38.4", oxygen=tube, hypoxia=True)).grade == 4
    assert grade(signs("38.4", oxygen=tube, spo2=None)).missing == ("spo2",)


@pytest.mark.parametrize("device", ["nasal_cannula", "cpap"])
def test_a_device_from_home_never_sets_the_grade(device: str) -> None:
    home = oxygen(device, reason="baseline")
    assert grade(signs("38.4", oxygen=home)).grade == 1
    rising = grade(signs("38.4", oxygen=home, spo2=88))
    assert (rising.at_least, rising.missing) == (2, ("oxygen",))


@pytest.mark.parametrize(("flow", "expected"), [("4", 2), ("6", 2), ("7", 3)])
def test_a_cannula_from_home_grades_once_a_clinician_turned_it_up(flow: str, expected: int) -> None:
    turned_up = oxygen("nasal_cannula", flow, reason="baseline")
    assert grade(signs("38.4", oxygen=turned_up, hypoxia=True)).grade == expected
    home = oxygen("cpap", reason="baseline")
    judged = grade(signs("38.4", oxygen=home, hypoxia=True))
    assert (judged.at_least, judged.missing) == (2, ("oxygen",))


def test_a_grade_from_a_recalled_rule_says_that_it_is_unconfirmed() -> None:
    tube = oxygen("mechanical_ventilation", reason="procedure")
    assert grade(signs("38.4")).confirmed
    assert grade(signs("38.4", vasopressors=("norepinephrine", "vasopressin"))).confirmed
    assert not grade(signs("38.4", vasopressors=("vasopressin",))).confirmed
    assert not grade(signs("38.4", oxygen=tube)).confirmed


# --- attribution ------------------------------------------------------------------------------------


def test_each_axis_is_taken_out_alone() -> None:
    vitals = signs("38.4", systolic=84, oxygen=oxygen("facemask"))
    assert grade(vitals).grade == 3
    assert grade(vitals, hypoxia="pulmonary embolism").grade == 2
    assert grade(vitals, hypoxia="pulmonary embolism", hypotension="bleeding").grade == 1
    without_fever = grade(vitals, fever="infection")
    assert (without_fever.grade, without_fever.review) == (0, True)
    assert "fever attributed to infection, not counted" in without_fever.because


def test_an_attributed_axis_is_known_even_when_it_was_not_measured() -> None:
    grading = grade(only("38.4", spo2=97, oxygen=ROOM_AIR), hypotension="bleeding")
    assert (grading.grade, grading.missing) == (1, ())
    assert grade(only(systolic=122), fever="infection").grade == 0


def test_a_vasopressor_given_for_another_cause_does_not_count() -> None:
    assert grade(signs("38.4", vasopressors=("norepinephrine",)), hypotension="septic shock").grade == 1


# --- waiver, masking, window ------------------------------------------------------------------------


def test_under_the_waiver_pressure_and_oxygen_grade_alone() -> None:
    grading = grade(only(systolic=84, spo2=96, oxygen=ROOM_AIR), WAIVED)
    assert (grading.grade, grading.waived, grading.source) == (2, True, WAIVER)
    assert grade(signs("36.8"), WAIVED).grade == 0


@pytest.mark.parametrize(
    "normal",
    [
        {"hypotension": False, "systolic": 84},
        {"hypoxia": False, "spo2": 85},
        {"oxygen": oxygen("mechanical_ventilation", reason="procedure")},
        {"oxygen": oxygen("cpap", reason="baseline")},
    ],
)
def test_under_the_waiver_a_normal_axis_is_zero(normal: dict[str, Any]) -> None:
    grading = grade(signs(None, **normal), WAIVED)
    assert (grading.grade, grading.criterion) == (0, False)


@pytest.mark.parametrize(
    ("unknown", "missing"),
    [
        ({"spo2": None}, ("spo2",)),
        ({"oxygen": None}, ("oxygen",)),
        ({"spo2": None, "oxygen": None}, ("spo2", "oxygen")),
        ({"spo2": None, "oxygen": oxygen("cpap", reason="baseline")}, ("spo2",)),
        ({"systolic": None}, ("systolic",)),
    ],
)
def test_under_the_waiver_an_unknown_axis_is_neither_zero_nor_one(
    unknown: dict[str, Any], missing: tuple[str, ...]
) -> None:
    grading = grade(signs(None, **unknown), WAIVED)
    assert (grading.at_least, grading.missing, grading.cannot_grade) == (0, missing, True)


def test_under_the_waiver_nothing_known_cannot_be_graded() -> None:
    grading = grade(only("36.8"), WAIVED)
    assert grading.cannot_grade
    assert grading.missing == ("systolic", "spo2", "oxygen")
    at_least = grade(only(systolic=84), WAIVED)
    assert (at_least.at_least, at_least.missing) == (2, ("spo2", "oxygen"))


def test_grade_four_stands_without_a_temperature_once_a_fever_is_on_record() -> None:
    worst = only(vasopressors=("norepinephrine", "epinephrine"))
    assert grade(worst, FEVER_BEFORE).grade == 4
    assert grade(only(oxygen=oxygen("bipap")), FEVER_BEFORE).grade == 4
    assert grade(worst).cannot_grade
    assert grade(only(vasopressors=("norepinephrine",)), FEVER_BEFORE).cannot_grade


def test_unwell_without_fever_asks_for_a_physician() -> None:
    for abnormal in ({"systolic": 84}, {"spo2": 88}, {"hypotension": True}, {"oxygen": oxygen("facemask")}):
        grading = grade(signs("37.1", **abnormal))
        assert (grading.grade, grading.review, grading.source) == (0, True, MASKING)
        assert grading.because[-1].startswith("possible masked CRS")


def test_unwell_after_the_risk_window_is_not_masked_crs() -> None:
    assert grade(signs("37.1", systolic=84), hours=48).review
    assert not grade(signs("37.1", systolic=84), hours=49).review
    assert grade(signs("37.1", systolic=84), hours=None).review


def test_unwell_without_a_temperature_asks_for_a_physician() -> None:
    grading = grade(only(systolic=84))
    assert (grading.cannot_grade, grading.review) == (True, True)


def test_a_drug_that_hides_fever_asks_for_a_physician_until_a_fever_is_on_record() -> None:
    assert grade(signs("37.1"), EventSoFar(masked=True)).review
    assert grade(only(), EventSoFar(masked=True)).review
    assert not grade(signs("37.1"), EventSoFar(masked=True, fever_on_record=True)).review
    assert not grade(signs("37.1"), EventSoFar(masked=True), hours=49).review


def test_death() -> None:
    grading = grade(only(died_of=Toxicity.CRS))
    assert (grading.grade, grading.criterion, grading.source) == (5, True, TABLE)
    assert grade(only(died_of=Toxicity.ICANS)).cannot_grade


def test_only_vital_signs_can_be_graded() -> None:
    with pytest.raises(ValueError, match="vital signs"):
        crs.grade(dose(), NEW, CRS, None)


# --- properties -------------------------------------------------------------------------------------

DEVICE_ORDER = [
    OxygenDevice.ROOM_AIR,
    OxygenDevice.NASAL_CANNULA,
    OxygenDevice.FACEMASK,
    OxygenDevice.CPAP,
]
temperatures = st.none() | st.decimals("35", "42", places=1)
numbers = st.none() | st.integers(40, 200)
judged = st.none() | st.booleans()


@st.composite
def any_signs(draw: st.DrawFn) -> VitalSigns:
    device = draw(st.none() | st.sampled_from(OxygenDevice))
    flow = draw(st.none() | st.integers(1, 15).map(Decimal))
    pressors = draw(st.lists(st.sampled_from(["norepinephrine", "epinephrine", "vasopressin"]), unique=True))
    temp = draw(temperatures)
    return only(
        None if temp is None else str(temp),
        systolic=draw(numbers),
        spo2=draw(st.none() | st.integers(70, 100)),
        hypotension=draw(judged),
        hypoxia=draw(judged),
        oxygen=None if device is None else Oxygen(device, flow),
        vasopressors=tuple(pressors),
    )


states = st.sampled_from([NEW, WAIVED, FEVER_BEFORE, EventSoFar(masked=True)])


@given(any_signs(), states, st.integers(1, 60))
def test_a_lower_pressure_never_lowers_the_grade(vitals: VitalSigns, state: EventSoFar, fall: int) -> None:
    if vitals.systolic is None:
        return
    worse = but(vitals, systolic=vitals.systolic - fall)
    assert grade(worse, state).at_least >= grade(vitals, state).at_least


@given(any_signs(), states, st.integers(1, 30))
def test_a_lower_saturation_never_lowers_the_grade(vitals: VitalSigns, state: EventSoFar, fall: int) -> None:
    if vitals.spo2 is None:
        return
    worse = but(vitals, spo2=vitals.spo2 - fall)
    assert grade(worse, state).at_least >= grade(vitals, state).at_least


@given(any_signs(), states, st.integers(1, 40))
def test_a_higher_temperature_never_lowers_the_grade(
    vitals: VitalSigns, state: EventSoFar, rise: int
) -> None:
    if vitals.temperature is None:
        return
    hotter = replace(vitals.temperature, value=vitals.temperature.value + rise)
    assert grade(but(vitals, temperature=hotter), state).at_least >= grade(vitals, state).at_least


@given(any_signs(), states)
def test_more_support_never_lowers_the_grade(vitals: VitalSigns, state: EventSoFar) -> None:
    grades = [
        grade(but(vitals, oxygen=Oxygen(device, Decimal(2)), spo2=97), state).at_least
        for device in DEVICE_ORDER
    ]
    assert grades == sorted(grades)
    pressors = [(), ("vasopressin",), ("norepinephrine", "vasopressin"), ("norepinephrine", "epinephrine")]
    by_pressors = [grade(but(vitals, vasopressors=names, systolic=80), state).at_least for names in pressors]
    assert by_pressors == sorted(by_pressors)


@given(any_signs(), states, st.sampled_from(["temperature", "systolic", "spo2", "oxygen"]))
def test_unknown_is_never_read_as_normal(vitals: VitalSigns, state: EventSoFar, name: str) -> None:
    """A grade that is certain without a value holds whatever the value turns out to be."""
    if name == "temperature" and state.waived:
        return  # the waiver is the one case in which the consensus does without it
    without = grade(but(vitals, **{name: None}), state)
    if without.grade is not None:
        assert grade(vitals, state).at_least <= without.grade


@given(any_signs(), states)
def test_a_grading_always_says_why_and_on_whose_authority(vitals: VitalSigns, state: EventSoFar) -> None:
    grading = grade(vitals, state)
    assert grading.because
    assert grading.source is not None
    assert grading.cannot_grade <= bool(grading.missing)
    assert grading.review <= (grading.source is MASKING)


def test_a_grading_carries_the_time_and_the_key_of_its_entry() -> None:
    entry = reading(20, signs("38.4"), ref="row-1")
    grading = crs.grade(entry, NEW, CRS, Decimal(20))
    assert (grading.at, grading.ref) == (entry.at, "row-1")
