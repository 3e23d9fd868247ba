"""Events through the browser: the physician's board, one event, and what a physician does to it."""

import gzip
import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from dosing_portal.kernel.models import AuditEntry
from patients.models import Attribution, ToxicityEvent, ToxicityGrading
from protocols.rules.values import InterventionKind
from schedules.models import CourseStatus
from schedules.selectors.decisions import Chosen, Seen
from schedules.services import decisions
from tests.factories import AT, StaffFactory, ToxicityEventFactory, ToxicityGradingFactory
from tests.schedules.boards import BoardWard
from tests.schedules.pages import part, poll, words

pytestmark = pytest.mark.django_db
BOARD = "/events/"
ANSWERS = ("-disagree", "-declare", "-rule-out", "-resolve", "-maximum")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(AT, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ward(clock: time_machine.Traveller) -> BoardWard:
    ward = BoardWard()
    ward.watched()
    return ward


@pytest.fixture
def feverish(ward: BoardWard, client: Client) -> BoardWard:
    """A fever with a low pressure, just saved; the physician is signed in."""
    ward.log("38.6", systolic=84, diastolic=52)
    client.force_login(ward.physician)
    return ward


def url_of(ward: BoardWard, act: str = "") -> str:
    return reverse(f"schedules:event{act}", args=[ward.event().pk])


# --- the board --------------------------------------------------------------------------------------------


def test_nobody_need_be_opened_to_see_who_is_in_danger(client: Client, feverish: BoardWard) -> None:
    page = client.get(BOARD).content
    events = part(page, "open-events")
    for expected in (
        "SAMPLE, Ruth",
        "CRS grade 2",
        "suggested, not confirmed",
        "systolic 84 mmHg (under 90)",
        "open 0 min, last reading now",
        "Nobody has this: 0 min, level 1 of 3",
        "next: Ambulance or monitored transfer",
        "I have this",
        "Grades to confirm: 1. SAMPLE, Ruth, CRS grade 2",
    ):
        assert expected in events
    assert "1 open, 1 to confirm, 1 decision" in words(page)


def test_an_unanswered_alert_names_its_level_and_when_the_next_one_comes(
    client: Client, feverish: BoardWard
) -> None:
    alerts = part(client.get(BOARD).content, "unanswered")
    assert "SAMPLE, Ruth low blood pressure Nobody has this: 0 min." in alerts
    assert "Level 1 of 3: N. Brandt RN paged; next 14:47, physician on call." in alerts


def test_a_decision_shows_the_records_answer_and_that_the_dose_is_locked(
    client: Client, feverish: BoardWard
) -> None:
    decisions = part(client.get(BOARD).content, "decisions")
    assert "step-up dose 2, elranatamab" in decisions
    assert "CRS event, max grade 2, locked until it has resolved : hold until resolved." in decisions
    assert "Earliest 20-Nov-2026." in decisions


def test_an_answer_that_nobody_confirmed_keeps_its_mark(
    client: Client, clock: time_machine.Traveller
) -> None:
    ward = BoardWard(regimen="teclistamab", schedule="monotherapy")
    status = ward.other("Example")
    ToxicityEventFactory(patient=status.patient, current_grade=3, current_text="grade 3")
    client.force_login(ward.physician)
    decisions = part(client.get(BOARD).content, "decisions")
    assert "no row answers: ask the physician" in decisions
    assert "unconfirmed" in decisions


def test_everyone_in_a_window_with_the_trend_and_both_grades(client: Client, feverish: BoardWard) -> None:
    feverish.other("Example", spo2=None)
    page = client.get(BOARD).content
    rows = part(page, "in-window")
    assert "SAMPLE, Ruth" in rows
    assert "EXAMPLE, Ruth" in rows
    assert "missing" in rows
    assert page.count(b'class="sparkline"') == 2
    assert b'aria-label="CRS grade 2"' in page
    assert b'aria-label="ICANS grade 0"' in page


def test_a_reading_that_a_steroid_may_mask_stands_without_a_grade(client: Client, ward: BoardWard) -> None:
    ward.took(InterventionKind.POCKET_DEXAMETHASONE)
    ward.later(minutes=30)
    ward.log("36.9", systolic=84)
    client.force_login(ward.physician)
    rows = part(client.get(BOARD).content, "in-window")
    assert "masked?" in rows
    assert b'aria-label="CRS grade 0"' not in client.get(BOARD).content


def test_a_physician_is_asked_to_confirm_once_somebody_has_the_alert(
    client: Client, feverish: BoardWard
) -> None:
    page = client.get(BOARD).content.decode()
    action = re.search(r'formaction="([^"]+)"', page)
    assert action
    answer = client.post(action[1].replace("&amp;", "&"), follow=True)
    events = part(answer.content, "open-events")
    assert answer.redirect_chain[-1][0] == BOARD
    assert "Dr. K. Okafor has this" in events
    assert "Confirm grade" in events


def test_closed_events_have_a_page_of_their_own(client: Client, feverish: BoardWard) -> None:
    ToxicityEvent.objects.update(state="attributed", current_text="not CRS", current_grade=0)
    page = client.get("/events/?list=closed&page=1").content
    assert "Attributed to another cause, 19-Nov-2026 14:32" in part(page, "closed")
    assert "No open events." in part(client.get(BOARD).content, "open-events")


def test_a_quiet_board_says_so(client: Client, clock: time_machine.Traveller) -> None:
    client.force_login(BoardWard().physician)
    page = words(client.get(BOARD).content)
    for sentence in (
        "No open events.",
        "Every alert is answered.",
        "No dose waits for a decision.",
        "Nobody is in a monitoring window.",
    ):
        assert sentence in page


@pytest.mark.parametrize("number", [5, 50])
def test_the_board_is_eight_statements_whatever_the_number_of_patients(
    client: Client, ward: BoardWard, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for status in ward.others(number):
        ward.alarm(status.patient, course=status.course)
        ToxicityEventFactory(patient=status.patient)
    client.force_login(ward.physician)
    client.get(BOARD)
    with django_assert_num_queries(8):
        client.get(BOARD)


def test_a_page_of_watched_patients_stays_light(client: Client, ward: BoardWard) -> None:
    ward.others(60, worst_grade=1)
    client.force_login(ward.physician)
    page = client.get("/events/?list=in-window&page=1").content
    assert page.count(b'class="sparkline"') == 35
    assert b"All 61" in client.get(BOARD).content
    assert len(page) <= 60_000
    assert len(gzip.compress(page, 6)) <= 12_000


def test_a_poll_of_the_board_answers_nothing_until_something_changed(
    client: Client, feverish: BoardWard
) -> None:
    addresses = re.findall(r'hx-get="(/events/\?list=[^"]+)"', client.get(BOARD).content.decode())
    assert len(addresses) == 4
    assert {poll(client, address).status_code for address in addresses} == {204}
    feverish.log("38.8", systolic=82, taken_at=AT)
    events = next(address for address in addresses if "open-events" in address)
    assert b"38.8" in poll(client, events).content


# --- one event --------------------------------------------------------------------------------------------


def test_the_event_in_the_order_of_an_emergency(client: Client, feverish: BoardWard) -> None:
    page = client.get(url_of(feverish)).content
    text = words(page)
    assert "CRS event 1" in text
    assert "fever 0 min ago (19-Nov-2026 14:32), onset 28 h 0 min after step-up dose 1" in text
    grade = part(page, "event-grade")
    for expected in ("CRS grade 2", "suggested 14:32, not confirmed; event max 2", "fever 38.6 °C", "Source"):
        assert expected in grade
    assert "Confirm CRS grade 2" in grade
    assert text.index("Acetaminophen 650") < text.index("8 mg/kg x 72.4 kg = 579.2 mg, cap 800 mg")
    assert "Nobody has this: 0 min." in part(page, "event-alert")
    assert "Locked CRS not resolved. It opens when:" in text
    assert "Not yet: the last readings are still abnormal or incomplete." in text


def test_what_was_given_is_done_with_its_time_and_stands_in_the_event(
    client: Client, feverish: BoardWard
) -> None:
    feverish.later(minutes=12)
    feverish.took(InterventionKind.TOCILIZUMAB)
    with time_machine.travel(feverish.at, tick=False):
        text = words(client.get(url_of(feverish)).content)
    assert "Done 14:44 N. Brandt RN, in time" in text
    assert "Tocilizumab so far: 19-Nov-2026 14:44." in text


def test_a_nurse_sees_whom_to_call_and_no_button_to_confirm(client: Client, feverish: BoardWard) -> None:
    client.force_login(feverish.nurse)
    page = client.get(url_of(feverish)).content
    grade = part(page, "event-grade")
    assert "A physician confirms the grade. Call Dr. K. Okafor, 555-0142 ." in grade
    for act in ("-confirm", "-attribute", "-close", "-declare", "-rule-out", "-resolve", "-maximum"):
        assert url_of(feverish, act) not in page.decode()
        assert client.post(url_of(feverish, act), {"grade": "1"}).status_code == 403


def test_the_suggested_grade_is_confirmed_with_one_press(client: Client, feverish: BoardWard) -> None:
    event = feverish.event()
    answer = client.post(
        url_of(feverish, "-confirm"), {"grade": "2", "reason": "", "revision": event.revision}, follow=True
    )
    assert "CRS grade 2 is confirmed." in words(answer.content)
    grade = part(answer.content, "event-grade")
    assert "confirmed, Dr. K. Okafor, 14:32" in grade
    assert "Confirm CRS" not in grade
    entry = AuditEntry.objects.get(action="event.confirm_grade")
    assert (entry.by, entry.target_id) == (feverish.physician, str(event.pk))


def test_another_grade_needs_its_reason_and_what_was_typed_stays(client: Client, feverish: BoardWard) -> None:
    facts = {"grade": "1", "reason": "", "revision": feverish.event().revision}
    answer = client.post(url_of(feverish, "-confirm"), facts)
    assert answer.status_code == 422
    assert "Why: Write why your grade differs from the suggestion." in words(answer.content)
    assert re.search(rb'name="grade" value="1"[^>]* checked', answer.content)
    assert feverish.event().confirmed_grade is None
    facts["reason"] = "cuff was loose, 118 by hand"
    text = words(client.post(url_of(feverish, "-confirm"), facts, follow=True).content)
    assert "CRS grade 1 confirmed, Dr. K. Okafor; CRS grade 2 suggested, 14:32" in text
    assert "grade 2 was suggested; cuff was loose, 118 by hand" in text


@pytest.mark.parametrize(("grade", "sentence"), [("", "Answer this"), ("6", "Select a valid choice")])
def test_a_grade_that_is_none_is_refused(
    client: Client, feverish: BoardWard, grade: str, sentence: str
) -> None:
    facts = {"grade": grade, "reason": "because", "revision": feverish.event().revision}
    answer = client.post(url_of(feverish, "-confirm"), facts)
    assert answer.status_code == 422
    assert sentence in words(answer.content)
    assert ToxicityGrading.objects.filter(kind="confirmed").count() == 0


def test_a_page_that_is_old_is_refused_once_and_then_bound_to_the_event_as_it_stands(
    client: Client, feverish: BoardWard
) -> None:
    facts = {"grade": "1", "reason": "by hand 118", "revision": feverish.event().revision}
    feverish.log("38.9", systolic=82, taken_at=AT)
    ToxicityEvent.objects.update(revision=7)
    answer = client.post(url_of(feverish, "-confirm"), facts)
    assert answer.status_code == 422
    assert "The event changed since you opened it." in words(answer.content)
    assert "CRS grade 2 is suggested since 14:32." in words(answer.content)
    assert b"by hand 118</textarea>" in answer.content
    assert feverish.event().confirmed_grade is None
    assert b'name="revision" value="7"' in answer.content


def test_another_cause_regrades_and_leaves_every_alert_running(client: Client, feverish: BoardWard) -> None:
    facts = {"axis": "hypotension", "cause": "dehydration", "reason": "dry, better after fluids"}
    answer = client.post(url_of(feverish, "-attribute"), facts, follow=True)
    text = words(answer.content)
    assert "Hypotension attributed to dehydration" in text
    assert "Hypotension attributed to dehydration . CRS grade 2 \u2192 CRS grade 1" in text
    assert "1 reading, Dr. K. Okafor 19-Nov-2026 14:32: dry, better after fluids" in text
    assert "graded again, hypotension attributed to dehydration" in text
    assert "CRS grade 1" in part(answer.content, "event-grade")
    assert "Nobody has this" in part(answer.content, "event-alert")
    taken_back = {"axis": "hypotension", "cause": "", "reason": "was not dry", "take-back": "yes"}
    answer = client.post(url_of(feverish, "-attribute"), taken_back, follow=True)
    assert "Hypotension counts again" in words(answer.content)
    assert "CRS grade 2" in part(answer.content, "event-grade")


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"axis": "hypotension", "cause": "", "reason": "dry"}, "Cause: Name the cause, such as infection"),
        ({"axis": "hypotension", "cause": "infection", "reason": " "}, "Why: Answer this"),
        ({"axis": "seizure", "cause": "infection", "reason": "dry"}, "Select a valid choice"),
    ],
)
def test_an_attribution_by_half_stores_nothing(
    client: Client, feverish: BoardWard, facts: dict[str, str], sentence: str
) -> None:
    answer = client.post(url_of(feverish, "-attribute"), facts)
    assert answer.status_code == 422
    assert sentence in words(answer.content)
    assert Attribution.objects.count() == 0


