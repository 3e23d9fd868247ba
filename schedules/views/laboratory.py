"""Laboratory results of a patient: the list, new ones, and a correction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.permissions import Permission, may, require
from dosing_portal.kernel.templatetags.clinical import quantity
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import LabResult
from schedules.forms.laboratory import COUNTED, LabAmendForm, LabForm, name_and_unit
from schedules.selectors import laboratory as selectors
from schedules.selectors import vitals
from schedules.selectors.heads import Head, head_for
from schedules.services import laboratory
from schedules.views.around import around

REFUSED = 422
FIELD_OF_FACT = {"taken_at": "taken_time"}
PAGE = "schedules/laboratory.html"


@dataclass(frozen=True, slots=True)
class Line:
    """One result of the list."""

    row: LabResult
    name: str
    words: str
    newer: bool


@require(Permission.RECORD_LABORATORY)
@require_http_methods(["GET", "POST"])
def results(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    at = clock.now()
    head = head_for(request.user, patient_id, at)
    form = LabForm(request.POST or None, **_about(request, head, at))
    if form.is_valid() and _saved(form, lambda: _record(form, patient_id, request, at)):
        messages.success(request, "The results are recorded.", extra_tags="done")
        return HttpResponseRedirect(reverse("schedules:laboratory", args=[patient_id]))
    return _page(request, head, form)


@require(Permission.RECORD_LABORATORY)
@require_http_methods(["GET", "POST"])
def amend(request: StaffRequest, patient_id: UUID, result_id: UUID) -> HttpResponse:
    at = clock.now()
    head = head_for(request.user, patient_id, at)
    row = selectors.result_for(request.user, patient_id, result_id)
    form = LabAmendForm(
        request.POST or None,
        analytes=(row.analyte,),
        initial=_as_stored(request, row),
        **_about(request, head, at),
    )
    if form.is_valid() and _saved(form, lambda: _amend(form, row, request, at)):
        messages.success(request, "The correction is recorded.", extra_tags="done")
        return HttpResponseRedirect(reverse("schedules:laboratory", args=[patient_id]))
    return _page(request, head, form, before=row)


def _record(form: LabForm, patient_id: UUID, request: StaffRequest, at: datetime) -> object:
    return laboratory.record(
        patient_id=patient_id,
        values=form.values(),
        taken_at=form.taken_at,
        client_key=form.key,
        by=request.user,
        at=at,
    )


def _amend(form: LabAmendForm, row: LabResult, request: StaffRequest, at: datetime) -> object:
    return laboratory.amend(
        result_id=row.pk,
        value=form.values()[row.analyte],
        taken_at=form.taken_at,
        reason=form.cleaned_data["amend_reason"],
        client_key=form.key,
        by=request.user,
        at=at,
    )


def _saved(form: LabForm, save: Callable[[], object]) -> bool:
    """Saved now, or by an earlier send of the same form; a refusal stands beside its field."""
    try:
        save()
    except AlreadyRecorded:
        return True
    except FactRefused as refused:
        name = FIELD_OF_FACT.get(refused.field, refused.field)
        form.add_error(name if name in form.fields else None, refused.sentence)
        return False
    return True


def _about(request: StaffRequest, head: Head, at: datetime) -> dict[str, Any]:
    spec = vitals.judging(head)
    return {
        "center": request.user.center,
        "at": at,
        "born": head.patient.birth_date,
        "ranges": spec.center.plausible if spec else (),
    }


def _as_stored(request: StaffRequest, row: LabResult) -> dict[str, Any]:
    taken = request.user.center.local(row.taken_at)
    unit = {"count_unit": name_and_unit(row.analyte)[1]} if row.analyte in COUNTED else {}
    value = row.value.normalize()
    return {
        row.analyte: f"{value:f}",
        "when": "earlier",
        "taken_time": taken.time(),
        "taken_day": taken.date(),
        **unit,
    }


def _page(request: StaffRequest, head: Head, form: LabForm, before: LabResult | None = None) -> HttpResponse:
    context = {
        **around(request, head, "Laboratory"),
        "form": form,
        "before": before,
        "before_words": _line(before) if before else None,
        "results": tuple(_line(row) for row in selectors.results(head.patient.pk)),
        "may_record": may(request.user, Permission.RECORD_LABORATORY),
    }
    return render(request, PAGE, context, status=REFUSED if form.errors else 200)


def _line(row: LabResult) -> Line:
    name, unit = name_and_unit(row.analyte)
    said = f"x{unit}" if row.analyte in COUNTED else unit
    return Line(row, name, quantity(row.value, said), getattr(row, "amended_by", None) is not None)
