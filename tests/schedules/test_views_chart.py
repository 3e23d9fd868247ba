"""The patient page: who, what is open, what is next, and the course on one time axis."""

from __future__ import annotations

import gzip
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from dosing_portal.kernel import clock
from patients.models import Observation
from protocols.rules.values import InterventionKind
from schedules.models import Alert
from schedules.services import courses, missed_checks
from tests.factories import ClosedDayFactory, ContactFactory, StaffFactory
from tests.schedules.pages import part, words
from tests.schedules.scene import Scene
from tests.statements import statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    scene = Scene(regimen="teclistamab", schedule="monotherapy", reachable=("nurse", "physician"))
    ContactFactory(patient=scene.patient, name="Tom", relation="husband", phone="555-0171")
    monkeypatch.setattr(clock, "now", lambda: scene.at)
    return scene


@pytest.fixture
def nurse(client: Client, scene: Scene) -> Client:
    client.force_login(scene.nurse)
    return client


def address(scene: Scene) -> str:
    return reverse("schedules:patient", args=[scene.patient.pk])


def page(nurse: Client, scene: Scene, query: str = "") -> bytes:
    response = nurse.get(f"{address(scene)}{query}")
    assert response.status_code == 200
    return response.content


def dosed(scene: Scene, hours: float = 28) -> None:
    """Weighed, step-up dose 1 given so many hours ago."""
    scene.weigh("72.4")
    scene.give(scene.start())
    scene.later(hours=hours)


def fever(scene: Scene) -> None:
    scene.log("38.6", systolic=84, diastolic=52, spo2=94)
    scene.later(minutes=11)


# --- who --------------------------------------------------------------------------------------------------


def test_the_banner_says_who_and_where_the_course_stands(nurse: Client, scene: Scene) -> None:
    dosed(scene)
    text = words(page(nurse, scene))
    for expected in (
        "SAMPLE, Ruth",
        "No known allergies",
        "Weight 72.4 kg 19-Nov-2026",
        "TECVAYLI",
        "Step-up dose 1 given 19-Nov-2026 14:32",
        "28 h since dose",
        "Window ends 21-Nov-2026 14:32",
        "Caregiver Tom, 555-0171",
    ):
        assert expected in text


def test_people_and_places_name_whom_to_call(nurse: Client, scene: Scene) -> None:
    dosed(scene)
    scene.log("36.8")
    people = part(page(nurse, scene), "people")
    for expected in ("Tom (husband) 555-0171", "Physician on call Dr. K. Okafor 555-0142", "Sample General"):
        assert expected in people
    assert "At the last reading Not known" in people


def test_a_patient_of_another_center_is_not_found(nurse: Client, scene: Scene) -> None:
    other = Scene()
    assert nurse.get(address(other)).status_code == 404
    assert nurse.get(reverse("schedules:patient-chart", args=[other.patient.pk])).status_code == 404


def test_somebody_without_patients_is_refused(client: Client, scene: Scene) -> None:
    client.force_login(scene.administrator)
    assert client.get(address(scene)).status_code == 403


def test_hours_since_the_dose_are_elapsed_hours(nurse: Client, scene: Scene) -> None:
    scene.at = scene.at.replace(month=10, day=31, hour=12)
    dosed(scene, hours=26)  # over the night on which the clocks go back
    text = words(page(nurse, scene))
    assert "given 31-Oct-2026 08:32" in text
    assert "26 h since dose" in text


# --- without a course -------------------------------------------------------------------------------------


def test_without_a_course_the_page_leads_to_one_and_still_shows_vitals(nurse: Client, scene: Scene) -> None:
    scene.center_wide()
    scene.log("37.9")
    content = page(nurse, scene)
    assert "No course yet. Plan a course" in part(content, "next-dose")
    assert "37.9" in words(content)
    assert "No check is planned" in part(content, "monitoring")


def test_who_may_not_plan_is_not_led_there(client: Client, scene: Scene) -> None:
    client.force_login(scene.pharmacist)
    card = part(client.get(address(scene)).content, "next-dose")
    assert "No course yet." in card
    assert "Plan a course" not in card


def test_without_any_reading_no_empty_picture_is_drawn(nurse: Client, scene: Scene) -> None:
    content = page(nurse, scene)
    assert "No reading in this stretch." in words(content)
    assert b'role="img"' not in content


# --- open event -------------------------------------------------------------------------------------------


def test_an_open_event_says_grade_because_and_that_nobody_has_it(nurse: Client, scene: Scene) -> None:
    dosed(scene)
    fever(scene)
    card = part(page(nurse, scene), "event-card")
    for expected in (
        "Open event",
        "CRS grade 2",
        "suggested, not confirmed",
        "systolic 84 mmHg (under 90)",
        "Nobody has this: 11 min.",
        "Level ",
        "I have this",
    ):
        assert expected in card


