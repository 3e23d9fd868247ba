"""The calculators: an answer with its basis, a refusal in plain words, a complaint beside the field."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from dosing_portal.kernel import clock
from dosing_portal.kernel.models import Role
from protocols.services import adoption
from protocols.services.adoption import Confirming
from tests.factories import AT, StaffFactory
from tests.protocol_fixtures import adopted, confirm_everything
from tests.statements import statements

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
TECLISTAMAB = "teclistamab/monotherapy"


@pytest.fixture(autouse=True)
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)


@pytest.fixture
def nurse(client: Client) -> Client:
    client.force_login(StaffFactory(role=Role.NURSE))
    return client


def page(client: Client, name: str, questions: dict[str, str], **kwargs: Any) -> bytes:
    answer = client.get(reverse(f"protocols:calculator-{name}"), questions, **kwargs)
    assert answer.status_code == 200
    return answer.content


def words(content: bytes) -> str:
    """The page as it is read: without tags, white space folded."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", content.decode())).replace("\u00a0", " ")


def ask(client: Client, name: str, **questions: str) -> str:
    return words(page(client, name, questions))


def restart(client: Client, last_dose: str, given_on: str, planned_on: str, **more: str) -> bytes:
    asked = {"regimen": TECLISTAMAB, "last_dose": last_dose, "given_on": given_on, "planned_on": planned_on}
    return page(client, "restart", asked | more)


# --- all three --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["grade", "restart", "dose"])
def test_a_first_visit_asks_and_complains_of_nothing(nurse: Client, name: str) -> None:
    content = page(nurse, name, {})
    assert "No answer yet." in words(content)
    assert "Not answered" not in words(content)
    (form,) = re.findall(r'<form method="get" action="/calculators.*?</form>', content.decode(), re.DOTALL)
    assert "csrfmiddlewaretoken" not in form


@pytest.mark.parametrize("name", ["grade", "restart", "dose"])
def test_a_change_swaps_question_and_answer_alone(nurse: Client, name: str) -> None:
    content = page(nurse, name, {"regimen": TECLISTAMAB}, headers=HTMX)
    assert b"<html" not in content
    assert b'id="calculator"' in content


@pytest.mark.parametrize("name", ["grade", "restart", "dose"])
def test_the_bar_leads_to_the_others(nurse: Client, name: str) -> None:
    content = page(nurse, name, {}).decode()
    for other in ("grade", "restart", "dose"):
        assert f'href="/calculators/{other}/"' in content
    assert f'href="/calculators/{name}/" aria-current="page"' in content


@pytest.mark.parametrize("name", ["grade", "restart", "dose"])
def test_everybody_on_the_staff_may_calculate_and_a_stranger_may_not(client: Client, name: str) -> None:
    url = reverse(f"protocols:calculator-{name}")
    assert client.get(url).status_code == 302
    client.force_login(StaffFactory(role=Role.ADMINISTRATOR))
    assert client.get(url).status_code == 200
    assert client.post(url).status_code == 405


def test_an_address_with_nonsense_in_it_asks_again(nurse: Client) -> None:
    assert "No answer yet." in ask(nurse, "restart", regimen="aspirin/daily")
    assert "Select a valid choice" in ask(nurse, "dose", regimen=TECLISTAMAB, dose="sud9")


def test_after_another_regimen_its_doses_are_offered_and_what_was_typed_stays(nurse: Client) -> None:
    content = page(nurse, "restart", {"regimen": "elranatamab/standard", "given_on": "10-Nov-2026"})
    assert "Step-up dose 1, 12 mg" in words(content)
    assert 'value="10-Nov-2026"' in content.decode()


# --- restart ----------------------------------------------------------------------------------------------


def test_restart_says_what_to_give_with_its_basis(nurse: Client) -> None:
    content = restart(nurse, "sud2", "10-Nov-2026", "19-Nov-2026")
    text = words(content)
    for expected in (
        "It is day 9 after step-up dose 2",
        "Repeat step-up dose 2, 0.3 mg/kg",
        "10-Nov-2026 to 19-Nov-2026 is 9 calendar days; the row is 8 to 28 days",
        "the row ends 08-Dec-2026",
        "Source: ",
    ):
        assert expected in text
    assert b"answer-text" in content
    assert "sud2" not in text


def test_the_row_that_applies_is_marked_in_the_quoted_table(nurse: Client) -> None:
    content = restart(nurse, "sud2", "10-Nov-2026", "19-Nov-2026").decode()
    (marked,) = re.findall(r'<tr class="marked" aria-current="true">.*?</tr>', content, re.DOTALL)
    assert "8 to 28 repeat step-up dose 2, 0.3 mg/kg" in words(marked.encode())
    assert content.count("<tr") == 6  # head, too early, in time, late, repeat, restart


