"""The audit trail of a center, newest first, fifty lines a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from dosing_portal.kernel.models import AuditEntry, Staff
from patients.models import Patient

PAGE = 50
ABSENT = ""
SUBJECTS = (
    "alert",
    "arrival",
    "block",
    "call",
    "center",
    "check",
    "closed_day",
    "contact_point",
    "course",
    "dose",
    "event",
    "hand_off",
    "handwriting",
    "intervention",
    "laboratory",
    "patient",
    "protocol",
    "reading",
    "shift",
    "staff",
    "step",
    "stock",
    "treatment",
    "visit",
    "vitals",
    "whereabouts",
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader of the trail looks for. Everything left out matches."""

    patient_id: UUID | None = None
    staff_id: UUID | None = None
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one change."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as it is read: who, when, what, of which patient, from what to what."""

    entry: AuditEntry
    patient: Patient | None
    changes: tuple[Change, ...]

    @property
    def action_label(self) -> str:
        return self.entry.action.replace(".", ": ").replace("_", " ")


@dataclass(frozen=True, slots=True)
class AuditPage:
    lines: tuple[Line, ...]
    older_than: int | None  # the entry that the next page starts behind; None on the last page


def audit_page(center_id: UUID, filters: Filters, *, older_than: int | None = None) -> AuditPage:
    """One page of the trail, in two statements whatever its length: a page starts behind an entry."""
    entries = _matching(center_id, filters)
    if older_than is not None:
        entries = entries.filter(pk__lt=older_than)
    found = list(entries.select_related("by").order_by("-pk")[: PAGE + 1])
    shown = found[:PAGE]
    patients = Patient.objects.filter(center_id=center_id).in_bulk([entry.patient_id for entry in shown])
    lines = tuple(
        Line(entry, patients.get(entry.patient_id), changes(entry.before, entry.after)) for entry in shown
    )
    return AuditPage(lines, shown[-1].pk if len(found) > PAGE else None)


def _matching(center_id: UUID, filters: Filters) -> QuerySet[AuditEntry]:
    wanted = {
        "patient_id": filters.patient_id,
        "by_id": filters.staff_id,
        "action__startswith": filters.action or None,
        "at__gte": filters.since,
        "at__lt": filters.until,
    }
    return AuditEntry.objects.filter(
        center_id=center_id, **{name: value for name, value in wanted.items() if value is not None}
    )


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Each field that stands on either side, in the order in which it was recorded."""
    names = list(dict.fromkeys([*before, *after]))
    return tuple(
        Change(name.replace("_", " "), _text(before.get(name)), _text(after.get(name))) for name in names
    )


def _text(value: Any) -> str:
    match value:
        case None:
            return ABSENT
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_text(item) for item in value)
        case dict():
            return ", ".join(f"{name}: {_text(item)}" for name, item in value.items())
        case _:
            return str(value)


def everybody(center_id: UUID) -> QuerySet[Staff]:
    """Everyone who may stand in the trail of a center, the portal itself among them."""
    people: QuerySet[Staff] = Staff.objects.filter(center_id=center_id)
    return people.order_by("name")


def patient_with_mrn(center_id: UUID, mrn: str) -> Patient | None:
    """The center's patient of this MRN, however it is spelt."""
    return Patient.objects.filter(center_id=center_id, mrn__iexact=mrn).first()
