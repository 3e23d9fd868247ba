"""Take in a reading or an intervention: fact, grading, event, check, alert, audit, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Staff
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import Intervention, Observation, Patient, ToxicityEvent
from patients.models.observation import as_typed
from patients.selectors import timeline
from patients.services import interventions, observations, toxicity
from patients.services.interventions import Given
from patients.services.observations import ReadingContext
from protocols.rules import plausibility
from protocols.rules.plausibility import VerdictKind
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import Axis, InterventionKind, VitalSigns
from schedules.models import MonitoringCheck
from schedules.services import consequences, treatment_due
from schedules.services.consequences import Outcome
from schedules.services.judging import judge


@transaction.atomic
def log_vitals(
    *,
    patient_id: UUID,
    vitals: VitalSigns,
    context: ReadingContext,
    taken_at: datetime,
    client_key: UUID,
    by: Staff,
    at: datetime,
    given: Sequence[tuple[Given, datetime, UUID]] = (),
) -> Outcome:
    """Save a set of vital signs, with what was taken at home, and act on what it means.

    Raises ``Patient.DoesNotExist`` for a patient of another center, ``FactRefused`` for a time ahead,
    ``NoProtocol``, and ``AlreadyRecorded`` when the same submission was saved before. A late entry is placed
    at its own time and grades what follows again.
    """
    patient = _locked(patient_id, by)
    who = judge(patient, taken_at)
    _refuse_impossible(vitals, who.spec)
    row = observations.record(
        patient=patient,
        vitals=vitals,
        context=context,
        taken_at=taken_at,
        client_key=client_key,
        by=by,
        at=at,
    )
    for drug, when, key in given:
        interventions.record(patient=patient, given=drug, taken_at=when, client_key=key, by=by, at=at)
    outcome = consequences.act(
        patient, who, row, None, taken_at, by, at, also=[str(key) for _, _, key in given]
    )
    audit.record("vitals.log", row, by=by, at=at, after=_audited(row), patient_id=patient.pk)
    return outcome


@transaction.atomic
def amend_vitals(
    *,
    observation_id: UUID,
    vitals: VitalSigns,
    context: ReadingContext,
    taken_at: datetime,
    reason: str,
    client_key: UUID,
    by: Staff,
    at: datetime,
) -> Outcome:
    """Correct a reading: a new row stands instead of it, the old one stays; what followed is graded again.

    Raises as ``log_vitals``, and ``FactRefused`` without a reason or when it was corrected meanwhile.
    """
    before = Observation.objects.select_related("patient").get(pk=observation_id, center_id=by.center_id)
    patient = _locked(before.patient_id, by)
    if not reason.strip():
        raise FactRefused("amend_reason", "Write why you correct this entry.")
    _refuse_second_correction(before, client_key)
    who = judge(patient, taken_at)
    _refuse_impossible(vitals, who.spec)
    row = observations.record(
        patient=patient,
        vitals=vitals,
        context=context,
        taken_at=taken_at,
        client_key=client_key,
        by=by,
        at=at,
        amends=before,
        amend_reason=reason,
    )
    _move_checks(before, row)
    outcome = consequences.act(patient, who, row, None, min(taken_at, before.taken_at), by, at)
    audit.record(
        "vitals.amend",
        row,
        by=by,
        at=at,
        before=_audited(before),
        after=_audited(row),
        reason=reason,
        patient_id=patient.pk,
    )
    return outcome


def _refuse_second_correction(before: Observation, client_key: UUID) -> None:
    """Called under the patient's lock, so two nurses cannot both pass it."""
    correction = Observation.objects.filter(amends=before).select_related("recorded_by").first()
    if correction is None:
        return
    if correction.client_key == client_key:
        raise AlreadyRecorded(correction)
    when = before.center.local(correction.recorded_at)
    raise FactRefused(
        "amend_reason",
        f"{correction.recorded_by.name} corrected this entry at {when:%H:%M}. Correct that one instead.",
    )


def _move_checks(before: Observation, row: Observation) -> None:
    """The check that the old row completed is completed by the row that stands now."""
    MonitoringCheck.objects.filter(observation=before).update(observation=row, done_at=row.taken_at)


@transaction.atomic
def log_intervention(
    *, patient_id: UUID, given: Given, taken_at: datetime, client_key: UUID, by: Staff, at: datetime
) -> Outcome:
    """Save what a patient was given or took; it changes grading from its own time on.

    Raises as ``log_vitals``.
    """
    patient = _locked(patient_id, by)
    who = judge(patient, taken_at)
    row = interventions.record(
        patient=patient, given=given, taken_at=taken_at, client_key=client_key, by=by, at=at
    )
    outcome = consequences.act(patient, who, None, row, taken_at, by, at)
    audit.record(
        "intervention.log",
        row,
        by=by,
        at=at,
        after={"kind": row.kind, "dose_mg": row.dose_mg, "taken_at": row.taken_at},
        patient_id=patient.pk,
    )
    return outcome


