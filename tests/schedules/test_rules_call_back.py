"""How long a patient waited to be called back."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from schedules.rules.call_back import minutes_waited, waiting_since
from tests.factories import AT

TIMES = st.lists(st.integers(min_value=0, max_value=300).map(lambda n: AT + timedelta(minutes=n)), max_size=6)


def minute(count: float) -> datetime:
    return AT + timedelta(minutes=count)


def test_the_first_question_counts_until_a_call_reaches_her() -> None:
    assert waiting_since([minute(5), minute(0), minute(9)], [], minute(12)) == minute(0)


def test_a_call_answers_every_question_up_to_its_minute() -> None:
    assert waiting_since([minute(0), minute(5)], [minute(5)], minute(12)) is None


def test_a_question_after_the_call_is_a_new_one() -> None:
    assert waiting_since([minute(0), minute(20)], [minute(5)], minute(30)) == minute(20)


def test_a_call_typed_in_late_is_measured_as_it_was() -> None:
    assert waiting_since([minute(0), minute(20)], [minute(25)], minute(8)) == minute(0)


def test_minutes_are_cut_off() -> None:
    assert minutes_waited(minute(0), minute(11.9)) == 11


@given(asked=TIMES, reached=TIMES, until=st.integers(min_value=0, max_value=300))
def test_order_of_entry_does_not_matter(asked: list[datetime], reached: list[datetime], until: int) -> None:
    one = waiting_since(asked, reached, minute(until))
    assert one == waiting_since(sorted(asked, reverse=True), sorted(reached), minute(until))
    assert one is None or (one in asked and one <= minute(until))
