"""Stand-ins for what lies outside; ``tests/transports/test_fakes.py`` holds each to the real signatures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from schedules.transports import TRANSPORTS, Message, Transport, TransportError


def taking(message: Message) -> str:
    """A receiver that takes everything."""
    return f"took {message.key}"


@dataclass
class FakeTransport:
    """Keeps what was sent; ``receiver`` decides what becomes of a message."""

    receiver: Callable[[Message], str] = field(default_factory=lambda: taking)
    sent: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> str:
        self.sent.append(message)
        return self.receiver(message)

    @property
    def addresses(self) -> list[str]:
        return [message.address for message in self.sent]


def refusing(reason: str = "no such address", *, permanent: bool = False) -> Callable[[Message], str]:
    """A receiver that takes nothing."""

    def answer(_message: Message) -> str:
        raise TransportError(reason, permanent=permanent)

    return answer


@dataclass
class Hanging:
    """A receiver that takes a message and says nothing until it is let go."""

    only: str = ""  # the address that hangs; empty: every one
    arrived: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def __call__(self, message: Message) -> str:
        if self.only in {"", message.address}:
            self.arrived.set()
            self.released.wait(timeout=10)
        return "at last"


@contextmanager
def channels(**fakes: Transport) -> Iterator[None]:
    """Send over these instead of the real channels, for example ``channels(email=FakeTransport())``."""
    with pytest.MonkeyPatch.context() as patch:
        for name, fake in fakes.items():
            patch.setitem(TRANSPORTS, name, fake)
        yield
