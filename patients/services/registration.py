"""Register a patient and keep what is known of the person: allergies, weight, people to call."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Staff
from patients.errors import FactRefused, StaleRevision
from patients.facts import NewContact, NewWeight, PersonFacts
from patients.models import Contact, Patient, WeightMeasurement

__all__ = ["NewContact", "NewWeight", "PersonFacts"]  # callers find the facts beside what takes them

KG_PER_POUND = Decimal("0.45359237")  # the international pound, exact by definition


def kilograms(value: Decimal, unit: str) -> Decimal:
    """A typed weight in kilograms, to 0.01 kg."""
    exact = value if unit == "kg" else value * KG_PER_POUND
    return exact.quantize(Decimal("0.01"))


@transaction.atomic
def register(
    *,
    facts: PersonFacts,
    by: Staff,
    at: datetime,
    weight: NewWeight | None = None,
    contact: NewContact | None = None,
) -> Patient:
    """Register a person at the center of ``by``, with a weight and a person to call where they are known.

    Raises ``FactRefused`` when the MRN is in use at this center or a date lies ahead; then nothing is stored.
    """
    if facts.birth_date > by.center.local(at).date():
        raise FactRefused("birth_date", "The birth date lies in the future. Write it as 14-Mar-1959.")
    _refuse_used_mrn(facts.mrn, by)
    patient = Patient(center_id=by.center_id, registered_at=at, registered_by=by, **columns(facts))
    try:
        with transaction.atomic():
            patient.save(force_insert=True)
    except IntegrityError:  # the same form sent twice at once: the other one stands
        _refuse_used_mrn(facts.mrn, by)
        raise
    audit.record("patient.register", patient, by=by, at=at, after=columns(facts), patient_id=patient.pk)
    if weight is not None:
        record_weight(
            patient_id=patient.pk,
            value=weight.value,
            unit=weight.unit,
            measured_on=weight.measured_on,
            by=by,
            at=at,
        )
    if contact is not None:
        add_contact(
            patient_id=patient.pk,
            kind=contact.kind,
            name=contact.name,
            relation=contact.relation,
            phone=contact.phone,
            by=by,
            at=at,
        )
    return patient


def _refuse_used_mrn(mrn: str, by: Staff) -> None:
    same = Patient.objects.visible_to(by).filter(mrn__iexact=mrn).first()
    if same is not None:
        raise FactRefused("mrn", f"{same} is registered with this MRN. Open that patient instead.")


def facts_of(patient: Patient) -> PersonFacts:
    """What is known of a registered person."""
    return PersonFacts(**{name: getattr(patient, name) for name in PersonFacts.__slots__})


def columns(facts: PersonFacts) -> dict[str, object]:
    return {name: getattr(facts, name) for name in PersonFacts.__slots__}


@transaction.atomic
def change(*, patient_id: UUID, facts: PersonFacts, seen: PersonFacts, by: Staff, at: datetime) -> Patient:
    """Change what is known of the person; the audit trail keeps what stood before.

    ``seen`` is what the form was opened with: raises ``StaleRevision`` when it no longer stands, and
    ``FactRefused`` for an MRN of somebody else.
    """
    patient = Patient.objects.visible_to(by).select_for_update().get(pk=patient_id)
    before = columns(facts_of(patient))
    if before != columns(seen):
        raise StaleRevision
    if Patient.objects.visible_to(by).filter(mrn__iexact=facts.mrn).exclude(pk=patient_id).exists():
        raise FactRefused("mrn", "Another patient is registered with this MRN.")
    for name, value in columns(facts).items():
        setattr(patient, name, value)
    patient.save()
    audit.record(
        "patient.change", patient, by=by, at=at, before=before, after=columns(facts), patient_id=patient.pk
    )
    return patient


@transaction.atomic
def record_weight(
    *, patient_id: UUID, value: Decimal, unit: str, measured_on: date, by: Staff, at: datetime
) -> WeightMeasurement:
    """Append a weight with its day. The newest one sent again (a double click) stays one row.

    Raises ``FactRefused`` for a day ahead.
    """
    patient = _locked(patient_id, by)
    if measured_on > by.center.local(at).date():
        raise FactRefused("weight_on", "The weight is dated in the future. Write the day it was measured.")
    latest = patient.weights.first()
    if latest is not None and (latest.typed_value, latest.typed_unit, latest.measured_on) == (
        value,
        unit,
        measured_on,
    ):
        return latest
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
    """Add a caregiver or another person to call; the same name and number sent again stay one row."""
    patient = _locked(patient_id, by)
    same = patient.contacts.filter(name=name, phone=phone, kind=kind, ended_at__isnull=True).first()
    if same is not None:
        return same
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
    """Stop calling a person; the row stays. Ended already, nothing changes."""
    contact = Contact.objects.select_for_update().get(pk=contact_id, center_id=by.center_id)
    if contact.ended_at is not None:
        return contact
    contact.ended_at, contact.ended_by = at, by
    contact.save(update_fields=["ended_at", "ended_by"])
    audit.record(
        "patient.end_contact",
        contact,
        by=by,
        at=at,
        before={"name": contact.name},
        patient_id=contact.patient_id,
    )
    return contact


def _locked(patient_id: UUID, by: Staff) -> Patient:
    """The patient under a lock, so that the same form sent twice at once is seen to be the same."""
    return Patient.objects.visible_to(by).select_for_update(no_key=True).get(pk=patient_id)
