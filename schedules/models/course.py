"""The patient's run through a protocol: doses planned, doses given, and the one row the boards read."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery

from dosing_portal.kernel.append_only import AppendOnly
from dosing_portal.kernel.models import Center, Staff
from patients.models import Patient, ToxicityEvent
from protocols.models import ProtocolVersion


class TreatmentCourseQuerySet(models.QuerySet["TreatmentCourse"]):
    def visible_to(self, staff: Staff) -> TreatmentCourseQuerySet:
        return self.filter(center_id=staff.center_id)

    def running(self) -> TreatmentCourseQuerySet:
        return self.filter(state=TreatmentCourse.State.RUNNING)

    def in_force(self, patient: Patient, taken_at: datetime) -> TreatmentCourseQuerySet:
        """The courses that still answer for a patient, the one that gave the last dose first.

        A course that has ended answers until its last window is over, the checks of it are done or given up,
        and no event is open that opened in that time.
        """
        itself = TreatmentCourse.objects.filter(pk=OuterRef("pk"))
        waits = Q(windows__checks__missed_at__isnull=True) | Q(
            windows__checks__alerts__state__in=["open", "acknowledged"]
        )
        opened = ToxicityEvent.objects.unsettled().filter(
            patient=OuterRef("patient"), opened_at__lte=OuterRef("watched_until")
        )
        given = Administration.objects.filter(course=OuterRef("pk")).order_by("-given_at")
        return (
            self.filter(patient=patient)
            .annotate(
                watched_until=Subquery(itself.order_by("-windows__ends_at").values("windows__ends_at")[:1]),
                last_given_at=Subquery(given.values("given_at")[:1]),
            )
            .filter(
                Q(state=TreatmentCourse.State.RUNNING)
                | Q(watched_until__gt=taken_at)
                | Exists(itself.filter(waits, windows__checks__state="open"))
                | Exists(opened)
            )
            .order_by(F("last_given_at").desc(nulls_last=True), "-started_at")
        )


class TreatmentCourse(models.Model):
    class State(models.TextChoices):
        RUNNING = "running", "Running"
        ENDED = "ended", "Ended"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="courses")
    protocol_version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT)
    regimen = models.CharField(max_length=40)
    schedule = models.CharField(max_length=40)
    starts_on = models.DateField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    end_reason = models.CharField(max_length=300, blank=True)

    objects = TreatmentCourseQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["patient"], condition=Q(state="running"), name="one_running_course_a_patient"
            ),
            models.CheckConstraint(
                condition=Q(state="running", ended_at__isnull=True, ended_by__isnull=True)
                | Q(state="ended", ended_at__isnull=False, ended_by__isnull=False),
                name="course_ended_at_and_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.regimen} from {self.starts_on:%d-%b-%Y}"


class PlannedDose(models.Model):
    """One stair: a dose of the schedule with its label window in calendar days at the center."""

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        GIVEN = "given", "Given"
        SUPERSEDED = "superseded", "Superseded"  # replaced by a repeat, a restart or new dates

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    course = models.ForeignKey(TreatmentCourse, on_delete=models.PROTECT, related_name="doses")
    ordinal = models.PositiveSmallIntegerField()
    dose = models.CharField(max_length=20)  # dose id of the schedule
    label = models.CharField(max_length=80)
    planned_on = models.DateField()
    earliest_on = models.DateField(null=True, blank=True)
    latest_on = models.DateField(null=True, blank=True)
    latest_if_reaction_on = models.DateField(null=True, blank=True)
    setting = models.CharField(
        max_length=10, choices=[("hospital", "in hospital"), ("outpatient", "outpatient")]
    )
    after_event = models.BooleanField(default=False)  # in hospital because a next-dose decision asks it
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)

    class Meta:
        ordering: ClassVar = ["course", "ordinal"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["course", "ordinal"], name="planned_dose_ordinal"),
            models.CheckConstraint(
                condition=Q(earliest_on__isnull=True)
                | Q(latest_on__isnull=True)
                | Q(earliest_on__lte=F("latest_on")),
                name="dose_window_in_order",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["center", "planned_on"], condition=Q(state="planned"), name="planned_dose_by_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.planned_on:%d-%b-%Y}"


class Administration(AppendOnly):
    """A dose that was given: amount, arithmetic, vial, site, lot, and two different people."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    course = models.ForeignKey(TreatmentCourse, on_delete=models.PROTECT, related_name="administrations")
    planned_dose = models.OneToOneField(PlannedDose, on_delete=models.PROTECT, related_name="administration")
    dose = models.CharField(max_length=20)
    label = models.CharField(max_length=80)
    given_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    client_key = models.UUIDField()
    amount_mg = models.DecimalField(max_digits=8, decimal_places=3)
    # Empty only for a dose told by a story whose volume is in no record.
    volume_ml = models.DecimalField(max_digits=7, decimal_places=3, null=True, blank=True)
    vial = models.CharField(max_length=40)
    vials = models.PositiveSmallIntegerField()
    weight_kg = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    weight_on = models.DateField(null=True, blank=True)
    arithmetic = ArrayField(models.CharField(max_length=300), default=list)
    unconfirmed = models.BooleanField(default=False)
    site = models.CharField(max_length=40)
    lot = models.CharField(max_length=40)
    premedicated_at = models.DateTimeField(null=True, blank=True)
    # What a decision after an event asked of this dose.
    conditions_met = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    conditions_unmet = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    deviation_reason = models.CharField(max_length=300, blank=True)
    given_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    checked_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnly.Meta):
        ordering: ClassVar = ["given_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["center", "client_key"], name="administration_once_a_client_key"),
            models.CheckConstraint(condition=~Q(given_by=F("checked_by")), name="giver_and_checker_differ"),
            models.CheckConstraint(
                condition=Q(amount_mg__gt=0, volume_ml__gt=0), name="administration_amounts_positive"
            ),
            models.CheckConstraint(
                condition=Q(conditions_unmet=[]) | ~Q(deviation_reason=""),
                name="unmet_condition_has_reason",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["course", "given_at"], name="administration_of_course"),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.given_at:%Y-%m-%d %H:%M}"


