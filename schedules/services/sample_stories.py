"""What happened to each invented patient of the sample center, in hours before now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from protocols.rules.values import (
    Consciousness,
    IceScore,
    InterventionKind,
    Oxygen,
    OxygenDevice,
    Temperature,
    Toxicity,
    VitalSigns,
)
from schedules.services.story_document import Act

Told = Callable[[datetime], Sequence[Act]]


@dataclass(frozen=True, slots=True)
class SampleStory:
    """One invented patient: who, on what, and the acts relative to now."""

    mrn: str
    family_name: str
    given_name: str
    born: str
    sex: str
    caregiver: str
    relation: str
    caregiver_phone: str
    weight_kg: Decimal
    regimen: str
    schedule: str
    acts: Told
    allergies: str = ""
    allergy_status: str = "none_known"


def reading(
    now: datetime,
    ago: float,
    temperature: str,
    pressure: str,
    spo2: int | None,
    *,
    pulse: int = 84,
    ice: IceScore | None = None,
    by: str = "nurse",
) -> Act:
    """A whole set of vitals so many hours ago: °C, mmHg as 118/70, percent."""
    systolic, diastolic = (int(part) for part in pressure.split("/"))
    at = now - timedelta(hours=ago)
    return Act(
        at=at,
        recorded_at=at,
        kind="vitals",
        by=by,
        line=0,
        vitals=VitalSigns(
            temperature=Temperature(Decimal(temperature)),
            systolic=systolic,
            diastolic=diastolic,
            heart_rate=pulse,
            respiratory_rate=16,
            spo2=spo2,
            oxygen=Oxygen(OxygenDevice.ROOM_AIR),
            ice=ice or IceScore(total=10),
            consciousness=Consciousness.ALERT,
        ),
        reason="sample story",
    )


def act(now: datetime, ago: float, kind: str, by: str = "nurse", **facts: object) -> Act:
    at = now - timedelta(hours=ago)
    return Act(at=at, recorded_at=at, kind=kind, by=by, line=0, reason="sample story", **facts)  # type: ignore[arg-type]


def dose(now: datetime, ago: float, name: str) -> list[Act]:
    """Premedication an hour before, then the dose."""
    return [
        act(now, ago + 1.2, "gave", gave=(InterventionKind.PREMEDICATION,)),
        act(now, ago, "dose", dose=name),
    ]


def quiet(now: datetime, first: float, last: float, every: float = 8.0) -> list[Act]:
    """Checks done in time with nothing found, from ``first`` to ``last`` hours ago."""
    acts, ago, turn = [], first, 0
    while ago >= last:
        temperature = ("36.6", "36.8", "37.0", "36.7")[turn % 4]
        acts.append(reading(now, ago, temperature, ("124/76", "118/72", "127/78")[turn % 3], 97))
        ago -= every
        turn += 1
    return acts


def grade_2(now: datetime) -> Sequence[Act]:
    return [
        reading(now, 101, "36.7", "126/74", 98),
        *dose(now, 100, "sud1"),
        *quiet(now, 92.1, 52),
        *dose(now, 28, "sud2"),
        *quiet(now, 20.1, 4),
        reading(now, 0.7, "38.4", "112/66", 96, pulse=104),
        act(now, 0.62, "acknowledge", which="all"),
        act(now, 0.6, "step", which="come_in"),
        act(now, 0.57, "gave", gave=(InterventionKind.ACETAMINOPHEN,), dose_mg=Decimal(650)),
        act(now, 0.55, "confirm", "physician", toxicity=Toxicity.CRS, grade=1),
        reading(now, 0.2, "38.6", "84/52", 94, pulse=118),
        act(now, 0.15, "step", which="hold_drug"),
        act(now, 0.14, "step", which="monitor"),
    ]


def ice_of_7(now: datetime) -> Sequence[Act]:
    lost = IceScore(
        year=True,
        month=True,
        city=True,
        hospital=True,
        objects=2,
        command=True,
        sentence=False,
        attention=False,
    )
    return [
        reading(now, 53, "36.9", "131/80", 97),
        *dose(now, 52, "sud1"),
        *quiet(now, 44.2, 4),
        reading(now, 0.1, "37.2", "131/80", 97, ice=lost),
    ]


def overdue(now: datetime) -> Sequence[Act]:
    # Checks at 8, 16 and 24 h are done; the one at 32 h fell due 70 minutes ago.
    return [
        reading(now, 34, "36.6", "122/76", 98),
        *dose(now, 33.17, "sud1"),
        *quiet(now, 25.3, 9),
    ]


def due_today(now: datetime) -> Sequence[Act]:
    # Step-up dose 1 was three days ago, so step-up dose 2 is planned for today.
    return [
        reading(now, 73, "36.6", "134/82", 98),
        *dose(now, 72, "sud1"),
        *quiet(now, 64.2, 20),
        reading(now, 0.5, "36.7", "134/82", 98),
    ]


def pocket(now: datetime) -> Sequence[Act]:
    return [
        reading(now, 31, "36.9", "119/72", 97),
        *dose(now, 30, "sud1"),
        *quiet(now, 22.2, 5),
        reading(now, 0.3, "38.2", "117/70", 97, pulse=98, by="patient"),
        act(now, 0.25, "gave", "patient", gave=(InterventionKind.POCKET_DEXAMETHASONE,), dose_mg=Decimal(20)),
    ]


def maintenance(now: datetime) -> Sequence[Act]:
    return [
        reading(now, 480, "36.5", "141/79", 96),
        *dose(now, 479, "sud1"),
        *quiet(now, 471.2, 431),
        *dose(now, 407, "sud2"),
        *quiet(now, 399.2, 359),
        *dose(now, 335, "tx1"),
        *quiet(now, 327.2, 287),
        *dose(now, 167, "txw"),
        *quiet(now, 159.2, 119),
    ]


def resolved(now: datetime) -> Sequence[Act]:
    return [
        reading(now, 217, "36.8", "121/74", 98),
        *dose(now, 216, "sud1"),
        *quiet(now, 208.2, 192),
        reading(now, 188, "38.3", "116/70", 97, pulse=101),
        act(now, 187.9, "acknowledge", which="all"),
        act(now, 187.8, "gave", gave=(InterventionKind.ACETAMINOPHEN,), dose_mg=Decimal(650)),
        act(now, 187.5, "confirm", "physician", toxicity=Toxicity.CRS, grade=1),
        reading(now, 184, "37.6", "118/72", 97),
        *quiet(now, 176.1, 152),
        act(now, 150, "close", "physician", toxicity=Toxicity.CRS),
        *dose(now, 144, "sud2"),
        *quiet(now, 136.2, 96),
    ]


def _over_since_yesterday(now: datetime, pressure: str) -> Sequence[Act]:
    """A fever after step-up dose 1, over within the hour, closed when the protocol's hours had passed."""
    return [
        reading(now, 49, "36.7", "124/76", 98),
        *dose(now, 48, "sud1"),
        reading(now, 44, "38.5", pressure, 97, pulse=106),
        act(now, 43.95, "acknowledge", which="all"),
        act(now, 43.9, "gave", gave=(InterventionKind.ACETAMINOPHEN,), dose_mg=Decimal(650)),
        reading(now, 43.8, "37.4", "118/72", 97),
        *quiet(now, 40.1, 0.05),
        act(now, 15, "close", "physician", toxicity=Toxicity.CRS),
    ]


