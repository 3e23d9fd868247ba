"""Who needs me: the four lists of Today, each in one statement whatever the number of patients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
    Window,
)
from django.db.models.functions import Concat, TruncHour, Upper

from dosing_portal.kernel.models import Center
from protocols.rules import stepup
from protocols.rules.regimen import DoseUnit
from protocols.rules.spec import ProtocolSpec
from protocols.rules.window import days_between
from schedules.models import Alert, CourseStatus, MonitoringCheck, OnCallShift
from schedules.models.oncall import OnCallRole
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
from schedules.selectors.chips import answered_suggestion
from schedules.selectors.next_dose_facts import newest_weight
from schedules.selectors.objections import WEIGHT_TOO_OLD, window_title
from schedules.selectors.plans import regimen_of

HOURS_AHEAD = timedelta(hours=24)
WORST_GRADE = F("patient__course_status__worst_grade")
NAMED = 6
"""Patients named one by one in the next hours; the rest are counted."""


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One course on a board; it has perhaps ended, with its watch still on."""

    status: CourseStatus
    drug: Drug
    spec: ProtocolSpec
    answered: int | None


@dataclass(frozen=True, slots=True)
class DoseRow(StatusRow):
    """A dose of today: ``against`` is what the clock has against it, beside the blockers of its row."""

    against: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActNow:
    """One patient with an alert that nobody has, or with an overdue check. A course may be missing."""

    alert: Alert
    also: tuple[OpenAlert, ...]
    level: Level
    status: CourseStatus | None
    drug: Drug | None
    spec: ProtocolSpec
    answered: int | None


def act_now(center: Center, asked: Asked) -> Listed[ActNow]:
    """Patients whom somebody must see to now, one row each: unheld first, then worst, then oldest."""
    waiting = Alert.objects.unresolved().filter(
        Q(state=Alert.State.OPEN) | Q(kind=Alert.Kind.MISSED_CHECK), center_id=center.pk
    )
    foremost = waiting.order_by("patient_id", "-state", "-severity", "raised_at").distinct("patient_id")
    rows = (
        Alert.objects.filter(pk__in=foremost.values("pk"))
        .select_related(
            "patient__course_status__course",
            "patient__course_status__open_event__confirmed_by",
            "check_missed",
            "acknowledged_by",
        )
        .annotate(
            unresolved=open_alerts(),
            paged=paged_people(),
            answered=answered_suggestion("patient__course_status__open_event"),
            newest_confirmation=newest_confirmation(center.pk),
        )
        .order_by("-state", "-severity", WORST_GRADE.desc(nulls_last=True), "raised_at")
    )
    found = asked.cut(rows)
    return asked.listed(found, [_act_now(row) for row in found])


def _act_now(row: Any) -> ActNow:
    status = getattr(row.patient, "course_status", None)
    spec = spec_of(status.course.protocol_version_id if status else row.protocol_version_id, row)
    return ActNow(
        alert=row,
        also=tuple(other for other in alerts_in(row.unresolved) if other.id != row.pk and other.unanswered),
        level=level_of(row, spec_of(row.protocol_version_id, row), row.paged),
        status=status,
        drug=drug_of(status.course, spec) if status else None,
        spec=spec,
        answered=row.answered,
    )


def doses_today(center: Center, at: datetime, asked: Asked) -> Listed[DoseRow]:
    """Doses planned for today or still waiting from before, then those given today."""
    today = center.local(at).date()
    rows = (
        statuses(center.pk)
        .filter(Q(next_dose_on__lte=today) | Q(last_dose_at__gte=_midnight(center, at)))
        .annotate(weighed_on=newest_weight("measured_on"))
        .order_by(F("next_dose_on").asc(nulls_last=True), "patient__family_name", "pk")
    )
    found = asked.cut(rows)
    return asked.listed(found, [_dose_row(row, center, at) for row in found])


def _dose_row(row: Any, center: Center, at: datetime) -> DoseRow:
    spec = spec_of(row.course.protocol_version_id, row)
    against = tuple(_against(row, spec, center, at)) if row.next_dose is not None else ()
    return DoseRow(row, drug_of(row.course, spec), spec, row.answered, against)