class CourseStatus(models.Model):
    """What the boards show of a patient's newest course, rewritten in the transaction of each change.

    Everything here can be derived from the facts, and a command does so; nothing reads history for a list.
    """

    course = models.OneToOneField(
        TreatmentCourse, on_delete=models.PROTECT, primary_key=True, related_name="status"
    )
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, related_name="course_status")
    running = models.BooleanField(default=True)
    refreshed_at = models.DateTimeField()
    last_dose = models.CharField(max_length=20, blank=True)
    last_dose_label = models.CharField(max_length=80, blank=True)
    last_dose_at = models.DateTimeField(null=True, blank=True)
    last_dose_mg = models.DecimalField(max_digits=8, decimal_places=3, null=True, blank=True)
    window_ends_at = models.DateTimeField(null=True, blank=True)
    next_dose = models.ForeignKey(
        PlannedDose, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    next_dose_label = models.CharField(max_length=80, blank=True)
    next_dose_on = models.DateField(null=True, blank=True)
    next_dose_earliest_on = models.DateField(null=True, blank=True)
    next_dose_latest_on = models.DateField(null=True, blank=True)
    blockers = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    next_check_due_at = models.DateTimeField(null=True, blank=True)
    checks_done = models.PositiveSmallIntegerField(default=0)
    checks_planned = models.PositiveSmallIntegerField(default=0)
    checks_missed = models.PositiveSmallIntegerField(default=0)
    reading_at = models.DateTimeField(null=True, blank=True)
    temperature_c = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    systolic = models.PositiveSmallIntegerField(null=True, blank=True)
    diastolic = models.PositiveSmallIntegerField(null=True, blank=True)
    spo2 = models.PositiveSmallIntegerField(null=True, blank=True)
    heart_rate = models.PositiveSmallIntegerField(null=True, blank=True)
    ice_score = models.PositiveSmallIntegerField(null=True, blank=True)
    oxygen_device = models.CharField(max_length=30, blank=True)
    location = models.CharField(max_length=10, blank=True)
    past_limits = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    temperatures_24h = models.JSONField(
        default=list, blank=True
    )  # [[epoch minutes, °C], ...] for the sparkline
    crs_text = models.CharField(max_length=30, blank=True)
    crs_grade = models.PositiveSmallIntegerField(null=True, blank=True)
    crs_missing = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    crs_review = models.BooleanField(default=False)
    icans_text = models.CharField(max_length=30, blank=True)
    icans_grade = models.PositiveSmallIntegerField(null=True, blank=True)
    icans_missing = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    graded_at = models.DateTimeField(null=True, blank=True)
    grade_because = models.CharField(max_length=300, blank=True)
    open_event = models.ForeignKey(
        "patients.ToxicityEvent", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    worst_grade = models.PositiveSmallIntegerField(default=0)
    open_alert = models.ForeignKey(
        "schedules.Alert", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    open_alert_severity = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["center", "next_check_due_at"],
                condition=Q(next_check_due_at__isnull=False),
                name="status_checks_due",
            ),
            models.Index(
                fields=["center", "next_dose_on"],
                condition=Q(running=True, next_dose_on__isnull=False),
                name="status_doses_due",
            ),
            models.Index(
                fields=["center", "-worst_grade", "window_ends_at"],
                condition=Q(window_ends_at__isnull=False),
                name="status_worst_first",
            ),
        ]

    def __str__(self) -> str:
        return f"status of {self.course_id}"

    def in_force(self, at: datetime) -> bool:
        """As ``TreatmentCourse.objects.in_force`` says, from what the row knows."""
        until = self.window_ends_at
        if self.running or self.next_check_due_at is not None or (until is not None and until > at):
            return True
        event = self.open_event
        return bool(until and event and event.unsettled and event.opened_at <= until)
