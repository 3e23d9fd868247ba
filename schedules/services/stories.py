"""Play a story through the real services with a moving clock: a replay, a drill, a sample patient."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Min

from dosing_portal.kernel.models import Center, Staff
from patients.errors import FactRefused
from patients.models import Patient, ToxicityEvent
from patients.services import registration
from patients.services.interventions import Given
from patients.services.observations import ReadingContext
from protocols import selectors as protocols
from protocols.rules.treatment_settings import RegimePhase
from protocols.rules.values import Axis, Toxicity
from schedules.errors import ActRefused
from schedules.models import Alert, MonitoringCheck, ResponseStep, TreatmentCourse, TreatmentOrder
from schedules.selectors import decisions as decided
from schedules.services import (
    alerts,
    courses,
    decisions,
    dosing,
    escalation,
    events,
    missed_checks,
    monitoring,
    reminders,
    responses,
    treatments,
)
from schedules.services.decisions import Chosen, Seen
from schedules.services.story_document import Act

SAMPLE_TAPER = (RegimePhase(Decimal(4), Decimal(12), 1), RegimePhase(Decimal(2), Decimal(12), 1))
"""What a sample patient's physician writes; no published taper."""
AXES_OF_ICANS = {Axis.ICE, Axis.CONSCIOUSNESS, Axis.SEIZURE, Axis.MOTOR}


