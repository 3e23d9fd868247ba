"""What clinicians say of an event on its page: an answer to a suspicion, disagreement, a signature."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from patients.models import ToxicityEvent, ToxicityGrading
from protocols.rules.values import InterventionKind
from schedules.models import EventLook
from tests.factories import AT
from tests.schedules.boards import BoardWard
from tests.schedules.pages import part, poll, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(AT, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ward(clock: time_machine.Traveller, client: Client) -> BoardWard:
    ward = BoardWard()
    ward.watched()
    client.force_login(ward.physician)
    return ward


@pytest.fixture
def masked(ward: BoardWard) -> ToxicityEvent:
    ward.took(InterventionKind.POCKET_DEXAMETHASONE)
    return ward.event()


def url(event: ToxicityEvent, act: str = "") -> str:
    return reverse(f"schedules:event{act}", args=[event.pk])


# --- possibly masked --------------------------------------------------------------------------------------


def test_a_suspicion_says_why_and_what_to_do_and_shows_no_grade(
    client: Client, masked: ToxicityEvent
) -> None:
    page = client.get(url(masked)).content
    box = part(page, "event-grade")
    for expected in (
        "Possibly masked CRS since 19-Nov-2026 14:32",
        "pocket dexamethasone taken with no fever on record",
        "Physician review. At home: come in now. Do not wait for a fever",
        "Record as CRS",
        "Record as not CRS",
    ):
        assert expected in box
    assert "grade 0" not in words(page)
    assert "Another cause" not in words(page)
    board = part(client.get("/events/").content, "open-events")
    assert "Possibly masked CRS physician review now" in board
    assert "pocket dexamethasone taken with no fever on record" in board


def test_a_nurse_is_told_whom_to_call_about_it(
    client: Client, ward: BoardWard, masked: ToxicityEvent
) -> None:
    client.force_login(ward.nurse)
    page = client.get(url(masked)).content
    assert "A physician answers this. Call Dr. K. Okafor, 555-0142 ." in part(page, "event-grade")
    for act in ("-declare", "-rule-out"):
        assert url(masked, act) not in page.decode()
        assert client.post(url(masked, act), {}).status_code == 403


def test_a_physician_declares_it(client: Client, masked: ToxicityEvent) -> None:
    facts = {"declare-grade": "2", "declare-reason": "", "declare-revision": masked.revision}
    refused = client.post(url(masked, "-declare"), facts)
    assert (refused.status_code, "Answer this" in words(refused.content)) == (422, True)
    facts["declare-reason"] = "rigors, steroid an hour before"
    answer = client.post(url(masked, "-declare"), facts, follow=True)
    box = part(answer.content, "event-grade")
    assert "CRS grade 2" in box
    assert "confirmed, Dr. K. Okafor" in box
    assert "rigors, steroid an hour before" in words(answer.content)


def test_a_physician_rules_it_out_and_an_old_page_says_who_did(client: Client, masked: ToxicityEvent) -> None:
    facts = {"rule-out-reason": "taken by mistake, well", "rule-out-revision": masked.revision}
    answer = client.post(url(masked, "-rule-out"), facts, follow=True)
    assert "Recorded as not CRS." in words(answer.content)
    assert "not CRS, Dr. K. Okafor" in words(answer.content)
    again = client.post(url(masked, "-rule-out"), facts)
    assert again.status_code == 422
    assert "Now: not CRS, Dr. K. Okafor, 14:32." in words(again.content)


# --- disagreement, looks, what came before ----------------------------------------------------------------


def test_a_nurse_notes_that_she_disagrees(client: Client, ward: BoardWard) -> None:
    ward.log("38.4")
    event = ward.event()
    client.force_login(ward.nurse)
    answer = client.post(
        url(event, "-disagree"), {"other-grade": "2", "other-reason": "mottled, looks ill"}, follow=True
    )
    text = words(answer.content)
    assert "Your disagreement is noted. The grade stays as it is." in text
    assert "CRS grade 2 disagrees with the suggestion, N. Brandt RN" in text
    assert "mottled, looks ill" in text
    assert ToxicityGrading.objects.get(kind="disagreed").suggested_grade == 1
    refused = client.post(url(event, "-disagree"), {"other-grade": "1", "other-reason": "x"})
    assert refused.status_code == 422
    assert "Grade 1 is what is suggested now." in words(refused.content)


def test_a_page_opened_by_a_physician_is_a_look_and_a_poll_is_none(client: Client, ward: BoardWard) -> None:
    ward.log("38.4")
    event = ward.event()
    client.force_login(ward.nurse)
    client.get(url(event))
    assert not EventLook.objects.exists()
    client.force_login(ward.physician)
    page = client.get(url(event)).content.decode()
    look = EventLook.objects.get()
    assert (look.looked_at, look.looked_by) == (AT, ward.physician)
    with time_machine.travel(AT + timedelta(minutes=5), tick=False):
        for address in re.findall(r'hx-get="(/events/[^"]+\?part=[^"]+)"', page):
            poll(client, address)
        assert EventLook.objects.get().looked_at == AT
        client.get(url(event))
    assert EventLook.objects.get().looked_at == AT + timedelta(minutes=5)


def test_a_second_event_names_the_first_and_asks_for_the_specialist(client: Client, ward: BoardWard) -> None:
    ward.at = AT - timedelta(hours=20)
    for hours, temperature in ((0, "38.4"), (4, "36.8")):
        ward.later(hours=hours)
        ward.log(temperature)
    ward.at = AT + timedelta(hours=9)
    with time_machine.travel(ward.at, tick=False):
        ward.log("38.6")
        first, second = ToxicityEvent.objects.order_by("opened_at")
        page = client.get(url(second)).content
    text = words(page)
    assert "Second CRS event. The first reached grade 1 and ended 18-Nov-2026" in text
    assert url(first) in page.decode()
    prompts = part(page, "prompts")
    assert "Call the specialist: does this fit IEC-HS?" in prompts
    assert "Because CRS returned after it had settled" in prompts


def test_the_entries_that_built_it_are_listed_with_their_pages(client: Client, ward: BoardWard) -> None:
    rows = []
    for minutes in (0, 20):
        ward.later(minutes=minutes)
        rows.append(ward.log("38.4").observation)
    with time_machine.travel(ward.at, tick=False):
        page = client.get(url(ward.event())).content
    assert "Built by 2 entries" in words(page)
    for row in rows:
        assert row is not None
        address = reverse("schedules:vitals-outcome", args=[ward.patient.pk, row.pk])
        assert f'href="{address}"' in page.decode()


# --- resolved ---------------------------------------------------------------------------------------------


def test_resolved_lists_each_condition_and_the_masking_drugs(client: Client, ward: BoardWard) -> None:
    ward.log("38.4", ice=None)
    ward.took(InterventionKind.TOCILIZUMAB)
    card = part(client.get(url(ward.event())).content, "resolution")
    for expected in (
        "afebrile for 24 h without antipyretic not met: fever 38.4 °C",
        "ICE back at baseline not known: no complete ICE since the event opened",
        "May hide a sign: tocilizumab 0 h ago; premedication",
        "Nobody can sign while a sign is abnormal or not known.",
    ):
        assert expected in card
    assert "Sign as resolved" not in card
    event = ward.event()
    facts = {"resolved-reason": "I am sure", "resolved-revision": event.revision}
    refused = client.post(url(event, "-resolve"), facts)
    assert refused.status_code == 422
    assert "nobody can sign over this" in words(refused.content)


def test_a_signature_that_an_entry_broke_says_so(client: Client, ward: BoardWard) -> None:
    ward.at = AT - timedelta(hours=20)
    for hours, temperature in ((0, "38.4"), (2, "36.8"), (5, "36.8")):
        ward.later(hours=hours)
        ward.log(temperature)
    event = ward.event()
    facts = {"resolved-reason": "infection excluded", "resolved-revision": event.revision}
    answer = client.post(url(event, "-resolve"), facts, follow=True)
    assert "Signed by Dr. K. Okafor" in part(answer.content, "resolution")
    ward.at = AT
    ward.log("38.3", taken_at=AT - timedelta(hours=14))
    card = part(client.get(url(event)).content, "resolution")
    assert "No longer signed." in card
    assert "An entry since then no longer bears it: look again." in card
