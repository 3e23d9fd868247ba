"""Possibly masked CRS waits for a physician; an event knows the one before it."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from uuid import uuid4

import pytest
from pytest_django import DjangoDbBlocker

from dosing_portal.kernel.models import AuditEntry
from patients.errors import FactRefused, StaleRevision
from patients.models import ToxicityEvent, ToxicityGrading
from protocols.rules.values import Axis, InterventionKind
from schedules.models import Alert, CourseStatus
from schedules.selectors.doses import next_planned, sheet
from schedules.selectors.sheet import Asked
from schedules.services import events, monitoring
from tests.factories import StaffFactory
from tests.ward import Ward, standing

pytestmark = pytest.mark.django_db

POCKET = InterventionKind.POCKET_DEXAMETHASONE


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


def event(state: str = "masked") -> ToxicityEvent:
    return ToxicityEvent.objects.get(state=state)


def declare(ward: Ward, **changes: object) -> ToxicityEvent:
    row = event()
    facts = {
        "event_id": row.pk,
        "grade": 2,
        "reason": "fluids did not help; steroid 3 h before",
        "seen_revision": row.revision,
        "by": ward.physician,
        "at": ward.at,
    }
    return events.declare(**(facts | changes))  # type: ignore[arg-type]


def rule_out(ward: Ward, **changes: object) -> ToxicityEvent:
    row = event()
    facts = {
        "event_id": row.pk,
        "reason": "vasovagal, recovered lying down",
        "seen_revision": row.revision,
        "by": ward.physician,
        "at": ward.at,
    }
    return events.rule_out(**(facts | changes))  # type: ignore[arg-type]


# --- what raises it ---------------------------------------------------------------------------------------


def test_low_pressure_without_a_fever_waits_for_a_physician(ward: Ward) -> None:
    low = ward.log("36.9", systolic=84).observation
    row = event()
    assert (row.opened_at, row.suspected_at, row.opening_observation) == (ward.at, ward.at, low)
    assert row.suspected_because == "systolic 84 mmHg (under 90), no vasopressor; no fever on record"
    assert (row.max_grade, row.current_grade, row.current_text) == (0, 0, "possibly masked")
    assert (row.last_dose, row.onset_hours) == ("sud1", 4)
    assert CourseStatus.objects.get().open_event == row
    assert ward.alert("possibly_masked").event == row
    assert low is not None
    assert low.gradings.get(toxicity="crs").event == row


def test_pocket_dexamethasone_without_a_reading_waits_for_a_physician(ward: Ward) -> None:
    ward.took(POCKET)
    row = event()
    assert row.suspected_because == "pocket dexamethasone taken with no fever on record"
    assert (row.opened_at, row.opening_observation) == (ward.at, None)


def test_a_second_sign_is_the_same_suspicion(ward: Ward) -> None:
    ward.took(POCKET)
    first = event()
    ward.later(hours=1)
    ward.log("36.9", spo2=86)
    assert (event().pk, event().opened_at) == (first.pk, first.opened_at)
    assert ToxicityGrading.objects.filter(event=first).count() == 1


@pytest.mark.parametrize("hours", [49, 60])
def test_outside_the_risk_window_low_pressure_alone_is_no_suspicion(ward: Ward, hours: int) -> None:
    ward.later(hours=hours)
    ward.log("36.9", systolic=84)
    assert not ToxicityEvent.objects.exists()


def test_premedication_and_a_quiet_reading_raise_none(ward: Ward) -> None:
    ward.took(InterventionKind.PREMEDICATION)
    ward.took(InterventionKind.ACETAMINOPHEN)
    ward.log("36.9")
    assert not ToxicityEvent.objects.exists()


def test_after_a_fever_on_record_pocket_dexamethasone_raises_none(ward: Ward) -> None:
    ward.log("38.4")
    ward.later(minutes=10)
    ward.took(POCKET)
    assert [row.state for row in ToxicityEvent.objects.all()] == ["open"]


def test_the_next_dose_is_held_by_it(ward: Ward) -> None:
    ward.took(POCKET)
    ward.later(hours=96)
    planned = next_planned(ward.course)
    assert planned is not None
    asked = sheet(course=ward.course, planned=planned, asked=Asked(ward.at), at=ward.at)
    (against,) = [one for one in asked.objections if one.field == "event"]
    assert against.title == "CRS possibly masked"


# --- how it ends ------------------------------------------------------------------------------------------


def test_a_fever_makes_it_the_crs_event(ward: Ward) -> None:
    ward.log("36.9", systolic=84)
    first = event()
    ward.later(hours=2)
    ward.log("38.4")
    row = event("open")
    assert (row.pk, row.opened_at, row.suspected_at) == (first.pk, ward.at, first.opened_at)
    assert (row.max_grade, row.onset_hours) == (1, 6)
    assert ToxicityEvent.objects.count() == 1
    assert not Alert.objects.filter(kind="grade_rise").exists()


def test_a_fever_typed_in_late_takes_the_sign_into_its_event(ward: Ward) -> None:
    low = ward.log("36.9", systolic=84).observation
    first = event()
    ward.later(minutes=5)
    ward.log("38.4", taken_at=ward.at - timedelta(hours=1))
    row = event("open")
    assert low is not None
    assert (row.pk, row.opened_at < low.taken_at) == (first.pk, True)
    assert (row.suspected_at, row.suspected_because) == (None, "")


def test_a_correction_takes_its_cause_away(ward: Ward) -> None:
    low = ward.log("36.9", systolic=84).observation
    assert low is not None
    ward.amend(low, "36.9", systolic=124)
    row = event("attributed")
    assert (row.current_text, row.answered_by) == ("cause taken back", None)
    assert CourseStatus.objects.get().open_event is None


def test_what_was_never_taken_takes_its_cause_away(ward: Ward) -> None:
    given = ward.took(POCKET).intervention
    assert given is not None
    monitoring.take_back_intervention(
        intervention_id=given.pk, reason="wrong patient", client_key=uuid4(), by=ward.nurse, at=ward.at
    )
    assert event("attributed").current_text == "cause taken back"


def test_a_physician_says_that_it_is_something_else(ward: Ward) -> None:
    ward.log("36.9", systolic=84)
    row = rule_out(ward)
    assert (row.state, row.answered_by, row.answered_at) == ("attributed", ward.physician, ward.at)
    assert CourseStatus.objects.get().open_event is None
    assert AuditEntry.objects.get(action="event.rule_out").reason == "vasovagal, recovered lying down"
    ward.later(minutes=30)
    ward.log("36.9")
    assert not ToxicityEvent.objects.unsettled().exists()


def test_a_new_sign_after_the_answer_is_a_new_suspicion(ward: Ward) -> None:
    ward.log("36.9", systolic=84)
    answered = rule_out(ward)
    ward.later(minutes=30)
    ward.log("36.9", systolic=82)
    assert (event().opened_at, event().pk != answered.pk) == (ward.at, True)


def test_what_the_physician_did_not_know_is_not_answered(ward: Ward) -> None:
    """Typed in after the answer, of a time before it."""
    ward.log("36.9", systolic=84)
    ward.later(hours=1)
    rule_out(ward)
    ward.later(minutes=10)
    ward.log("36.9", spo2=85, taken_at=ward.at - timedelta(minutes=20))
    assert event().suspected_because.startswith("SpO2 85 %")


def test_a_declared_event_is_open_and_stays(ward: Ward) -> None:
    ward.log("36.9", systolic=84)
    first = event()
    row = declare(ward)
    assert (row.pk, row.state, row.max_grade, row.confirmed_grade) == (first.pk, "open", 2, 2)
    assert CourseStatus.objects.get().open_event == row
    for sign in ({"systolic": 118}, {"systolic": 82}):
        ward.later(hours=1)
        ward.log("36.9", **sign)
    row.refresh_from_db()
    assert (row.state, row.max_grade) == ("open", 2)
    assert ToxicityEvent.objects.count() == 1


def test_a_declared_event_takes_the_fever_in(ward: Ward) -> None:
    ward.log("36.9", systolic=84)
    declared = declare(ward)
    ward.later(hours=3)
    fever = ward.log("38.4", systolic=84).observation
    row = event("open")
    assert (row.pk, row.opened_at, row.current_grade) == (declared.pk, declared.opened_at, 2)
    assert fever is not None
    ward.amend(fever, "36.8")
    row.refresh_from_db()
    assert (row.state, row.current_grade, row.ended_at) == ("open", 0, None)


@pytest.mark.parametrize(
    ("act", "changes", "field"),
    [
        (declare, {"grade": 0}, "grade"),
        (declare, {"reason": " "}, "reason"),
        (rule_out, {"reason": ""}, "reason"),
    ],
)
def test_an_answer_says_what_and_why(ward: Ward, act: object, changes: dict[str, object], field: str) -> None:
    ward.took(POCKET)
    with pytest.raises(FactRefused) as refused:
        act(ward, **changes)  # type: ignore[operator]
    assert (refused.value.field, event().answered_at) == (field, None)


def test_two_physicians_answer_once(ward: Ward) -> None:
    ward.took(POCKET)
    seen = event()
    declare(ward)
    with pytest.raises(StaleRevision):
        events.rule_out(
            event_id=seen.pk, reason="well", seen_revision=seen.revision, by=ward.director, at=ward.at
        )


def test_a_suspicion_of_another_center_does_not_exist(ward: Ward) -> None:
    ward.took(POCKET)
    with pytest.raises(ToxicityEvent.DoesNotExist):
        declare(ward, by=StaffFactory(physician=True))


def test_a_fever_attributed_elsewhere_leaves_the_low_pressure_to_answer(ward: Ward) -> None:
    ward.log("38.4", systolic=84)
    monitoring.attribute_cause(
        event_id=event("open").pk,
        axis=Axis.FEVER,
        cause="infection",
        reason="positive culture",
        by=ward.physician,
        at=ward.at,
    )
    assert event("attributed").current_text == "not CRS"
    assert event().suspected_because.startswith("systolic 84 mmHg")


# --- recurrence -------------------------------------------------------------------------------------------


def test_an_event_knows_the_one_before_it(ward: Ward) -> None:
    for hours, temperature in ((0, "38.4"), (6, "36.9"), (36, "38.5")):
        ward.later(hours=hours)
        ward.log(temperature)
    first, second = ToxicityEvent.objects.order_by("opened_at")
    assert (first.follows, second.follows) == (None, first)
    ward.log("38.1", taken_at=first.opened_at + timedelta(hours=20))
    first.refresh_from_db()
    assert (first.follows, first.state) == (None, "open")


def test_an_earlier_event_typed_in_late_stands_before_the_other(ward: Ward) -> None:
    ward.later(hours=40)
    ward.log("38.4")
    for hours, temperature in ((38, "38.2"), (36, "36.8"), (10, "36.7")):
        ward.log(temperature, taken_at=ward.at - timedelta(hours=hours))
    earlier, later = ToxicityEvent.objects.order_by("opened_at")
    assert (later.opened_at, later.follows, earlier.follows) == (ward.at, earlier, None)


def test_what_was_something_else_is_no_first_event(ward: Ward) -> None:
    fever = ward.log("38.4").observation
    ward.later(hours=6)
    ward.log("36.9")
    ward.later(hours=36)
    ward.log("38.5")
    assert fever is not None
    ward.amend(fever, "36.4")
    assert event("open").follows is None


def test_a_recurrence_counts_from_a_first_event_older_than_the_look_back(ward: Ward) -> None:
    ward.log("38.4")
    ward.later(hours=3)
    ward.log("36.9")
    ward.later(days=20)
    ward.log("38.4")
    first, second = ToxicityEvent.objects.order_by("opened_at")
    assert second.follows == first
