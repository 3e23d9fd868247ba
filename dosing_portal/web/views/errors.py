"""What went wrong, in words, with what to do next.

htmx is answered with one line: it leaves the page as it is.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader

from dosing_portal.kernel.http import wants_fragment


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's
    return _page(request, "403.html", 403, "Your role may not open this")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's
    return _page(request, "404.html", 404, "Not found at your center")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's
    return _page(request, "400.html", 400, "Not understood")


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's
    """A form that was opened under another sign-in, or left open for very long."""
    return _page(request, "403_stale.html", 403, "This form is too old. Reload the page")


def failed(request: HttpRequest) -> HttpResponse:
    """Rendered without the request: whatever broke may break the frame too."""
    if wants_fragment(request):
        return HttpResponse("Not loaded", status=500, content_type="text/plain")
    return HttpResponse(loader.render_to_string("500.html"), status=500)


def _page(request: HttpRequest, template: str, status: int, line: str) -> HttpResponse:
    if wants_fragment(request):
        return HttpResponse(line, status=status, content_type="text/plain")
    return render(request, template, status=status)