class StoryRefused(Exception):
    """An act that cannot be played or that the services refused, with its line in the story."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(f"line {line}: {sentence}")
        self.line = line
        self.sentence = sentence


@dataclass(slots=True)
class Cast:
    """Who acts in a story: one person a role, all of one center."""

    center: Center
    nurse: Staff
    physician: Staff
    pharmacist: Staff
    director: Staff

    def person(self, name: str, otherwise: Staff) -> Staff:
        return {
            "nurse": self.nurse,
            "physician": self.physician,
            "pharmacist": self.pharmacist,
            "director": self.director,
        }.get(name.removesuffix("_on_call"), otherwise)


@dataclass(slots=True)
class Stage:
    """One patient on the stage, and how far the clock has come."""

    cast: Cast
    patient: Patient
    weight_kg: Decimal
    version_id: UUID | None
    clock: datetime
    first_readings_are_baseline: bool = False

    def play(self, acts: Iterable[Act], until: datetime) -> None:
        """Every act at the time it was recorded; between them each sweep at the minute it is due."""
        for act in sorted(acts, key=lambda act: act.recorded_at):
            self.run_to(act.recorded_at)
            self._do(act)
        self.run_to(until, including=True)

    # --- the clock ----------------------------------------------------------------------------------

    def run_to(self, moment: datetime, *, including: bool = False) -> None:
        """Let the sweeps act at each due time before ``moment``: an act of the same minute comes first."""
        while True:
            due = self._next_due()
            if due is None or due > moment or (due == moment and not including):
                break
            self.clock = max(due, self.clock)
            missed_checks.flag_missed_checks(at=self.clock)
            escalation.escalate_due(at=self.clock)
            reminders.queue_due_reminders(at=self.clock)
        self.clock = max(moment, self.clock)

    def _next_due(self) -> datetime | None:
        mine = {"patient": self.patient}
        open_checks = MonitoringCheck.objects.filter(state=MonitoringCheck.State.OPEN, **mine)
        due = [
            Alert.objects.unanswered().filter(**mine).aggregate(at=Min("next_escalation_at"))["at"],
            Alert.objects.filter(state=Alert.State.ACKNOWLEDGED, **mine).aggregate(at=Min("recheck_at"))[
                "at"
            ],
            open_checks.filter(missed_at__isnull=True).aggregate(at=Min("missed_from"))["at"],
            open_checks.filter(reminded_at__isnull=True).aggregate(at=Min("due_at"))["at"],
        ]
        return min((at for at in due if at is not None), default=None)

    # --- the acts -----------------------------------------------------------------------------------

    def _do(self, act: Act) -> None:
        doers: dict[str, Callable[[Act], None]] = {
            "gave": self._gave,
            "dose": self._dose,
            "vitals": self._vitals,
            "acknowledge": self._acknowledge,
            "confirm": self._confirm,
            "attribute": self._attribute,
            "close": self._close,
            "decide": self._decide,
            "order": self._order,
            "taper": self._taper,
            "step": self._step,
        }
        try:
            doers[act.kind](act)
        except (ActRefused, FactRefused) as refused:
            raise StoryRefused(act.line, str(refused)) from refused

    def _vitals(self, act: Act) -> None:
        if act.vitals is None:
            raise StoryRefused(act.line, "these vitals are empty")
        outcome = monitoring.log_vitals(
            patient_id=self.patient.pk,
            vitals=act.vitals,
            context=ReadingContext(
                reported_by="patient" if act.by == "patient" else "staff",
                is_baseline=self.first_readings_are_baseline and not self._dosed(),
            ),
            taken_at=act.at,
            client_key=uuid.uuid4(),
            by=self.cast.person(act.by, self.cast.nurse),
            at=act.recorded_at,
        )
        if outcome.observation is not None:
            for axis, cause in act.attributed:
                monitoring.attribute_reading(
                    observation_id=outcome.observation.pk,
                    axis=axis,
                    cause=cause,
                    reason=act.reason,
                    by=self.cast.physician,
                    at=act.recorded_at,
                )
        self._gave(act)

    def _dosed(self) -> bool:
        return self.patient.courses.filter(administrations__isnull=False).exists()

    def _gave(self, act: Act) -> None:
        for kind in act.gave:
            by = self.cast.person(act.by, self.cast.nurse)
            outcome = monitoring.log_intervention(
                patient_id=self.patient.pk,
                given=Given(kind=kind, dose_mg=act.dose_mg),
                taken_at=act.at,
                client_key=uuid.uuid4(),
                by=by,
                at=act.recorded_at,
            )
            treatments.settle_told(outcome, by=by, at=act.recorded_at)

    def _dose(self, act: Act) -> None:
        course = self._course(act)
        self._close_what_is_over(act)
        day = self.cast.center.local(act.at).date()
        registration.record_weight(
            patient_id=self.patient.pk,
            value=self.weight_kg,
            unit="kg",
            measured_on=day,
            by=self.cast.nurse,
            at=act.recorded_at,
        )
        dosing.record_as_told(
            course_id=course.pk,
            dose=act.dose,
            given_at=act.at,
            by=self.cast.nurse,
            checker=self.cast.pharmacist,
            reason=act.reason,
            at=act.recorded_at,
        )

    def _course(self, act: Act) -> TreatmentCourse:
        running = TreatmentCourse.objects.running().filter(patient=self.patient).first()
        if running is not None:
            return running
        if self.version_id is None:
            raise StoryRefused(act.line, "no protocol to start a course on")
        return courses.start(
            patient_id=self.patient.pk,
            version_id=self.version_id,
            starts_on=self.cast.center.local(act.at).date(),
            setting=courses.OUTPATIENT,
            by=self.cast.physician,
            at=act.at,
        )

    def _close_what_is_over(self, act: Act) -> None:
        """A dose follows only a closed event; the story's physician closes those whose hours have passed."""
        events_of = ToxicityEvent.objects.filter(patient=self.patient)
        for event in events_of.open().filter(closing_allowed_from__lte=act.recorded_at):
            self._close_event(event, act)
        for event in events_of.filter(state=ToxicityEvent.State.MASKED):
            events.rule_out(
                event_id=event.pk,
                seen_revision=event.revision,
                reason=act.reason,
                by=self.cast.physician,
                at=act.recorded_at,
            )

    def _close_event(self, event: ToxicityEvent, act: Act) -> None:
        events.close_as_told(
            event_id=event.pk,
            seen_revision=event.revision,
            reason=act.reason,
            by=self.cast.person(act.by, self.cast.physician),
            at=act.recorded_at,
        )

    def _acknowledge(self, act: Act) -> None:
        waiting = Alert.objects.unanswered().filter(patient=self.patient)
        waiting = waiting.order_by("raised_at", "-severity", "kind")
        if act.which not in {"oldest", "all"}:
            waiting = waiting.filter(kind=act.which)
        chosen = list(waiting if act.which == "all" else waiting[:1])
        for alert in chosen:
            by = self.cast.person(act.by, self.cast.nurse)
            alerts.acknowledge(alert_id=alert.pk, by=by, at=act.recorded_at, via="app")

    def _confirm(self, act: Act) -> None:
        event = self._event(act)
        events.confirm(
            event_id=event.pk,
            grade=act.grade or 0,
            reason=act.reason,
            seen_revision=event.revision,
            by=self.cast.person(act.by, self.cast.physician),
            at=act.recorded_at,
        )

    def _attribute(self, act: Act) -> None:
        for axis, cause in act.attributed:
            kind = Toxicity.ICANS if axis in AXES_OF_ICANS else Toxicity.CRS
            monitoring.attribute_cause(
                event_id=self._latest(kind, act).pk,
                axis=axis,
                cause=cause,
                reason=act.reason,
                by=self.cast.person(act.by, self.cast.physician),
                at=act.recorded_at,
            )

    def _close(self, act: Act) -> None:
        self._close_event(self._event(act), act)

    def _order(self, act: Act) -> None:
        treatments.order(
            event_id=self._event(act).pk,
            regime_id=act.which,
            starts_at=act.at,
            reason=act.reason,
            client_key=uuid.uuid4(),
            by=self.cast.person(act.by, self.cast.physician),
            at=act.recorded_at,
        )

    def _taper(self, act: Act) -> None:
        """The story's physician tapers the newest order in halves, a day each."""
        order = TreatmentOrder.objects.filter(patient=self.patient).latest("ordered_at")
        treatments.taper(
            order_id=order.pk,
            steps=SAMPLE_TAPER,
            starts_at=act.at,
            reason=act.reason,
            client_key=uuid.uuid4(),
            by=self.cast.person(act.by, self.cast.physician),
            at=act.recorded_at,
        )

    def _decide(self, act: Act) -> None:
        """The story's physician signs what the record asks."""
        rows = ToxicityEvent.objects.filter(pk=self._event(act).pk)
        found: Any = decided.with_decision(rows).get()
        course = TreatmentCourse.objects.running().get(patient=self.patient)
        spec = protocols.spec(course.protocol_version_id)
        answer = decided.after(found, recurrent=found.recurrent, spec=spec)
        if answer.decision is None:
            raise StoryRefused(act.line, "; ".join(answer.because))
        chosen = Chosen(
            decided.ACCEPTS[answer.decision].value,
            premedicate=answer.premedicate,
            hospital_hours=answer.hospital_hours,
            daily_monitoring_hours=answer.daily_monitoring_hours,
            reason=act.reason,
            told=("patient",),
        )
        decisions.decide(
            event_id=found.pk,
            chosen=chosen,
            seen=Seen(found.revision, None),
            client_key=uuid.uuid4(),
            by=self.cast.person(act.by, self.cast.physician),
            at=act.recorded_at,
        )

    def _step(self, act: Act) -> None:
        """One action of the running checklist, by the id that it has in the plan."""
        step = ResponseStep.objects.filter(
            patient=self.patient, action=act.which, state=ResponseStep.State.OPEN
        ).first()
        if step is None:
            raise StoryRefused(act.line, f"{act.which} is no open action at this time")
        by = self.cast.person(act.by, self.cast.nurse)
        responses.do_step(step_id=step.pk, settled_at=act.at, by=by, at=act.recorded_at)

    def _event(self, act: Act) -> ToxicityEvent:
        return self._latest(act.toxicity or Toxicity.CRS, act)

    def _latest(self, kind: Toxicity, act: Act) -> ToxicityEvent:
        event = (
            ToxicityEvent.objects.graded()
            .filter(patient=self.patient, toxicity=kind)
            .order_by("-opened_at")
            .first()
        )
        if event is None:
            raise StoryRefused(act.line, f"there is no {kind.upper()} event at this time")
        return event
