"""Where the servers' Unix sockets lie: a short folder, since a socket's path ends at 107 bytes."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from dosing_portal.embedded.children import NOBODY, ServerError

LONGEST_SOCKET_PATH = 107
LONGEST_SOCKET_NAME = ".s.PGSQL.5432.lock"


def make_socket_folder(data_folder: Path) -> Path:
    """Make the socket folder that belongs to a data folder, closed to every other user."""
    folder = _place(data_folder)
    folder.mkdir(mode=0o700, exist_ok=True)
    ours = {os.geteuid()} | ({NOBODY} if os.geteuid() == 0 else set())
    if folder.is_symlink() or folder.stat().st_uid not in ours:
        raise ServerError(f"{folder} belongs to another user. Remove it, or set TMPDIR to a folder of yours.")
    return folder


def _place(data_folder: Path) -> Path:
    name = f"portal-{hashlib.sha256(os.fsencode(data_folder.resolve())).hexdigest()[:10]}"
    folder = Path(tempfile.gettempdir()) / name
    too_long = len(os.fsencode(folder / LONGEST_SOCKET_NAME)) > LONGEST_SOCKET_PATH
    return Path("/tmp") / name if too_long else folder  # noqa: S108 - mode 0700, and its owner is checked
