"""The door: who gets in, who waits, and for how long."""

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client, override_settings
from django.urls import reverse

from dosing_portal.kernel import door as door_of_kernel
from dosing_portal.kernel.door import Answer
from dosing_portal.kernel.models import AuditEntry, SignInAttempt
from dosing_portal.web.services import housekeeping
from dosing_portal.web.services import sign_in as door
from dosing_portal.web.tasks import forget_old
from tests.factories import AT, PASSWORD, StaffFactory

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Page

pytestmark = pytest.mark.django_db
SIGN_IN = "/sign-in/"


def knock(client: Client, username: str, password: str = PASSWORD, **extra: str) -> "Page":
    return client.post(SIGN_IN, {"username": username, "password": password, **extra})


def attempt(username: str, password: str = "wrong", address: str = "192.0.2.1", minutes: int = 0) -> Answer:
    at = AT + timedelta(minutes=minutes)
    return door.attempt(username=username, password=password, address=address, at=at)


def test_a_nurse_lands_on_today_and_an_administrator_on_settings(client: Client) -> None:
    assert knock(client, StaffFactory().username).headers["Location"] == "/"
    assert knock(Client(), StaffFactory(administrator=True).username).headers["Location"] == reverse(
        "web:settings"
    )


def test_the_page_that_was_asked_for_comes_next(client: Client) -> None:
    asked = client.get(reverse("web:settings"))
    query = parse_qs(urlsplit(asked.headers["Location"]).query)
    landed = knock(client, StaffFactory().username, next=query["next"][0])
    assert landed.headers["Location"] == reverse("web:settings")


@pytest.mark.parametrize(
    "elsewhere", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"]
)
def test_no_other_site_comes_next(client: Client, elsewhere: str) -> None:
    assert knock(client, StaffFactory().username, next=elsewhere).headers["Location"] == "/"


def test_the_user_name_may_be_typed_in_capitals(client: Client) -> None:
    assert knock(client, f" {StaffFactory().username.upper()} ").status_code == 302


def test_a_wrong_password_and_an_unknown_name_read_alike(client: Client) -> None:
    known = knock(client, StaffFactory().username, "wrong")
    unknown = knock(client, "nobody", "wrong")
    assert known.status_code == unknown.status_code == 422
    assert "do not belong together" in known.content.decode()
    assert "do not belong together" in unknown.content.decode()


def test_a_password_is_never_sent_back(client: Client) -> None:
    assert "open sesame" not in knock(client, "nobody", "open sesame").content.decode()


@pytest.mark.parametrize("who", [{"is_active": False}, {"system": True}])
def test_closed_accounts_and_the_portal_itself_stay_out(client: Client, who: dict[str, bool]) -> None:
    assert knock(client, StaffFactory(**who).username).status_code == 422


def test_a_sign_in_is_audited_and_gets_a_new_session(client: Client) -> None:
    staff = StaffFactory()
    client.get(SIGN_IN)
    knock(client, staff.username)
    first = client.session.session_key
    knock(client, staff.username)
    assert client.session.session_key != first
    assert AuditEntry.objects.filter(action="staff.sign_in", by=staff).count() == 2


def test_five_wrong_tries_hold_the_account_until_the_oldest_is_a_quarter_hour_old() -> None:
    staff = StaffFactory()
    for minute in range(5):
        assert attempt(staff.username, minutes=minute).held_until is None
    held = attempt(staff.username, PASSWORD, minutes=5)
    assert held.staff is None
    assert held.held_until == AT + timedelta(minutes=15)
    assert attempt(staff.username, PASSWORD, minutes=15).staff == staff


def test_knocking_at_a_held_door_does_not_hold_it_longer() -> None:
    staff = StaffFactory()
    for _ in range(5):
        attempt(staff.username)
    for _ in range(50):
        attempt(staff.username, minutes=14)
    assert SignInAttempt.objects.count() == 5
    assert attempt(staff.username, PASSWORD, minutes=15).staff == staff


def test_many_addresses_do_not_get_around_the_count_of_an_account() -> None:
    staff = StaffFactory()
    for n in range(5):
        attempt(staff.username, address=f"192.0.2.{n}")
    assert attempt(staff.username, PASSWORD, address="198.51.100.1").staff is None


