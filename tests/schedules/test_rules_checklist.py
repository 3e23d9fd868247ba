"""The running checklist: what is asked, what completes it; nothing is lost, and no order of entry matters."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules.spec import EmergencyAction
from schedules.rules.checklist import Fact, Facts, Reached, State, Step, asked, follow
from tests.factories import AT

MINUTE = timedelta(minutes=1)
COME_IN = EmergencyAction("come_in", "Come in", within_minutes=10)
ACETAMINOPHEN = EmergencyAction(
    "acetaminophen", "Acetaminophen", within_minutes=30, intervention="acetaminophen"
)
WATCH = EmergencyAction("watch", "Vitals", kind="repeating", within_minutes=15, repeat_minutes=15)
TOCILIZUMAB = EmergencyAction("tocilizumab", "Tocilizumab", within_minutes=60, intervention="tocilizumab")
NO_BETTER = EmergencyAction(
    "no_better", "Dexamethasone", within_minutes=240, after="tocilizumab", intervention="dexamethasone"
)
OXYGEN = EmergencyAction("oxygen", "Oxygen", within_minutes=5, only_if="SpO2 is low", intervention="oxygen")
EARLY = EmergencyAction("early", "Call intensive care", kind="other", only_if="no answer to fluids")
STEROID = EmergencyAction(
    "steroid",
    "Steroid",
    kind="repeating",
    within_minutes=60,
    repeat_minutes=360,
    intervention="dexamethasone",
)
NEUTROPENIC = EmergencyAction(
    "neutropenic_fever",
    "Antibiotics",
    within_minutes=60,
    only_if="neutrophils are low or unknown",
    intervention="antibiotics",
)
PLANS = {
    1: (COME_IN, ACETAMINOPHEN, NEUTROPENIC),
    2: (OXYGEN, ACETAMINOPHEN, WATCH, TOCILIZUMAB, NO_BETTER, EARLY, NEUTROPENIC),
    3: (OXYGEN, WATCH, TOCILIZUMAB, STEROID),
}
LISTED = {action.id for plan in PLANS.values() for action in plan}


def after(minutes: int) -> datetime:
    return AT + minutes * MINUTE


def facts(*found: Fact, neutropenic: int | None = 0) -> Facts:
    since = None if neutropenic is None else AT + neutropenic * MINUTE
    return Facts(AT, tuple(f for f in found if f.kind), tuple(f for f in found if not f.kind), since)


def gave(kind: str, minutes: int, ref: str = "") -> Fact:
    return Fact(ref or f"{kind}-{minutes}", AT + minutes * MINUTE, kind)


def read(minutes: int) -> Fact:
    return Fact(f"reading-{minutes}", AT + minutes * MINUTE)


def reached(*grades: tuple[int, int]) -> tuple[Reached, ...]:
    return tuple(Reached(grade, AT + minutes * MINUTE) for grade, minutes in grades)


def run(
    *path: tuple[int, int], known: Facts | None = None, listed: tuple[Step, ...] = ()
) -> tuple[Step, ...]:
    return follow(listed, asked(PLANS, reached(*path), AT), known or facts())


def one(steps: tuple[Step, ...], action: str, turn: int = 1) -> Step:
    return next(step for step in steps if (step.action, step.turn) == (action, turn))


def where(steps: tuple[Step, ...], action: str) -> list[State]:
    return [step.state for step in steps if step.action == action]


# --- what is asked ----------------------------------------------------------------------------------------


def test_an_event_asks_for_the_plan_of_its_grade_from_the_first_sign() -> None:
    steps = run((1, 0))
    assert {step.action for step in steps} == {"come_in", "acetaminophen", "neutropenic_fever"}
    assert one(steps, "come_in").due_at == after(10)


def test_a_rise_adds_what_the_higher_grade_asks_and_counts_from_the_reading_that_raised_it() -> None:
    steps = run((1, 0), (2, 30))
    assert one(steps, "tocilizumab").due_at == after(90)
    assert one(steps, "tocilizumab").from_grade == 2
    assert one(steps, "acetaminophen").due_at == after(30)  # asked for at grade 1 already
    assert one(steps, "acetaminophen").from_grade == 1


def test_a_fall_takes_nothing_away_and_asks_for_nothing() -> None:
    risen = run((2, 0))
    fallen = run((2, 0), (1, 60), listed=risen)
    assert [step.action for step in fallen] == [step.action for step in risen]
    assert "come_in" not in {step.action for step in fallen}


def test_a_grade_corrected_away_leaves_its_actions_on_the_list() -> None:
    risen = run((1, 0), (3, 20))
    assert {step.action for step in run((1, 0), listed=risen)} == {step.action for step in risen}


def test_an_earlier_reading_entered_late_moves_the_clocks_to_where_they_belong() -> None:
    late = run((2, 20))
    early = run((2, 0), (2, 20), listed=late)
    assert one(early, "tocilizumab").due_at == after(60)


def test_a_grade_without_a_plan_asks_for_nothing() -> None:
    assert run((0, 0)) == ()
    assert run((5, 0)) == ()


# --- what completes an action -----------------------------------------------------------------------------


def test_a_drug_completes_its_action_at_the_first_time_it_was_given() -> None:
    step = one(run((2, 0), known=facts(gave("tocilizumab", 50), gave("tocilizumab", 40))), "tocilizumab")
    assert (step.state, step.settled_at, step.ref) == (State.DONE, after(40), "tocilizumab-40")


def test_a_drug_taken_back_opens_its_action_again() -> None:
    done = run((2, 0), known=facts(gave("tocilizumab", 40)))
    step = one(run((2, 0), listed=done), "tocilizumab")
    assert (step.state, step.due_at, step.settled_at, step.ref) == (State.OPEN, after(60), None, "")


def test_a_drug_given_before_the_event_completes_nothing() -> None:
    assert where(run((2, 0), known=facts(gave("tocilizumab", -5))), "tocilizumab") == [State.OPEN]


def test_what_follows_another_action_waits_for_it_and_counts_from_it() -> None:
    assert one(run((2, 0)), "no_better").state is State.WAITING
    step = one(run((2, 0), known=facts(gave("tocilizumab", 40))), "no_better")
    assert (step.state, step.clock_from, step.due_at) == (State.OPEN, after(40), after(280))


def test_an_action_that_follows_a_declined_one_keeps_waiting() -> None:
    listed = declined(run((2, 0)), "tocilizumab", 30)
    assert one(run((2, 0), listed=listed), "no_better").state is State.WAITING


def test_a_condition_waits_for_a_persons_word_and_counts_from_it() -> None:
    steps = run((2, 0))
    assert (one(steps, "early").state, one(steps, "oxygen").due_at) == (State.WAITING, None)
    listed = changed(steps, "oxygen", applies_at=after(12))
    step = one(run((2, 0), listed=listed), "oxygen")
    assert (step.state, step.due_at) == (State.OPEN, after(17))


def test_a_conditional_drug_given_before_the_rise_does_not_answer_it() -> None:
    known = facts(gave("oxygen", 10))
    assert one(run((1, 0), (2, 30), known=known), "oxygen").state is State.WAITING
    assert one(run((2, 0), known=known), "oxygen").state is State.DONE


def test_what_a_person_said_is_not_changed_by_facts() -> None:
    listed = declined(run((2, 0)), "tocilizumab", 30)
    step = one(run((2, 0), known=facts(gave("tocilizumab", 50)), listed=listed), "tocilizumab")
    assert (step.state, step.reason) == (State.NOT_DONE, "not wanted")


# --- what repeats -----------------------------------------------------------------------------------------


def test_the_reading_that_opened_the_event_is_not_its_first_check() -> None:
    assert one(run((2, 0), known=facts(read(0))), "watch").due_at == after(15)


def test_a_reading_completes_a_turn_and_the_next_one_counts_from_it() -> None:
    steps = run((2, 0), known=facts(read(10), read(24)))
    assert where(steps, "watch") == [State.DONE, State.DONE, State.OPEN]
    assert one(steps, "watch", 3).due_at == after(39)


def test_a_repeated_drug_is_first_due_from_the_rise_then_from_its_last_dose() -> None:
    assert one(run((3, 20)), "steroid").due_at == after(60)
    steps = run((3, 0), known=facts(gave("dexamethasone", 30)))
    assert one(steps, "steroid", 2).due_at == after(390)


def test_a_dose_taken_back_keeps_its_turn_as_not_done_and_the_clock_goes_back() -> None:
    both = run((3, 0), known=facts(gave("dexamethasone", 30), gave("dexamethasone", 400)))
    steps = run((3, 0), known=facts(gave("dexamethasone", 30)), listed=both)
    assert where(steps, "steroid") == [State.DONE, State.NOT_DONE, State.OPEN]
    assert one(steps, "steroid", 3).due_at == after(390)


def test_a_turn_declined_ends_the_series_until_the_action_is_done_again() -> None:
    listed = declined(run((2, 0)), "watch", 20)
    stopped = run((2, 0), listed=listed)
    assert where(stopped, "watch") == [State.NOT_DONE]
    again = run((2, 0), known=facts(read(60)), listed=stopped)
    assert where(again, "watch") == [State.NOT_DONE, State.DONE, State.OPEN]
    assert one(again, "watch", 3).due_at == after(75)


# --- neutropenic fever ------------------------------------------------------------------------------------


def test_the_pathway_runs_with_its_clock_while_neutrophils_are_low_or_unknown() -> None:
    step = one(run((1, 0), known=facts(neutropenic=0)), "neutropenic_fever")
    assert (step.state, step.due_at) == (State.OPEN, after(60))


def test_a_normal_count_stops_the_pathway_and_a_low_one_starts_it_again() -> None:
    unknown = run((1, 0))
    normal = run((1, 0), known=facts(neutropenic=None), listed=unknown)
    assert (one(normal, "neutropenic_fever").state, one(normal, "neutropenic_fever").due_at) == (
        State.WAITING,
        None,
    )
    low = run((1, 0), known=facts(neutropenic=90), listed=normal)
    assert one(low, "neutropenic_fever").due_at == after(150)


def test_a_low_count_after_somebody_said_it_does_not_apply_asks_again() -> None:
    listed = declined(run((1, 0)), "neutropenic_fever", 20)
    assert where(run((1, 0), listed=listed), "neutropenic_fever") == [State.NOT_DONE]
    steps = run((1, 0), known=facts(neutropenic=90), listed=listed)
    assert where(steps, "neutropenic_fever") == [State.NOT_DONE, State.OPEN]
    assert one(steps, "neutropenic_fever", 2).due_at == after(150)


# --- properties -------------------------------------------------------------------------------------------

GRADES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 600)), max_size=6)
FACTS = st.lists(
    st.builds(
        lambda kind, minutes: Fact(f"{kind}-{minutes}", AT + minutes * MINUTE, kind),
        st.sampled_from(["", "acetaminophen", "tocilizumab", "dexamethasone", "oxygen", "antibiotics"]),
        st.integers(-60, 600),
    ),
    max_size=8,
    unique_by=lambda fact: fact.ref,
)


@given(st.lists(st.tuples(GRADES, FACTS), min_size=1, max_size=5))
def test_a_checklist_never_loses_an_action(looks: list[tuple[list[tuple[int, int]], list[Fact]]]) -> None:
    listed: tuple[Step, ...] = ()
    for path, found in looks:
        before = {(step.action, step.turn) for step in listed}
        listed = run(*path, known=facts(*found), listed=listed)
        assert before <= {(step.action, step.turn) for step in listed}
        assert len({(step.action, step.turn) for step in listed}) == len(listed)


@given(GRADES, FACTS)
def test_looking_again_changes_nothing(path: list[tuple[int, int]], found: list[Fact]) -> None:
    once = run(*path, known=facts(*found))
    assert run(*path, known=facts(*found), listed=once) == once


@given(GRADES, FACTS, st.randoms(use_true_random=False))
def test_the_order_of_facts_does_not_matter(
    path: list[tuple[int, int]], found: list[Fact], shuffle: object
) -> None:
    straight = run(*path, known=facts(*found))
    shuffle.shuffle(path)  # type: ignore[attr-defined]
    shuffle.shuffle(found)  # type: ignore[attr-defined]
    assert run(*path, known=facts(*found)) == straight


def told(steps: tuple[Step, ...]) -> set[tuple[object, ...]]:
    """What a list says, whatever the turns are numbered."""
    return {
        (s.action, s.state, s.settled_at, s.ref, s.due_at if s.state is State.OPEN else None) for s in steps
    }


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_entered_one_by_one_in_any_order_the_list_ends_alike(order: tuple[int, ...]) -> None:
    entries: list[Fact] = [read(12), read(25), gave("tocilizumab", 40), gave("dexamethasone", 70)]
    listed = run((3, 0))
    for count in range(1, 5):
        listed = run((3, 0), known=facts(*[entries[n] for n in order[:count]]), listed=listed)
    assert told(listed) == told(run((3, 0), known=facts(*entries)))


@given(GRADES, FACTS)
def test_an_open_repeating_action_has_one_open_turn(path: list[tuple[int, int]], found: list[Fact]) -> None:
    steps = run(*path, known=facts(*found))
    for action in ("watch", "steroid"):
        assert where(steps, action).count(State.OPEN) <= 1


@given(GRADES, FACTS)
def test_only_an_open_step_is_due_and_only_a_settled_one_has_a_time(
    path: list[tuple[int, int]], found: list[Fact]
) -> None:
    for step in run(*path, known=facts(*found)):
        assert step.action in LISTED
        assert step.state is not State.WAITING or step.due_at is None
        assert step.settled == (step.settled_at is not None)


def changed(steps: tuple[Step, ...], action: str, **columns: object) -> tuple[Step, ...]:
    return tuple(replace(s, **columns) if s.action == action else s for s in steps)  # type: ignore[arg-type]


def declined(steps: tuple[Step, ...], action: str, minutes: int) -> tuple[Step, ...]:
    return changed(steps, action, state=State.NOT_DONE, settled_at=after(minutes), reason="not wanted")
