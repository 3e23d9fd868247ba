"""Settings: where its pages are, one's own password, keyboard shortcuts."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.permissions import Permission, require
from dosing_portal.web.forms.staff import OwnPasswordForm
from dosing_portal.web.frame import SHORTCUTS_COOKIE
from dosing_portal.web.services import staff

YEAR_SECONDS = 365 * 24 * 60 * 60


@require(Permission.VIEW_SETTINGS)
@require_GET
def home(request: StaffRequest) -> HttpResponse:
    return render(request, "web/settings.html")


@require(Permission.VIEW_SETTINGS)
@sensitive_post_parameters("present", "password")
@require_http_methods(["GET", "POST"])
def own_password(request: StaffRequest) -> HttpResponse:
    at = clock.now()
    form = OwnPasswordForm(request.POST or None, staff=request.user, center=request.user.center, at=at)
    if request.method == "POST" and form.is_valid():
        changed = staff.set_password(
            staff_id=request.user.pk, password=form.cleaned_data["password"], by=request.user, at=at
        )
        update_session_auth_hash(request, changed)
        messages.success(request, "Your password is changed. Your other sessions have ended.")
        return HttpResponseRedirect(reverse("web:settings"))
    return render(request, "web/own_password.html", {"form": form}, status=422 if form.errors else 200)


@require(Permission.VIEW_SETTINGS)
@require_POST
def shortcuts(request: StaffRequest) -> HttpResponse:
    """Keep in this browser whether single keys do anything."""
    response = HttpResponseRedirect(reverse("web:settings"))
    off = request.POST.get("shortcuts") == "off"
    response.set_cookie(
        SHORTCUTS_COOKIE,
        "off" if off else "on",
        max_age=YEAR_SECONDS,
        secure=request.is_secure(),
        samesite="Lax",
    )
    messages.success(request, f"Keyboard shortcuts are {'off' if off else 'on'} in this browser.")
    return response
