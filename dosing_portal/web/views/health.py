"""For monitors: is the web alive, and are the clocks?"""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from dosing_portal.kernel import clock
from dosing_portal.kernel.permissions import public
from dosing_portal.web.selectors import health


@public
@require_safe
def liveness(_request: HttpRequest) -> JsonResponse:
    """200 while this process answers, 503 without its database; the broker and the sweeps are reported only.

    A balancer that took web nodes away because a sweep is late would make a bad night worse.
    """
    found = health.parts(clock.now())
    return JsonResponse(found, status=200 if found["database"] == health.OK else 503)


@public
@require_safe
def clocks(_request: HttpRequest) -> JsonResponse:
    """503 when alerting is late, naming each dead part: what an outside monitor polls."""
    dead = health.dead_clocks(clock.now())
    return JsonResponse({"late": dead} if dead else {"sweeps": health.OK}, status=503 if dead else 200)
