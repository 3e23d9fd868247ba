"""The running checklist of an event on PostgreSQL: steps from the plan, who did what, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from dosing_portal.kernel.models import AuditEntry
from patients.models import ToxicityEvent
from protocols.rules.values import Axis, IceScore, InterventionKind
from schedules.errors import ActRefused, StepSettled
from schedules.models import Alert, ResponseStep
from schedules.services import chasing, events, laboratory, monitoring, responses
from tests.factories import LabResultFactory, StaffFactory
from tests.statements import statements
from tests.ward import Ward, standing

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def prepared(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Any:
    def build() -> Ward:
        ward = Ward.dosed()
        ward.later(hours=4)
        return ward

    with standing(django_db_blocker, build) as ward:
        yield ward


@pytest.fixture
def ward(prepared: Ward, db: None) -> Ward:
    """Four hours after step-up dose 1, nothing found so far."""
    return deepcopy(prepared)


def steps() -> dict[str, ResponseStep]:
    """The newest turn of every action."""
    return {row.action: row for row in ResponseStep.objects.order_by("turn")}


def step(action: str) -> ResponseStep:
    return steps()[action]


def do(ward: Ward, action: str, **changes: Any) -> ResponseStep:
    act: dict[str, Any] = {"step_id": step(action).pk, "settled_at": ward.at, "by": ward.nurse, "at": ward.at}
    return responses.do_step(**(act | changes))


# --- the list ---------------------------------------------------------------------------------------------


def test_an_event_that_opens_writes_the_plan_of_its_grade_in_one_statement(ward: Ward) -> None:
    with statements() as sent:
        ward.log("38.4")
    assert sum("schedules_responsestep" in sql for sql in sent) == 1
    found = steps()
    assert found["come_in"].due_at == ward.at + 10 * MINUTE
    assert found["acetaminophen"].intervention == "acetaminophen"
    assert {row.from_grade for row in found.values()} == {1}
    assert found["come_in"].do == "Tell the patient or caregiver to come in now, not driving"
    assert "Crombie" in found["come_in"].source
    assert "tocilizumab" not in found


def test_a_quiet_reading_writes_no_step(ward: Ward) -> None:
    with statements() as sent:
        ward.log()
    assert not any("responsestep" in sql for sql in sent)


def test_a_rise_adds_and_a_fall_keeps(ward: Ward) -> None:
    opened = ward.at
    ward.log("38.4")
    ward.later(minutes=20)
    ward.log("38.6", systolic=84)
    assert step("tocilizumab").due_at == opened + 80 * MINUTE
    assert step("tocilizumab").from_grade == 2
    ward.later(minutes=20)
    ward.log("38.6", systolic=112)
    assert ToxicityEvent.objects.get().current_grade == 1
    assert {"come_in", "tocilizumab"} <= set(steps())


def test_a_grade_that_a_physician_sets_higher_asks_for_its_plan(ward: Ward) -> None:
    ward.log("38.4")
    event = ToxicityEvent.objects.get()
    events.confirm(
        event_id=event.pk,
        grade=3,
        reason="on a vasopressor in the ambulance",
        seen_revision=event.revision,
        by=ward.physician,
        at=ward.at + MINUTE,
    )
    assert step("intensive_care").due_at == ward.at + 31 * MINUTE


def test_a_drug_completes_its_step_and_taking_it_back_opens_it_again(ward: Ward) -> None:
    ward.log("38.4")
    ward.later(minutes=5)
    given = ward.took(InterventionKind.ACETAMINOPHEN).intervention
    done = step("acetaminophen")
    assert (done.state, done.settled_at, done.settled_by, done.given) == ("done", ward.at, ward.nurse, given)
    assert given is not None
    monitoring.take_back_intervention(
        intervention_id=given.pk,
        reason="wrong patient",
        client_key=given.pk,
        by=ward.nurse,
        at=ward.at,
    )
    again = step("acetaminophen")
    assert (again.state, again.settled_at, again.given) == ("open", None, None)


def test_a_reading_completes_the_check_and_the_next_turn_counts_from_it(ward: Ward) -> None:
    ward.log("38.6", systolic=84)
    ward.later(minutes=10)
    row = ward.log("38.6", systolic=84).observation
    first, second = ResponseStep.objects.filter(action="close_watch")
    assert (first.state, first.observation) == ("done", row)
    assert (second.state, second.due_at) == ("open", ward.at + 15 * MINUTE)


def test_a_temperature_alone_does_not_complete_a_neurologic_check(ward: Ward) -> None:
    ward.log(ice=IceScore(total=8))
    ward.later(minutes=30)
    ward.log(ice=None, consciousness=None)
    assert step("ice").turn == 1
    ward.log(ice=IceScore(total=8))
    assert step("ice").turn == 2


def test_a_corrected_reading_keeps_the_check_that_it_completed(ward: Ward) -> None:
    ward.log("38.6", systolic=84)
    ward.later(minutes=10)
    row = ward.log("38.6", systolic=84).observation
    assert row is not None
    ward.amend(row, "38.7", systolic=85)
    first, second = ResponseStep.objects.filter(action="close_watch")
    assert first.observation is not None
    assert first.observation.amends == row
    assert second.due_at == ward.at + 15 * MINUTE


# --- what a person does -----------------------------------------------------------------------------------


def test_a_step_is_done_at_its_time_by_name_and_audited(ward: Ward) -> None:
    ward.log("38.4")
    ward.later(minutes=6)
    do(ward, "come_in", settled_at=ward.at - 2 * MINUTE)
    row = step("come_in")
    assert (row.state, row.settled_at, row.settled_by) == ("done", ward.at - 2 * MINUTE, ward.nurse)
    assert row.recorded_at == ward.at
    entry = AuditEntry.objects.get(action="step.done")
    assert (entry.by, entry.after["action"]) == (ward.nurse, "come_in")


def test_the_same_person_saying_it_twice_is_one_act(ward: Ward) -> None:
    ward.log("38.4")
    do(ward, "come_in")
    ward.later(minutes=1)
    row = do(ward, "come_in")
    assert row.settled_at == ward.at - MINUTE
    assert AuditEntry.objects.filter(action="step.done").count() == 1


def test_a_second_person_is_told_who_did_it_and_when(ward: Ward) -> None:
    ward.log("38.4")
    do(ward, "come_in")
    told = "N. Brandt RN did this at"
    acts: tuple[Callable[[], ResponseStep], ...] = (
        lambda: do(ward, "come_in", by=ward.physician),
        lambda: responses.decline_step(
            step_id=step("come_in").pk, reason="at home", by=ward.physician, at=ward.at
        ),
    )
    for act in acts:
        with pytest.raises(StepSettled, match=told):
            act()
    assert step("come_in").settled_by == ward.nurse


def test_a_step_not_done_keeps_its_reason(ward: Ward) -> None:
    ward.log("38.4")
    pk = step("oral_fluids").pk
    with pytest.raises(ActRefused, match="Write why"):
        responses.decline_step(step_id=pk, reason=" ", by=ward.nurse, at=ward.at)
    responses.decline_step(step_id=pk, reason="vomits", by=ward.nurse, at=ward.at)
    assert (step("oral_fluids").state, step("oral_fluids").reason) == ("not_done", "vomits")
    with pytest.raises(StepSettled, match=r"Not done: vomits\. N\. Brandt RN"):
        do(ward, "oral_fluids", by=ward.second_nurse)


def test_a_condition_that_holds_starts_the_clock(ward: Ward) -> None:
    ward.log("38.6", systolic=84)
    assert (step("oxygen").state, step("oxygen").due_at) == ("waiting", None)
    ward.later(minutes=7)
    responses.apply_step(step_id=step("oxygen").pk, applies_at=ward.at, by=ward.nurse, at=ward.at)
    assert (step("oxygen").state, step("oxygen").due_at) == ("open", ward.at + 5 * MINUTE)
    assert step("oxygen").applies_by == ward.nurse


def test_a_slip_is_taken_back_with_a_reason_and_the_trail_keeps_it(ward: Ward) -> None:
    ward.log("38.4")
    do(ward, "come_in")
    pk = step("come_in").pk
    with pytest.raises(ActRefused, match="Write what was wrong"):
        responses.reopen_step(step_id=pk, reason="", by=ward.nurse, at=ward.at)
    responses.reopen_step(step_id=pk, reason="wrong row", by=ward.nurse, at=ward.at)
    assert (step("come_in").state, step("come_in").settled_by) == ("open", None)
    assert AuditEntry.objects.get(action="step.reopen").reason == "wrong row"


def test_what_a_drug_or_a_reading_completes_is_not_ticked_by_hand(ward: Ward) -> None:
    ward.log("38.6", systolic=84)
    with pytest.raises(ActRefused, match="Record what was given"):
        do(ward, "tocilizumab")
    with pytest.raises(ActRefused, match="Log the vitals"):
        do(ward, "close_watch")
    ward.took(InterventionKind.TOCILIZUMAB)
    with pytest.raises(ActRefused, match="Take back the drug"):
        responses.reopen_step(step_id=step("tocilizumab").pk, reason="x", by=ward.nurse, at=ward.at)


@pytest.mark.parametrize(
    ("minutes", "sentence"), [(-10, "The event opened"), (30, "This time lies in the future")]
)
def test_an_impossible_time_is_refused(ward: Ward, minutes: int, sentence: str) -> None:
    ward.log("38.4")
    with pytest.raises(ActRefused, match=sentence) as refused:
        do(ward, "come_in", settled_at=ward.at + minutes * MINUTE)
    assert refused.value.field == "done_time"
    assert step("come_in").state == "open"


def test_another_center_has_no_such_step(ward: Ward) -> None:
    ward.log("38.4")
    stranger = StaffFactory()
    acts: list[Callable[[], Any]] = [
        lambda: do(ward, "come_in", by=stranger),
        lambda: responses.decline_step(step_id=step("come_in").pk, reason="x", by=stranger, at=ward.at),
        lambda: responses.reopen_step(step_id=step("come_in").pk, reason="x", by=stranger, at=ward.at),
    ]
    for act in acts:
        with pytest.raises(ResponseStep.DoesNotExist):
            act()


# --- overdue ----------------------------------------------------------------------------------------------


def overdue_alerts() -> list[Alert]:
    return list(Alert.objects.filter(kind=Alert.Kind.OVERDUE_ACTION).order_by("raised_at"))


def test_an_action_late_by_more_than_the_grace_pages_once(ward: Ward) -> None:
    ward.log("38.4")
    opened = ward.at
    ward.later(minutes=14)
    assert chasing.chase_overdue(at=ward.at) == 0
    ward.later(minutes=1)
    assert chasing.chase_overdue(at=ward.at) == 1
    assert chasing.chase_overdue(at=ward.at) == 0
    (alert,) = overdue_alerts()
    due = ward.center.local(opened + 10 * MINUTE)
    assert alert.because == (
        f"Tell the patient or caregiver to come in now, not driving: due {due:%H:%M}, 5 min late"
    )
    assert ward.paged(alert) == [(0, ward.nurse.email)]


def test_each_newly_overdue_action_is_news(ward: Ward) -> None:
    ward.log("38.4")
    ward.later(minutes=15)
    chasing.chase_overdue(at=ward.at)
    ward.later(minutes=5)
    chasing.chase_overdue(at=ward.at)
    (alert,) = overdue_alerts()
    assert alert.history.filter(what="found_again").count() == 1
    assert len(ward.paged(alert)) == 2


def test_the_alert_ends_when_nothing_is_overdue(ward: Ward) -> None:
    ward.log("38.4")
    ward.later(minutes=20)
    assert chasing.chase_overdue(at=ward.at) == 2  # come in, and hold the drug
    do(ward, "come_in")
    assert overdue_alerts()[0].state == "open"
    responses.decline_step(step_id=step("hold_drug").pk, reason="no dose due", by=ward.nurse, at=ward.at)
    assert overdue_alerts()[0].state == "resolved"


def test_a_reading_ends_the_alert_of_an_overdue_check(ward: Ward) -> None:
    ward.log("38.6", systolic=84)
    for action in ("transport", "hold_drug", "monitor"):
        do(ward, action)
    ward.later(minutes=20)
    assert chasing.chase_overdue(at=ward.at) == 1
    ward.log("38.6", systolic=84)
    assert overdue_alerts()[0].state == "resolved"


def test_an_event_signed_as_resolved_pages_for_nothing_any_more(ward: Ward) -> None:
    ward.log("38.4")
    ward.later(minutes=15)
    chasing.chase_overdue(at=ward.at)
    signed = {"resolved_at": ward.at, "resolved_by": ward.physician}
    ToxicityEvent.objects.update(**signed)
    ward.later(hours=2)
    chasing.chase_overdue(at=ward.at)
    (alert,) = overdue_alerts()
    assert alert.state == "resolved"
    assert ResponseStep.objects.filter(told_at=ward.at).count() == 0


# --- infection and neutropenia ----------------------------------------------------------------------------


def count(ward: Ward, anc: str, hours_ago: int = 12) -> None:
    LabResultFactory(patient=ward.patient, value=anc, taken_at=ward.at - timedelta(hours=hours_ago))


@pytest.mark.parametrize(("anc", "hours_ago"), [("0.4", 12), ("2.1", 80)])
def test_low_or_old_neutrophils_run_the_pathway(ward: Ward, anc: str, hours_ago: int) -> None:
    count(ward, anc, hours_ago)
    ward.log("38.4")
    assert step("neutropenic_fever").due_at == ward.at + 60 * MINUTE


def test_unknown_neutrophils_run_the_pathway(ward: Ward) -> None:
    ward.log("38.4")
    assert (step("neutropenic_fever").state, step("neutropenic_fever").due_at) == (
        "open",
        ward.at + 60 * MINUTE,
    )


def test_a_normal_recent_count_does_not_and_a_later_result_changes_it(ward: Ward) -> None:
    count(ward, "2.1")
    ward.log("38.4")
    assert step("neutropenic_fever").state == "waiting"
    ward.later(minutes=40)
    record = {"patient_id": ward.patient.pk, "client_key": ward.patient.pk, "by": ward.nurse, "at": ward.at}
    laboratory.record(values={"anc": Decimal("0.4")}, taken_at=ward.at - 10 * MINUTE, **record)  # type: ignore[arg-type]
    assert step("neutropenic_fever").due_at == ward.at + 50 * MINUTE


def test_a_count_that_becomes_too_old_runs_the_pathway_by_itself(ward: Ward) -> None:
    count(ward, "2.1", hours_ago=71)
    ward.log("38.4")
    assert step("neutropenic_fever").state == "waiting"
    ward.later(hours=2)
    chasing.chase_overdue(at=ward.at)
    assert step("neutropenic_fever").state == "open"


def test_attributing_the_fever_to_infection_silences_no_clock_and_no_alarm(ward: Ward) -> None:
    ward.log("38.4")
    event = ToxicityEvent.objects.get()
    monitoring.attribute_cause(
        event_id=event.pk,
        axis=Axis.FEVER,
        cause="infection",
        reason="cough and infiltrate",
        by=ward.physician,
        at=ward.at,
    )
    event.refresh_from_db()
    assert event.state == "attributed"
    assert Alert.objects.get(kind=Alert.Kind.FEVER).state == "open"
    assert step("neutropenic_fever").state == "open"
    ward.later(minutes=66)
    chasing.chase_overdue(at=ward.at)
    assert step("neutropenic_fever").told_at == ward.at
    ward.took(InterventionKind.ANTIBIOTICS)
    assert step("neutropenic_fever").state == "done"


# --- an event that becomes part of another ----------------------------------------------------------------


def test_ticks_go_with_an_event_that_becomes_part_of_another(ward: Ward) -> None:
    """Two fevers 42 h apart are two events; a fever typed in between makes them one with all its ticks."""
    begun = ward.at
    ward.log("38.4")
    ward.later(hours=6)
    ward.log("36.9")
    ward.later(hours=36)
    ward.log("38.6", systolic=84)
    first, second = ToxicityEvent.objects.order_by("opened_at")
    ward.later(minutes=5)
    of_second = {row.action: row for row in second.steps.all()}
    responses.do_step(step_id=of_second["hold_drug"].pk, settled_at=ward.at, by=ward.physician, at=ward.at)
    responses.do_step(step_id=of_second["transport"].pk, settled_at=ward.at, by=ward.nurse, at=ward.at)
    responses.decline_step(step_id=of_second["admit"].pk, reason="no bed, sent on", by=ward.nurse, at=ward.at)
    ward.log("38.1", taken_at=begun + timedelta(hours=20))
    second.refresh_from_db()
    assert second.state == "joined"
    kept = {row.action: row for row in first.steps.order_by("-turn")}
    assert set(of_second) <= set(kept)
    assert (kept["hold_drug"].state, kept["hold_drug"].settled_by) == ("done", ward.physician)
    assert (kept["transport"].state, kept["transport"].settled_at) == ("done", ward.at)
    assert (kept["admit"].state, kept["admit"].reason) == ("not_done", "no bed, sent on")
    assert second.steps.count() == len(of_second)  # what was asked of it then stays on record


def test_a_tick_taken_back_after_the_events_became_one_stays_taken_back(ward: Ward) -> None:
    begun = ward.at
    ward.log("38.4")
    ward.later(hours=6)
    ward.log("36.9")
    ward.later(hours=36)
    ward.log("38.5")
    first, second = ToxicityEvent.objects.order_by("opened_at")
    ticked = second.steps.get(action="hold_drug")
    responses.do_step(step_id=ticked.pk, settled_at=ward.at, by=ward.nurse, at=ward.at)
    ward.log("38.1", taken_at=begun + timedelta(hours=20))
    carried = first.steps.get(action="hold_drug")
    assert carried.state == "done"
    responses.reopen_step(step_id=carried.pk, reason="pressed by mistake", by=ward.nurse, at=ward.at)
    ward.later(minutes=5)
    ward.log("38.4")
    carried.refresh_from_db()
    assert carried.state == "open"
