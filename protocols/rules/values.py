"""Frozen values that every clinical rule takes and returns.

Nothing here knows Django, a database or the wall clock. A value that was not recorded is ``None``:
unknown is a state of its own and is never read as normal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import ClassVar


class Severity(IntEnum):
    """How soon somebody must look. Ordered: combining findings is ``max``."""

    NONE = 0
    LOOK_SOON = 1
    ACT_NOW = 2


class Toxicity(StrEnum):
    """The two toxicities that carry an ASTCT grade."""

    CRS = "crs"
    ICANS = "icans"


class Status(StrEnum):
    """How far a block of the published record can be trusted (see the library's own notes)."""

    VERIFIED = "verified"
    DERIVED = "derived"
    VERIFIED_PRIOR_REVISION = "verified_prior_revision"
    SINGLE_SOURCE = "single_source"
    RECALLED = "recalled"
    NOT_FOUND = "not_found"
    DESIGN = "design"  # proposed by us, published by nobody: live once a center has adopted it


LIVE_STATUSES = frozenset({Status.VERIFIED, Status.DERIVED})


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was read: document, section, revision, address or document name."""

    id: str
    title: str
    section: str = ""
    revision: str = ""
    url: str = ""

    def __str__(self) -> str:
        parts = (self.title, self.section, self.revision)
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Provenance:
    """The trust mark of one block of the record.

    ``confirmed_by`` names the pharmacist who confirmed the block for this center against the current
    prescribing information; without it only verified and derived blocks are live.
    """

    block: str
    status: Status
    source: Source | None
    verified_by: tuple[Source, ...] = ()
    notes: str = ""
    confirmed_by: str = ""

    @property
    def confirmed(self) -> bool:
        """True when an answer resting on this block may drive a recommendation."""
        return self.status in LIVE_STATUSES or bool(self.confirmed_by)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a rule found, with why and on whose authority."""

    rule: str
    severity: Severity
    because: str
    source: Source | None
    confirmed: bool = True
    missing: tuple[str, ...] = ()


def elapsed_hours(start: datetime, end: datetime) -> Decimal:
    """Hours that really passed between two aware times.

    Subtracting two times of one zone counts wall-clock hours and is wrong on the night of a clock change,
    so both go through UTC.
    """
    passed = end.astimezone(UTC) - start.astimezone(UTC)
    return Decimal(passed.days * 86400 + passed.seconds) / 3600


# --- what was measured ------------------------------------------------------------------------------


class TemperatureUnit(StrEnum):
    CELSIUS = "C"
    FAHRENHEIT = "F"


def _one_decimal(value: Decimal) -> str:
    whole, _, decimals = f"{value:f}".partition(".")
    return f"{whole}.{decimals or '0'}"


@dataclass(frozen=True, slots=True)
class Temperature:
    """A temperature as it was typed. Compared in exact decimals: 100.4 °F is 38.0 °C, 100.3 °F is not."""

    value: Decimal
    unit: TemperatureUnit = TemperatureUnit.CELSIUS

    @property
    def celsius(self) -> Decimal:
        if self.unit is TemperatureUnit.CELSIUS:
            return self.value
        return (self.value - 32) * 5 / 9

    @property
    def fahrenheit(self) -> Decimal:
        if self.unit is TemperatureUnit.FAHRENHEIT:
            return self.value
        return self.value * 9 / 5 + 32

    @property
    def text(self) -> str:
        """'38.4 °C' as typed; a temperature keeps one decimal at least."""
        return f"{_one_decimal(self.value)} °{self.unit}"

    def limit_text(self, limit_c: Decimal) -> str:
        """A limit given in Celsius, in the unit that was typed, so that both read on one scale."""
        if self.unit is TemperatureUnit.CELSIUS:
            return f"{_one_decimal(limit_c)} °C"
        return f"{_one_decimal(Temperature(limit_c).fahrenheit.normalize())} °F"


class OxygenDevice(StrEnum):
    ROOM_AIR = "room_air"
    NASAL_CANNULA = "nasal_cannula"
    HIGH_FLOW_NASAL_CANNULA = "high_flow_nasal_cannula"
    BLOW_BY = "blow_by"
    FACEMASK = "facemask"
    NON_REBREATHER = "non_rebreather"
    VENTURI = "venturi"
    CPAP = "cpap"
    BIPAP = "bipap"
    MECHANICAL_VENTILATION = "mechanical_ventilation"
    UNAVAILABLE = "unavailable"  # needed, cannot be had


class OxygenReason(StrEnum):
    """Why a device is in use when it is not for hypoxia of this event."""

    AIRWAY_PROTECTION = "airway_protection"
    PROCEDURE = "procedure"
    BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class Oxygen:
    device: OxygenDevice
    flow_lpm: Decimal | None = None
    reason: OxygenReason | None = None


@dataclass(frozen=True, slots=True)
class IceScore:
    """The ICE test, item by item or as a total read elsewhere. Items left out were not tested.

    ``score`` is ``None`` until every item was tested: an incomplete ICE is not a score.
    """

    year: bool | None = None
    month: bool | None = None
    city: bool | None = None
    hospital: bool | None = None
    objects: int | None = None
    command: bool | None = None
    sentence: bool | None = None
    attention: bool | None = None
    total: int | None = None

    ITEMS: ClassVar = ("year", "month", "city", "hospital", "objects", "command", "sentence", "attention")
    OBJECTS: ClassVar = 3  # named one by one, a point each; every other item is one point

    @property
    def missing_items(self) -> tuple[str, ...]:
        if self.total is not None:
            return ()
        return tuple(name for name in self.ITEMS if getattr(self, name) is None)

    @property
    def failed_items(self) -> tuple[str, ...]:
        """Items that were tested and not fully answered."""
        return tuple(name for name in self.ITEMS if self._lost(name))

    @property
    def lost_points(self) -> int:
        """Points lost so far, over the items that were tested."""
        return sum(self._lost(name) for name in self.ITEMS)

    def _lost(self, name: str) -> int:
        value = getattr(self, name)
        return 0 if value is None else (self.OBJECTS if name == "objects" else 1) - int(value)

    @property
    def score(self) -> int | None:
        if self.total is not None:
            return self.total
        if self.missing_items:
            return None
        return sum(int(getattr(self, name)) for name in self.ITEMS)


class Consciousness(StrEnum):
    ALERT = "alert"
    AWAKENS_SPONTANEOUSLY = "awakens_spontaneously"
    AWAKENS_TO_VOICE = "awakens_to_voice"
    AWAKENS_TO_TOUCH = "awakens_to_touch"
    UNAROUSABLE = "unarousable"


class Seizure(StrEnum):
    NONE = "none"
    BRIEF = "brief"
    NONCONVULSIVE_RESOLVED = "nonconvulsive_resolved"
    PROLONGED = "prolonged"
    REPETITIVE = "repetitive"


class Motor(StrEnum):
    NONE = "none"
    TREMOR = "tremor"
    FOCAL_WEAKNESS = "focal_weakness"


class RaisedPressure(StrEnum):
    NONE = "none"
    FOCAL_EDEMA = "focal_edema"
    DIFFUSE_EDEMA = "diffuse_edema"
    POSTURING = "posturing"
    SIXTH_NERVE_PALSY = "sixth_nerve_palsy"
    PAPILLEDEMA = "papilledema"
    CUSHING_TRIAD = "cushing_triad"
    HEMORRHAGE = "hemorrhage"


@dataclass(frozen=True, slots=True)
class VitalSigns:
    """One set of observations: mmHg, beats and breaths per minute, percent.

    ``hypotension`` and ``hypoxia`` are the clinician's own judgment and win over the number.
    Vasopressors, seizure, motor sign and raised pressure count as absent unless stated, as in the
    published worked cases; every other value left out is missing.
    """

    temperature: Temperature | None = None
    systolic: int | None = None
    diastolic: int | None = None
    heart_rate: int | None = None
    respiratory_rate: int | None = None
    spo2: int | None = None
    hypotension: bool | None = None
    hypoxia: bool | None = None
    oxygen: Oxygen | None = None
    vasopressors: tuple[str, ...] = ()
    ice: IceScore | None = None
    consciousness: Consciousness | None = None
    seizure: Seizure = Seizure.NONE
    motor: Motor = Motor.NONE
    raised_pressure: RaisedPressure = RaisedPressure.NONE
    symptoms: tuple[str, ...] = ()
    died_of: Toxicity | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was measured before the first dose: mmHg, ICE points. ``None`` where nothing is on record."""

    systolic: int | None = None
    ice: int | None = None


class InterventionKind(StrEnum):
    PREMEDICATION = "premedication"
    TOCILIZUMAB_PROPHYLAXIS = "tocilizumab_prophylaxis"
    ACETAMINOPHEN = "acetaminophen"
    ANTIHISTAMINE = "antihistamine"
    NSAID = "nsaid"
    DEXAMETHASONE = "dexamethasone"
    POCKET_DEXAMETHASONE = "pocket_dexamethasone"
    METHYLPREDNISOLONE = "methylprednisolone"
    TOCILIZUMAB = "tocilizumab"
    SILTUXIMAB = "siltuximab"
    ANAKINRA = "anakinra"
    FLUIDS = "fluids"
    OXYGEN = "oxygen"
    LEVETIRACETAM = "levetiracetam"
    ANTIBIOTICS = "antibiotics"


class Axis(StrEnum):
    """What a physician may attribute to another cause, one at a time."""

    FEVER = "fever"
    HYPOTENSION = "hypotension"
    HYPOXIA = "hypoxia"
    ICE = "ice"
    CONSCIOUSNESS = "consciousness"
    SEIZURE = "seizure"
    MOTOR = "motor"


class EntryKind(StrEnum):
    VITALS = "vitals"
    INTERVENTION = "intervention"
    DOSE = "dose"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a patient's timeline.

    Exactly one of ``vitals``, ``intervention`` and ``dose`` is set, as ``kind`` says. ``at`` is when it
    was true, not when it was typed; ``None`` only in worked cases without a clock, whose entries belong
    to one event. ``order`` settles entries of the same minute: readings, then what was given; ``turn``
    those of the same instant: what was recorded later comes later.
    ``attributed`` maps an axis to the other cause that a physician named for this entry. ``ref`` is the
    caller's own key for the row and comes back in the gradings. ``neurologic_only``: only the neurologic part
    was examined, so the entry says nothing of CRS, neither that it is there nor that it cannot be graded.
    """

    kind: EntryKind
    at: datetime | None = None
    vitals: VitalSigns | None = None
    intervention: InterventionKind | None = None
    dose: str | None = None
    attributed: tuple[tuple[Axis, str], ...] = ()
    order: int = 0
    ref: str = ""
    turn: int = 0
    neurologic_only: bool = False

    def cause_of(self, axis: Axis) -> str | None:
        return dict(self.attributed).get(axis)


@dataclass(frozen=True, slots=True)
class Grading:
    """The grade of one entry for one toxicity.

    ``grade`` is set when it is certain; otherwise ``at_least`` is the lower bound and ``missing`` names
    what could raise it. ``cannot_grade`` means that nothing can be said (then ``at_least`` is 0).
    ``review`` asks for a physician: possibly masked CRS. ``criterion`` is true when the entry meets the
    definition of the toxicity in force (fever, or any axis under the waiver; any ICANS domain).
    ``confirmed`` is false when the grade rests on a rule of the record that nobody confirmed.
    """

    toxicity: Toxicity
    at_least: int
    because: tuple[str, ...]
    source: Source | None
    missing: tuple[str, ...] = ()
    cannot_grade: bool = False
    review: bool = False
    criterion: bool = False
    waived: bool = False
    at: datetime | None = None
    ref: str = ""
    confirmed: bool = True

    @property
    def grade(self) -> int | None:
        return None if self.missing or self.cannot_grade else self.at_least

    @property
    def text(self) -> str:
        """'grade 2', 'at least grade 1' or 'cannot grade', the words of every screen and page."""
        if self.cannot_grade:
            return "cannot grade"
        return f"at least grade {self.at_least}" if self.grade is None else f"grade {self.at_least}"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One entry that asks for a physician at once as possibly masked CRS, while no CRS event is open.

    Low pressure or low oxygen without a fever, or pocket dexamethasone taken with no fever on record.
    ``ref`` is the entry's own key; the dose is the one before it.
    """

    at: datetime | None
    ref: str
    because: str
    source: Source | None = None
    after_dose: str | None = None


@dataclass(frozen=True, slots=True)
class ToxicityEpisode:
    """One CRS or ICANS event as the timeline tells it.

    Times are those of entries; durations are elapsed hours. ``ended_at`` is the first entry with no
    axis abnormal after which nothing returned; it is provisional until ``closing_allowed_from``.
    ``opened_ref`` is the ref of the entry that opened it: an event whose only criterion was attributed
    elsewhere is no longer in the fold, and its row is then "not CRS" (or "not ICANS") for the caller.
    ``current`` is the latest grading of the event, ``max_grade`` its highest lower bound. ``suspicions`` are
    those that waited for an answer when it opened.
    """

    toxicity: Toxicity
    opened_at: datetime | None
    opened_ref: str
    max_grade: int
    current: Grading
    ended_at: datetime | None = None
    closing_allowed_from: datetime | None = None
    onset_hours: Decimal | None = None
    duration_hours: Decimal | None = None
    after_dose: str | None = None
    gradings: tuple[Grading, ...] = ()
    suspicions: tuple[Suspicion, ...] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything that the timeline says now: gradings per entry, events, alarms.

    ``gradings`` are in time order, CRS before ICANS for each entry with vital signs; an entry of the
    neurologic part alone has ICANS only. ``findings`` are those of the latest vital signs and of everything
    given since; ``findings_by_ref`` has those of every entry that found something. ``severity`` is that of
    the worst of ``findings``. ``suspicions`` are those that no CRS event has answered yet, in time order.
    """

    gradings: tuple[Grading, ...] = ()
    episodes: tuple[ToxicityEpisode, ...] = ()
    findings: tuple[Finding, ...] = ()
    crs: Grading | None = None
    icans: Grading | None = None
    severity: Severity = Severity.NONE
    findings_by_ref: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    suspicions: tuple[Suspicion, ...] = ()

    def latest(self, toxicity: Toxicity) -> Grading | None:
        """The grading of the latest entry with vital signs."""
        return self.crs if toxicity is Toxicity.CRS else self.icans

    def last_valid(self, toxicity: Toxicity) -> Grading | None:
        """The latest grading that could be given at all: what stands while a patient is not assessable."""
        graded = (g for g in reversed(self.gradings) if g.toxicity is toxicity and not g.cannot_grade)
        return next(graded, None)

    def grading_for(self, ref: str, toxicity: Toxicity) -> Grading | None:
        """The grading of one entry, ``None`` when that entry has no vital signs."""
        return next((g for g in self.gradings if g.ref == ref and g.toxicity is toxicity), None)

    def findings_for(self, ref: str) -> tuple[Finding, ...]:
        """What one entry found, worst first; empty when nothing."""
        return self.findings_by_ref.get(ref, ())

    def episode_of(self, ref: str, toxicity: Toxicity) -> ToxicityEpisode | None:
        """The event that one entry belongs to, ``None`` when it stands outside every event."""
        episodes = (e for e in self.episodes if e.toxicity is toxicity)
        return next((e for e in episodes if any(g.ref == ref for g in e.gradings)), None)
