"""A session ends in time, polling does not keep it alive, and nothing typed is lost."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from dosing_portal.kernel.models import Staff
from dosing_portal.web import idle
from tests.factories import AT, PASSWORD, StaffFactory

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Page

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(AT, tick=False) as moving:
        yield moving


@pytest.fixture
def nurse(client: Client, clock: time_machine.Traveller) -> Staff:
    staff: Staff = StaffFactory()
    client.post("/sign-in/", {"username": staff.username, "password": PASSWORD})
    return staff


def page(client: Client, **headers: str) -> "Page":
    return client.get(reverse("web:settings"), headers=headers or None)


def poll(client: Client) -> "Page":
    return client.get(reverse("web:frame"), headers=HTMX)


def test_somebody_who_works_is_not_interrupted(
    client: Client, nurse: Staff, clock: time_machine.Traveller
) -> None:
    for _ in range(20):
        clock.shift(timedelta(minutes=14))
        assert page(client).status_code == 200


def test_a_quarter_of_an_hour_of_nothing_ends_it(
    client: Client, nurse: Staff, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(minutes=14, seconds=59))
    assert page(client).status_code == 200
    clock.shift(idle.IDLE)
    ended = page(client)
    assert ended.headers["Location"] == "/sign-in/?next=/settings/&ended=idle"
    assert client.session.is_empty()
    assert "nobody used the portal for 15 minutes" in client.get(ended.headers["Location"]).content.decode()


def test_polling_does_not_keep_a_session_alive(
    client: Client, nurse: Staff, clock: time_machine.Traveller
) -> None:
    for _ in range(14):
        clock.shift(timedelta(minutes=1))
        answer = poll(client)
        assert answer.status_code == 200
        assert idle.COOKIE not in answer.cookies
    clock.shift(timedelta(minutes=1))
    assert poll(client).status_code == 401


def test_typing_keeps_it_alive(client: Client, nurse: Staff, clock: time_machine.Traveller) -> None:
    for _ in range(4):
        clock.shift(timedelta(minutes=14))
        assert client.post(reverse("web:session-renew"), headers=HTMX).status_code == 204


def test_no_session_outlives_twelve_hours(
    client: Client, nurse: Staff, clock: time_machine.Traveller
) -> None:
    for _ in range(12 * 5):
        assert page(client).status_code == 200
        clock.shift(timedelta(minutes=12))
    assert page(client).status_code == 302


def test_removing_the_cookie_gains_nothing(
    client: Client, nurse: Staff, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(minutes=10))
    page(client)
    clock.shift(timedelta(minutes=10))
    del client.cookies[idle.COOKIE]
    assert page(client).status_code == 302


def test_the_cookie_of_another_session_counts_for_nothing(
    client: Client, nurse: Staff, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(minutes=20))
    other = Client()
    other.post("/sign-in/", {"username": nurse.username, "password": PASSWORD})
    client.cookies[idle.COOKIE] = other.cookies[idle.COOKIE].value
    assert page(client).status_code == 302


def test_a_session_that_does_not_say_when_it_began_is_over(
    client: Client, nurse: Staff, clock: time_machine.Traveller
) -> None:
    session = client.session
    del session[idle.SIGNED_IN_AT]
    session.save()
    assert page(client).status_code == 302


def test_a_closed_account_is_out_at_once(client: Client, nurse: Staff, clock: time_machine.Traveller) -> None:
    Staff.objects.filter(pk=nurse.pk).update(is_active=False)
    assert page(client).status_code == 302
    assert poll(client).status_code == 401


def test_a_form_sent_too_late_leads_back_to_its_page(
    client: Client, nurse: Staff, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(minutes=16))
    sent = client.post(
        reverse("web:session-renew"), headers={"Referer": "http://testserver/settings/center/?a=1"}
    )
    assert sent.headers["Location"] == "/sign-in/?next=/settings/center/&ended=unsaved"


def test_a_form_sent_from_another_site_leads_to_the_first_page(
    client: Client, nurse: Staff, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(minutes=16))
    sent = client.post(reverse("web:session-renew"), headers={"Referer": "http://elsewhere.example/x/"})
    assert sent.headers["Location"] == "/sign-in/?next=/&ended=unsaved"


def test_htmx_is_told_to_ask_over_the_page(
    client: Client, nurse: Staff, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(minutes=16))
    assert client.post(reverse("web:session-renew"), headers=HTMX).status_code == 401
    assert client.post(reverse("web:session-renew"), headers=HTMX).status_code == 401


def test_the_same_person_signs_in_over_the_page_with_a_new_form_token(
    client: Client, nurse: Staff, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(minutes=16))
    poll(client)
    again = {"username": nurse.username, "password": PASSWORD}
    answer = client.post(reverse("web:sign-in-again"), again, headers=HTMX)
    assert answer.status_code == 204
    token = json.loads(answer.headers["HX-Trigger"])["signed-in-again"]["token"]
    assert len(token) == 64
    assert page(client).status_code == 200


def test_a_wrong_password_over_the_page_is_asked_again(
    client: Client, nurse: Staff, clock: time_machine.Traveller
) -> None:
    answer = client.post(
        reverse("web:sign-in-again"), {"username": nurse.username, "password": "wrong"}, headers=HTMX
    )
    assert answer.status_code == 422
    assert "do not belong together" in answer.content.decode()


def test_every_answer_names_who_is_signed_in(
    client: Client, nurse: Staff, clock: time_machine.Traveller
) -> None:
    assert page(client).headers["Portal-Staff"] == str(nurse.pk)
    assert "Portal-Staff" not in Client().get("/sign-in/").headers
