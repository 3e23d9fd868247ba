"""The person: identity, allergies, weight with its date, people to call."""

from __future__ import annotations

import uuid
from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from dosing_portal.kernel.append_only import AppendOnly
from dosing_portal.kernel.models import Center, Staff


class PatientQuerySet(models.QuerySet["Patient"]):
    def visible_to(self, staff: Staff) -> PatientQuerySet:
        """Only patients of the person's own center; everything clinical starts here."""
        return self.filter(center_id=staff.center_id)

    def matching(self, words: str) -> PatientQuerySet:
        """Each word must open the family name, the given name or the MRN."""
        found = self
        for word in words.replace(",", " ").split():
            found = found.filter(
                Q(family_name__istartswith=word) | Q(given_name__istartswith=word) | Q(mrn__istartswith=word)
            )
        return found


class Patient(models.Model):
    class Sex(models.TextChoices):
        FEMALE = "female", "Female"
        MALE = "male", "Male"
        OTHER = "other", "Other"
        NOT_KNOWN = "not_known", "Not known"

    class AllergyStatus(models.TextChoices):
        KNOWN = "known", "Known allergies"
        NONE_KNOWN = "none_known", "No known allergies"
        NOT_RECORDED = "not_recorded", "Allergies not recorded"

    class CodeStatus(models.TextChoices):
        FULL = "full", "Full code"
        DNR = "dnr", "Do not resuscitate"
        OTHER = "other", "Other, see record"
        NOT_RECORDED = "not_recorded", "Not recorded"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    mrn = models.CharField("MRN", max_length=40)
    family_name = models.CharField(max_length=80)
    given_name = models.CharField(max_length=80)
    birth_date = models.DateField()
    sex = models.CharField(max_length=10, choices=Sex.choices, default=Sex.NOT_KNOWN)
    allergy_status = models.CharField(
        max_length=14, choices=AllergyStatus.choices, default=AllergyStatus.NOT_RECORDED
    )
    allergies = models.CharField(max_length=300, blank=True)
    code_status = models.CharField(max_length=14, choices=CodeStatus.choices, default=CodeStatus.NOT_RECORDED)
    phone = models.CharField(max_length=40, blank=True)
    nearest_ed = models.CharField(max_length=160, blank=True)
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")

    objects = PatientQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["family_name", "given_name"]
        constraints: ClassVar = [
            models.UniqueConstraint("center", Upper("mrn"), name="mrn_unique_in_center"),
            models.CheckConstraint(
                condition=(Q(allergy_status="known") & ~Q(allergies=""))
                | (~Q(allergy_status="known") & Q(allergies="")),
                name="allergies_named_exactly_when_known",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["center", "family_name", "given_name"], name="patient_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.family_name.upper()}, {self.given_name}"

    @property
    def initials(self) -> str:
        """What leaves the center in a message: two letters, never a name."""
        return f"{self.given_name[:1]}{self.family_name[:1]}".upper()

    def age_on(self, day: date) -> int:
        had_birthday = (day.month, day.day) >= (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - (0 if had_birthday else 1)


class WeightMeasurement(AppendOnly):
    """A body weight with its day; what was typed is kept beside the kilograms used."""

    id = models.BigAutoField(primary_key=True)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="weights")
    kg = models.DecimalField(max_digits=6, decimal_places=2)
    typed_value = models.DecimalField(max_digits=6, decimal_places=2)
    typed_unit = models.CharField(max_length=2, choices=Center.WeightUnit.choices)
    measured_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnly.Meta):
        ordering: ClassVar = ["-measured_on", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kg__gt=0), name="weight_is_positive"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["patient", "-measured_on", "-id"], name="weight_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.kg.normalize():f} kg"


class Contact(models.Model):
    """Someone to call for this patient. Ended, never deleted."""

    class Kind(models.TextChoices):
        CAREGIVER = "caregiver", "Caregiver"
        FAMILY = "family", "Family or friend"
        CLINICIAN = "clinician", "Clinician elsewhere"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="contacts")
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.CAREGIVER)
    name = models.CharField(max_length=120)
    relation = models.CharField(max_length=60, blank=True)
    phone = models.CharField(max_length=40)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["recorded_at"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(phone=""), name="contact_has_phone"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="contact_ended_at_and_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.phone}"