@transaction.atomic
def take_back_intervention(
    *, intervention_id: UUID, reason: str, client_key: UUID, by: Staff, at: datetime
) -> Outcome:
    """Say that an intervention was never given: it stops counting, and stays on record as a mistake."""
    before = Intervention.objects.current().get(pk=intervention_id, center_id=by.center_id)
    patient = _locked(before.patient_id, by)
    if not reason.strip():
        raise FactRefused("reason", "Write why this entry was wrong.")
    who = judge(patient, before.taken_at)
    row = interventions.record(
        patient=patient,
        given=Given(kind=InterventionKind(before.kind), dose_mg=before.dose_mg),
        taken_at=before.taken_at,
        client_key=client_key,
        by=by,
        at=at,
        amends=before,
        amend_reason=reason,
        never_given=True,
    )
    treatment_due.reopen(before)
    outcome = consequences.act(patient, who, None, row, before.taken_at, by, at)
    audit.record(
        "intervention.take_back",
        row,
        by=by,
        at=at,
        before={"kind": before.kind, "taken_at": before.taken_at},
        reason=reason,
        patient_id=patient.pk,
    )
    return outcome


@transaction.atomic
def attribute_cause(
    *, event_id: UUID, axis: Axis, cause: str, reason: str, by: Staff, at: datetime
) -> Outcome:
    """A physician attributes one axis of an event to another cause; every reading it touches is graded again.

    It applies to the readings of the event so far. Later readings count until they are attributed too, and
    limits keep alarming. Raises ``FactRefused`` without a reason or when no reading shows the axis.
    """
    event = ToxicityEvent.objects.visible_to(by).get(pk=event_id)
    patient = _locked(event.patient_id, by)
    who = judge(patient, event.opened_at)
    line = timeline(patient.pk, event.opened_at)
    until = event.ended_at or at
    rows = [row for row in line.observations if row.taken_at <= until]
    if not rows:
        raise FactRefused("axis", "No reading of this event can be attributed.")
    toxicity.attribute(
        patient=patient, observations=rows, axis=axis, cause=cause, reason=reason, by=by, at=at
    )
    outcome = consequences.act(patient, who, None, None, event.opened_at, by, at)
    audit.record(
        "event.attribute",
        event,
        by=by,
        at=at,
        after={"axis": axis.value, "cause": cause, "readings": len(rows)},
        reason=reason,
        patient_id=patient.pk,
    )
    return outcome


@transaction.atomic
def attribute_reading(
    *, observation_id: UUID, axis: Axis, cause: str, reason: str, by: Staff, at: datetime
) -> Outcome:
    """A physician attributes one axis of one reading to another cause. Raises as ``attribute_cause``."""
    row = Observation.objects.current().get(pk=observation_id, center_id=by.center_id)
    patient = _locked(row.patient_id, by)
    who = judge(patient, row.taken_at)
    toxicity.attribute(
        patient=patient, observations=[row], axis=axis, cause=cause, reason=reason, by=by, at=at
    )
    outcome = consequences.act(patient, who, None, None, row.taken_at, by, at)
    audit.record(
        "reading.attribute",
        row,
        by=by,
        at=at,
        after={"axis": axis.value, "cause": cause},
        reason=reason,
        patient_id=patient.pk,
    )
    return outcome


def _refuse_impossible(vitals: VitalSigns, spec: ProtocolSpec) -> None:
    """Whatever the door: a value no person can have is refused. Unlikely ones are the form's to ask about."""
    measured = {
        name: (Decimal(value), "")
        for name in ("systolic", "diastolic", "heart_rate", "respiratory_rate", "spo2")
        if (value := getattr(vitals, name)) is not None
    }
    if vitals.temperature is not None:
        measured["temperature"] = (vitals.temperature.value, vitals.temperature.unit.value)
    if vitals.oxygen is not None and vitals.oxygen.flow_lpm is not None:
        measured["flow_lpm"] = (vitals.oxygen.flow_lpm, "")
    for name, (value, unit) in measured.items():
        verdict = plausibility.check(name, value, spec.center.plausible, unit=unit)
        if verdict.kind in {VerdictKind.IMPOSSIBLE, VerdictKind.WRONG_UNIT}:
            raise FactRefused(name, verdict.sentence)


@transaction.atomic
def grade_again(*, patient_id: UUID, since: datetime, by: Staff, at: datetime) -> Outcome:
    """Grade again what was read since an instant: a dose recorded late stands before those readings."""
    patient = _locked(patient_id, by)
    return consequences.act(patient, judge(patient, since), None, None, since, by, at)


def _locked(patient_id: UUID, by: Staff) -> Patient:
    """The patient under a lock that serialises two nurses, without holding up those who only refer to her."""
    return Patient.objects.visible_to(by).select_for_update(no_key=True).get(pk=patient_id)


def _audited(row: Observation) -> dict[str, object]:
    """What was measured, without the columns left empty."""
    measured = {
        field.name: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.name not in _NOT_AUDITED and getattr(row, field.attname) not in (None, "", [], {})
    }
    if row.temperature is not None:
        measured["temperature"] = as_typed(row.temperature)
    return measured


_NOT_AUDITED = {"id", "center", "patient", "client_key", "recorded_by", "recorded_at"}
