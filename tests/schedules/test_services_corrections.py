"""What arrives late or was wrong: the timeline is graded again, and nothing that was written is lost."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from pytest_django import DjangoDbBlocker

from dosing_portal.kernel.models import AuditEntry
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import Attribution, Intervention, Observation, ToxicityEvent
from protocols.rules.values import Axis, InterventionKind
from schedules.models import Alert, CourseStatus, MonitoringCheck
from schedules.services import monitoring
from tests.factories import StaffFactory
from tests.ward import Ward, standing

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def dosed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Ward]:
    """Step-up dose 1 was given now."""
    with standing(django_db_blocker, Ward.dosed) as ward:
        yield ward


@pytest.fixture
def ward(dosed: Ward, db: None) -> Ward:
    """Four hours later."""
    ward = deepcopy(dosed)
    ward.later(hours=4)
    return ward


def saved(ward: Ward, temperature: str, **changes: object) -> Observation:
    row = ward.log(temperature, **changes).observation
    assert row is not None
    return row


def event(state: str = "open") -> ToxicityEvent:
    return ToxicityEvent.objects.get(state=state)


# --- late entries -----------------------------------------------------------------------------------------


def test_a_late_entry_grades_what_follows_again(ward: Ward) -> None:
    """Hypotension without fever is grade 0 until the fever and the drug before it are typed in."""
    low = saved(ward, "36.9", systolic=84)
    assert not ToxicityEvent.objects.graded().exists()
    ward.later(minutes=5)
    ward.log("38.6", taken_at=low.taken_at - timedelta(hours=1))
    ward.took(InterventionKind.ACETAMINOPHEN, taken_at=low.taken_at - timedelta(minutes=50))
    assert event().opened_at == low.taken_at - timedelta(hours=1)
    assert (event().max_grade, event().current_grade) == (2, 2)
    stated = list(low.gradings.filter(toxicity="crs").order_by("id").values_list("at_least", flat=True))
    assert (stated[0], stated[-1]) == (0, 2)


def test_a_late_entry_keeps_the_board_on_the_newest_reading(ward: Ward) -> None:
    newest = saved(ward, "37.0")
    ward.later(minutes=5)
    ward.log("38.4", taken_at=newest.taken_at - timedelta(hours=2))
    status = CourseStatus.objects.get()
    assert (status.reading_at, status.temperature_c) == (newest.taken_at, Decimal("37.0"))


def test_a_late_fever_pages_like_any_other(ward: Ward) -> None:
    ward.log("36.8")
    ward.log("38.4", taken_at=ward.at - timedelta(hours=2))
    assert ward.paged(ward.alert("fever")) == [(0, ward.nurse.email)]


def test_a_late_entry_that_was_worse_says_what_was_worse(ward: Ward) -> None:
    ward.log("38.4")
    ward.later(hours=1)
    ward.log("38.2")
    ward.log("38.4", systolic=84, taken_at=ward.at - timedelta(minutes=30))
    assert event().current_grade == 1
    rise = ward.alert("grade_rise")
    assert "systolic 84" in rise.because
    assert "systolic 124" not in rise.because


def test_of_two_readings_of_one_minute_the_one_recorded_later_stands(ward: Ward) -> None:
    """A nurse types 14:30 twice: first what she has, then the whole set."""
    minute = ward.at
    for number in range(3):
        taken_at = minute + timedelta(minutes=number)
        ward.log("38.4", systolic=84, taken_at=taken_at, at=ward.later(minutes=1))
        ward.log("38.4", systolic=124, taken_at=taken_at, at=ward.later(seconds=20))
        status = CourseStatus.objects.get()
        assert (event().current_grade, status.crs_grade, status.systolic) == (1, 1, 124)


def test_a_late_entry_closes_the_gap_between_two_events(ward: Ward) -> None:
    """36 h without fever make two events; a fever typed in between makes them one."""
    ward.log("38.4")
    for hours in (6, 36):
        ward.later(hours=hours)
        ward.log("36.9" if hours == 6 else "38.5")
    first, second = ToxicityEvent.objects.order_by("opened_at")
    assert (first.ended_at is not None, second.ended_at) == (True, None)
    ward.log("38.1", taken_at=first.opened_at + timedelta(hours=20))
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.ended_at) == ("open", None)
    assert (second.state, second.current_grade) == ("joined", 0)
    assert CourseStatus.objects.get().open_event == first


def test_a_late_entry_before_a_closed_event_s_end_opens_it_again(ward: Ward) -> None:
    """Closed after 24 quiet hours; then a fever of the night before is typed in, and another one follows."""
    ward.log("38.4")
    ward.later(hours=4)
    ward.log("36.9")
    ward.later(hours=25)
    ward.log("36.8")
    closed = event()
    ward.close(closed)
    ward.log("38.3", taken_at=ward.at - timedelta(hours=3))
    closed.refresh_from_db()
    assert (closed.state, closed.closed_at, closed.closed_by) == ("open", None, None)
    assert closed.closing_allowed_from == ward.at + timedelta(hours=24)
    assert CourseStatus.objects.get().open_event == closed
    assert AuditEntry.objects.filter(action="event.close").count() == 1


# --- amendments -------------------------------------------------------------------------------------------


def test_an_amendment_stands_beside_what_it_corrects(ward: Ward) -> None:
    wrong = saved(ward, "39.4")
    ward.later(minutes=2)
    row = ward.amend(wrong, "36.4").observation
    assert row is not None
    wrong.refresh_from_db()
    assert (wrong.vitals().temperature, row.amends) != (row.vitals().temperature, None)
    assert list(Observation.objects.current()) == [row]
    entry = AuditEntry.objects.get(action="vitals.amend")
    assert (entry.before["temperature"], entry.after["temperature"]) == ("39.4", "36.4")
    assert entry.reason == "typed wrongly"


def test_an_amendment_takes_back_the_event_and_keeps_its_history(ward: Ward) -> None:
    wrong = saved(ward, "39.4")
    ward.amend(wrong, "36.4")
    gone = event("attributed")
    assert (gone.current_grade, gone.current_text, gone.max_grade) == (0, "not CRS", 1)
    assert gone.gradings.count() == 1
    assert CourseStatus.objects.get().open_event is None


def test_an_amendment_that_finds_a_fever_pages(ward: Ward) -> None:
    wrong = saved(ward, "36.8")
    ward.amend(wrong, "38.6")
    assert event().max_grade == 1
    assert ward.paged() == [(0, ward.nurse.email)]


def test_an_amendment_keeps_the_check_that_was_done(ward: Ward) -> None:
    ward.later(hours=3)
    wrong = saved(ward, "36.8")
    row = ward.amend(wrong, "36.9", taken_at=wrong.taken_at - timedelta(minutes=20)).observation
    check = MonitoringCheck.objects.get(state="done")
    assert row is not None
    assert (check.observation, check.done_at) == (row, row.taken_at)


def test_an_amendment_needs_a_reason(ward: Ward) -> None:
    wrong = saved(ward, "39.4")
    with pytest.raises(FactRefused) as refused:
        ward.amend(wrong, "36.4", reason="  ")
    assert refused.value.field == "amend_reason"


def test_an_entry_is_corrected_once_and_the_second_person_is_told(ward: Ward) -> None:
    wrong = saved(ward, "39.4")
    ward.amend(wrong, "36.4", by=ward.second_nurse)
    with pytest.raises(FactRefused, match=r"K\. Moss RN corrected this entry at 18:32"):
        ward.amend(wrong, "36.5")


def test_a_correction_sent_twice_is_one_row(ward: Ward) -> None:
    wrong, key = saved(ward, "39.4"), uuid4()
    row = ward.amend(wrong, "36.4", client_key=key).observation
    with pytest.raises(AlreadyRecorded) as again:
        ward.amend(wrong, "36.4", client_key=key)
    assert again.value.row == row


def test_an_entry_of_another_center_cannot_be_corrected(ward: Ward) -> None:
    wrong = saved(ward, "39.4")
    with pytest.raises(Observation.DoesNotExist):
        ward.amend(wrong, "36.4", by=StaffFactory())


def test_a_correction_cannot_move_a_reading_into_the_future(ward: Ward) -> None:
    wrong = saved(ward, "39.4")
    with pytest.raises(FactRefused) as refused:
        ward.amend(wrong, "36.4", taken_at=ward.at + timedelta(hours=1))
    assert refused.value.field == "taken_at"


# --- what was given and was not ---------------------------------------------------------------------------


def test_pocket_dexamethasone_pages_by_itself(ward: Ward) -> None:
    ward.took(InterventionKind.POCKET_DEXAMETHASONE)
    assert ward.paged(ward.alert("pocket_dexamethasone")) == [(0, ward.nurse.email)]


def test_what_was_never_given_stops_counting(ward: Ward) -> None:
    ward.log("38.4")
    given = ward.took(InterventionKind.ACETAMINOPHEN).intervention
    ward.later(hours=1)
    ward.log("36.9", systolic=84)
    assert event().current_grade == 2
    assert given is not None
    monitoring.take_back_intervention(
        intervention_id=given.pk, reason="wrong patient", client_key=uuid4(), by=ward.nurse, at=ward.at
    )
    assert event().current_grade < 2
    assert not Intervention.objects.current().filter(kind="acetaminophen").exists()
    assert AuditEntry.objects.get(action="intervention.take_back").reason == "wrong patient"


def test_taking_back_needs_a_reason(ward: Ward) -> None:
    given = ward.took(InterventionKind.ACETAMINOPHEN).intervention
    assert given is not None
    with pytest.raises(FactRefused) as refused:
        monitoring.take_back_intervention(
            intervention_id=given.pk, reason="", client_key=uuid4(), by=ward.nurse, at=ward.at
        )
    assert refused.value.field == "reason"


# --- another cause ----------------------------------------------------------------------------------------


def attribute(ward: Ward, cause: str = "infection", reason: str = "positive culture") -> None:
    monitoring.attribute_cause(
        event_id=ToxicityEvent.objects.get().pk,
        axis=Axis.FEVER,
        cause=cause,
        reason=reason,
        by=ward.physician,
        at=ward.at,
    )


def test_another_cause_takes_the_event_off_the_board_and_leaves_it_on_record(ward: Ward) -> None:
    ward.log("38.4")
    attribute(ward)
    gone = event("attributed")
    assert gone.current_text == "not CRS"
    assert list(gone.gradings.values_list("at_least", flat=True)) == [1]
    assert CourseStatus.objects.get().open_event is None
    assert AuditEntry.objects.get(action="event.attribute").after["cause"] == "infection"


def test_another_cause_does_not_silence_the_alert(ward: Ward) -> None:
    ward.log("38.4")
    attribute(ward)
    assert ward.alert("fever").state == "open"


def test_a_cause_can_be_withdrawn(ward: Ward) -> None:
    ward.log("38.4")
    attribute(ward)
    attribute(ward, cause="", reason="culture was contaminated")
    assert (event().current_grade, event().current_text) == (1, "grade 1")
    assert list(Attribution.objects.values_list("cause", flat=True)) == ["infection", ""]


def test_a_cause_counts_for_the_readings_so_far(ward: Ward) -> None:
    ward.log("38.4")
    attribute(ward)
    ward.later(hours=1)
    ward.log("38.9")
    assert event().opened_at == ward.at


def test_a_cause_needs_a_reason(ward: Ward) -> None:
    ward.log("38.4")
    with pytest.raises(FactRefused) as refused:
        attribute(ward, reason=" ")
    assert refused.value.field == "reason"


def test_an_event_of_another_center_cannot_be_attributed(ward: Ward) -> None:
    ward.log("38.4")
    with pytest.raises(ToxicityEvent.DoesNotExist):
        monitoring.attribute_cause(
            event_id=event().pk,
            axis=Axis.FEVER,
            cause="infection",
            reason="culture",
            by=StaffFactory(physician=True),
            at=ward.at,
        )


def test_one_axis_of_one_reading_can_have_another_cause(ward: Ward) -> None:
    ward.log("38.4")
    ward.later(hours=1)
    low = saved(ward, "38.4", spo2=84)
    assert event().current_grade == 2
    monitoring.attribute_reading(
        observation_id=low.pk,
        axis=Axis.HYPOXIA,
        cause="known lung disease",
        reason="usual saturation is 85 %",
        by=ward.physician,
        at=ward.at,
    )
    assert event().current_grade == 1
    assert Alert.objects.filter(kind="hypoxia", state="open").exists()
