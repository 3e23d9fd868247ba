"""Commands that need no portal around them: worked cases and stories run on a fresh checkout.

``validate_protocol`` asks the rules only, so invented settings do. ``replay_story`` gets a database of its
own from the embedded PostgreSQL and leaves nothing behind; the configured one is never touched.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

NEEDS_NOTHING = "validate_protocol"
NEEDS_A_DATABASE = "replay_story"
NOWHERE = {"DATABASE_URL": "postgres://nobody@/none?host=/nowhere", "REDIS_URL": "redis://127.0.0.1:1/0"}


@contextmanager
def around(arguments: Sequence[str]) -> Iterator[None]:
    """What the named command needs is there inside the block, and gone after it."""
    command = arguments[1] if len(arguments) > 1 else ""
    with _folder(command) as folder:
        if folder is None:
            yield
        elif command == NEEDS_NOTHING:
            _invent(folder, NOWHERE)
            yield
        else:
            with _own_database(folder):
                yield


@contextmanager
def _folder(command: str) -> Iterator[Path | None]:
    """A throw-away folder for a command that has to be given something."""
    invented = command == NEEDS_NOTHING and not os.environ.get("DATABASE_URL")
    if not invented and command != NEEDS_A_DATABASE:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="portal-bench-"))
    folder.chmod(0o711)  # root's PostgreSQL runs as nobody, who must pass through
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _own_database(folder: Path) -> Iterator[None]:
    from dosing_portal.embedded.servers import Servers

    with Servers(folder, durable=False, given={"REDIS_URL": NOWHERE["REDIS_URL"]}) as servers:
        owner = {**servers.owner, "PORTAL_APPLICATION_ROLE": ""}
        _invent(folder, NOWHERE | owner)
        os.environ.update(owner)
        _migrate()
        yield
        _close()


def _invent(folder: Path, urls: dict[str, str]) -> None:
    """Settings for invented patients wherever the environment has none."""
    from dosing_portal.embedded.servers import sample_environment

    invented = sample_environment(folder, base_url="http://localhost", secret_key="bench-" * 10)
    for name, value in {**invented, **urls}.items():
        os.environ.setdefault(name, value)


def _migrate() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)


def _close() -> None:
    from django.db import connections

    connections.close_all()
