"""The checklist through the browser: what stands on the rows, what a press does, and what is refused."""

import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, DjangoDbBlocker

from protocols.rules.values import InterventionKind
from schedules.models import ResponseStep
from schedules.selectors import responses as selectors
from schedules.services import responses
from tests.factories import AT, LabResultFactory, StaffFactory, WeightMeasurementFactory
from tests.schedules.boards import BoardWard
from tests.schedules.pages import poll, words
from tests.ward import standing

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def prepared(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Any:
    def build() -> BoardWard:
        with time_machine.travel(AT, tick=False):
            ward = BoardWard()
            ward.watched()
            ward.log("38.6", systolic=84, diastolic=52)
        return ward

    with standing(django_db_blocker, build) as ward:
        yield ward


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(AT, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ward(prepared: BoardWard, clock: time_machine.Traveller, client: Client, db: None) -> BoardWard:
    """A CRS event of grade 2, just opened; a nurse is signed in."""
    ward = deepcopy(prepared)
    client.force_login(ward.nurse)
    return ward


def step(action: str) -> ResponseStep:
    return ResponseStep.objects.filter(action=action).latest("turn")


def url(ward: BoardWard, action: str) -> str:
    return reverse("schedules:event-step", args=[ward.event().pk, step(action).pk])


def the_list(client: Client, ward: BoardWard) -> str:
    return client.get(reverse("schedules:event-steps", args=[ward.event().pk]), headers=HTMX).content.decode()


def row(page: str, action: str) -> str:
    found = re.search(rf'<li class="step[^>]*id="step-{action}-row".*?</li>', page, re.DOTALL)
    assert found, action
    return found[0]


def titles(page: str) -> list[str]:
    return [words(found.encode()).strip() for found in re.findall(r"<h3>(.*?)</h3>", page, re.DOTALL)]


# --- the rows ---------------------------------------------------------------------------------------------


def test_one_row_is_red_and_it_is_the_treatment_due_first(client: Client, ward: BoardWard) -> None:
    page = the_list(client, ward)
    assert page.count("step-now") == 1
    assert "Ambulance or monitored transfer" in row(page, "transport")
    assert "step-now" in row(page, "transport")
    assert titles(page)[0].startswith("Ambulance")


def test_a_row_shows_dose_distance_and_due_time(client: Client, ward: BoardWard) -> None:
    text = words(row(the_list(client, ward), "tocilizumab").encode())
    assert "8 mg/kg x 72.4 kg = 579.2 mg, cap 800 mg" in text
    assert "1 h left due 15:32, 60 min from fever" in text


def test_a_heavy_patient_gets_the_cap(client: Client, ward: BoardWard) -> None:
    WeightMeasurementFactory(
        patient=ward.patient, kg=Decimal(120), measured_on=ward.at.date(), recorded_by=ward.nurse
    )
    assert "over the cap: 800 mg" in words(row(the_list(client, ward), "tocilizumab").encode())


def test_a_condition_offers_that_it_applies_and_what_waits_says_for_what(
    client: Client, ward: BoardWard
) -> None:
    page = the_list(client, ward)
    early = words(row(page, "early_intensive_care").encode())
    assert "It applies" in early
    assert "Does not apply" in early
    assert "waiting" in early
    after = words(row(page, "dexamethasone_if_no_better").encode())
    assert "starts its clock when this is recorded: Tocilizumab IV over 60 min" in after


def test_a_drug_leads_to_its_form_prefilled(client: Client, ward: BoardWard) -> None:
    page = row(the_list(client, ward), "tocilizumab")
    target = reverse("schedules:intervention-new", args=[ward.patient.pk])
    assert f'href="{target}?kind=tocilizumab"' in page


def test_what_a_lower_grade_did_not_ask_for_is_kept_with_its_mark(client: Client, ward: BoardWard) -> None:
    ward.later(minutes=20)
    ward.log("38.4")
    assert "kept; added at grade 2" in row(the_list(client, ward), "tocilizumab")


def test_done_rows_drop_to_the_end_with_time_and_name(client: Client, ward: BoardWard) -> None:
    responses.do_step(step_id=step("transport").pk, settled_at=AT, by=ward.second_nurse, at=AT)
    page = the_list(client, ward)
    assert titles(page)[-1].endswith("Ambulance or monitored transfer to the emergency department")
    assert "Done 14:32 K. Moss RN, in time" in words(row(page, "transport").encode())
    assert "1 of" in words(page.encode())


def test_the_pathway_says_why_it_runs(client: Client, ward: BoardWard) -> None:
    assert "neutrophils not known" in row(the_list(client, ward), "neutropenic_fever")


def test_the_pathway_says_why_it_does_not_run(client: Client, ward: BoardWard) -> None:
    LabResultFactory(patient=ward.patient, value="2.1", taken_at=AT - timedelta(hours=12))
    ward.log("38.4")
    text = words(row(the_list(client, ward), "neutropenic_fever").encode())
    assert "ANC 2.1 x10^9/L, 12 h ago" in text
    assert "not needed now" in text


def test_an_overdue_row_is_red_in_words(client: Client, ward: BoardWard, clock: Any) -> None:
    clock.move_to(AT + timedelta(minutes=22))
    assert "12 min overdue due 14:42" in words(row(the_list(client, ward), "transport").encode())


def test_the_list_is_two_statements_however_often_it_is_asked_for(
    ward: BoardWard, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    event = ward.event()
    selectors.checklist_for(ward.nurse, event.pk, AT)
    for _ in range(2):
        with django_assert_num_queries(2):
            selectors.checklist_for(ward.nurse, event.pk, AT)
        ward.later(minutes=10)
        ward.log("38.4", systolic=86)
        ward.took(InterventionKind.FLUIDS)


# --- a press ----------------------------------------------------------------------------------------------


def test_a_press_answers_with_the_list(client: Client, ward: BoardWard) -> None:
    answer = client.post(url(ward, "transport"), {"act": "done", "list": "event-steps"}, headers=HTMX)
    assert answer.status_code == 200
    assert answer.content.lstrip().startswith(b'<div class="column" id="event-steps"')
    assert "Done 14:32 N. Brandt RN" in words(answer.content)


def test_without_script_a_press_leads_back_to_the_event(client: Client, ward: BoardWard) -> None:
    answer = client.post(url(ward, "transport"), {"act": "done"}, follow=True)
    assert answer.redirect_chain == [
        (f"{reverse('schedules:event', args=[ward.event().pk])}#event-steps", 302)
    ]
    assert "Recorded." in words(answer.content)
    assert step("transport").state == "done"


def test_a_second_persons_press_is_told_on_the_row(client: Client, ward: BoardWard) -> None:
    responses.do_step(step_id=step("transport").pk, settled_at=AT, by=ward.second_nurse, at=AT)
    answer = client.post(url(ward, "transport"), {"act": "done"}, headers=HTMX)
    assert answer.status_code == 409
    text = words(row(answer.content.decode(), "transport").encode())
    assert "Not recorded. K. Moss RN did this at 14:32. Nothing was changed." in text
    assert step("transport").settled_by == ward.second_nurse


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"done_time": "14:00"}, "The event opened 19-Nov-2026 14:32. Write a time after that."),
        ({"done_time": "23:10"}, "This time lies in the future."),
        ({"done_time": "half past"}, "Write the time as 14:32, on the 24-hour clock"),
    ],
)
def test_an_impossible_time_stands_beside_its_box_with_what_was_typed(
    client: Client, ward: BoardWard, typed: dict[str, str], sentence: str
) -> None:
    answer = client.post(url(ward, "transport"), {"act": "done", **typed}, headers=HTMX)
    assert answer.status_code == 422
    found = row(answer.content.decode(), "transport")
    assert sentence in found
    assert f'value="{typed["done_time"]}"' in found
    assert "<details" in found
    assert " open>" in found
    assert step("transport").state == "open"


