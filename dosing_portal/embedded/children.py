"""Child processes that never outlive their parent, and a user for those that refuse to run as root."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 10
NOBODY = 65534
PR_SET_PDEATHSIG = 1

LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class ServerError(RuntimeError):
    """A server could not be started; the message says why and what to do."""


@dataclass(frozen=True)
class Identity:
    """The user a server runs as: ``uid`` switches to it, ``prefix`` is put before the command."""

    uid: int | None = None
    prefix: tuple[str, ...] = ()

    def own(self, folder: Path) -> None:
        """Give a folder and all in it to this user. Does nothing for an ordinary user."""
        if os.geteuid() != 0:
            return
        owner = self.uid or 0
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner, owner, follow_symlinks=False)


def identity_for(binary: Path, folder: Path, *, death_signal: signal.Signals) -> Identity:
    """Find a user that is not root, may run ``binary`` and may write in ``folder``, and give it the folder.

    An ordinary user is that user itself. Root becomes nobody, or, where nobody cannot enter the folders, the
    same root under another number inside a user namespace.
    """
    if os.geteuid() != 0:
        return Identity()
    for identity in (Identity(uid=NOBODY), Identity(prefix=_inside_user_namespace(death_signal))):
        identity.own(folder)
        if _may_use(identity, binary, folder):
            return identity
    raise ServerError(
        f"PostgreSQL refuses to run as root, and no other user can both run {binary} and write in {folder}. "
        "Start as an ordinary user, or set DATABASE_URL to a PostgreSQL server of your own."
    )


def _inside_user_namespace(death_signal: signal.Signals) -> tuple[str, ...]:
    """Entering the namespace clears the death signal, so it is set once more inside."""
    return (
        *("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"),
        *("setpriv", "--pdeathsig", death_signal.name.removeprefix("SIG")),
    )


def _may_use(identity: Identity, binary: Path, folder: Path) -> bool:
    if identity.prefix and not all(shutil.which(tool) for tool in ("unshare", "setpriv")):
        return False
    probe = ["/bin/sh", "-c", 'test -x "$1" && test -w "$2"', "sh", str(binary), str(folder)]
    return run_as(identity, probe).returncode == 0


def run_as(
    identity: Identity, command: Sequence[str], *, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a short command as this user and return what it printed."""
    return subprocess.run(
        [*identity.prefix, *command],
        user=identity.uid,
        group=identity.uid,
        extra_groups=None if identity.uid is None else [],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def start(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    folder: Path = Path("/"),
    identity: Identity | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a child that the kernel signals when this process dies, however it dies."""
    who = identity or Identity()
    with log.open("wb") as output:
        return subprocess.Popen(
            [*who.prefix, *command],
            user=who.uid,
            group=who.uid,
            extra_groups=None if who.uid is None else [],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=pass_fds,
            start_new_session=True,  # a Ctrl-C reaches only the parent, which stops all in order
            preexec_fn=_end_with(os.getpid(), death_signal),  # noqa: PLW1509 - one thread, nothing imported
        )


def _end_with(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    def in_child() -> None:
        if LIBC is not None:
            LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # it died before the call above
            os.kill(os.getpid(), death_signal)

    return in_child


def stop(child: subprocess.Popen[bytes], *, by: signal.Signals = signal.SIGTERM) -> None:
    """Ask a child to stop; after ten seconds end it and all it started."""
    if child.poll() is None:
        child.send_signal(by)
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log, for an error message."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(f"    {line}" for line in lines[-count:])
