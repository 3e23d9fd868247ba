"""Where the patient is, to whom she was handed over, and the calls made about her."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from dosing_portal.kernel.append_only import AppendOnly
from dosing_portal.kernel.models import Center, Staff
from patients.models.patient import Patient


class Place(models.TextChoices):
    HOME = "home", "At home"
    ON_THE_WAY = "on_the_way", "On the way"
    CLINIC = "clinic", "Clinic"
    EMERGENCY = "emergency", "Emergency department"
    WARD = "ward", "Ward"
    INTENSIVE_CARE = "intensive_care", "Intensive care"


class Whereabouts(AppendOnly):
    """One statement of where the patient is. The newest by ``since`` stands; a move is another row.

    On the way she has a destination and a time by which she should be there: past it, somebody looks for her.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="whereabouts")
    event = models.ForeignKey(
        "patients.ToxicityEvent", on_delete=models.PROTECT, null=True, blank=True, related_name="whereabouts"
    )
    place = models.CharField(max_length=16, choices=Place.choices)
    facility = models.CharField(max_length=120, blank=True)  # which clinic, department or ward
    destination = models.CharField(max_length=16, choices=Place.choices, blank=True)
    expected_at = models.DateTimeField(null=True, blank=True)
    with_whom = models.CharField(max_length=120, blank=True)
    since = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    client_key = models.UUIDField()

    class Meta(AppendOnly.Meta):
        ordering: ClassVar = ["since", "recorded_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["center", "client_key"], name="whereabouts_once_a_client_key"),
            models.CheckConstraint(
                condition=(Q(place="on_the_way", expected_at__isnull=False) & ~Q(destination=""))
                | (~Q(place="on_the_way") & Q(expected_at__isnull=True, destination="")),
                name="on_the_way_has_destination_and_time",
            ),
            models.CheckConstraint(
                condition=Q(expected_at__isnull=True) | Q(expected_at__gt=F("since")),
                name="arrival_after_departure",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["patient", "since"], name="whereabouts_of_patient"),
        ]

    def __str__(self) -> str:
        return f"{self.place} since {self.since:%Y-%m-%d %H:%M}"


class ExpectedArrival(models.Model):
    """The arrival that is waited for: a due time that a sweep finds. One a patient until it is settled."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    departure = models.OneToOneField(Whereabouts, on_delete=models.PROTECT, related_name="arrival")
    due_at = models.DateTimeField()  # the expected time plus the protocol's grace
    told_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["patient"], condition=Q(settled_at__isnull=True), name="one_arrival_awaited_a_patient"
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, settled_by__isnull=True)
                | Q(settled_at__isnull=False, settled_by__isnull=False),
                name="arrival_settled_at_and_by",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                condition=Q(settled_at__isnull=True, told_at__isnull=True),
                name="arrival_to_chase",
            ),
        ]

    def __str__(self) -> str:
        return f"arrival due {self.due_at:%Y-%m-%d %H:%M}"


class HandOff(models.Model):
    """Her care given to another team. Until somebody there accepts it, it is still ours."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="hand_offs")
    event = models.ForeignKey(
        "patients.ToxicityEvent", on_delete=models.PROTECT, null=True, blank=True, related_name="hand_offs"
    )
    to_whom = models.CharField(max_length=120)
    facility = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    accepted_name = models.CharField(max_length=120, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(  # who wrote the acceptance down
        Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    refused_name = models.CharField(max_length=120, blank=True)
    refused_reason = models.CharField(max_length=300, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)
    refused_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    client_key = models.UUIDField()

    class Meta:
        ordering: ClassVar = ["given_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["center", "client_key"], name="hand_off_once_a_client_key"),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True, accepted_name="")
                | (Q(accepted_at__isnull=False, accepted_by__isnull=False) & ~Q(accepted_name="")),
                name="hand_off_accepted_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(
                    refused_at__isnull=True, refused_by__isnull=True, refused_name="", refused_reason=""
                )
                | (
                    Q(refused_at__isnull=False, refused_by__isnull=False)
                    & ~Q(refused_name="")
                    & ~Q(refused_reason="")
                ),
                name="hand_off_refused_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(refused_at__isnull=True),
                name="hand_off_accepted_or_refused",
            ),
        ]

    def __str__(self) -> str:
        return f"to {self.to_whom} {self.given_at:%Y-%m-%d %H:%M}"


class Call(AppendOnly):
    """One call made or taken about a patient. ``asked_at`` starts the clock of a call-back."""

    class Outcome(models.TextChoices):
        REACHED = "reached", "Reached"
        NO_ANSWER = "no_answer", "No answer"
        LEFT_MESSAGE = "left_message", "Left a message"

    class Party(models.TextChoices):
        PATIENT = "patient", "Patient"
        CAREGIVER = "caregiver", "Caregiver"
        PHYSICIAN = "physician", "Physician"
        EMERGENCY = "emergency", "Emergency department"
        AMBULANCE = "ambulance", "Ambulance"
        INTENSIVE_CARE = "intensive_care", "Intensive care"
        PHARMACY = "pharmacy", "Pharmacy"
        NEUROLOGY = "neurology", "Neurology"
        OTHER = "other", "Other"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="calls")
    event = models.ForeignKey(
        "patients.ToxicityEvent", on_delete=models.PROTECT, null=True, blank=True, related_name="calls"
    )
    party = models.CharField(max_length=16, choices=Party.choices)
    incoming = models.BooleanField(default=False)
    name = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    outcome = models.CharField(max_length=14, choices=Outcome.choices)
    asked_at = models.DateTimeField(null=True, blank=True)
    called_at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    client_key = models.UUIDField()

    class Meta(AppendOnly.Meta):
        ordering: ClassVar = ["called_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["center", "client_key"], name="call_once_a_client_key"),
            models.CheckConstraint(
                condition=Q(asked_at__isnull=True) | Q(asked_at__lte=F("called_at")),
                name="called_back_after_it_was_asked",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["patient", "called_at"], name="call_of_patient")]

    def __str__(self) -> str:
        return f"{self.party} {self.outcome} {self.called_at:%Y-%m-%d %H:%M}"