def test_i_have_this_comes_back_to_the_patient(nurse: Client, scene: Scene) -> None:
    dosed(scene)
    fever(scene)
    card = page(nurse, scene).decode().split('id="event-card"')[1]
    url = card.split('<form method="post" action="')[1].split('"')[0].replace("&amp;", "&")
    response = nurse.post(url)
    assert response.headers["Location"] == address(scene)
    card = part(page(nurse, scene), "event-card")
    assert "I have this" not in card
    assert not Alert.objects.unanswered().exists()
    assert "N. Brandt RN has this" in card


def test_an_alert_without_an_event_stands_there_too(nurse: Client, scene: Scene) -> None:
    dosed(scene, hours=10)
    missed_checks.flag_missed_checks(at=scene.at)
    content = page(nurse, scene)
    card = part(content, "event-card")
    assert "Open alert" in card
    assert "Check overdue" in card
    assert "1 missed: 19-Nov 22:32" in part(content, "monitoring")
    assert "check overdue: 2 h" in part(content, "monitoring")


def test_a_quiet_patient_has_no_red_card(nurse: Client, scene: Scene) -> None:
    dosed(scene)
    assert b'<div id="patient-event" hidden' in page(nurse, scene)


# --- monitoring -------------------------------------------------------------------------------------------


def test_monitoring_says_the_next_check_and_what_was_done(nurse: Client, scene: Scene) -> None:
    dosed(scene, hours=7)
    scene.log("36.8")
    card = part(page(nurse, scene), "monitoring")
    assert "20-Nov-2026 06:32 next check, in 9 h" in card
    assert "1 of 6 done" in card
    assert "Log vitals" in card


def test_after_the_window_the_card_says_what_opens_the_next(nurse: Client, scene: Scene) -> None:
    dosed(scene, hours=72)
    for check in scene.course.windows.get().checks.all():
        check.state = "cancelled"
        check.save()
    scene.log("36.8")
    assert "The last window ended 21-Nov-2026" in part(page(nurse, scene), "monitoring")


# --- next dose --------------------------------------------------------------------------------------------


def test_the_next_dose_says_earliest_latest_and_what_comes_after(nurse: Client, scene: Scene) -> None:
    dosed(scene)
    card = part(page(nurse, scene), "next-dose")
    for expected in (
        "Step-up dose 2",
        "22 mg, 2.2 mL",
        "Planned Sun 22-Nov-2026",
        "Earliest 21-Nov-2026",
        "Latest 23-Nov-2026; to 26-Nov-2026 while a reaction resolves",
        "Before premedicate",
        "By label in hospital 48 h",
        "Here outpatient",
        "From 27-Nov-2026 Start again with step-up dose 1",
        "What if it is on",
    ):
        assert expected in card


def test_a_planned_day_off_is_told_with_the_open_days(nurse: Client, scene: Scene) -> None:
    ClosedDayFactory(center=scene.center, day=date(2026, 11, 23), reason="Holiday")
    dosed(scene)
    card = part(page(nurse, scene), "next-dose")
    assert "Sun 22-Nov-2026: Sunday, the center gives no doses. No day of the window is open." in card


def test_an_unconfirmed_rule_keeps_its_mark(client: Client, scene: Scene) -> None:
    unsure = Scene(confirmed=False)
    unsure.give(unsure.start(), checker=unsure.physician, deviation_reason="Label read today")
    client.force_login(unsure.nurse)
    card = part(page(client, unsure), "next-dose")
    assert "From 04-Dec-2026 Start again with step-up dose 1 unconfirmed" in card


def test_a_dose_that_waits_for_an_event_is_held(nurse: Client, scene: Scene) -> None:
    dosed(scene)
    fever(scene)
    content = page(nurse, scene)
    card = part(content, "next-dose")
    assert "Held" in card
    assert "when CRS has resolved, not before 21-Nov-2026" in card
    assert "HELD: CRS not resolved" in part(content, "stairs")


def test_a_new_weight_changes_the_amount_that_is_planned(nurse: Client, scene: Scene) -> None:
    dosed(scene)
    scene.weigh("81")
    assert "25 mg, 2.5 mL" in part(page(nurse, scene), "next-dose")


@pytest.mark.parametrize(
    ("days", "status"),
    [
        (1, "Planned"),
        (3, "Due today"),
        (4, "Waiting for 1 d"),
        (5, "Late, with a reason"),
        (8, "Out of window: plan again"),
    ],
)
def test_the_chip_follows_the_days(nurse: Client, scene: Scene, days: int, status: str) -> None:
    dosed(scene, hours=24 * days)
    assert status in part(page(nurse, scene), "next-dose")


# --- chart ------------------------------------------------------------------------------------------------


