"""A receiver on the loopback that plays what receivers do: take, refuse, redirect, stay silent, dribble."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What it answers, and what it got."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    silent_seconds: float = 0
    dribble_seconds: float = 0
    got: list[Received] = field(default_factory=list)
    url: str = ""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        time.sleep(self.silent_seconds)
        with suppress(BrokenPipeError, ConnectionResetError):  # the sender did not wait
            request.send_response(self.status)
            for name, value in self.headers.items():
                request.send_header(name, value)
            request.end_headers()
            self._dribble(request)

    def _dribble(self, request: BaseHTTPRequestHandler) -> None:
        ends_at = time.monotonic() + self.dribble_seconds
        while time.monotonic() < ends_at:
            request.wfile.write(b".")
            request.wfile.flush()
            time.sleep(0.05)


@contextmanager
def listening(receiver: Receiver) -> Iterator[Receiver]:
    """The receiver behind an address of the loopback while the block runs."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(Received(self.path, dict(self.headers), body))
            receiver.answer(self)

        def log_message(self, *_said: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        server.daemon_threads = True
        receiver.url = f"http://127.0.0.1:{server.server_port}/pager"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield receiver
        server.shutdown()
        thread.join()
