"""Several people or workers at once: each thread has a connection of its own, so use real transactions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection

PATIENCE = 20


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each of the works returned or raised, all of them started in the same instant."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        gate.wait(PATIENCE)
        return alone(work)

    with ThreadPoolExecutor(len(works)) as pool:
        futures = [pool.submit(run, work) for work in works]
        return [future.exception(PATIENCE) or future.result() for future in futures]


@contextmanager
def in_background(work: Callable[[], Any]) -> Iterator[Future[Any]]:
    """The work goes on beside the block, and is waited for at its end."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(alone, work)
        yield future
        future.result(PATIENCE)


def alone(work: Callable[[], Any]) -> Any:
    """Do the work on a connection of this thread's own, closed at the end."""
    try:
        return work()
    finally:
        connection.close()
