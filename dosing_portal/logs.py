"""Logs as JSON lines. They carry ids only: no query strings, no signed links, no local variables."""

import re
from collections.abc import MutableMapping
from typing import Any

import structlog

SIGNED_LINK = re.compile(r"^(?P<place>/(?:a|card)/)[^/]+")

Event = MutableMapping[str, Any]


def without_secrets(_logger: object, _name: str, event: Event) -> Event:
    """Cut search words and link tokens out of the ``request`` line that django-structlog logs."""
    request = event.get("request")
    if isinstance(request, str):
        method, _, target = request.partition(" ")
        path = SIGNED_LINK.sub(r"\g<place>...", target.split("?", 1)[0])
        event["request"] = f"{method} {path}"
    return event


SHARED_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    without_secrets,
]


def configure_structlog() -> None:
    """Send structlog's events through the standard library's logging."""
    structlog.configure(
        processors=[*SHARED_PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def logging_settings(level: str) -> dict[str, Any]:
    """Django's LOGGING: one JSON line on standard error for each event."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED_PROCESSORS,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.ExceptionRenderer(
                        structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
                    ),
                    structlog.processors.JSONRenderer(),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Four sweeps every two seconds would fill the log with successes.
            "celery": {"level": "WARNING"},
            "django_structlog.celery": {"level": "WARNING"},
        },
    }
