"""What every app may know: the center, its staff, the audit trail, the watch on the sweeps."""

from __future__ import annotations

import uuid
import zoneinfo
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from dosing_portal.kernel.append_only import AppendOnly


def known_time_zone(name: str) -> None:
    """Refuse a name that the time zone database does not hold."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"“{name}” is not a time zone. Write it like America/New_York.")


def every_weekday() -> list[int]:
    return [0, 1, 2, 3, 4]


class Center(models.Model):
    """One clinic with its own staff, patients, protocols and clock."""

    class TemperatureUnit(models.TextChoices):
        CELSIUS = "C", "°C"
        FAHRENHEIT = "F", "°F"

    class WeightUnit(models.TextChoices):
        KILOGRAM = "kg", "kg"
        POUND = "lb", "lb"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, validators=[known_time_zone])
    temperature_unit = models.CharField(
        max_length=1, choices=TemperatureUnit.choices, default=TemperatureUnit.CELSIUS
    )
    weight_unit = models.CharField(max_length=2, choices=WeightUnit.choices, default=WeightUnit.KILOGRAM)
    clinic_days = ArrayField(models.PositiveSmallIntegerField(), default=every_weekday)  # Monday is 0
    phone = models.CharField(max_length=40, blank=True)
    emergency_site = models.CharField(max_length=120, blank=True)
    emergency_phone = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(time_zone=""), name="center_has_time_zone"),
            models.CheckConstraint(
                condition=Q(temperature_unit__in=["C", "F"]), name="center_temperature_unit_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    def local(self, at: datetime) -> datetime:
        """The center's wall clock at an instant."""
        return at.astimezone(self.zone)


class ClosedDay(models.Model):
    """A calendar day on which the center gives no doses (holiday, move, audit)."""

    center = models.ForeignKey(Center, on_delete=models.PROTECT, related_name="closed_days")
    day = models.DateField()
    reason = models.CharField(max_length=120)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["center", "day"], name="closed_day_once_a_center")
        ]

    def __str__(self) -> str:
        return f"{self.day:%d-%b-%Y} {self.reason}"


class Role(models.TextChoices):
    NURSE = "nurse", "Nurse"
    PHYSICIAN = "physician", "Physician"
    PHARMACIST = "pharmacist", "Pharmacist"
    ADMINISTRATOR = "administrator", "Administrator"
    DIRECTOR = "director", "Medical director"
    SYSTEM = "system", "Portal"


class StaffQuerySet(models.QuerySet["Staff"]):
    def of(self, center: Center) -> StaffQuerySet:
        return self.filter(center=center)

    def people(self) -> StaffQuerySet:
        return self.exclude(role=Role.SYSTEM)


class StaffAccounts(BaseUserManager.from_queryset(StaffQuerySet)):  # type: ignore[misc]
    """Account lookups for Django's sign-in; new staff come from services.

    A person always comes with the center: its clock is needed on every page, and one statement has both.
    """

    def get_queryset(self) -> StaffQuerySet:
        return super().get_queryset().select_related("center")  # type: ignore[no-any-return]

    def get_by_natural_key(self, username: str | None) -> Staff:
        return self.get_queryset().get(username=username)


class Staff(AbstractBaseUser):
    """A person who signs in, or the one system account of a center that acts for the sweeps."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT, related_name="staff")
    username = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    role = models.CharField(max_length=16, choices=Role.choices)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"

    objects = StaffAccounts()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["center"], condition=Q(role="system"), name="one_system_account_a_center"
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="staff_role_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        words = [word for word in self.name.replace(".", " ").split() if word.lower() not in {"dr", "rn"}]
        return "".join(word[0] for word in words[:2]).upper()

    @property
    def is_system(self) -> bool:
        return self.role == Role.SYSTEM


class AuditEntry(AppendOnly):
    """Who changed what, when, from what to what. Written in the transaction of the change itself."""

    id = models.BigAutoField(primary_key=True)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    at = models.DateTimeField()
    by = models.ForeignKey(Staff, on_delete=models.PROTECT)
    action = models.CharField(max_length=60)
    target_type = models.CharField(max_length=40)
    target_id = models.CharField(max_length=64)
    patient_id = models.UUIDField(null=True, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=500, blank=True)

    class Meta(AppendOnly.Meta):
        indexes: ClassVar = [
            models.Index(fields=["center", "-id"], name="audit_of_center"),
            models.Index(fields=["center", "patient_id", "-id"], name="audit_of_patient"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"


class Sweep(models.Model):
    """When each sweep last finished: what the heartbeat and the late banner read."""

    name = models.CharField(max_length=40, primary_key=True)
    finished_at = models.DateTimeField()
    last_error = models.CharField(max_length=300, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class SignInAttempt(models.Model):
    """A refused sign-in: the throttle counts the recent ones of one account."""

    username = models.CharField(max_length=80)
    address = models.CharField(max_length=45)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["username", "-at"], name="sign_in_attempt_of_account"),
            models.Index(fields=["address", "-at"], name="sign_in_attempt_of_address"),
        ]

    def __str__(self) -> str:
        return f"{self.username} {self.at:%Y-%m-%d %H:%M}"


JsonObject = dict[str, Any]