def test_one_address_over_many_accounts_is_held_and_others_are_not() -> None:
    staff = StaffFactory()
    for n in range(20):
        attempt(f"guess{n}")
    assert attempt(staff.username, PASSWORD).held_until is not None
    assert attempt(staff.username, PASSWORD, address="198.51.100.1").staff == staff


def test_the_sentence_says_when_to_try_again(client: Client) -> None:
    staff = StaffFactory()
    with time_machine.travel(AT, tick=False):
        for _ in range(5):
            knock(client, staff.username, "wrong")
    with time_machine.travel(AT + timedelta(minutes=6), tick=False):
        page = knock(client, staff.username).content.decode()
    assert "Too many tries. Try again in 9\u00a0min" in page


def test_behind_the_proxy_the_address_is_the_one_it_added_last(client: Client) -> None:
    with override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https")):
        client.post(
            SIGN_IN,
            {"username": "a", "password": "b"},
            headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.7"},
        )
    client.post(SIGN_IN, {"username": "a", "password": "b"}, headers={"X-Forwarded-For": "203.0.113.9"})
    assert list(SignInAttempt.objects.order_by("pk").values_list("address", flat=True)) == [
        "198.51.100.7",
        "127.0.0.1",
    ]


def test_signing_out_ends_the_session_and_needs_a_post(client: Client) -> None:
    staff = StaffFactory()
    client.force_login(staff)
    assert client.get("/sign-out/").status_code == 405
    assert not AuditEntry.objects.filter(action="staff.sign_out").exists()
    assert client.post("/sign-out/").headers["Location"] == "/sign-in/?ended=out"
    assert "You are signed out." in client.get("/sign-in/?ended=out").content.decode()
    assert client.session.is_empty()
    assert AuditEntry.objects.get(action="staff.sign_out").by == staff


def test_signing_out_twice_is_audited_once(client: Client) -> None:
    client.force_login(StaffFactory())
    for _ in range(2):
        assert client.post("/sign-out/").status_code == 302
    assert AuditEntry.objects.filter(action="staff.sign_out").count() == 1


# --- forgetting -------------------------------------------------------------------------------------------


def tried(days_ago: float) -> SignInAttempt:
    at = AT - timedelta(days=days_ago)
    return SignInAttempt.objects.create(username="somebody", address="192.0.2.1", at=at)


def test_refused_tries_are_forgotten_after_thirty_days(monkeypatch: pytest.MonkeyPatch) -> None:
    old, older, kept = tried(30.1), tried(90), tried(29.9)
    monkeypatch.setattr(door_of_kernel, "FORGOTTEN_AT_ONCE", 1)
    assert housekeeping.forget_old(at=AT) == 1
    assert set(SignInAttempt.objects.all()) == {old, kept}, "the oldest goes first"
    assert housekeeping.forget_old(at=AT) == 1
    assert housekeeping.forget_old(at=AT) == 0
    assert older not in SignInAttempt.objects.all()


def test_what_the_throttle_counts_is_never_forgotten() -> None:
    for _ in range(5):
        attempt("somebody")
    housekeeping.forget_old(at=AT)
    assert attempt("somebody").held_until is not None


def test_sessions_that_are_over_go_with_them(client: Client) -> None:
    client.force_login(StaffFactory())
    Session.objects.create(session_key="over", session_data="", expire_date=AT - timedelta(seconds=1))
    running = Session.objects.get(session_key=client.session.session_key)
    Session.objects.filter(pk=running.pk).update(expire_date=AT + timedelta(hours=1))
    housekeeping.forget_old(at=AT)
    assert list(Session.objects.values_list("session_key", flat=True)) == [running.pk]


def test_the_task_forgets_at_the_present_moment() -> None:
    tried(31)
    with time_machine.travel(AT, tick=False):
        assert forget_old() == 1


def test_reading_a_page_forgets_nothing(client: Client) -> None:
    tried(90)
    client.get(SIGN_IN)
    assert SignInAttempt.objects.exists()


def test_the_door_is_never_stored(client: Client) -> None:
    assert "no-store" in client.get(SIGN_IN).headers["Cache-Control"]
