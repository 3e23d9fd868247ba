"""The emergency list: what is done, what is next, what waits; clocks count from the clinical moment."""

from datetime import timedelta

from protocols.rules.emergency import EmergencyStep
from schedules.rules.emergency_clock import ClockedStep, GivenOnce, StepState, clocked
from tests.factories import AT

MINUTE = timedelta(minutes=1)


def step(step_id: str, **facts: object) -> EmergencyStep:
    known: dict[str, object] = {
        "do": step_id,
        "because": "",
        "kind": "treatment",
        "source": None,
        "confirmed": True,
    }
    return EmergencyStep(id=step_id, **{**known, **facts})  # type: ignore[arg-type]


TRANSFER = step("transfer", within_minutes=10)
TOCILIZUMAB = step("tocilizumab", within_minutes=60, intervention="tocilizumab")
ACETAMINOPHEN = step("acetaminophen", within_minutes=30, intervention="acetaminophen")
DEXAMETHASONE = step("dexamethasone", within_minutes=240, after="tocilizumab", intervention="dexamethasone")
WATCH = step("watch", kind="repeating", within_minutes=15, repeat_minutes=15)
STEROID = step(
    "steroid", kind="repeating", within_minutes=60, repeat_minutes=360, intervention="dexamethasone"
)
HOLD = step("hold", kind="other", within_minutes=5)
OXYGEN = step("oxygen", within_minutes=5, intervention="oxygen")
PLAN = (HOLD, DEXAMETHASONE, OXYGEN, WATCH, TOCILIZUMAB, ACETAMINOPHEN, TRANSFER)


def rows(
    *given: GivenOnce, steps: tuple[EmergencyStep, ...] = PLAN, read_after: int = 0
) -> tuple[ClockedStep, ...]:
    return clocked(
        steps,
        opened_at=AT,
        given=given,
        read_at=AT + read_after * MINUTE,
        conditional={"oxygen"},
    )


def named(found: tuple[ClockedStep, ...], step_id: str) -> ClockedStep:
    return next(row for row in found if row.step.id == step_id)


def gave(kind: str, after: int) -> GivenOnce:
    return GivenOnce(kind, AT + after * MINUTE, "N. Brandt RN")


def test_treatment_by_due_time_then_what_repeats_then_the_rest_then_what_waits() -> None:
    assert [row.step.id for row in rows()] == [
        "transfer",
        "acetaminophen",
        "tocilizumab",
        "watch",
        "hold",
        "dexamethasone",
        "oxygen",
    ]


def test_the_first_treatment_that_a_record_completes_is_the_one_to_do_now() -> None:
    now = [row.step.id for row in rows() if row.state is StepState.NOW]
    assert now == ["acetaminophen"]
    assert [row.step.id for row in rows(gave("acetaminophen", 5)) if row.state is StepState.NOW] == [
        "tocilizumab"
    ]


def test_minutes_count_from_the_opening_of_the_event() -> None:
    row = named(rows(), "tocilizumab")
    assert row.clock_from == AT
    assert row.due_at == AT + 60 * MINUTE


def test_a_given_drug_is_done_at_the_time_it_was_first_given_and_drops_to_the_end() -> None:
    found = rows(gave("tocilizumab", 40), gave("tocilizumab", 20))
    assert found[-1].step.id == "tocilizumab"
    assert found[-1].state is StepState.DONE
    assert found[-1].done == gave("tocilizumab", 20)


def test_what_follows_another_action_waits_for_it_and_then_counts_from_it() -> None:
    waiting = named(rows(), "dexamethasone")
    assert (waiting.state, waiting.due_at, waiting.waits_for) == (StepState.WAITING, None, "tocilizumab")
    started = named(rows(gave("tocilizumab", 20)), "dexamethasone")
    assert started.due_at == AT + 260 * MINUTE


def test_a_condition_is_for_a_person_to_judge_so_it_is_never_due() -> None:
    row = named(rows(), "oxygen")
    assert (row.state, row.due_at, row.conditional) == (StepState.WAITING, None, True)


def test_what_no_record_can_complete_keeps_its_target_and_is_marked_so() -> None:
    row = named(rows(), "transfer")
    assert (row.due_at, row.recorded) == (AT + 10 * MINUTE, False)


def test_a_check_is_due_again_after_the_last_reading_not_after_the_opening() -> None:
    row = named(rows(read_after=50), "watch")
    assert (row.last_at, row.due_at) == (AT + 50 * MINUTE, AT + 65 * MINUTE)


def test_a_repeated_drug_is_first_due_from_the_opening_then_from_its_last_dose() -> None:
    first = named(rows(steps=(STEROID,)), "steroid")
    assert first.due_at == AT + 60 * MINUTE
    again = named(rows(gave("dexamethasone", 30), gave("dexamethasone", 400), steps=(STEROID,)), "steroid")
    assert again.due_at == AT + 760 * MINUTE


def test_a_reading_before_the_event_completes_nothing() -> None:
    row = named(rows(read_after=-30), "watch")
    assert (row.last_at, row.due_at) == (None, AT + 15 * MINUTE)
