"""A child never outlives its parent, and PostgreSQL never runs as root."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dosing_portal.embedded import children
from dosing_portal.embedded.children import Identity, ServerError

PARENT = """
import os, sys, time
from pathlib import Path
from dosing_portal.embedded import children
child = children.start(["sleep", "600"], log=Path(sys.argv[1]), environment=os.environ)
print(child.pid, flush=True)
time.sleep(600)
"""


def is_running(pid: int) -> bool:
    """Whether a process lives; one that ended and waits for its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_for_end(pid: int, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and is_running(pid):
        time.sleep(0.02)
    return not is_running(pid)


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert is_running(child)
    parent.kill()
    parent.communicate()
    assert wait_for_end(child)


def test_a_child_that_ignores_the_request_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "STOP_SECONDS", 0.2)
    deaf = ["/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"]
    log = tmp_path / "log"
    child = children.start(deaf, log=log, environment=os.environ)
    while "ready" not in log.read_text():
        time.sleep(0.01)
    children.stop(child)
    assert child.returncode == -signal.SIGKILL


def test_root_becomes_nobody_where_nobody_may_enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owned: list[Identity] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(Identity, "own", lambda identity, _folder: owned.append(identity))
    monkeypatch.setattr(children, "_may_use", lambda *_: True)
    chosen = children.identity_for(Path("/bin/true"), tmp_path, death_signal=signal.SIGINT)
    assert chosen == Identity(uid=children.NOBODY)
    assert owned == [chosen]


def test_root_enters_a_user_namespace_where_nobody_may_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(Identity, "own", lambda *_: None)
    monkeypatch.setattr(children, "_may_use", lambda identity, *_: identity.uid is None)
    chosen = children.identity_for(Path("/bin/true"), tmp_path, death_signal=signal.SIGINT)
    assert chosen.prefix[0] == "unshare"
    assert chosen.prefix[-3:] == ("setpriv", "--pdeathsig", "INT")


def test_root_that_can_become_nobody_else_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(Identity, "own", lambda *_: None)
    monkeypatch.setattr(children, "_may_use", lambda *_: False)
    with pytest.raises(ServerError, match="set DATABASE_URL to a PostgreSQL server of your own"):
        children.identity_for(Path("/bin/true"), tmp_path, death_signal=signal.SIGINT)


def test_an_ordinary_user_stays_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert children.identity_for(Path("/bin/true"), tmp_path, death_signal=signal.SIGINT) == Identity()
