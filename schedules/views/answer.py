"""The page behind the link of a message: one button, no sign-in, no more than initials and the matter."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.signing import SignatureExpired
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from dosing_portal.kernel import clock
from dosing_portal.kernel.permissions import Permission, may, public
from schedules import links
from schedules.models import Alert, Page
from schedules.selectors import alerts as selectors
from schedules.services import alerts
from schedules.views.alert_words import held_words

UNKNOWN = "This link is not one of ours, or it was changed on its way."
TOO_OLD = "This link is too old to be used."
LEFT = "This account cannot answer alerts any more."


@public
@csrf_exempt  # the signed link is the authority, not a cookie: it must work where cookies are blocked
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button, because previews of messages open links; only POST says "I have this"."""
    try:
        page = selectors.page_answered(links.page_of(token))
    except links.BadLink as bad:
        expired = isinstance(bad.__cause__, SignatureExpired)
        return _refused(request, TOO_OLD if expired else UNKNOWN, 410 if expired else 404)
    except Page.DoesNotExist:
        return _refused(request, UNKNOWN, 404)
    if not may(page.recipient, Permission.ACKNOWLEDGE_ALERT):
        return _refused(request, LEFT, 403)
    if request.method == "POST" and page.alert is not None:
        _acknowledge(page.alert.pk, page)
        return HttpResponseRedirect(request.path)
    return _answered(request, page)


def _acknowledge(alert_id: UUID, page: Page) -> None:
    alerts.acknowledge(alert_id=alert_id, by=page.recipient, at=clock.now(), via="link")


def _answered(request: HttpRequest, page: Page) -> HttpResponse:
    alert = page.alert
    context: dict[str, Any] = {
        "alert": alert,
        "page": page,
        "open": alert is not None and alert.state == Alert.State.OPEN,
        "yours": alert is not None and alert.acknowledged_by_id == page.recipient_id,
    }
    with timezone.override(page.recipient.center.zone):
        if alert is not None:
            context["held"] = held_words(alert, clock.now())
        return render(request, "schedules/answer.html", context)


def _refused(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    return render(request, "schedules/answer_refused.html", {"sentence": sentence}, status=status)
