"""Signed addresses that leave the portal, and the key a center's webhook receivers check."""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.crypto import salted_hmac

_SALT = "schedules.page"
VALID_SECONDS = 72 * 3600


class BadLink(Exception):
    """A link that was changed, or is too old to be used."""


def page_token(page_id: UUID) -> str:
    """What stands in the link of one page: the page, signed and dated."""
    return signing.dumps(str(page_id), salt=_SALT, compress=True)


def page_of(token: str) -> UUID:
    """The page behind a link's token. Raises ``BadLink``."""
    try:
        return UUID(signing.loads(token, salt=_SALT, max_age=VALID_SECONDS))
    except (signing.BadSignature, ValueError) as error:
        raise BadLink from error


def page_url(page_id: UUID) -> str:
    return settings.PORTAL_BASE_URL + reverse("schedules:page-answer", args=[page_token(page_id)])


def webhook_key(center_id: UUID) -> str:
    """The shared secret of one center's webhooks: shown to its administrator, never sent."""
    return salted_hmac("schedules.webhook", str(center_id), algorithm="sha256").hexdigest()


def webhook_signature(center_id: UUID, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over ``time.body`` with the center's key, in hex: plain, so that any receiver can check it.

    The time is signed too, so that a message can be neither changed nor replayed later.
    """
    value = timestamp.encode() + b"." + body
    return hmac.new(webhook_key(center_id).encode(), value, hashlib.sha256).hexdigest()
