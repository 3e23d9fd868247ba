"""Where the patient is, the arrival that is waited for, and the page when she does not come."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from dosing_portal.kernel.models import AuditEntry
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import ExpectedArrival, Patient, Place, Whereabouts
from patients.services.observations import ReadingContext
from patients.services.whereabouts import Said
from schedules.errors import NoProtocol
from schedules.models import Alert, CourseStatus
from schedules.services import alerts, chasing, escalation, whereabouts
from tests.factories import CenterFactory, ContactFactory, ExpectedArrivalFactory, StaffFactory
from tests.ward import Ward, standing

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def dosed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Ward]:
    with standing(django_db_blocker, Ward.dosed) as ward:
        ContactFactory(patient=ward.patient, name="Tom SAMPLE", phone="555-0171")
        yield ward


@pytest.fixture
def ward(dosed: Ward, db: None) -> Ward:
    return deepcopy(dosed)


def said(ward: Ward, place: Place, **changes: Any) -> Whereabouts:
    asked = {name: changes.pop(name) for name in ("since", "client_key", "by", "at") if name in changes}
    facts: dict[str, Any] = {
        "patient_id": ward.patient.pk,
        "said": Said(place, **changes),
        "since": ward.at,
        "client_key": uuid4(),
        "by": ward.nurse,
        "at": ward.at,
    }
    return whereabouts.move(**(facts | asked))


def leaves(ward: Ward, minutes: int = 30, **changes: Any) -> Whereabouts:
    """On the way to the emergency department, expected in so many minutes."""
    since = changes.get("since", ward.at)
    facts: dict[str, Any] = {
        "destination": Place.EMERGENCY,
        "facility": "Northfield General",
        "expected_at": since + minutes * MINUTE,
        "with_whom": "Tom, not driving herself",
    }
    return said(ward, Place.ON_THE_WAY, **(facts | changes))


def sweep(ward: Ward, **span: float) -> int:
    return chasing.chase_overdue(at=ward.later(**span))


def awaited(ward: Ward) -> list[ExpectedArrival]:
    return list(ExpectedArrival.objects.filter(patient=ward.patient, settled_at__isnull=True))


# --- where she is -----------------------------------------------------------------------------------------


def test_the_newest_statement_stands_whatever_the_order_of_entry(ward: Ward) -> None:
    ward.later(hours=2)
    in_clinic = said(ward, Place.CLINIC, since=ward.at - 10 * MINUTE)
    said(ward, Place.HOME, since=ward.at - 60 * MINUTE)
    assert whereabouts.standing(ward.patient) == in_clinic


def test_of_one_minute_the_statement_written_last_stands(ward: Ward) -> None:
    said(ward, Place.CLINIC)
    corrected = said(ward, Place.EMERGENCY, since=ward.at, at=ward.at + MINUTE)
    assert whereabouts.standing(ward.patient) == corrected


def test_a_statement_is_kept_with_its_event_and_audited(ward: Ward) -> None:
    ward.log("38.4")
    row = said(ward, Place.EMERGENCY, facility="Northfield General")
    entry = AuditEntry.objects.get(action="whereabouts.move")
    assert (entry.by, entry.patient_id) == (ward.nurse, ward.patient.pk)
    assert (entry.after["place"], entry.after["facility"]) == ("emergency", "Northfield General")
    assert row.event is not None
    assert row.event.toxicity == "crs"


def test_a_double_click_is_one_statement(ward: Ward) -> None:
    key = uuid4()
    row = said(ward, Place.CLINIC, client_key=key)
    with pytest.raises(AlreadyRecorded) as again:
        said(ward, Place.CLINIC, client_key=key)
    assert again.value.row == row
    assert Whereabouts.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"since": timedelta(minutes=6)}, "since"),
        ({"since": timedelta(days=-40000)}, "since"),
        ({"expected_at": None}, "expected_at"),
        ({"expected_at": timedelta(0)}, "expected_at"),
        ({"expected_at": timedelta(minutes=-1)}, "expected_at"),
        ({"expected_at": timedelta(hours=25)}, "expected_at"),
        ({"destination": ""}, "destination"),
        ({"destination": Place.ON_THE_WAY}, "destination"),
    ],
    ids=str,
)
def test_an_impossible_journey_is_refused_and_nothing_is_kept(
    ward: Ward, changes: dict[str, Any], field: str
) -> None:
    moved: dict[str, Any] = {k: ward.at + v if isinstance(v, timedelta) else v for k, v in changes.items()}
    with pytest.raises(FactRefused) as refused:
        leaves(ward, **moved)
    assert refused.value.field == field
    assert not Whereabouts.objects.exists()
    assert not ExpectedArrival.objects.exists()


def test_only_somebody_on_the_way_has_a_destination(ward: Ward) -> None:
    with pytest.raises(FactRefused):
        said(ward, Place.WARD, destination=Place.WARD)


def test_another_center_moves_nobody_here(ward: Ward) -> None:
    stranger = StaffFactory(center=CenterFactory())
    with pytest.raises(Patient.DoesNotExist):
        said(ward, Place.CLINIC, by=stranger)


# --- the arrival that is waited for -----------------------------------------------------------------------


def test_leaving_waits_for_the_arrival_with_the_protocols_grace(ward: Ward) -> None:
    way = leaves(ward, 30)
    (arrival,) = awaited(ward)
    assert (arrival.departure, arrival.due_at) == (way, ward.at + 45 * MINUTE)


@pytest.mark.parametrize("place", [Place.CLINIC, Place.EMERGENCY, Place.WARD, Place.HOME])
def test_any_later_place_settles_it(ward: Ward, place: Place) -> None:
    leaves(ward)
    ward.later(minutes=20)
    said(ward, place)
    arrival = ExpectedArrival.objects.get()
    assert (arrival.settled_at, arrival.settled_by) == (ward.at, ward.nurse)
    assert sweep(ward, hours=3) == 0


def test_a_new_expected_time_takes_the_place_of_the_old_one(ward: Ward) -> None:
    leaves(ward, 30)
    ward.later(minutes=20)
    second = leaves(ward, 30)
    (arrival,) = awaited(ward)
    assert arrival.departure == second
    assert ExpectedArrival.objects.count() == 2


def test_a_place_typed_in_late_settles_no_later_departure(ward: Ward) -> None:
    ward.later(hours=1)
    leaves(ward)
    said(ward, Place.HOME, since=ward.at - 30 * MINUTE)
    assert len(awaited(ward)) == 1


def test_a_departure_typed_in_after_the_arrival_waits_for_nobody(ward: Ward) -> None:
    ward.later(hours=1)
    said(ward, Place.EMERGENCY)
    leaves(ward, since=ward.at - 40 * MINUTE)
    assert awaited(ward) == []
    assert not ExpectedArrival.objects.exists()


def test_without_a_protocol_nobody_would_look_so_leaving_is_refused(db: None) -> None:
    ward = Ward()  # neither a course nor a center-wide section
    with pytest.raises(NoProtocol):
        leaves(ward)
    assert not Whereabouts.objects.exists()


# --- not arrived ------------------------------------------------------------------------------------------


def test_a_late_arrival_pages_at_the_end_of_the_grace_and_not_before(ward: Ward) -> None:
    leaves(ward, 30)
    assert sweep(ward, minutes=44, seconds=59) == 0
    assert sweep(ward, seconds=1) == 1
    alert = ward.alert(Alert.Kind.NOT_ARRIVED)
    assert alert.because == (
        "expected 15:02 at Northfield General, 15 min late; "
        "call the patient 555-0160, then Tom SAMPLE 555-0171"
    )
    assert ward.paged(alert) == [(0, ward.nurse.email)]
    assert CourseStatus.objects.get(patient=ward.patient).open_alert == alert


def test_it_is_flagged_once_and_climbs_like_any_other(ward: Ward) -> None:
    leaves(ward, 30)
    assert [sweep(ward, minutes=45), sweep(ward, seconds=2)] == [1, 0]
    escalation.escalate_due(at=ward.later(minutes=15))
    assert ward.paged(ward.alert(Alert.Kind.NOT_ARRIVED))[-1] == (1, ward.physician.email)


def test_without_a_number_and_a_name_of_the_place_it_says_so(ward: Ward) -> None:
    Patient.objects.filter(pk=ward.patient.pk).update(phone="")
    ward.patient.contacts.update(ended_at=ward.at, ended_by=ward.nurse)
    leaves(ward, facility="")
    sweep(ward, minutes=45)
    because = ward.alert(Alert.Kind.NOT_ARRIVED).because
    assert because == "expected 15:02 at emergency department, 15 min late; no number on record"


def test_arriving_ends_the_alert_and_the_pages(ward: Ward) -> None:
    leaves(ward)
    sweep(ward, minutes=45)
    ward.later(minutes=3)
    said(ward, Place.EMERGENCY)
    alert = ward.alert(Alert.Kind.NOT_ARRIVED)
    assert (alert.state, alert.resolved_by) == ("resolved", ward.nurse)
    assert not alert.pages.filter(delivered_at__isnull=True, cancelled_at__isnull=True).exists()
    assert CourseStatus.objects.get(patient=ward.patient).open_alert is None


def test_a_new_time_ends_the_alert_and_pages_again_when_it_passes_too(ward: Ward) -> None:
    leaves(ward)
    sweep(ward, minutes=45)
    alerts.acknowledge(alert_id=ward.alert("not_arrived").pk, by=ward.nurse, at=ward.at, via="app")
    leaves(ward, 20)
    assert ward.alert("not_arrived").state == "resolved"
    assert sweep(ward, minutes=35) == 1
    assert Alert.objects.filter(kind="not_arrived").count() == 2


def test_the_lateness_is_audited_by_the_portal(ward: Ward) -> None:
    leaves(ward)
    sweep(ward, minutes=45)
    entry = AuditEntry.objects.get(action="arrival.late")
    assert (entry.by, entry.patient_id) == (ward.system, ward.patient.pk)


# --- a reading that says she is somewhere else ------------------------------------------------------------


def read_at(ward: Ward, location: str, **changes: Any) -> None:
    ward.log("37.2", context=ReadingContext(location=location, **changes))


@pytest.mark.parametrize("location", ["clinic", "ed", "hospital"])
def test_a_reading_by_staff_ends_the_search_and_moves_nobody(ward: Ward, location: str) -> None:
    way = leaves(ward)
    sweep(ward, minutes=45)
    ward.later(minutes=5)
    read_at(ward, location)
    assert awaited(ward) == []
    assert ward.alert("not_arrived").state == "resolved"
    assert whereabouts.standing(ward.patient) == way


@pytest.mark.parametrize(
    ("location", "reported_by"), [("home", "staff"), ("", "staff"), ("ed", "patient"), ("ed", "caregiver")]
)
def test_a_reading_at_home_or_told_by_phone_ends_no_search(
    ward: Ward, location: str, reported_by: str
) -> None:
    leaves(ward)
    ward.later(minutes=5)
    read_at(ward, location, reported_by=reported_by)
    assert len(awaited(ward)) == 1


def test_a_reading_from_before_she_left_ends_no_search(ward: Ward) -> None:
    ward.later(hours=1)
    leaves(ward)
    ward.log("37.2", context=ReadingContext(location="clinic"), taken_at=ward.at - 5 * MINUTE)
    assert len(awaited(ward)) == 1


def test_a_reading_asks_for_an_arrival_only_where_one_is_awaited(ward: Ward) -> None:
    with CaptureQueriesContext(
        connection,
    ) as statements:
        read_at(ward, "ed")
    assert not [q for q in statements if 'FROM "patients_expectedarrival"' in q["sql"].split("WHERE")[0]]


# --- the sweep --------------------------------------------------------------------------------------------


def test_one_patient_without_a_protocol_holds_up_nobody(ward: Ward) -> None:
    StaffFactory(system=True, center=(center := CenterFactory()), is_active=False)
    ExpectedArrivalFactory(departure__patient__center=center, due_at=ward.at)
    leaves(ward)
    with pytest.raises(Exception, match="1 of 2"):
        sweep(ward, minutes=45)
    assert ward.alert("not_arrived").state == "open"
