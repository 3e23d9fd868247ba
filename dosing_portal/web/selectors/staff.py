"""The people of a center."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from dosing_portal.kernel.models import ClosedDay, Staff


def colleagues(center_id: UUID) -> QuerySet[Staff]:
    """Everybody who has or had an account, those who can sign in first."""
    people: QuerySet[Staff] = Staff.objects.people().filter(center_id=center_id)
    return people.order_by("-is_active", "name")


def colleague(center_id: UUID, staff_id: UUID) -> Staff | None:
    """One person of the center; nobody of another one, and never the portal itself."""
    return colleagues(center_id).filter(pk=staff_id).first()


def closed_days(center_id: UUID) -> QuerySet[ClosedDay]:
    """Days without doses, by date."""
    return ClosedDay.objects.filter(center_id=center_id).order_by("day")