def test_fever_attributed_to_infection_makes_it_not_crs_and_keeps_it_visible(
    client: Client, ward: BoardWard
) -> None:
    ward.log("38.6")
    client.force_login(ward.physician)
    facts = {"axis": "fever", "cause": "infection", "reason": "positive culture"}
    answer = client.post(url_of(ward, "-attribute"), facts, follow=True)
    text = words(answer.content)
    assert "Attributed to another cause." in text
    assert "not CRS" in part(answer.content, "event-grade")
    assert "Nobody has this" in part(answer.content, "event-alert")


def test_an_event_is_closed_only_after_the_protocols_hours(client: Client, feverish: BoardWard) -> None:
    facts = {"reason": "", "revision": feverish.event().revision}
    answer = client.post(url_of(feverish, "-close"), facts)
    assert answer.status_code == 422
    assert "Not closed: the last readings are still abnormal or incomplete." in words(answer.content)
    feverish.later(hours=1)
    feverish.log()
    feverish.later(hours=24)
    feverish.log()
    feverish.later(hours=1)
    feverish.log()
    event = feverish.event()
    with time_machine.travel(feverish.at, tick=False):
        page = client.get(url_of(feverish)).content
        assert "Nothing has returned since 19-Nov-2026 15:32." in part(page, "close")
        refused = client.post(url_of(feverish, "-close"), {"reason": "", "revision": event.revision})
        missing = (
            "Not closed. Missing: resolution signed, maximum grade 2 confirmed, next-dose decision signed."
        )
        assert missing in words(refused.content)
        client.post(
            url_of(feverish, "-resolve"), {"resolved-reason": "", "resolved-revision": event.revision}
        )
        client.post(url_of(feverish, "-maximum"), {"revision": feverish.event().revision})
        row = feverish.event()
        decisions.decide(
            event_id=row.pk,
            chosen=Chosen("hold", reason="looks tired"),
            seen=Seen(row.revision, None),
            client_key=uuid4(),
            by=feverish.physician,
            at=feverish.at,
        )
        facts = {"reason": "well, eating", "revision": feverish.event().revision}
        answer = client.post(url_of(feverish, "-close"), facts, follow=True)
    assert "CRS event 1 is closed." in words(answer.content)
    assert feverish.event().state == ToxicityEvent.State.CLOSED
    status = CourseStatus.objects.get(patient=feverish.patient)
    assert (status.open_event, status.worst_grade) == (None, 0)


