"""The demo as a whole, and its parts: ports, lock, reset, the visitor that checks it."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dosing_portal.embedded import supervisor
from dosing_portal.embedded.children import ServerError
from dosing_portal.embedded.visitor import SignInForm, Visitor, VisitorError
from tests.embedded.test_children import wait_for_end

ROOT = Path(__file__).resolve().parents[2]
AGAIN_SECONDS = 30


def descendants(pid: int) -> set[int]:
    """The processes that a process started, and those that they started."""
    children = {
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and parent_of(int(entry.name)) == pid
    }
    return children.union(*(descendants(child) for child in children)) if children else set()


def parent_of(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except FileNotFoundError:
        return None


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="portal-demo-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


@pytest.fixture
def demo(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The demo as `make demo` starts it, with servers of its own."""
    environment = {
        name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}
    }
    command = [sys.executable, "-u", "-m", "dosing_portal.embedded.supervisor", "--folder", str(folder)]
    running = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    yield running
    running.kill()
    running.communicate()


def read_announcement(demo: subprocess.Popen[str]) -> tuple[str, list[str]]:
    """The address and the sample logins that the demo prints."""
    assert demo.stdout is not None
    address, logins = "", []
    for line in demo.stdout:
        if line.startswith("The portal runs at "):
            address = line.split()[4]
        elif line.startswith("  "):
            logins.append(line.strip())
        elif line.startswith("Its files"):
            break
    return address, logins


def running_parts(demo: subprocess.Popen[str], part: str) -> set[int]:
    """The processes of the demo whose command line names a part."""
    return {pid for pid in descendants(demo.pid) if part in command_of(pid)}


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def started_again(demo: subprocess.Popen[str], part: str, killed: int) -> bool:
    """Another process of the part runs, soon after the one that was killed."""
    deadline = time.monotonic() + AGAIN_SECONDS
    while time.monotonic() < deadline:
        if running_parts(demo, part) - {killed}:
            return True
        time.sleep(0.1)
    return False


def test_the_demo_starts_again_what_ends_and_a_signal_stops_all_of_it(
    demo: subprocess.Popen[str],
) -> None:
    address, logins = read_announcement(demo)
    Visitor(address).check(logins)
    for part in ("worker -P threads", "valkey-server"):
        (killed,) = running_parts(demo, part)
        os.kill(killed, signal.SIGKILL)
        assert started_again(demo, part, killed), part
    Visitor(address).check(logins)
    processes = descendants(demo.pid)
    commands = " ".join(command_of(pid) for pid in processes)
    for part in ("postgres", "valkey-server", "gunicorn", "worker -P threads", "beat --schedule", "sweep"):
        assert part in commands
    demo.send_signal(signal.SIGTERM)
    assert demo.wait(30) == 0
    assert all(wait_for_end(pid, 1) for pid in processes)
    with pytest.raises(VisitorError):
        Visitor(address).check(logins)


def test_the_next_free_port_is_taken() -> None:
    with supervisor.free_port() as first, supervisor.free_port() as second:
        assert first.getsockname()[1] < second.getsockname()[1]
        assert second.getsockname()[0] == "127.0.0.1"


def test_no_free_port_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(supervisor, "FIRST_PORT", taken.getsockname()[1])
        monkeypatch.setattr(supervisor, "PORTS_TRIED", 1)
        with pytest.raises(ServerError, match="is free"):
            supervisor.free_port()


def test_a_second_demo_over_the_same_folder_is_refused(folder: Path) -> None:
    with (
        supervisor.only_one(folder),
        pytest.raises(ServerError, match="already runs"),
        supervisor.only_one(folder),
    ):
        pass


def test_reset_forgets_everything_but_the_lock(folder: Path) -> None:
    with supervisor.only_one(folder):
        key = supervisor.secret_key(folder)
        (folder / "postgres").mkdir()
        supervisor.empty(folder)
        assert [path.name for path in folder.iterdir()] == [supervisor.LOCK_NAME]
        assert supervisor.secret_key(folder) != key


def test_the_key_is_kept_and_only_its_owner_reads_it(folder: Path) -> None:
    key = supervisor.secret_key(folder)
    assert len(key) >= 50
    assert supervisor.secret_key(folder) == key
    assert (folder / "secret_key").stat().st_mode & 0o077 == 0


def test_the_visitor_finds_the_sign_in_form_among_others() -> None:
    form = SignInForm(
        '<form action="/search/"><input name="q"></form>'
        '<form method="post" action="/sign-in/"><input type="hidden" name="token" value="t">'
        '<input name="username"><input type="password" name="password"><input type="submit" name="go"></form>'
        '<form action="/language/"><input name="language"></form>'
    )
    assert form.action == "/sign-in/"
    assert form.fields == {"token": "t", "username": "", "password": ""}
    assert (form.user_field, form.password_field) == ("username", "password")


def test_a_visitor_without_a_login_complains() -> None:
    with pytest.raises(VisitorError, match="printed no login"):
        Visitor("http://127.0.0.1:1").check([])
