"""One alert, "I have this" in the portal and by the link of a message, and resolving."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from dosing_portal.kernel.models import AuditEntry, Staff
from schedules import links
from schedules.models import Alert, AlertEvent, Page
from schedules.services import alerts, escalation
from tests.factories import AT, AlertFactory, PageFactory
from tests.schedules.boards import BoardWard
from tests.schedules.pages import poll, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def ward() -> Iterator[BoardWard]:
    """A fever with a low pressure, just saved: two alerts, the nurse on call paged for both."""
    with time_machine.travel(AT, tick=False):
        ward = BoardWard()
        ward.watched()
        ward.log("38.6", systolic=84)
        yield ward


def url(alert: Alert, act: str = "") -> str:
    return reverse(f"schedules:alert{act}", args=[alert.pk])


# --- the page ---------------------------------------------------------------------------------------------


def test_the_alert_says_who_was_told_why_and_who_comes_next(client: Client, ward: BoardWard) -> None:
    client.force_login(ward.nurse)
    page = client.get(url(ward.alert())).content
    text = words(page)
    for expected in (
        "Alert: Fever",
        "Nobody has this: 0 min",
        "temperature 38.6 °C (38.0 °C or more)",
        "Level 1 of 3: N. Brandt RN paged; next 14:47, physician on call",
        "N. Brandt RN, E-mail waiting",
        "Raised , N. Brandt RN",
        "I have this",
    ):
        assert expected in text


def test_a_page_that_failed_names_the_number_to_ring(client: Client, ward: BoardWard) -> None:
    Page.objects.update(failed_at=AT, last_error="refused")
    client.force_login(ward.physician)
    assert "failed, ring 555-0142" in words(client.get(url(ward.alert())).content)


def test_it_polls_itself_and_answers_nothing_until_somebody_has_it(client: Client, ward: BoardWard) -> None:
    client.force_login(ward.nurse)
    alert = ward.alert()
    page = client.get(url(alert)).content.decode()
    address = page.split('id="alert-box" hx-get="')[1].split('"')[0]
    assert poll(client, address).status_code == 204
    alerts.acknowledge(alert_id=alert.pk, by=ward.physician, at=AT, via="app")
    assert "Dr. K. Okafor has this since 14:32" in words(poll(client, address).content)


def test_the_page_is_a_fixed_number_of_statements(
    client: Client, ward: BoardWard, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(ward.nurse)
    alert = ward.alert()
    client.get(url(alert))
    with django_assert_num_queries(8):
        client.get(url(alert))
    for minutes in (16, 31, 46, 61):
        escalation.escalate_due(at=AT + timedelta(minutes=minutes))
    with django_assert_num_queries(8):
        client.get(url(alert))


# --- I have this ------------------------------------------------------------------------------------------


def test_i_have_this_stops_the_climb_and_stands_in_the_history(client: Client, ward: BoardWard) -> None:
    client.force_login(ward.nurse)
    alert = ward.alert()
    answer = client.post(url(alert, "-acknowledge"), follow=True)
    text = words(answer.content)
    assert "You have this: SAMPLE, Ruth, fever. Log what you find." in text
    assert "N. Brandt RN has this since 14:32" in text
    assert "asks again at 14:47 if nothing is recorded" in text
    alert.refresh_from_db()
    assert (alert.state, alert.acknowledged_via, alert.next_escalation_at) == ("acknowledged", "app", None)
    assert not Page.objects.undelivered().filter(alert=alert).exists()
    assert AuditEntry.objects.get(action="alert.acknowledge").by == ward.nurse


def test_only_the_alerts_that_were_named_are_answered(client: Client, ward: BoardWard) -> None:
    client.force_login(ward.nurse)
    fever, pressure = ward.alert(), ward.alert(Alert.Kind.HYPOTENSION)
    client.post(url(fever, "-acknowledge"))
    pressure.refresh_from_db()
    assert pressure.state == Alert.State.OPEN
    client.post(f"{url(fever, '-acknowledge')}?also={pressure.pk}&also=nonsense&also={uuid4()}")
    pressure.refresh_from_db()
    assert pressure.state == Alert.State.ACKNOWLEDGED


def test_an_alert_of_another_patient_is_not_answered_on_the_side(client: Client, ward: BoardWard) -> None:
    stranger = ward.alarm(ward.person("Example"))
    client.force_login(ward.nurse)
    client.post(f"{url(ward.alert(), '-acknowledge')}?also={stranger.pk}")
    stranger.refresh_from_db()
    assert stranger.state == Alert.State.OPEN


def test_the_second_person_is_told_who_has_it(client: Client, ward: BoardWard) -> None:
    alert = ward.alert()
    alerts.acknowledge(alert_id=alert.pk, by=ward.physician, at=AT, via="app")
    client.force_login(ward.nurse)
    text = words(client.post(url(alert, "-acknowledge"), follow=True).content)
    assert "Dr. K. Okafor has this already: SAMPLE, Ruth." in text
    alert.refresh_from_db()
    assert alert.acknowledged_by == ward.physician


@pytest.mark.parametrize(
    ("came_from", "expected"),
    [("today", "/"), ("events", "/events/"), ("https://elsewhere.example/", None), ("event-nonsense", None)],
)
def test_the_way_back_is_one_of_ours(
    client: Client, ward: BoardWard, came_from: str, expected: str | None
) -> None:
    client.force_login(ward.nurse)
    answer = client.post(f"{url(ward.alert(), '-acknowledge')}?from={came_from}")
    assert answer.headers["Location"] == (expected or url(ward.alert()))


def test_from_the_event_back_to_the_event(client: Client, ward: BoardWard) -> None:
    client.force_login(ward.nurse)
    event = ward.event()
    answer = client.post(f"{url(ward.alert(), '-acknowledge')}?from=event-{event.pk}")
    assert answer.headers["Location"] == reverse("schedules:event", args=[event.pk])


def test_an_alert_of_another_center_is_not_there(client: Client, ward: BoardWard) -> None:
    stranger = AlertFactory()
    client.force_login(ward.nurse)
    assert client.get(url(stranger)).status_code == 404
    assert client.post(url(stranger, "-acknowledge")).status_code == 404
    assert client.post(url(stranger, "-resolve"), {"reason": "seen"}).status_code == 404
    stranger.refresh_from_db()
    assert stranger.state == Alert.State.OPEN


def test_who_may_not_answer_is_refused(client: Client, ward: BoardWard) -> None:
    client.force_login(ward.pharmacist)
    assert client.post(url(ward.alert(), "-acknowledge")).status_code == 403
    assert "I have this" not in words(client.get(url(ward.alert())).content)


# --- resolving --------------------------------------------------------------------------------------------


def test_resolving_needs_an_answer_first_and_then_what_was_done(client: Client, ward: BoardWard) -> None:
    client.force_login(ward.nurse)
    alert = ward.alert()
    answer = client.post(url(alert, "-resolve"), {"reason": "paracetamol given"})
    assert answer.status_code == 422
    assert "Nobody has this yet. Say “I have this” first." in words(answer.content)
    client.post(url(alert, "-acknowledge"))
    answer = client.post(url(alert, "-resolve"), {"reason": "  "})
    assert answer.status_code == 422
    assert "What was done: Answer this" in words(answer.content)
    answer = client.post(url(alert, "-resolve"), {"reason": "seen, fluids given"}, follow=True)
    assert "Resolved 14:32 by N. Brandt RN" in words(answer.content)
    assert AlertEvent.objects.get(alert=alert, what="resolved").because == "seen, fluids given"


# --- the link of a message --------------------------------------------------------------------------------


def answer_url(page: Page) -> str:
    return reverse("schedules:page-answer", args=[links.page_token(page.pk)])


@pytest.fixture
def page(ward: BoardWard) -> Page:
    return Page.objects.get(alert=ward.alert(), recipient=ward.nurse)


def test_the_link_shows_a_button_and_no_more_than_initials(client: Client, page: Page) -> None:
    answer = client.get(answer_url(page))
    text = words(answer.content)
    assert "RS: Fever" in text
    assert "Nobody has this: 0 min. Raised 19-Nov-2026 14:32 EST." in text
    assert "You answer as N. Brandt RN." in text
    for secret in ("SAMPLE", "Ruth", "TEST-", "1959", "38.6"):
        assert secret not in answer.content.decode()


def test_opening_the_link_answers_nothing_because_previews_open_links(client: Client, page: Page) -> None:
    client.get(answer_url(page))
    client.head(answer_url(page))
    assert Alert.objects.get(pages=page).state == Alert.State.OPEN


def test_pressing_the_button_answers_as_the_person_who_was_paged(page: Page) -> None:
    careful = Client(enforce_csrf_checks=True)
    answer = careful.post(answer_url(page), follow=True)
    assert "You have this." in words(answer.content)
    alert = Alert.objects.get(pages=page)
    assert (alert.acknowledged_by, alert.acknowledged_via) == (page.recipient, "link")
    assert not Page.objects.undelivered().filter(alert=alert).exists()
    again = careful.post(answer_url(page), follow=True)
    assert "You have this." in words(again.content)
    assert AlertEvent.objects.filter(alert=alert, what="acknowledged").count() == 1


def test_somebody_else_has_it_already(client: Client, ward: BoardWard, page: Page) -> None:
    alerts.acknowledge(alert_id=ward.alert().pk, by=ward.physician, at=AT, via="app")
    text = words(client.post(answer_url(page), follow=True).content)
    assert "Dr. K. Okafor has this since 14:32." in text
    assert "I have this" not in text


def test_a_link_that_is_too_old_says_so(client: Client, page: Page) -> None:
    address = answer_url(page)
    with time_machine.travel(AT + timedelta(seconds=links.VALID_SECONDS + 60), tick=False):
        answer = client.post(address)
    assert answer.status_code == 410
    assert "This link is too old to be used." in words(answer.content)
    assert Alert.objects.get(pages=page).state == Alert.State.OPEN


def test_a_link_that_was_changed_is_not_one_of_ours(client: Client, page: Page) -> None:
    for token in (links.page_token(page.pk)[:-1], "nonsense", signing.dumps(str(page.pk), salt="another")):
        answer = client.post(reverse("schedules:page-answer", args=[token]))
        assert answer.status_code == 404
        assert "This link is not one of ours" in words(answer.content)
    assert client.get(reverse("schedules:page-answer", args=[links.page_token(uuid4())])).status_code == 404


def test_an_account_that_was_closed_cannot_answer(client: Client, ward: BoardWard, page: Page) -> None:
    Staff.objects.filter(pk=ward.nurse.pk).update(is_active=False)
    answer = client.post(answer_url(page))
    assert answer.status_code == 403
    assert "cannot answer alerts any more" in words(answer.content)
    assert Alert.objects.get(pages=page).state == Alert.State.OPEN


def test_a_test_page_has_nothing_to_answer(client: Client, ward: BoardWard) -> None:
    test = PageFactory(alert=None, recipient=ward.nurse, center=ward.center)
    assert "This was a test" in words(client.get(answer_url(test)).content)
    assert "This was a test" in words(client.post(answer_url(test)).content)


def test_nobody_signed_in_sees_an_alert_otherwise(client: Client, ward: BoardWard) -> None:
    assert client.get(url(ward.alert())).status_code == 302
