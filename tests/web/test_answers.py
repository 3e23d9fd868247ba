"""What holds for every answer: nothing stored, nothing framed, errors in words with a way on."""

import pytest
from django.http import HttpRequest
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.utils import timezone

from dosing_portal.kernel.models import Center
from dosing_portal.web.views import settings as settings_views
from tests.factories import PASSWORD, StaffFactory
from tests.text import text

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize(
    "path", ["/settings/", "/sign-in/", "/health/", "/frame/", "/nowhere/", "/settings/users/"]
)
def test_no_browser_keeps_or_frames_a_page(client: Client, path: str) -> None:
    client.force_login(StaffFactory())
    headers = client.get(path).headers
    assert "no-store" in headers["Cache-Control"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_cookies_are_out_of_reach_of_scripts(client: Client) -> None:
    answer = client.post("/sign-in/", {"username": StaffFactory().username, "password": PASSWORD})
    assert {"sessionid", "csrftoken", "last_seen"} <= set(answer.cookies)
    for cookie in answer.cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"


def test_an_unknown_page_says_where_to_go(client: Client) -> None:
    client.force_login(StaffFactory())
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert "Not found at your center" in text(answer)
    assert 'href="/settings/"' in text(answer)


def test_a_stranger_at_an_unknown_page_is_shown_the_door(client: Client) -> None:
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert '<a class="button" href="/sign-in/">' in text(answer)


def test_a_page_for_another_role_says_so(client: Client) -> None:
    client.force_login(StaffFactory(name="N. Brandt RN"))
    answer = client.get("/settings/users/")
    assert answer.status_code == 403
    assert "You are signed in as N. Brandt RN, nurse." in text(answer)


@pytest.mark.parametrize(
    ("path", "status", "line"),
    [
        ("/nowhere/", 404, "Not found at your center"),
        ("/settings/users/", 403, "Your role may not open this"),
    ],
)
def test_htmx_is_told_in_one_line(client: Client, path: str, status: int, line: str) -> None:
    client.force_login(StaffFactory())
    answer = client.get(path, headers=HTMX)
    assert (answer.status_code, answer.content.decode()) == (status, line)


def test_a_form_of_an_older_sign_in_is_explained() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(StaffFactory())
    answer = client.post("/settings/shortcuts/", {"shortcuts": "off"})
    assert answer.status_code == 403
    assert "Not saved: this page is too old" in text(answer)


def test_a_failure_is_owned_up_to_without_its_details(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(request: HttpRequest, template: str) -> SimpleTemplateResponse:
        raise RuntimeError("SAMPLE, Ruth")

    monkeypatch.setattr(settings_views, "render", broken)
    client.raise_request_exception = False
    client.force_login(StaffFactory())
    answer = client.get("/settings/")
    assert answer.status_code == 500
    assert "This page failed" in text(answer)
    assert "SAMPLE" not in text(answer)
    assert client.get("/settings/", headers=HTMX).content == b"Not loaded"


def test_times_are_those_of_the_center_and_of_no_later_request(client: Client) -> None:
    director = StaffFactory(director=True)
    Center.objects.filter(pk=director.center_id).update(time_zone="Asia/Kolkata")
    client.force_login(director)
    assert "IST" in text(client.get("/settings/on-call/"))
    assert timezone.get_current_timezone_name() == "UTC"
