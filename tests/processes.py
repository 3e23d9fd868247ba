"""The portal's own processes beside a test: a Celery worker on its database, a broker that can be stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from celery import current_app
from django.db import connection
from redis import Redis

from dosing_portal.embedded import children, supervisor
from dosing_portal.embedded.sockets import make_socket_folder
from dosing_portal.embedded.valkey import ValkeyServer

PATIENCE = 30


def until(came_true: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Wait for something that another process does."""
    ends_at = time.monotonic() + seconds
    while not came_true():
        assert time.monotonic() < ends_at, f"{what}: not within {seconds} s"
        time.sleep(0.02)


@contextmanager
def broker(folder: Path) -> Iterator[ValkeyServer]:
    """A broker of this test alone, which the test's own process sends its nudges to."""
    folder.mkdir()
    server = ValkeyServer(folder / "valkey", make_socket_folder(folder), durable=False)
    server.start()
    try:
        with _nudges_to(server.url):
            yield server
    finally:
        server.stop()


@contextmanager
def _nudges_to(url: str) -> Iterator[None]:
    usual = current_app.conf.broker_url
    _use(url)
    try:
        yield
    finally:
        _use(usual)


def _use(url: str) -> None:
    """Celery keeps its connections; both pools are made anew from the address."""
    current_app.conf.update(broker_url=url)
    current_app.amqp._producer_pool = None  # type: ignore[attr-defined]
    current_app._pool = None  # type: ignore[attr-defined]


@contextmanager
def frozen(server: ValkeyServer) -> Iterator[None]:
    """The server takes connections and answers nothing: a network that swallows packets."""
    server.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


@contextmanager
def worker(server: ValkeyServer, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery worker as the demo starts it, on the database of this test, once it takes work."""
    environment = {**os.environ, "REDIS_URL": server.url, "DATABASE_URL": _database_of_the_test()}
    process = children.start(
        supervisor.worker_command(), log=log, environment=environment, folder=supervisor.ROOT
    )
    try:
        until(lambda: _takes_work(process, server, log), "the worker starts")
        yield process
    finally:
        children.stop(process)


def _takes_work(process: subprocess.Popen[bytes], server: ValkeyServer, log: Path) -> bool:
    assert process.poll() is None, children.last_lines(log)
    with Redis(unix_socket_path=str(server.socket)) as client:
        return any(other["cmd"].startswith("brpop") for other in client.client_list())


def _database_of_the_test() -> str:
    usual = urlsplit(os.environ["DATABASE_URL"])
    return usual._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
