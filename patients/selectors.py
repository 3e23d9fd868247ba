"""Reads of a patient's facts: the person, the banner, and the timeline that the rules grade."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, Subquery, Window
from django.db.models.functions import JSONObject
from django.shortcuts import get_object_or_404
from django.urls import reverse

from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.permissions import Permission, may
from dosing_portal.kernel.templatetags.clinical import day, quantity
from patients.models import (
    Attribution,
    Contact,
    Intervention,
    Observation,
    Patient,
    Purpose,
    ToxicityGrading,
    WeightMeasurement,
)
from patients.models.patient import PatientQuerySet
from protocols import selectors as protocols
from protocols.rules.spec import PlausibleRange
from protocols.rules.values import Axis, Baseline, Entry, EntryKind, InterventionKind

READING, GIVEN, DOSE = 0, 1, 2  # the order of entries of one minute: readings, then what was given


def patient_for(staff: Staff, patient_id: UUID) -> Patient:
    """The patient, if the person's center may see them; otherwise 404."""
    return get_object_or_404(Patient.objects.visible_to(staff), pk=patient_id)


def latest_weight(patient_id: UUID) -> WeightMeasurement | None:
    return WeightMeasurement.objects.filter(patient_id=patient_id).first()


def weights(patient_id: UUID, newest: int = 10) -> tuple[WeightMeasurement, ...]:
    """The newest weights on record, newest first."""
    rows = WeightMeasurement.objects.filter(patient_id=patient_id).select_related("recorded_by")
    return tuple(rows[:newest])


def contacts(patient_id: UUID) -> tuple[Contact, ...]:
    """The people to call now, caregivers first."""
    return tuple(Contact.objects.filter(patient_id=patient_id, ended_at__isnull=True).order_by("kind", "pk"))


def contact_for(staff: Staff, patient_id: UUID, contact_id: UUID) -> Contact:
    """One person to call of a patient of the person's center; otherwise 404."""
    return get_object_or_404(Contact, pk=contact_id, patient_id=patient_id, center_id=staff.center_id)


@dataclass(frozen=True, slots=True)
class PersonAnswer:
    """A person as the JSON edge answers; the weight is the newest."""

    id: UUID
    mrn: str
    family_name: str
    given_name: str
    birth_date: date
    sex: str
    allergy_status: str
    allergies: str
    code_status: str
    phone: str
    nearest_ed: str
    weight: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class PeopleAnswer:
    total: int
    page: int
    patients: tuple[PersonAnswer, ...]


PEOPLE_A_PAGE = 50
_OF_THE_ROW = tuple(name for name in PersonAnswer.__slots__ if name != "weight")


def person_answer(staff: Staff, patient_id: UUID) -> PersonAnswer:
    """One person of the center with the newest weight; otherwise 404. One statement."""
    return _person(get_object_or_404(_people(staff), pk=patient_id))


def people_answer(staff: Staff, words: str, page: int) -> PeopleAnswer:
    """A page of the center's people by name: one statement."""
    start = (page - 1) * PEOPLE_A_PAGE
    rows = _people(staff).matching(words).annotate(total=Window(Count("*")))
    found: list[Any] = list(rows.order_by("family_name", "given_name", "mrn")[start : start + PEOPLE_A_PAGE])
    return PeopleAnswer(found[0].total if found else 0, page, tuple(_person(row) for row in found))


def _people(staff: Staff) -> PatientQuerySet:
    newest = WeightMeasurement.objects.filter(patient=OuterRef("pk"))
    facts = JSONObject(kg="kg", measured_on="measured_on")
    return Patient.objects.visible_to(staff).annotate(weight=Subquery(newest.values(json=facts)[:1]))


def _person(row: Any) -> PersonAnswer:
    weight = row.weight
    if weight is not None:
        on = date.fromisoformat(weight["measured_on"])
        weight = {"kg": Decimal(str(weight["kg"])), "measured_on": on}
    return PersonAnswer(**{name: getattr(row, name) for name in _OF_THE_ROW}, weight=weight)


# --- the banner -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PatientBanner:
    """Who a page is about, in words; empty where nothing is known."""

    name: str
    born: str
    age: str
    gender: str
    mrn: str
    url: str
    weight: str
    weight_on: str
    code_status: str
    allergies: str
    allergy_text: str
    deceased: bool = False