def test_a_live_part_answers_nothing_until_something_changed(client: Client, feverish: BoardWard) -> None:
    page = client.get(url_of(feverish)).content.decode()
    addresses = re.findall(r'hx-get="(/events/[^"]+(?:part|list)=[^"]+)"', page)
    assert len(addresses) == 3
    assert {poll(client, address).status_code for address in addresses} == {204}
    feverish.took(InterventionKind.ACETAMINOPHEN)
    steps = next(address for address in addresses if "/steps/" in address)
    answer = poll(client, steps)
    assert answer.content.lstrip().startswith(b"<div")
    assert "Done 14:32" in words(answer.content)


def test_an_open_page_hears_of_a_rise_in_its_grade_and_its_history(
    client: Client, feverish: BoardWard
) -> None:
    page = client.get(url_of(feverish)).content.decode()
    (address,) = re.findall(r'hx-get="(/events/[^"]+part=grade[^"]+)"', page)
    feverish.later(minutes=5)
    feverish.log("38.8", systolic=84, vasopressors=("norepinephrine",))
    answer = poll(client, address)
    assert answer.status_code == 200
    assert "grade 3" in part(answer.content, "event-grade").lower()
    assert part(answer.content, "event-history").lower().count("grade 3") >= 1
    assert b'id="event-history" aria-labelledby="history-title" hx-swap-oob="true"' in answer.content
    assert "changed since you opened it" in part(answer.content, "event-news", "div")


