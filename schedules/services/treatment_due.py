"""What an order has made due: settled by what was given or measured, extended ahead, noticed when late."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max, Q, QuerySet

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.templatetags.clinical import number
from patients.models import Intervention, Observation, Patient
from protocols.rules import regimes
from protocols.rules.regimes import Due
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import InterventionKind, Severity
from schedules.models import Alert, TreatmentDue, TreatmentOrder
from schedules.services import alerts
from schedules.services.alerts import Reason, Subject
from schedules.services.escalation import system_staff
from schedules.services.judging import judge
from schedules.services.rows import one_by_one

AHEAD = timedelta(hours=48)
"""How far ahead rows stand of what goes on until a person stops it. Of storage, not of care."""
DOSES = (TreatmentDue.What.DOSE, TreatmentDue.What.TAPER)
SAME_DRUG = {InterventionKind.POCKET_DEXAMETHASONE: InterventionKind.DEXAMETHASONE}


def open_rows(patient_id: UUID) -> QuerySet[TreatmentDue]:
    return TreatmentDue.objects.filter(patient_id=patient_id, state=TreatmentDue.State.OPEN)


def add(order: TreatmentOrder, due: Iterable[Due], *, number_from: int = 0) -> None:
    """Write what is due, numbered on from the last row of the order."""
    TreatmentDue.objects.bulk_create(
        [
            TreatmentDue(
                center_id=order.center_id,
                patient_id=order.patient_id,
                order=order,
                number=number_from + n,
                what=row.what.value,
                dose_mg=row.mg,
                due_at=row.at,
            )
            for n, row in enumerate(due, start=1)
        ]
    )


# --- settled ----------------------------------------------------------------------------------------------


def settle_dose(
    patient: Patient,
    row: Intervention,
    spec: ProtocolSpec,
    *,
    by: Staff,
    at: datetime,
    due_id: UUID | None = None,
) -> TreatmentDue | None:
    """The dose settles the row it was given for, else the nearest open one of its drug within half a turn."""
    found = _row_of_dose(patient, row, due_id)
    if found is None:
        return None
    found.state, found.given = TreatmentDue.State.DONE, row
    _settled(found, row.taken_at, by)
    _extend(found.order, spec, row.taken_at)
    settle_alert(patient, because="the ordered treatment was given", by=by, at=at)
    return found


def _row_of_dose(patient: Patient, row: Intervention, due_id: UUID | None) -> TreatmentDue | None:
    rows = open_rows(patient.pk).filter(what__in=DOSES).select_related("order")
    if due_id is not None:
        return rows.filter(pk=due_id).first()
    kind = SAME_DRUG.get(InterventionKind(row.kind), row.kind)
    mine = list(rows.filter(order__kind=kind, order__stopped_at__isnull=True))
    near = [due for due in mine if due.due_at - row.taken_at <= _half_a_turn(due, mine)]
    return min(near, key=lambda due: abs(due.due_at - row.taken_at), default=None)


def _half_a_turn(due: TreatmentDue, rows: Sequence[TreatmentDue]) -> timedelta:
    """A dose may be given this much ahead of its time and still be the one that was due."""
    others = [abs(row.due_at - due.due_at) for row in rows if row.order_id == due.order_id and row != due]
    return min(others, default=AHEAD) / 2


def settle_checks(patient: Patient, row: Observation, spec: ProtocolSpec, *, by: Staff, at: datetime) -> None:
    """A whole ICE test does the neurologic checks that are due by then, and the next if it is near."""
    test = row.ice()
    if test is None or test.score is None:
        return
    early = timedelta(minutes=spec.center.checks.early_minutes)
    rows = open_rows(patient.pk).filter(what=TreatmentDue.What.NEURO_CHECK).select_related("order")
    done = list(rows.filter(due_at__lte=row.taken_at + early))
    for due in done:
        due.state, due.observation = TreatmentDue.State.DONE, row
        _settled(due, row.taken_at, by)
    for order in {due.order for due in done}:
        _extend(order, spec, row.taken_at)
    if done:
        settle_alert(patient, because="the neurologic check was done", by=by, at=at)


def _settled(due: TreatmentDue, settled_at: datetime, by: Staff) -> None:
    due.settled_at, due.settled_by = settled_at, by
    due.save(update_fields=["state", "settled_at", "settled_by", "given", "observation"])


def reopen(before: Intervention) -> None:
    """The entry was a mistake: what it had settled is to be done again."""
    TreatmentDue.objects.filter(given=before).update(
        state=TreatmentDue.State.OPEN, settled_at=None, settled_by=None, given=None
    )


def _extend(order: TreatmentOrder, spec: ProtocolSpec, now: datetime) -> None:
    """Rows of what goes on until stopped, as far ahead as before."""
    regime = spec.center.care.regime(order.regime)
    if regime is None or order.stopped_at is not None:
        return
    ahead = regimes.due_rows(regime, spec.center.care.steroid_care, order.starts_at, now + AHEAD)
    doses, checks = Q(what__in=DOSES), Q(what=TreatmentDue.What.NEURO_CHECK)
    last = order.due.aggregate(
        dose=Max("due_at", filter=doses), check=Max("due_at", filter=checks), number=Max("number")
    )
    more = [
        due
        for due in ahead
        if (newest := last["check" if due.what is regimes.DueKind.NEURO_CHECK else "dose"]) is None
        or due.at > newest
    ]
    add(order, more, number_from=last["number"] or 0)


def settle_alert(patient: Patient, *, because: str, by: Staff, at: datetime) -> None:
    """The alert ends when nothing that was told as late is still to be done."""
    if open_rows(patient.pk).filter(told_at__isnull=False).exists():
        return
    rows = Alert.objects.unresolved().select_for_update(no_key=True)
    late = list(rows.filter(patient=patient, kind=Alert.Kind.TREATMENT_DUE))
    if late:
        alerts.settle(late, because=because, by=by, at=at)


# --- late -------------------------------------------------------------------------------------------------


def flag_late_treatments(*, at: datetime) -> int:
    """Page for every ordered dose and check that is late by more than the center's grace. Returns how many.

    Raises ``RowsLeftBehind`` when one could not be flagged; the others were.
    """
    due = _to_flag(at).order_by("due_at")
    return one_by_one(due.values_list("pk", flat=True), lambda pk: _flag_one(pk, at))


def _to_flag(at: datetime) -> QuerySet[TreatmentDue]:
    return TreatmentDue.objects.filter(state=TreatmentDue.State.OPEN, told_at__isnull=True, due_at__lte=at)


def _flag_one(due_id: UUID, at: datetime) -> bool:
    """Under the patient's lock; whoever holds it may be giving the dose."""
    of_row = TreatmentDue.objects.filter(pk=due_id).values("patient")
    patient = Patient.objects.select_for_update(skip_locked=True, no_key=True).filter(pk__in=of_row).first()
    if patient is None:
        return False
    due = _to_flag(at).select_related("order__event", "center").filter(pk=due_id).first()
    if due is None:
        return False
    who = judge(patient, at)
    chase = who.spec.center.care.chase
    if at < due.due_at + timedelta(minutes=chase.overdue_grace_minutes):
        return False
    due.told_at = at
    due.save(update_fields=["told_at"])
    by = system_staff(due.center_id)
    subject = Subject(
        patient=patient, course=who.course, version_id=who.version_id, spec=who.spec, event=due.order.event
    )
    reason = Reason(
        Alert.Kind.TREATMENT_DUE, Severity.ACT_NOW, _late_words(due, at), str(chase.provenance.source or "")
    )
    alerts.raise_for(subject=subject, reasons=[reason], by=by, at=at)
    audit.record("treatment.late", due, by=by, at=at, after={"due_at": due.due_at}, patient_id=due.patient_id)
    return True


def _late_words(due: TreatmentDue, at: datetime) -> str:
    """dexamethasone 10 mg due 19-Nov-2026 14:00 not given, 6 min overdue."""
    when = due.center.local(due.due_at)
    late = int((at - due.due_at).total_seconds() // 60)
    drug = due.order.kind.replace("_", " ")
    if due.what == TreatmentDue.What.NEURO_CHECK:
        return f"neurologic check with {drug} due {when:%d-%b-%Y %H:%M} not done, {late} min overdue"
    amount = f" {number(due.dose_mg)} mg" if due.dose_mg is not None else ""
    return f"{drug}{amount} due {when:%d-%b-%Y %H:%M} not given, {late} min overdue"
