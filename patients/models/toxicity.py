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

    def graded(self) -> ToxicityEventQuerySet:
        """Met a criterion, or was declared by a physician: a suspicion alone has no grade."""
        return self.filter(max_grade__gt=0)

    def unsettled(self) -> ToxicityEventQuerySet:
        """Open, or possibly masked and waiting for a physician's word."""
        return self.filter(state__in=UNSETTLED)


class ToxicityEvent(models.Model):
    """One CRS or ICANS event from its first criterion to its closing by a person.

    The row is a summary that the timeline can rebuild; what was said of it, when and by whom, stands in
    its gradings and in the audit trail.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        MASKED = "masked", "Possibly masked CRS"  # no fever on record, and a drug that may hide one
        CLOSED = "closed", "Closed"
        ATTRIBUTED = "attributed", "Attributed to another cause"
        JOINED = "joined", "Joined with another event"  # a late entry closed the gap between two

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="toxicity_events")
    toxicity = models.CharField(max_length=6, choices=[("crs", "CRS"), ("icans", "ICANS")])
    sequence = models.PositiveSmallIntegerField()
    # The event of the same toxicity before this one: a recurrence knows the first.
    follows = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="recurrences"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    # Empty only where a drug alone raised the suspicion: pocket dexamethasone without a reading.
    opening_observation = models.ForeignKey(
        Observation, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    suspected_because = models.CharField(max_length=300, blank=True)  # of a possibly masked one
    suspected_at = models.DateTimeField(null=True, blank=True)  # also of a CRS event that it became
    # A physician's answer to the suspicion: CRS (then it is open) or not (then it is attributed).
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
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
    resolved_at = models.DateTimeField(null=True, blank=True)  # signed by a physician, see EventResolution
    resolved_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
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
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True)
                | Q(resolved_at__isnull=False, resolved_by__isnull=False),
                name="toxicity_event_resolved_at_and_by",
            ),
            models.CheckConstraint(
                condition=~Q(state="masked") | Q(toxicity="crs"),
                name="only_crs_is_masked",
            ),
            models.CheckConstraint(
                condition=~Q(state="masked") | (Q(suspected_at__isnull=False) & ~Q(suspected_because="")),
                name="a_suspicion_says_why",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="toxicity_event_answered_at_and_by",
            ),
            models.UniqueConstraint(
                fields=["patient"], condition=Q(state="masked"), name="one_suspicion_a_patient"
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
    def unsettled(self) -> bool:
        """Open, or possibly masked."""
        return self.state in UNSETTLED

    @property
    def holds_dose(self) -> bool:
        """Nobody signed it resolved: it holds the next dose."""
        return self.unsettled and self.resolved_at is None

    @property
    def matter(self) -> str:
        """What waits, in words: 'CRS not resolved', 'Possibly masked CRS'."""
        masked = self.state == ToxicityEvent.State.MASKED
        return self.get_state_display() if masked else f"{self.label} not resolved"

    @property
    def declared(self) -> bool:
        """A physician said that it is CRS, with no fever on record."""
        return self.answered_at is not None and self.state in STANDING

    @property
    def ruled_out(self) -> bool:
        """A physician said that the suspicion was something else."""
        return self.answered_at is not None and self.state == ToxicityEvent.State.ATTRIBUTED

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


UNSETTLED = (ToxicityEvent.State.OPEN, ToxicityEvent.State.MASKED)
STANDING = (ToxicityEvent.State.OPEN, ToxicityEvent.State.CLOSED)


class EventResolution(AppendOnly):
    """A physician's signature that an event is resolved, with what she saw when she signed.

    ``unmet`` is not empty only where the protocol's waiting time was cut short with a reason. A late entry
    that takes the resolution away clears it on the event; the signature stays here.
    """

    id = models.BigAutoField(primary_key=True)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    event = models.ForeignKey(ToxicityEvent, on_delete=models.PROTECT, related_name="resolutions")
    met = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    unmet = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    masking = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    source = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    signed_at = models.DateTimeField()
    signed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnly.Meta):
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(unmet=[]) | ~Q(reason=""), name="early_resolution_has_reason"),
        ]

    def __str__(self) -> str:
        return f"resolved {self.signed_at:%Y-%m-%d %H:%M}"


class ToxicityGrading(AppendOnly):
    """One statement of a grade: by rule for an observation, or by a named clinician for the event."""

    class Kind(models.TextChoices):
        SUGGESTED = "suggested", "suggested"
        CONFIRMED = "confirmed", "confirmed"
        MAXIMUM = "maximum", "maximum confirmed"  # of the whole event, before it is closed
        DISAGREED = "disagreed", "disagreement noted"  # changes nothing, is kept for the figures
        RULED_OUT = "ruled_out", "not CRS"  # a physician's answer to a suspicion

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
                | (~Q(kind="suggested") & Q(event__isnull=False)),
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
