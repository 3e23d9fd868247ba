"""The live part of the top bar, asked for by every page as long as it stands open."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dosing_portal.kernel.http import StaffRequest, live
from dosing_portal.kernel.permissions import Permission, require
from dosing_portal.web.frame import Frame


@require(Permission.VIEW_SETTINGS)
@require_GET
def frame(request: StaffRequest) -> HttpResponse:
    now = Frame(request)
    return live(request, now.version, lambda: render(request, "components/frame_poll.html", {"frame": now}))
