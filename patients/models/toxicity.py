"""CRS and ICANS events, and every grading of them: suggested by rule, or confirmed by a person."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from dosing_portal.kernel.append_only import AppendOnly
from dosing_portal.kernel.models import Center, Staff
from patients.models.observation import Observation, choices_of
from patients.models.patient import Patient
from protocols.rules import values


class ToxicityEventQuerySet(models.QuerySet["ToxicityEvent"]):
    def visible_to(self, staff: Staff) -> ToxicityEventQuerySet:
        return self.filter(center_id=staff.center_id)

    def open(self) -> ToxicityEventQuerySet:
        return self.filter(state=ToxicityEvent.State.OPEN)


class ToxicityEvent(models.Model):
    """One CRS or ICANS event from its first criterion to its closing by a person.

    The row is a summary that the timeline can rebuild; what was said of it, when and by whom, stands in
    its gradings and in the audit trail.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"
        ATTRIBUTED = "attributed", "Attributed to another cause"
        JOINED = "joined", "Joined with another event"  # a late entry closed the gap between two

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="toxicity_events")
    toxicity = models.CharField(max_length=6, choices=[("crs", "CRS"), ("icans", "ICANS")])
    sequence = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    opening_observation = models.ForeignKey(Observation, on_delete=models.PROTECT, related_name="+")
    last_dose_at = models.DateTimeField(null=True, blank=True)
    last_dose = models.CharField(max_length=20, blank=True)
    max_grade = models.PositiveSmallIntegerField(default=0)
    current_grade = models.PositiveSmallIntegerField(default=0)
    current_text = models.CharField(max_length=30, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    closing_allowed_from = models.DateTimeField(null=True, blank=True)
    confirmed_grade = models.PositiveSmallIntegerField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    revision = models.PositiveIntegerField(default=0)

    objects = ToxicityEventQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["opened_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["center", "patient", "toxicity", "sequence"], name="toxicity_event_sequence"
            ),
            models.UniqueConstraint(
                fields=["patient", "toxicity", "opening_observation"], name="toxicity_event_opened_once"
            ),
            models.CheckConstraint(
                condition=Q(max_grade__lte=5, current_grade__lte=5), name="toxicity_grade_at_most_5"
            ),
            models.CheckConstraint(
                condition=Q(current_grade__lte=models.F("max_grade")), name="current_grade_within_maximum"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=models.F("opened_at")),
                name="toxicity_event_ends_after_opening",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="toxicity_event_closed_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False)
                | (~Q(state="closed") & Q(closed_at__isnull=True)),
                name="toxicity_event_closed_when_it_says_so",
            ),
            models.CheckConstraint(
                condition=Q(
                    confirmed_at__isnull=True, confirmed_by__isnull=True, confirmed_grade__isnull=True
                )
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False, confirmed_grade__isnull=False),
                name="toxicity_event_confirmed_at_and_by",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["center", "-current_grade", "opened_at"],
                condition=Q(state="open"),
                name="open_event_worst_first",
            ),
            models.Index(fields=["patient", "opened_at"], name="toxicity_event_of_patient"),
        ]

    def __str__(self) -> str:
        return f"{self.toxicity.upper()} event {self.sequence}"

    @property
    def label(self) -> str:
        return self.toxicity.upper()

    @property
    def onset_hours(self) -> float | None:
        """Elapsed hours from the last dose to the opening."""
        if self.last_dose_at is None:
            return None
        return (self.opened_at - self.last_dose_at).total_seconds() / 3600

    @property
    def duration_hours(self) -> float | None:
        """Elapsed hours from the opening to the end, once it has one."""
        if self.ended_at is None:
            return None
        return (self.ended_at - self.opened_at).total_seconds() / 3600


class ToxicityGrading(AppendOnly):
    """One statement of a grade: by rule for an observation, or by a named clinician for the event."""

    class Kind(models.TextChoices):
        SUGGESTED = "suggested", "suggested"
        CONFIRMED = "confirmed", "confirmed"

    id = models.BigAutoField(primary_key=True)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    event = models.ForeignKey(
        ToxicityEvent, on_delete=models.PROTECT, null=True, blank=True, related_name="gradings"
    )
    observation = models.ForeignKey(
        Observation, on_delete=models.PROTECT, null=True, blank=True, related_name="gradings"
    )
    toxicity = models.CharField(max_length=6, choices=choices_of(values.Toxicity))
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at_least = models.PositiveSmallIntegerField()
    missing = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    cannot_grade = models.BooleanField(default=False)
    review = models.BooleanField(default=False)
    waived = models.BooleanField(default=False)
    because = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    source = models.JSONField(default=dict, blank=True)
    rule_version = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    suggested_grade = models.PositiveSmallIntegerField(null=True, blank=True)
    graded_at = models.DateTimeField()
    graded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnly.Meta):
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(at_least__lte=5), name="grading_at_most_5"),
            models.CheckConstraint(
                condition=Q(kind="suggested", observation__isnull=False)
                | Q(kind="confirmed", event__isnull=False),
                name="grading_rests_on_reading_or_event",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["event", "id"], name="grading_of_event"),
            models.Index(fields=["observation", "toxicity", "id"], name="grading_of_observation"),
        ]

    def __str__(self) -> str:
        return f"{self.toxicity} {self.at_least} {self.kind}"

    @property
    def text(self) -> str:
        """The same words as ``values.Grading.text``."""
        if self.cannot_grade:
            return "cannot grade"
        return f"at least grade {self.at_least}" if self.missing else f"grade {self.at_least}"
