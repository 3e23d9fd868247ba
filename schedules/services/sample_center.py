"""A living sample center: plainly invented people, told through the real services, at times before now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from dosing_portal.kernel.models import Center, Role, Staff
from patients.models import Patient
from patients.services import registration
from patients.services.registration import PersonFacts
from protocols import library
from protocols.services import adoption, stock
from protocols.services.adoption import Confirming
from schedules.models import ContactPoint, OnCallShift
from schedules.services import sample_neuro, sample_whereabouts
from schedules.services.sample_stories import STORIES, SampleStory
from schedules.services.stories import Cast, Stage

SLUG = "northfield"
PASSWORD = "sample-only-2026"  # noqa: S105 - printed by the demo, for invented patients only
ROLLS = (
    ("nurse", "N. Brandt RN", Role.NURSE, "555-0131"),
    ("nurse2", "K. Moss RN", Role.NURSE, "555-0132"),
    ("physician", "Dr. K. Okafor", Role.PHYSICIAN, "555-0142"),
    ("director", "Dr. L. Haddad", Role.DIRECTOR, "555-0143"),
    ("pharmacist", "P. Lind PharmD", Role.PHARMACIST, "555-0144"),
    ("administrator", "A. Silva", Role.ADMINISTRATOR, "555-0145"),
)
ON_CALL = (("nurse", "nurse2"), ("physician", "physician"), ("director", "director"))
SHIFT_DAYS = (-21, 60)
PROTOCOLS = (
    ("elranatamab", "standard"),
    ("teclistamab", "monotherapy"),
    ("talquetamab", "every_2_weeks"),
    ("linvoseltamab", "standard"),
)


@dataclass(frozen=True, slots=True)
class Login:
    username: str
    password: str
    name: str
    role: str


def logins() -> tuple[Login, ...]:
    """What the demo prints: one account a role, all with the sample password."""
    return tuple(Login(username, PASSWORD, name, role.label) for username, name, role, _ in ROLLS)


def exists() -> bool:
    return Center.objects.filter(slug=SLUG).exists()


@transaction.atomic
def fill(*, at: datetime) -> Center:
    """Make the sample center and play every story up to ``at``. The caller checks ``exists`` first."""
    center, people = _center(at)
    versions = _protocols(people, at)
    cast = Cast(
        center=center,
        nurse=people["nurse"],
        physician=people["physician"],
        pharmacist=people["pharmacist"],
        director=people["director"],
    )
    for story in STORIES:
        _tell(story, cast, versions, at)
    _stocked(people["pharmacist"], at)
    return center


def _center(at: datetime) -> tuple[Center, dict[str, Staff]]:
    center = Center.objects.create(
        slug=SLUG,
        name="Northfield Cancer Center",
        time_zone="America/New_York",
        phone="555-0100",
        emergency_site="Northfield General",
        emergency_phone="555-0199",
    )
    Staff.objects.create(
        center=center, username=f"portal@{SLUG}", name="Portal", role=Role.SYSTEM, is_active=False
    )
    people = {}
    for username, name, role, phone in ROLLS:
        person = Staff(center=center, username=username, name=name, role=role, phone=phone)
        person.email = f"{username}@northfield.example"
        person.set_password(PASSWORD)
        person.save()
        people[username] = person
    _reachable(center, people, at)
    return center, people


def _reachable(center: Center, people: dict[str, Staff], at: datetime) -> None:
    administrator = people["administrator"]
    first, last = (at + timedelta(days=days) for days in SHIFT_DAYS)
    OnCallShift.objects.bulk_create(
        [
            OnCallShift(
                center=center,
                role=role,
                staff=people[username],
                starts_at=first,
                ends_at=last,
                recorded_at=first,
                recorded_by=administrator,
            )
            for role, username in ON_CALL
        ]
    )
    ContactPoint.objects.bulk_create(
        [
            ContactPoint(
                center=center,
                staff=person,
                kind=ContactPoint.Kind.EMAIL,
                address=person.email,
                recorded_at=first,
                recorded_by=administrator,
            )
            for person in people.values()
        ]
    )


def _protocols(people: dict[str, Staff], at: datetime) -> dict[tuple[str, str], UUID]:
    """The four drugs and the center-wide section, drafted and activated by two people a month ago."""
    since = at + timedelta(days=SHIFT_DAYS[0])
    drafter, second = people["administrator"], people["director"]
    adoption.adopt_center_wide(by=drafter, second=second, at=since)
    versions = {
        (regimen, schedule): adoption.adopt(
            regimen=regimen, schedule=schedule, by=drafter, second=second, at=since
        ).pk
        for regimen, schedule in PROTOCOLS
    }
    for regimen, schedule in PROTOCOLS:
        _confirm(regimen, schedule, people["pharmacist"], since)
    return versions


def _confirm(regimen: str, schedule: str, pharmacist: Staff, at: datetime) -> None:
    """The blocks that the sample patients' doses rest on. What follows a toxicity stays unconfirmed."""
    used = (
        f"{schedule}/dose_table",
        "pretreatment/",
        "monitoring/hospital",
        "monitoring/prior_label",
        "preparation/",
    )
    for block in library.block_hashes(regimen):
        if any(block.startswith(f"{regimen}/{part}") for part in used):
            adoption.confirm_block(
                confirming=Confirming(block=block, revision="SAMPLE, no label was read", sample=True),
                by=pharmacist,
                at=at,
            )


def _stocked(pharmacist: Staff, at: datetime) -> None:
    """Counted at the clinic this morning, and too little at the hospital a day ago."""
    for place, mg, ago in (("", 9600, 3), ("Northfield General", 1600, 26)):
        stock.count(
            place=place,
            product="tocilizumab 400 mg in 20 mL",
            mg=Decimal(mg),
            vial_mg=Decimal(400),
            expires_on=(at + timedelta(days=200)).date(),
            by=pharmacist,
            at=at - timedelta(hours=ago),
        )


def _tell(story: SampleStory, cast: Cast, versions: dict[tuple[str, str], UUID], at: datetime) -> None:
    patient = _patient(story, cast, at)
    stage = Stage(
        cast=cast,
        patient=patient,
        weight_kg=story.weight_kg,
        version_id=versions[story.regimen, story.schedule],
        clock=at + timedelta(days=SHIFT_DAYS[0]),
        first_readings_are_baseline=True,
    )
    stage.play(story.acts(at), until=at)
    sample_neuro.tell(patient, cast, at)
    sample_whereabouts.tell(patient, cast, at)


def _patient(story: SampleStory, cast: Cast, at: datetime) -> Patient:
    when = at + timedelta(days=SHIFT_DAYS[0], hours=1)
    patient = registration.register(
        facts=PersonFacts(
            mrn=story.mrn,
            family_name=story.family_name,
            given_name=story.given_name,
            birth_date=date.fromisoformat(story.born),
            sex=story.sex,
            allergy_status="known" if story.allergies else story.allergy_status,
            allergies=story.allergies,
            code_status="full",
            nearest_ed="Northfield General, 12 min",
        ),
        by=cast.nurse,
        at=when,
    )
    registration.add_contact(
        patient_id=patient.pk,
        kind="caregiver",
        name=story.caregiver,
        relation=story.relation,
        phone=story.caregiver_phone,
        by=cast.nurse,
        at=when,
    )
    registration.record_weight(
        patient_id=patient.pk,
        value=story.weight_kg,
        unit="kg",
        measured_on=cast.center.local(at - timedelta(days=1)).date(),
        by=cast.nurse,
        at=at,
    )
    return patient
