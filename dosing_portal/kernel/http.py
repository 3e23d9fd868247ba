"""Answers that every page gives alike: a whole page or its fragment, and nothing when nothing changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from dosing_portal.kernel.models import Staff

VERSION = "version"


class StaffRequest(HttpRequest):
    """A request that ``permissions.require`` let through: somebody is signed in."""

    user: Staff


def wants_fragment(request: HttpRequest) -> bool:
    """True when htmx will swap the answer into the page that stands; boosted links and history want all."""
    headers = request.headers
    whole = headers.get("HX-Boosted") or headers.get("HX-History-Restore-Request")
    return headers.get("HX-Request") == "true" and not whole


def is_poll(request: HttpRequest) -> bool:
    """True for a read that a page makes by itself; it must not count as somebody being there."""
    return request.method in {"GET", "HEAD"} and wants_fragment(request)


def render_htmx(
    request: HttpRequest,
    page_template: str,
    fragment_template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """The fragment for htmx, the whole page for everybody else, from the same context at the same address."""
    template = fragment_template if wants_fragment(request) else page_template
    response = render(request, template, dict(context), status=status)
    patch_vary_headers(response, ("HX-Request",))
    return response


def version_of(*parts: object) -> str:
    """A short token of what a live region shows. Equal parts, equal token, in every process."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def live(request: HttpRequest, version: str, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """204 when the page already shows this version, else what ``answer`` renders.

    Patient pages are never stored, so a browser has nothing to revalidate: the token travels in
    ``?version=``, and a 204 leaves focus and typed values where they are.
    """
    if request.GET.get(VERSION) == version:
        return HttpResponse(status=204)
    response = answer()
    patch_vary_headers(response, ("HX-Request",))
    return response
