"""Which events wait for a decision, asked of the database as the rule asks it of the facts."""

from datetime import timedelta

import pytest

from patients.models import ToxicityEvent
from schedules.rules.dose_lock import Lock
from schedules.selectors import decisions
from tests.factories import AT, NextDoseDecisionFactory, ToxicityEventFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("signed", [{"grade": 2}, {"grade": 1}, {"recurrent": True}])
@pytest.mark.parametrize("minutes", [None, 120, 119])
@pytest.mark.parametrize("suggested", ["hold_until_resolved", ""])
@pytest.mark.parametrize("ended", [True, False])
def test_the_board_and_the_rule_agree_on_what_waits(
    signed: dict[str, object], minutes: int | None, suggested: str, ended: bool
) -> None:
    event = ToxicityEventFactory(current_grade=0, max_grade=2, opened_at=AT - 30 * HOUR)
    event.ended_at = event.opened_at + 2 * HOUR + timedelta(seconds=40) if ended else None
    event.save()
    NextDoseDecisionFactory(
        event=event, suggested=suggested, duration_minutes=minutes, **({"grade": 2} | signed)
    )
    rows = decisions.with_decision(ToxicityEvent.objects.all())
    answered = rows.filter(decisions.is_answered()).exists()
    changed = decisions.lock_of(rows.get()).changed
    assert answered is not bool(changed)


def test_an_event_without_a_decision_waits() -> None:
    ToxicityEventFactory()
    rows = decisions.with_decision(ToxicityEvent.objects.all())
    assert not rows.filter(decisions.is_answered()).exists()


def test_only_the_newest_decision_counts() -> None:
    first = NextDoseDecisionFactory()
    NextDoseDecisionFactory(
        event=first.event, supersedes=first, choice="hold", decided_at=AT + HOUR, center=first.center
    )
    found = decisions.lock_of(decisions.with_decision(ToxicityEvent.objects.all()).get())
    assert found.signed is not None
    assert (found.signed.choice, found.lock) == ("hold", Lock.UNRESOLVED)
