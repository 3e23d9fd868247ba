"""What is true of a person, who recorded it, and when. Decides nothing."""

from patients.models.intervention import Intervention, Purpose
from patients.models.laboratory import Analyte, LabResult
from patients.models.neuro import HandwritingSpecimen
from patients.models.observation import Attribution, Observation
from patients.models.patient import Contact, Patient, WeightMeasurement
from patients.models.toxicity import EventResolution, ToxicityEvent, ToxicityGrading
from patients.models.visit import VisitAnswer, VisitReview
from patients.models.whereabouts import Call, ExpectedArrival, HandOff, Place, Whereabouts

__all__ = [
    "Analyte",
    "Attribution",
    "Call",
    "Contact",
    "EventResolution",
    "ExpectedArrival",
    "HandOff",
    "HandwritingSpecimen",
    "Intervention",
    "LabResult",
    "Observation",
    "Patient",
    "Place",
    "Purpose",
    "ToxicityEvent",
    "ToxicityGrading",
    "VisitAnswer",
    "VisitReview",
    "WeightMeasurement",
    "Whereabouts",
]
