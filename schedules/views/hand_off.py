"""The hand-off sheet: on the screen, and as one page of paper."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.permissions import Permission, require
from schedules import documents
from schedules.documents import Paper
from schedules.selectors import hand_off as selectors
from schedules.selectors.hand_off import SheetFacts
from schedules.services import hand_off_sheet
from schedules.views.around import around
from schedules.views.hand_off_words import sheet_words


@require(Permission.VIEW_PATIENT)
@require_safe
def of_event(request: StaffRequest, event_id: UUID) -> HttpResponse:
    return _page(request, selectors.patient_of_event(request.user, event_id), event_id)


@require(Permission.VIEW_PATIENT)
@require_safe
def of_patient(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Also for a patient without an event."""
    return _page(request, patient_id, None)


@require(Permission.VIEW_PATIENT)
@require_safe
def pdf_of_event(request: StaffRequest, event_id: UUID) -> HttpResponse:
    return _pdf(request, selectors.patient_of_event(request.user, event_id), event_id)


@require(Permission.VIEW_PATIENT)
@require_safe
def pdf_of_patient(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    return _pdf(request, patient_id, None)


def _page(request: StaffRequest, patient_id: UUID, event_id: UUID | None) -> HttpResponse:
    at = clock.now()
    found = selectors.sheet_facts(request.user, patient_id, at, event_id)
    name, asked = ("event", event_id) if event_id else ("patient", patient_id)
    context = {
        **around(request, found.head, "Where"),
        "sheet": sheet_words(found, request.user, at),
        "pdf_url": reverse(f"schedules:{name}-hand-off-pdf", args=[asked]),
        "back_url": reverse(f"schedules:{name}", args=[asked]),
    }
    _audited(request, found, hand_off_sheet.READ, at)
    return render(request, "schedules/hand_off.html", context)


def _pdf(request: StaffRequest, patient_id: UUID, event_id: UUID | None) -> HttpResponse:
    """Letter, or A4 where it is asked for."""
    at = clock.now()
    found = selectors.sheet_facts(request.user, patient_id, at, event_id)
    paper = Paper.A4 if request.GET.get("paper") == "a4" else Paper.LETTER
    made = documents.hand_off_pdf(sheet_words(found, request.user, at).plain(), paper=paper)
    _audited(request, found, hand_off_sheet.PRINTED, at)
    # No name in the file's name: it stays behind in a download folder.
    headers = {"Content-Disposition": 'inline; filename="hand-off.pdf"', "Cache-Control": "no-store"}
    return HttpResponse(made, content_type="application/pdf", headers=headers)


def _audited(request: StaffRequest, found: SheetFacts, how: str, at: datetime) -> None:
    hand_off_sheet.taken(patient=found.head.patient, how=how, by=request.user, at=at)