ALLERGY_SIGNS = {
    Patient.AllergyStatus.KNOWN: "known",
    Patient.AllergyStatus.NONE_KNOWN: "none",
    Patient.AllergyStatus.NOT_RECORDED: "not-recorded",
}


@dataclass(frozen=True, slots=True)
class Person:
    """A patient with what changes: newest weight, first caregiver."""

    patient: Patient
    weight_kg: Decimal | None
    weighed_on: date | None
    caregiver_name: str
    caregiver_phone: str

    @property
    def caregiver(self) -> str:
        return ", ".join(part for part in (self.caregiver_name, self.caregiver_phone) if part)

    def banner(self, today: date) -> PatientBanner:
        """The banner's words; ``today`` is the center's day, for the age."""
        patient = self.patient
        return PatientBanner(
            name=str(patient),
            born=day(patient.birth_date),
            age=f"{patient.age_on(today)} y",
            gender=patient.get_sex_display(),
            mrn=patient.mrn,
            url=reverse("schedules:patient", args=[patient.pk]),
            weight="" if self.weight_kg is None else quantity(self.weight_kg, "kg"),
            weight_on="" if self.weighed_on is None else day(self.weighed_on),
            code_status=patient.get_code_status_display(),
            allergies=ALLERGY_SIGNS[Patient.AllergyStatus(patient.allergy_status)],
            allergy_text=patient.allergies,
        )


def with_person_facts(rows: PatientQuerySet) -> PatientQuerySet:
    """Patients with their newest weight and first caregiver, in the same statement; read by ``person_of``."""
    weights = WeightMeasurement.objects.filter(patient=OuterRef("pk"))
    caregivers = Contact.objects.filter(
        patient=OuterRef("pk"), kind=Contact.Kind.CAREGIVER, ended_at__isnull=True
    )
    return rows.annotate(
        weight_kg=Subquery(weights.values("kg")[:1]),
        weighed_on=Subquery(weights.values("measured_on")[:1]),
        caregiver=Subquery(caregivers.values(json=JSONObject(name="name", phone="phone"))[:1]),
    )


def person_of(row: Patient) -> Person:
    """A row of ``with_person_facts`` as a person."""
    found: Any = row
    caregiver = found.caregiver or {}
    return Person(
        patient=row,
        weight_kg=found.weight_kg,
        weighed_on=found.weighed_on,
        caregiver_name=caregiver.get("name", ""),
        caregiver_phone=caregiver.get("phone", ""),
    )


def person_for(staff: Staff, patient_id: UUID) -> Person:
    """As ``patient_for``, with the newest weight and caregiver: one statement."""
    rows = with_person_facts(Patient.objects.visible_to(staff))
    return person_of(get_object_or_404(rows, pk=patient_id))


@dataclass(frozen=True, slots=True)
class Place:
    """One of a patient's pages, as the second navigation shows it."""

    name: str
    url: str
    current: bool


PLACES = (
    ("Overview", "schedules:patient", Permission.VIEW_PATIENT),
    ("Vitals", "schedules:vitals", Permission.VIEW_PATIENT),
    ("Neuro", "schedules:neuro", Permission.VIEW_PATIENT),
    ("Visits", "schedules:visits", Permission.VIEW_PATIENT),
    ("Where", "schedules:where", Permission.RECORD_WHEREABOUTS),
    ("Laboratory", "schedules:laboratory", Permission.RECORD_LABORATORY),
    ("Weight", "schedules:weight-new", Permission.REGISTER_PATIENT),
    ("People", "patients:contact-new", Permission.REGISTER_PATIENT),
    ("Details", "patients:patient-edit", Permission.REGISTER_PATIENT),
)


def places(staff: Staff, patient_id: UUID, here: str = "") -> tuple[Place, ...]:
    """The pages of a patient that the person may open; ``here`` names the one that is shown."""
    return tuple(
        Place(name, reverse(route, args=[patient_id]), name == here)
        for name, route, needed in PLACES
        if may(staff, needed)
    )


# --- what numbers are judged by ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Judgement:
    """The center's plausible ranges, and the change of weight that is asked about."""

    ranges: tuple[PlausibleRange, ...] = ()
    weight_change_percent: Decimal | None = None


