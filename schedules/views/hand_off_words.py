"""The hand-off sheet in words: the same strings on the page and on paper, cut so that they fit one side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from dosing_portal.kernel.models import Center, Staff
from dosing_portal.kernel.templatetags.clinical import (
    NBSP,
    age,
    celsius_in,
    day,
    dose,
    hours,
    moment,
    moment_zone,
    quantity,
)
from patients.models import Intervention, Observation, Patient, ToxicityGrading
from protocols.rules import emergency
from protocols.rules.emergency import EmergencyStep
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import InterventionKind as Kind
from protocols.rules.values import Toxicity
from schedules.selectors.hand_off import TOCILIZUMAB, SheetEvent, SheetFacts
from schedules.views import graded, readings
from schedules.views.where_words import hand_off_words, place_words

NOT_RECORDED = "not recorded"
LONGEST = 150  # characters of one text that a person typed
WHY = 260  # characters of why a grade is what it is
GIVEN, GRADES, NUMBERS, NEXT = 9, 7, 6, 4  # lines of each list
WORST = 4

WARNING = "CRS or neurotoxicity is possible. Do not delay treatment."
MASKED = "CRS is possible without fever after a steroid or tocilizumab."


@dataclass(frozen=True, slots=True)
class Fact:
    """A label, what is known, and the detail behind it."""

    label: str
    strong: str
    note: str = ""


def fact(label: str, strong: str, note: str = "") -> Fact:
    """A fact whose parts read as sentences, one after the other."""
    return Fact(label, strong.rstrip("."), _sentence(note))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


@dataclass(frozen=True, slots=True)
class First:
    """What to do first at one sign, or at the grade now."""

    sign: str
    actions: tuple[str, ...]
    unconfirmed: bool


@dataclass(frozen=True, slots=True)
class Number:
    phone: str
    who: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole sheet, top to bottom."""

    title: str
    center: str
    as_of: str
    warning: str
    masked: str
    numbers: tuple[Number, ...]
    facts: tuple[Fact, ...]
    first: tuple[First, ...]
    do_not: tuple[str, ...]
    given: tuple[str, ...]
    grades: tuple[str, ...]
    baseline: tuple[Fact, ...]
    foot: str

    def plain(self) -> dict[str, object]:
        """As JSON takes it."""
        return asdict(self)


def sheet_words(found: SheetFacts, staff: Staff, at: datetime) -> Sheet:
    """The sheet as the person who prints it hands it over."""
    center, head = staff.center, found.head
    return Sheet(
        title=f"Hand-off: {head.banner.name}, {head.banner.mrn}",
        center=center.name,
        as_of=f"Data as of {moment_zone(at)}",
        warning=WARNING,
        masked=MASKED,
        numbers=_numbers(found, center),
        facts=(
            _patient(found),
            *_drug(found, at),
            *_now(found, at),
            *_place(found),
            _allergies(head.patient),
        ),
        first=tuple(_first(found, center)),
        do_not=_do_not(found),
        given=_cut([_given(row) for row in found.given], GIVEN) or ("Nothing is on record.",),
        grades=_cut([_grade(row) for row in found.gradings], GRADES) or ("No grade is on record.",),
        baseline=_baseline(found, center, at),
        foot=f"{_protocol(found)}. Printed by {staff.name}, {moment_zone(at)}.",
    )


def _cut(lines: Sequence[str], most: int) -> tuple[str, ...]:
    if len(lines) <= most:
        return tuple(lines)
    return (*lines[: most - 1], f"and {len(lines) - most + 1} more in the portal")


def _short(text: str, most: int = LONGEST) -> str:
    """Cut between words where there is a space to cut at."""
    if len(text) <= most:
        return text
    kept = text[:most].rpartition(" ")[0] or text[:most]
    return f"{kept.rstrip(',;: ')}… more in the portal"


def _protocol(found: SheetFacts) -> str:
    return f"Protocol {found.spec.slug} v{found.spec.version}" if found.spec else "No protocol"


# --- who, what, how long ago --------------------------------------------------------------------------------


def _numbers(found: SheetFacts, center: Center) -> tuple[Number, ...]:
    """Who answers: on call first, then the center, then the people at home."""
    team = [Number(person.phone, f"{person.name}, {person.role_label}") for person in found.on_call]
    house = [Number(center.phone, center.name)]
    near = [
        Number(contact.phone, f"{contact.name}, {contact.relation or contact.get_kind_display().lower()}")
        for contact in found.contacts
    ]
    own = [Number(found.head.patient.phone, "the patient")]
    listed = [number for number in (*team, *house, *near, *own) if number.phone][:NUMBERS]
    return tuple(Number(n.phone, _short(n.who)) for n in listed) or (Number("no number", NOT_RECORDED),)


def _patient(found: SheetFacts) -> Fact:
    who = found.head.banner
    known = f"{who.age}, {who.gender.lower()}, born {who.born}, MRN {who.mrn}, code status: {who.code_status}"
    return fact("Patient", who.name, known)


