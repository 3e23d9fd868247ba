"""Find a patient: the list by name or MRN, on the row grid of Today."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.permissions import Permission, may, require
from dosing_portal.kernel.templatetags.clinical import age, distance, hhmm
from schedules.models import CourseStatus
from schedules.selectors import patients as selectors
from schedules.selectors.boards import Asked, Drug
from schedules.selectors.patients import FoundPatient
from schedules.views import rows
from schedules.views.panels import Empty, Link, Panel, page_asked
from schedules.views.rows import Button, Due, Row

LONGEST_SEARCH = 100


@require(Permission.VIEW_PATIENT)
@require_safe
def found(request: StaffRequest) -> HttpResponse:
    at, words = clock.now(), request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    listed = selectors.found(request.user, words, Asked(max(page_asked(request), 1)))
    panel = Panel(
        id="patients",
        title="Found" if words else "All patients",
        rows=tuple(_row(row, request.user, at) for row in listed.rows),
        count=listed.total,
        aside="by name",
        empty=_empty(request, words),
        page=listed.page,
        pager=tuple(_pager(words, listed.page, listed.pages)),
    )
    context = {"panel": panel, "words": words, "may_register": may(request.user, Permission.REGISTER_PATIENT)}
    return render(request, "schedules/patient_list.html", context)


def _empty(request: StaffRequest, words: str) -> Empty:
    new = reverse("patients:patient-new") if may(request.user, Permission.REGISTER_PATIENT) else ""
    action = "Register a patient" if new else ""
    if not words:
        return Empty("No patient is registered yet.", "The first one stands here.", url=new, action=action)
    hint = "Names and MRN are compared from their first letter."
    return Empty(f"Nobody is found for “{words}”.", hint, url=new, action=action)


def _pager(words: str, page: int, pages: int) -> list[Link]:
    around = ((page - 1, "Page before"), (page + 1, "Next page"))
    query = {"q": words} if words else {}
    return [Link(f"?{urlencode({**query, 'page': to})}", text) for to, text in around if 1 <= to <= pages]


def _row(row: FoundPatient, staff: Staff, at: datetime) -> Row:
    patient, status = row.patient, row.status
    if status is None or row.spec is None:
        return _without_course(row, staff, at)
    watched = status.in_force(at)
    shown = rows.graded(status, row.answered, at)
    return Row(
        id=str(patient.pk),
        name=str(patient),
        url=rows.patient_url(patient.pk),
        about=rows.about(patient, staff.center, at),
        drug=row.drug or Drug("no course", ""),
        step=rows.step_of(status) if watched else "course ended",
        since=rows.since_dose(status, at) if watched else "",
        vitals=rows.vitals_of(status, row.spec, staff.center, at),
        chip=shown.chip,
        qualifier=shown.words,
        status=shown.status,
        status_note=shown.note,
        doing=_button(row, staff),
        when=_next_check(status, at) if watched else Due("no check planned"),
    )


def _without_course(row: FoundPatient, staff: Staff, at: datetime) -> Row:
    plan = reverse("schedules:course-new", args=[row.patient.pk])
    can_plan = may(staff, Permission.PLAN_COURSE)
    return Row(
        id=str(row.patient.pk),
        name=str(row.patient),
        url=rows.patient_url(row.patient.pk),
        about=rows.about(row.patient, staff.center, at),
        drug=Drug("no course", ""),
        step="none is planned yet",
        vitals=None,
        chip=None,
        doing=Button("Plan a course", plan) if can_plan else Button("Open", rows.patient_url(row.patient.pk)),
        when=Due("no check planned"),
    )


def _button(row: FoundPatient, staff: Staff) -> Button:
    if may(staff, Permission.LOG_VITALS):
        return Button("Log vitals", reverse("schedules:vitals-new", args=[row.patient.pk]))
    return Button("Open", rows.patient_url(row.patient.pk))


def _next_check(status: CourseStatus, at: datetime) -> Due:
    due = status.next_check_due_at
    if due is None:
        return Due("no check planned")
    if due < at:
        return Due(f"Check overdue: {age(due, at)}", f"due {hhmm(due)}", "late")
    return Due(hhmm(due), distance(due, at))
