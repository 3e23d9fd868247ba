"""What locks the next dose after an event, and when a decision stands no longer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.rules.dose_lock import Basis, Decided, EventNow, Lock, lock, outdated

DAY_AND_A_HALF = 36 * 60
FIRST = Basis(grade=2, recurrent=False, minutes=DAY_AND_A_HALF)
GIVE = Decided("give", "hold_until_resolved", FIRST)
HOLD = Decided("hold", "hold_until_resolved", FIRST)
STOP = Decided("discontinue", "discontinue", FIRST)

BASES = st.builds(
    Basis,
    grade=st.integers(1, 5),
    recurrent=st.booleans(),
    minutes=st.none() | st.integers(0, 20_000),
)
EVENTS = st.builds(EventNow, masked=st.booleans(), resolved=st.booleans(), basis=BASES)
DECISIONS = st.builds(
    Decided,
    choice=st.sampled_from(["give", "hold", "discontinue"]),
    suggested=st.sampled_from(["", "hold_until_resolved", "discontinue"]),
    basis=BASES,
)


def resolved(basis: Basis = FIRST) -> EventNow:
    return EventNow(masked=False, resolved=True, basis=basis)


@pytest.mark.parametrize(
    ("event", "decided", "expected"),
    [
        (EventNow(masked=True, resolved=False, basis=FIRST), None, Lock.MASKED),
        (EventNow(masked=False, resolved=False, basis=FIRST), None, Lock.UNRESOLVED),
        (EventNow(masked=False, resolved=False, basis=FIRST), GIVE, Lock.UNRESOLVED),
        (resolved(), None, Lock.UNDECIDED),
        (resolved(), GIVE, Lock.NONE),
        (resolved(), HOLD, Lock.HELD),
        (resolved(), STOP, Lock.STOPPED),
        (EventNow(masked=False, resolved=False, basis=FIRST), STOP, Lock.STOPPED),
        (resolved(Basis(3, False, DAY_AND_A_HALF)), GIVE, Lock.OUTDATED),
        (resolved(Basis(1, False, DAY_AND_A_HALF)), STOP, Lock.OUTDATED),
        (resolved(Basis(4, True, DAY_AND_A_HALF + 600)), STOP, Lock.STOPPED),
    ],
)
def test_what_locks_the_dose(event: EventNow, decided: Decided | None, expected: Lock) -> None:
    assert lock(event, decided) is expected


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        (FIRST, FIRST, ""),
        (Basis(1, False, None), Basis(2, False, None), "decided at grade 1, now grade 2"),
        (Basis(2, False, 60), Basis(1, False, 60), "decided at grade 2, now grade 1"),
        (Basis(2, False, 60), Basis(2, True, 60), "decided as a first event, now a recurrence"),
        (Basis(3, False, 2820), Basis(3, False, 2880), "decided after 47 h, now 48 h"),
        (Basis(3, False, 2879), Basis(3, False, 2880), "decided after 47 h 59 min, now 48 h"),
        (Basis(3, False, 60), Basis(3, False, None), "decided after 1 h, now not ended"),
        (Basis(2, False, None), Basis(2, False, 60), ""),
    ],
)
def test_a_decision_says_what_changed_since(was: Basis, now: Basis, expected: str) -> None:
    assert outdated(Decided("give", "hold_until_resolved", was), now) == expected


def test_a_decision_that_waited_for_the_length_is_asked_again_when_it_is_known() -> None:
    waited = Decided("give", "", Basis(3, False, None))
    assert outdated(waited, Basis(3, False, 2880)) == "decided before it ended, now it lasted 48 h"


@given(EVENTS, DECISIONS)
def test_nothing_opens_the_lock_but_a_decision_to_give_that_rests_on_the_event_as_it_is(
    event: EventNow, decided: Decided
) -> None:
    if lock(event, decided) is Lock.NONE:
        assert event.resolved
        assert not event.masked
        assert decided.choice == "give"
        assert (decided.basis.grade, decided.basis.recurrent) == (event.basis.grade, event.basis.recurrent)


@given(EVENTS)
def test_without_a_decision_the_dose_is_always_locked(event: EventNow) -> None:
    assert lock(event, None) is not Lock.NONE


@given(EVENTS, BASES)
def test_a_worse_event_never_takes_back_a_stop_for_good(event: EventNow, was: Basis) -> None:
    now = event.basis
    worse = now.grade >= was.grade and now.recurrent >= was.recurrent
    longer = was.minutes is None or now.minutes is None or now.minutes >= was.minutes
    if worse and longer:
        assert lock(event, Decided("discontinue", "discontinue", was)) is Lock.STOPPED