def test_the_chart_says_itself_in_one_sentence_and_as_a_table(nurse: Client, scene: Scene) -> None:
    dosed(scene, hours=20)
    scene.log("36.9")
    scene.later(hours=7)
    scene.took(InterventionKind.ACETAMINOPHEN)
    scene.later(hours=1)
    scene.log("38.6", systolic=84, diastolic=52, spo2=94)
    content = page(nurse, scene)
    assert "Temperature rose from 36.9 to 38.6 °C in 8 h; systolic fell to 84 mmHg" in content.decode()
    table = part(content, "vitals-table", "details")
    assert "38.6 °C (101.5 °F) 84/52 94" in table
    assert "may be lowered" in table
    assert "CRS at least grade 2" in table or "CRS grade 2" in table


def test_a_correction_keeps_the_struck_value(nurse: Client, scene: Scene) -> None:
    dosed(scene, hours=8)
    scene.log("39.7")
    scene.amend(Observation.objects.get(), "37.9")
    content = page(nurse, scene).decode()
    assert "<s>39.7" in content
    assert "typed wrongly, N. Brandt RN" in content


@pytest.mark.parametrize(
    ("span", "shown"),
    [("24h", "24 h"), ("72h", "72 h"), ("6d", "6 days"), ("course", "Course"), ("x", "6 days")],
)
def test_the_stretch_is_in_the_address(nurse: Client, scene: Scene, span: str, shown: str) -> None:
    dosed(scene)
    content = page(nurse, scene, f"?span={span}").decode()
    wide = content[content.index('class="wide-block"') :]
    assert f'aria-current="true">{shown}</a>' in wide[: wide.index("</nav>")]


def test_the_chart_s_own_address_answers_a_fragment_or_the_whole_page(nurse: Client, scene: Scene) -> None:
    dosed(scene)
    url = reverse("schedules:patient-chart", args=[scene.patient.pk])
    fragment = nurse.get(f"{url}?span=72h", headers={"HX-Request": "true"}).content
    assert fragment.lstrip().startswith(b'<section class="card" id="course-chart"')
    assert b"<html" in nurse.get(f"{url}?span=72h").content


def test_an_unchanged_chart_is_not_sent_again(nurse: Client, scene: Scene) -> None:
    dosed(scene)
    url = polled(page(nurse, scene), "course-chart")
    assert nurse.get(url, headers={"HX-Request": "true"}).status_code == 204
    scene.log("38.6")
    assert nurse.get(url, headers={"HX-Request": "true"}).status_code == 200


def test_a_skipped_dose_stays_in_the_staircase(nurse: Client, scene: Scene) -> None:
    dosed(scene, hours=24 * 9)
    courses.replan(
        course_id=scene.course.pk,
        next_dose="sud1",
        planned_on=scene.today,
        reason="",
        by=scene.nurse,
        at=scene.at,
    )
    stairs = part(page(nurse, scene), "stairs")
    assert "not given on 22-Nov, planned again" in stairs
    assert stairs.count("Step-up dose 1") == 2


# --- live -------------------------------------------------------------------------------------------------


def polled(content: bytes, element_id: str) -> str:
    """The address that a live part of the page asks."""
    text = content.decode()
    tag = text[text.index(f'id="{element_id}"') :].split(">", 1)[0]
    return tag.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")


def test_the_live_cards_poll_with_a_version(nurse: Client, scene: Scene) -> None:
    dosed(scene)
    url = polled(page(nurse, scene), "patient-event")
    assert nurse.get(url, headers={"HX-Request": "true"}).status_code == 204
    scene.log("38.6")
    answer = nurse.get(url, headers={"HX-Request": "true"})
    assert "CRS grade 1" in words(answer.content)
    assert b'id="monitoring"' in answer.content
    assert b"<html" not in answer.content


# --- what it costs ----------------------------------------------------------------------------------------


def many_readings(scene: Scene, number: int) -> None:
    for _ in range(number):
        scene.later(minutes=2)
        scene.log("36.8")


def test_the_page_costs_the_same_with_many_readings(nurse: Client, scene: Scene) -> None:
    dosed(scene, hours=1)
    fever(scene)
    many_readings(scene, 5)
    page(nurse, scene)
    with statements() as few:
        page(nurse, scene)
    many_readings(scene, 45)
    with statements() as many:
        content = page(nurse, scene)
    assert len(few) == len(many) == 19
    assert len(gzip.compress(content)) < 30_000


def test_the_poll_costs_little(nurse: Client, scene: Scene) -> None:
    dosed(scene)
    fever(scene)
    url = polled(page(nurse, scene), "patient-event")
    with statements() as asked:
        nurse.get(url, headers={"HX-Request": "true"})
    assert len(asked) == 6


def test_a_physician_on_call_who_left_is_not_named(nurse: Client, scene: Scene) -> None:
    gone = StaffFactory(center=scene.center, physician=True, name="Dr. Gone")
    scene.on_call("physician", gone)
    gone.is_active = False
    gone.save()
    assert "Dr. Gone" not in part(page(nurse, scene), "people")