def test_a_time_before_now_is_kept_as_typed(client: Client, ward: BoardWard, clock: Any) -> None:
    clock.move_to(AT + timedelta(minutes=9))
    client.post(url(ward, "transport"), {"act": "done", "done_time": "14:36"}, headers=HTMX)
    assert step("transport").settled_at == AT + timedelta(minutes=4)


def test_not_done_needs_a_reason_and_shows_it(client: Client, ward: BoardWard) -> None:
    refused = client.post(url(ward, "tocilizumab"), {"act": "not_done"}, headers=HTMX)
    assert refused.status_code == 422
    assert "Write why it is not done." in words(refused.content)
    answer = client.post(
        url(ward, "tocilizumab"), {"act": "not_done", "reason": "given in the ED"}, headers=HTMX
    )
    found = words(row(answer.content.decode(), "tocilizumab").encode())
    assert "Not done given in the ED; N. Brandt RN 14:32" in found


def test_what_applies_starts_its_clock_and_a_slip_is_taken_back(client: Client, ward: BoardWard) -> None:
    client.post(url(ward, "oxygen"), {"act": "applies"}, headers=HTMX)
    assert step("oxygen").due_at == AT + timedelta(minutes=5)
    client.post(url(ward, "transport"), {"act": "done"}, headers=HTMX)
    client.post(url(ward, "transport"), {"act": "reopen", "reason": "wrong row"}, headers=HTMX)
    assert step("transport").state == "open"


