"""The demo: both servers, the sample center, web, worker, beat and the standby sweeper, under one process.

``python -m dosing_portal.embedded.supervisor [--check] [--reset] [--folder FOLDER]``. INT, TERM or HUP stops
everything; so does the end of any part.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from dosing_portal.embedded import children, prepared
from dosing_portal.embedded.children import ServerError
from dosing_portal.embedded.servers import Servers, sample_environment
from dosing_portal.embedded.visitor import Visitor, VisitorError

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".portal"
LOCK_NAME = "lock"
FIRST_PORT = 8000
PORTS_TRIED = 100
WEB_SECONDS = 120
RESTARTS, RESTARTS_COUNT_SECONDS = 10, 60
"""How often a part may end within so many seconds before the demo gives up."""
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """A signal asked the demo to stop."""


class PartEndedError(RuntimeError):
    """A server or a process of the portal ended by itself."""


@dataclass
class Demo:
    """What runs, and where it keeps its files."""

    folder: Path
    listener: socket.socket
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    starters: dict[str, Callable[[], subprocess.Popen[bytes]]] = field(default_factory=dict)
    started_again: dict[str, list[float]] = field(default_factory=dict)
    logins: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start everything in order; on the way out stop it in reverse."""
        with ExitStack() as stack:
            servers = stack.enter_context(Servers(self.folder))
            self.processes |= servers.processes
            self.starters |= servers.starters
            self.environment = {
                **os.environ,
                **sample_environment(self.folder, base_url=self.address, secret_key=secret_key(self.folder)),
                **servers.application,
            }
            stack.callback(self._stop_portal)
            state = prepared.state_of(ROOT)
            known = prepared.recall(self.folder, state)
            self.logins = self._prepare(servers.owner) if known is None else known
            self._start_portal()
            if known is None:
                prepared.remember(self.folder, state, self.logins)
            yield

    def _prepare(self, owner: dict[str, str]) -> list[str]:
        """Static files, tables and the sample center; gives its logins, one a line."""
        static_files = self._start("static files", manage("collectstatic", "--noinput", "--verbosity", "0"))
        self._run(manage("prepare_database", "--verbosity", "0"), owner)
        logins = self._run(manage("sample_center"), {})
        if static_files.wait() != 0:
            raise PartEndedError(f"collectstatic failed:\n{children.last_lines(self._log('static files'))}")
        return logins

    def watch(self) -> None:
        """Return never: start again whatever part ends, as the production set-up does.

        Raises ``PartEndedError`` for a part that cannot be started again, or ends again and again.
        """
        while True:
            for name, process in self.processes.items():
                if process.poll() is not None:
                    self._start_again(name)
            time.sleep(0.2)

    def _start_again(self, name: str) -> None:
        now = time.monotonic()
        recent = [at for at in self.started_again.get(name, ()) if now - at < RESTARTS_COUNT_SECONDS]
        if name not in self.starters or len(recent) >= RESTARTS:
            self._require_all()
        print(f"{name} ended by itself and is started again.", flush=True)
        self.started_again[name] = [*recent, now]
        self.processes[name] = self.starters[name]()

    def wait_until_open(self) -> Visitor:
        """Wait for the first answer of the web process."""
        visitor = Visitor(self.address)
        deadline = time.monotonic() + WEB_SECONDS
        while not visitor.is_answered():
            self._require_all()
            if time.monotonic() > deadline:
                raise PartEndedError(
                    f"The web process did not answer within {WEB_SECONDS} s. See {self._log('web')}."
                )
            time.sleep(0.1)
        return visitor

    def _start_portal(self) -> None:
        listening = self.listener.fileno()
        beat_schedule = self.folder / "beat-schedule"
        ours: dict[str, Callable[[], subprocess.Popen[bytes]]] = {
            "web": lambda: self._start("web", web_command(listening), pass_fds=(listening,)),
            "worker": lambda: self._start("worker", worker_command()),
            "beat": lambda: self._start("beat", beat_command(beat_schedule)),
            "sweeper": lambda: self._start("sweeper", manage("sweep")),
        }
        self.starters |= ours
        for name, start in ours.items():
            self.processes[name] = start()

    def _start(
        self, name: str, command: Sequence[str], pass_fds: Sequence[int] = ()
    ) -> subprocess.Popen[bytes]:
        return children.start(
            command, log=self._log(name), environment=self.environment, folder=ROOT, pass_fds=pass_fds
        )

    def _run(self, command: Sequence[str], extra: dict[str, str]) -> list[str]:
        done = subprocess.run(
            command, env=self.environment | extra, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode != 0:
            raise PartEndedError(f"`{' '.join(command[1:])}` failed with status {done.returncode}.")
        return done.stdout.splitlines()

    def _log(self, name: str) -> Path:
        return self.folder / f"{name.replace(' ', '-')}.log"

    def _require_all(self) -> None:
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise PartEndedError(
                    f"{name} ended with status {process.returncode}:\n{children.last_lines(self._log(name))}"
                )

    def _stop_portal(self) -> None:
        ours = [
            self.processes[name] for name in ("sweeper", "beat", "worker", "web") if name in self.processes
        ]
        for process in ours:
            if process.poll() is None:
                process.terminate()
        for process in ours:
            children.stop(process)


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def web_command(listening: int) -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "dosing_portal.wsgi", "--bind", f"fd://{listening}"),
        *("--workers", "3", "--preload", "--graceful-timeout", "5"),
        *("--no-control-socket", "--log-level", "warning"),
    ]


