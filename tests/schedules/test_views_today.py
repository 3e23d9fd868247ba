"""Today through the browser: what stands in a row, the one button, and what a poll costs."""

import gzip
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from patients.models import Observation
from protocols.rules.values import InterventionKind
from schedules.models import Alert, CourseStatus, MonitoringCheck, MonitoringWindow
from schedules.services import courses, missed_checks, status
from tests.factories import AT
from tests.schedules.boards import HOUR, BoardWard
from tests.schedules.pages import part, poll, words

pytestmark = pytest.mark.django_db
URL = "/"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(AT, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ward(clock: time_machine.Traveller) -> BoardWard:
    ward = BoardWard()
    ward.watched()
    return ward


# --- rows -------------------------------------------------------------------------------------------------


def test_a_fever_stands_under_act_now_with_grade_values_and_who_was_paged(
    client: Client, ward: BoardWard
) -> None:
    ward.log("38.6", systolic=84, diastolic=52)
    client.force_login(ward.nurse)
    page = client.get(URL).content
    act = part(page, "act-now")
    for expected in (
        "SAMPLE, Ruth",
        "step-up dose 1, 28 h after dose",
        "38.6 °C",
        "84/52 mmHg",
        "CRS grade 2",
        "suggested, not confirmed",
        "Nobody has this: 0 min",
        "Fever, low blood pressure. Level 1 of 3: N. Brandt RN paged; next 14:47, physician on call",
        "I have this",
    ):
        assert expected in act
    assert b'<dd class="past">38.6' in page


def test_a_missing_saturation_is_said_and_never_left_blank(client: Client, ward: BoardWard) -> None:
    ward.log("38.2", spo2=None, oxygen=None)
    client.force_login(ward.nurse)
    act = part(client.get(URL).content, "act-now")
    assert "SpO2 missing" in act
    assert "CRS at least grade 1 suggested, not confirmed; missing: SpO2, oxygen device" in act
    assert "oxygen not recorded" in act


def test_an_overdue_check_makes_the_reading_stale(client: Client, ward: BoardWard) -> None:
    ward.log()
    ward.later(hours=12)
    missed_checks.flag_missed_checks(at=ward.at)
    client.force_login(ward.nurse)
    with time_machine.travel(ward.at, tick=False):
        page = client.get(URL).content
    act = part(page, "act-now")
    assert "Check overdue: " in act
    assert "14:32, 12 h ago, stale" in act
    assert b'<dd class="stale">36.8' in page


def test_a_temperature_in_the_centers_unit(client: Client, ward: BoardWard) -> None:
    ward.center.temperature_unit = "F"
    ward.center.save()
    ward.log("38.6")
    client.force_login(ward.nurse)
    assert "101.5 °F" in part(client.get(URL).content, "act-now")


def test_a_dose_that_waits_can_be_logged_and_one_under_an_open_event_is_held(
    client: Client, ward: BoardWard
) -> None:
    status = ward.other("Example")
    client.force_login(ward.nurse)
    page = client.get(URL).content
    doses = part(page, "doses-today")
    assert "step-up dose 2, 32 mg" in doses
    planned = status.course.doses.get()
    assert reverse("schedules:dose-administer", args=[status.pk, planned.ordinal]) in page.decode()
    ward.log("38.6")
    event = ward.event()
    status.open_event = event
    status.save()
    page = client.get(URL).content
    assert "Held CRS event open" in part(page, "doses-today")
    assert reverse("schedules:event", args=[event.pk]) in page.decode()


def test_a_dose_past_its_day_says_how_late_and_past_its_window_says_so(
    client: Client, ward: BoardWard
) -> None:
    day = AT.date()
    ward.other(
        "Late",
        next_dose_on=day - timedelta(days=2),
        next_dose_latest_on=day - timedelta(days=1),
    )
    client.force_login(ward.nurse)
    doses = part(client.get(URL).content, "doses-today")
    assert "2 days late planned 17-Nov-2026; window to 18-Nov-2026" in doses
    assert "Out of window window ended 18-Nov-2026" in doses


def test_a_check_counts_down_in_words(client: Client, ward: BoardWard) -> None:
    ward.other("Soon", next_check_due_at=AT + timedelta(minutes=8), location="home")
    ward.other("Late", next_check_due_at=AT - timedelta(minutes=5))
    client.force_login(ward.nurse)
    page = client.get(URL).content
    checks = part(page, "checks-due")
    assert "14:40 in 8 min, at home" in checks
    assert "14:27 5 min ago" in checks
    assert b'<b class="soon">14:40' in page
    assert b'<b class="late">14:27' in page


def test_a_quiet_day_says_so_and_shows_no_red(client: Client, clock: time_machine.Traveller) -> None:
    ward = BoardWard()
    client.force_login(ward.nurse)
    page = client.get(URL).content
    assert "Nothing needs you now." in part(page, "act-now")
    assert "No dose is planned for today." in part(page, "doses-today")
    assert b"panel-act" not in page


def test_nobody_reached_is_said(client: Client, clock: time_machine.Traveller) -> None:
    ward = BoardWard(reachable=())
    ward.watched()
    ward.log("38.6")
    client.force_login(ward.nurse)
    assert "nobody reached" not in part(client.get(URL).content, "doses-today")
    assert "N. Brandt RN paged" not in part(client.get(URL).content, "act-now")


# --- who may what -----------------------------------------------------------------------------------------


def test_a_pharmacist_reads_and_is_offered_nothing_she_may_not_do(client: Client, ward: BoardWard) -> None:
    ward.log("38.6")
    ward.other("Example")
    client.force_login(ward.pharmacist)
    page = client.get(URL).content.decode()
    for button in ("I have this", "Log dose", "Log vitals"):
        assert button not in page


def test_an_administrator_sees_no_patient(client: Client, ward: BoardWard) -> None:
    client.force_login(ward.administrator)
    assert client.get(URL).status_code == 403


def test_i_have_this_answers_every_alert_that_the_row_named(client: Client, ward: BoardWard) -> None:
    ward.log("38.6", systolic=84)
    client.force_login(ward.nurse)
    page = client.get(URL).content.decode()
    action = re.search(r'formaction="([^"]+acknowledge[^"]+)"', page)
    assert action
    answer = client.post(action[1].replace("&amp;", "&"), follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "You have this: SAMPLE, Ruth" in words(answer.content)
    assert {alert.state for alert in Alert.objects.all()} == {Alert.State.ACKNOWLEDGED}
    assert "Nothing needs you now." in part(answer.content, "act-now")


# --- polls, pages, price ----------------------------------------------------------------------------------


def test_a_poll_answers_nothing_until_something_changed(client: Client, ward: BoardWard) -> None:
    client.force_login(ward.nurse)
    page = client.get(URL).content.decode()
    addresses = re.findall(r'hx-get="(/\?list=[^"]+)"', page)
    assert len(addresses) == 4
    for address in addresses:
        assert poll(client, address).status_code == 204
    ward.log("38.6")
    act = next(address for address in addresses if "act-now" in address)
    fragment = poll(client, act).content
    assert fragment.lstrip().startswith(b"<section")
    assert b"SAMPLE, Ruth" in fragment


def test_a_poll_of_somebody_signed_out_keeps_what_is_on_the_screen(
    client: Client, clock: time_machine.Traveller
) -> None:
    assert poll(client, "/?list=act-now").status_code == 401


def test_a_long_list_leads_to_pages_of_fifty(client: Client, ward: BoardWard) -> None:
    ward.others(55)
    client.force_login(ward.nurse)
    page = client.get(URL).content.decode()
    assert "All 56" in page
    address = re.search(r'href="(/\?list=checks-due&amp;page=1)"', page)
    assert address
    first = client.get(address[1].replace("&amp;", "&")).content
    assert first.count(b'<li class="row') == 50
    assert "Page 1, 56 in all" in words(first)
    second = client.get("/?list=checks-due&page=2").content
    assert second.count(b'<li class="row') == 6
    assert client.get("/?list=checks-due&page=nonsense").status_code == 200
    assert client.get("/?list=nonsense").status_code == 200


@pytest.mark.parametrize("number", [5, 50])
def test_the_page_is_eight_statements_whatever_the_number_of_patients(
    client: Client, ward: BoardWard, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for row in ward.others(number):
        ward.alarm(row.patient, course=row.course)
    client.force_login(ward.nurse)
    client.get(URL)
    with django_assert_num_queries(8):
        client.get(URL)
    with django_assert_num_queries(3):
        client.get("/?list=act-now", headers={"HX-Request": "true"})


def test_fifty_rows_stay_light(client: Client, ward: BoardWard) -> None:
    ward.others(60, next_dose_on=AT.date() + timedelta(days=3), last_dose_at=AT - 30 * HOUR)
    client.force_login(ward.nurse)
    page = client.get("/?list=checks-due&page=1").content
    assert page.count(b'<li class="row') == 50
    assert len(page) <= 60_000
    assert len(gzip.compress(page, 6)) <= 12_000


def test_values_of_an_ended_course_are_stale_and_grade_nothing(client: Client, ward: BoardWard) -> None:
    ward.center_wide()
    ward.log()
    courses.end(course_id=ward.course.pk, reason="stopped for good", by=ward.physician, at=ward.at)
    MonitoringCheck.objects.update(state="done", observation=Observation.objects.get(), done_at=AT)
    MonitoringWindow.objects.update(ends_at=AT)
    status.rebuild(course=ward.course, at=ward.at)
    ward.alarm(ward.patient)
    client.force_login(ward.nurse)
    act = part(client.get(URL).content, "act-now")
    assert "14:32, now, stale" in act
    assert "Not assessed" in act


def test_possibly_masked_crs_is_never_shown_with_a_grade(client: Client, ward: BoardWard) -> None:
    ward.took(InterventionKind.POCKET_DEXAMETHASONE)
    ward.later(minutes=30)
    ward.log("36.9", systolic=84)
    client.force_login(ward.nurse)
    page = client.get("/").content
    assert "Possibly masked CRS" in words(page)
    assert "CRS grade 0" not in words(page)
    assert "possible masked CRS" in words(page)


def test_a_masked_reading_still_names_what_cannot_be_graded(client: Client, ward: BoardWard) -> None:
    ward.took(InterventionKind.POCKET_DEXAMETHASONE)
    ward.later(minutes=30)
    ward.log("36.9", systolic=84)
    CourseStatus.objects.update(icans_text="cannot grade", icans_grade=None)
    client.force_login(ward.nurse)
    assert "physician review now; ICANS cannot grade" in words(client.get("/").content)
