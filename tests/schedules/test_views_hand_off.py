"""The hand-off sheet: one page that another team can act on, on the screen and on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from dosing_portal.kernel import clock as kernel_clock
from dosing_portal.kernel.models import AuditEntry
from patients.models import Patient
from patients.services.observations import ReadingContext
from protocols.rules.values import InterventionKind
from schedules import documents
from schedules.documents import Paper
from schedules.selectors.hand_off import sheet_facts
from schedules.views.hand_off_words import Sheet, sheet_words
from tests.factories import (
    AT,
    ContactFactory,
    HandOffFactory,
    InterventionFactory,
    PatientFactory,
    ToxicityGradingFactory,
    WhereaboutsFactory,
)
from tests.schedules.boards import BoardWard
from tests.schedules.pages import part

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(AT, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ward(clock: time_machine.Traveller, client: Client) -> BoardWard:
    """CRS grade 2 after a step-up dose; the nurse is signed in."""
    ward = BoardWard()
    ward.watched()
    ContactFactory(patient=ward.patient, name="Tom SAMPLE", relation="husband", phone="555-0171")
    ward.log("38.6", systolic=84, diastolic=52, context=ReadingContext(location="home"))
    client.force_login(ward.nurse)
    return ward


def sheet_of(ward: BoardWard) -> Sheet:
    found = sheet_facts(ward.nurse, ward.patient.pk, kernel_clock.now())
    return sheet_words(found, ward.nurse, kernel_clock.now())


def event_address(ward: BoardWard, suffix: str = "") -> str:
    return reverse(f"schedules:event-hand-off{suffix}", args=[ward.event().pk])


def shown(client: Client, ward: BoardWard) -> str:
    return read(client.get(event_address(ward)).content)


def read(page: bytes) -> str:
    """The sheet as it is read, each full stop where it belongs."""
    return part(page, "sheet", "article").replace(" .", ".")


def test_the_sheet_says_what_a_stranger_needs_in_the_order_of_need(client: Client, ward: BoardWard) -> None:
    text = shown(client, ward)
    expected = (
        "Data as of 19-Nov-2026 14:32 EST",
        "CRS or neurotoxicity is possible. Do not delay treatment.",
        "CRS is possible without fever after a steroid or tocilizumab.",
        "Tom SAMPLE, husband",
        "SAMPLE, Ruth",
        "elranatamab",
        "T-cell engager",
        "ago",
        "CRS grade 2",
        "Suggested, not confirmed",
        "Do first",
        "Temperature 38.0 °C (100.4 °F) or more",
        "Systolic under 90 mmHg",
        "Tocilizumab IV over 60 min (8 mg/kg x",
        "SpO2 under 92 %",
        "tocilizumab as above",
        "Confused, drowsy, seizure, ICE under 10 or under baseline",
        "CRS grade 2 now",
        "hospital admission",
        "Do not",
        "wait for imaging before you treat or call",
        "give G-CSF or GM-CSF without the team",
        "give the next dose of elranatamab",
        "Given",
        "Grades",
        "Last vitals",
        "BP 84/52 mmHg",
        "Printed by N. Brandt RN",
    )
    at = 0
    for words in expected:
        at = text.find(words, at)
        assert at >= 0, words


def test_what_is_not_known_is_said_in_words(client: Client, ward: BoardWard) -> None:
    Patient.objects.filter(pk=ward.patient.pk).update(allergy_status="not_recorded", allergies="")
    text = shown(client, ward)
    assert "Allergies not recorded" in text
    assert "Where Not recorded" in text


def test_where_she_is_and_who_owns_her_stand_on_it(client: Client, ward: BoardWard) -> None:
    WhereaboutsFactory(patient=ward.patient, place="emergency", facility="Northfield General")
    HandOffFactory(patient=ward.patient, to_whom="Dr. Lee")
    text = shown(client, ward)
    assert "Emergency department, Northfield General" in text
    assert "Accepted by nobody yet. You own her until they accept. Handed to Dr. Lee" in text


def test_a_patient_without_an_event_or_a_course_has_a_sheet_too(client: Client, ward: BoardWard) -> None:
    other = PatientFactory(center=ward.center)
    page = client.get(reverse("schedules:patient-hand-off", args=[other.pk])).content
    text = read(page)
    assert "No CRS or ICANS event is open. That excludes neither" in text
    assert "Not recorded: no course in the portal" in text


def test_opening_and_printing_are_audited(client: Client, ward: BoardWard) -> None:
    client.get(event_address(ward))
    answer = client.get(event_address(ward, "-pdf"))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert ward.patient.family_name not in answer.headers["Content-Disposition"]
    actions = AuditEntry.objects.filter(patient_id=ward.patient.pk, action__startswith="hand_off.sheet")
    assert list(actions.order_by("id").values_list("action", "by")) == [
        ("hand_off.sheet_read", ward.nurse.pk),
        ("hand_off.sheet_print", ward.nurse.pk),
    ]


def test_the_sheet_is_read_in_a_fixed_number_of_statements(
    client: Client, ward: BoardWard, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    full(ward)
    with django_assert_max_num_queries(23):  # the audit entry and its transaction among them
        client.get(event_address(ward))


# --- paper ------------------------------------------------------------------------------------------------


def full(ward: BoardWard) -> None:
    """The longest sensible content: many drugs, grades, people, long names."""
    Patient.objects.filter(pk=ward.patient.pk).update(
        allergy_status="known", allergies="penicillin (rash), sulfonamides (swelling of the face), " * 5
    )
    for number in range(25):
        InterventionFactory(
            patient=ward.patient,
            kind=InterventionKind.DEXAMETHASONE,
            drug="dexamethasone sodium phosphate",
            taken_at=AT - timedelta(minutes=number),
        )
        ToxicityGradingFactory(event=ward.event(), graded_at=AT - timedelta(minutes=number))
        ContactFactory(patient=ward.patient, name=f"Bartholomew SAMPLE-EXAMPLE the {number}th")
    WhereaboutsFactory(patient=ward.patient, traveling=True, facility="G" * 120, with_whom="W" * 120)
    HandOffFactory(patient=ward.patient, to_whom="N" * 120, facility="H" * 120)


def test_a_long_story_is_cut_with_how_much_more_there_is(client: Client, ward: BoardWard) -> None:
    full(ward)
    text = shown(client, ward)
    assert len(re.findall(r"and \d+ more in the portal", text)) >= 2  # given, grades
    assert text.count("dexamethasone sodium phosphate") == 8
    assert "… more in the portal" in text


@pytest.mark.parametrize("paper", Paper)
@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
def test_it_fits_one_page_of_both_papers(ward: BoardWard, paper: Paper, long: bool) -> None:
    if long:
        full(ward)
    assert len(documents.hand_off_pictures(sheet_of(ward).plain(), paper=paper)) == 1


def test_the_paper_is_black_on_white(ward: BoardWard) -> None:
    (picture,) = documents.hand_off_pictures(sheet_of(ward).plain())
    colors = set(re.findall(r'(?:fill|stroke)="(#[0-9a-fA-F]+)"', picture.decode()))
    assert "#000000" in colors
    assert colors <= {"#000000", "#ffffff"}


def test_what_people_type_is_text_and_never_markup(ward: BoardWard) -> None:
    Patient.objects.filter(pk=ward.patient.pk).update(
        allergy_status="known", allergies='#panic("x") $ _a_ *b* [ \\ <label> @ref "quote'
    )
    assert documents.hand_off_pdf(sheet_of(ward).plain()).startswith(b"%PDF")