def undecided(now: datetime) -> Sequence[Act]:
    # Step-up dose 2 is planned for tomorrow; nobody has decided about it.
    return _over_since_yesterday(now, "122/74")


def decided(now: datetime) -> Sequence[Act]:
    # Grade 2: the record asks for premedication and hours in hospital after the dose of tomorrow.
    acts = _over_since_yesterday(now, "84/52")
    return [*acts, act(now, 14, "decide", "physician", toxicity=Toxicity.CRS)]


def settled(now: datetime) -> Sequence[Act]:
    return [
        reading(now, 6.5, "36.8", "127/75", 98),
        *dose(now, 5, "sud1"),
        reading(now, 1.4, "36.8", "127/75", 98),
    ]


def on_steroid(now: datetime) -> Sequence[Act]:
    """CRS of grade 2 that tocilizumab did not settle: dexamethasone on a clock, now in its taper."""
    return [
        reading(now, 61, "36.7", "128/76", 97),
        *dose(now, 60, "sud1"),
        *quiet(now, 52.2, 36),
        reading(now, 34, "38.7", "86/52", 95, pulse=116),
        act(now, 33.9, "acknowledge", which="all"),
        act(now, 33.88, "step", which="transport"),
        act(now, 33.86, "step", which="hold_drug"),
        act(now, 33.84, "gave", gave=(InterventionKind.ACETAMINOPHEN,), dose_mg=Decimal(650)),
        act(now, 33.82, "gave", gave=(InterventionKind.FLUIDS,)),
        act(now, 33.81, "step", which="monitor"),
        act(now, 33.8, "confirm", "physician", toxicity=Toxicity.CRS, grade=2),
        act(now, 33.7, "gave", gave=(InterventionKind.TOCILIZUMAB,), dose_mg=Decimal(624)),
        act(now, 33.5, "gave", gave=(InterventionKind.ANTIBIOTICS,)),
        act(now, 33.4, "step", which="admit"),
        reading(now, 30, "38.2", "96/58", 96, pulse=104),
        act(now, 29.6, "order", "physician", which="dexamethasone_12h"),
        act(now, 29.5, "gave", gave=(InterventionKind.DEXAMETHASONE,), dose_mg=Decimal(10)),
        reading(now, 22, "37.4", "112/68", 97),
        act(now, 17.5, "gave", gave=(InterventionKind.DEXAMETHASONE,), dose_mg=Decimal(10)),
        reading(now, 14, "36.9", "118/72", 97),
        reading(now, 6, "36.8", "121/74", 98),
        act(now, 5.5, "taper", "physician"),
        act(now, 5.4, "gave", gave=(InterventionKind.DEXAMETHASONE,), dose_mg=Decimal(4)),
        reading(now, 0.1, "36.8", "122/74", 98),
    ]