def _against(row: Any, spec: ProtocolSpec, center: Center, at: datetime) -> Iterator[str]:
    """What today's date has against the next dose, in the words of its readiness list."""
    regimen, schedule = regimen_of(spec)
    planned = row.next_dose.dose
    if row.last_dose and row.last_dose_at < at:
        since = days_between(row.last_dose_at, at, center.zone)
        title = window_title(
            stepup.restart(regimen, schedule, row.last_dose, since, planned_dose=planned), planned
        )
        yield from [title] if title else []
    by_weight = schedule.dose(planned).amount.unit is DoseUnit.MG_PER_KG
    oldest = center.local(at).date() - timedelta(days=spec.center.dose_rules.weight_max_age_days)
    if by_weight and row.weighed_on is not None and row.weighed_on < oldest:
        yield WEIGHT_TOO_OLD


def checks_due(center: Center, asked: Asked) -> Listed[StatusRow]:
    """The next check of each patient who is watched, soonest first. Missed ones stand under Act now."""
    missed = Alert.objects.unresolved().filter(
        kind=Alert.Kind.MISSED_CHECK,
        patient=OuterRef("patient"),
        check_missed__due_at=OuterRef("next_check_due_at"),
    )
    rows = statuses(center.pk).filter(~Exists(missed), next_check_due_at__isnull=False)
    return _listed(asked, rows.order_by("next_check_due_at", "pk"))


def _listed(asked: Asked, rows: QuerySet[CourseStatus]) -> Listed[StatusRow]:
    found = asked.cut(rows)
    return asked.listed(found, [status_row(row) for row in found])


def status_row(row: Any) -> StatusRow:
    spec = spec_of(row.course.protocol_version_id, row)
    return StatusRow(row, drug_of(row.course, spec), spec, row.answered)


# --- the next 24 hours ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Coming:
    """Something that will happen: ``what`` is window, dose, check or shift; ``number`` how many in all."""

    what: str
    at: datetime
    words: str
    number: int


def next_24_hours(center: Center, at: datetime) -> tuple[Coming, ...]:
    """Windows that end, doses of tomorrow, checks by the hour and changes of call, soonest first."""
    until = at + HOURS_AHEAD
    rows = _windows(center.pk, at, until).union(
        _doses(center, at), _checks(center.pk, at, until), _shifts(center.pk, at, until), all=True
    )
    return tuple(sorted((Coming(*row) for row in rows), key=lambda coming: (coming.at, coming.what)))


def _text(words: str) -> Value:
    return Value(words, output_field=CharField())


def _name(patient: str) -> Concat:
    family, given = Upper(f"{patient}__family_name"), F(f"{patient}__given_name")
    return Concat(family, _text(", "), given, output_field=CharField())


def _windows(center_id: UUID, at: datetime, until: datetime) -> QuerySet[Any]:
    ending = CourseStatus.objects.filter(
        center_id=center_id, window_ends_at__gt=at, window_ends_at__lte=until
    )
    return ending.order_by("window_ends_at").values_list(
        _text("window"), "window_ends_at", _name("patient"), Window(Count("*"))
    )[:NAMED]


def _doses(center: Center, at: datetime) -> QuerySet[Any]:
    midnight = _midnight(center, at) + timedelta(days=1)
    planned = CourseStatus.objects.filter(center_id=center.pk, running=True, next_dose_on=midnight.date())
    return planned.order_by("patient__family_name").values_list(
        _text("dose"),
        Value(midnight, output_field=DateTimeField()),
        Concat(_name("patient"), _text(": "), F("next_dose_label"), output_field=CharField()),
        Window(Count("*")),
    )[:NAMED]


def _checks(center_id: UUID, at: datetime, until: datetime) -> QuerySet[Any]:
    open_checks = MonitoringCheck.objects.filter(
        center_id=center_id, state=MonitoringCheck.State.OPEN, due_at__gt=at, due_at__lte=until
    )
    # In UTC: what is cut off in another zone has none any more, and a union would take it for UTC.
    hours = open_checks.annotate(hour=TruncHour("due_at", tzinfo=UTC)).order_by("hour")
    counted = hours.values("hour").annotate(number=Count("*"))
    return counted.values_list(_text("check"), "hour", _text(""), "number")


def _shifts(center_id: UUID, at: datetime, until: datetime) -> QuerySet[Any]:
    starting = OnCallShift.objects.filter(
        center_id=center_id, cancelled_at__isnull=True, starts_at__gt=at, starts_at__lte=until
    )
    role = Case(*(When(role=role.value, then=_text(role.label)) for role in OnCallRole))
    words = Concat(role, _text(": "), F("staff__name"), output_field=CharField())
    return starting.order_by("starts_at").values_list(_text("shift"), "starts_at", words, Value(1))


def _midnight(center: Center, at: datetime) -> datetime:
    return center.local(at).replace(hour=0, minute=0, second=0, microsecond=0)