def _drug(found: SheetFacts, at: datetime) -> Iterable[Fact]:
    status, strip, spec = found.head.status, found.head.strip, found.head.spec
    if status is None or strip is None:
        yield fact("Drug", "", f"{NOT_RECORDED}: no course in the portal")
        return
    product = spec.regimen.product if spec and spec.regimen else None
    kind = f"T-cell engager, {product.target}" if product else ""
    yield fact("Drug", f"{strip.generic} ({strip.brand})" if strip.brand else strip.generic, kind)
    if status.last_dose_at is None:
        yield fact("Last dose", "", NOT_RECORDED)
        return
    what = ", ".join(part for part in (status.last_dose_label.lower(), dose(status.last_dose_mg)) if part)
    yield fact(
        "Last dose", f"{hours(at - status.last_dose_at)} ago", f"{what}, {moment_zone(status.last_dose_at)}"
    )


def _now(found: SheetFacts, at: datetime) -> Iterable[Fact]:
    if not found.events:
        yield fact("Now", "No CRS or ICANS event is open", "that excludes neither")
    for one in found.events:
        yield fact("Now", _grade_now(one), _event_words(one, found, at))


def _grade_now(one: SheetEvent) -> str:
    chip = one.standing.chip
    return chip.words if chip else f"{one.event.label}, {one.event.get_state_display().lower()}"


def _event_words(one: SheetEvent, found: SheetFacts, at: datetime) -> str:
    event = one.event
    said = "confirmed" if one.standing.confirmed else "suggested, not confirmed"
    why = next((row.because for row in found.gradings if row.event_id == event.pk and row.because), [])
    onset = "" if event.onset_hours is None else f", onset {int(event.onset_hours)} h after the dose"
    parts = (
        f"{said}, event max grade {event.max_grade}",
        f"since {moment(event.opened_at)}, {age(event.opened_at, at)}{onset}",
        _short("; ".join(why), WHY),
    )
    return ". ".join(_sentence(part) for part in parts if part)


def _place(found: SheetFacts) -> Iterable[Fact]:
    now, handed = found.place, found.hand_off
    if now is None:
        yield fact("Where", "", NOT_RECORDED)
    else:
        expected = f", expected {moment_zone(now.expected_at)}" if now.expected_at else ""
        with_whom = f", {_short(now.with_whom)}" if now.with_whom else ""
        yield fact("Where", place_words(now), f"since {moment(now.since)}{expected}{with_whom}")
    if handed is not None:
        words = hand_off_words(handed, found.head.patient)
        yield fact("Hand-off", f"{words.title} {words.owner}".strip(), _short(words.words))


def _allergies(patient: Patient) -> Fact:
    known = {
        Patient.AllergyStatus.KNOWN: _short(patient.allergies),
        Patient.AllergyStatus.NONE_KNOWN: "no known allergies",
    }
    return fact("Allergies", known.get(Patient.AllergyStatus(patient.allergy_status), NOT_RECORDED))


# --- do first, do not ---------------------------------------------------------------------------------------


def _first(found: SheetFacts, center: Center) -> Iterable[First]:
    """By sign from the center's limits and plans, then by the grade now."""
    spec = found.spec
    if spec is None:
        yield First("No protocol of this center can be read", ("call the numbers above",), unconfirmed=True)
        return
    limits = spec.center.limits
    crs, neuro = _plan(found, spec, Toxicity.CRS), _plan(found, spec, Toxicity.ICANS)
    signs = (
        (f"Temperature {celsius_in(limits.fever_c, center.temperature_unit)} or more", crs, FEVER),
        (f"Systolic under {quantity(limits.systolic, 'mmHg')}", crs, PRESSURE),
        (f"SpO2 under {quantity(limits.spo2, '%')}", crs, OXYGEN),
        (f"Confused, drowsy, seizure, ICE under {limits.ice_score} or under baseline", neuro, NEURO),
    )
    told: set[str] = set()
    for sign, plan, kinds in signs:
        steps = [step for step in (_step(plan, kind) for kind in kinds) if step is not None]
        words = tuple(_action(step, again=step.id in told) for step in steps) or ("call the numbers above",)
        told |= {step.id for step in steps}
        yield First(sign, words, unconfirmed=any(not step.confirmed for step in steps))
    yield from (_by_grade(one, found, spec, told) for one in found.events if one.standing.chip)


FEVER = (Kind.ANTIBIOTICS, Kind.ACETAMINOPHEN)
PRESSURE = (Kind.FLUIDS, Kind.TOCILIZUMAB)
OXYGEN = (Kind.OXYGEN, Kind.TOCILIZUMAB)
NEURO = (Kind.DEXAMETHASONE, Kind.LEVETIRACETAM)


