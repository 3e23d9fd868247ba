"""A session ends 15 minutes after somebody last did something, and 12 hours after sign-in.

When somebody was last there stands in a signed cookie, so that keeping it costs no database write. Only
answers to what a person did renew it: a page that polls by itself does not. The cookie is bound to its
session by the signature's salt. A session without it counts from its sign-in: removing it gains nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth import login
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from dosing_portal.kernel.models import Staff

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=12)
WARNING = timedelta(minutes=1)
COOKIE = "last_seen"
SIGNED_IN_AT = "signed_in_at"


def open_session(request: HttpRequest, staff: Staff, at: datetime) -> None:
    """A new session under a new key, also for somebody who had one, with the time it began."""
    request.session.flush()
    login(request, staff, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session[SIGNED_IN_AT] = int(at.timestamp())


def time_left(request: HttpRequest, at: datetime) -> timedelta:
    """How long the session lasts if nobody does anything; not above zero when it is over.

    A session that does not say when it began is over.
    """
    signed_in_at = request.session.get(SIGNED_IN_AT)
    if signed_in_at is None:
        return timedelta(0)
    began = datetime.fromtimestamp(signed_in_at, tz=UTC)
    last_seen = max(began, _last_seen(request) or began)
    return min(began + ABSOLUTE, last_seen + IDLE) - at


def _last_seen(request: HttpRequest) -> datetime | None:
    try:
        epoch = _signer(request.session.session_key).unsign(request.COOKIES.get(COOKIE, ""))
    except signing.BadSignature:
        return None
    return datetime.fromtimestamp(int(epoch), tz=UTC)


def renew(request: HttpRequest, response: HttpResponseBase, at: datetime) -> None:
    """Write down that somebody was there."""
    response.set_cookie(
        COOKIE,
        seal(request.session.session_key, at),
        secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True,
        samesite="Lax",
    )


def seal(session_key: str | None, at: datetime) -> str:
    """The cookie's value: a time that only this portal could have written, for one session."""
    return _signer(session_key).sign(f"{at.timestamp():.0f}")


def _signer(session_key: str | None) -> signing.Signer:
    return signing.Signer(salt=f"web.idle:{session_key}")
