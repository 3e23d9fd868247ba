"""The worked cases of grading and limits, and what a wrong case is told."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from protocols.library.standards import shipped_spec
from protocols.rules.spec import with_overrides
from protocols.rules.values import Axis, Consciousness, Oxygen, OxygenDevice, Seizure
from protocols.services import grading_cases
from protocols.services.case_types import CaseContext, CaseError
from protocols.services.validation import CaseResult, Subject, run_file
from tests.rules.builders import celsius

CASES = Path(__file__).parents[1] / "cases"
NOBODY = CaseContext()
ROOM_AIR = {"device": "room_air"}


def results() -> list[CaseResult]:
    return [
        result
        for name in ("crs", "icans", "limits")
        for result in run_file(CASES / f"{name}.yaml", Subject())
    ]


@pytest.mark.parametrize("result", results(), ids=lambda result: result.id)
def test_each_worked_case(result: CaseResult) -> None:
    assert result.passed, result.line
    assert result.source
    assert result.because or result.kind == "limits"


@pytest.mark.parametrize(
    ("given", "path", "what"),
    [
        ({"temperature": "38.4"}, ("temperature",), "must be a temperature with its unit"),
        ({"temperature": "38.4 K"}, ("temperature",), "must be a temperature with its unit"),
        ({"temperature": "38,4 C"}, ("temperature",), "must be a temperature with its unit"),
        ({"sistolic": "120"}, ("sistolic",), "is not a known key"),
        ({"systolic": "120 %"}, ("systolic",), "must be a whole number in mmHg"),
        ({"spo2": "97 mmHg"}, ("spo2",), "must be a whole number in %"),
        ({"heart_rate": "fast"}, ("heart_rate",), "must be a whole number in /min"),
        ({"oxygen": {"device": "mask"}}, ("oxygen", "device"), "should be 'room_air'"),
        ({"oxygen": {"flow_lpm": "2"}}, ("oxygen", "device"), "is missing"),
        ({"ice": "11"}, ("ice", "total"), "must be from 0 to 10, not 11"),
        ({"ice": {"objects": "4"}}, ("ice", "objects"), "less than or equal to 3"),
        ({"ice": {"day": "true"}}, ("ice", "day"), "is not a known key"),
        ({"consciousness": "asleep"}, ("consciousness",), "should be 'alert'"),
        ({"seizure": "tonic"}, ("seizure",), "should be 'none'"),
        ({"gave": "aspirin"}, ("gave",), "aspirin is not a known intervention"),
        ({"attributed_to": {"pulse": "cold"}}, ("attributed_to", "pulse", "[key]"), "should be 'fever'"),
        ({"died_of": "sepsis"}, ("died_of",), "should be 'crs' or 'icans'"),
        ({"at": "yesterday"}, ("at",), "must be a time with its offset, or hours like"),
        ({"at": "2026-04-06T09:30:00"}, ("at",), "must say its offset"),
    ],
)
def test_what_is_wrong_in_an_entry(given: dict[str, Any], path: tuple[str, ...], what: str) -> None:
    with pytest.raises(CaseError, match=what) as problem:
        grading_cases.run_crs(NOBODY, given)
    assert problem.value.path == ("given", *path)


def test_what_is_wrong_in_a_list_names_the_entry() -> None:
    with pytest.raises(CaseError) as problem:
        grading_cases.run_limits(NOBODY, ({"systolic": "120"}, {"systolic": "low"}))
    assert problem.value.path == ("given", 1, "systolic")


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ((), "needs at least one entry"),
        (({"at": "+20 h", "systolic": "120"}, {"at": "+3 h", "systolic": "90"}), "stand in time order"),
    ],
)
def test_what_is_wrong_with_a_list(given: Any, what: str) -> None:
    with pytest.raises(CaseError, match=what):
        grading_cases.run_icans(NOBODY, given)


def test_units_may_be_written_out() -> None:
    given = {"temperature": "38.4 °C", "systolic": "122 mmHg", "spo2": "97 %", "oxygen": ROOM_AIR}
    assert grading_cases.run_crs(NOBODY, given).got["grade"] == 1
    assert grading_cases.run_limits(NOBODY, {"heart_rate": "130 /min"}).got["findings"] == ("tachycardia",)


def test_a_vasopressor_called_none_is_none() -> None:
    given = {"temperature": "38.4 C", "systolic": "122", "spo2": "97", "oxygen": ROOM_AIR}
    assert grading_cases.run_crs(NOBODY, given | {"vasopressors": "none"}).got["grade"] == 1
    assert grading_cases.run_crs(NOBODY, given | {"vasopressors": ()}).got["grade"] == 1


def test_times_of_day_and_hours_since_the_dose_say_the_same() -> None:
    """The waiver ends with its event, a day after the first clear reading."""

    def last(times: tuple[str, str, str]) -> Any:
        fever, clear, low = times
        return grading_cases.run_crs(
            NOBODY,
            (
                {"at": fever, "temperature": "38.6 C", "gave": "tocilizumab"},
                {"at": clear, "temperature": "37.0 C"},
                {"at": low, "temperature": "37.0 C", "systolic": "84", "spo2": "97", "oxygen": ROOM_AIR},
            ),
        ).got

    assert last(("+20 h", "+22 h", "+45 h"))["grade"] == 2
    assert last(("+20 h", "+22 h", "+46 h"))["grade"] == 0
    day = "2026-04-0{}T0{}:00:00-04:00"
    assert last((day.format(7, 5), day.format(7, 7), day.format(8, 6)))["grade"] == 2
    assert last((day.format(7, 5), day.format(7, 7), day.format(8, 7)))["grade"] == 0


def test_a_protocol_judges_by_its_own_limits() -> None:
    changed = with_overrides(shipped_spec(), limits={"systolic": Decimal(100), "fever_c": Decimal("37.8")})
    context = replace(NOBODY, spec=changed)
    given = {"temperature": "38.4 C", "systolic": "95", "spo2": "97", "oxygen": ROOM_AIR}
    assert grading_cases.run_crs(context, given).got["grade"] == 2
    assert grading_cases.run_crs(NOBODY, given).got["grade"] == 1
    assert grading_cases.run_limits(context, given).got["findings"] == ("fever", "hypotension")


def test_a_reading_of_a_story() -> None:
    vitals, attributed = grading_cases.reading_of(
        {
            "temperature": "38.2 C",
            "systolic": "117",
            "spo2": "97",
            "ice": "10",
            "consciousness": "alert",
            "seizure": "brief",
            "oxygen": {"device": "nasal_cannula", "flow_lpm": "2.5"},
            "attributed_to": {"fever": "infection"},
        }
    )
    assert vitals.temperature == celsius("38.2")
    assert (vitals.systolic, vitals.spo2, vitals.heart_rate) == (117, 97, None)
    assert vitals.ice is not None
    assert vitals.ice.score == 10
    assert vitals.consciousness is Consciousness.ALERT
    assert vitals.seizure is Seizure.BRIEF
    assert vitals.oxygen == Oxygen(OxygenDevice.NASAL_CANNULA, Decimal("2.5"))
    assert attributed == ((Axis.FEVER, "infection"),)


@pytest.mark.parametrize("key", ["at", "gave", "dose"])
def test_a_reading_of_a_story_is_a_reading_only(key: str) -> None:
    with pytest.raises(CaseError, match="is not a known key") as problem:
        grading_cases.reading_of({key: "x"}, ("timeline", 3, "vitals"))
    assert problem.value.path == ("timeline", 3, "vitals", key)
