"""Courses, doses, watch periods, alerts, and who is on call."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import factory
from factory.django import DjangoModelFactory

from schedules.models import (
    Administration,
    Alert,
    AlertEvent,
    ContactPoint,
    CourseStatus,
    EventLook,
    MonitoringCheck,
    MonitoringWindow,
    NextDoseDecision,
    OnCallShift,
    Page,
    PlannedDose,
    Reminder,
    ResponseStep,
    TreatmentCourse,
    TreatmentDue,
    TreatmentOrder,
)
from schedules.models.oncall import OnCallRole
from tests.factories.kernel import AT, StaffFactory
from tests.factories.patients import OF_PATIENT, SAME_CENTER, PatientFactory, ToxicityEventFactory
from tests.factories.protocols import ProtocolVersionFactory

OF_COURSE = factory.SelfAttribute("course.center")
TODAY = AT.date()


class TreatmentCourseFactory(DjangoModelFactory[TreatmentCourse]):
    class Meta:
        model = TreatmentCourse

    patient = factory.SubFactory(PatientFactory)
    center = OF_PATIENT
    protocol_version = factory.SubFactory(
        ProtocolVersionFactory, protocol__center=factory.SelfAttribute("...center")
    )
    regimen = factory.SelfAttribute("protocol_version.protocol.regimen")
    schedule = factory.SelfAttribute("protocol_version.protocol.schedule")
    starts_on = TODAY
    started_at = AT - timedelta(days=3)
    started_by = factory.SubFactory(StaffFactory, physician=True, center=SAME_CENTER)


class PlannedDoseFactory(DjangoModelFactory[PlannedDose]):
    class Meta:
        model = PlannedDose

    course = factory.SubFactory(TreatmentCourseFactory)
    center = OF_COURSE
    ordinal = factory.Sequence(lambda n: n % 30_000 + 1)
    dose = "step1"
    label = "step-up dose 1"
    planned_on = TODAY
    setting = "outpatient"


class AdministrationFactory(DjangoModelFactory[Administration]):
    class Meta:
        model = Administration

    planned_dose = factory.SubFactory(PlannedDoseFactory, state=PlannedDose.State.GIVEN)
    course = factory.SelfAttribute("planned_dose.course")
    center = OF_COURSE
    dose = factory.SelfAttribute("planned_dose.dose")
    label = factory.SelfAttribute("planned_dose.label")
    given_at = AT - timedelta(hours=28)
    recorded_at = factory.SelfAttribute("given_at")
    client_key = factory.LazyFunction(uuid4)
    amount_mg = Decimal(12)
    volume_ml = Decimal("0.3")
    vial = "44 mg in 1.1 mL"
    vials = 1
    site = "abdomen"
    lot = "SAMPLE-1"
    given_by = factory.SubFactory(StaffFactory, center=SAME_CENTER)
    checked_by = factory.SubFactory(StaffFactory, center=SAME_CENTER)


class CourseStatusFactory(DjangoModelFactory[CourseStatus]):
    class Meta:
        model = CourseStatus

    course = factory.SubFactory(TreatmentCourseFactory)
    patient = factory.SelfAttribute("course.patient")
    center = OF_COURSE
    refreshed_at = AT


class MonitoringWindowFactory(DjangoModelFactory[MonitoringWindow]):
    class Meta:
        model = MonitoringWindow

    administration = factory.SubFactory(AdministrationFactory)
    course = factory.SelfAttribute("administration.course")
    center = OF_COURSE
    starts_at = factory.SelfAttribute("administration.given_at")
    ends_at = factory.LazyAttribute(lambda window: window.starts_at + timedelta(hours=48))


class MonitoringCheckFactory(DjangoModelFactory[MonitoringCheck]):
    class Meta:
        model = MonitoringCheck

    window = factory.SubFactory(MonitoringWindowFactory)
    patient = factory.SelfAttribute("window.course.patient")
    center = OF_PATIENT
    due_at = factory.Sequence(lambda n: AT + timedelta(minutes=n))
    missed_from = factory.LazyAttribute(lambda check: check.due_at + timedelta(minutes=30))


class AlertFactory(DjangoModelFactory[Alert]):
    """Open, and next escalated ten minutes after it was raised."""

    class Meta:
        model = Alert

    course = factory.SubFactory(TreatmentCourseFactory)
    patient = factory.SelfAttribute("course.patient")
    center = OF_PATIENT
    protocol_version = factory.SelfAttribute("course.protocol_version")
    kind = Alert.Kind.FEVER
    severity = 2
    because = "fever 38.4 °C (38.0 °C or more)"
    raised_at = AT
    clock_from = factory.SelfAttribute("raised_at")
    next_escalation_at = factory.LazyAttribute(lambda alert: alert.clock_from + timedelta(minutes=10))


class AlertEventFactory(DjangoModelFactory[AlertEvent]):
    class Meta:
        model = AlertEvent

    alert = factory.SubFactory(AlertFactory)
    what = AlertEvent.What.RAISED
    at = factory.SelfAttribute("alert.raised_at")
    by = factory.SubFactory(StaffFactory, center=factory.SelfAttribute("..alert.center"))


class OnCallShiftFactory(DjangoModelFactory[OnCallShift]):
    """From an hour before ``AT`` to eleven hours after it."""

    class Meta:
        model = OnCallShift

    staff = factory.SubFactory(StaffFactory)
    center = factory.SelfAttribute("staff.center")
    role = OnCallRole.NURSE
    starts_at = AT - timedelta(hours=1)
    ends_at = AT + timedelta(hours=11)
    recorded_at = AT - timedelta(days=7)
    recorded_by = factory.SubFactory(StaffFactory, administrator=True, center=SAME_CENTER)


class ContactPointFactory(DjangoModelFactory[ContactPoint]):
    class Meta:
        model = ContactPoint

    staff = factory.SubFactory(StaffFactory)
    center = factory.SelfAttribute("staff.center")
    kind = ContactPoint.Kind.EMAIL
    address = factory.LazyAttribute(lambda point: point.staff.email)
    recorded_at = AT - timedelta(days=7)
    recorded_by = factory.SubFactory(StaffFactory, administrator=True, center=SAME_CENTER)


class PageFactory(DjangoModelFactory[Page]):
    """A page of an alert that is due and was not sent."""

    class Meta:
        model = Page

    alert = factory.SubFactory(AlertFactory)
    center = factory.SelfAttribute("alert.center")
    recipient = factory.SubFactory(StaffFactory, center=SAME_CENTER)
    channel = Page.Channel.EMAIL
    address = factory.LazyAttribute(lambda page: page.recipient.email)
    subject = "RS: fever"
    text = "RS: fever 38.4 °C. Open the portal."
    created_at = AT
    due_at = factory.SelfAttribute("created_at")
    dedupe_key = factory.Sequence(lambda n: f"page-{n}")


class ReminderFactory(DjangoModelFactory[Reminder]):
    class Meta:
        model = Reminder

    check_due = factory.SubFactory(MonitoringCheckFactory)
    center = factory.SelfAttribute("check_due.center")
    recipient = factory.SubFactory(StaffFactory, center=SAME_CENTER)
    channel = Reminder.Channel.EMAIL
    address = factory.LazyAttribute(lambda reminder: reminder.recipient.email)
    subject = "RS: check due"
    text = "RS: a check is due. Open the portal."
    created_at = AT
    due_at = factory.SelfAttribute("check_due.due_at")
    dedupe_key = factory.Sequence(lambda n: f"reminder-{n}")


class ResponseStepFactory(DjangoModelFactory[ResponseStep]):
    """Open and due half an hour after it was added; ``done=True`` was done in time."""

    class Meta:
        model = ResponseStep

    class Params:
        done = factory.Trait(
            state=ResponseStep.State.DONE,
            settled_at=factory.LazyAttribute(lambda step: step.added_at + timedelta(minutes=10)),
            settled_by=factory.SubFactory(StaffFactory, center=SAME_CENTER),
            recorded_at=factory.SelfAttribute("settled_at"),
        )

    event = factory.SubFactory(ToxicityEventFactory)
    patient = factory.SelfAttribute("event.patient")
    center = OF_PATIENT
    action = factory.Sequence(lambda n: f"action_{n}")
    position = factory.Sequence(lambda n: n % 30_000)
    from_grade = 1
    kind = "treatment"
    do = "Oral fluids"
    asked_at = factory.SelfAttribute("added_at")
    clock_from = factory.SelfAttribute("added_at")
    due_at = factory.LazyAttribute(lambda step: step.added_at + timedelta(minutes=30))
    added_at = AT
    added_by = factory.SubFactory(StaffFactory, center=SAME_CENTER)


class TreatmentOrderFactory(DjangoModelFactory[TreatmentOrder]):
    class Meta:
        model = TreatmentOrder

    event = factory.SubFactory(ToxicityEventFactory)
    patient = factory.SelfAttribute("event.patient")
    center = OF_PATIENT
    regime = "dexamethasone_6h"
    kind = "dexamethasone"
    words = "Dexamethasone 10 mg every 6 h"
    starts_at = AT
    ordered_at = AT
    ordered_by = factory.SubFactory(StaffFactory, physician=True, center=SAME_CENTER)
    client_key = factory.LazyFunction(uuid4)


class TreatmentDueFactory(DjangoModelFactory[TreatmentDue]):
    class Meta:
        model = TreatmentDue

    order = factory.SubFactory(TreatmentOrderFactory)
    patient = factory.SelfAttribute("order.patient")
    center = OF_PATIENT
    number = factory.Sequence(lambda n: n % 30_000 + 1)
    what = TreatmentDue.What.DOSE
    dose_mg = Decimal(10)
    due_at = factory.SelfAttribute("order.starts_at")


class EventLookFactory(DjangoModelFactory[EventLook]):
    class Meta:
        model = EventLook

    event = factory.SubFactory(ToxicityEventFactory)
    center = factory.SelfAttribute("event.center")
    looked_at = AT
    looked_by = factory.SubFactory(StaffFactory, physician=True, center=SAME_CENTER)


class NextDoseDecisionFactory(DjangoModelFactory[NextDoseDecision]):
    class Meta:
        model = NextDoseDecision

    event = factory.SubFactory(ToxicityEventFactory)
    patient = factory.SelfAttribute("event.patient")
    center = OF_PATIENT
    choice = NextDoseDecision.Choice.GIVE
    suggested = "hold_until_resolved"
    grade = factory.SelfAttribute("event.max_grade")
    premedicate = True
    decided_at = AT
    decided_by = factory.SubFactory(StaffFactory, physician=True, center=SAME_CENTER)
    client_key = factory.LazyFunction(uuid4)
