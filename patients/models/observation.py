"""One set of observations, and the causes a physician named for its axes."""

from __future__ import annotations

import uuid
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from dosing_portal.kernel.append_only import AppendOnly
from dosing_portal.kernel.models import Center, Staff
from patients.models.patient import Patient
from protocols.rules import values


def choices_of(names: type[StrEnum]) -> list[tuple[str, str]]:
    return [(item.value, item.value.replace("_", " ")) for item in names]


TENTH = Decimal("0.1")


def as_typed(temperature: Decimal) -> Decimal:
    """A temperature without the padding of its column: one decimal, or two where a second one was read."""
    tenths = temperature.quantize(TENTH)
    return tenths if tenths == temperature else temperature


class Location(models.TextChoices):
    HOME = "home", "Home"
    CLINIC = "clinic", "Clinic"
    ED = "ed", "ED"
    HOSPITAL = "hospital", "Hospital"


class ObservationQuerySet(models.QuerySet["Observation"]):
    def current(self) -> ObservationQuerySet:
        """What stands now: amendments instead of what they amend."""
        return self.filter(amended_by__isnull=True)


class Observation(AppendOnly):
    """A set of vital signs with its ICE test, as taken and as typed. A correction is another row.

    ``taken_at`` is when it was true, ``recorded_at`` when it was typed. An empty column was not measured;
    ``not_measured`` says why where the nurse said so. The ICE items stand here and not in a table of
    their own: one insert and one read on the path that must be fast.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="observations")
    taken_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    reported_by = models.CharField(max_length=12, default="staff")  # staff, patient, caregiver
    client_key = models.UUIDField()
    amends = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="amended_by"
    )
    amend_reason = models.CharField(max_length=300, blank=True)
    is_baseline = models.BooleanField(default=False)
    neurologic_only = models.BooleanField(default=False)  # an ICE test by itself: says nothing of CRS
    temperature = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    temperature_unit = models.CharField(max_length=1, blank=True)
    systolic = models.PositiveSmallIntegerField(null=True, blank=True)
    diastolic = models.PositiveSmallIntegerField(null=True, blank=True)
    heart_rate = models.PositiveSmallIntegerField(null=True, blank=True)
    respiratory_rate = models.PositiveSmallIntegerField(null=True, blank=True)
    spo2 = models.PositiveSmallIntegerField(null=True, blank=True)
    hypotension = models.BooleanField(null=True, blank=True)
    hypoxia = models.BooleanField(null=True, blank=True)
    oxygen_device = models.CharField(max_length=30, blank=True, choices=choices_of(values.OxygenDevice))
    oxygen_flow_lpm = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    oxygen_reason = models.CharField(max_length=20, blank=True, choices=choices_of(values.OxygenReason))
    vasopressors = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    consciousness = models.CharField(max_length=24, blank=True, choices=choices_of(values.Consciousness))
    seizure = models.CharField(max_length=24, default="none", choices=choices_of(values.Seizure))
    motor = models.CharField(max_length=16, default="none", choices=choices_of(values.Motor))
    raised_pressure = models.CharField(
        max_length=20, default="none", choices=choices_of(values.RaisedPressure)
    )
    symptoms = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    died_of = models.CharField(max_length=6, blank=True)
    ice_year = models.BooleanField(null=True, blank=True)
    ice_month = models.BooleanField(null=True, blank=True)
    ice_city = models.BooleanField(null=True, blank=True)
    ice_hospital = models.BooleanField(null=True, blank=True)
    ice_objects = models.PositiveSmallIntegerField(null=True, blank=True)
    ice_command = models.BooleanField(null=True, blank=True)
    ice_sentence = models.BooleanField(null=True, blank=True)
    ice_attention = models.BooleanField(null=True, blank=True)
    ice_total = models.PositiveSmallIntegerField(null=True, blank=True)
    location = models.CharField(max_length=10, blank=True, choices=Location.choices)
    not_measured = models.JSONField(default=dict, blank=True)
    note = models.CharField(max_length=500, blank=True)

    objects = ObservationQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        ordering: ClassVar = ["taken_at", "recorded_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["center", "client_key"], name="observation_once_a_client_key"),
            models.CheckConstraint(
                condition=(Q(temperature__isnull=True) & Q(temperature_unit=""))
                | (Q(temperature__isnull=False) & Q(temperature_unit__in=["C", "F"])),
                name="temperature_has_its_unit",
            ),
            models.CheckConstraint(
                condition=Q(ice_objects__isnull=True) | Q(ice_objects__lte=3), name="ice_objects_at_most_3"
            ),
            models.CheckConstraint(
                condition=Q(ice_total__isnull=True) | Q(ice_total__lte=10), name="ice_total_at_most_10"
            ),
            models.CheckConstraint(
                condition=Q(spo2__isnull=True) | Q(spo2__lte=100), name="spo2_at_most_100"
            ),
            models.CheckConstraint(
                condition=Q(amends__isnull=True) | ~Q(amend_reason=""), name="amendment_has_reason"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["patient", "taken_at"], name="observation_timeline"),
        ]

    def __str__(self) -> str:
        return f"observation {self.taken_at:%Y-%m-%d %H:%M}"

    def vitals(self) -> values.VitalSigns:
        """The row as the frozen value that the rules read."""
        return values.VitalSigns(
            temperature=self._temperature(),
            systolic=self.systolic,
            diastolic=self.diastolic,
            heart_rate=self.heart_rate,
            respiratory_rate=self.respiratory_rate,
            spo2=self.spo2,
            hypotension=self.hypotension,
            hypoxia=self.hypoxia,
            oxygen=self._oxygen(),
            vasopressors=tuple(self.vasopressors),
            ice=self.ice(),
            consciousness=values.Consciousness(self.consciousness) if self.consciousness else None,
            seizure=values.Seizure(self.seizure),
            motor=values.Motor(self.motor),
            raised_pressure=values.RaisedPressure(self.raised_pressure),
            symptoms=tuple(self.symptoms),
            died_of=values.Toxicity(self.died_of) if self.died_of else None,
        )

    def _temperature(self) -> values.Temperature | None:
        if self.temperature is None:
            return None
        return values.Temperature(as_typed(self.temperature), values.TemperatureUnit(self.temperature_unit))

    def _oxygen(self) -> values.Oxygen | None:
        if not self.oxygen_device:
            return None
        return values.Oxygen(
            device=values.OxygenDevice(self.oxygen_device),
            flow_lpm=self.oxygen_flow_lpm,
            reason=values.OxygenReason(self.oxygen_reason) if self.oxygen_reason else None,
        )

    def ice(self) -> values.IceScore | None:
        items = {name: getattr(self, f"ice_{name}") for name in values.IceScore.ITEMS}
        if self.ice_total is None and all(item is None for item in items.values()):
            return None
        return values.IceScore(**items, total=self.ice_total)

    def ice_score(self) -> int | None:
        """The total; ``None`` without a test and while one is incomplete."""
        test = self.ice()
        return test.score if test else None


class Attribution(AppendOnly):
    """A physician's word that one axis of one observation has another cause; an empty cause takes it back."""

    id = models.BigAutoField(primary_key=True)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    observation = models.ForeignKey(Observation, on_delete=models.PROTECT, related_name="attributions")
    axis = models.CharField(max_length=14, choices=choices_of(values.Axis))
    cause = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=300)
    attributed_at = models.DateTimeField()
    attributed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnly.Meta):
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="attribution_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.axis}: {self.cause or 'withdrawn'}"
