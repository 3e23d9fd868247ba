"""The ICE test at the bedside: ten points with the baseline beside them, previewed, saved, corrected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.permissions import Permission, require
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import Observation
from schedules.errors import NoProtocol
from schedules.forms.amendment import neurologic_answers
from schedules.forms.ice import AmendIceForm, IceForm, answers_of
from schedules.selectors import neuro
from schedules.selectors import vitals as selectors
from schedules.selectors.heads import Head, head_for
from schedules.services import monitoring
from schedules.views import neuro_words as words
from schedules.views.around import around

REFUSED = 422
FIELD_OF_FACT = {"taken_at": "taken_time"}
CHANGED = (
    "This form was saved before with other answers, and nothing was added now. "
    "Correct the saved test, or open the page again for a second one."
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request for the page of a test: of whom, and what was measured before."""

    head: Head
    record: neuro.IceRecord
    amends: Observation | None = None


@require(Permission.LOG_VITALS)
@require_http_methods(["GET", "POST"])
def new(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    asked = _asked(request, patient_id)
    form = _form(request, asked)
    if form.is_valid():
        try:
            outcome = monitoring.log_vitals(
                patient_id=patient_id,
                vitals=form.vitals(),
                context=form.context(is_baseline=asked.head.before_first_dose),
                taken_at=form.taken_at,
                client_key=form.key,
                by=request.user,
                at=form.at,
            )
        except AlreadyRecorded as again:
            if isinstance(again.row, Observation) and form.says_the_same_as(again.row):
                return _to_outcome(again.row)
            form.add_error(None, CHANGED)
        except (FactRefused, NoProtocol) as refused:
            _say(form, refused)
        else:
            return _to_outcome(outcome.observation)
    return _page(request, asked, form)


@require(Permission.LOG_VITALS)
@require_http_methods(["GET", "POST"])
def amend(request: StaffRequest, patient_id: UUID, observation_id: UUID) -> HttpResponse:
    """Correct a test: a new row stands instead of it, with the reason."""
    row = selectors.observation_for(request.user, patient_id, observation_id)
    if not row.neurologic_only:
        return HttpResponseRedirect(reverse("schedules:vitals-amend", args=[patient_id, row.pk]))
    asked = _asked(request, patient_id, row)
    form: Any = _form(request, asked)
    if form.is_valid():
        try:
            outcome = monitoring.amend_vitals(
                observation_id=row.pk,
                vitals=form.vitals(),
                context=form.context(is_baseline=row.is_baseline),
                taken_at=form.taken_at,
                reason=form.cleaned_data["amend_reason"],
                client_key=form.key,
                by=request.user,
                at=form.at,
            )
        except AlreadyRecorded as again:
            return _to_outcome(again.row)
        except (FactRefused, NoProtocol) as refused:
            _say(form, refused)
        else:
            return _to_outcome(outcome.observation)
    return _page(request, asked, form)


@require(Permission.LOG_VITALS)
@require_POST
def preview(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """What the answers so far would mean. A refused answer is a question here, not an error."""
    asked = _asked(request, patient_id, _corrected(request, patient_id))
    form = _form(request, asked)
    form.full_clean()
    shown = words.preview_of(form, asked.head.patient, asked.record.baseline, asked.amends)
    return render(request, "schedules/_ice_preview.html", {"preview": shown, "live": True})


def _asked(request: StaffRequest, patient_id: UUID, amends: Observation | None = None) -> _Asked:
    head = head_for(request.user, patient_id, clock.now())
    return _Asked(head, neuro.ice_record(patient_id), amends)


def _corrected(request: StaffRequest, patient_id: UUID) -> Observation | None:
    named = request.POST.get("amends", "")
    try:
        return selectors.observation_for(request.user, patient_id, UUID(named)) if named else None
    except ValueError as wrong:
        raise Http404 from wrong


def _form(request: StaffRequest, asked: _Asked) -> IceForm:
    about: dict[str, Any] = {
        "center": request.user.center,
        "at": clock.now(),
        "spec": selectors.judging(asked.head),
        "born": asked.head.patient.birth_date,
        "turn": asked.record.count,
    }
    data = request.POST if request.method == "POST" else None
    if asked.amends is None:
        form = IceForm(data, **about)
    else:
        opens = {
            **answers_of(asked.amends),
            **neurologic_answers(asked.amends, request.user.center),
            "not_tested_reason": asked.amends.not_measured.get("ice", ""),
        }
        form = AmendIceForm(data, initial=opens, **about)
    form.show_baseline(asked.record.baseline)
    return form


def _say(form: IceForm, refused: FactRefused | NoProtocol) -> None:
    if isinstance(refused, NoProtocol):
        form.add_error(None, f"{refused} Nothing could be graded, and nobody would be paged.")
    else:
        field = FIELD_OF_FACT.get(refused.field, refused.field)
        form.add_error(field if field in form.fields else None, refused.sentence)


def _page(request: StaffRequest, asked: _Asked, form: IceForm) -> HttpResponse:
    record, head = asked.record, asked.head
    context = {
        **around(request, head, "Neuro"),
        "form": form,
        "parts": tuple(form.parts()),
        "amends": asked.amends,
        "baseline": words.baseline_words(record.baseline, before_first_dose=head.before_first_dose),
        "past": tuple(words.past_row(past) for past in record.last),
        "due": words.due_words(neuro.next_test(head), form.at),
        "preview": words.preview_of(form, head.patient, record.baseline, asked.amends)
        if form.is_bound
        else words.IcePreview(save=form.submit),
    }
    return render(request, "schedules/ice_new.html", context, status=REFUSED if form.errors else 200)


def _to_outcome(row: Any) -> HttpResponse:
    return HttpResponseRedirect(reverse("schedules:vitals-outcome", args=[row.patient_id, row.pk]))
