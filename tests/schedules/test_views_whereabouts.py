"""Where the patient is, calls and hand-off through the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from patients.models import Call, HandOff, Place, Whereabouts
from patients.services.observations import ReadingContext
from tests.factories import AT, ContactFactory, HandOffFactory, StaffFactory, WhereaboutsFactory
from tests.schedules.boards import BoardWard
from tests.schedules.pages import part, poll, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(AT, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ward(clock: time_machine.Traveller, client: Client) -> BoardWard:
    """A patient with CRS grade 2; the nurse is signed in."""
    ward = BoardWard()
    ward.watched()
    ContactFactory(patient=ward.patient, name="Tom SAMPLE", phone="555-0171")
    ward.log("38.6", systolic=84, diastolic=52, context=ReadingContext(location="home"))
    client.force_login(ward.nurse)
    return ward


def page_of(client: Client, ward: BoardWard) -> bytes:
    return client.get(reverse("schedules:event", args=[ward.event().pk])).content


def card(client: Client, ward: BoardWard) -> str:
    return words(client.get(address(ward, "where-card")).content)


def address(ward: BoardWard, name: str) -> str:
    return reverse(f"schedules:{name}", args=[ward.patient.pk])


def send(client: Client, ward: BoardWard, route: str = "where", /, **typed: Any) -> Any:
    typed = {"client_key": str(uuid4()), "when": "now", "event": str(ward.event().pk)} | typed
    return client.post(address(ward, route), typed)


# --- the place --------------------------------------------------------------------------------------------


def test_where_nobody_said_the_place_the_card_says_so_and_the_grade_asks_for_hospital(
    client: Client, ward: BoardWard
) -> None:
    text = words(page_of(client, ward))
    assert "Not recorded" in text
    assert "The reading of 19-Nov-2026 14:32 was taken at: Home." in text
    assert "CRS grade 2 belongs in hospital; no place is recorded." in text
    assert "Because: CRS grade 2 or more belongs in hospital. Source:" in text


def test_one_tap_moves_the_patient_and_comes_back_to_the_event(client: Client, ward: BoardWard) -> None:
    answer = send(client, ward, place="emergency", facility="Northfield General")
    assert answer["Location"] == reverse("schedules:event", args=[ward.event().pk])
    assert "Emergency department, Northfield General since 19-Nov-2026 14:32" in card(client, ward)
    assert "CRS grade 2 belongs in hospital; the patient is in the emergency department." in card(
        client, ward
    )


def test_on_a_ward_the_grade_asks_for_nothing_more(client: Client, ward: BoardWard) -> None:
    send(client, ward, place="ward")
    assert "belongs in" not in card(client, ward)


def test_leaving_counts_down_to_the_arrival(
    client: Client, ward: BoardWard, clock: time_machine.Traveller
) -> None:
    send(
        client,
        ward,
        place="on_the_way",
        destination="emergency",
        expected_in="30",
        transport="driven",
        with_whom="Tom",
        facility="Northfield General",
    )
    text = card(client, ward)
    assert "On the way to Northfield General (emergency department) , Tom, not driving" in text
    assert "Expected 15:02, in 30 min" in text
    assert "Arrived: emergency department" in text
    clock.shift(40 * 60)
    assert "Expected 15:02, 10 min late" in card(client, ward)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"expected_in": "30"}, "Choose where the patient is going"),
        ({"destination": "clinic"}, "Write when the patient should be there: then somebody looks"),
        (
            {
                "destination": "clinic",
                "expected_in": "other",
                "expected_time": "14:00",
                "expected_day": "today",
            },
            "The patient left at 14:32. The arrival comes after that.",
        ),
        (
            {"destination": "clinic", "expected_in": "30", "transport": "alone"},
            "The plan says: come in, not driving. Is it so?",
        ),
    ],
    ids=["no goal", "no time", "past", "alone"],
)
def test_a_journey_that_cannot_be_is_refused_beside_its_field(
    client: Client, ward: BoardWard, typed: dict[str, str], sentence: str
) -> None:
    answer = send(client, ward, place="on_the_way", with_whom="Tom", **typed)
    assert answer.status_code == 422
    assert sentence in words(answer.content)
    assert 'value="Tom"' in answer.content.decode()
    assert not Whereabouts.objects.exists()


def test_a_reading_from_elsewhere_is_shown_and_not_taken(client: Client, ward: BoardWard) -> None:
    WhereaboutsFactory(patient=ward.patient, place=Place.HOME, since=AT)
    ward.later(minutes=1)
    ward.log("38.0", context=ReadingContext(location="ed"))
    text = card(client, ward)
    assert text.index("At home") < text.index("was taken at: ED. The place was not changed by it.")
    assert "Now: emergency department" in text


def test_the_card_answers_204_while_it_says_the_same(client: Client, ward: BoardWard) -> None:
    found = re.search(r'id="where" hx-get="([^"]+)" hx-trigger="every 4s"', page_of(client, ward).decode())
    assert found
    assert poll(client, found[1]).status_code == 204
    send(client, ward, place="clinic")
    assert "Clinic" in words(poll(client, found[1]).content)


def test_the_card_reads_ten_statements_whatever_happened(
    client: Client, ward: BoardWard, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(6):
        send(client, ward, place="clinic")
        send(client, ward, "call-new", party="patient", direction="out", outcome="no_answer")
        HandOffFactory(patient=ward.patient)
    with django_assert_max_num_queries(12):  # with the session and the person
        client.get(address(ward, "where-card"))


# --- calls ------------------------------------------------------------------------------------------------


def test_every_number_is_one_tap(client: Client, ward: BoardWard) -> None:
    page = page_of(client, ward).decode()
    for number in (ward.patient.phone, "555-0171", ward.nurse.phone, ward.center.emergency_phone):
        assert f'href="tel:{number}"' in page


def test_no_answer_says_what_to_do_and_when_to_try_again(
    client: Client, ward: BoardWard, clock: time_machine.Traveller
) -> None:
    clock.shift(4 * 60)
    send(client, ward, "call-new", party="patient", direction="out", outcome="no_answer", name="Ruth")
    text = card(client, ward)
    assert "No answer: tell the caregiver, then 911. Try again at 14:41, in 5 min." in text
    assert "Waits for a call back 4 min, since 14:32" in text
    clock.shift(5 * 60)
    assert "Try again now." in card(client, ward)


def test_reaching_her_shows_the_minutes_she_waited(
    client: Client, ward: BoardWard, clock: time_machine.Traveller
) -> None:
    clock.shift(12 * 60)
    send(client, ward, "call-new", party="caregiver", direction="out", outcome="reached", name="Tom SAMPLE")
    text = card(client, ward)
    assert "Called back after 12 min: asked 14:32, reached 14:44" in text
    assert "Reached: call to caregiver, Tom SAMPLE" in text
    assert "Waits for a call back" not in text


def test_a_call_without_its_outcome_is_refused_with_everything_kept(client: Client, ward: BoardWard) -> None:
    answer = send(client, ward, "call-new", party="patient", direction="in", note="dizzy")
    assert answer.status_code == 422
    assert 'value="dizzy"' in answer.content.decode()
    assert not Call.objects.exists()


# --- hand-off ---------------------------------------------------------------------------------------------


def test_until_they_accept_the_patient_is_ours(client: Client, ward: BoardWard) -> None:
    send(client, ward, "hand-over", to_whom="Dr. Lee", facility="Northfield General", phone="555-0199")
    handed = part(page_of(client, ward), "hand-off")
    assert "Accepted by nobody yet. You own her until they accept." in handed
    assert "Handed to Dr. Lee, Northfield General at 14:32 by N. Brandt RN." in handed


def answered(client: Client, ward: BoardWard, **typed: str) -> Any:
    url = reverse("schedules:hand-off-answer", args=[HandOff.objects.latest("given_at").pk])
    return client.post(
        url, {"client_key": str(uuid4()), "when": "now", "event": str(ward.event().pk)} | typed
    )


def test_an_acceptance_names_who_accepted_and_who_wrote_it(client: Client, ward: BoardWard) -> None:
    HandOffFactory(patient=ward.patient, to_whom="Dr. Lee")
    assert answered(client, ward, answer="accepted", name="Dr. Lee").status_code == 302
    handed = part(page_of(client, ward), "hand-off")
    assert "Dr. Lee accepted at 14:32." in handed
    assert "Written down by N. Brandt RN." in handed
    assert "You own" not in handed


def test_a_refusal_stays_visible(client: Client, ward: BoardWard) -> None:
    HandOffFactory(patient=ward.patient, to_whom="Dr. Lee")
    assert answered(client, ward, answer="refused", name="Dr. Lee").status_code == 422
    answered(client, ward, answer="refused", name="Dr. Lee", reason="no bed")
    handed = part(page_of(client, ward), "hand-off")
    assert "Dr. Lee did not accept at 14:32: no bed. You own her. Hand over again." in handed


def test_the_second_answer_is_told_what_stands(client: Client, ward: BoardWard) -> None:
    HandOffFactory(patient=ward.patient)
    answered(client, ward, answer="accepted", name="Dr. Lee")
    client.force_login(ward.second_nurse)
    again = answered(client, ward, answer="accepted", name="Dr. Kim")
    assert again.status_code == 422
    assert "N. Brandt RN wrote that Dr. Lee accepted at 14:32. That stands." in words(again.content)


def test_a_pharmacist_reads_the_card_and_moves_nobody(client: Client, ward: BoardWard) -> None:
    client.force_login(StaffFactory(center=ward.center, role="pharmacist"))
    assert client.get(address(ward, "where-card")).status_code == 200
    assert send(client, ward, place="ward").status_code == 403
    assert "Another place" not in card(client, ward)


def test_a_hand_off_that_nobody_accepted_stays_on_the_board(client: Client, ward: BoardWard) -> None:
    HandOffFactory(patient=ward.patient, to_whom="Dr. Lee")
    board = part(client.get("/events/").content, "open-events")
    assert "hand-off to Dr. Lee not accepted" in board
    answered(client, ward, answer="refused", name="Dr. Lee", reason="no bed")
    assert "hand-off to Dr. Lee not accepted" in part(client.get("/events/").content, "open-events")
    HandOffFactory(patient=ward.patient, to_whom="Dr. Kim", given_at=AT + timedelta(minutes=1))
    ward.later(minutes=2)
    HandOff.objects.filter(to_whom="Dr. Kim").update(
        accepted_name="Dr. Kim", accepted_at=ward.at, accepted_by=ward.nurse
    )
    assert "not accepted" not in part(client.get("/events/").content, "open-events")


def test_the_outcome_of_a_reading_says_where_the_patient_belongs(client: Client, ward: BoardWard) -> None:
    WhereaboutsFactory(patient=ward.patient, place=Place.HOME)
    reading = ward.log("38.6", systolic=84, diastolic=52).observation
    assert reading is not None
    page = client.get(reverse("schedules:vitals-outcome", args=[ward.patient.pk, reading.pk]))
    assert "CRS grade 2 belongs in hospital; the patient is at home." in words(page.content)
