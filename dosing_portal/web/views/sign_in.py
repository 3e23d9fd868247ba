"""In and out."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dosing_portal.kernel import clock
from dosing_portal.kernel.address import client_address
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.permissions import Permission, may, public, require
from dosing_portal.kernel.templatetags.clinical import distance
from dosing_portal.web import idle
from dosing_portal.web.forms.sign_in import SignInAgainForm, SignInForm
from dosing_portal.web.middleware import ENDED
from dosing_portal.web.services import sign_in as door
from schedules.services import sample_center

REASONS = {
    "idle": "You were signed out because nobody used the portal for 15 minutes. Sign in to go on.",
    "unsaved": "You were signed out before this was saved. Sign in, and enter it again.",
    "out": "You are signed out.",
}
WRONG = "This user name and password do not belong together. Check both, then try again."


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        staff = _let_in(request, form)
        if staff is not None:
            return HttpResponseRedirect(_next(request, staff))
    status = 422 if form.errors else 200
    context = {
        "form": form,
        "next": _asked_next(request),
        "reason": REASONS.get(request.GET.get(ENDED, "")),
        "sample_logins": sample_center.logins() if settings.PORTAL_DEMO else (),
    }
    return render(request, "web/sign_in.html", context, status=status)


@public
@never_cache
@sensitive_post_parameters("password")
@require_POST
def sign_in_again(request: HttpRequest) -> HttpResponse:
    """The same person, over a page whose typed values wait: nothing is rendered anew but the form token."""
    form = SignInAgainForm(request.POST)
    if form.is_valid() and _let_in(request, form) is not None:
        response = HttpResponse(status=204)
        response["HX-Trigger"] = json.dumps({"signed-in-again": {"token": get_token(request)}})
        return response
    return render(request, "web/_sign_in_again.html", {"form": form}, status=422)


@require(Permission.VIEW_SETTINGS)
@require_POST
def session_renew(_request: StaffRequest) -> HttpResponse:
    """Somebody is typing on a page that sends nothing else; the answer renews the session."""
    return HttpResponse(status=204)


@require(Permission.VIEW_SETTINGS)
@require_GET
def session_token(request: StaffRequest) -> JsonResponse:
    """The form token of this browser, for a page whose own went stale when another window signed in."""
    return JsonResponse({"token": get_token(request)})


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, Staff):
        door.leave(by=request.user, at=clock.now())
    logout(request)
    response = HttpResponseRedirect(f"{reverse('web:sign-in')}?{ENDED}=out")
    response.delete_cookie(idle.COOKIE)
    return response


def _let_in(request: HttpRequest, form: SignInForm | SignInAgainForm) -> Staff | None:
    """Open a session, or say on the form why not."""
    at = clock.now()
    given: dict[str, Any] = form.cleaned_data
    answer = door.attempt(
        username=given["username"], password=given["password"], address=client_address(request), at=at
    )
    if answer.staff is None:
        form.add_error(None, WRONG if answer.held_until is None else _held(answer.held_until, at))
        return None
    idle.open_session(request, answer.staff, at)
    request.signed_in_staff = answer.staff  # type: ignore[attr-defined]
    return answer.staff


def _held(until: datetime, at: datetime) -> str:
    return f"Too many tries. Try again {distance(until, at)}, or ask your administrator for a new password."


def _asked_next(request: HttpRequest) -> str:
    """Where the person wanted to go, if that is a page of this portal."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if ours else ""


def _next(request: HttpRequest, staff: Staff) -> str:
    """The page that was asked for; else Today, or Settings for somebody without patients."""
    asked = _asked_next(request)
    if asked and asked != "/":
        return asked
    return "/" if may(staff, Permission.VIEW_BOARDS) else reverse("web:settings")
