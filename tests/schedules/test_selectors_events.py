"""The physician's board: worst first, what waits for her, and what the record asks of the next dose."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.http import Http404
from pytest_django import DjangoAssertNumQueries

from dosing_portal.kernel.models import Staff
from patients.models import ToxicityEvent
from patients.services import toxicity
from protocols import selectors as protocols
from protocols.rules.regimen import Decision
from protocols.rules.values import Axis, InterventionKind
from schedules.models import ResponseStep
from schedules.selectors import decisions as decided
from schedules.selectors import event as one
from schedules.selectors import events
from schedules.selectors.boards import Asked
from schedules.services import alerts, courses, escalation, monitoring, responses
from tests.factories import AT, StaffFactory, ToxicityEventFactory
from tests.schedules.boards import HOUR, BoardWard

pytestmark = pytest.mark.django_db
ALL = Asked()


@pytest.fixture
def ward() -> Iterator[BoardWard]:
    with time_machine.travel(AT, tick=False):
        ward = BoardWard()
        ward.watched()
        yield ward


def opened(ward: BoardWard, name: str, grade: int, minutes_ago: int = 30, **facts: object) -> ToxicityEvent:
    """An open event of another patient, as the rules left it."""
    status = ward.other(name, worst_grade=grade)
    made: ToxicityEvent = ToxicityEventFactory(
        patient=status.patient,
        current_grade=grade,
        current_text=f"grade {grade}",
        opened_at=AT - timedelta(minutes=minutes_ago),
        **facts,
    )
    return made


def confirm(ward: BoardWard, event: ToxicityEvent, grade: int, reason: str = "") -> None:
    event.refresh_from_db()
    toxicity.confirm(
        event_id=event.pk,
        grade=grade,
        reason=reason,
        seen_revision=event.revision,
        by=ward.physician,
        at=ward.at,
    )


# --- open events ------------------------------------------------------------------------------------------


def test_the_worst_first_then_those_that_nobody_has_then_the_oldest(ward: BoardWard) -> None:
    opened(ward, "Two", 2)
    opened(ward, "Young", 1, 10)
    opened(ward, "Old", 1, 90)
    unheld = opened(ward, "Unheld", 1, 5)
    ward.alarm(unheld.patient)
    found = events.open_events(ward.center, ALL).listed.rows
    assert [row.event.patient.family_name for row in found] == ["Two", "Unheld", "Old", "Young"]


def test_a_confirmed_grade_decides_the_order(ward: BoardWard) -> None:
    opened(ward, "Two", 2)
    raised = opened(ward, "Raised", 1)
    confirm(ward, raised, 3, "vasopressor started in the ambulance")
    found = events.open_events(ward.center, ALL).listed.rows
    assert [row.event.patient.family_name for row in found] == ["Raised", "Two"]


def test_a_grade_waits_for_confirmation_until_somebody_answered_this_suggestion(ward: BoardWard) -> None:
    ward.log("38.6")
    assert events.open_events(ward.center, ALL).to_confirm == 1
    confirm(ward, ward.event(), 1)
    assert events.open_events(ward.center, ALL).to_confirm == 0
    ward.later(minutes=20)
    ward.log("38.6", systolic=84)
    found = events.open_events(ward.center, ALL)
    assert found.to_confirm == 1
    standing = found.listed.rows[0].standing
    assert (standing.confirmed, standing.chip and standing.chip.words) == (False, "CRS grade 2")


def test_a_changed_grade_stands_and_its_suggestion_is_not_lost(ward: BoardWard) -> None:
    ward.log("38.6", systolic=84)
    confirm(ward, ward.event(), 1, "cuff was loose, 118 by hand")
    (row,) = events.open_events(ward.center, ALL).listed.rows
    assert row.standing.chip is not None
    assert row.standing.suggested is not None
    assert (row.standing.chip.grade, row.standing.suggested.grade) == (1, 2)


def test_what_cannot_be_graded_is_never_covered_by_an_older_confirmation(ward: BoardWard) -> None:
    event = opened(ward, "Unknown", 0)
    confirm(ward, event, 0)
    ToxicityEvent.objects.filter(pk=event.pk).update(current_text="cannot grade")
    (row,) = events.open_events(ward.center, ALL).listed.rows
    assert row.standing.chip is not None
    assert row.standing.chip.words == "CRS cannot grade"
    assert events.open_events(ward.center, ALL).to_confirm == 1


def test_who_has_it_and_the_level_that_the_first_alert_has_reached(ward: BoardWard) -> None:
    ward.log("38.6", systolic=84)
    (row,) = events.open_events(ward.center, ALL).listed.rows
    assert {alert.kind for alert in row.unanswered} == {"fever", "hypotension"}
    assert row.level is not None
    assert (row.level.number, row.level.of) == (1, 3)
    alerts.acknowledge_all(
        alert_id=row.alerts[0].id,
        also=[alert.id for alert in row.alerts],
        by=ward.physician,
        at=ward.at,
        via="app",
    )
    (row,) = events.open_events(ward.center, ALL).listed.rows
    assert (row.unanswered, row.level) == ((), None)
    assert {alert.holder for alert in row.alerts} == {"Dr. K. Okafor"}


def test_the_next_emergency_step_is_the_treatment_due_first_that_is_open(ward: BoardWard) -> None:
    ward.log("38.6", systolic=84)
    (before,) = events.open_events(ward.center, ALL).listed.rows
    step = ResponseStep.objects.get(action="transport")
    responses.do_step(step_id=step.pk, settled_at=ward.at, by=ward.nurse, at=ward.at)
    (after,) = events.open_events(ward.center, ALL).listed.rows
    assert before.next_step is not None
    assert after.next_step is not None
    assert before.next_step.do.startswith("Ambulance")
    assert before.next_step.due_at == AT + HOUR / 6
    assert after.next_step.do.startswith("Continuous cardiac monitor")


def test_an_event_without_a_course_is_not_forgotten(ward: BoardWard) -> None:
    ToxicityEventFactory(patient=ward.person("Specimen"))
    (row,) = events.open_events(ward.center, ALL).listed.rows
    assert (row.status, row.drug, row.next_step) == (None, None, None)


def test_a_closed_event_stands_among_the_closed_ones(ward: BoardWard) -> None:
    opened(ward, "Over", 1, state="attributed")
    assert events.open_events(ward.center, ALL).listed.total == 0
    assert events.closed_events(ward.center, ALL).total == 1


# --- alerts, decisions, windows ---------------------------------------------------------------------------


def test_every_unanswered_alert_with_the_level_it_has_reached(ward: BoardWard) -> None:
    ward.log("38.6")
    ward.later(minutes=16)
    escalation.escalate_due(at=ward.at)
    (row,) = events.unanswered(ward.center, ALL).rows
    assert (row.level.number, row.level.role, row.level.paged) == (2, "physician on call", ("Dr. K. Okafor",))


def test_an_event_since_the_last_dose_asks_for_a_decision_with_the_records_row(ward: BoardWard) -> None:
    ward.log("38.6")
    (row,) = events.decisions(ward.center, ALL).rows
    assert row.locked
    assert row.answer.decision is Decision.HOLD_UNTIL_RESOLVED
    assert row.answer.source


def test_an_event_before_the_last_dose_asks_nothing_more(ward: BoardWard) -> None:
    opened(ward, "Old", 1, 60 * 30, state="closed", closed_at=AT, closed_by=ward.physician)
    assert events.decisions(ward.center, ALL).total == 0


def test_the_same_grade_again_is_recurrent_and_a_lower_one_before_is_not(ward: BoardWard) -> None:
    event = opened(ward, "Again", 3)
    for grade, expected in ((1, False), (3, True)):
        ToxicityEventFactory(
            patient=event.patient,
            current_grade=0,
            max_grade=grade,
            opened_at=AT - 20 * HOUR,
            state="closed",
            closed_at=AT,
            closed_by=ward.physician,
        )
        (found,) = (row for row in events.decisions(ward.center, ALL).rows if row.event.pk == event.pk)
        again = ToxicityEvent.objects.filter(decided.is_recurrent(), pk=event.pk).exists()
        assert (again, bool(found.answer.row)) == (expected, True)


def test_the_duration_of_an_open_event_is_not_known(ward: BoardWard) -> None:
    """Teclistamab asks how long a grade 3 event lasted: while it lasts, the physician decides."""
    event = opened(ward, "Three", 3)
    other = BoardWard(regimen="teclistamab", schedule="monotherapy")
    spec = protocols.spec(other.version.pk)
    open_still = decided.after(event, recurrent=False, spec=spec)
    event.ended_at = event.opened_at + timedelta(hours=50)
    ended = decided.after(event, recurrent=False, spec=spec)
    assert (open_still.decision, open_still.missing) == (None, ("duration_hours",))
    assert ended.decision is Decision.DISCONTINUE


def test_everyone_in_a_window_worst_first(ward: BoardWard) -> None:
    ward.other("Quiet", window_ends_at=AT + HOUR)
    ward.other("Worse", worst_grade=2)
    ward.other("Over", window_ends_at=AT - HOUR)
    names = [row.status.patient.family_name for row in events.in_window(ward.center, ward.at, ALL).rows]
    assert names == ["Worse", "Quiet", "Sample"]


@pytest.mark.parametrize("number", [5, 55])
def test_each_list_is_one_statement_whatever_the_number_of_patients(
    ward: BoardWard, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(number):
        ward.alarm(opened(ward, f"Example{n:03}", 1 + n % 3).patient)
    events.open_events(ward.center, ALL)  # the protocol is read once a process
    with django_assert_num_queries(1):
        assert events.open_events(ward.center, ALL).listed.total == number
    with django_assert_num_queries(1):
        assert events.unanswered(ward.center, ALL).total == number
    with django_assert_num_queries(1):
        assert events.decisions(ward.center, ALL).total == number
    with django_assert_num_queries(1):
        assert events.in_window(ward.center, ward.at, ALL).total == number + 1


# --- one event --------------------------------------------------------------------------------------------


def test_the_page_of_an_event_is_a_fixed_number_of_statements(
    ward: BoardWard, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ward.log("38.6")
    event = ward.event()
    one.event_page(ward.nurse, event.pk, ward.at)
    with django_assert_num_queries(8):
        one.event_page(ward.nurse, event.pk, ward.at)
    for _ in range(4):
        ward.later(minutes=15)
        ward.log("38.4", systolic=86)
        ward.took(InterventionKind.FLUIDS)
    with django_assert_num_queries(8):
        one.event_page(ward.nurse, event.pk, ward.at)


def test_a_prophylactic_dose_before_the_event_is_shown_and_completes_nothing(ward: BoardWard) -> None:
    ward.took(InterventionKind.TOCILIZUMAB_PROPHYLAXIS)
    ward.later(minutes=30)
    ward.log("38.6", systolic=84)
    page = one.event_page(ward.nurse, ward.event().pk, ward.at)
    assert [drug.kind for drug in page.tocilizumab] == ["tocilizumab_prophylaxis"]
    assert page.given == ()


def test_an_attribution_over_several_readings_is_one_line(ward: BoardWard) -> None:
    ward.log("38.6", systolic=84)
    ward.later(minutes=30)
    ward.log("38.4", systolic=86)
    event = ward.event()
    monitoring.attribute_cause(
        event_id=event.pk,
        axis=Axis.HYPOTENSION,
        cause="dehydration",
        reason="dry, better after fluids",
        by=ward.physician,
        at=ward.at,
    )
    (cause,) = one.event_page(ward.physician, event.pk, ward.at).causes
    assert (cause.axis, cause.cause, cause.readings, cause.by) == (
        "hypotension",
        "dehydration",
        2,
        "Dr. K. Okafor",
    )


def test_the_newest_reading_is_the_one_that_is_suggested_even_after_a_late_entry(ward: BoardWard) -> None:
    ward.log("38.6", systolic=84)
    ward.later(minutes=10)
    ward.log("38.2", taken_at=AT - timedelta(minutes=30))
    page = one.event_page(ward.nurse, ward.event().pk, ward.at)
    assert page.suggested is not None
    assert page.suggested.observation is not None
    assert page.suggested.observation.taken_at == AT


def test_an_event_of_another_center_is_not_there(ward: BoardWard) -> None:
    ward.log("38.6")
    stranger: Staff = StaffFactory(physician=True)
    with pytest.raises(Http404):
        one.event_page(stranger, ward.event().pk, ward.at)


def test_the_last_reading_of_an_event_is_known_after_its_course_has_ended(ward: BoardWard) -> None:
    """The board row is not kept any more then; the event itself still is."""
    ward.center_wide()
    ward.log("38.6")
    courses.end(course_id=ward.course.pk, reason="stopped for good", by=ward.physician, at=ward.at)
    ward.later(minutes=40)
    ward.log("39.2", systolic=80)
    (row,) = events.open_events(ward.center, ALL).listed.rows
    assert row.read_at == ward.at
    assert "39.2 °C" in row.because[0]
