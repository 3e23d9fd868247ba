"""Short ways to write a timeline and a specification in a test.

The specifications here carry the published thresholds typed a second time, by hand: a slip in the library's
documents shows as a difference between the two.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from protocols.library.standards import shipped_spec
from protocols.rules.spec import (
    CallParameters,
    CenterSpec,
    CheckRule,
    CrsSpec,
    DoseRules,
    EscalationLadder,
    IcansSpec,
    IceBand,
    PlausibleRange,
    ProtocolSpec,
    Rung,
)
from protocols.rules.values import (
    Consciousness,
    Entry,
    EntryKind,
    IceScore,
    InterventionKind,
    Motor,
    Oxygen,
    OxygenDevice,
    OxygenReason,
    Provenance,
    RaisedPressure,
    Seizure,
    Source,
    Status,
    Temperature,
    TemperatureUnit,
    VitalSigns,
)

DOSE_TIME = datetime(2026, 4, 6, 9, 30, tzinfo=UTC)
TABLE = Source("table", "Grading table")
MASKING = Source("masking", "Possibly masked")
WAIVER = Source("waiver", "Fever waiver")
OURS = Provenance("limits", Status.DESIGN, Source("design", "Center default"), confirmed_by="SAMPLE")

RECALLED = Provenance("recalled", Status.RECALLED, TABLE)

CRS = CrsSpec(
    fever_c=Decimal("38.0"),
    hypotension_systolic=Decimal(90),
    hypoxia_spo2=Decimal(90),
    low_flow_max_lpm=Decimal(6),
    device_grade={
        OxygenDevice.ROOM_AIR: 0,
        OxygenDevice.NASAL_CANNULA: 2,
        OxygenDevice.BLOW_BY: 2,
        OxygenDevice.HIGH_FLOW_NASAL_CANNULA: 3,
        OxygenDevice.FACEMASK: 3,
        OxygenDevice.NON_REBREATHER: 3,
        OxygenDevice.VENTURI: 3,
        OxygenDevice.CPAP: 4,
        OxygenDevice.BIPAP: 4,
        OxygenDevice.MECHANICAL_VENTILATION: 4,
    },
    cannula_over_low_flow_grade=3,
    fever_grade=1,
    hypotension_grade=2,
    oxygen_needed_grade=2,
    one_vasopressor_grade=3,
    several_vasopressors_grade=4,
    uncounted_vasopressors=("vasopressin",),
    death_grade=5,
    masking_drugs=frozenset(
        {
            InterventionKind.ACETAMINOPHEN,
            InterventionKind.NSAID,
            InterventionKind.DEXAMETHASONE,
            InterventionKind.POCKET_DEXAMETHASONE,
            InterventionKind.METHYLPREDNISOLONE,
            InterventionKind.TOCILIZUMAB,
            InterventionKind.SILTUXIMAB,
            InterventionKind.ANAKINRA,
        }
    ),
    risk_window_hours=Decimal(48),
    event_free_hours=Decimal(24),
    source=TABLE,
    fever_source=TABLE,
    waiver_source=WAIVER,
    masking_source=MASKING,
    lone_vasopressin=RECALLED,
    other_reason=RECALLED,
)

ICANS = IcansSpec(
    ice_maximum=10,
    ice_bands=(IceBand(10, 10, 0), IceBand(7, 9, 1), IceBand(3, 6, 2), IceBand(0, 2, 3)),
    consciousness={
        Consciousness.ALERT: 0,
        Consciousness.AWAKENS_SPONTANEOUSLY: 1,
        Consciousness.AWAKENS_TO_VOICE: 2,
        Consciousness.AWAKENS_TO_TOUCH: 3,
        Consciousness.UNAROUSABLE: 4,
    },
    seizure={
        Seizure.NONE: 0,
        Seizure.BRIEF: 3,
        Seizure.NONCONVULSIVE_RESOLVED: 3,
        Seizure.PROLONGED: 4,
        Seizure.REPETITIVE: 4,
    },
    motor={Motor.NONE: 0, Motor.TREMOR: 0, Motor.FOCAL_WEAKNESS: 4},
    raised_pressure={
        RaisedPressure.NONE: 0,
        RaisedPressure.FOCAL_EDEMA: 3,
        RaisedPressure.DIFFUSE_EDEMA: 4,
        RaisedPressure.POSTURING: 4,
        RaisedPressure.SIXTH_NERVE_PALSY: 4,
        RaisedPressure.PAPILLEDEMA: 4,
        RaisedPressure.CUSHING_TRIAD: 4,
        RaisedPressure.HEMORRHAGE: 0,
    },
    death_grade=5,
    event_free_hours=Decimal(24),
    source=TABLE,
    ice_source=Source("ice", "ICE table"),
)

LIMITS = CallParameters(
    fever_c=Decimal("38.0"),
    systolic=Decimal(90),
    spo2=Decimal(92),
    heart_rate=Decimal(120),
    systolic_fall_mmhg=Decimal(30),
    systolic_fall_percent=Decimal(20),
    ice_score=10,
    provenance=OURS,
)

LADDER = EscalationLadder(
    rungs=(Rung("nurse", 0), Rung("physician", 15), Rung("director", 30)),
    repeat_minutes=15,
    recheck_minutes=15,
    provenance=OURS,
)

CENTER = CenterSpec(
    limits=LIMITS,
    checks=CheckRule(
        every_hours=Decimal(8), window_hours=Decimal(48), early_minutes=120, grace_minutes=60, provenance=OURS
    ),
    ladder=LADDER,
    missed_check_ladder=replace(LADDER, rungs=(Rung("nurse", 60), Rung("physician", 120))),
    plans=(),
    call_back_signs=(),
    dose_rules=DoseRules(
        weight_max_age_days=7, weight_change_percent=Decimal(10), rounding_mg={}, provenance=OURS
    ),
    attest_button=True,
    masked_hours=Decimal(6),
    plausible=(
        PlausibleRange("temperature", "C", Decimal(30), Decimal(45), Decimal(34), Decimal(42), OURS),
        PlausibleRange("weight", "kg", Decimal(20), Decimal(300), Decimal(40), Decimal(150), OURS),
        PlausibleRange("systolic", "mmHg", Decimal(40), Decimal(280), Decimal(70), Decimal(220), OURS),
    ),
    care=shipped_spec().center.care,
)

SPEC = ProtocolSpec(
    slug="sample", version="1", regimen=None, schedule=None, crs=CRS, icans=ICANS, center=CENTER
)


# --- timelines --------------------------------------------------------------------------------------


def after(hours: float) -> datetime:
    """This many hours after the dose of every sample timeline."""
    return DOSE_TIME + timedelta(hours=hours)


def celsius(value: str) -> Temperature:
    return Temperature(Decimal(value))


def fahrenheit(value: str) -> Temperature:
    return Temperature(Decimal(value), TemperatureUnit.FAHRENHEIT)


def oxygen(device: str, flow: str | None = None, reason: str | None = None) -> Oxygen:
    return Oxygen(
        OxygenDevice(device),
        None if flow is None else Decimal(flow),
        None if reason is None else OxygenReason(reason),
    )


ROOM_AIR = oxygen("room_air")
ICE_10 = IceScore(total=10)


def signs(temp: str | None = None, **given: Any) -> VitalSigns:
    """Vital signs of a patient who is well on room air, except for what is given."""
    well: dict[str, Any] = {
        "systolic": 122,
        "heart_rate": 84,
        "spo2": 97,
        "oxygen": ROOM_AIR,
        "ice": ICE_10,
        "consciousness": Consciousness.ALERT,
    }
    return VitalSigns(temperature=None if temp is None else celsius(temp), **(well | given))


def only(temp: str | None = None, **given: Any) -> VitalSigns:
    """Vital signs of which nothing was measured except what is given."""
    return VitalSigns(temperature=None if temp is None else celsius(temp), **given)


def but(vitals: VitalSigns, **changed: Any) -> VitalSigns:
    """The same vital signs with some values changed."""
    return replace(vitals, **changed)


def ice(**items: Any) -> IceScore:
    """A whole ICE test with every point, except for the items given."""
    whole: dict[str, Any] = dict.fromkeys(IceScore.ITEMS, True) | {"objects": 3}
    return IceScore(**(whole | items))


def reading(hours: float | None, vitals: VitalSigns, ref: str = "", **more: Any) -> Entry:
    at = None if hours is None else after(hours) + more.pop("at_offset", timedelta())
    return Entry(EntryKind.VITALS, at, vitals=vitals, ref=ref or f"vitals@{hours}", **more)


def gave(hours: float | None, what: str, ref: str = "", order: int = 0) -> Entry:
    at = None if hours is None else after(hours)
    given = InterventionKind(what)
    return Entry(EntryKind.INTERVENTION, at, intervention=given, ref=ref or f"{what}@{hours}", order=order)


def dose(hours: float = 0, name: str = "sud1") -> Entry:
    return Entry(EntryKind.DOSE, after(hours), dose=name, ref=f"{name}@{hours}")
