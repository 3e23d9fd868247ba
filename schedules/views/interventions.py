"""Record what a patient was given or took, and take a wrong entry back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from dosing_portal.kernel import clock, door
from dosing_portal.kernel.address import client_address
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.permissions import Permission, may, require
from dosing_portal.kernel.templatetags.clinical import day, moment
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import Intervention, ToxicityEvent
from protocols.rules.spec import ProtocolSpec
from schedules.errors import ActRefused, LimitsCrossed, NoProtocol
from schedules.forms.interventions import InterventionForm, TakeBackForm
from schedules.models import Alert
from schedules.selectors import treatments as drug_selectors
from schedules.selectors import vitals as selectors
from schedules.selectors.heads import Head, head_for
from schedules.selectors.oncall import who_is_on_call
from schedules.selectors.treatments import Look, Wanted
from schedules.services import monitoring, treatments
from schedules.services.consequences import Outcome
from schedules.views.around import around
from schedules.views.look_words import look_words

REFUSED = 422
FIELD_OF_FACT = {"taken_at": "taken_time"}
UNKNOWN = "This user name and password do not belong to a pharmacist of this center."


@require(Permission.LOG_VITALS)
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("cosigner_password")
def new(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    head = head_for(request.user, patient_id, clock.now())
    spec = selectors.judging(head)
    wanted = drug_selectors.wanted(request.user, patient_id, request.GET)
    form = _form(request, head, spec, wanted)
    if form.is_valid():
        saved = _give(request, patient_id, form, wanted)
        if saved is not None:
            return saved
    context = {
        **around(request, head),
        "form": form,
        "look": look_words(form.look or _first_look(form), form.at),
        "weight": _weight_words(head),
        "no_protocol": spec is None,
    }
    return render(request, "schedules/intervention_new.html", context, status=REFUSED if form.errors else 200)


@require(Permission.LOG_VITALS)
@require_POST
def look(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """What stands beside the dose as it is typed: swapped on change, stores nothing."""
    head = head_for(request.user, patient_id, clock.now())
    form = _form(request, head, selectors.judging(head), Wanted())
    form.is_valid()
    context = {
        "look": look_words(form.look or _first_look(form), form.at),
        "patient_id": patient_id,
        "weight": _weight_words(head),
    }
    return render(request, "schedules/_intervention_look.html", context)


def _form(request: StaffRequest, head: Head, spec: ProtocolSpec | None, wanted: Wanted) -> InterventionForm:
    at, center = clock.now(), request.user.center
    patient = head.patient
    key = drug_selectors.as_uuid(request.POST.get("client_key", ""))

    def looks(kind: str, mg: Decimal | None, taken_at: datetime) -> Look:
        if spec is None:
            return Look(kind)
        drugs = drug_selectors.drugs_of(patient, spec, center, taken_at, except_key=key)
        return drug_selectors.look(drugs, kind, mg)

    may_override = may(request.user, Permission.ORDER_TREATMENT)
    first = looks(wanted.kind, None, at) if request.method == "GET" and wanted.kind else None
    mg = wanted.mg or (first.mg if first and not first.ask else None)
    form = InterventionForm(
        request.POST if request.method == "POST" else None,
        center=center,
        at=at,
        spec=spec,
        born=patient.birth_date,
        looks=looks if spec else None,
        begins=drug_selectors.begins(patient.pk, center) if request.method == "POST" else (),
        may_override=may_override,
        who_may="" if may_override or request.method == "GET" else _who_may(request, at),
        initial={
            "kind": wanted.kind,
            "dose_mg": None if mg is None else f"{mg.normalize():f}",
            "purpose": request.GET.get("purpose", ""),
        },
    )
    form.look = first
    return form


def _first_look(form: InterventionForm) -> Look | None:
    kind = form.data.get("kind", "")
    if form.looks is None or not kind or not form.is_bound:
        return None
    return form.looks(kind, form.cleaned_data.get("dose_mg"), form.taken_at)


def _who_may(request: StaffRequest, at: datetime) -> str:
    """A physician may let this pass with a reason: Dr. K. Okafor, 555-0142."""
    people = who_is_on_call(request.user.center_id, at)
    names = [
        ", ".join(part for part in (person.name, person.phone) if part)
        for person in people
        if person.role == "physician"
    ]
    return f"A physician may let this pass with a reason{f': {names[0]}' if names else ''}."


def _give(
    request: StaffRequest, patient_id: UUID, form: InterventionForm, wanted: Wanted
) -> HttpResponse | None:
    cosigner = _cosigner(request, form)
    if form.errors:
        return None
    try:
        outcome = treatments.give(
            patient_id=patient_id,
            given=form.given(),
            taken_at=form.taken_at,
            client_key=form.key,
            by=request.user,
            at=form.at,
            due_id=wanted.due_id,
            cosigner=cosigner,
        )
    except AlreadyRecorded as again:
        return _saved(request, again.row, None, wanted)
    except LimitsCrossed as crossed:
        form.refuse_limits(Look(form.given().kind, limits=crossed.limits))
    except ActRefused as refused:
        form.add_error(refused.field, refused.sentence)
    except FactRefused as refused:
        form.add_error(FIELD_OF_FACT.get(refused.field), refused.sentence)
    except NoProtocol as missing:
        form.add_error(None, f"{missing} Nothing could be graded, and nobody would be paged.")
    else:
        return _saved(request, outcome.intervention, outcome, wanted)
    return None


def _cosigner(request: StaffRequest, form: InterventionForm) -> Staff | None:
    """The pharmacist who signs on the same page, slowed down as at the door."""
    if not form.crossed or not form.cosign:
        return None
    answer = door.recognize(
        username=form.cleaned_data["cosigner_name"],
        password=form.cleaned_data["cosigner_password"],
        address=client_address(request),
        at=form.at,
    )
    staff = answer.staff
    if staff is None or staff.role != "pharmacist" or staff.center_id != request.user.center_id:
        form.add_error("cosigner_password", UNKNOWN)
        return None
    return staff


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


def _saved(request: StaffRequest, row: Any, outcome: Outcome | None, wanted: Wanted) -> HttpResponse:
    """Back to the event it was recorded for; else to the page that says if somebody has to act."""
    messages.success(request, f"{_words(row)} is recorded.", extra_tags="done")
    if wanted.event_id is not None:
        return HttpResponseRedirect(reverse("schedules:event", args=[wanted.event_id]))
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


def _weight_words(head: Head) -> str:
    """72.4 kg on 19-Nov-2026: what the arithmetic goes by."""
    person = head.person
    if person.weight_kg is None:
        return "no weight on record"
    on = f" on {day(person.weighed_on)}" if person.weighed_on else ""
    return f"weight {person.weight_kg.normalize():f} kg{on}"


def _to_history(patient_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('schedules:vitals', args=[patient_id])}#given")