def masked(now: datetime) -> Sequence[Act]:
    """Dexamethasone from her pocket before any fever, then a low pressure."""
    return [
        reading(now, 25, "36.7", "128/78", 97),
        *dose(now, 24, "sud1"),
        *quiet(now, 16.2, 5),
        act(now, 0.6, "gave", "patient", gave=(InterventionKind.POCKET_DEXAMETHASONE,), dose_mg=Decimal(16)),
        act(now, 0.55, "acknowledge", which="all"),
        reading(now, 0.2, "36.9", "86/54", 96, pulse=112),
    ]


STORIES: tuple[SampleStory, ...] = (
    SampleStory(
        "TEST-00417", "SAMPLE", "Ruth", "1959-03-14", "female", "Tom SAMPLE", "husband", "555-0171",
        Decimal("72.4"), "teclistamab", "monotherapy", grade_2, allergies="penicillin (rash)",
    ),
    SampleStory(
        "TEST-00388", "MOCKUP", "Grace", "1955-01-30", "female", "Paul MOCKUP", "son", "555-0172",
        Decimal("61.0"), "talquetamab", "every_2_weeks", ice_of_7,
    ),
    SampleStory(
        "TEST-00402", "SPECIMEN", "Aiko", "1967-05-02", "female", "Ken SPECIMEN", "brother", "555-0173",
        Decimal("58.0"), "talquetamab", "every_2_weeks", overdue, allergy_status="not_recorded",
    ),
    SampleStory(
        "TEST-00421", "EXAMPLE", "Daniel", "1963-07-21", "male", "Eva EXAMPLE", "wife", "555-0174",
        Decimal("84.0"), "elranatamab", "standard", due_today,
    ),
    SampleStory(
        "TEST-00409", "PLACEHOLDER", "Omar", "1960-02-11", "male", "Lina PLACEHOLDER", "daughter", "555-0175",
        Decimal("79.5"), "elranatamab", "standard", pocket,
    ),
    SampleStory(
        "TEST-00371", "DEMO", "Peter", "1952-09-09", "male", "Ann DEMO", "wife", "555-0176",
        Decimal("84.2"), "teclistamab", "monotherapy", maintenance,
    ),
    SampleStory(
        "TEST-00395", "RESERVE", "Anna", "1958-12-01", "female", "Jon RESERVE", "husband", "555-0177",
        Decimal("66.0"), "elranatamab", "standard", resolved,
    ),
    SampleStory(
        "TEST-00431", "DUMMY", "Viktor", "1961-10-23", "male", "Nina DUMMY", "sister", "555-0179",
        Decimal("78.0"), "elranatamab", "standard", on_steroid,
    ),
    SampleStory(
        "TEST-00424", "FIXTURE", "Lena", "1957-04-18", "female", "Max FIXTURE", "son", "555-0178",
        Decimal("69.5"), "linvoseltamab", "standard", settled, allergies="latex (swelling)",
    ),
    SampleStory(
        "TEST-00437", "PATTERN", "Ines", "1961-10-03", "female", "Luis PATTERN", "husband", "555-0182",
        Decimal("63.0"), "teclistamab", "monotherapy", masked,
    ),
    SampleStory(
        "TEST-00433", "STANDIN", "Carl", "1961-08-27", "male", "Rosa STANDIN", "wife", "555-0181",
        Decimal("81.3"), "teclistamab", "monotherapy", undecided,
    ),
    SampleStory(
        "TEST-00436", "TESTCASE", "Maria", "1964-10-05", "female", "Leo TESTCASE", "husband", "555-0180",
        Decimal("63.8"), "teclistamab", "monotherapy", decided,
    ),
)  # fmt: skip
