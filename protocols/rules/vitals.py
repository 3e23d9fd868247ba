"""Call parameters: which values of one set of vital signs somebody must act on, whatever the grade.

A limit looks at the number, and at what a clinician says or gives beside it: judged hypotension or hypoxia
and newly needed oxygen count too, whatever the number. An attribution, a waiver, a grade or a judgment that
all is well never silences a number, and a value that was not measured crosses no limit: it is the grading
that names what is missing.
"""

from __future__ import annotations

from decimal import Decimal

from protocols.rules.spec import CallParameters
from protocols.rules.values import (
    Baseline,
    Consciousness,
    Finding,
    IceScore,
    Motor,
    Oxygen,
    OxygenDevice,
    RaisedPressure,
    Seizure,
    Severity,
    VitalSigns,
)

CONFUSION = "confusion"
NO_BASELINE = Baseline()


def findings(vitals: VitalSigns, limits: CallParameters, baseline: Baseline | None) -> tuple[Finding, ...]:
    """What one set of vital signs asks for: ``fever``, ``hypotension``, ``hypoxia``, ``neurologic``,
    ``worsening`` (act now), ``tachycardia`` (look soon), worst first.

    Pressures in mmHg, saturation in percent, rate per minute. ``baseline`` is the patient's own, or the first
    reading of the timeline; without one a fall cannot be seen. Source: the center's call parameters.
    """
    before = baseline or NO_BASELINE
    crossed = (
        ("fever", Severity.ACT_NOW, _fever(vitals, limits)),
        ("hypotension", Severity.ACT_NOW, _hypotension(vitals, limits)),
        ("hypoxia", Severity.ACT_NOW, _hypoxia(vitals, limits)),
        ("neurologic", Severity.ACT_NOW, _neurologic(vitals, limits, before)),
        ("worsening", Severity.ACT_NOW, _fall(vitals, limits, before)),
        ("tachycardia", Severity.LOOK_SOON, _tachycardia(vitals, limits)),
    )
    mark = limits.provenance
    return tuple(
        [
            Finding(rule, severity, because, mark.source, mark.confirmed)
            for rule, severity, because in crossed
            if because
        ]
    )


def _fever(vitals: VitalSigns, limits: CallParameters) -> str:
    temperature = vitals.temperature
    if temperature is None or temperature.celsius < limits.fever_c:
        return ""
    return f"temperature {temperature.text} ({temperature.limit_text(limits.fever_c)} or more)"


def _hypotension(vitals: VitalSigns, limits: CallParameters) -> str:
    if vitals.systolic is not None and vitals.systolic < limits.systolic:
        return f"systolic {vitals.systolic} mmHg (under {limits.systolic})"
    return "hypotension by the clinician's judgment" if vitals.hypotension else ""


def _hypoxia(vitals: VitalSigns, limits: CallParameters) -> str:
    if vitals.spo2 is not None and vitals.spo2 < limits.spo2:
        return f"SpO2 {vitals.spo2} % (under {limits.spo2})"
    if vitals.hypoxia:
        return "hypoxia by the clinician's judgment"
    return "" if vitals.hypoxia is False else _new_oxygen(vitals.oxygen)


def _new_oxygen(oxygen: Oxygen | None) -> str:
    """Oxygen that is not worn at home and serves no procedure: somebody found it necessary."""
    if oxygen is None or oxygen.reason is not None or oxygen.device is OxygenDevice.ROOM_AIR:
        return ""
    if oxygen.device is OxygenDevice.UNAVAILABLE:
        return "oxygen needed and not to be had"
    return f"new oxygen by {oxygen.device.replace('_', ' ')}"


def _tachycardia(vitals: VitalSigns, limits: CallParameters) -> str:
    if vitals.heart_rate is None or vitals.heart_rate <= limits.heart_rate:
        return ""
    return f"heart rate {vitals.heart_rate}/min (over {limits.heart_rate})"


def _fall(vitals: VitalSigns, limits: CallParameters, baseline: Baseline) -> str:
    """A fall that stays above the limit: a usual 165 at 104 is not under 90, and is not well either."""
    if vitals.systolic is None or baseline.systolic is None:
        return ""
    fall = baseline.systolic - vitals.systolic
    by_percent = baseline.systolic * limits.systolic_fall_percent / Decimal(100)
    if fall < limits.systolic_fall_mmhg and fall < by_percent:
        return ""
    limit = f"{limits.systolic_fall_mmhg} mmHg or {limits.systolic_fall_percent} % or more"
    return f"systolic {vitals.systolic} mmHg, {fall} below {baseline.systolic} ({limit})"


def _neurologic(vitals: VitalSigns, limits: CallParameters, baseline: Baseline) -> str:
    signs = (
        _ice(vitals.ice, limits.ice_score if baseline.ice is None else baseline.ice, limits),
        _named("consciousness", vitals.consciousness, Consciousness.ALERT),
        _named("seizure", vitals.seizure, Seizure.NONE),
        _named("motor sign", vitals.motor, Motor.NONE),
        _named("raised pressure", vitals.raised_pressure, RaisedPressure.NONE),
        CONFUSION if CONFUSION in vitals.symptoms else "",
    )
    return ", ".join(sign for sign in signs if sign)


def _named(name: str, value: str | None, normal: str) -> str:
    return "" if value is None or value == normal else f"{name}: {value.replace('_', ' ')}"


def _ice(ice: IceScore | None, usual: int, limits: CallParameters) -> str:
    """A whole test is compared with what is usual; of a part only the points already lost are known."""
    if ice is None:
        return ""
    if ice.score is not None:
        return f"ICE {ice.score} (under {usual})" if ice.score < usual else ""
    if ice.lost_points <= limits.ice_score - usual:
        return ""
    return "ICE incomplete, failed: " + ", ".join(ice.failed_items)
