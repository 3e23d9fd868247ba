"""The accounts of the center: an administrator's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dosing_portal.kernel import clock
from dosing_portal.kernel.forms import PortalForm
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.permissions import Permission, require
from dosing_portal.web.forms.staff import NewPasswordForm, NewStaffForm, PersonForm
from dosing_portal.web.selectors.staff import colleague, colleagues
from dosing_portal.web.services import staff
from dosing_portal.web.services.refusal import Refused


@require(Permission.EDIT_STAFF)
@require_GET
def staff_list(request: StaffRequest) -> HttpResponse:
    return render(request, "web/staff_list.html", {"people": colleagues(request.user.center_id)})


@require(Permission.EDIT_STAFF)
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def staff_add(request: StaffRequest) -> HttpResponse:
    at = clock.now()
    form = NewStaffForm(request.POST or None, center=request.user.center, at=at)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        added = _unless_refused(
            form,
            lambda: staff.add(
                username=given["username"],
                person=form.person(),
                password=given["password"],
                by=request.user,
                at=at,
            ),
        )
        if added is not None:
            return _done(request, f"{added.name} can sign in as {added.username}.")
    return _page(request, "web/staff_add.html", form)


@require(Permission.EDIT_STAFF)
@require_http_methods(["GET", "POST"])
def staff_change(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    at, person = clock.now(), _one(request, staff_id)
    initial = {"name": person.name, "role": person.role, "email": person.email, "phone": person.phone}
    form = PersonForm(request.POST or None, initial=initial, center=request.user.center, at=at)
    if request.method == "POST" and form.is_valid():
        changed = _unless_refused(
            form, lambda: staff.change(staff_id=person.pk, person=form.person(), by=request.user, at=at)
        )
        if changed is not None:
            return _done(request, f"The account of {changed.name} is saved.")
    return _page(request, "web/staff_change.html", form, person=person)


@require(Permission.EDIT_STAFF)
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def staff_password(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    at, person = clock.now(), _one(request, staff_id)
    form = NewPasswordForm(request.POST or None, staff=person, center=request.user.center, at=at)
    if request.method == "POST" and form.is_valid():
        staff.set_password(staff_id=person.pk, password=form.cleaned_data["password"], by=request.user, at=at)
        return _done(request, f"{person.name} has a new password and is signed out everywhere.")
    return _page(request, "web/staff_password.html", form, person=person)


@require(Permission.EDIT_STAFF)
@require_POST
def staff_close(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    person = _one(request, staff_id)
    try:
        staff.close(staff_id=person.pk, by=request.user, at=clock.now())
    except Refused as refused:
        messages.error(request, refused.sentence, extra_tags="look")
        return HttpResponseRedirect(reverse("web:staff-list"))
    return _done(request, f"The account of {person.name} is closed.")


@require(Permission.EDIT_STAFF)
@require_POST
def staff_reopen(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    person = _one(request, staff_id)
    staff.reopen(staff_id=person.pk, by=request.user, at=clock.now())
    return _done(request, f"{person.name} can sign in again.")


def _one(request: StaffRequest, staff_id: UUID) -> Staff:
    person = colleague(request.user.center_id, staff_id)
    if person is None:
        raise Http404
    return person


def _unless_refused(form: PortalForm, act: Callable[[], Staff]) -> Staff | None:
    try:
        return act()
    except Refused as refused:
        form.add_error(refused.field, refused.sentence)
        return None


def _page(request: StaffRequest, template: str, form: PortalForm, **context: Any) -> HttpResponse:
    return render(request, template, {"form": form, **context}, status=422 if form.errors else 200)


def _done(request: StaffRequest, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return HttpResponseRedirect(reverse("web:staff-list"))
