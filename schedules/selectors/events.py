"""Who is in danger: the physician's board. Each list is one statement whatever the number of patients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    OuterRef,
    PositiveSmallIntegerField,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import JSONObject

from dosing_portal.kernel.models import Center
from patients.models import HandOff, ToxicityEvent, ToxicityGrading, Whereabouts
from patients.models.toxicity import UNSETTLED
from patients.models.whereabouts import Place
from protocols.rules.next_dose import NextDoseAnswer
from schedules.models import Alert, CourseStatus
from schedules.rules.dose_lock import Lock
from schedules.selectors.boards import (
    Asked,
    Drug,
    Level,
    Listed,
    OpenAlert,
    alerts_in,
    drug_of,
    level_of,
    newest_confirmation,
    open_alerts,
    paged_people,
    spec_of,
    statuses,
)
from schedules.selectors.chips import Standing, answered_suggestion, standing, unconfirmed
from schedules.selectors.decisions import (
    STANDING,
    EventLock,
    after,
    is_answered,
    is_recurrent,
    lock_of,
    newest_decision,
)
from schedules.selectors.responses import RUNNING, NextStep, next_step_due, next_step_in
from schedules.selectors.today import StatusRow, status_row

SMALL = PositiveSmallIntegerField()
MASKED_STANDS_AT = 2
"""Where a possibly masked event stands among the open ones: it has no grade and is never shown with one."""


# --- events -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event with what decides how urgent it is. A course may be missing.

    ``alerts`` are the patient's unresolved ones, those that nobody has first; ``level`` is where the first of
    them stands. ``next_step`` is the emergency action that is due next.
    """

    event: ToxicityEvent
    status: CourseStatus | None
    drug: Drug | None
    standing: Standing
    because: tuple[str, ...]
    read_at: datetime | None = None
    alerts: tuple[OpenAlert, ...] = ()
    level: Level | None = None
    next_step: NextStep | None = None
    where: str = ""
    handed_to: str = ""

    @property
    def unanswered(self) -> tuple[OpenAlert, ...]:
        return tuple(alert for alert in self.alerts if alert.unanswered)


@dataclass(frozen=True, slots=True)
class OpenEvents:
    """A page of open events, and how many of all of them wait for a physician's confirmation."""

    listed: Listed[EventRow]
    to_confirm: int


def open_events(center: Center, asked: Asked) -> OpenEvents:
    """The worst grade first, as it stands now; of equal grades those that nobody has, the oldest first."""
    holds = When(answered=F("current_grade"), confirmed_at__isnull=False, then=F("confirmed_grade"))
    masked = When(state=ToxicityEvent.State.MASKED, then=Value(MASKED_STANDS_AT, SMALL))
    unheld = Alert.objects.unanswered().filter(patient=OuterRef("patient"))
    rows = (
        _events(center)
        .filter(state__in=UNSETTLED)
        .annotate(
            # Unwell without a grade waits for a physician now: it stands where that sign would be graded.
            grade_now=Case(masked, holds, default=F("current_grade")),
            unheld=Exists(unheld),
            to_confirm=Window(Count("pk", filter=unconfirmed() & Q(state=ToxicityEvent.State.OPEN))),
        )
        .order_by("-grade_now", "-unheld", "opened_at")
    )
    found = asked.cut(rows)
    waiting = found[0].to_confirm if found else 0
    return OpenEvents(asked.listed(found, [_event_row(row) for row in found]), waiting)


def closed_events(center: Center, asked: Asked) -> Listed[EventRow]:
    """Events that are over, or were something else, the newest first."""
    found = asked.cut(_events(center).exclude(state__in=UNSETTLED).order_by("-opened_at"))
    return asked.listed(found, [_event_row(row) for row in found])


def _events(center: Center) -> QuerySet[ToxicityEvent]:
    gradings = ToxicityGrading.objects.filter(
        event=OuterRef("pk"), kind=ToxicityGrading.Kind.SUGGESTED
    ).order_by("-observation__taken_at", "-id")
    return (
        ToxicityEvent.objects.filter(center_id=center.pk)
        .select_related("patient__course_status__course", "confirmed_by", "closed_by", "look__looked_by")
        .annotate(
            answered=answered_suggestion(),
            because=Subquery(gradings.values("because")[:1]),
            read_at=Subquery(gradings.values("observation__taken_at")[:1]),
            held_alerts=open_alerts(),
            next_step=next_step_due(),
            newest_confirmation=newest_confirmation(center.pk),
            where=Subquery(_places().values(json=JSONObject(place="place", facility="facility"))[:1]),
            handed_to=Subquery(_handed_to()[:1]),
        )
    )


def _places() -> QuerySet[Whereabouts]:
    """Where the patient is, as it was said last."""
    return Whereabouts.objects.filter(patient=OuterRef("patient")).order_by("-since", "-recorded_at")


