"""Both servers, each only where no URL names another one, and the variables that lead the portal to them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from dosing_portal.embedded.postgres import APPLICATION_ROLE, OWNER_ROLE, PostgresServer
from dosing_portal.embedded.sockets import make_socket_folder
from dosing_portal.embedded.valkey import ValkeyServer


@dataclass
class Servers:
    """A context manager: the servers run inside it."""

    folder: Path
    durable: bool = True
    given: Mapping[str, str] = field(default_factory=lambda: os.environ)
    application: dict[str, str] = field(init=False, default_factory=dict)
    """The variables of every process of the portal."""
    owner: dict[str, str] = field(init=False, default_factory=dict)
    """What the migrating process has instead: the role that owns the tables."""
    processes: dict[str, subprocess.Popen[bytes]] = field(init=False, default_factory=dict)
    starters: dict[str, Callable[[], subprocess.Popen[bytes]]] = field(init=False, default_factory=dict)
    """What starts a server again that ended: the broker alone, because nothing lives only there."""
    _running: ExitStack = field(init=False, default_factory=ExitStack)

    def __enter__(self) -> Servers:
        with ExitStack() as starting:
            sockets = make_socket_folder(self.folder)
            starting.callback(shutil.rmtree, sockets, ignore_errors=True)
            if not self.given.get("DATABASE_URL"):
                self._start_postgres(sockets, starting)
            if not self.given.get("REDIS_URL"):
                self._start_valkey(sockets, starting)
            self._running = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def _start_postgres(self, sockets: Path, starting: ExitStack) -> None:
        postgres = PostgresServer(self.folder / "postgres", sockets, durable=self.durable)
        starting.callback(postgres.stop)
        postgres.start()
        self.processes["PostgreSQL"] = postgres.process
        self.application |= {
            "DATABASE_URL": postgres.url(APPLICATION_ROLE),
            "PORTAL_APPLICATION_ROLE": APPLICATION_ROLE,
        }
        self.owner = {"DATABASE_URL": postgres.url(OWNER_ROLE)}

    def _start_valkey(self, sockets: Path, starting: ExitStack) -> None:
        valkey = ValkeyServer(self.folder / "valkey", sockets, durable=self.durable)
        starting.callback(valkey.stop)
        valkey.start()
        self.processes["Valkey"] = valkey.process
        self.starters["Valkey"] = valkey.start_again
        self.application["REDIS_URL"] = valkey.url


def sample_environment(folder: Path, *, base_url: str, secret_key: str) -> dict[str, str]:
    """What the settings ask for, apart from the servers, where every patient is invented."""
    return {
        "DJANGO_SETTINGS_MODULE": "dosing_portal.settings",
        "SECRET_KEY": secret_key,
        "PORTAL_DEMO": "1",
        "PORTAL_BASE_URL": base_url,
        "PORTAL_EXTRA_HOSTS": "localhost",
        "PORTAL_STATIC_ROOT": str(folder / "static"),
        "EMAIL_URL": f"file://{folder / 'mailbox'}",
        "EMAIL_FROM": "Dosing Portal demo <portal@clinic.example>",
    }
