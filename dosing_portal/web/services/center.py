"""What a center says of itself, and the days on which it gives no doses."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Center, ClosedDay, Staff
from dosing_portal.web.services.refusal import Refused


@dataclass(frozen=True, slots=True)
class CenterFacts:
    """The settings that an administrator may change."""

    name: str
    time_zone: str
    temperature_unit: str
    weight_unit: str
    clinic_days: tuple[int, ...]
    phone: str
    emergency_site: str
    emergency_phone: str


def facts(center: Center) -> CenterFacts:
    """The settings as they stand."""
    return CenterFacts(
        name=center.name,
        time_zone=center.time_zone,
        temperature_unit=center.temperature_unit,
        weight_unit=center.weight_unit,
        clinic_days=tuple(center.clinic_days),
        phone=center.phone,
        emergency_site=center.emergency_site,
        emergency_phone=center.emergency_phone,
    )


@transaction.atomic
def change(*, wanted: CenterFacts, by: Staff, at: datetime) -> Center:
    """Change the settings of the center of ``by``. What is stored in UTC stays; only its reading changes."""
    center = Center.objects.select_for_update().get(pk=by.center_id)
    before, after = asdict(facts(center)), asdict(wanted)
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        return center
    for name in changed:
        setattr(center, name, list(after[name]) if name == "clinic_days" else after[name])
    center.save(update_fields=changed)
    audit.record(
        "center.change",
        center,
        by=by,
        at=at,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    return center


@transaction.atomic
def close_day(*, day: date, reason: str, by: Staff, at: datetime) -> ClosedDay:
    """Mark a day without doses. Raises ``Refused`` when it is marked already."""
    try:
        with transaction.atomic():
            closed = ClosedDay.objects.create(center_id=by.center_id, day=day, reason=reason)
    except IntegrityError as error:
        raise Refused("day", "This day is marked as closed already.") from error
    audit.record("closed_day.add", closed, by=by, at=at, after={"day": day, "reason": reason})
    return closed


@transaction.atomic
def open_day(*, closed_day_id: int, by: Staff, at: datetime) -> None:
    """Give doses on a day again. Raises ``ClosedDay.DoesNotExist``."""
    closed = ClosedDay.objects.select_for_update().get(pk=closed_day_id, center_id=by.center_id)
    before = {"day": closed.day, "reason": closed.reason}
    audit.record("closed_day.remove", closed, by=by, at=at, before=before)
    closed.delete()
