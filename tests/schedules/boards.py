"""A ward for the boards: one patient told through the services, many more as the boards know them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from patients.models import Patient, ToxicityEvent
from schedules.models import Alert, CourseStatus
from tests.factories import (
    AlertFactory,
    CourseStatusFactory,
    PatientFactory,
    PlannedDoseFactory,
    TreatmentCourseFactory,
)
from tests.ward import Ward

HOUR = timedelta(hours=1)


class BoardWard(Ward):
    """A ward at ``AT``; ``watched()`` puts its patient under watch some hours ago."""

    def watched(self, hours_ago: int = 28) -> None:
        """A confirmed record, a running course, and its first dose so many hours before now."""
        now = self.at
        self.confirm()
        self.at = now - hours_ago * HOUR
        self.start()
        self.give()
        self.at = now

    def event(self) -> ToxicityEvent:
        return ToxicityEvent.objects.get(patient=self.patient)

    def status(self) -> CourseStatus:
        return CourseStatus.objects.get(patient=self.patient)

    def person(self, family_name: str) -> Patient:
        """Another patient of the center, without a course."""
        return PatientFactory(center=self.center, registered_by=self.nurse, family_name=family_name)

    def alarm(self, patient: Patient, **facts: Any) -> Alert:
        """An alert of a patient; nobody has it unless ``facts`` say so."""
        return AlertFactory(**{"patient": patient, "course": None, "protocol_version": self.version, **facts})

    def others(self, number: int, **facts: Any) -> list[CourseStatus]:
        """So many more patients on a running course, as the boards know them."""
        return [self.other(f"Example{n:03}", **facts) for n in range(number)]

    def other(self, family_name: str, **facts: Any) -> CourseStatus:
        """One more patient: step-up dose 1 given 28 h ago, dose 2 planned for today, everything in order."""
        course = TreatmentCourseFactory(
            patient=self.person(family_name), protocol_version=self.version, started_by=self.physician
        )
        today = self.center.local(self.at).date()
        planned = PlannedDoseFactory(course=course, dose="sud2", label="Step-up dose 2", planned_on=today)
        trend = [[int((self.at - n * 4 * HOUR).timestamp() // 60), 36.8 + n / 10] for n in range(5, 0, -1)]
        known: dict[str, Any] = {
            "last_dose_label": "Step-up dose 1",
            "last_dose_at": self.at - 28 * HOUR,
            "window_ends_at": self.at + 20 * HOUR,
            "next_dose": planned,
            "next_dose_label": planned.label,
            "next_dose_on": today,
            "next_check_due_at": self.at + 2 * HOUR,
            "reading_at": self.at - HOUR,
            "temperature_c": Decimal("36.8"),
            "systolic": 122,
            "diastolic": 76,
            "spo2": 97,
            "oxygen_device": "room_air",
            "crs_text": "grade 0",
            "crs_grade": 0,
            "icans_text": "grade 0",
            "icans_grade": 0,
            "temperatures_24h": trend,
        }
        return CourseStatusFactory(course=course, **(known | facts))
