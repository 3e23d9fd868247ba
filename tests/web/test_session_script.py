"""The end of a session in a browser: warned in time, asked over the page, nothing typed lost."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from dosing_portal.kernel import clock
from dosing_portal.kernel.models import Staff
from dosing_portal.web import broker
from tests.chromium import Visit
from tests.factories import AT, PASSWORD, StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)


class Present:
    """The portal's clock, moved by hand."""

    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> object:
        return self.at

    def pass_minutes(self, minutes: float) -> None:
        self.at += timedelta(minutes=minutes)


@pytest.fixture
def present(monkeypatch: pytest.MonkeyPatch) -> Present:
    moving = Present()
    monkeypatch.setattr(clock, "now", moving)
    monkeypatch.setattr(broker, "answers", lambda: True)
    return moving


@pytest.fixture
def administrator(present: Present) -> Staff:
    return StaffFactory(administrator=True, name="A. Silva")


@pytest.fixture
def typing(visit: Visit, administrator: Staff) -> Page:
    """A page with something typed into it."""
    visit.sign_in(administrator)
    page = visit.open("/settings/center/")
    page.get_by_label("Phone of the center").fill("555-0188")
    return page


def poll(page: Page) -> None:
    """The page asks for its live part now, and not only in ten seconds."""
    page.evaluate("htmx.ajax('GET', '/frame/', {source: '#frame-live', target: '#frame-live'})")


def test_the_password_is_asked_over_the_page_and_what_was_typed_stays(
    typing: Page, present: Present, administrator: Staff
) -> None:
    present.pass_minutes(16)
    poll(typing)
    expect(typing.get_by_role("dialog")).to_contain_text("Signed out")
    expect(typing.get_by_role("heading", name="Center")).to_be_hidden()

    typing.get_by_label("Password").fill("wrong")
    typing.get_by_role("button", name="Sign in").click()
    expect(typing.get_by_role("dialog")).to_contain_text("do not belong together")

    typing.get_by_label("Password").fill(PASSWORD)
    typing.get_by_role("button", name="Sign in").click()
    expect(typing.get_by_role("dialog")).to_be_hidden()
    expect(typing.get_by_label("Phone of the center")).to_have_value("555-0188")

    typing.get_by_role("button", name="Save center").click()
    expect(typing.get_by_text("The center is saved.")).to_be_visible()
    administrator.center.refresh_from_db()
    assert administrator.center.phone == "555-0188"


def test_a_warning_comes_first_and_one_press_stays(typing: Page, present: Present) -> None:
    present.pass_minutes(14.5)
    poll(typing)
    dialog = typing.get_by_role("dialog")
    expect(dialog).to_contain_text("Still there, A. Silva?")
    typing.get_by_role("button", name="Stay signed in").click()
    expect(dialog).to_be_hidden()
    present.pass_minutes(13)
    poll(typing)
    expect(dialog).to_be_hidden()


def test_signing_in_at_another_window_uncovers_this_one(
    typing: Page, visit: Visit, present: Present, administrator: Staff
) -> None:
    present.pass_minutes(16)
    poll(typing)
    expect(typing.get_by_role("dialog")).to_be_visible()
    other = visit.context.new_page()
    other.goto("/sign-in/")
    other.get_by_label("User name").fill(administrator.username)
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url("**/settings/")
    poll(typing)
    expect(typing.get_by_role("dialog")).to_be_hidden()
    typing.get_by_role("button", name="Save center").click()
    expect(typing.get_by_text("The center is saved.")).to_be_visible()


def test_a_form_sent_after_a_long_sleep_waits_for_the_password(typing: Page, present: Present) -> None:
    poll(typing)
    expect(typing.locator("#frame-live")).to_be_visible()
    present.pass_minutes(16)
    typing.evaluate("Date.now = () => performance.timeOrigin + performance.now() + 20 * 60 * 1000")
    typing.get_by_role("button", name="Save center").click()
    expect(typing.get_by_role("dialog")).to_contain_text("Signed out")
    typing.get_by_label("Password").fill(PASSWORD)
    typing.get_by_role("button", name="Sign in").click()
    expect(typing.get_by_label("Phone of the center")).to_have_value("555-0188")
    typing.get_by_role("button", name="Save center").click()
    expect(typing.get_by_text("The center is saved.")).to_be_visible()


def test_escape_does_not_uncover_the_page(typing: Page, present: Present) -> None:
    present.pass_minutes(16)
    poll(typing)
    expect(typing.get_by_role("dialog")).to_be_visible()
    typing.keyboard.press("Escape")
    typing.keyboard.press("Escape")
    expect(typing.get_by_role("heading", name="Center")).to_be_hidden()


def test_a_page_of_somebody_else_clears_itself(typing: Page, visit: Visit, administrator: Staff) -> None:
    visit.sign_in(StaffFactory(center=administrator.center, name="N. Brandt RN"))
    poll(typing)
    typing.wait_for_url(f"{visit.address}/")
    expect(typing.locator("body")).not_to_contain_text("A. Silva")


def test_axe_finds_nothing_in_the_dialog(typing: Page, visit: Visit, present: Present) -> None:
    present.pass_minutes(16)
    poll(typing)
    expect(typing.get_by_role("dialog")).to_be_visible()
    assert visit.violations() == []
