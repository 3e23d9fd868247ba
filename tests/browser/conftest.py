"""The sample center behind a running portal, for every browser test.

The stories are told once, into a copy of the test database. While a module of this folder runs, the portal
and the test both work on that copy, so nothing has to be emptied after each test, and no other test meets the
sample patients. Tests here share the sample center: each patient who is written about belongs to one test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import override_settings
from playwright.sync_api import Browser, ViewportSize
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from dosing_portal.kernel import clock
from schedules.services import sample_center, sweeps
from tests.browser.visitors import Visitor

Visits = Callable[..., Visitor]


@pytest.fixture(scope="session")
def portal() -> Iterator[LiveServer]:
    server = LiveServer("127.0.0.1")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the portal's e-mail goes, and where the demo's mailbox page reads it."""
    return tmp_path_factory.mktemp("mailbox")


def _at_home(server: LiveServer, mailbox: Path) -> override_settings:
    """The portal's own address and mailbox, for the modules of this folder and no other."""
    return override_settings(
        ALLOWED_HOSTS=[*settings.ALLOWED_HOSTS, "127.0.0.1"],
        PORTAL_BASE_URL=server.url,
        EMAIL_BACKEND="django.core.mail.backends.filebased.EmailBackend",
        EMAIL_FILE_PATH=str(mailbox),
        PORTAL_MAILBOX_DIR=mailbox,
    )


@pytest.fixture(scope="session")
def sample_database(
    portal: LiveServer, mailbox: Path, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """The name of a database with the sample center in it; dropped in the end."""
    with django_db_blocker.unblock():
        empty = str(connection.settings_dict["NAME"])
        filled = f"{empty}_sample"
        _as_neighbor(f'CREATE DATABASE "{filled}" TEMPLATE "{empty}"')
        with _at_home(portal, mailbox), _working_on(filled):
            sample_center.fill(at=clock.now())
    yield filled
    with django_db_blocker.unblock():
        _as_neighbor(f'DROP DATABASE "{filled}" WITH (FORCE)')


@pytest.fixture(scope="module")
def sample(
    sample_database: str, portal: LiveServer, mailbox: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The sample center, for the portal and for the test."""
    with django_db_blocker.unblock(), _at_home(portal, mailbox), _working_on(sample_database):
        yield


def _as_neighbor(statement: str) -> None:
    """PostgreSQL copies and drops a database only while nobody is connected to it."""
    connections.close_all()
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def _working_on(name: str) -> Iterator[None]:
    """Every connection made from now on, in any thread, goes to that database; none outlives its request."""
    before = {key: connection.settings_dict[key] for key in ("NAME", "CONN_MAX_AGE")}
    connections.close_all()
    connection.settings_dict.update({"NAME": name, "CONN_MAX_AGE": 0})
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict.update(before)


@pytest.fixture(autouse=True)
def db(sample: None) -> None:
    """In place of pytest-django's: the sample center, just swept, so no page says that alerts may be late."""
    sweep()


def sweep() -> None:
    for turn in sweeps.SWEEPS.values():
        turn(at=clock.now())


@pytest.fixture
def visits(browser: Browser, portal: LiveServer, db: None) -> Iterator[Visits]:
    """``visits("nurse", PHONE)`` opens a window for somebody of the sample center; "" is nobody yet."""
    opened: list[Visitor] = []

    def visit(username: str = "", size: ViewportSize | None = None, **options: Any) -> Visitor:
        opened.append(Visitor(browser, portal.url, username, size, **options))
        return opened[-1]

    yield visit
    for visitor in opened:
        visitor.context.close()
    assert [words for visitor in opened for words in visitor.complaints] == []
