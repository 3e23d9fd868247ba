"""The embedded servers: real engines over a private folder, with the roles that production has."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
import redis
from django.core.management.base import CommandError
from django.db import connection
from psycopg2 import errors, sql

from dosing_portal.embedded import sockets
from dosing_portal.embedded.children import ServerError
from dosing_portal.embedded.postgres import APPLICATION_ROLE, find_tools
from dosing_portal.embedded.servers import Servers, sample_environment
from dosing_portal.kernel.management.commands.prepare_database import grant_rights
from tests.embedded.test_children import wait_for_end

ROOT = Path(__file__).resolve().parents[2]
LIST_APPEND_ONLY = """
import django; django.setup()
from dosing_portal.kernel.management.commands.prepare_database import append_only_tables
print(" ".join(append_only_tables()))
"""
HOLD_SERVERS = """
import json, sys, time
from pathlib import Path
from dosing_portal.embedded.servers import Servers
with Servers(Path(sys.argv[1]), durable=False, given={}) as servers:
    print(json.dumps({name: process.pid for name, process in servers.processes.items()}), flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="portal-servers-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


@pytest.fixture(scope="module")
def servers(folder: Path) -> Iterator[Servers]:
    with Servers(folder, durable=False, given={}) as running:
        yield running


@pytest.fixture(scope="module")
def environment(folder: Path, servers: Servers) -> dict[str, str]:
    """The variables of the portal over these servers."""
    sample = sample_environment(folder, base_url="http://localhost", secret_key="k" * 50)
    return {**os.environ, **sample, **servers.application}


@pytest.fixture(scope="module")
def append_only(environment: dict[str, str], servers: Servers) -> list[str]:
    """The append-only tables, once the owner has prepared the database."""
    prepare = [sys.executable, "manage.py", "prepare_database", "--verbosity", "0"]
    subprocess.run(prepare, cwd=ROOT, env=environment | servers.owner, check=True)
    listed = subprocess.run(
        [sys.executable, "-c", LIST_APPEND_ONLY],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return listed.stdout.split()


def connect(environment: dict[str, str]) -> psycopg2.extensions.connection:
    connected = psycopg2.connect(environment["DATABASE_URL"])
    connected.autocommit = True
    return connected


def test_the_engines_are_the_real_ones(environment: dict[str, str]) -> None:
    with connect(environment).cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('server_version_num')::int")
        role, version = cursor.fetchone() or ("", 0)
    assert role == APPLICATION_ROLE
    assert version >= 150000
    broker = redis.Redis(unix_socket_path=environment["REDIS_URL"].removeprefix("redis+socket://"))
    assert broker.ping()
    broker.close()


def test_no_server_listens_on_the_network(environment: dict[str, str]) -> None:
    with connect(environment).cursor() as cursor:
        cursor.execute("SELECT current_setting('listen_addresses')")
        assert cursor.fetchone() == ("",)
    with redis.Redis(unix_socket_path=environment["REDIS_URL"].removeprefix("redis+socket://")) as broker:
        assert broker.config_get("port") == {"port": "0"}


def test_the_application_role_reads_and_writes(environment: dict[str, str], append_only: list[str]) -> None:
    with connect(environment).cursor() as cursor:
        cursor.execute("UPDATE kernel_center SET name = name")
        cursor.execute("SELECT count(*) FROM django_session")


def test_the_application_role_cannot_change_append_only_tables(
    environment: dict[str, str], append_only: list[str]
) -> None:
    assert "kernel_auditentry" in append_only
    for table in append_only:
        for statement in ("UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"):
            with connect(environment).cursor() as cursor, pytest.raises(errors.InsufficientPrivilege):
                cursor.execute(sql.SQL(statement).format(sql.Identifier(table)))


def test_the_application_role_cannot_change_the_schema(
    environment: dict[str, str], append_only: list[str]
) -> None:
    for statement in (
        "CREATE TABLE mine (id int)",
        "ALTER TABLE kernel_auditentry DISABLE TRIGGER ALL",
        "DROP TABLE kernel_auditentry",
        "DELETE FROM django_migrations",
        "TRUNCATE kernel_center CASCADE",
        "CREATE EXTENSION pg_trgm",
    ):
        with connect(environment).cursor() as cursor, pytest.raises(errors.InsufficientPrivilege):
            cursor.execute(statement)


@pytest.mark.django_db
def test_a_role_that_does_not_exist_is_refused() -> None:
    with pytest.raises(CommandError, match="has no role nobody_made_this"):
        grant_rights("nobody_made_this")


@pytest.mark.django_db
def test_the_owner_cannot_be_the_application_role_too() -> None:
    owner = connection.settings_dict["USER"]
    with pytest.raises(CommandError, match=f"both name {owner}"):
        grant_rights(owner)


@pytest.mark.parametrize("mode", [0o711, 0o700], ids=["enterable", "closed to others"])
def test_nothing_is_left_when_the_parent_is_killed(mode: int) -> None:
    """Root's PostgreSQL runs as nobody in the first folder, and inside a user namespace in the second."""
    with tempfile.TemporaryDirectory(prefix="portal-killed-") as name:
        Path(name).chmod(mode)
        parent = subprocess.Popen(
            [sys.executable, "-c", HOLD_SERVERS, name], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert parent.stdout is not None
        pids = json.loads(parent.stdout.readline())
        assert set(pids) == {"PostgreSQL", "Valkey"}
        parent.kill()
        parent.communicate()
        for pid in pids.values():
            assert wait_for_end(pid)


def test_a_given_server_is_used_and_its_twin_never_starts(tmp_path: Path) -> None:
    given = {"DATABASE_URL": "postgres://mine@db/portal", "REDIS_URL": "redis://mine"}
    with Servers(tmp_path, given=given) as servers:
        assert servers.processes == {}
        assert servers.application == servers.owner == {}


def test_a_socket_path_fits_whatever_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("deep" * 20)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    folder = sockets.make_socket_folder(tmp_path / "data")
    assert len(os.fsencode(folder / sockets.LONGEST_SOCKET_NAME)) <= sockets.LONGEST_SOCKET_PATH
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.rmdir()


def test_a_socket_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = sockets.make_socket_folder(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(ServerError, match="belongs to another user"):
        sockets.make_socket_folder(tmp_path)
    folder.rmdir()


def test_a_chosen_postgresql_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_PG_BIN", str(tmp_path))
    with pytest.raises(ServerError, match="PORTAL_PG_BIN names"):
        find_tools()