def test_the_strip_marks_the_day(nurse: Client) -> None:
    content = restart(nurse, "sud2", "10-Nov-2026", "19-Nov-2026").decode()
    strip = content.split('class="day-strip"')[1].split("</section>")[0]
    assert "day 9" in strip
    assert strip.count("segment-here") == 1
    shares = [float(found) for found in re.findall(r'width="([\d.]+)%"', strip)]
    assert abs(sum(shares) - 100) < 0.5


def test_with_both_times_elapsed_days_are_told(nurse: Client) -> None:
    text = words(
        restart(nurse, "sud2", "10-Nov-2026", "19-Nov-2026", given_time="10:05", planned_time="14:30")
    )
    assert "elapsed: 9 whole days of 24 hours" in text


def test_an_unconfirmed_row_is_shown_and_not_recommended(nurse: Client) -> None:
    content = restart(nurse, "sud2", "10-Oct-2026", "19-Nov-2026")
    assert b"answer-text" not in content
    assert "The row that applies is unconfirmed. Ask pharmacy." in words(content)
    assert "The row reads: Start again with step-up dose 1" in words(content)


def test_a_pharmacist_s_confirmation_opens_the_answer_box(client: Client) -> None:
    pharmacist = StaffFactory(pharmacist=True)
    confirm_everything(regimen="teclistamab", by=pharmacist, at=AT - timedelta(days=1))
    client.force_login(pharmacist)
    assert b"answer-text" in restart(client, "sud2", "10-Oct-2026", "19-Nov-2026")


def test_the_confirmation_of_another_center_opens_nothing(nurse: Client) -> None:
    confirm_everything(regimen="teclistamab", by=StaffFactory(pharmacist=True), at=AT - timedelta(days=1))
    assert b"answer-text" not in restart(nurse, "sud2", "10-Oct-2026", "19-Nov-2026")


def test_too_early_is_told(nurse: Client) -> None:
    text = words(restart(nurse, "sud2", "18-Nov-2026", "19-Nov-2026"))
    assert "It is day 1 after step-up dose 2" in text
    assert "Too early: give nothing on this day" in text


def test_where_no_table_was_found_it_refuses(nurse: Client) -> None:
    content = restart(nurse, "sud1", "10-Oct-2026", "19-Nov-2026", regimen="linvoseltamab/standard")
    assert "No label row covers this. Do not guess." in words(content)
    assert b"answer-text" not in content


def test_calendar_and_elapsed_days_in_different_rows_ask_a_physician(nurse: Client) -> None:
    content = restart(nurse, "sud1", "10-Nov-2026", "18-Nov-2026", given_time="20:00", planned_time="09:00")
    assert "Calendar days and elapsed days give different rows. Ask a physician." in words(content)
    assert "by elapsed days" in words(content)
    assert b"answer-text" not in content


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"planned_on": "10-Nov-2026"}, "The next dose lies before the last one. Check both days"),
        ({"given_on": "19.11.26"}, "Write the date as 19-Nov-2026"),
        ({"given_time": "25:00", "planned_time": "10:00"}, "Write the time as 14:32"),
        (
            {"given_on": "20-Nov-2026", "given_time": "15:00", "planned_time": "14:00"},
            "The next dose lies before the last one. Check both times",
        ),
    ],
)
def test_days_that_cannot_be_are_refused_beside_their_field(
    nurse: Client, change: dict[str, str], sentence: str
) -> None:
    asked = {"given_on": "19-Nov-2026", "planned_on": "20-Nov-2026", **change}
    content = restart(nurse, "sud2", asked.pop("given_on"), asked.pop("planned_on"), **asked)
    assert sentence in words(content)
    assert b"answer-text" not in content
    assert 'value="' + change.get("given_on", "19-Nov-2026") + '"' in content.decode()


def test_distances_count_from_the_center_s_day(nurse: Client) -> None:
    text = words(restart(nurse, "sud2", "yesterday", "+8d"))
    assert "It is day 9 after step-up dose 2" in text
    assert "18-Nov-2026 to 27-Nov-2026" in text


def test_the_center_s_own_protocol_is_named(client: Client) -> None:
    nurse = StaffFactory()
    second = StaffFactory(director=True, center=nurse.center)
    adopted(regimen="teclistamab", schedule="monotherapy", by=nurse, second=second, at=AT)
    client.force_login(nurse)
    text = words(restart(client, "sud2", "10-Nov-2026", "19-Nov-2026"))
    assert "Used by Teclistamab, monotherapy, version 1." in text


# --- dose -------------------------------------------------------------------------------------------------


