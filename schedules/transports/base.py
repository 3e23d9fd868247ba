"""What every channel is: something that sends one message and returns a receipt, or says why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Message:
    """One message on its way out. ``key`` is the same on every attempt, so a receiver can drop repeats."""

    key: UUID
    center_id: UUID
    address: str
    subject: str
    text: str


class TransportError(Exception):
    """A message that did not leave. ``permanent`` when trying again cannot help."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent


class Transport(Protocol):
    def send(self, message: Message) -> str:
        """Send and return the receiver's receipt. Raises ``TransportError``."""
        ...