def _handed_to() -> QuerySet[HandOff, str]:
    """To whom the newest hand-off went, empty once accepted. Refused, she is still ours."""
    still_ours = Case(When(accepted_at__isnull=True, then=F("to_whom")), default=Value(""))
    rows = HandOff.objects.filter(patient=OuterRef("patient")).order_by("-given_at")
    return rows.values_list(still_ours, flat=True)


def _event_row(row: Any) -> EventRow:
    status = getattr(row.patient, "course_status", None)
    alerts = alerts_in(row.held_alerts)
    version_id = status.course.protocol_version_id if status else alerts[0].version_id if alerts else None
    spec = None if version_id is None else spec_of(version_id, row)
    held = standing(row, row.answered)
    foremost = alerts[0] if alerts and alerts[0].unanswered else None
    masked = row.state == ToxicityEvent.State.MASKED
    return EventRow(
        event=row,
        status=status,
        drug=drug_of(status.course, spec) if status else None,
        standing=held,
        because=(row.suspected_because,) if masked else tuple(row.because or ()),
        read_at=row.read_at,
        alerts=alerts,
        level=level_of(foremost, spec_of(foremost.version_id, row)) if foremost else None,
        next_step=next_step_in(row.next_step) if row.state in RUNNING else None,
        where=_where(row.where),
        handed_to=row.handed_to or "",
    )


def _where(found: dict[str, str] | None) -> str:
    """Ward 6 North; the kind of place where no name was given."""
    return (found["facility"] or str(Place(found["place"]).label)) if found else ""


# --- alerts that nobody has -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unanswered:
    """One alert that nobody has, with the level it has reached."""

    alert: Alert
    level: Level


def unanswered(center: Center, asked: Asked) -> Listed[Unanswered]:
    """Every alert that nobody has, of whatever patient, the worst and oldest first."""
    rows = (
        Alert.objects.unanswered()
        .filter(center_id=center.pk)
        .select_related("patient", "check_missed")
        .annotate(paged=paged_people(), newest_confirmation=newest_confirmation(center.pk))
        .order_by("-severity", "clock_from", "pk")
    )
    found = asked.cut(rows)
    return asked.listed(found, [_unanswered(row) for row in found])


def _unanswered(row: Any) -> Unanswered:
    return Unanswered(row, level_of(row, spec_of(row.protocol_version_id, row), row.paged))


# --- next-dose decisions ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Decision:
    """What the record asks of the next dose after one event since the last dose, and what locks it."""

    event: ToxicityEvent
    status: CourseStatus
    drug: Drug
    answer: NextDoseAnswer
    lock: EventLock

    @property
    def locked(self) -> bool:
        """Whatever the record says, nothing is given while the event is not resolved."""
        return self.lock.lock is Lock.UNRESOLVED


def decisions(center: Center, asked: Asked) -> Listed[Decision]:
    """Running courses with an event since their last dose that waits for a decision, the worst first."""
    own = Q(patient__course_status__running=True, patient__course_status__next_dose__isnull=False)
    since_dose = Q(opened_at__gte=F("patient__course_status__last_dose_at"))
    rows = (
        ToxicityEvent.objects.filter(own, since_dose | Q(state=ToxicityEvent.State.OPEN), state__in=STANDING)
        .filter(center_id=center.pk)
        .select_related("patient__course_status__course")
        .annotate(
            recurrent=is_recurrent(),
            decision=newest_decision(),
            newest_confirmation=newest_confirmation(center.pk),
        )
        .filter(~is_answered())
        .order_by("-max_grade", "opened_at")
    )
    found = asked.cut(rows)
    return asked.listed(found, [_decision(row) for row in found])


def earlier_events() -> Subquery:
    """How many events of the same toxicity counted before this one; an annotation."""
    earlier = ToxicityEvent.objects.filter(
        patient=OuterRef("patient"),
        toxicity=OuterRef("toxicity"),
        opened_at__lt=OuterRef("opened_at"),
        state__in=STANDING,
    )
    return Subquery(earlier.order_by().values("patient").annotate(n=Count("pk")).values("n"))


def _decision(row: Any) -> Decision:
    status = row.patient.course_status
    spec = spec_of(status.course.protocol_version_id, row)
    answer = after(row, recurrent=row.recurrent, spec=spec)
    return Decision(row, status, drug_of(status.course, spec), answer, lock_of(row))


# --- everyone who is watched ------------------------------------------------------------------------------


def in_window(center: Center, at: datetime, asked: Asked) -> Listed[StatusRow]:
    """Everyone whose monitoring window is open, the worst grade first, then the window that ends first."""
    rows = statuses(center.pk).filter(window_ends_at__gt=at).order_by("-worst_grade", "window_ends_at", "pk")
    found = asked.cut(rows)
    return asked.listed(found, [status_row(row) for row in found])
