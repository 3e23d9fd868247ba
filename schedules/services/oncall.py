"""Put people on call, take them off, say how to reach them, and try whether it works."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from dosing_portal.kernel import audit, nudge
from dosing_portal.kernel.models import Role, Staff
from dosing_portal.kernel.permissions import Permission, may
from schedules.errors import ActRefused
from schedules.models import ContactPoint, OnCallShift, Page
from schedules.models.oncall import OnCallRole

LEVELS: dict[str, frozenset[str]] = {
    OnCallRole.NURSE: frozenset({Role.NURSE, Role.PHYSICIAN, Role.DIRECTOR}),
    OnCallRole.PHYSICIAN: frozenset({Role.PHYSICIAN, Role.DIRECTOR}),
    OnCallRole.DIRECTOR: frozenset({Role.PHYSICIAN, Role.DIRECTOR}),
}


@transaction.atomic
def add_shift(
    *, staff_id: UUID, role: str, starts_at: datetime, ends_at: datetime, by: Staff, at: datetime
) -> OnCallShift:
    """Put one person on one level of the call tree for a span of time.

    Raises ``ActRefused`` when the person may not hold the level, when the span lies in the past or ends
    before it starts, and when the person holds the level then already.
    """
    person = _colleague(staff_id, by)
    if not may(person, Permission.ACKNOWLEDGE_ALERT) or person.role not in LEVELS[role]:
        level = OnCallRole(role).label
        raise ActRefused("staff", f"A {person.get_role_display().lower()} cannot be {level}.")
    if ends_at <= starts_at:
        raise ActRefused("ends_time", "The shift must end after it starts.")
    if ends_at <= at:
        raise ActRefused("ends_time", "This shift is over already.")
    try:
        with transaction.atomic():
            shift = OnCallShift.objects.create(
                center_id=by.center_id,
                role=role,
                staff=person,
                starts_at=starts_at,
                ends_at=ends_at,
                recorded_at=at,
                recorded_by=by,
            )
    except IntegrityError as error:
        raise ActRefused("staff", f"{person.name} holds this level in part of that time already.") from error
    audit.record("shift.add", shift, by=by, at=at, after=_shift_facts(shift))
    return shift


@transaction.atomic
def cancel_shift(*, shift_id: UUID, by: Staff, at: datetime) -> OnCallShift:
    """Take a shift out of the call tree from now on. Cancelling it again changes nothing."""
    shift = (
        OnCallShift.objects.select_for_update(of=("self",))
        .select_related("staff")
        .get(pk=shift_id, center_id=by.center_id)
    )
    if shift.cancelled_at is None:
        shift.cancelled_at, shift.cancelled_by = at, by
        shift.save(update_fields=["cancelled_at", "cancelled_by"])
        audit.record("shift.cancel", shift, by=by, at=at, before=_shift_facts(shift))
    return shift


@transaction.atomic
def add_contact_point(*, staff_id: UUID, kind: str, address: str, by: Staff, at: datetime) -> ContactPoint:
    """Add a way of reaching a person; every page to them goes to all of theirs.

    Raises ``ActRefused`` when the person has this one already.
    """
    person = _colleague(staff_id, by)
    try:
        with transaction.atomic():
            point = ContactPoint.objects.create(
                center_id=by.center_id,
                staff=person,
                kind=kind,
                address=address,
                recorded_at=at,
                recorded_by=by,
            )
    except IntegrityError as error:
        raise ActRefused("address", f"{person.name} has this address already.") from error
    audit.record("contact_point.add", point, by=by, at=at, after=_point_facts(point))
    return point


@transaction.atomic
def end_contact_point(*, point_id: UUID, by: Staff, at: datetime) -> ContactPoint:
    """Stop using a way of reaching a person. Ending it again changes nothing."""
    point = (
        ContactPoint.objects.select_for_update(of=("self",))
        .select_related("staff")
        .get(pk=point_id, center_id=by.center_id)
    )
    if point.ended_at is None:
        point.ended_at, point.ended_by = at, by
        point.save(update_fields=["ended_at", "ended_by"])
        audit.record("contact_point.end", point, by=by, at=at, before=_point_facts(point))
    return point


@transaction.atomic
def send_test(*, point_id: UUID, by: Staff, at: datetime) -> Page:
    """Queue a page of no alert to one contact point; it leaves like every other page.

    A second test within the same minute is the first one.
    """
    point = ContactPoint.objects.select_related("staff", "center").get(
        pk=point_id, center_id=by.center_id, ended_at__isnull=True
    )
    page, is_new = Page.objects.get_or_create(
        dedupe_key=f"test:{point.pk}:{at:%Y%m%d%H%M}",
        defaults={
            "center_id": by.center_id,
            "recipient": point.staff,
            "channel": point.kind,
            "address": point.address,
            "subject": f"Test: {point.center.name}",
            "text": f"This is a test by {by.name} at {point.center.name}. No patient needs you.",
            "created_at": at,
            "due_at": at,
        },
    )
    if is_new:
        audit.record("contact_point.test", point, by=by, at=at, after=_point_facts(point))
        nudge.after_commit("schedules.deliver_due")
    return page


def _colleague(staff_id: UUID, by: Staff) -> Staff:
    """An active person of the same center."""
    person: Staff = Staff.objects.people().get(pk=staff_id, center_id=by.center_id, is_active=True)
    return person


def _shift_facts(shift: OnCallShift) -> dict[str, Any]:
    return {
        "person": shift.staff.name,
        "level": shift.role,
        "starts_at": shift.starts_at,
        "ends_at": shift.ends_at,
    }


def _point_facts(point: ContactPoint) -> dict[str, Any]:
    return {"person": point.staff.name, "kind": point.kind, "address": point.address}
