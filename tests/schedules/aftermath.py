"""A scene after an event: dosed, an event of some grade, resolved, and a physician who decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from patients.models import ToxicityEvent
from schedules.models import NextDoseDecision
from schedules.selectors import decisions as selectors
from schedules.services import decisions
from schedules.services.decisions import Chosen, Seen
from tests.factories import ToxicityEventFactory
from tests.schedules.scene import Scene


@dataclass
class Aftermath(Scene):
    """Teclistamab; step-up dose 1 was given, and the patient weighs 64.2 kg."""

    regimen: str = "teclistamab"
    schedule: str = "monotherapy"

    def begun(self) -> Aftermath:
        self.weigh("64.2")
        self.first_dose()
        return self

    def event(self, grade: int = 2, *, lasted: float | None = 20, toxicity: str = "crs", **facts: Any) -> Any:
        """An event ten hours after the last dose; over and closed unless ``lasted`` is ``None``."""
        opened_at = facts.pop("opened_at", self.at + timedelta(hours=10))
        closed = {} if lasted is None else self._closed(opened_at + timedelta(hours=lasted))
        if facts.get("state") == ToxicityEvent.State.MASKED:
            facts = {"suspected_at": opened_at, "suspected_because": "systolic 84 mmHg (under 90)", **facts}
        return ToxicityEventFactory(
            patient=self.patient,
            toxicity=toxicity,
            opening_observation__taken_at=opened_at,
            current_grade=0 if closed else grade,
            max_grade=grade,
            **(closed | facts),
        )

    def _closed(self, ended_at: Any) -> dict[str, Any]:
        return {
            "ended_at": ended_at,
            "closing_allowed_from": ended_at + timedelta(hours=24),
            "state": ToxicityEvent.State.CLOSED,
            "closed_at": ended_at + timedelta(hours=24),
            "closed_by": self.physician,
        }

    def decide(self, event: ToxicityEvent, choice: str = "give", **changes: Any) -> NextDoseDecision:
        """The physician signs what she saw; the record's answer is taken where nothing else is said."""
        event.refresh_from_db()
        found: Any = selectors.with_decision(ToxicityEvent.objects.filter(pk=event.pk)).get()
        signed = selectors.lock_of(found).signed
        call: dict[str, Any] = {
            "event_id": event.pk,
            "seen": Seen(event.revision, signed.id if signed else None),
            "client_key": uuid4(),
            "by": self.physician,
            "at": self.at,
        }
        call |= {name: changes.pop(name) for name in tuple(changes) if name in call}
        if choice == "give":
            answer = selectors.after(found, recurrent=found.recurrent, spec=self.spec())
            record = {
                "premedicate": answer.premedicate,
                "hospital_hours": answer.hospital_hours,
                "daily_monitoring_hours": answer.daily_monitoring_hours,
            }
            changes = record | changes
        return decisions.decide(chosen=Chosen(choice, **changes), **call)
