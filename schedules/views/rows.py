"""Facts of a board as the words of ``components/list_row.html``; findings of the rules give the tones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.urls import reverse

from dosing_portal.kernel.http import version_of
from dosing_portal.kernel.models import Center
from dosing_portal.kernel.templatetags.clinical import (
    NBSP,
    distance,
    hhmm,
    hours,
    moment,
    other_unit,
    temperature,
)
from patients.models import Patient, ToxicityEvent
from protocols.rules.crs import MISSING_WORDS
from protocols.rules.spec import ProtocolSpec
from schedules.models import CourseStatus
from schedules.selectors.boards import Drug
from schedules.selectors.chips import Chip, Standing, standing, status_chips

PAST = {"temperature": {"fever"}, "pressure": {"hypotension", "worsening"}, "spo2": {"hypoxia"}}
"""Which findings of the last reading mark which value."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One value of a row; tone is "", "past" a limit or "stale"."""

    text: str = ""
    unit: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Vitals:
    temperature: Measured
    pressure: Measured
    spo2: Measured
    note: str
    note_strong: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """The arguments of ``components/status_chip.html``."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Button:
    """The one thing to do next: a link, or a form's button that names its own address."""

    action: str
    action_url: str
    method: str = "get"
    button: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """When, or since when: words, tone ("", "soon", "late") and a second line."""

    words: str
    note: str = ""
    tone: str = ""
    at: str = ""
    tick: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a board. The properties are what ``components/list_row.html`` asks for."""

    id: str
    name: str
    url: str
    about: str
    drug: Drug
    step: str
    vitals: Vitals | None
    chip: Chip | None
    doing: Button
    when: Due
    since: str = ""
    amount: str = ""
    qualifier: str = ""
    status: Status | None = None
    status_note: str = ""
    unheld: bool = False
    mark: str = ""

    @property
    def state(self) -> str:
        """Changes when something that matters does: the row is then marked for a moment."""
        return version_of(self.mark, self.chip, self.doing.action)[:8]

    @property
    def generic(self) -> str:
        return self.drug.generic

    @property
    def brand(self) -> str:
        return self.drug.brand

    @property
    def due(self) -> str:
        return self.when.words

    @property
    def due_tone(self) -> str:
        return self.when.tone

    @property
    def due_note(self) -> str:
        return self.when.note

    @property
    def due_at(self) -> str:
        return self.when.at

    @property
    def tick(self) -> bool:
        return self.when.tick

    @property
    def action(self) -> str:
        return self.doing.action

    @property
    def action_url(self) -> str:
        return self.doing.action_url

    @property
    def method(self) -> str:
        return self.doing.method

    @property
    def button(self) -> str:
        return self.doing.button


def short(key: UUID) -> str:
    """Enough of a key to tell the rows of one page apart: the whole one would be a tenth of the page."""
    return key.hex[:12]


def about(patient: Patient, center: Center, at: datetime) -> str:
    """67 y, TEST-00417."""
    return f"{patient.age_on(center.local(at).date())} y, {patient.mrn}"


def patient_url(patient_id: object) -> str:
    return reverse("schedules:patient", args=[patient_id])


def step_of(status: CourseStatus) -> str:
    """Which dose was given last, and that the course has ended where only the watch goes on."""
    words = [status.last_dose_label.lower(), "" if status.running else "course ended"]
    return ", ".join(word for word in words if word)


def since_dose(status: CourseStatus | None, at: datetime) -> str:
    return hours(at - status.last_dose_at) if status and status.last_dose_at else ""


# --- vital signs ------------------------------------------------------------------------------------------


def vitals_of(status: CourseStatus | None, spec: ProtocolSpec, center: Center, at: datetime) -> Vitals | None:
    """The last reading with its age; grey when a check has come due since, and nobody did it."""
    if status is None or status.reading_at is None:
        return None
    stale = is_stale(status, at)
    return Vitals(
        temperature=temperature_of(status, center, stale=stale),
        pressure=pressure_of(status, stale=stale),
        spo2=_measured(status, "spo2", str(status.spo2 or ""), "%", stale=stale),
        note=_note(status, center, at, stale=stale),
        note_strong=_ice(status, spec),
    )


def is_stale(status: CourseStatus, at: datetime) -> bool:
    """A check came due since the reading, or nobody watches the patient any more."""
    due = status.next_check_due_at
    overdue = due is not None and due < at and (status.reading_at is None or status.reading_at < due)
    return overdue or not status.in_force(at)


def temperature_of(status: CourseStatus, center: Center, *, stale: bool = False) -> Measured:
    text, _, unit = in_center_unit(status.temperature_c, center).partition(NBSP)
    return _measured(status, "temperature", text, unit, stale=stale)


def in_center_unit(celsius: Decimal | None, center: Center) -> str:
    if celsius is None:
        return ""
    return other_unit(celsius) if center.temperature_unit == "F" else temperature(celsius)


def pressure_of(status: CourseStatus, *, stale: bool = False) -> Measured:
    if status.systolic is None:
        return Measured()
    lower = "not known" if status.diastolic is None else str(status.diastolic)
    return _measured(status, "pressure", f"{status.systolic}/{lower}", "mmHg", stale=stale)


def _measured(status: CourseStatus, name: str, text: str, unit: str, *, stale: bool) -> Measured:
    past = bool(PAST[name] & set(status.past_limits))
    return Measured(text, unit, "past" if past else "stale" if stale else "") if text else Measured()


def _note(status: CourseStatus, center: Center, at: datetime, *, stale: bool) -> str:
    device = status.oxygen_device.replace("_", " ") or "oxygen not recorded"
    return f"{when_read(status, center, at)}, {'stale' if stale else device}"


def when_read(status: CourseStatus, center: Center, at: datetime) -> str:
    """14:20, 12 min ago; with its date when it was not today."""
    read_at = status.reading_at
    if read_at is None:
        return "no reading yet"
    same_day = center.local(read_at).date() == center.local(at).date()
    return f"{hhmm(read_at) if same_day else moment(read_at)}, {distance(read_at, at)}"


def _ice(status: CourseStatus, spec: ProtocolSpec) -> str:
    """Named where it made a grade; a full score needs no words."""
    if status.ice_score is None or not status.icans_grade:
        return ""
    return f"ICE {status.ice_score} of {spec.icans.ice_maximum}"


def inside(words: str) -> str:
    """Words that began a line, now within one; only the first letter changes, so that CRS stays CRS."""
    return words[:1].lower() + words[1:]


# --- grades -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """What a row says of a grade: a chip with its words, or a status where no grade may be named."""

    chip: Chip | None
    words: str = ""
    status: Status | None = None
    note: str = ""


NOT_ASSESSED = Shown(None, status=Status("unknown", "Not assessed"))
MASKED = Shown(None, status=Status("unknown", "Possibly masked CRS"), note="physician review now")


def graded(status: CourseStatus | None, answered: int | None, at: datetime) -> Shown:
    """The chip of a row and the words under it: the open event's grade, else the last reading's.

    CRS that a steroid or tocilizumab may mask has no grade and is never shown with one.
    """
    chips = status_chips(status) if status is not None and status.in_force(at) else ()
    worst = chips[0] if chips else None
    event = _open_event(status)
    if status is not None and event is not None and (worst is None or worst.toxicity == event.label):
        held = standing(event, answered)
        if held.chip is not None:
            name = event.confirmed_by.name if event.confirmed_by else ""
            return Shown(held.chip, standing_words(held, name) + _missing_part(status, held.chip))
    if status is None or worst is None:
        return NOT_ASSESSED
    unknown = [f"; {chip.words}" for chip in chips[1:] if chip.cannot]
    if status.crs_review and not worst.grade:
        return replace(MASKED, note=MASKED.note + "".join(unknown))
    masked = "; CRS possibly masked" if status.crs_review and worst.toxicity != "CRS" else ""
    return Shown(worst, _reading_words(status, worst) + "".join(unknown) + masked)


def _open_event(status: CourseStatus | None) -> ToxicityEvent | None:
    event = status.open_event if status is not None else None
    return event if event is not None and event.state == ToxicityEvent.State.OPEN else None


def standing_words(held: Standing, name: str) -> str:
    """The words beside an event's chip: who confirmed it, or that nobody did."""
    if not held.confirmed:
        return "suggested, not confirmed"
    differs = held.suggested is not None and held.chip is not None and held.suggested.grade != held.chip.grade
    also = f"; {held.suggested.words} suggested" if differs and held.suggested else ""
    return f"confirmed, {name}{also}"


def _reading_words(status: CourseStatus, chip: Chip) -> str:
    if chip.toxicity == "CRS" and status.crs_review:
        return "possible masked CRS: physician review"
    missing = status.crs_missing if chip.toxicity == "CRS" else status.icans_missing
    if missing:
        return f"missing: {', '.join(missing_words(missing))}"
    return f"no {chip.toxicity} criteria met" if chip.grade == 0 else "suggested"


def _missing_part(status: CourseStatus, chip: Chip) -> str:
    """What a lower bound waits for, where the last reading says so."""
    missing = status.crs_missing if chip.toxicity == "CRS" else status.icans_missing
    unsure = chip.at_least or chip.cannot
    return f"; missing: {', '.join(missing_words(missing))}" if unsure and missing else ""


def missing_words(names: Iterable[str]) -> list[str]:
    """Inputs as clinicians call them: SpO2, blood pressure, ICE."""
    words = {**MISSING_WORDS, "ice": "ICE"}
    return [words.get(name, name.replace("_", " ")) for name in names]
