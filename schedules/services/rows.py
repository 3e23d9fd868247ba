"""Act on due rows one by one, each in a transaction of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from uuid import UUID

from django.db import transaction

log = logging.getLogger(__name__)


class RowsLeftBehind(Exception):
    """Some rows could not be acted on; all others were. The sweep has not finished: its mark stays old."""

    def __init__(self, failed: int, of: int) -> None:
        super().__init__(f"{failed} of {of} due rows could not be acted on")


def one_by_one(due: Iterable[UUID], act: Callable[[UUID], bool]) -> int:
    """Act on every row; ``act`` locks it, looks again whether it is due, and says whether it moved.

    A row that fails holds up no other and is not passed over in silence: raises ``RowsLeftBehind`` from the
    first failure once all were tried.
    """
    rows = tuple(due)
    moved, failures = 0, []
    for row_id in rows:
        try:
            with transaction.atomic():
                moved += act(row_id)
        except Exception as error:  # told below, when the others have had their turn
            log.exception("row left behind", extra={"id": str(row_id)})
            failures.append(error)
    if failures:
        raise RowsLeftBehind(len(failures), len(rows)) from failures[0]
    return moved
