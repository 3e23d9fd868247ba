"""What is true of a person, who recorded it, and when. Decides nothing."""

from patients.models.intervention import Intervention
from patients.models.observation import Attribution, Observation
from patients.models.patient import Contact, Patient, WeightMeasurement
from patients.models.toxicity import ToxicityEvent, ToxicityGrading

__all__ = [
    "Attribution",
    "Contact",
    "Intervention",
    "Observation",
    "Patient",
    "ToxicityEvent",
    "ToxicityGrading",
    "WeightMeasurement",
]
