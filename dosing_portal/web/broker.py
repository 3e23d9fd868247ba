"""Whether the broker answers. Asked at most every ten seconds a process, and never for long."""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

ASKED_EVERY_SECONDS = 10
PATIENCE_SECONDS = 0.3


def answers() -> bool:
    """True when the broker answered within the last few seconds."""
    return bool(cache.get_or_set("broker-answers", ask, ASKED_EVERY_SECONDS))


def ask() -> bool:
    """One PING on a connection of its own: Celery's would wait two seconds between its tries."""
    address = settings.CELERY_BROKER_URL.replace("redis+socket://", "unix://", 1)
    try:
        with Redis.from_url(
            address,
            socket_connect_timeout=PATIENCE_SECONDS,
            socket_timeout=PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
        ) as client:
            return bool(client.ping())
    except RedisError:
        return False
