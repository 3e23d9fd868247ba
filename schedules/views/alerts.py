"""One alert: who has it, what happened to it, and "I have this"."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest, live, version_of, wants_fragment
from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.permissions import Permission, may, require
from schedules.errors import ActRefused
from schedules.forms.events import ResolveForm
from schedules.models import Alert
from schedules.selectors import alerts as selectors
from schedules.selectors.heads import head_for
from schedules.services import alerts
from schedules.views import rows
from schedules.views.alert_words import AlertWords, alert_words, told

EVENT = "event-"
BACK = {"today": "schedules:today", "events": "schedules:event-list"}


@require(Permission.VIEW_BOARDS)
@require_GET
def alert(request: StaffRequest, alert_id: UUID) -> HttpResponse:
    at = clock.now()
    return _page(request, alert_id, ResolveForm(center=request.user.center, at=at), at)


@require(Permission.ACKNOWLEDGE_ALERT)
@require_POST
def acknowledge(request: StaffRequest, alert_id: UUID) -> HttpResponse:
    """ "I have this", to the alert and to the patient's others that the page named."""
    try:
        answered = alerts.acknowledge_all(
            alert_id=alert_id, also=_also(request), by=request.user, at=clock.now(), via="app"
        )
    except Alert.DoesNotExist as missing:
        raise Http404 from missing
    messages.success(request, _who_has(answered, request.user))
    return HttpResponseRedirect(_back(request, answered[0]))


@require(Permission.ACKNOWLEDGE_ALERT)
@require_POST
def resolve(request: StaffRequest, alert_id: UUID) -> HttpResponse:
    at = clock.now()
    selectors.alert_for(request.user, alert_id)
    form = ResolveForm(request.POST, center=request.user.center, at=at)
    if form.is_valid():
        try:
            alerts.resolve(alert_id=alert_id, reason=form.cleaned_data["reason"], by=request.user, at=at)
        except ActRefused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)
        else:
            messages.success(request, "Resolved. The reason stands in its history.")
            return HttpResponseRedirect(reverse("schedules:alert", args=[alert_id]))
    return _page(request, alert_id, form, at)


def _page(request: StaffRequest, alert_id: UUID, form: ResolveForm, at: datetime) -> HttpResponse:
    page = selectors.alert_page(request.user, alert_id)
    words = alert_words(page.held, (), request.user, at, back="alert")
    recipients = told(page.pages)
    context = {
        "alert": page.alert,
        "words": words,
        "told": recipients,
        "poll_url": _poll_url(alert_id, words, recipients),
        "form": form,
        "history": page.history,
        "may_resolve": may(request.user, Permission.ACKNOWLEDGE_ALERT),
    }
    if wants_fragment(request) and request.method == "GET":
        version = version_of(words, recipients)
        return live(request, version, lambda: render(request, "schedules/_alert.html", context))
    context["head"] = head_for(request.user, page.alert.patient_id, at)
    return render(request, "schedules/alert.html", context, status=422 if form.errors else 200)


def _poll_url(alert_id: UUID, words: AlertWords, recipients: object) -> str:
    return f"{reverse('schedules:alert', args=[alert_id])}?version={version_of(words, recipients)}"


def _also(request: HttpRequest) -> list[UUID]:
    """The other alerts that the button named; an address somebody typed wrong names none."""
    named = (_uuid(text) for text in request.GET.getlist("also"))
    return [found for found in named if found is not None]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _who_has(answered: tuple[Alert, ...], by: Staff) -> str:
    first = answered[0]
    if first.state == Alert.State.RESOLVED:
        return f"This alert is resolved already: {first.get_kind_display()}, {first.patient}."
    if first.acknowledged_by_id != by.pk and first.acknowledged_by is not None:
        return f"{first.acknowledged_by.name} has this already: {first.patient}."
    kinds = ", ".join(rows.inside(item.get_kind_display()) for item in answered)
    return f"You have this: {first.patient}, {kinds}. Log what you find."


def _back(request: HttpRequest, answered: Alert) -> str:
    """Where the button stood."""
    came_from = request.GET.get("from", "")
    if came_from in BACK:
        return reverse(BACK[came_from])
    if came_from == "patient":
        return reverse("schedules:patient", args=[answered.patient_id])
    event_id = _uuid(came_from.removeprefix(EVENT)) if came_from.startswith(EVENT) else None
    if event_id is not None:
        return reverse("schedules:event", args=[event_id])
    return reverse("schedules:alert", args=[answered.pk])
