"""Give a drug within its limits; order one on a clock, taper it, stop it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Role, Staff
from dosing_portal.kernel.permissions import Permission, may
from dosing_portal.kernel.templatetags.clinical import hhmm
from patients.errors import AlreadyRecorded
from patients.models import Intervention, Patient, Place, ToxicityEvent
from patients.services.interventions import Given
from protocols.rules import regimes
from protocols.rules.treatment import Limit
from protocols.rules.treatment_settings import DrugRegime, RegimePhase
from protocols.rules.values import InterventionKind, Toxicity
from schedules.errors import ActRefused, LimitsCrossed
from schedules.models import TreatmentDue, TreatmentOrder
from schedules.selectors import treatments as selectors
from schedules.services import monitoring, treatment_due
from schedules.services.consequences import Outcome
from schedules.services.judging import Judge, judge
from schedules.services.treatment_due import AHEAD

AT_HOME = "taken at home before anybody was asked; recorded as told"
TAPER = "taper"
NEEDS_MG = selectors.TOCILIZUMAB


# --- give -------------------------------------------------------------------------------------------------


@transaction.atomic
def give(
    *,
    patient_id: UUID,
    given: Given,
    taken_at: datetime,
    client_key: UUID,
    by: Staff,
    at: datetime,
    due_id: UUID | None = None,
    cosigner: Staff | None = None,
) -> Outcome:
    """Record a drug that an event asks for, within its limits, and settle what was due.

    ``given.override_reason`` lets limits pass: by a physician, and with a pharmacist as ``cosigner`` where a
    limit needs both. What was taken at home is a fact and never barred; the limits it crossed stay with it.
    Raises ``LimitsCrossed``, ``ActRefused`` when somebody gave the due dose meanwhile, and as
    ``monitoring.log_intervention``.
    """
    if given.kind in NEEDS_MG and given.dose_mg is None:
        raise ActRefused("dose_mg", "Write the dose in mg: later doses are counted by it")
    patient = Patient.objects.visible_to(by).select_for_update(no_key=True).get(pk=patient_id)
    again = Intervention.objects.filter(center_id=by.center_id, client_key=client_key).first()
    if again is not None:
        raise AlreadyRecorded(again)
    _refuse_given_twice(patient, due_id)
    who = judge(patient, taken_at)
    drugs = selectors.drugs_of(patient, who.spec, by.center, taken_at)
    look = selectors.look(drugs, given.kind, given.dose_mg)
    given = _let_pass(given, look.limits, by, cosigner)
    given = replace(given, arithmetic=given.arithmetic or look.arithmetic)
    outcome = monitoring.log_intervention(
        patient_id=patient_id, given=given, taken_at=taken_at, client_key=client_key, by=by, at=at
    )
    if outcome.intervention is None:
        raise LookupError("an intervention was logged and is not in its outcome")
    treatment_due.settle_dose(patient, outcome.intervention, who.spec, by=by, at=at, due_id=due_id)
    if given.let_pass:
        audit.record(
            "intervention.override",
            outcome.intervention,
            by=by,
            at=at,
            after={"let_pass": list(given.let_pass), "cosigned_by": str(cosigner.pk) if cosigner else None},
            reason=given.override_reason,
            patient_id=patient.pk,
        )
    return outcome


def settle_told(outcome: Outcome, *, by: Staff, at: datetime) -> None:
    """A dose told by a story settles what was due, like any other."""
    row = outcome.intervention
    if row is None or not treatment_due.open_rows(outcome.patient_id).exists():
        return
    treatment_due.settle_dose(row.patient, row, judge(row.patient, row.taken_at).spec, by=by, at=at)


def _refuse_given_twice(patient: Patient, due_id: UUID | None) -> None:
    if due_id is None:
        return
    due = TreatmentDue.objects.select_related("settled_by", "given").get(pk=due_id, patient=patient)
    if due.state == TreatmentDue.State.OPEN:
        return
    if due.state == TreatmentDue.State.CANCELLED or due.settled_by is None:
        raise ActRefused("kind", "This dose is no longer due: it was left out, or its order stopped.")
    raise ActRefused(
        "kind",
        f"{due.settled_by.name} recorded this dose at {hhmm(due.settled_at)}. "
        "If this is another one, record it without the order.",
    )


def _let_pass(given: Given, limits: Sequence[Limit], by: Staff, cosigner: Staff | None) -> Given:
    """The dose with the limits that it may cross, or ``LimitsCrossed``."""
    if not limits:
        return replace(given, let_pass=(), override_reason="")
    sentences = tuple(limit.sentence for limit in limits)
    if given.place == Place.HOME or given.kind is InterventionKind.POCKET_DEXAMETHASONE:
        return replace(given, let_pass=sentences, override_reason=given.override_reason or AT_HOME)
    crossed = LimitsCrossed(limits)
    reason = given.override_reason.strip()
    if not reason or not may(by, Permission.ORDER_TREATMENT):
        raise crossed
    if crossed.cosign:
        if cosigner is None or cosigner.role != Role.PHARMACIST or cosigner.center_id != by.center_id:
            raise crossed
        reason = f"{reason} (with {cosigner.name})"
    return replace(given, let_pass=sentences, override_reason=reason[:300])


# --- order ------------------------------------------------------------------------------------------------


@transaction.atomic
def order(
    *,
    event_id: UUID,
    regime_id: str,
    starts_at: datetime,
    reason: str,
    client_key: UUID,
    by: Staff,
    at: datetime,
) -> TreatmentOrder:
    """Order a regime of the center for an event; its doses, taper and neurologic checks become due.

    Raises ``ActRefused`` for an unknown regime, for one not named for this grade without a reason, and while
    an order of the same drug runs. A repeated ``client_key`` answers with the order it made.
    """
    event, patient = _event(event_id, by)
    again = TreatmentOrder.objects.filter(center_id=by.center_id, client_key=client_key).first()
    if again is not None:
        return again
    who = judge(patient, at)
    regime = who.spec.center.care.regime(regime_id)
    if regime is None:
        raise ActRefused("regime", "Choose one of the center's regimes.")
    _refuse_second_order(patient, regime.kind)
    passed = _does_not_fit(event, regime)
    if passed and not reason.strip():
        raise ActRefused("reason", f"{passed[0]}. Write why it is ordered.")
    row = TreatmentOrder.objects.create(
        center_id=by.center_id,
        patient=patient,
        event=event,
        regime=regime.id,
        kind=regime.kind.value,
        words=f"{regime.words}, {regime.route}",
        arithmetic=list(regimes.order_lines(regime)),
        source=str(regime.provenance.source or "")[:300],
        confirmed=regime.provenance.confirmed,
        let_pass=passed,
        reason=reason.strip(),
        starts_at=starts_at,
        ordered_at=at,
        ordered_by=by,
        client_key=client_key,
    )
    care = who.spec.center.care.steroid_care
    treatment_due.add(row, regimes.due_rows(regime, care, starts_at, max(starts_at, at) + AHEAD))
    _audit("treatment.order", row, by, at, reason)
    return row


def _event(event_id: UUID, by: Staff) -> tuple[ToxicityEvent, Patient]:
    event = ToxicityEvent.objects.visible_to(by).get(pk=event_id)
    return event, Patient.objects.select_for_update(no_key=True).get(pk=event.patient_id)


def _refuse_second_order(patient: Patient, kind: str) -> None:
    runs = (
        TreatmentOrder.objects.filter(
            patient=patient,
            kind=kind,
            stopped_at__isnull=True,
            due__state=TreatmentDue.State.OPEN,
            due__what__in=treatment_due.DOSES,
        )
        .select_related("ordered_by")
        .first()
    )
    if runs is not None:
        raise ActRefused(
            "regime",
            f"{runs.ordered_by.name} ordered this at {hhmm(runs.ordered_at)} and it runs: {runs.words}. "
            "Stop that order first.",
        )


def _does_not_fit(event: ToxicityEvent, regime: DrugRegime) -> list[str]:
    reached = selectors.grades_of(event)
    if Toxicity(event.toxicity) in regime.toxicities and not reached.isdisjoint(regime.grades):
        return []
    named = " and ".join(toxicity.upper() for toxicity in regime.toxicities)
    grades = ", ".join(str(number) for number in regime.grades)
    return [f"The center names this for {named} grade {grades}; this is {event.label} grade {max(reached)}"]


# --- taper and stop ---------------------------------------------------------------------------------------


@transaction.atomic
def taper(
    *,
    order_id: UUID,
    steps: Sequence[RegimePhase],
    starts_at: datetime,
    reason: str,
    client_key: UUID,
    by: Staff,
    at: datetime,
) -> TreatmentOrder:
    """End an order with a taper: its open doses give way to the steps, neurologic checks go on through them.

    Raises ``ActRefused`` without a step, for a step without its days, and when the order has stopped.
    """
    before, patient = _order(order_id, by)
    again = TreatmentOrder.objects.filter(center_id=by.center_id, client_key=client_key).first()
    if again is not None:
        return again
    _refuse_stopped(before)
    if not steps or any(step.days is None for step in steps):
        raise ActRefused("steps", "Write each step: mg, every so many hours, for so many days.")
    who = judge(patient, at)
    regime = who.spec.center.care.regime(before.regime)
    _stop(before, f"taper ordered: {reason}".strip(": "), by, at)
    row = TreatmentOrder.objects.create(
        center_id=by.center_id,
        patient=patient,
        event=before.event,
        regime=TAPER,
        kind=before.kind,
        words=f"Taper: {', then '.join(_step_words(step) for step in steps)}"[:300],
        arithmetic=[_step_words(step) for step in steps],
        source=before.source,
        confirmed=before.confirmed,
        reason=reason.strip(),
        starts_at=starts_at,
        ordered_at=at,
        ordered_by=by,
        client_key=client_key,
    )
    steroid = regime is None or regime.steroid
    care = who.spec.center.care.steroid_care
    treatment_due.add(row, regimes.taper_rows(steps, care, starts_at, steroid=steroid))
    _audit("treatment.taper", row, by, at, reason)
    return row


def _step_words(step: RegimePhase) -> str:
    days = f"{step.days} {'day' if step.days == 1 else 'days'}"
    return f"{step.mg.normalize():,f} mg every {step.every_hours.normalize():f} h for {days}"


@transaction.atomic
def stop(*, order_id: UUID, reason: str, without_taper: bool, by: Staff, at: datetime) -> TreatmentOrder:
    """Stop an order: what it asks for is cancelled, except the checks after a steroid's last dose.

    A steroid whose taper has not begun is stopped only ``without_taper``: on a physician's word.
    Raises ``ActRefused`` without a reason, and for an order that has stopped already, saying by whom.
    """
    row, patient = _order(order_id, by)
    _refuse_stopped(row)
    if not reason.strip():
        raise ActRefused("reason", "Write why it stops.")
    who = judge(patient, at)
    steroid = _is_steroid(row, who)
    if steroid and not without_taper and not _tapers(row):
        raise ActRefused(
            "how",
            "This steroid has no taper yet. Order the taper, or say that it stops without one and why.",
        )
    _stop(row, reason.strip(), by, at)
    if steroid:
        _keep_checks(row, who, at)
    treatment_due.settle_alert(patient, because="the order was stopped", by=by, at=at)
    _audit("treatment.stop", row, by, at, reason)
    return row


def _is_steroid(row: TreatmentOrder, who: Judge) -> bool:
    regime = who.spec.center.care.regime(row.regime)
    return regime.steroid if regime is not None else row.regime == TAPER


def _tapers(row: TreatmentOrder) -> bool:
    """The taper has begun, or every dose was given: nothing of it is cut off."""
    begun = row.due.filter(what=TreatmentDue.What.TAPER, state=TreatmentDue.State.DONE)
    doses = row.due.filter(what__in=treatment_due.DOSES, state=TreatmentDue.State.OPEN)
    return begun.exists() or not doses.exists()


def _keep_checks(row: TreatmentOrder, who: Judge, at: datetime) -> None:
    """Neurologic checks go on for the center's hours after the last dose that was given."""
    last = row.due.filter(what__in=treatment_due.DOSES, given__isnull=False).order_by("-settled_at").first()
    if last is None or last.settled_at is None:
        return
    care = who.spec.center.care.steroid_care
    newest = row.due.order_by("-number").values_list("number", flat=True)[0]
    treatment_due.add(row, regimes.checks_after(care, last.settled_at, at), number_from=newest)


