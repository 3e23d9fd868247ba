"""When a specialist is called: a long event, a late one, one that came back. Never a grade."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from protocols.library.standards import shipped_spec
from schedules.rules.specialists import asked

OPENED = datetime(2026, 3, 7, 20, 0, tzinfo=ZoneInfo("America/New_York"))
PROMPTS = shipped_spec().center.care.prompts


def found(hours: float = 1, **changes: Any) -> list[str]:
    facts: dict[str, Any] = {
        "toxicity": "crs",
        "opened_at": OPENED,
        "last_dose_at": OPENED - timedelta(hours=28),
        "until": OPENED + timedelta(hours=hours),
        "returned": False,
    }
    return [one.id for one in asked(PROMPTS, **(facts | changes))]


@pytest.mark.parametrize(
    ("hours", "changes", "prompts"),
    [
        (119, {}, []),
        (121, {}, ["iec_hs"]),
        (1, {"returned": True}, ["iec_hs"]),
        (121, {"toxicity": "icans"}, []),
        (169, {"toxicity": "icans"}, ["late_neurologic"]),
        (1, {"toxicity": "icans", "last_dose_at": OPENED - timedelta(hours=170)}, ["late_neurologic"]),
        (1, {"toxicity": "icans", "last_dose_at": None}, []),
    ],
)
def test_what_an_event_asks_for(hours: float, changes: dict[str, Any], prompts: list[str]) -> None:
    assert found(hours, **changes) == prompts


def test_hours_are_elapsed_hours() -> None:
    """Five calendar days over the spring clock change are 119 hours."""
    wanted = next(prompt for prompt in PROMPTS if prompt.id == "iec_hs").after_hours
    assert wanted == Decimal(120)
    assert found(until=OPENED.replace(day=12)) == []


def test_each_prompt_says_why_and_carries_its_source() -> None:
    (prompt,) = asked(
        PROMPTS,
        toxicity="crs",
        opened_at=OPENED,
        last_dose_at=None,
        until=OPENED + timedelta(hours=130),
        returned=False,
    )
    assert prompt.because == "this event has lasted 129 h, 120 h or more"  # the clocks went forward
    assert "grade" not in prompt.words
    assert prompt.provenance.source is not None
