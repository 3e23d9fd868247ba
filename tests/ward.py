"""A center at work: a patient under watch after a dose, people on call, a clock moved by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import uuid4

from django.db import transaction
from pytest_django import DjangoDbBlocker

from dosing_portal.kernel.models import Center, Staff
from patients.models import Observation, Patient, ToxicityEvent
from patients.services.interventions import Given
from patients.services.observations import ReadingContext
from protocols.models import ProtocolVersion
from protocols.rules.values import (
    Consciousness,
    IceScore,
    InterventionKind,
    Oxygen,
    OxygenDevice,
    Temperature,
    VitalSigns,
)
from schedules.models import Administration, Alert, ContactPoint, Page, TreatmentCourse
from schedules.models.oncall import OnCallRole
from schedules.selectors.plans import OUTPATIENT
from schedules.services import courses, dosing, events, monitoring
from schedules.services.consequences import Outcome
from tests.factories import (
    AT,
    CenterFactory,
    ContactPointFactory,
    OnCallShiftFactory,
    PatientFactory,
    StaffFactory,
    WeightMeasurementFactory,
)
from tests.protocol_fixtures import adopted, confirm_everything

Kept = TypeVar("Kept")
ON_CALL = (OnCallRole.NURSE, OnCallRole.PHYSICIAN, OnCallRole.DIRECTOR)
VIALS = {"elranatamab": ("ELREXFIO", "44 mg/1.1 mL"), "teclistamab": ("TECVAYLI", "30 mg/3 mL")}


def vitals(temperature: str | Temperature | None = "36.8", **changes: Any) -> VitalSigns:
    """A whole, unremarkable set of vital signs in °C and mmHg; what is ``None`` was not measured."""
    if isinstance(temperature, str):
        temperature = Temperature(Decimal(temperature))
    facts: dict[str, Any] = {
        "temperature": temperature,
        "systolic": 124,
        "diastolic": 76,
        "heart_rate": 78,
        "respiratory_rate": 14,
        "spo2": 97,
        "oxygen": Oxygen(OxygenDevice.ROOM_AIR),
        "ice": IceScore(total=10),
        "consciousness": Consciousness.ALERT,
    }
    return VitalSigns(**(facts | changes))


@dataclass
class Ward:
    """One center, its staff, and one patient of it; ``at`` is the present and moves by hand.

    ``at`` starts at ``AT``; with ``dosed()`` the first step-up dose was given then.
    """

    at: datetime = AT
    regimen: str = "elranatamab"
    schedule: str = "standard"
    center: Center = field(default_factory=CenterFactory)
    reachable: tuple[str, ...] = ON_CALL

    def __post_init__(self) -> None:
        center = self.center
        self.system = StaffFactory(system=True, center=center, is_active=False)
        self.nurse = StaffFactory(center=center, name="N. Brandt RN")
        self.second_nurse = StaffFactory(center=center, name="K. Moss RN")
        self.physician = StaffFactory(physician=True, center=center, name="Dr. K. Okafor")
        self.director = StaffFactory(director=True, center=center, name="Dr. L. Haddad")
        self.pharmacist = StaffFactory(pharmacist=True, center=center, name="P. Lind PharmD")
        self.administrator = StaffFactory(administrator=True, center=center, name="A. Silva")
        self.patient = PatientFactory(center=center, registered_by=self.nurse)
        self.version: ProtocolVersion = adopted(
            regimen=self.regimen,
            schedule=self.schedule,
            by=self.administrator,
            second=self.director,
            at=self.at - timedelta(days=30),
        )
        for role in self.reachable:
            self.on_call(role, getattr(self, role))

    @classmethod
    def dosed(cls, **changes: Any) -> Ward:
        """A confirmed record, a running course, its first step-up dose given at ``at``."""
        ward = cls(**changes)
        ward.confirm()
        ward.start()
        ward.give()
        return ward

    # --- how it came to this --------------------------------------------------------------------------

    def on_call(self, role: str, staff: Staff, **changes: Any) -> ContactPoint:
        """A shift from the day before to ten days ahead, and an e-mail address."""
        OnCallShiftFactory(
            staff=staff,
            center=self.center,
            role=role,
            recorded_by=self.administrator,
            **{"starts_at": self.at - timedelta(days=1), "ends_at": self.at + timedelta(days=10), **changes},
        )
        return ContactPointFactory(staff=staff, center=self.center, recorded_by=self.administrator)

    def center_wide(self) -> ProtocolVersion:
        """The section that judges a patient without a course."""
        return adopted(
            regimen="",
            schedule="",
            by=self.administrator,
            second=self.director,
            at=self.at - timedelta(days=30),
        )

    def confirm(self) -> None:
        confirm_everything(regimen=self.regimen, by=self.pharmacist, at=self.at - timedelta(days=29))

    def start(self, patient: Patient | None = None) -> TreatmentCourse:
        course = courses.start(
            patient_id=(patient or self.patient).pk,
            version_id=self.version.pk,
            starts_on=self.center.local(self.at).date(),
            setting=OUTPATIENT,
            by=self.physician,
            at=self.at,
        )
        if patient is None:
            self.course = course
        return course

    def give(self, course: TreatmentCourse | None = None) -> Administration:
        """The next planned dose now, on a fresh weight, premedicated 90 minutes before."""
        course = course or self.course
        planned = course.doses.filter(state="planned").order_by("ordinal")[0]
        product, vial = VIALS[self.regimen]
        WeightMeasurementFactory(
            patient=course.patient,
            kg=Decimal("72.4"),
            measured_on=self.center.local(self.at).date(),
            recorded_at=self.at,
            recorded_by=self.nurse,
        )
        return dosing.give(
            course_id=course.pk,
            ordinal=planned.ordinal,
            given_at=self.at,
            drawn=dosing.Drawn(product=product, vial=vial, site="abdomen", lot="SAMPLE-1"),
            premedicated_at=self.at - timedelta(minutes=90),
            checker=self.pharmacist,
            client_key=uuid4(),
            by=self.nurse,
            at=self.at,
        )

    # --- what happens now -------------------------------------------------------------------------------

    def later(self, **span: float) -> datetime:
        """Move the present on, as ``timedelta`` counts."""
        self.at += timedelta(**span)
        return self.at

    def log(self, temperature: str | Temperature | None = "36.8", **changes: Any) -> Outcome:
        """A nurse saves a whole set of vital signs now; ``changes`` are other measurements or arguments."""
        asked = {name: changes.pop(name) for name in tuple(changes) if name in _ARGUMENTS}
        facts: dict[str, Any] = {
            "patient_id": self.patient.pk,
            "vitals": vitals(temperature, **changes),
            "context": ReadingContext(),
            "taken_at": self.at,
            "client_key": uuid4(),
            "by": self.nurse,
            "at": self.at,
        }
        return monitoring.log_vitals(**(facts | asked))

    def amend(
        self, observation: Observation, temperature: str | Temperature | None = "36.8", **changes: Any
    ) -> Outcome:
        """The nurse corrects a reading; its time stays unless ``taken_at`` names another one."""
        asked = {name: changes.pop(name) for name in tuple(changes) if name in {*_ARGUMENTS, "reason"}}
        facts: dict[str, Any] = {
            "observation_id": observation.pk,
            "vitals": vitals(temperature, **changes),
            "context": ReadingContext(),
            "taken_at": observation.taken_at,
            "reason": "typed wrongly",
            "client_key": uuid4(),
            "by": self.nurse,
            "at": self.at,
        }
        return monitoring.amend_vitals(**(facts | asked))

    def took(self, kind: InterventionKind, **changes: Any) -> Outcome:
        facts: dict[str, Any] = {
            "patient_id": self.patient.pk,
            "given": Given(kind),
            "taken_at": self.at,
            "client_key": uuid4(),
            "by": self.nurse,
            "at": self.at,
        }
        return monitoring.log_intervention(**(facts | changes))

    def close(self, event: ToxicityEvent) -> ToxicityEvent:
        """The physician closes it now; a test of closing itself signs and confirms before."""
        return events.close_as_told(
            event_id=event.pk, seen_revision=event.revision, reason="well", by=self.physician, at=self.at
        )

    # --- what there is now ------------------------------------------------------------------------------

    def alert(self, kind: str = Alert.Kind.FEVER) -> Alert:
        """The latest alert of a kind, as it stands in the database."""
        return Alert.objects.filter(patient=self.patient, kind=kind).latest("raised_at")

    def paged(self, alert: Alert | None = None) -> list[tuple[int, str]]:
        """Level and address of every page so far, in order."""
        pages = Page.objects.filter(alert=alert) if alert else Page.objects.all()
        return list(pages.order_by("created_at", "rung", "address").values_list("rung", "address"))


@contextmanager
def standing(blocker: DjangoDbBlocker, build: Callable[[], Kept]) -> Iterator[Kept]:
    """Rows that the tests of a module share, rolled back after them. Each test works on a ``deepcopy``.

    For a module's fixture, before the ``db`` of its tests: what they change is rolled back to here.
    """
    with blocker.unblock(), transaction.atomic():
        yield build()
        transaction.set_rollback(True)


_ARGUMENTS = {"patient_id", "context", "taken_at", "client_key", "by", "at", "given"}
