"""A ward whose courses and doses are asked about one by one: each fact of an act can be another one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from patients.models import Patient
from protocols import selectors as protocols
from protocols.rules.spec import DoseRules, ProtocolSpec
from schedules.models import Administration, PlannedDose, TreatmentCourse
from schedules.selectors import doses
from schedules.selectors.sheet import Asked, DoseSheet, Drawn
from schedules.services import courses, dosing
from tests.factories import VisitAnswerFactory, VisitReviewFactory, WeightMeasurementFactory
from tests.ward import Ward

DAY = timedelta(days=1)
VIALS = {
    "teclistamab": ("TECVAYLI", "30 mg/3 mL", "153 mg/1.7 mL"),
    "elranatamab": ("ELREXFIO", "44 mg/1.1 mL", "76 mg/1.9 mL"),
}


@dataclass
class Scene(Ward):
    """A ward with a confirmed record; nobody is weighed and nothing is given until a test says so."""

    confirmed: bool = True
    reachable: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.confirmed:
            self.confirm()

    @property
    def today(self) -> date:
        return self.center.local(self.at).date()

    def weigh(self, kg: str, days_ago: int = 0) -> None:
        WeightMeasurementFactory(
            patient=self.patient,
            kg=Decimal(kg),
            measured_on=self.today - days_ago * DAY,
            recorded_at=self.at,
            recorded_by=self.nurse,
        )

    def start(self, patient: Patient | None = None, **changes: Any) -> TreatmentCourse:
        facts: dict[str, Any] = {
            "patient_id": (patient or self.patient).pk,
            "version_id": self.version.pk,
            "starts_on": self.today,
            "setting": courses.OUTPATIENT,
            "by": self.physician,
            "at": self.at,
        }
        self.course = courses.start(**(facts | changes))
        return self.course

    def later(self, **span: float) -> datetime:
        """Time goes on, and whoever sees the patient asks for the late signs and finds none."""
        at = super().later(**span)
        visit = VisitReviewFactory(patient=self.patient, asked_by=self.nurse, asked_at=at)
        for item in self.spec().center.care.asked_of(self.regimen):
            VisitAnswerFactory(visit=visit, item=item.id)
        return at

    def next(self, course: TreatmentCourse) -> PlannedDose:
        planned = doses.next_planned(course)
        assert planned is not None
        return planned

    def sheet(self, course: TreatmentCourse, **asked: Any) -> DoseSheet:
        asked.setdefault("given_at", self.at)
        return doses.sheet(course=course, planned=self.next(course), asked=Asked(**asked), at=self.at)

    def drawn(self, planned: PlannedDose) -> Drawn:
        product, step_up, treatment = VIALS[self.regimen]
        vial = step_up if planned.dose.startswith("sud") else treatment
        return Drawn(product=product, vial=vial, site="abdomen", lot="SAMPLE-1")

    def give(self, course: TreatmentCourse | None = None, **changes: Any) -> Administration:
        """The next planned dose now, premedicated 90 minutes before, checked by the pharmacist."""
        course = course or self.course
        planned = self.next(course)
        given_at = changes.get("given_at", self.at)
        facts: dict[str, Any] = {
            "course_id": course.pk,
            "ordinal": planned.ordinal,
            "given_at": given_at,
            "drawn": self.drawn(planned),
            "premedicated_at": given_at - timedelta(minutes=90),
            "checker": self.pharmacist,
            "client_key": uuid4(),
            "by": self.nurse,
            "at": self.at,
        }
        return dosing.give(**(facts | changes))

    def first_dose(self) -> Administration:
        return self.give(self.start())

    def spec(self) -> ProtocolSpec:
        return protocols.spec(self.version.pk)

    def dose_rules(self) -> DoseRules:
        return self.spec().center.dose_rules