def test_without_script_a_refusal_is_a_page_with_the_row(client: Client, ward: BoardWard) -> None:
    answer = client.post(url(ward, "tocilizumab"), {"act": "not_done", "reason": ""})
    assert answer.status_code == 422
    assert "<html" in answer.content.decode()
    assert "Write why it is not done." in words(answer.content)
    assert "SAMPLE, Ruth" in words(answer.content)


# --- who --------------------------------------------------------------------------------------------------


def test_somebody_who_may_not_run_a_response_sees_the_list_without_buttons(
    client: Client, ward: BoardWard
) -> None:
    client.force_login(ward.pharmacist)
    page = the_list(client, ward)
    assert "step-now" in page
    assert "<form" not in page
    assert client.post(url(ward, "transport"), {"act": "done"}).status_code == 403


def test_another_center_finds_nothing(client: Client, ward: BoardWard) -> None:
    client.force_login(StaffFactory())
    assert client.post(url(ward, "transport"), {"act": "done"}).status_code == 404
    assert client.get(reverse("schedules:event-steps", args=[ward.event().pk])).status_code == 404


# --- live -------------------------------------------------------------------------------------------------


def test_the_list_asks_again_every_four_seconds_and_gets_nothing_until_something_changed(
    client: Client, ward: BoardWard
) -> None:
    page = the_list(client, ward)
    assert 'hx-trigger="every 4s"' in page
    address = re.search(r'hx-get="([^"]+)"', page)
    assert address
    assert poll(client, address[1]).status_code == 204
    responses.do_step(step_id=step("transport").pk, settled_at=AT, by=ward.physician, at=AT)
    answer = poll(client, address[1])
    assert answer.status_code == 200
    said = "Dr. K. Okafor: Ambulance or monitored transfer to the emergency department, done"
    assert f'data-said="{said}"' in answer.content.decode()


def test_the_outcome_of_a_reading_shows_the_same_rows(client: Client, ward: BoardWard) -> None:
    saved = ward.log("38.6", systolic=84).observation
    assert saved is not None
    page = client.get(reverse("schedules:vitals-outcome", args=[ward.patient.pk, saved.pk])).content.decode()
    assert "What to do now" in words(page.encode())
    found = re.search(r'id="(steps-[0-9a-f]+)"', page)
    assert found
    assert f'name="list" value="{found[1]}"' in row(page, "transport")
    answer = client.post(url(ward, "transport"), {"act": "done", "list": found[1]}, headers=HTMX)
    assert f'id="{found[1]}"' in answer.content.decode()
    assert "What to do now" in words(answer.content)
