"""The on-call page and the contact points page of Settings."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from dosing_portal.kernel import clock
from dosing_portal.kernel.forms import PortalForm
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.permissions import Permission, may, require
from schedules.errors import ActRefused
from schedules.forms.oncall import ContactPointForm, ShiftForm
from schedules.models import ContactPoint, OnCallShift
from schedules.selectors import oncall as selectors
from schedules.services import oncall


@require(Permission.VIEW_SETTINGS)
@require_GET
def board(request: StaffRequest) -> HttpResponse:
    """Everyone may see whom to ring; this is the phone tree."""
    return _board(request, ShiftForm(center=request.user.center, at=clock.now()))


@require(Permission.EDIT_ON_CALL)
@require_POST
def add_shift(request: StaffRequest) -> HttpResponse:
    at = clock.now()
    form = ShiftForm(request.POST, center=request.user.center, at=at)
    if form.is_valid():
        given = form.cleaned_data
        try:
            oncall.add_shift(
                staff_id=given["staff"].pk,
                role=given["role"],
                starts_at=given["starts_at"],
                ends_at=given["ends_at"],
                by=request.user,
                at=at,
            )
        except ActRefused as refused:
            form.add_error(refused.field, refused.sentence)
        else:
            return _done(request, "schedules:oncall", f"{given['staff'].name} is on call for that time.")
    return _board(request, form)


@require(Permission.EDIT_ON_CALL)
@require_POST
def cancel_shift(request: StaffRequest, shift_id: UUID) -> HttpResponse:
    try:
        shift = oncall.cancel_shift(shift_id=shift_id, by=request.user, at=clock.now())
    except OnCallShift.DoesNotExist as missing:
        raise Http404 from missing
    return _done(request, "schedules:oncall", f"The shift of {shift.staff.name} is cancelled.")


@require(Permission.VIEW_SETTINGS)
@require_GET
def reach(request: StaffRequest) -> HttpResponse:
    return _reach(request, ContactPointForm(center=request.user.center, at=clock.now()))


@require(Permission.EDIT_ON_CALL)
@require_POST
def add_contact_point(request: StaffRequest) -> HttpResponse:
    at = clock.now()
    form = ContactPointForm(request.POST, center=request.user.center, at=at)
    if form.is_valid():
        given = form.cleaned_data
        try:
            oncall.add_contact_point(
                staff_id=given["staff"].pk,
                kind=given["kind"],
                address=given["address"],
                by=request.user,
                at=at,
            )
        except ActRefused as refused:
            form.add_error(refused.field, refused.sentence)
        else:
            return _done(request, "schedules:contact-points", "Saved. Send a test before you rely on it.")
    return _reach(request, form)


@require(Permission.EDIT_ON_CALL)
@require_POST
def end_contact_point(request: StaffRequest, point_id: UUID) -> HttpResponse:
    try:
        point = oncall.end_contact_point(point_id=point_id, by=request.user, at=clock.now())
    except ContactPoint.DoesNotExist as missing:
        raise Http404 from missing
    return _done(request, "schedules:contact-points", f"{point.address} is not used any more.")


@require(Permission.EDIT_ON_CALL)
@require_POST
def send_test(request: StaffRequest, point_id: UUID) -> HttpResponse:
    try:
        page = oncall.send_test(point_id=point_id, by=request.user, at=clock.now())
    except ContactPoint.DoesNotExist as missing:
        raise Http404 from missing
    return _done(request, "schedules:contact-points", f"Test on its way to {page.address}. See the log.")


def _board(request: StaffRequest, form: ShiftForm) -> HttpResponse:
    rota = selectors.rota(request.user.center_id, form.at)
    return _page(request, "schedules/oncall_shifts.html", form, {"rota": rota})


def _reach(request: StaffRequest, form: ContactPointForm) -> HttpResponse:
    center_id = request.user.center_id
    context = {
        "points": selectors.contact_points(center_id),
        "log": selectors.delivery_log(center_id),
    }
    return _page(request, "schedules/oncall_contact_points.html", form, context)


def _page(request: StaffRequest, template: str, form: PortalForm, context: dict[str, Any]) -> HttpResponse:
    shared = {"form": form, "now": form.at, "may_edit": may(request.user, Permission.EDIT_ON_CALL)}
    return render(request, template, shared | context, status=422 if form.errors else 200)


def _done(request: StaffRequest, url_name: str, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return HttpResponseRedirect(reverse(url_name))
