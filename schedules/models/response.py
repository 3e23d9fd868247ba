"""The running emergency protocol of an event: each action with its clock, who did it, or why not."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from dosing_portal.kernel.models import Center, Staff
from patients.models import Intervention, Observation, Patient, ToxicityEvent


class ResponseStep(models.Model):
    """One action of the center's emergency plan, for one event.

    Steps are added when the grade rises and stay when it falls: a checklist never loses an action. The words
    are those of the plan at the time. A repeating action makes its next turn when this one is done. The event
    itself is the response; there is no row above the steps, so that a reading that opens an event writes
    them in one statement.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"  # for another action, or for a person to say that it applies
        OPEN = "open", "To do"
        DONE = "done", "Done"
        NOT_DONE = "not_done", "Not done"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    event = models.ForeignKey(ToxicityEvent, on_delete=models.PROTECT, related_name="steps")
    action = models.CharField(max_length=40)  # id of the action in the plan
    turn = models.PositiveSmallIntegerField(default=1)
    position = models.PositiveSmallIntegerField()
    from_grade = models.PositiveSmallIntegerField()  # the grade that first asked for it
    kind = models.CharField(max_length=12)  # treatment, repeating, other
    do = models.CharField(max_length=300)
    why = models.CharField(max_length=300, blank=True)
    only_if = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=300, blank=True)
    confirmed = models.BooleanField(default=True)
    intervention = models.CharField(max_length=24, blank=True)
    after = models.CharField(max_length=40, blank=True)
    within_minutes = models.PositiveIntegerField(null=True, blank=True)
    repeat_minutes = models.PositiveIntegerField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    asked_at = models.DateTimeField()  # the clinical moment that asked for it: the first sign, or a rise
    applies_at = models.DateTimeField(null=True, blank=True)  # of a conditional one: a person said so
    applies_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    clock_from = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)  # when it was done, or declined
    settled_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    given = models.ForeignKey(
        Intervention, on_delete=models.PROTECT, null=True, blank=True, related_name="steps"
    )
    observation = models.ForeignKey(
        Observation, on_delete=models.PROTECT, null=True, blank=True, related_name="steps"
    )
    late_from = models.DateTimeField(null=True, blank=True)  # being open pages from here; empty: never
    look_again_at = models.DateTimeField(null=True, blank=True)  # when a rule judges its condition again
    told_at = models.DateTimeField(null=True, blank=True)  # its being overdue was paged

    class Meta:
        ordering: ClassVar = ["event", "position", "turn"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "action", "turn"], name="step_once_a_turn"),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, settled_by__isnull=True)
                | Q(settled_at__isnull=False, settled_by__isnull=False),
                name="step_settled_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(applies_at__isnull=True, applies_by__isnull=True)
                | Q(applies_at__isnull=False, applies_by__isnull=False),
                name="step_applies_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["done", "not_done"], settled_at__isnull=False)
                | (Q(state__in=["waiting", "open"]) & Q(settled_at__isnull=True)),
                name="step_settled_when_it_says_so",
            ),
            models.CheckConstraint(
                condition=~Q(state="not_done") | ~Q(reason=""), name="step_not_done_has_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(due_at__isnull=True), name="a_waiting_step_has_no_clock"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["late_from"],
                condition=Q(state="open", told_at__isnull=True, late_from__isnull=False),
                name="step_to_chase",
            ),
            models.Index(
                fields=["look_again_at"],
                condition=Q(state="waiting", look_again_at__isnull=False),
                name="step_to_judge_again",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.turn} {self.state}"
