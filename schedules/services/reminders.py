"""Remind the nurse on call at the minute a check falls due."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from dosing_portal.kernel import nudge
from schedules.models import MonitoringCheck, Reminder
from schedules.models.oncall import OnCallRole
from schedules.selectors.recipients import recipients

BATCH = 200


def queue_due_reminders(*, at: datetime) -> int:
    """Queue one reminder a channel for every check that fell due. Returns how many checks.

    A check that is past its grace is left to the missed-check alert: a reminder would only add noise.
    """
    queued = 0
    while True:
        with transaction.atomic():
            batch = list(
                MonitoringCheck.objects.filter(
                    state=MonitoringCheck.State.OPEN, reminded_at__isnull=True, due_at__lte=at
                )
                .select_for_update(skip_locked=True, of=("self",))
                .select_related("patient")
                .order_by("due_at")[:BATCH]
            )
            rows = [row for check in batch if check.missed_from > at for row in _reminders(check, at)]
            Reminder.objects.bulk_create(rows, ignore_conflicts=True)
            MonitoringCheck.objects.filter(pk__in=[check.pk for check in batch]).update(reminded_at=at)
            if rows:
                nudge.after_commit("schedules.deliver_due")
        queued += len(batch)
        if len(batch) < BATCH:
            return queued


def _reminders(check: MonitoringCheck, at: datetime) -> list[Reminder]:
    people = recipients(check.center_id, at).get(OnCallRole.NURSE, ())
    path = reverse("schedules:vitals-new", args=[check.patient_id])
    due = check.center.local(check.due_at)
    return [
        Reminder(
            id=uuid.uuid4(),
            center_id=check.center_id,
            check_due=check,
            recipient_id=person.staff_id,
            channel=person.kind,
            address=person.address,
            subject=f"Check due {due:%H:%M}: {check.patient.initials}",
            text=(
                f"{check.patient.initials}: check due {due:%H:%M}.\n"
                f"Record vitals: {settings.PORTAL_BASE_URL}{path}"
            ),
            created_at=at,
            due_at=at,
            dedupe_key=f"reminder:{check.pk}:{person.kind}:{person.address}"[:160],
        )
        for person in people
    ]
