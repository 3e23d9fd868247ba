"""Synthetic people and what is true of them."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import factory
from factory.django import DjangoModelFactory

from patients.models import (
    Attribution,
    Contact,
    Intervention,
    Observation,
    Patient,
    ToxicityEvent,
    ToxicityGrading,
    WeightMeasurement,
)
from protocols.rules import values
from tests.factories.kernel import AT, CenterFactory, StaffFactory

OF_PATIENT = factory.SelfAttribute("patient.center")
SAME_CENTER = factory.SelfAttribute("..center")


class PatientFactory(DjangoModelFactory[Patient]):
    class Meta:
        model = Patient

    center = factory.SubFactory(CenterFactory)
    mrn = factory.Sequence(lambda n: f"TEST-{n:05}")
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
