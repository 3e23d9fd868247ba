"""One module a channel; the registry is a table."""

from schedules.transports.base import Message, Transport, TransportError
from schedules.transports.console import ConsoleTransport
from schedules.transports.email import EmailTransport
from schedules.transports.webhook import WebhookTransport

TRANSPORTS: dict[str, Transport] = {
    "email": EmailTransport(),
    "webhook": WebhookTransport(),
    "console": ConsoleTransport(),
}

__all__ = ["TRANSPORTS", "Message", "Transport", "TransportError"]
