"""What must hold of the repository as a whole: locks, driver, migrations, append-only tables, the clock."""

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models import Model
from pytest_socket import SocketConnectBlockedError

from dosing_portal.kernel.append_only import AppendOnly

ROOT = Path(settings.BASE_DIR)
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PIN = re.compile(r"^(?P<name>[a-z0-9.\-]+)==(?P<version>\S+)", re.MULTILINE)
APPEND_ONLY = [model for model in apps.get_models() if issubclass(model, AppendOnly)]


def pins(lock: Path) -> dict[str, str]:
    return dict(PIN.findall(lock.read_text()))


def test_there_is_a_lock_for_every_use() -> None:
    assert [lock.stem for lock in LOCKS] == ["bootstrap", "demo", "dev", "runtime"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_names_no_host_and_every_pin_has_its_hashes(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert "index-url" not in text
    requirements = [block for block in re.split(r"\n(?=\S)", text) if not block.startswith("#")]
    assert requirements
    for requirement in requirements:
        assert PIN.match(requirement)
        assert "--hash=sha256:" in requirement


def test_the_locks_agree() -> None:
    runtime, demo, dev = (pins(ROOT / "requirements" / f"{name}.txt") for name in ("runtime", "demo", "dev"))
    assert runtime.items() <= demo.items() <= dev.items()


def test_no_lock_file_of_another_tool_is_kept() -> None:
    for name in ("uv.lock", "pylock.toml", "poetry.lock", "package-lock.json"):
        assert not (ROOT / name).exists()


def test_the_driver_is_psycopg2() -> None:
    assert connection.Database.__name__ == "psycopg2"  # type: ignore[attr-defined]
    assert not {"psycopg", "psycopg-binary"} & pins(ROOT / "requirements" / "dev.txt").keys()


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)


@pytest.mark.django_db
@pytest.mark.parametrize("model", APPEND_ONLY, ids=lambda model: model._meta.label)
def test_an_append_only_table_has_both_triggers(model: type[Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger"
            " WHERE tgrelid = to_regclass(%s) AND tgenabled = 'O'",
            [model._meta.db_table],
        )
        triggers = " ".join(definition for (definition,) in cursor.fetchall())
    for operation in ("UPDATE", "DELETE", "TRUNCATE"):
        assert re.search(rf"BEFORE [A-Z ]*{operation}", triggers), f"{model._meta.label} allows {operation}"


@pytest.mark.parametrize(
    "reading",
    [
        "import datetime\n\nWHEN = datetime.datetime.now(datetime.UTC)\n",
        "from datetime import UTC, datetime\n\nWHEN = datetime.now(UTC)\n",
        "from datetime import date\n\nWHEN = date.today()\n",
        "import time\n\nWHEN = time.time()\n",
        "from django.utils import timezone\n\nWHEN = timezone.now()\n",
        "from django.utils.timezone import now\n\nWHEN = now()\n",
        "from django.db.models.functions import Now\n\nWHEN = Now()\n",
    ],
)
def test_the_linter_lets_only_the_kernel_read_the_clock(reading: str) -> None:
    assert "TID251" in ruff(reading, "patients/services/observations.py")
    assert "TID251" not in ruff(reading, "dosing_portal/kernel/clock.py")


def test_nobody_silences_that_rule() -> None:
    for package in ("dosing_portal", "protocols", "patients", "schedules"):
        for module in (ROOT / package).rglob("*.py"):
            assert not re.search(r"noqa.*TID251", module.read_text()), module


def test_no_test_reaches_beyond_this_machine() -> None:
    with pytest.raises((SocketConnectBlockedError, UserWarning), match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        socket.create_connection(listener.getsockname(), timeout=1).close()


def ruff(source: str, path: str) -> str:
    """What the project's linter says of a module that stood at ``path``."""
    program = str(Path(sys.executable).parent / "ruff")
    command = [program, "check", "--output-format", "concise", "--stdin-filename", path, "-"]
    return subprocess.run(command, cwd=ROOT, input=source, capture_output=True, text=True, check=False).stdout
