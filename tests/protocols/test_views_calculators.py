"""The calculators: an answer with its basis, a refusal in plain words, a complaint beside the field."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from dosing_portal.kernel import clock
from dosing_portal.kernel.models import Role
from protocols.services import adoption
from protocols.services.adoption import Confirming
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def nurse(client: Client) -> Client:
    client.force_login(StaffFactory(role=Role.NURSE))
    return client


def ask(client: Client, name: str, **questions: str) -> str:
    answer = client.get(reverse(f"protocols:calculator-{name}"), questions)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("name", ["grade", "restart", "dose"])
def test_a_first_visit_asks_and_complains_of_nothing(nurse: Client, name: str) -> None:
    page = ask(nurse, name)
    assert "No answer yet." in page
    assert "Not saved" not in page
    (form,) = re.findall(r'<form method="get" class="form.*?</form>', page, re.DOTALL)
    assert "csrfmiddlewaretoken" not in form


def test_restart_says_repeat_with_its_basis(nurse: Client) -> None:
    page = ask(
        nurse,
        "restart",
        regimen="teclistamab/monotherapy",
        last_dose="sud2",
        given_on="10-Nov-2026",
        planned_on="19-Nov-2026",
    )
    assert "Repeat step-up dose 2" in page
    assert "answer-text" in page
    assert "8 to 28" in page


def test_an_unconfirmed_row_is_shown_and_not_recommended(nurse: Client) -> None:
    page = ask(
        nurse,
        "restart",
        regimen="teclistamab/monotherapy",
        last_dose="sud2",
        given_on="10-Oct-2026",
        planned_on="19-Nov-2026",
    )
    assert "answer-text" not in page
    assert "unconfirmed. Ask pharmacy." in page


def test_where_no_table_was_found_it_refuses(nurse: Client) -> None:
    page = ask(
        nurse,
        "restart",
        regimen="linvoseltamab/standard",
        last_dose="sud1",
        given_on="10-Oct-2026",
        planned_on="19-Nov-2026",
    )
    assert "Do not guess" in page
    assert "answer-text" not in page


def test_calendar_and_elapsed_days_that_disagree_ask_a_physician(nurse: Client) -> None:
    page = ask(
        nurse,
        "restart",
        regimen="teclistamab/monotherapy",
        last_dose="sud1",
        given_on="10-Nov-2026",
        given_time="20:00",
        planned_on="18-Nov-2026",
        planned_time="09:00",
    )
    assert "disagree" in page
    assert "answer-text" not in page


def test_a_day_before_the_last_dose_is_refused_beside_its_field(nurse: Client) -> None:
    page = ask(
        nurse,
        "restart",
        regimen="teclistamab/monotherapy",
        last_dose="sud2",
        given_on="19-Nov-2026",
        planned_on="10-Nov-2026",
    )
    assert "before the last one" in page
    assert 'value="19-Nov-2026"' in page


def test_a_fixed_dose_has_its_amount_and_volume(nurse: Client) -> None:
    page = ask(nurse, "dose", regimen="elranatamab/standard", dose="sud2")
    assert "DOSE 32&nbsp;mg, 0.8&nbsp;mL" in page


def test_a_band_typed_from_memory_is_marked_until_a_pharmacist_confirms_it(client: Client) -> None:
    pharmacist = StaffFactory(role=Role.PHARMACIST)
    client.force_login(pharmacist)
    questions = {"regimen": "teclistamab/monotherapy", "dose": "sud2", "weight_kg": "64,2"}
    assert "Not confirmed. Ask pharmacy" in ask(client, "dose", **questions)
    for block in ("weight_bands", "injection"):
        adoption.confirm_block(
            confirming=Confirming(f"teclistamab/preparation/{block}", "TEST, no label was read", sample=True),
            by=pharmacist,
            at=clock.now() - timedelta(minutes=1),
        )
    assert "DOSE 19&nbsp;mg, 1.9&nbsp;mL" in ask(client, "dose", **questions)


def test_a_dose_without_a_vial_in_any_text_is_refused(nurse: Client) -> None:
    page = ask(nurse, "dose", regimen="linvoseltamab/standard", dose="sud2")
    assert "No amount. Ask a pharmacist." in page


def test_a_fever_alone_is_at_least_grade_1_and_names_what_is_missing(nurse: Client) -> None:
    page = ask(nurse, "grade", temperature="38,4", unit="C")
    assert "CRS at least grade 1" in page
    assert "ICANS cannot grade" in page
    assert "Missing:" in page


def test_a_whole_set_is_graded_and_its_call_parameters_listed(nurse: Client) -> None:
    page = ask(
        nurse,
        "grade",
        temperature="101.3",
        unit="F",
        systolic="84",
        spo2="97",
        oxygen="room_air",
        ice="10",
        consciousness="alert",
    )
    assert "CRS grade 2" in page
    assert "ICANS grade 0" in page
    assert "84 mmHg" in page


def test_an_administrator_may_calculate_and_a_stranger_may_not(client: Client) -> None:
    assert client.get(reverse("protocols:calculator-dose")).status_code == 302
    client.force_login(StaffFactory(role=Role.ADMINISTRATOR))
    assert client.get(reverse("protocols:calculator-dose")).status_code == 200