def test_a_part_that_is_none_is_answered_with_the_grade(client: Client, feverish: BoardWard) -> None:
    answer = poll(client, f"{url_of(feverish)}?part=nothing&version=old")
    assert answer.status_code == 200
    assert "grade 2" in part(answer.content, "event-grade").lower()


def test_an_event_of_another_center_is_not_there(client: Client, feverish: BoardWard) -> None:
    client.force_login(StaffFactory(physician=True))
    assert client.get(url_of(feverish)).status_code == 404
    for act in ("-confirm", "-attribute", "-close", *ANSWERS):
        assert client.post(url_of(feverish, act), {"grade": "1"}).status_code == 404


def test_the_page_of_an_event_is_a_fixed_number_of_statements(
    client: Client, feverish: BoardWard, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    url = url_of(feverish)
    client.get(url)
    for _ in range(2):
        with django_assert_num_queries(31):  # of them one writes who looked last
            client.get(url)
        feverish.later(minutes=10)
        feverish.log("38.4", systolic=86)
        feverish.took(InterventionKind.FLUIDS, taken_at=AT + timedelta(minutes=1))


def test_late_low_pressure_without_a_course_still_has_a_page(client: Client, ward: BoardWard) -> None:
    """A patient without a running course is graded and shown, with no plan and no next dose made up."""
    event = ToxicityEventFactory(patient=ward.person("Specimen"))
    client.force_login(ward.physician)
    text = words(client.get(reverse("schedules:event", args=[event.pk])).content)
    assert "No dose is planned" in text
    assert "No emergency step" in text


def test_a_grade_by_an_unconfirmed_rule_keeps_its_mark(client: Client, ward: BoardWard) -> None:
    event = ToxicityEventFactory(patient=ward.person("Specimen"))
    ToxicityGradingFactory(event=event, source={"text": "a recalled rule", "confirmed": False})
    client.force_login(ward.physician)
    grade = part(client.get(reverse("schedules:event", args=[event.pk])).content, "event-grade")
    assert "unconfirmed Shown, not recommended" in grade
    assert "a recalled rule" in grade
