"""The answers that the bedside forms offer, in clinic words. The rules or a column know each value."""

from __future__ import annotations

from protocols.rules import ice
from protocols.rules.values import (
    Consciousness,
    InterventionKind,
    Motor,
    OxygenDevice,
    OxygenReason,
    RaisedPressure,
    Seizure,
)

Pairs = tuple[tuple[str, str], ...]

MORE = "more"
OXYGEN: Pairs = (
    (OxygenDevice.ROOM_AIR, "Room air"),
    (OxygenDevice.NASAL_CANNULA, "Cannula"),
    (OxygenDevice.FACEMASK, "Mask"),
    (MORE, "More"),
)
MORE_OXYGEN: Pairs = (
    (OxygenDevice.HIGH_FLOW_NASAL_CANNULA, "high-flow nasal cannula"),
    (OxygenDevice.BLOW_BY, "blow-by"),
    (OxygenDevice.NON_REBREATHER, "non-rebreather mask"),
    (OxygenDevice.VENTURI, "Venturi mask"),
    (OxygenDevice.CPAP, "CPAP"),
    (OxygenDevice.BIPAP, "BiPAP"),
    (OxygenDevice.MECHANICAL_VENTILATION, "mechanical ventilation"),
    (OxygenDevice.UNAVAILABLE, "oxygen needed, none to be had"),
)
OXYGEN_REASONS: Pairs = (
    (OxygenReason.BASELINE, "worn before treatment too"),
    (OxygenReason.AIRWAY_PROTECTION, "to protect the airway"),
    (OxygenReason.PROCEDURE, "for a procedure"),
)

NONE, ONE, SEVERAL = "none", "one", "several"
VASOPRESSORS: Pairs = ((NONE, "None"), (ONE, "One"), (SEVERAL, "Two or more"))
PRESSOR_NAMES: Pairs = tuple(
    (name, name)
    for name in ("norepinephrine", "epinephrine", "phenylephrine", "dopamine", "vasopressin", "another one")
)

ICE: Pairs = (
    ("year", "Year"),
    ("month", "Month"),
    ("city", "City"),
    ("hospital", "Hospital"),
    ("object1", "Object 1"),
    ("object2", "Object 2"),
    ("object3", "Object 3"),
    ("command", "Command"),
    ("sentence", "Sentence"),
    ("attention", "100 by tens"),
)
ICE_OBJECTS = ice.OBJECTS
CORRECT, WRONG, NOT_TESTED = "correct", "wrong", "not_tested"
ICE_ANSWERS: Pairs = ((CORRECT, "Correct"), (WRONG, "Not correct"), (NOT_TESTED, "Not tested"))
ICE_ITEMS = {
    "year": "year",
    "month": "month",
    "city": "city",
    "hospital": "hospital",
    "objects": "naming",
    "command": "command",
    "sentence": "sentence",
    "attention": "attention",
}
"""An item of the test in the middle of a sentence."""
BY_PHONE = "phone"
ICE_HOW: Pairs = (("bedside", "At the bedside"), ("video", "By video"), (BY_PHONE, "By phone"))
ICE_NOT_TESTED: Pairs = tuple(
    (why, why)
    for why in (
        "asleep or sedated",
        "does not hear or see well",
        "another language",
        "declined",
        "by phone, could not be seen",
        "no time: emergency",
    )
)

CONSCIOUSNESS: Pairs = (
    (Consciousness.ALERT, "Alert"),
    (Consciousness.AWAKENS_SPONTANEOUSLY, "Drowsy, wakes alone"),
    (Consciousness.AWAKENS_TO_VOICE, "Wakes to voice"),
    (Consciousness.AWAKENS_TO_TOUCH, "Wakes to touch"),
    (Consciousness.UNAROUSABLE, "Cannot be woken"),
)
SEIZURE, WEAKNESS = "seizure", "weakness"
NEUROLOGIC: Pairs = ((NONE, "None"), (SEIZURE, "Seizure"), (WEAKNESS, "Weakness"))
SEIZURE_KINDS: Pairs = (
    (Seizure.BRIEF, "brief, stopped by itself or with one treatment"),
    (Seizure.NONCONVULSIVE_RESOLVED, "non-convulsive on EEG, resolved with treatment"),
    (Seizure.PROLONGED, "life-threatening, prolonged"),
    (Seizure.REPETITIVE, "repeated, no return to baseline between"),
)
RAISED_PRESSURE: Pairs = tuple(
    (sign, sign.replace("_", " ")) for sign in RaisedPressure if sign is not RaisedPressure.NONE
)
TREMOR, OTHER = "tremor", "other"
SYMPTOMS: Pairs = (
    ("chills", "Chills"),
    ("headache", "Headache"),
    ("rash", "Rash"),
    ("dizziness", "Dizzy"),
    (TREMOR, "Tremor"),
    ("short_of_breath", "Short of breath"),
    ("confusion", "Confusion"),
    ("nausea", "Nausea"),
    ("diarrhea", "Diarrhea"),
    (OTHER, "Other"),
)
MOTOR_OF_SYMPTOM = {TREMOR: Motor.TREMOR}

ANTIPYRETIC, POCKET, NEITHER = "antipyretic", "pocket", "neither"
TAKEN: Pairs = (
    (ANTIPYRETIC, "Acetaminophen or other antipyretic"),
    (POCKET, "Pocket dexamethasone"),
    (NEITHER, "Neither"),
)
NOW, EARLIER = "now", "earlier"
WHEN: Pairs = ((NOW, "Now"), (EARLIER, "Earlier"))

NOT_MEASURED: Pairs = tuple(
    (words, words)
    for words in (
        "no device at hand",
        "device failed",
        "patient declined",
        "not possible now",
        "not known by phone",
    )
)

GIVEN: Pairs = (
    (InterventionKind.ACETAMINOPHEN, "acetaminophen"),
    (InterventionKind.NSAID, "ibuprofen or another NSAID"),
    (InterventionKind.ANTIHISTAMINE, "diphenhydramine or another antihistamine"),
    (InterventionKind.POCKET_DEXAMETHASONE, "pocket dexamethasone, taken at home"),
    (InterventionKind.DEXAMETHASONE, "dexamethasone"),
    (InterventionKind.METHYLPREDNISOLONE, "methylprednisolone"),
    (InterventionKind.TOCILIZUMAB, "tocilizumab"),
    (InterventionKind.TOCILIZUMAB_PROPHYLAXIS, "tocilizumab before a dose, as prophylaxis"),
    (InterventionKind.SILTUXIMAB, "siltuximab"),
    (InterventionKind.ANAKINRA, "anakinra"),
    (InterventionKind.FLUIDS, "fluids"),
    (InterventionKind.OXYGEN, "oxygen"),
    (InterventionKind.LEVETIRACETAM, "levetiracetam"),
    (InterventionKind.ANTIBIOTICS, "antibiotics"),
    (InterventionKind.PREMEDICATION, "premedication before a dose"),
)
