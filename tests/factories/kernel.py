"""The center, its staff, the audit trail, the watch on the sweeps."""

from datetime import UTC, datetime, timedelta

import factory
from django.contrib.auth.hashers import make_password
from factory.django import DjangoModelFactory

from dosing_portal.kernel.models import AuditEntry, Center, ClosedDay, Role, SignInAttempt, Staff, Sweep

AT = datetime(2026, 11, 19, 19, 32, tzinfo=UTC)  # Thursday 14:32 in New York
PASSWORD = "a sample passphrase"


class CenterFactory(DjangoModelFactory[Center]):
    class Meta:
        model = Center

    slug = factory.Sequence(lambda n: f"center-{n}")
    name = factory.Sequence(lambda n: f"Sample Cancer Center {n}")
    time_zone = "America/New_York"
    phone = "555-0100"
    emergency_site = "Sample General Hospital"
    emergency_phone = "555-0109"


class ClosedDayFactory(DjangoModelFactory[ClosedDay]):
    class Meta:
        model = ClosedDay

    center = factory.SubFactory(CenterFactory)
    day = factory.Sequence(lambda n: (AT + timedelta(days=n + 7)).date())
    reason = "Holiday"


class StaffFactory(DjangoModelFactory[Staff]):
    """A nurse who can sign in with ``PASSWORD``; ``role=`` or a trait makes someone else."""

    class Meta:
        model = Staff

    class Params:
        physician = factory.Trait(role=Role.PHYSICIAN)
        pharmacist = factory.Trait(role=Role.PHARMACIST)
        administrator = factory.Trait(role=Role.ADMINISTRATOR)
        director = factory.Trait(role=Role.DIRECTOR)
        system = factory.Trait(role=Role.SYSTEM, name="Dosing Portal", password="!")

    center = factory.SubFactory(CenterFactory)
    username = factory.Sequence(lambda n: f"sample{n}")
    name = factory.Sequence(lambda n: f"N. Sample{n} RN")
    email = factory.LazyAttribute(lambda staff: f"{staff.username}@clinic.example")
    phone = "555-0142"
    role = Role.NURSE
    password = factory.LazyFunction(lambda: make_password(PASSWORD))


class AuditEntryFactory(DjangoModelFactory[AuditEntry]):
    class Meta:
        model = AuditEntry

    by = factory.SubFactory(StaffFactory)
    center = factory.SelfAttribute("by.center")
    at = AT
    action = "center.change"
    target_type = "kernel.center"
    target_id = factory.LazyAttribute(lambda entry: str(entry.center.pk))


class SweepFactory(DjangoModelFactory[Sweep]):
    class Meta:
        model = Sweep

    name = factory.Sequence(lambda n: f"sweep-{n}")
    finished_at = AT


class SignInAttemptFactory(DjangoModelFactory[SignInAttempt]):
    class Meta:
        model = SignInAttempt

    username = "sample"
    address = "192.0.2.1"
    at = AT
