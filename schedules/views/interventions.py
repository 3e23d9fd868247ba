"""Record what a patient was given or took, and take a wrong entry back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.permissions import Permission, require
from dosing_portal.kernel.templatetags.clinical import moment
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import Intervention, ToxicityEvent
from schedules.errors import NoProtocol
from schedules.forms.interventions import InterventionForm, TakeBackForm
from schedules.models import Alert
from schedules.selectors import vitals as selectors
from schedules.selectors.heads import head_for
from schedules.services import monitoring
from schedules.services.consequences import Outcome
from schedules.views.around import around

REFUSED = 422
FIELD_OF_FACT = {"taken_at": "taken_time"}


@require(Permission.LOG_VITALS)
@require_http_methods(["GET", "POST"])
def new(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    head = head_for(request.user, patient_id, clock.now())
    spec = selectors.judging(head)
    form = InterventionForm(
        request.POST if request.method == "POST" else None,
        center=request.user.center,
        at=clock.now(),
        spec=spec,
        born=head.patient.birth_date,
        computed=selectors.computed_doses(head, spec),
        initial={"kind": request.GET.get("kind", "")},
    )
    if form.is_valid():
        try:
            outcome = monitoring.log_intervention(
                patient_id=patient_id,
                given=form.given(),
                taken_at=form.taken_at,
                client_key=form.key,
                by=request.user,
                at=form.at,
            )
        except AlreadyRecorded as again:
            return _saved(request, again.row, None)
        except FactRefused as refused:
            form.add_error(FIELD_OF_FACT.get(refused.field), refused.sentence)
        except NoProtocol as missing:
            form.add_error(None, f"{missing} Nothing could be graded, and nobody would be paged.")
        else:
            return _saved(request, outcome.intervention, outcome)
    context = {
        **around(request, head),
        "form": form,
        "computed": tuple(form.computed.items()),
        "no_protocol": spec is None,
    }
    return render(request, "schedules/intervention_new.html", context, status=REFUSED if form.errors else 200)


@require(Permission.LOG_VITALS)
@require_http_methods(["GET", "POST"])
def take_back(request: StaffRequest, patient_id: UUID, intervention_id: UUID) -> HttpResponse:
    """The entry stays on record as a mistake, and stops counting."""
    head = head_for(request.user, patient_id, clock.now())
    row = selectors.intervention_for(request.user, patient_id, intervention_id)
    form = TakeBackForm(
        request.POST if request.method == "POST" else None, center=request.user.center, at=clock.now()
    )
    if form.is_valid():
        try:
            monitoring.take_back_intervention(
                intervention_id=row.pk,
                reason=form.cleaned_data["reason"],
                client_key=form.cleaned_data["client_key"],
                by=request.user,
                at=form.at,
            )
        except Intervention.DoesNotExist:
            messages.info(request, "This entry had been taken back already.", extra_tags="info")
            return _to_history(patient_id)
        except (FactRefused, NoProtocol) as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"{_words(row)} is taken back and no longer counts.", extra_tags="done")
            return _to_history(patient_id)
    context = {**around(request, head), "form": form, "row": row}
    return render(
        request, "schedules/intervention_take_back.html", context, status=REFUSED if form.errors else 200
    )


def _saved(request: StaffRequest, row: Any, outcome: Outcome | None) -> HttpResponse:
    """Where somebody may have to act, the next page is the one that says so."""
    messages.success(request, f"{_words(row)} is recorded.", extra_tags="done")
    if outcome is None:
        return _to_history(row.patient_id)
    events = [event for event in outcome.events if event.state == ToxicityEvent.State.OPEN]
    alerts = [alert for alert in outcome.alerts if alert.state == Alert.State.OPEN]
    if events:
        return HttpResponseRedirect(reverse("schedules:event", args=[events[-1].pk]))
    if alerts:
        return HttpResponseRedirect(reverse("schedules:alert", args=[alerts[0].pk]))
    return _to_history(row.patient_id)


def _words(row: Intervention) -> str:
    """Acetaminophen, 19-Nov-2026 13:50."""
    name = row.drug or row.get_kind_display()
    return f"{name[:1].upper()}{name[1:]}, {moment(row.taken_at)},"


def _to_history(patient_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('schedules:vitals', args=[patient_id])}#given")
