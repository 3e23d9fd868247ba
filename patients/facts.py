"""What forms read and services take: facts about a person that are not stored yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What a registration form holds, already checked for form."""

    mrn: str
    family_name: str
    given_name: str
    birth_date: date
    sex: str
    allergy_status: str
    allergies: str
    code_status: str
    phone: str = ""
    nearest_ed: str = ""


@dataclass(frozen=True, slots=True)
class NewWeight:
    """A weight as it was typed, in kg or lb, with its day."""

    value: Decimal
    unit: str
    measured_on: date


@dataclass(frozen=True, slots=True)
class NewContact:
    """A person to call."""

    kind: str
    name: str
    relation: str
    phone: str
