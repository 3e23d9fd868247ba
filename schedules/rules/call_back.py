"""How long somebody waited to be called back: from the first unanswered question to the call that reached.

A question is an alert about the patient, or her own call that nobody took. It is answered by the first call
afterwards in which she or her caregiver was reached. Minutes are elapsed minutes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime


def waiting_since(asked: Iterable[datetime], reached: Iterable[datetime], until: datetime) -> datetime | None:
    """The first question up to ``until`` that no call up to ``until`` has answered; ``None`` without one.

    A call answers every question up to its own minute. What lies after ``until`` is not looked at, so that a
    call typed in late is measured as it was.
    """
    answered = max((at for at in reached if at <= until), default=None)
    open_ones = (at for at in asked if at <= until and (answered is None or at > answered))
    return min(open_ones, default=None)


def minutes_waited(asked_at: datetime, reached_at: datetime) -> int:
    """Whole minutes, cut off and never rounded up."""
    return int((reached_at - asked_at).total_seconds() // 60)
