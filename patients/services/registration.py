"""Register a patient and keep what is known of the person: allergies, weight, people to call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Staff
from patients.errors import FactRefused, StaleRevision
from patients.models import Contact, Patient, WeightMeasurement

KG_PER_POUND = Decimal("0.45359237")  # the international pound, exact by definition


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What a registration form holds, already checked for form."""

    mrn: str
    family_name: str
    given_name: str
    birth_date: date
    sex: str
    allergy_status: str
    allergies: str
    code_status: str
    phone: str = ""
    nearest_ed: str = ""


def kilograms(value: Decimal, unit: str) -> Decimal:
    """A typed weight in kilograms, to 0.01 kg."""
    exact = value if unit == "kg" else value * KG_PER_POUND
    return exact.quantize(Decimal("0.01"))


@transaction.atomic
def register(*, facts: PersonFacts, by: Staff, at: datetime) -> Patient:
    """Register a person at the center of ``by``.

    Raises ``FactRefused`` when the MRN is in use at this center or the birth date lies ahead.
    """
    if facts.birth_date > by.center.local(at).date():
        raise FactRefused("birth_date", "The birth date lies in the future. Write it as 14-Mar-1959.")
    same = Patient.objects.visible_to(by).filter(mrn__iexact=facts.mrn).first()
    if same is not None:
        raise FactRefused("mrn", f"{same} is registered with this MRN. Open that patient instead.")
    patient = Patient.objects.create(
        center_id=by.center_id, registered_at=at, registered_by=by, **_columns(facts)
    )
    audit.record(
        "patient.register", patient, by=by, at=at, after=_columns(facts), patient_id=patient.pk
    )
    return patient


def _columns(facts: PersonFacts) -> dict[str, object]:
    return {name: getattr(facts, name) for name in PersonFacts.__slots__}


@transaction.atomic
def change(*, patient_id: UUID, facts: PersonFacts, seen: PersonFacts, by: Staff, at: datetime) -> Patient:
    """Change what is known of the person; the audit trail keeps what stood before.

    ``seen`` is what the form was opened with: raises ``StaleRevision`` when it no longer stands, and
    ``FactRefused`` for an MRN of somebody else.
    """
    patient = Patient.objects.visible_to(by).select_for_update().get(pk=patient_id)
    before = {name: getattr(patient, name) for name in PersonFacts.__slots__}
    if before != _columns(seen):
        raise StaleRevision
    if Patient.objects.visible_to(by).filter(mrn__iexact=facts.mrn).exclude(pk=patient_id).exists():
        raise FactRefused("mrn", "Another patient is registered with this MRN.")
    for name, value in _columns(facts).items():
        setattr(patient, name, value)
    patient.save()
    audit.record(
        "patient.change", patient, by=by, at=at, before=before, after=_columns(facts), patient_id=patient.pk
    )
    return patient


@transaction.atomic
def record_weight(
    *, patient_id: UUID, value: Decimal, unit: str, measured_on: date, by: Staff, at: datetime
) -> WeightMeasurement:
    """Append a weight with its day. Raises ``FactRefused`` for a day ahead."""
    patient = Patient.objects.visible_to(by).get(pk=patient_id)
    if measured_on > by.center.local(at).date():
        raise FactRefused("weight_on", "The weight is dated in the future.")
    weight = WeightMeasurement.objects.create(
        center_id=by.center_id,
        patient=patient,
        kg=kilograms(value, unit),
        typed_value=value,
        typed_unit=unit,
        measured_on=measured_on,
        recorded_at=at,
        recorded_by=by,
    )
    audit.record(
        "patient.weigh",
        weight,
        by=by,
        at=at,
        after={"kg": weight.kg, "typed": f"{value} {unit}", "measured_on": measured_on},
        patient_id=patient.pk,
    )
    return weight


@transaction.atomic
def add_contact(
    *, patient_id: UUID, kind: str, name: str, relation: str, phone: str, by: Staff, at: datetime
) -> Contact:
    """Add a caregiver or another person to call."""
    patient = Patient.objects.visible_to(by).get(pk=patient_id)
    contact = Contact.objects.create(
        center_id=by.center_id,
        patient=patient,
        kind=kind,
        name=name,
        relation=relation,
        phone=phone,
        recorded_at=at,
        recorded_by=by,
    )
    audit.record(
        "patient.add_contact",
        contact,
        by=by,
        at=at,
        after={"kind": kind, "name": name, "relation": relation, "phone": phone},
        patient_id=patient.pk,
    )
    return contact


@transaction.atomic
def end_contact(*, contact_id: UUID, by: Staff, at: datetime) -> Contact:
    """Stop calling a person; the row stays."""
    contact = Contact.objects.select_for_update().get(
        pk=contact_id, center_id=by.center_id, ended_at__isnull=True
    )
    contact.ended_at, contact.ended_by = at, by
    contact.save(update_fields=["ended_at", "ended_by"])
    audit.record(
        "patient.end_contact", contact, by=by, at=at, before={"name": contact.name}, patient_id=contact.patient_id
    )
    return contact
