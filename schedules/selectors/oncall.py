"""Who is on call now, where nobody will be, and how people can be reached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.permissions import ROLE_PERMISSIONS, Permission
from schedules.models import ContactPoint, OnCallShift, Page
from schedules.models.oncall import OnCallRole
from schedules.models.outbound import Outbound

GAP_DAYS = 7
LOG_LENGTH = 20
CALLED_FIRST = (OnCallRole.PHYSICIAN, OnCallRole.NURSE, OnCallRole.DIRECTOR)


@dataclass(frozen=True, slots=True)
class OnCall:
    """One person who answers now, until when."""

    staff_id: UUID
    role: OnCallRole
    name: str
    phone: str
    until: datetime

    @property
    def role_label(self) -> str:
        return self.role.label


@dataclass(frozen=True, slots=True)
class Gap:
    """Hours in which nobody holds a level of the call tree."""

    role: OnCallRole
    starts_at: datetime
    ends_at: datetime

    @property
    def role_label(self) -> str:
        return self.role.label

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at


def who_is_on_call(center_id: UUID, at: datetime) -> tuple[OnCall, ...]:
    """Who holds each level now, the one to ring first in front. One statement."""
    rows = (
        OnCallShift.objects.covering(at)
        .filter(center_id=center_id, staff__is_active=True)
        .order_by("starts_at")
        .values_list("staff_id", "role", "staff__name", "staff__phone", "ends_at")
    )
    found = [OnCall(staff, OnCallRole(role), name, phone, until) for staff, role, name, phone, until in rows]
    return tuple(sorted(found, key=lambda person: CALLED_FIRST.index(person.role)))


def coming_shifts(center_id: UUID, at: datetime) -> QuerySet[OnCallShift]:
    """Shifts that run or are to come, soonest first."""
    return (
        OnCallShift.objects.filter(center_id=center_id, ends_at__gt=at, cancelled_at__isnull=True)
        .select_related("staff")
        .order_by("starts_at", "role")
    )


def gaps(shifts: Iterable[OnCallShift], at: datetime) -> tuple[Gap, ...]:
    """Where a level has nobody in the seven days from ``at``: elapsed time, so a clock change opens no gap.

    A shift of somebody whose account is closed fills nothing.
    """
    until = at + timedelta(days=GAP_DAYS)
    held = [shift for shift in shifts if shift.staff.is_active]
    found = (
        gap
        for role in OnCallRole
        for gap in _gaps_of(role, [shift for shift in held if shift.role == role], at, until)
    )
    return tuple(sorted(found, key=lambda gap: (gap.starts_at, gap.role)))


def _gaps_of(role: OnCallRole, shifts: Sequence[OnCallShift], at: datetime, until: datetime) -> Iterable[Gap]:
    covered_to = at
    for shift in sorted(shifts, key=lambda shift: shift.starts_at):
        if shift.starts_at >= until:
            break
        if shift.starts_at > covered_to:
            yield Gap(role, covered_to, shift.starts_at)
        covered_to = max(covered_to, shift.ends_at)
    if covered_to < until:
        yield Gap(role, covered_to, until)


@dataclass(frozen=True, slots=True)
class Rota:
    """The on-call page: who answers now, what is to come, and what is missing."""

    now: tuple[OnCall, ...]
    shifts: Sequence[OnCallShift]
    gaps: tuple[Gap, ...]
    unreachable: tuple[Staff, ...]


def rota(center_id: UUID, at: datetime) -> Rota:
    """The shifts of a center from ``at`` on. Three statements."""
    shifts = list(coming_shifts(center_id, at))
    return Rota(
        now=who_is_on_call(center_id, at),
        shifts=shifts,
        gaps=gaps(shifts, at),
        unreachable=without_contact_point(shifts, contact_points(center_id)),
    )


def who_can_be_on_call(center_id: UUID) -> QuerySet[Staff]:
    """People whose role may answer an alert, by name."""
    roles = [role for role, held in ROLE_PERMISSIONS.items() if Permission.ACKNOWLEDGE_ALERT in held]
    people: QuerySet[Staff] = Staff.objects.filter(center_id=center_id, is_active=True, role__in=roles)
    return people.order_by("name")


def contact_points(center_id: UUID) -> QuerySet[ContactPoint]:
    """The ways of reaching people that are in use, by person."""
    return (
        ContactPoint.objects.filter(center_id=center_id, ended_at__isnull=True)
        .select_related("staff")
        .order_by("staff__name", "kind", "address")
    )


def without_contact_point(shifts: Iterable[OnCallShift], points: Iterable[ContactPoint]) -> tuple[Staff, ...]:
    """People with a shift whom no page can reach."""
    reachable = {point.staff_id for point in points}
    people = {shift.staff_id: shift.staff for shift in shifts if shift.staff_id not in reachable}
    return tuple(sorted(people.values(), key=lambda person: person.name))


def delivery_log(center_id: UUID) -> Sequence[Outbound]:
    """The last pages that were due, newest first: sent, waiting or failed, tests among them."""
    pages = Page.objects.filter(center_id=center_id).select_related("recipient")
    return list(pages.order_by("-created_at")[:LOG_LENGTH])
