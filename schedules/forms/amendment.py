"""A stored reading as the answers that a form opens with."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from dosing_portal.kernel.models import Center
from patients.models import Observation
from protocols.rules.values import IceScore, Motor, RaisedPressure, Seizure
from schedules.forms import vocabulary as words


def answers_of(row: Observation, center: Center) -> dict[str, Any]:
    """What somebody would have typed to store this reading."""
    plain = ("systolic", "diastolic", "spo2", "heart_rate", "respiratory_rate", "location")
    return {
        **{name: getattr(row, name) for name in plain},
        **_temperature(row, center),
        **{f"{name}_missing": reason for name, reason in row.not_measured.items()},
        **_oxygen(row),
        **_vasopressors(row.vasopressors),
        **_ice(row.ice()),
        **neurologic_answers(row, center),
    }


def neurologic_answers(row: Observation, center: Center) -> dict[str, Any]:
    """The signs beside an ICE test, and when they were seen."""
    local = center.local(row.taken_at)
    return {
        **_neurologic(row),
        "consciousness": row.consciousness,
        "raised_pressure": "" if row.raised_pressure == RaisedPressure.NONE else row.raised_pressure,
        "symptoms": list(row.symptoms),
        "when": words.EARLIER,
        "taken_time": local.time(),
        "taken_day": local.date(),
    }


def _temperature(row: Observation, center: Center) -> dict[str, Any]:
    """As typed; in the other unit, with the answer that was given about it."""
    if row.temperature is None:
        return {}
    typed = shown(row.temperature)
    same = row.temperature_unit == center.temperature_unit
    return {
        "temperature": typed,
        "confirmed": [] if same else [f"temperature={typed}={row.temperature_unit}"],
    }


def shown(value: Decimal) -> Decimal:
    """Without the zeros that the column added: 38.4, not 38.40."""
    return Decimal(f"{value.normalize():f}")


def _oxygen(row: Observation) -> dict[str, Any]:
    on_bar = {value for value, _ in words.OXYGEN}
    more = bool(row.oxygen_device) and row.oxygen_device not in on_bar
    return {
        "oxygen": words.MORE if more else row.oxygen_device,
        "oxygen_more": row.oxygen_device if more else "",
        "oxygen_flow": None if row.oxygen_flow_lpm is None else shown(row.oxygen_flow_lpm),
        "oxygen_reason": row.oxygen_reason,
    }


def _vasopressors(names: list[str]) -> dict[str, Any]:
    known = {value for value, _ in words.PRESSOR_NAMES}
    counted = words.ONE if len(names) == 1 else words.SEVERAL
    return {
        "vasopressors": counted if names else "",
        "pressor_names": [name for name in names if name in known],
    }


def _ice(test: IceScore | None) -> dict[str, Any]:
    """Only a whole test can be shown as taps; a total read elsewhere stays as it is."""
    if test is None or test.total is not None or test.missing_items:
        return {"ice": [], "ice_none": False}
    correct = [name for name in IceScore.ITEMS if name != "objects" and getattr(test, name)]
    correct += words.ICE_OBJECTS[: test.objects or 0]
    return {"ice": correct, "ice_none": not correct}


def _neurologic(row: Observation) -> dict[str, Any]:
    weak = row.motor == Motor.FOCAL_WEAKNESS
    if row.seizure != Seizure.NONE:
        return {"neurologic": words.SEIZURE, "seizure_kind": row.seizure, "also_weakness": weak}
    return {"neurologic": words.WEAKNESS if weak else ""}