def _order(order_id: UUID, by: Staff) -> tuple[TreatmentOrder, Patient]:
    found = TreatmentOrder.objects.get(pk=order_id, center_id=by.center_id)
    patient = Patient.objects.select_for_update(no_key=True).get(pk=found.patient_id)
    return TreatmentOrder.objects.select_related("stopped_by", "event").get(pk=order_id), patient


def _refuse_stopped(row: TreatmentOrder) -> None:
    if row.stopped_by is not None:
        raise ActRefused(
            "order", f"{row.stopped_by.name} stopped this order at {hhmm(row.stopped_at)}: {row.stop_reason}."
        )


def _stop(row: TreatmentOrder, reason: str, by: Staff, at: datetime) -> None:
    row.stopped_at, row.stopped_by, row.stop_reason = at, by, reason[:300]
    row.save(update_fields=["stopped_at", "stopped_by", "stop_reason"])
    row.due.filter(state=TreatmentDue.State.OPEN).update(
        state=TreatmentDue.State.CANCELLED, settled_at=at, settled_by=by
    )


def _audit(action: str, row: TreatmentOrder, by: Staff, at: datetime, reason: str) -> None:
    audit.record(
        action,
        row,
        by=by,
        at=at,
        after={"regime": row.regime, "words": row.words},
        reason=reason.strip(),
        patient_id=row.patient_id,
    )


@transaction.atomic
def leave_out(*, due_id: UUID, reason: str, by: Staff, at: datetime) -> TreatmentDue:
    """Say that a due dose or check is left out, with the reason. Raises ``ActRefused`` when it is settled."""
    found = TreatmentDue.objects.get(pk=due_id, center_id=by.center_id)
    patient = Patient.objects.select_for_update(no_key=True).get(pk=found.patient_id)
    due = TreatmentDue.objects.select_related("settled_by").get(pk=due_id)
    if due.state != TreatmentDue.State.OPEN:
        name = due.settled_by.name if due.settled_by else ""
        raise ActRefused("reason", f"{name} settled this at {hhmm(due.settled_at)}.")
    if not reason.strip():
        raise ActRefused("reason", "Write why it is left out.")
    due.state, due.settled_at, due.settled_by = TreatmentDue.State.CANCELLED, at, by
    due.reason = reason.strip()[:300]
    due.save(update_fields=["state", "settled_at", "settled_by", "reason"])
    treatment_due.settle_alert(patient, because=f"left out: {due.reason}"[:300], by=by, at=at)
    audit.record("treatment.leave_out", due, by=by, at=at, reason=due.reason, patient_id=patient.pk)
    return due