def _plan(found: SheetFacts, spec: ProtocolSpec, toxicity: Toxicity) -> tuple[EmergencyStep, ...]:
    """The steps of the plan from the grade now upwards: the first that names a drug is the lowest grade's."""
    grades = [
        one.standing.chip.grade or 0
        for one in found.events
        if one.event.toxicity == toxicity and one.standing.chip
    ]
    weight = found.head.person.weight_kg
    lowest = max([1, *grades])
    return tuple(
        step for grade in range(lowest, WORST + 1) for step in emergency.plan(toxicity, grade, spec, weight)
    )


def _step(plan: Iterable[EmergencyStep], kind: Kind) -> EmergencyStep | None:
    return next((step for step in plan if step.intervention == kind), None)


def _action(step: EmergencyStep, *, again: bool) -> str:
    if again:
        return f"{step.do.split(' IV')[0].lower()} as above"
    detail = step.arithmetic or step.because
    return f"{step.do} ({detail})" if detail else step.do


def _by_grade(one: SheetEvent, found: SheetFacts, spec: ProtocolSpec, told: set[str]) -> First:
    """The place, and the next steps of the plan that no sign above has named."""
    grade = (one.standing.chip.grade if one.standing.chip else None) or 0
    toxicity = Toxicity(one.event.toxicity)
    plan = spec.center.plan(toxicity, grade)
    steps = [step for step in emergency.plan(toxicity, grade, spec) if step.id not in told]
    asked = [prompt.sentence for prompt in found.prompts if one.event.label in prompt.sentence]
    words = (*([plan.site] if plan else []), *asked[:1], *_cut([step.do for step in steps], NEXT))
    loose = any(not step.confirmed for step in steps[:NEXT])
    return First(f"{_grade_now(one)} now", words or ("call the numbers above",), unconfirmed=loose)


def _do_not(found: SheetFacts) -> tuple[str, ...]:
    drug = found.head.strip.generic if found.head.strip else "the drug"
    return (
        "wait for imaging before you treat or call",
        "give G-CSF or GM-CSF without the team",
        "send home on a normal temperature: it may be masked",
        "give tocilizumab for neurotoxicity alone: a steroid is the usual first drug",
        f"give the next dose of {drug}",
    )


# --- what was given, grades, baseline ------------------------------------------------------------------


def _given(row: Intervention) -> str:
    name = row.drug or row.get_kind_display()
    amounts = [dose(row.dose_mg)] if row.dose_mg is not None else []
    if row.volume_ml is not None:
        amounts.append(quantity(row.volume_ml, "mL"))
    if not amounts and row.kind in {Kind.TOCILIZUMAB, Kind.DEXAMETHASONE, Kind.POCKET_DEXAMETHASONE}:
        amounts.append(f"dose {NOT_RECORDED}")
    mark = " (prophylactic)" if row.kind == Kind.TOCILIZUMAB_PROPHYLAXIS else ""
    return _short(
        f"{moment(row.taken_at)}: {' '.join([name, *amounts])}{mark}{f', {row.route}' if row.route else ''}"
    )


def _grade(row: ToxicityGrading) -> str:
    shown = graded.of_row(row)
    by = f"confirmed, {row.graded_by.name}" if row.kind == ToxicityGrading.Kind.CONFIRMED else "suggested"
    return f"{moment(row.graded_at)}: {shown.chip.words}, {by}"


def _baseline(found: SheetFacts, center: Center, at: datetime) -> tuple[Fact, ...]:
    who = found.head.banner
    drugs = [row for row in found.given if row.kind in TOCILIZUMAB]
    treating = [row for row in drugs if row.kind == Kind.TOCILIZUMAB]
    count = f"{len(treating)} for CRS, {len(drugs) - len(treating)} prophylactic"
    return (
        fact("Tocilizumab", count, "; ".join(_given(row) for row in drugs[:3]) or "none on record"),
        fact("Last vitals", *_reading(found.last, center, at)),
        fact("Baseline", *_reading(found.baseline, center, None)),
        fact("Weight", who.weight or "", f"measured {who.weight_on}" if who.weight else NOT_RECORDED),
    )


def _reading(row: Observation | None, center: Center, at: datetime | None) -> tuple[str, str]:
    if row is None:
        return "", NOT_RECORDED
    unit = f"{NBSP}°{center.temperature_unit}"
    warm, pressure = readings.temperature(row, center), readings.pressure(row)
    values = (
        f"T {warm}{unit if row.temperature is not None else ''}",
        f"BP {pressure}{f'{NBSP}mmHg' if row.systolic is not None else ''}",
        f"SpO2 {NOT_RECORDED}"
        if row.spo2 is None
        else f"SpO2 {quantity(row.spo2, '%')}, {readings.oxygen(row)}",
        f"pulse {NOT_RECORDED}" if row.heart_rate is None else f"pulse {row.heart_rate}",
        f"ICE {readings.ice(row)}",
    )
    when = day(row.taken_at) if at is None else f"{moment_zone(row.taken_at)}, {age(row.taken_at, at)} ago"
    return "; ".join(values), when
