"""The center's own facts and its closed days: an administrator's page."""

from __future__ import annotations

from dataclasses import asdict

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.models import ClosedDay
from dosing_portal.kernel.permissions import Permission, require
from dosing_portal.web.forms.center import CenterForm, ClosedDayForm
from dosing_portal.web.selectors.staff import closed_days
from dosing_portal.web.services import center
from dosing_portal.web.services.refusal import Refused


@require(Permission.EDIT_CENTER)
@require_http_methods(["GET", "POST"])
def edit(request: StaffRequest) -> HttpResponse:
    at, here = clock.now(), request.user.center
    form = CenterForm(request.POST or None, initial=asdict(center.facts(here)), center=here, at=at)
    if request.method == "POST" and form.is_valid():
        center.change(wanted=form.wanted(), by=request.user, at=at)
        return _done(request, "The center is saved.")
    return _page(request, form, ClosedDayForm(center=here, at=at))


@require(Permission.EDIT_CENTER)
@require_POST
def close_day(request: StaffRequest) -> HttpResponse:
    at, here = clock.now(), request.user.center
    form = ClosedDayForm(request.POST, center=here, at=at)
    if form.is_valid():
        given = form.cleaned_data
        try:
            center.close_day(day=given["day"], reason=given["reason"], by=request.user, at=at)
        except Refused as refused:
            form.add_error(refused.field, refused.sentence)
        else:
            return _done(request, f"{given['day']:%d-%b-%Y} is a closed day.")
    return _page(request, CenterForm(initial=asdict(center.facts(here)), center=here, at=at), form)


@require(Permission.EDIT_CENTER)
@require_POST
def open_day(request: StaffRequest, closed_day_id: int) -> HttpResponse:
    try:
        center.open_day(closed_day_id=closed_day_id, by=request.user, at=clock.now())
    except ClosedDay.DoesNotExist as missing:
        raise Http404 from missing
    return _done(request, "Doses can be given on that day again.")


def _page(request: StaffRequest, form: CenterForm, day_form: ClosedDayForm) -> HttpResponse:
    context = {"form": form, "day_form": day_form, "closed_days": closed_days(request.user.center_id)}
    status = 422 if form.errors or day_form.errors else 200
    return render(request, "web/center.html", context, status=status)


def _done(request: StaffRequest, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return HttpResponseRedirect(reverse("web:center"))
