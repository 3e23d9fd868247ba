"""An alert climbs its call tree until somebody says "I have this"."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from dosing_portal.kernel.append_only import AppendOnly
from dosing_portal.kernel.models import Center, Staff
from patients.models import Observation, Patient, ToxicityEvent
from protocols.models import ProtocolVersion
from schedules.models.course import TreatmentCourse
from schedules.models.monitoring import MonitoringCheck


class AlertQuerySet(models.QuerySet["Alert"]):
    def visible_to(self, staff: Staff) -> AlertQuerySet:
        return self.filter(center_id=staff.center_id)

    def unresolved(self) -> AlertQuerySet:
        return self.exclude(state=Alert.State.RESOLVED)

    def unanswered(self) -> AlertQuerySet:
        return self.filter(state=Alert.State.OPEN)


class Alert(models.Model):
    class State(models.TextChoices):
        OPEN = "open", "Nobody has this"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        RESOLVED = "resolved", "Resolved"

    class Kind(models.TextChoices):
        FEVER = "fever", "Fever"
        HYPOTENSION = "hypotension", "Low blood pressure"
        HYPOXIA = "hypoxia", "Low oxygen"
        TACHYCARDIA = "tachycardia", "Fast heart rate"
        NEUROLOGIC = "neurologic", "Neurologic sign"
        WORSENING = "worsening", "Blood pressure falling"
        GRADE_RISE = "grade_rise", "Grade risen"
        MISSED_CHECK = "missed_check", "Check overdue"
        POCKET_DEXAMETHASONE = "pocket_dexamethasone", "Pocket dexamethasone taken"
        POSSIBLY_MASKED = "possibly_masked", "Possible masked CRS"
        OVERDUE_ACTION = "overdue_action", "Emergency action overdue"
        TREATMENT_DUE = "treatment_due", "Ordered treatment overdue"
        NOT_ARRIVED = "not_arrived", "Not arrived"
        LATE_SIGN = "late_sign", "Late toxicity sign"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="alerts")
    course = models.ForeignKey(
        TreatmentCourse, on_delete=models.PROTECT, null=True, blank=True, related_name="alerts"
    )
    protocol_version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="+")
    event = models.ForeignKey(
        ToxicityEvent, on_delete=models.PROTECT, null=True, blank=True, related_name="alerts"
    )
    check_missed = models.ForeignKey(
        MonitoringCheck, on_delete=models.PROTECT, null=True, blank=True, related_name="alerts"
    )
    kind = models.CharField(max_length=24, choices=Kind.choices)
    severity = models.PositiveSmallIntegerField()
    because = models.CharField(max_length=300)
    state = models.CharField(max_length=14, choices=State.choices, default=State.OPEN)
    raised_at = models.DateTimeField()
    clock_from = models.DateTimeField()  # when this run up the call tree began; a reopening starts a new run
    rung = models.PositiveSmallIntegerField(default=0)
    repeats = models.PositiveIntegerField(default=0)
    next_escalation_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    acknowledged_via = models.CharField(max_length=12, blank=True)
    recheck_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["raised_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["patient", "kind"],
                condition=~Q(state="resolved"),
                name="one_unresolved_alert_a_patient_and_kind",
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
                name="alert_acknowledged_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True)
                | Q(resolved_at__isnull=False, resolved_by__isnull=False),
                name="alert_resolved_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(state="open", next_escalation_at__isnull=False)
                | (~Q(state="open") & Q(next_escalation_at__isnull=True)),
                name="open_alert_always_has_a_next_escalation",
            ),
            models.CheckConstraint(
                condition=Q(state="resolved", resolved_at__isnull=False)
                | (~Q(state="resolved") & Q(resolved_at__isnull=True)),
                name="alert_resolved_when_it_says_so",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_escalation_at"], condition=Q(state="open"), name="alert_to_escalate"),
            models.Index(
                fields=["recheck_at"],
                condition=Q(state="acknowledged", recheck_at__isnull=False),
                name="alert_to_recheck",
            ),
            models.Index(
                fields=["center", "-severity", "raised_at"],
                condition=~Q(state="resolved"),
                name="alert_of_center",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.FSM(
                name="alert_lifecycle",
                field="state",
                transitions=[
                    ("open", "acknowledged"),
                    ("acknowledged", "open"),
                    ("open", "resolved"),
                    ("acknowledged", "resolved"),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.raised_at:%Y-%m-%d %H:%M}"


class AlertEvent(AppendOnly):
    """One thing that happened to an alert, with why."""

    class What(models.TextChoices):
        RAISED = "raised", "Raised"
        FOUND_AGAIN = "found_again", "Found again"
        ESCALATED = "escalated", "Escalated"
        NOBODY_ON_CALL = "nobody_on_call", "Nobody on call at this level"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        REOPENED = "reopened", "Opened again"
        RESOLVED = "resolved", "Resolved"

    id = models.BigAutoField(primary_key=True)
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="history")
    what = models.CharField(max_length=16, choices=What.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    rung = models.PositiveSmallIntegerField(default=0)
    because = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=300, blank=True)
    observation = models.ForeignKey(
        Observation, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta(AppendOnly.Meta):
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.what} {self.at:%Y-%m-%d %H:%M}"
