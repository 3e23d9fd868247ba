"""The neurologic page of a patient, and a specimen of handwriting: taken, compared, shown."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from csp.decorators import csp_replace
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.permissions import Permission, may, require
from dosing_portal.kernel.pictures import ENDINGS
from patients.errors import AlreadyRecorded, FactRefused
from patients.services.handwriting import SIGNS
from schedules.errors import NoProtocol
from schedules.forms.handwriting import HandwritingForm
from schedules.selectors import handwriting as selectors
from schedules.selectors import neuro, vitals
from schedules.selectors.heads import Head, head_for
from schedules.services import handwriting
from schedules.views import neuro_words as words
from schedules.views.around import around

REFUSED = 422
FIELD_OF_FACT = {"taken_at": "taken_time"}


@require(Permission.VIEW_PATIENT)
@require_safe
def overview(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """ICE tests, and handwriting side by side."""
    at = clock.now()
    head = head_for(request.user, patient_id, at)
    context = {**around(request, head, "Neuro"), **card_context(request, head, newest=20)}
    return render(request, "schedules/neuro.html", context)


@require(Permission.LOG_VITALS)
@require_http_methods(["GET", "POST"])
def new(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    head = head_for(request.user, patient_id, clock.now())
    shown = selectors.specimens(patient_id)
    form = _form(request, head, shown)
    if form.is_valid():
        try:
            row = handwriting.record(
                patient_id=patient_id,
                written=form.written(),
                taken_at=form.taken_at,
                client_key=form.key,
                by=request.user,
                at=form.at,
            )
        except AlreadyRecorded as again:
            return _saved(request, again.row)
        except FactRefused as refused:
            form.add_error(FIELD_OF_FACT.get(refused.field, refused.field), refused.sentence)
        except NoProtocol as missing:
            form.add_error(None, f"{missing} Nobody would be told of this sign.")
        else:
            return _saved(request, row)
    context = {
        **around(request, head, "Neuro"),
        "form": form,
        "specimens": words.specimen_cards(shown, shown_before=True),
    }
    return render(request, "schedules/handwriting_new.html", context, status=REFUSED if form.errors else 200)


@require(Permission.VIEW_PATIENT)
@require_safe
@csp_replace({"default-src": ["'none'"], "sandbox": True})  # type: ignore[arg-type]
def photo(request: StaffRequest, patient_id: UUID, specimen_id: UUID) -> HttpResponse:
    """The photo alone: a picture by its own type, which no browser may take for anything else."""
    row = selectors.specimen_for(request.user, patient_id, specimen_id)
    if row.photo is None:
        raise Http404
    response = HttpResponse(bytes(row.photo), content_type=row.photo_type)
    name = f"handwriting-{row.taken_at:%Y%m%d-%H%M}.{ENDINGS[row.photo_type]}"
    response["Content-Disposition"] = f'inline; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


def card_context(request: StaffRequest, head: Head, newest: int = neuro.LAST) -> dict[str, Any]:
    """What ``_event_neuro.html`` and the neurologic page print: three statements."""
    at, patient_id = clock.now(), head.patient.pk
    record, shown = neuro.ice_record(patient_id, newest), selectors.specimens(patient_id)
    return {
        "patient_id": patient_id,
        "neuro": words.neuro_card(record, shown, neuro.next_test(head), head, at),
        "may_log_neuro": may(request.user, Permission.LOG_VITALS),
    }


def _form(request: StaffRequest, head: Head, shown: selectors.Specimens) -> HandwritingForm:
    posted = request.method == "POST"
    return HandwritingForm(
        request.POST if posted else None,
        request.FILES if posted else None,
        center=request.user.center,
        at=clock.now(),
        born=head.patient.birth_date,
        is_baseline=head.before_first_dose,
        has_baseline=shown.baseline is not None,
        ask=words.ask_to_write(vitals.judging(head), shown),
    )


def _saved(request: StaffRequest, row: Any) -> HttpResponse:
    """A sign leads to the ICE test at once; anything else back to the neurologic page."""
    if row.comparison in SIGNS:
        said = row.get_comparison_display().lower()
        messages.warning(request, f"Handwriting saved: {said}. Do the ICE test now.", extra_tags="look")
        return HttpResponseRedirect(reverse("schedules:ice-new", args=[row.patient_id]))
    messages.success(request, "Handwriting is saved.", extra_tags="done")
    return HttpResponseRedirect(reverse("schedules:neuro", args=[row.patient_id]))
