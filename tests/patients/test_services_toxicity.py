"""What a clinician says of an event: confirm, set another grade, close; always with who and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dosing_portal.kernel.models import AuditEntry, Staff
from patients.errors import FactRefused, StaleRevision
from patients.models import Attribution, Observation, ToxicityEvent, ToxicityGrading
from patients.services import toxicity
from protocols.rules.values import Axis
from tests.factories import AT, ObservationFactory, StaffFactory, ToxicityEventFactory


@pytest.fixture
def event(db: None) -> ToxicityEvent:
    """Grade 2 was suggested."""
    return ToxicityEventFactory(current_grade=2, max_grade=2, current_text="grade 2")


@pytest.fixture
def physician(event: ToxicityEvent) -> Staff:
    return StaffFactory(physician=True, center=event.center)


def confirm(event: ToxicityEvent, by: Staff, **changes: Any) -> ToxicityEvent:
    facts: dict[str, Any] = {"grade": 2, "reason": "", "seen_revision": event.revision, "by": by, "at": AT}
    return toxicity.confirm(event_id=event.pk, **(facts | changes))


def close(event: ToxicityEvent, by: Staff, **changes: Any) -> ToxicityEvent:
    facts: dict[str, Any] = {"seen_revision": event.revision, "reason": "", "by": by, "at": AT}
    return toxicity.close(event_id=event.pk, **(facts | changes))


# --- confirm ----------------------------------------------------------------------------------------------


def test_a_confirmed_grade_stands_beside_the_suggested_one(event: ToxicityEvent, physician: Staff) -> None:
    row = confirm(event, physician)
    assert (row.confirmed_grade, row.confirmed_by, row.confirmed_at) == (2, physician, AT)
    assert (row.current_grade, row.revision) == (2, event.revision + 1)
    grading = ToxicityGrading.objects.get(kind="confirmed")
    assert (grading.at_least, grading.suggested_grade, grading.graded_by) == (2, 2, physician)
    entry = AuditEntry.objects.get(action="event.confirm_grade")
    assert (entry.before, entry.after) == (
        {"confirmed_grade": None, "suggested": 2},
        {"confirmed_grade": 2},
    )


@pytest.mark.parametrize(("grade", "maximum"), [(3, 3), (1, 2), (0, 2)])
def test_another_grade_needs_a_reason_and_never_lowers_the_maximum(
    event: ToxicityEvent, physician: Staff, grade: int, maximum: int
) -> None:
    with pytest.raises(FactRefused) as refused:
        confirm(event, physician, grade=grade, reason=" ")
    assert refused.value.field == "reason"
    row = confirm(event, physician, grade=grade, reason="vasopressor was stopped")
    assert (row.confirmed_grade, row.max_grade) == (grade, maximum)
    assert ToxicityGrading.objects.get(kind="confirmed").reason == "vasopressor was stopped"


@pytest.mark.parametrize("grade", [-1, 6])
def test_a_grade_off_the_scale_is_refused(event: ToxicityEvent, physician: Staff, grade: int) -> None:
    with pytest.raises(FactRefused) as refused:
        confirm(event, physician, grade=grade, reason="typed wrongly")
    assert refused.value.field == "grade"


def test_an_old_page_confirms_nothing(event: ToxicityEvent, physician: Staff) -> None:
    confirm(event, physician)
    with pytest.raises(StaleRevision):
        confirm(event, physician, seen_revision=event.revision)
    assert ToxicityGrading.objects.filter(kind="confirmed").count() == 1


@pytest.mark.parametrize("act", [confirm, close])
def test_an_event_of_another_center_does_not_exist(event: ToxicityEvent, act: Any) -> None:
    with pytest.raises(ToxicityEvent.DoesNotExist):
        act(event, StaffFactory(physician=True))


# --- close ------------------------------------------------------------------------------------------------


def over(event: ToxicityEvent, from_hours: float) -> ToxicityEvent:
    """The event ended, and may be closed so many hours from now."""
    event.ended_at = AT
    event.current_grade = 0
    event.closing_allowed_from = AT + timedelta(hours=from_hours)
    event.save()
    return event


def test_an_event_that_is_over_is_closed_by_name(event: ToxicityEvent, physician: Staff) -> None:
    row = close(over(event, 0), physician, reason="well at home")
    assert (row.state, row.closed_by, row.closed_at) == ("closed", physician, AT)
    entry = AuditEntry.objects.get(action="event.close")
    assert (entry.after["max_grade"], entry.reason) == (2, "well at home")


def test_it_is_not_closed_before_its_hours_have_passed(event: ToxicityEvent, physician: Staff) -> None:
    with pytest.raises(FactRefused, match=r"may be closed from 19-Nov-2026 15:32"):
        close(over(event, 1), physician)


def test_it_is_not_closed_while_something_is_abnormal(event: ToxicityEvent, physician: Staff) -> None:
    with pytest.raises(FactRefused, match="still abnormal or incomplete"):
        close(event, physician)


def test_it_is_closed_once(event: ToxicityEvent, physician: Staff) -> None:
    row = close(over(event, 0), physician)
    with pytest.raises(StaleRevision):
        close(event, physician)
    with pytest.raises(FactRefused, match="closed already"):
        close(row, physician)


# --- another cause ----------------------------------------------------------------------------------------


def opening(event: ToxicityEvent) -> Observation:
    """The reading that opened it."""
    assert event.opening_observation is not None
    return event.opening_observation


def test_each_reading_is_attributed_with_who_and_why(event: ToxicityEvent, physician: Staff) -> None:
    readings = [opening(event), ObservationFactory(patient=event.patient, fever=True)]
    rows = toxicity.attribute(
        patient=event.patient,
        observations=readings,
        axis=Axis.FEVER,
        cause="infection",
        reason="positive culture",
        by=physician,
        at=AT,
    )
    assert [row.observation for row in rows] == readings
    assert set(Attribution.objects.values_list("axis", "cause", "attributed_by")) == {
        ("fever", "infection", physician.pk)
    }


def test_a_cause_without_a_reason_is_refused(event: ToxicityEvent, physician: Staff) -> None:
    with pytest.raises(FactRefused):
        toxicity.attribute(
            patient=event.patient,
            observations=[opening(event)],
            axis=Axis.FEVER,
            cause="infection",
            reason="",
            by=physician,
            at=AT,
        )
    assert not Attribution.objects.exists()