def judgement_of(center_id: UUID) -> Judgement:
    """From the center-wide protocol; a center without one has no ranges yet, and nothing is asked."""
    version = protocols.center_wide_version(center_id)
    if version is None:
        return Judgement()
    center = protocols.spec(version.pk).center
    return Judgement(center.plausible, center.dose_rules.weight_change_percent)


# --- the timeline -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Timeline:
    """The rows of a span and the same as entries for the rules, in no particular order.

    ``baseline`` is the newest set of vital signs before the first dose, ``ice_baseline`` the newest of those
    rows with a whole ICE test: they may be two rows.
    """

    observations: tuple[Observation, ...]
    interventions: tuple[Intervention, ...]
    baseline: Observation | None
    entries: tuple[Entry, ...]
    ice_baseline: Observation | None = None

    def observation(self, ref: str) -> Observation | None:
        return next((row for row in self.observations if str(row.pk) == ref), None)


def timeline(patient_id: UUID, since: datetime) -> Timeline:
    """Everything current since an instant, and the baseline whenever it was taken: two statements.

    Attributions and the last stored grading of each toxicity come with their observation.
    """
    rows = tuple(
        Observation.objects.current()
        .filter(Q(taken_at__gte=since) | Q(is_baseline=True), patient_id=patient_id)
        .annotate(
            attributed=ArraySubquery(
                Attribution.objects.filter(observation=OuterRef("pk"))
                .order_by("id")
                .values(json=JSONObject(axis="axis", cause="cause"))
            ),
            graded=ArraySubquery(
                ToxicityGrading.objects.filter(observation=OuterRef("pk"), kind="suggested")
                .order_by("id")
                .values(
                    json=JSONObject(
                        toxicity="toxicity",
                        at_least="at_least",
                        missing="missing",
                        cannot_grade="cannot_grade",
                        review="review",
                        event="event_id",
                        because="because",
                    )
                )
            ),
        )
        .order_by("taken_at", "recorded_at", "pk")
    )
    given = tuple(
        Intervention.objects.current()
        .filter(patient_id=patient_id, taken_at__gte=since)
        .order_by("taken_at", "recorded_at", "pk")
    )
    recent = tuple(row for row in rows if row.taken_at >= since)
    baselines = [row for row in rows if row.is_baseline]
    return Timeline(
        observations=recent,
        interventions=given,
        baseline=next((row for row in reversed(baselines) if not row.neurologic_only), None),
        entries=entries_of(recent, given),
        ice_baseline=next((row for row in reversed(baselines) if row.ice_score() is not None), None),
    )


def baseline_of(line: Timeline) -> Baseline | None:
    """The recorded baseline reading; without one the rules measure from the first reading they see."""
    if line.baseline is None and line.ice_baseline is None:
        return None
    return Baseline(
        systolic=line.baseline.systolic if line.baseline else None,
        ice=line.ice_baseline.ice_score() if line.ice_baseline else None,
    )


def entries_of(observations: Iterable[Observation], given: Iterable[Intervention]) -> tuple[Entry, ...]:
    """Rows as the values that the rules read; rows of one instant in the order in which they come."""
    readings = tuple(observation_entry(row, turn) for turn, row in enumerate(observations))
    drugs = tuple(
        Entry(
            kind=EntryKind.INTERVENTION,
            at=row.taken_at,
            intervention=graded_as(row),
            order=GIVEN,
            ref=str(row.pk),
            turn=turn,
        )
        for turn, row in enumerate(given)
    )
    return readings + drugs


def graded_as(row: Intervention) -> InterventionKind:
    """What a drug is to grading: whatever was given before a dose as routine waives no fever."""
    if row.purpose == Purpose.PREMEDICATION:
        return InterventionKind.PREMEDICATION
    if row.kind == InterventionKind.TOCILIZUMAB and row.purpose == Purpose.PROPHYLAXIS:
        return InterventionKind.TOCILIZUMAB_PROPHYLAXIS
    return InterventionKind(row.kind)


def observation_entry(row: Observation, turn: int = 0) -> Entry:
    causes = {item["axis"]: item["cause"] for item in getattr(row, "attributed", ())}
    return Entry(
        kind=EntryKind.VITALS,
        at=row.taken_at,
        vitals=row.vitals(),
        attributed=tuple((Axis(axis), cause) for axis, cause in causes.items() if cause),
        order=READING,
        ref=str(row.pk),
        turn=turn,
        neurologic_only=row.neurologic_only,
    )
