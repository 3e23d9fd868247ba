"""The neurologic record of one patient: ICE tests with their baseline, and when the next one is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Subquery

from patients.models import Observation
from protocols.rules.values import IceScore
from schedules.models import ResponseStep
from schedules.selectors.chips import Chip
from schedules.selectors.heads import Head
from schedules.selectors.vitals import icans_chip, with_suggestions

LAST = 6
"""ICE tests shown beside the form."""


@dataclass(frozen=True, slots=True)
class PastTest:
    """A stored ICE test and what the rules said of it."""

    row: Observation
    test: IceScore
    icans: Chip | None


@dataclass(frozen=True, slots=True)
class IceRecord:
    """The newest tests, how many there were in all, and the one before the first dose."""

    last: tuple[PastTest, ...]
    count: int
    baseline: Observation | None


@dataclass(frozen=True, slots=True)
class NextTest:
    """When the next test is due, and what asks for it; ``at`` is ``None`` where nothing does."""

    at: datetime | None
    asked_by: str
    source: str = ""


def ice_record(patient_id: UUID, newest: int = LAST) -> IceRecord:
    """One statement, however long the record is."""
    rows = _tests(patient_id)
    lately = rows.order_by("-taken_at", "-recorded_at").values("pk")[:newest]
    in_all = rows.order_by().values("patient").annotate(tests=Count("pk")).values("tests")
    found: list[Any] = list(
        with_suggestions(rows.filter(Q(is_baseline=True) | Q(pk__in=lately)))
        .annotate(in_all=Subquery(in_all))
        .select_related("recorded_by")
        .order_by("-taken_at", "-recorded_at")
    )
    return IceRecord(
        last=tuple(_past(row) for row in found[:newest]),
        count=found[0].in_all if found else 0,
        baseline=next((row for row in found if row.is_baseline and row.ice_score() is not None), None),
    )


def _tests(patient_id: UUID) -> QuerySet[Observation]:
    tested = Q(ice_total__isnull=False)
    for item in IceScore.ITEMS:
        tested |= Q(**{f"ice_{item}__isnull": False})
    return Observation.objects.current().filter(tested, patient_id=patient_id)


def _past(row: Any) -> PastTest:
    return PastTest(row, row.ice(), icans_chip(row))


def next_test(head: Head) -> NextTest:
    """The turn of the running emergency checklist that asks for ICE, else the next planned check."""
    steps = ResponseStep.objects.filter(
        patient_id=head.patient.pk,
        state=ResponseStep.State.OPEN,
        kind="repeating",
        do__contains="ICE",
        due_at__isnull=False,
    )
    step = steps.order_by("due_at").first()
    if step is not None:
        return NextTest(step.due_at, step.do, step.source)
    due = head.status.next_check_due_at if head.status else None
    return NextTest(due, "the planned check" if due else "")
