"""Synthetic people and what is true of them."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import factory
from factory.django import DjangoModelFactory

from patients.models import (
    Analyte,
    Attribution,
    Call,
    Contact,
    EventResolution,
    ExpectedArrival,
    HandOff,
    HandwritingSpecimen,
    Intervention,
    LabResult,
    Observation,
    Patient,
    Place,
    ToxicityEvent,
    ToxicityGrading,
    VisitAnswer,
    VisitReview,
    WeightMeasurement,
    Whereabouts,
)
from protocols.rules import values
from tests.factories.kernel import AT, CenterFactory, StaffFactory

OF_PATIENT = factory.SelfAttribute("patient.center")
SAME_CENTER = factory.SelfAttribute("..center")


class PatientFactory(DjangoModelFactory[Patient]):
    class Meta:
        model = Patient

    center = factory.SubFactory(CenterFactory)
    mrn = factory.Sequence(lambda n: f"TEST-1{n:06}")  # a test writes numbers of its own with five digits
    family_name = "Sample"
    given_name = "Ruth"
    birth_date = date(1959, 3, 8)
    sex = Patient.Sex.FEMALE
    allergy_status = Patient.AllergyStatus.NONE_KNOWN
    code_status = Patient.CodeStatus.FULL
    phone = "555-0160"
    nearest_ed = "Sample General Hospital"
    registered_at = AT - timedelta(days=14)
    registered_by = factory.SubFactory(StaffFactory, center=SAME_CENTER)


class WeightMeasurementFactory(DjangoModelFactory[WeightMeasurement]):
    class Meta:
        model = WeightMeasurement

    patient = factory.SubFactory(PatientFactory)
    center = OF_PATIENT
    kg = Decimal("72.4")
    typed_value = factory.SelfAttribute("kg")
    typed_unit = "kg"
    measured_on = AT.date()
    recorded_at = AT
    recorded_by = factory.SubFactory(StaffFactory, center=SAME_CENTER)


class ContactFactory(DjangoModelFactory[Contact]):
    class Meta:
        model = Contact

    patient = factory.SubFactory(PatientFactory)
    center = OF_PATIENT
    name = "Jo Sample"
    relation = "daughter"
    phone = "555-0161"
    recorded_at = AT - timedelta(days=14)
    recorded_by = factory.SubFactory(StaffFactory, center=SAME_CENTER)


class ObservationFactory(DjangoModelFactory[Observation]):
    """A whole, unremarkable set of vital signs with a full ICE test."""

    class Meta:
        model = Observation

    class Params:
        fever = factory.Trait(temperature=Decimal("38.4"))

    patient = factory.SubFactory(PatientFactory)
    center = OF_PATIENT
    taken_at = AT
    recorded_at = factory.SelfAttribute("taken_at")
    recorded_by = factory.SubFactory(StaffFactory, center=SAME_CENTER)
    client_key = factory.LazyFunction(uuid4)
    temperature = Decimal("36.8")
    temperature_unit = "C"
    systolic = 124
    diastolic = 76
    heart_rate = 78
    respiratory_rate = 14
    spo2 = 97
    oxygen_device = values.OxygenDevice.ROOM_AIR
    consciousness = values.Consciousness.ALERT
    ice_year = ice_month = ice_city = ice_hospital = True
    ice_objects = 3
    ice_command = ice_sentence = ice_attention = True
    location = "home"


class AttributionFactory(DjangoModelFactory[Attribution]):
    class Meta:
        model = Attribution

    observation = factory.SubFactory(ObservationFactory)
    patient = factory.SelfAttribute("observation.patient")
    center = OF_PATIENT
    axis = values.Axis.FEVER
    cause = "infection"
    reason = "Positive blood culture"
    attributed_at = AT
    attributed_by = factory.SubFactory(StaffFactory, physician=True, center=SAME_CENTER)


class InterventionFactory(DjangoModelFactory[Intervention]):
    class Meta:
        model = Intervention

    patient = factory.SubFactory(PatientFactory)
    center = OF_PATIENT
    kind = values.InterventionKind.ACETAMINOPHEN
    drug = "acetaminophen"
    taken_at = AT
    recorded_at = factory.SelfAttribute("taken_at")
    recorded_by = factory.SubFactory(StaffFactory, center=SAME_CENTER)
    client_key = factory.LazyFunction(uuid4)
    dose_mg = Decimal(1000)
    route = "oral"


class ToxicityEventFactory(DjangoModelFactory[ToxicityEvent]):
    class Meta:
        model = ToxicityEvent

    patient = factory.SubFactory(PatientFactory)
    center = OF_PATIENT
    toxicity = values.Toxicity.CRS
    sequence = factory.Sequence(lambda n: n % 30_000 + 1)
    opening_observation = factory.SubFactory(
        ObservationFactory, fever=True, patient=factory.SelfAttribute("..patient")
    )
    opened_at = factory.SelfAttribute("opening_observation.taken_at")
    last_dose_at = factory.LazyAttribute(lambda event: event.opened_at - timedelta(hours=28))
    last_dose = "step1"
    current_grade = 1
    max_grade = factory.SelfAttribute("current_grade")
    current_text = "grade 1"


class ToxicityGradingFactory(DjangoModelFactory[ToxicityGrading]):
    class Meta:
        model = ToxicityGrading

    event = factory.SubFactory(ToxicityEventFactory)
    observation = factory.SelfAttribute("event.opening_observation")
    patient = factory.SelfAttribute("event.patient")
    center = OF_PATIENT
    toxicity = factory.SelfAttribute("event.toxicity")
    kind = ToxicityGrading.Kind.SUGGESTED
    at_least = 1
    because = factory.LazyFunction(lambda: ["fever 38.4 °C (38.0 °C or more)"])
    graded_at = AT
    graded_by = factory.SubFactory(StaffFactory, center=SAME_CENTER)


class EventResolutionFactory(DjangoModelFactory[EventResolution]):
    class Meta:
        model = EventResolution

    event = factory.SubFactory(ToxicityEventFactory)
    patient = factory.SelfAttribute("event.patient")
    center = OF_PATIENT
    met = factory.LazyFunction(lambda: ["afebrile for 24 h without antipyretic"])
    signed_at = AT
    signed_by = factory.SubFactory(StaffFactory, physician=True, center=SAME_CENTER)


class WhereaboutsFactory(DjangoModelFactory[Whereabouts]):
    """At home; ``traveling=True`` is on the way to the emergency department for an hour."""

    class Meta:
        model = Whereabouts

    class Params:
        traveling = factory.Trait(
            place=Place.ON_THE_WAY,
            destination=Place.EMERGENCY,
            expected_at=factory.LazyAttribute(lambda row: row.since + timedelta(hours=1)),
        )

    patient = factory.SubFactory(PatientFactory)
    center = OF_PATIENT
    place = Place.HOME
    since = AT
    recorded_at = factory.SelfAttribute("since")
    recorded_by = factory.SubFactory(StaffFactory, center=SAME_CENTER)
    client_key = factory.LazyFunction(uuid4)


class ExpectedArrivalFactory(DjangoModelFactory[ExpectedArrival]):
    class Meta:
        model = ExpectedArrival

    departure = factory.SubFactory(WhereaboutsFactory, traveling=True)
    patient = factory.SelfAttribute("departure.patient")
    center = OF_PATIENT
    due_at = factory.LazyAttribute(lambda row: row.departure.expected_at + timedelta(minutes=15))


class HandOffFactory(DjangoModelFactory[HandOff]):
    class Meta:
        model = HandOff

    patient = factory.SubFactory(PatientFactory)
    center = OF_PATIENT
    to_whom = "Night registrar"
    facility = "Sample General Hospital"
    given_at = AT
    given_by = factory.SubFactory(StaffFactory, center=SAME_CENTER)
    client_key = factory.LazyFunction(uuid4)


class CallFactory(DjangoModelFactory[Call]):
    class Meta:
        model = Call

    patient = factory.SubFactory(PatientFactory)
    center = OF_PATIENT
    party = Call.Party.PATIENT
    outcome = Call.Outcome.REACHED
    called_at = AT
    recorded_at = factory.SelfAttribute("called_at")
    recorded_by = factory.SubFactory(StaffFactory, center=SAME_CENTER)
    client_key = factory.LazyFunction(uuid4)


class LabResultFactory(DjangoModelFactory[LabResult]):
    class Meta:
        model = LabResult

    patient = factory.SubFactory(PatientFactory)
    center = OF_PATIENT
    analyte = Analyte.ANC
    value = Decimal("2.1")
    taken_at = AT - timedelta(hours=12)
    recorded_at = factory.SelfAttribute("taken_at")
    recorded_by = factory.SubFactory(StaffFactory, center=SAME_CENTER)
    client_key = factory.LazyFunction(uuid4)


class HandwritingSpecimenFactory(DjangoModelFactory[HandwritingSpecimen]):
    class Meta:
        model = HandwritingSpecimen

    patient = factory.SubFactory(PatientFactory)
    center = OF_PATIENT
    comparison = HandwritingSpecimen.Comparison.AS_BASELINE
    sentence = "The kettle is on the shelf."
    taken_at = AT
    recorded_at = factory.SelfAttribute("taken_at")
    recorded_by = factory.SubFactory(StaffFactory, center=SAME_CENTER)
    client_key = factory.LazyFunction(uuid4)


class VisitReviewFactory(DjangoModelFactory[VisitReview]):
    class Meta:
        model = VisitReview

    patient = factory.SubFactory(PatientFactory)
    center = OF_PATIENT
    regimen = "talquetamab"
    asked_at = AT
    asked_by = factory.SubFactory(StaffFactory, center=SAME_CENTER)
    recorded_at = factory.SelfAttribute("asked_at")
    recorded_by = factory.SelfAttribute("asked_by")
    client_key = factory.LazyFunction(uuid4)


class VisitAnswerFactory(DjangoModelFactory[VisitAnswer]):
    class Meta:
        model = VisitAnswer

    visit = factory.SubFactory(VisitReviewFactory)
    center = factory.SelfAttribute("visit.center")
    item = "mouth"
    present = False
