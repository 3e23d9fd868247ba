"""Who can be reached now, level by level of the call tree: one statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F

from schedules.models import OnCallShift


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person over one channel."""

    staff_id: UUID
    name: str
    kind: str
    address: str


def recipients(center_id: UUID, at: datetime) -> Mapping[str, Sequence[Recipient]]:
    """On-call role to the ways of reaching its people. A person without a contact point cannot be reached."""
    rows = (
        OnCallShift.objects.covering(at)
        .filter(
            center_id=center_id,
            staff__is_active=True,
            staff__contact_points__ended_at__isnull=True,
            staff__contact_points__isnull=False,
        )
        .annotate(kind=F("staff__contact_points__kind"), address=F("staff__contact_points__address"))
        .order_by("starts_at", "kind")
        .values_list("role", "staff_id", "staff__name", "kind", "address")
    )
    by_role: dict[str, list[Recipient]] = defaultdict(list)
    for role, staff_id, name, kind, address in rows:
        by_role[role].append(Recipient(staff_id, name, kind, address))
    return by_role
