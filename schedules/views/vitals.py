"""Log vitals, correct them, look back at them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.permissions import Permission, may, require
from dosing_portal.kernel.templatetags.clinical import age, distance, hhmm
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import Observation
from schedules.errors import NoProtocol
from schedules.forms.amendment import answers_of
from schedules.forms.vitals import AmendVitalsForm, VitalsForm
from schedules.selectors import vitals as selectors
from schedules.selectors.boards import Asked
from schedules.selectors.heads import Head, head_for
from schedules.services import monitoring
from schedules.views.around import around
from schedules.views.panels import page_asked
from schedules.views.previews import Preview, preview_of
from schedules.views.readings import beside, columns, in_history

REFUSED = 422
FIELD_OF_FACT = {"taken_at": "taken_time"}


@require(Permission.LOG_VITALS)
@require_GET
def new(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    head = head_for(request.user, patient_id, clock.now())
    return _form_page(request, head, _form(request, head))


@require(Permission.LOG_VITALS)
@require_POST
def preview(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """The dock's content for what is typed so far. A refused answer is a question here, not an error."""
    head = head_for(request.user, patient_id, clock.now())
    row = _corrected(request, patient_id)
    form = _form(request, head) if row is None else _amend_form(request, head, row)
    form.full_clean()
    shown = preview_of(form, head.patient, row.pk if row else None)
    return render(request, "schedules/_vitals_preview.html", {"preview": shown, "live": True})


@require(Permission.VIEW_PATIENT)
@require_http_methods(["GET", "HEAD", "POST"])
def readings(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """One address: GET looks back, POST adds a reading. Each asks for its own permission."""
    view = save if request.method == "POST" else look_back
    return view(request, patient_id)


@require(Permission.LOG_VITALS)
def save(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    head = head_for(request.user, patient_id, clock.now())
    form = _form(request, head)
    if form.is_valid():
        try:
            outcome = monitoring.log_vitals(
                patient_id=patient_id,
                vitals=form.vitals(),
                context=replace(form.context(), is_baseline=head.before_first_dose),
                taken_at=form.taken_at,
                client_key=form.key,
                by=request.user,
                at=form.at,
                given=form.given(),
            )
        except AlreadyRecorded as again:
            if form.says_the_same_as(again.row):
                return _to_outcome(again.row)
            form.start_anew(again.row)
        except FactRefused as refused:
            form.add_error(FIELD_OF_FACT.get(refused.field), refused.sentence)
        except NoProtocol as missing:
            form.add_error(None, f"{missing} Nothing could be graded, and nobody would be paged.")
        else:
            return _to_outcome(outcome.observation)
    return _form_page(request, head, form)


@require(Permission.LOG_VITALS)
@require_http_methods(["GET", "POST"])
def amend(request: StaffRequest, patient_id: UUID, observation_id: UUID) -> HttpResponse:
    """Correct a reading: a new row stands instead of it, with the reason."""
    head = head_for(request.user, patient_id, clock.now())
    row = selectors.observation_for(request.user, patient_id, observation_id)
    if row.neurologic_only:
        return HttpResponseRedirect(reverse("schedules:ice-amend", args=[patient_id, row.pk]))
    form = _amend_form(request, head, row)
    if form.is_valid():
        try:
            outcome = monitoring.amend_vitals(
                observation_id=row.pk,
                vitals=form.vitals(),
                context=replace(form.context(), is_baseline=row.is_baseline),
                taken_at=form.taken_at,
                reason=form.cleaned_data["amend_reason"],
                client_key=form.key,
                by=request.user,
                at=form.at,
            )
        except AlreadyRecorded as again:
            return _to_outcome(again.row)
        except FactRefused as refused:
            form.add_error(FIELD_OF_FACT.get(refused.field, refused.field), refused.sentence)
        except NoProtocol as missing:
            form.add_error(None, str(missing))
        else:
            return _to_outcome(outcome.observation)
    return _form_page(request, head, form, amends=row)


@require(Permission.VIEW_PATIENT)
def look_back(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Every reading with its corrections, and everything given, newest first."""
    head = head_for(request.user, patient_id, clock.now())
    center = request.user.center
    listed = selectors.history(patient_id, Asked(max(page_asked(request), 1)))
    context = {
        **around(request, head),
        "heads": tuple((name, is_number) for name, is_number, _ in columns(center)),
        "rows": tuple(in_history(past, center) for past in listed.rows),
        "listed": listed,
        "older": listed.page + 1 if listed.page < listed.pages else None,
        "newer": listed.page - 1,
        "given": selectors.given(patient_id),
        "may_log": may(request.user, Permission.LOG_VITALS),
    }
    return render(request, "schedules/vitals_history.html", context)


def _form(request: StaffRequest, head: Head) -> VitalsForm:
    return VitalsForm(
        request.POST if request.method == "POST" else None,
        center=request.user.center,
        at=clock.now(),
        spec=selectors.judging(head),
        born=head.patient.birth_date,
    )


def _amend_form(request: StaffRequest, head: Head, row: Observation) -> AmendVitalsForm:
    return AmendVitalsForm(
        request.POST if request.method == "POST" else None,
        center=request.user.center,
        at=clock.now(),
        spec=selectors.judging(head),
        born=head.patient.birth_date,
        before=row.vitals(),
        initial=answers_of(row, request.user.center),
    )


def _corrected(request: StaffRequest, patient_id: UUID) -> Observation | None:
    """The reading that the previewed form corrects, if it is the form of a correction."""
    named = request.POST.get("amends", "")
    if not named:
        return None
    try:
        return selectors.observation_for(request.user, patient_id, UUID(named))
    except ValueError as wrong:
        raise Http404 from wrong


def _form_page(
    request: StaffRequest, head: Head, form: VitalsForm, amends: Observation | None = None
) -> HttpResponse:
    """The page with everything typed; a refused one shows its preview without waiting for a script."""
    center, before = request.user.center, selectors.before(head.patient.pk)
    form.show_baseline(before.baseline, before.ice_baseline)
    context = {
        **around(request, head),
        "form": form,
        "before": tuple(beside(row, center) for row in before.last),
        "temperature_unit": f"°{center.temperature_unit}",
        "preview": preview_of(form, head.patient, amends.pk if amends else None)
        if form.is_bound
        else Preview(save=form.submit),
        "amends": amends,
        "check_words": _check_words(head, form.at),
    }
    template = "schedules/vitals_amend.html" if amends else "schedules/vitals_new.html"
    return render(request, template, context, status=REFUSED if form.errors else 200)


def _check_words(head: Head, at: datetime) -> str:
    """Check due 14:00, in 8 min; overdue in so many words."""
    due = head.status.next_check_due_at if head.status else None
    if due is None:
        return "no check planned"
    if due < at:
        return f"check overdue {age(due, at)}, due {hhmm(due)}"
    return f"check due {hhmm(due)}, {distance(due, at)}"


def _to_outcome(row: Any) -> HttpResponse:
    return HttpResponseRedirect(reverse("schedules:vitals-outcome", args=[row.patient_id, row.pk]))
