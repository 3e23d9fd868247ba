"""Writes the message to the log: for a drill at a desk, never for a real call tree."""

from __future__ import annotations

import logging

from schedules.transports.base import Message

log = logging.getLogger(__name__)


class ConsoleTransport:
    def send(self, message: Message) -> str:
        log.info("page", extra={"key": str(message.key), "subject": message.subject})
        return "logged"
