"""What every board shares: a page of rows with the total, the drug of a course, the level of an alert."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, QuerySet, Subquery, Window
from django.db.models.functions import JSONObject

from protocols import selectors as protocols
from protocols.models import BlockConfirmation
from protocols.rules.spec import EscalationLadder, ProtocolSpec
from schedules.models import Alert, CourseStatus, Page, TreatmentCourse
from schedules.models.oncall import OnCallRole
from schedules.selectors.chips import answered_suggestion

SIZE = 50
"""Rows of one page of a list."""

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """One page of a list, and how many rows the whole list has."""

    rows: tuple[Row, ...]
    total: int
    page: int = 1
    size: int = SIZE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page of a list, and how many rows of it."""

    page: int = 1
    size: int = SIZE

    def cut(self, rows: QuerySet[Any]) -> list[Any]:
        """The rows asked for, each knowing the total: one statement."""
        start = (self.page - 1) * self.size
        return list(rows.annotate(total=Window(Count("*")))[start : start + self.size])

    def listed(self, found: list[Any], rows: Iterable[Row]) -> Listed[Row]:
        return Listed(tuple(rows), found[0].total if found else 0, self.page, self.size)


@dataclass(frozen=True, slots=True)
class Drug:
    """Generic first, brand second."""

    generic: str
    brand: str


def drug_of(course: TreatmentCourse, spec: ProtocolSpec | None) -> Drug:
    """What the course gives; a version that cannot be read falls back to the course's own words."""
    if spec is None or spec.regimen is None:
        return Drug(course.regimen, "")
    return Drug(spec.regimen.product.generic, spec.regimen.product.brand)


def newest_confirmation(center_id: UUID | OuterRef) -> Subquery:
    """The annotation that lets ``protocols.spec`` answer from memory."""
    confirmations = BlockConfirmation.objects.filter(center=center_id).order_by("-id")
    return Subquery(confirmations.values("id")[:1])


def spec_of(version_id: UUID, row: Any) -> ProtocolSpec:
    """The specification of a row that carries ``newest_confirmation``."""
    return protocols.spec(version_id, row.newest_confirmation or 0)


def statuses(center_id: UUID) -> QuerySet[CourseStatus]:
    """The newest course of each patient of a center, ended or not: each list asks what it waits for."""
    return (
        CourseStatus.objects.filter(center_id=center_id)
        .select_related("patient", "course", "next_dose", "open_event__confirmed_by")
        .annotate(
            answered=answered_suggestion("open_event"),
            newest_confirmation=newest_confirmation(center_id),
        )
    )


# --- alerts -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert that nobody has resolved, as a list shows it; the fields are those of ``Alert``."""

    id: UUID
    kind: str
    state: str
    rung: int
    clock_from: datetime
    next_escalation_at: datetime | None
    version_id: UUID
    holder: str

    @property
    def label(self) -> str:
        return Alert.Kind(self.kind).label

    @property
    def unanswered(self) -> bool:
        return self.state == Alert.State.OPEN


def open_alerts(patient: str = "patient") -> ArraySubquery:
    """Every unresolved alert of the patient, those that nobody has first, then the worst; an annotation."""
    rows = Alert.objects.unresolved().filter(patient=OuterRef(patient))
    facts = JSONObject(
        id="id",
        kind="kind",
        state="state",
        rung="rung",
        clock_from="clock_from",
        next_at="next_escalation_at",
        version="protocol_version_id",
        holder="acknowledged_by__name",
    )
    return ArraySubquery(rows.order_by("-state", "-severity", "raised_at").values(json=facts))


def alerts_in(found: Iterable[dict[str, Any]]) -> tuple[OpenAlert, ...]:
    """What ``open_alerts`` found."""
    return tuple(
        OpenAlert(
            id=UUID(item["id"]),
            kind=item["kind"],
            state=item["state"],
            rung=item["rung"],
            clock_from=datetime.fromisoformat(item["clock_from"]),
            next_escalation_at=datetime.fromisoformat(item["next_at"]) if item["next_at"] else None,
            version_id=UUID(item["version"]),
            holder=item["holder"] or "",
        )
        for item in found
    )


def paged_people() -> ArraySubquery:
    """Who was paged at the level where an alert stands; an annotation."""
    pages = Page.objects.filter(
        alert=OuterRef("pk"), rung=OuterRef("rung"), created_at__gte=OuterRef("raised_at")
    )
    return ArraySubquery(pages.order_by("recipient__name").values("recipient__name").distinct())


@dataclass(frozen=True, slots=True)
class Level:
    """Where an alert stands on its call tree, and what comes when."""

    number: int
    of: int
    role: str
    next_role: str
    next_at: datetime | None
    paged: tuple[str, ...]


def ladder_of(kind: str, spec: ProtocolSpec) -> EscalationLadder:
    """The call tree of an alert of this kind."""
    return spec.center.missed_check_ladder if kind == Alert.Kind.MISSED_CHECK else spec.center.ladder


def level_of(alert: Alert | OpenAlert, spec: ProtocolSpec, paged: Iterable[str] = ()) -> Level:
    """The level an alert has reached. Above the last one the last one is paged again."""
    rungs = ladder_of(alert.kind, spec).rungs
    here, last = min(alert.rung, len(rungs) - 1), len(rungs) - 1
    return Level(
        number=here + 1,
        of=len(rungs),
        role=OnCallRole(rungs[here].role).label,
        next_role=OnCallRole(rungs[min(here + 1, last)].role).label,
        next_at=alert.next_escalation_at,
        paged=tuple(paged),
    )
