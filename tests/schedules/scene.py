"""A center with a protocol on a published record, and a course played through the real services."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from dosing_portal.kernel.models import Center, Staff
from patients.models import Patient
from protocols import library
from protocols import selectors as protocols
from protocols.models import BlockConfirmation, ProtocolVersion
from protocols.rules.spec import DoseRules
from protocols.services import adoption
from schedules.models import Administration, PlannedDose, TreatmentCourse
from schedules.selectors import doses
from schedules.selectors.sheet import Asked, DoseSheet
from schedules.services import courses, dosing
from schedules.services.dosing import Drawn
from tests.factories import AT, PatientFactory, StaffFactory, WeightMeasurementFactory

DAY = timedelta(days=1)
VIALS = {
    "teclistamab": ("TECVAYLI", "30 mg/3 mL", "153 mg/1.7 mL"),
    "elranatamab": ("ELREXFIO", "44 mg/1.1 mL", "76 mg/1.9 mL"),
}


@dataclass
class Scene:
    """One center and one patient; ``at`` is the present and moves by hand."""

    regimen: str = "elranatamab"
    schedule: str = "standard"
    confirmed: bool = True
    at: datetime = AT
    nurse: Staff = field(default_factory=lambda: StaffFactory.create(name="N. Brandt RN"))

    def __post_init__(self) -> None:
        center = self.nurse.center
        self.physician = StaffFactory.create(physician=True, center=center, name="Dr. K. Okafor")
        self.pharmacist = StaffFactory.create(pharmacist=True, center=center, name="P. Lind PharmD")
        self.director = StaffFactory.create(director=True, center=center, name="Dr. L. Haddad")
        self.administrator = StaffFactory.create(administrator=True, center=center, name="A. Silva")
        StaffFactory.create(system=True, center=center, is_active=False)
        self.patient: Patient = PatientFactory.create(center=center, registered_by=self.nurse)
        self.version: ProtocolVersion = adoption.adopt(
            regimen=self.regimen,
            schedule=self.schedule,
            by=self.administrator,
            second=self.director,
            at=self.at - 30 * DAY,
        )
        if self.confirmed:
            self.confirm_all()

    @property
    def center(self) -> Center:
        return self.nurse.center

    @property
    def today(self) -> date:
        return self.center.local(self.at).date()

    def confirm_all(self) -> None:
        """Every block of the record, as a pharmacist would confirm them one by one."""
        BlockConfirmation.objects.bulk_create(
            BlockConfirmation(
                center=self.center,
                block=block,
                content_hash=content_hash,
                revision="SAMPLE 2026-03",
                sample=True,
                confirmed_at=self.at - 29 * DAY,
                confirmed_by=self.pharmacist,
            )
            for block, content_hash in library.block_hashes(self.regimen).items()
        )

    def weigh(self, kg: str, days_ago: int = 0) -> None:
        WeightMeasurementFactory.create(
            patient=self.patient, kg=Decimal(kg), measured_on=self.today - days_ago * DAY, recorded_at=self.at
        )

    def start(self, setting: str = courses.OUTPATIENT, **changes: Any) -> TreatmentCourse:
        facts = {
            "patient_id": self.patient.pk,
            "version_id": self.version.pk,
            "starts_on": self.today,
            "setting": setting,
            "by": self.physician,
            "at": self.at,
            **changes,
        }
        return courses.start(**facts)

    def next(self, course: TreatmentCourse) -> PlannedDose:
        planned = doses.next_planned(course)
        assert planned is not None
        return planned

    def sheet(self, course: TreatmentCourse, **asked: Any) -> DoseSheet:
        asked.setdefault("given_at", self.at)
        return doses.sheet(
            course=course, planned=self.next(course), asked=Asked(**asked), at=max(self.at, asked["given_at"])
        )

    def drawn(self, planned: PlannedDose, **changes: Any) -> Drawn:
        product, step_up, treatment = VIALS[self.regimen]
        vial = step_up if planned.dose.startswith("sud") else treatment
        facts = {"product": product, "vial": vial, "site": "abdomen", "lot": "SAMPLE-1", **changes}
        return Drawn(**facts)

    def give(self, course: TreatmentCourse, **changes: Any) -> Administration:
        """The next planned dose now, premedicated 90 minutes before, checked by the pharmacist."""
        planned = self.next(course)
        given_at = changes.get("given_at", self.at)
        facts = {
            "course_id": course.pk,
            "ordinal": planned.ordinal,
            "given_at": given_at,
            "drawn": self.drawn(planned),
            "premedicated_at": given_at - timedelta(minutes=90),
            "checker": self.pharmacist,
            "client_key": uuid4(),
            "by": self.nurse,
            "at": self.at,
            **changes,
        }
        return dosing.give(**facts)

    def first_dose(self) -> Administration:
        return self.give(self.start())

    def dose_rules(self) -> DoseRules:
        return protocols.spec(self.version.pk).center.dose_rules

    def later(self, **span: float) -> None:
        self.at += timedelta(**span)
