"""Sessions end when nobody is there. In tests, a person signed in by ``force_login`` is always there.

A test of the time-out itself signs in through the form.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from dosing_portal.kernel import clock
from dosing_portal.kernel.models import Staff
from dosing_portal.web import idle

force_login = Client.force_login
request = Client.request


def install(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Client, "force_login", _sign_in)
    patch.setattr(Client, "request", _request)


def _sign_in(client: Client, user: Staff, backend: str | None = None) -> None:
    force_login(client, user, backend)
    at = clock.now()
    session = client.session
    session[idle.SIGNED_IN_AT] = int(at.timestamp())
    session.save()
    client.present = (user, session.session_key, at)  # type: ignore[attr-defined]


def _request(client: Client, **environ: Any) -> Any:
    present: tuple[Staff, str, datetime] | None = getattr(client, "present", None)
    if present is not None:
        user, session_key, since = present
        at = clock.now()
        if abs(at - since) > idle.ABSOLUTE - timedelta(hours=1):
            _sign_in(client, user)
            session_key = client.session.session_key or ""
        client.cookies[idle.COOKIE] = idle.seal(session_key, at)
    return request(client, **environ)
