"""What holds for every request: sessions end in time, times are the center's, nothing is stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import is_poll
from dosing_portal.web import idle

GetResponse = Callable[[HttpRequest], HttpResponseBase]
STAFF_HEADER = "Portal-Staff"
LEFT_HEADER = "Portal-Session-Left"  # seconds, so that a page that polls can warn in time
ENDED = "ended"
NONE_LEFT = timedelta(0)


class IdleMiddleware:
    """Ends a session in time, and tells htmx with a 401 that somebody must sign in again.

    The answer to htmx leaves the page as it is: a dialog asks for the password over it, and what was typed
    stays. Every answer names who is signed in, so that a page of somebody else can clear itself.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            response = self.get_response(request)
        finally:
            timezone.deactivate()
        staff = getattr(request, "signed_in_staff", None)
        if staff is not None and request.user == staff:
            response[STAFF_HEADER] = str(staff.pk)
            if is_poll(request):
                left = idle.time_left(request, clock.now())
                response[LEFT_HEADER] = f"{left.total_seconds():.0f}"
            else:
                idle.renew(request, response, clock.now())
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponseBase | None:
        """Runs before every view. A view marked public needs nobody and is left alone."""
        if getattr(view, "permission", True) is None:
            return None
        if not request.user.is_authenticated:
            return _sign_in_over_page() if request.headers.get("HX-Request") else None
        if idle.time_left(request, clock.now()) <= NONE_LEFT:
            logout(request)
            return _ended(request)
        request.signed_in_staff = request.user  # type: ignore[attr-defined]
        timezone.activate(request.user.center.zone)
        return None


def _ended(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return _sign_in_over_page()
    query = QueryDict(mutable=True)
    query["next"] = request.get_full_path() if request.method == "GET" else _page_left(request)
    query[ENDED] = "unsaved" if request.method == "POST" else "idle"
    return HttpResponseRedirect(f"{reverse('web:sign-in')}?{query.urlencode(safe='/')}")


def _sign_in_over_page() -> HttpResponse:
    return HttpResponse("Signed out", status=401, content_type="text/plain")


def _page_left(request: HttpRequest) -> str:
    """The page that a refused form stood on; a form's own address may know no GET."""
    referrer = urlsplit(request.headers.get("Referer", ""))
    return referrer.path if referrer.netloc == request.get_host() and referrer.path else "/"


class NeverStoredMiddleware:
    """No browser and no proxy keeps a page, unless its view said otherwise."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response