def worker_command() -> list[str]:
    return [
        *(sys.executable, "-m", "celery", "-A", "dosing_portal", "worker"),
        *("-P", "threads", "-c", "4", "--without-mingle", "--without-gossip"),
    ]


def beat_command(schedule: Path) -> list[str]:
    return [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "dosing_portal",
        "beat",
        "--schedule",
        str(schedule),
        "--pidfile=",
    ]


def secret_key(folder: Path) -> str:
    """One key for the life of the data folder, so that links and sessions outlive a restart."""
    path = folder / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


def free_port() -> socket.socket:
    """Listen on the usual port, or on the next one that is free."""
    for port in range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(64)
        except OSError:
            listener.close()
        else:
            return listener
    raise ServerError(f"No port from {FIRST_PORT} to {FIRST_PORT + PORTS_TRIED - 1} is free.")


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the data folder: a second demo over the same files would harm both."""
    folder.mkdir(exist_ok=True)
    with (folder / LOCK_NAME).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ServerError(f"A demo already runs over {folder}. Stop it first.") from None
        yield


def empty(folder: Path) -> None:
    """Forget everything an earlier demo kept; the lock stays."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != LOCK_NAME:
            path.unlink()


def stop_on_signals() -> None:
    """Turn the first stop signal into an exception; the ones after it cannot disturb the clean-up."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise Stopped

    for number in STOP_SIGNALS:
        signal.signal(number, stop)


def announce(demo: Demo, started: float) -> None:
    seconds = round(time.monotonic() - started)
    print(f"\nThe portal runs at {demo.address} after {seconds} s, with invented patients only.\n")
    for login in demo.logins:
        print(f"  {login}")
    print(f"\nIts files and logs are in {demo.folder}. Ctrl-C stops it.\n", flush=True)


def run(options: argparse.Namespace) -> None:
    """Start, then check once or run until something ends it."""
    started = time.monotonic()
    folder: Path = options.folder.resolve()
    with only_one(folder):
        if options.reset:
            empty(folder)
        with free_port() as listener:
            demo = Demo(folder, listener)
            with demo.running():
                visitor = demo.wait_until_open()
                announce(demo, started)
                if options.check:
                    visitor.check(demo.logins)
                    print("Checked: signed in, saw Today, and the health page is well. Stopping.", flush=True)
                else:
                    demo.watch()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="make demo ARGS=...", description="Run the portal with invented patients."
    )
    parser.add_argument("--check", action="store_true", help="start, sign in, look at two pages, stop")
    parser.add_argument("--reset", action="store_true", help="start with an empty data folder")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where its data lives (.portal)")
    options = parser.parse_args(arguments)
    stop_on_signals()
    try:
        run(options)
    except Stopped:
        print("Stopped.")
    except PermissionError as error:
        print(f"{error}. Another user may have made {options.folder}: choose --folder.", file=sys.stderr)
        return 1
    except (ServerError, PartEndedError, VisitorError) as error:
        print(f"\n{error}\nEverything is stopped.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
