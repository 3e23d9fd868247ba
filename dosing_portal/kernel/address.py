"""Where a request comes from."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The caller's address; behind the proxy that ends TLS, the one that this proxy added last."""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    behind_proxy = settings.SECURE_PROXY_SSL_HEADER is not None
    address: str = forwarded if behind_proxy and forwarded else request.META.get("REMOTE_ADDR", "")
    return address[:45]