def test_a_fixed_dose_has_its_amount_and_volume(nurse: Client) -> None:
    text = ask(nurse, "dose", regimen="elranatamab/standard", dose="sud2")
    assert "DOSE 32 mg, 0.8 mL" in text
    assert "32 mg / 40 mg/mL (44 mg/1.1 mL) = 0.8 mL" in text


def test_a_band_typed_from_memory_is_marked_until_a_pharmacist_confirms_it(client: Client) -> None:
    pharmacist = StaffFactory(role=Role.PHARMACIST)
    client.force_login(pharmacist)
    questions = {"regimen": TECLISTAMAB, "dose": "sud2", "weight_kg": "64,2"}
    unsure = ask(client, "dose", **questions)
    assert "Not confirmed. Ask pharmacy" in unsure
    assert "By formula 19.26 mg, 1.93 mL" in unsure
    assert "Printed band 19 mg, 1.9 mL unconfirmed" in unsure
    for block in ("weight_bands", "injection"):
        adoption.confirm_block(
            confirming=Confirming(f"teclistamab/preparation/{block}", "TEST, no label was read", sample=True),
            by=pharmacist,
            at=clock.now() - timedelta(minutes=1),
        )
    assert "DOSE 19 mg, 1.9 mL" in ask(client, "dose", **questions)


@pytest.mark.parametrize(
    ("weight", "sentence"),
    [
        ("", "0.06 mg/kg needs the weight, which is missing"),
        ("69.5", "69.5 kg is between two printed bands"),
        ("165", "165 kg is outside the printed bands, 35 to 160 kg"),
        ("0", "Weight 0 kg is not possible"),
        ("-3", "Weight -3 kg is not possible"),
        ("1,234", "Write it without the comma"),
        ("much", "Write a number"),
    ],
)
def test_a_weight_that_gives_no_amount_says_why(nurse: Client, weight: str, sentence: str) -> None:
    content = page(nurse, "dose", {"regimen": TECLISTAMAB, "dose": "sud1", "weight_kg": weight})
    assert sentence in words(content)
    assert b"answer-text" not in content


def test_the_wrong_vial_speaks_against_it(nurse: Client) -> None:
    text = ask(nurse, "dose", regimen="elranatamab/standard", dose="sud1", vial="76 mg/1.9 mL")
    assert "Something speaks against it. Ask pharmacy." in text
    assert "wrong vial: step-up dose 1 is drawn from 44 mg/1.1 mL" in text


def test_a_dose_without_a_vial_in_any_text_is_refused(nurse: Client) -> None:
    assert "No amount. Ask a pharmacist." in ask(nurse, "dose", regimen="linvoseltamab/standard", dose="sud2")


# --- grade ------------------------------------------------------------------------------------------------


WELL = {"systolic": "122", "spo2": "97", "oxygen": "room_air", "ice": "10", "consciousness": "alert"}


def test_a_fever_alone_is_at_least_grade_1_and_names_what_is_missing(nurse: Client) -> None:
    text = ask(nurse, "grade", temperature="38,4", unit="C")
    assert "CRS at least grade 1" in text
    assert "Missing: blood pressure, SpO2" in text
    assert "ICANS cannot grade" in text


def test_a_whole_set_is_graded_and_its_call_parameters_listed(nurse: Client) -> None:
    text = ask(nurse, "grade", **{**WELL, "temperature": "101.3", "unit": "F", "systolic": "84"})
    assert "CRS grade 2" in text
    assert "ICANS grade 0" in text
    assert "84 mmHg" in text.split("Call parameters")[1]


def test_without_fever_no_criteria_are_met_unless_a_drug_hides_it(nurse: Client) -> None:
    cool = {**WELL, "temperature": "37.2", "unit": "C", "systolic": "84"}
    assert "Possible masked CRS." in ask(nurse, "grade", **cool)
    assert "CRS grade 2" in ask(nurse, "grade", **cool, waived="on")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"temperature": "101.3", "unit": "C"}, "Temperature"),
        ({"temperature": "12", "unit": "C"}, "Temperature"),
        ({"spo2": "970"}, "SpO2"),
        ({"systolic": "12"}, "Systolic pressure"),
        ({"ice": "11"}, "ICE"),
    ],
)
def test_a_value_that_cannot_be_is_refused_beside_its_field(
    nurse: Client, change: dict[str, str], name: str
) -> None:
    text = ask(nurse, "grade", **{**WELL, "temperature": "38.4", "unit": "C", **change})
    assert f"Not answered yet. {name}: " in text
    assert "by rule" not in text


# --- what it costs ----------------------------------------------------------------------------------------


def test_an_answer_costs_little(nurse: Client) -> None:
    restart(nurse, "sud2", "10-Nov-2026", "19-Nov-2026")
    with statements() as asked:
        restart(nurse, "sud2", "10-Nov-2026", "19-Nov-2026")
    assert len(asked) == 6
