"""Where the patient is, calls, hand-off: the live card, and the pages where something is typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest, live, version_of
from dosing_portal.kernel.permissions import Permission, may, require
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import Place
from patients.services import hand_offs
from schedules.errors import NoProtocol
from schedules.forms.whereabouts import (
    ACCEPTED,
    FIELD_OF_FACT,
    CallForm,
    HandOffAnswerForm,
    HandOverForm,
    MomentForm,
    MoveForm,
)
from schedules.selectors import vitals as judging
from schedules.selectors import whereabouts as selectors
from schedules.selectors.heads import Head, head_for
from schedules.services import calls, whereabouts
from schedules.views.around import around
from schedules.views.where_words import owner_words, where_words

CARD = "schedules/_where.html"
REFUSED = 422


@require(Permission.VIEW_PATIENT)
@require_safe
def card(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """The live card; 204 while it says the same."""
    context = card_context(request, head_for(request.user, patient_id, clock.now()))
    return live(request, context["where_version"], lambda: render(request, CARD, context))


def card_context(request: StaffRequest, head: Head, event_id: UUID | None = None) -> dict[str, Any]:
    """What ``_where.html`` needs; ``event_id`` is the event page to come back to."""
    at, spec = clock.now(), judging.judging(head)
    back = str(event_id or _event_of(request) or "")
    facts = selectors.where_facts(request.user, head.patient, spec, at)
    words = where_words(facts, spec, request.user, at)
    version = version_of(words, back)
    base = reverse("schedules:where-card", args=[head.patient.pk])
    return {
        "where": words,
        "where_version": version,
        "where_url": f"{base}?version={version}&event={back}",
        "where_back": back,
        "where_key": uuid4(),
        "where_sheet": (
            reverse("schedules:event-hand-off", args=[back])
            if back
            else reverse("schedules:patient-hand-off", args=[head.patient.pk])
        ),
        "where_owner": owner_words(head.patient),
        "patient_id": head.patient.pk,
        "may_hand_over": may(request.user, Permission.RECORD_WHEREABOUTS),
    }


@require(Permission.RECORD_WHEREABOUTS)
@require_http_methods(["GET", "POST"])
def where(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    head = head_for(request.user, patient_id, clock.now())
    asked = {"place": request.GET.get("place", ""), "expected_in": ""}
    form: MoveForm = _form(MoveForm, request, head, initial=asked)

    def act() -> str:
        row = whereabouts.move(
            patient_id=patient_id,
            said=form.said(),
            since=form.taken_at,
            client_key=form.key,
            by=request.user,
            at=form.at,
        )
        return f"{Place(row.place).label} is recorded."

    return _answer(request, head, form, act, "schedules/where.html")


@require(Permission.RECORD_WHEREABOUTS)
@require_http_methods(["GET", "POST"])
def call(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    head = head_for(request.user, patient_id, clock.now())
    asked = {name: request.GET.get(name, "") for name in ("party", "name", "phone")}
    form: CallForm = _form(CallForm, request, head, initial=asked)

    def act() -> str:
        row = calls.log(
            patient_id=patient_id,
            told=form.told(),
            called_at=form.taken_at,
            rang_at=form.rang_at,
            client_key=form.key,
            by=request.user,
            at=form.at,
        )
        return f"{row.get_outcome_display()}: the call is recorded."

    return _answer(request, head, form, act, "schedules/call_new.html")


@require(Permission.RECORD_WHEREABOUTS)
@require_http_methods(["GET", "POST"])
def hand_over(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    head = head_for(request.user, patient_id, clock.now())
    center = request.user.center
    asked = {"facility": center.emergency_site, "phone": center.emergency_phone}
    form: HandOverForm = _form(HandOverForm, request, head, initial=asked)

    def act() -> str:
        row = hand_offs.give(
            patient_id=patient_id,
            given=form.given(),
            given_at=form.taken_at,
            client_key=form.key,
            by=request.user,
            at=form.at,
        )
        return f"Handed to {row.to_whom}. {owner_words(head.patient)}"

    return _answer(request, head, form, act, "schedules/hand_over.html")


@require(Permission.RECORD_WHEREABOUTS)
@require_http_methods(["GET", "POST"])
def hand_off_answer(request: StaffRequest, hand_off_id: UUID) -> HttpResponse:
    handed = selectors.hand_off_for(request.user, hand_off_id)
    head = head_for(request.user, handed.patient_id, clock.now())
    form: HandOffAnswerForm = _form(HandOffAnswerForm, request, head)

    def act() -> str:
        found = form.cleaned_data
        about: dict[str, Any] = {"hand_off_id": handed.pk, "by": request.user, "at": form.at}
        if found["answer"] == ACCEPTED:
            hand_offs.accept(name=found["name"], accepted_at=form.taken_at, **about)
            return f"{found['name']} accepted. It is written down."
        hand_offs.refuse(name=found["name"], reason=found["reason"], refused_at=form.taken_at, **about)
        return f"{found['name']} did not accept. The patient is yours."

    return _answer(request, head, form, act, "schedules/hand_off_answer.html")


# --- what every form here does ------------------------------------------------------------------------------


def _form(kind: type[Any], request: StaffRequest, head: Head, **changes: Any) -> Any:
    sent = request.POST if request.method == "POST" else None
    about = {"center": request.user.center, "at": clock.now(), "born": head.patient.birth_date}
    return kind(sent, **about, **changes)


def _answer(
    request: StaffRequest, head: Head, form: MomentForm, act: Callable[[], str], template: str
) -> HttpResponse:
    """Save what is valid and go back to where it was asked; otherwise the page, with a sentence."""
    if form.is_valid():
        try:
            messages.success(request, act(), extra_tags="done")
        except AlreadyRecorded:
            return _back(request, head.patient.pk)
        except FactRefused as refused:
            field = FIELD_OF_FACT.get(refused.field, refused.field)
            form.add_error(field if field in form.fields else None, refused.sentence)
        except NoProtocol as missing:
            form.add_error(None, f"{missing} Nobody would be paged if the patient does not arrive.")
        else:
            return _back(request, head.patient.pk)
    context = {**around(request, head, "Where"), **card_context(request, head), "form": form}
    return render(request, template, context, status=REFUSED if form.errors else 200)


def _event_of(request: StaffRequest) -> UUID | None:
    """The event page that a form came from, as the form or the address says."""
    try:
        return UUID(request.POST.get("event") or request.GET.get("event") or "")
    except ValueError:
        return None


def _back(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """To the event page that asked, else to the patient's page of places."""
    event = _event_of(request)
    if event is None:
        return HttpResponseRedirect(reverse("schedules:where", args=[patient_id]))
    return HttpResponseRedirect(reverse("schedules:event", args=[event]))
