"""Log vitals, the form used most and at the worst hour: wrong input, no script, no mouse."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from dosing_portal.kernel import clock
from dosing_portal.kernel.models import Center
from patients.models import Observation
from tests.browser import sample
from tests.browser.conftest import Visits
from tests.browser.visitors import DESKTOP, PHONE, tab_stops, type_vitals

ASKED_AFTER_TEMPERATURE = [
    "systolic", "diastolic", "spo2", "heart_rate", "respiratory_rate", "attested", "oxygen",
    "vasopressors", "ice", "consciousness", "neurologic", "symptoms", "taken", "location", "when", "save",
]  # fmt: skip


@pytest.fixture
def form(visits: Visits) -> Page:
    """The empty form of a patient without an event, on a phone."""
    return visits("nurse", PHONE).open(sample.of_patient("schedules:vitals-new", "DEMO"))


def save(page: Page) -> None:
    page.get_by_role("button", name="Save vitals").click()


def beside(page: Page, field: str) -> Locator:
    """What is said about a field, found as a reader finds it: by what describes the box."""
    box = page.locator(f"#id_{field}")
    expect(box).to_have_attribute("aria-invalid", "true")
    described_by = (box.get_attribute("aria-describedby") or "").split()
    return page.locator(f"#{next(part for part in described_by if part.endswith('_error'))}")


# --- wrong input ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("temperature", "381", "381 °C is not possible"),
        ("temperature", "101.3", "Is that 101.3 °F, which is 38.5 °C?"),
        ("temperature", "warm", "like 38.4"),
        ("spo2", "197", "197 % is not possible"),
    ],
)
def test_a_value_that_cannot_be_is_answered_beside_its_field(
    form: Page, field: str, typed: str, sentence: str
) -> None:
    before = Observation.objects.count()
    type_vitals(form, "36,8")
    form.locator(f"#id_{field}").fill(typed)
    save(form)
    expect(form.locator(".error-summary")).to_be_focused()
    expect(beside(form, field)).to_contain_text(sentence)
    expect(form.locator(f"#id_{field}")).to_have_value(typed)
    expect(form.locator("#id_systolic")).to_have_value("118")
    expect(form.get_by_label("Checked: room air")).to_be_checked()
    assert Observation.objects.count() == before

    form.locator(".error-summary a").first.click()
    expect(form.locator(f"#id_{field}")).to_be_focused()


def test_the_answer_to_a_wrong_unit_is_kept_and_saves(form: Page) -> None:
    type_vitals(form, "98.6")
    save(form)
    form.get_by_role("button", name="Yes, 98.6 °F").click()
    expect(form.get_by_role("heading", level=1)).to_have_text("Vitals saved")
    saved = Observation.objects.filter(patient__family_name="DEMO").latest("recorded_at")
    assert (saved.temperature, saved.temperature_unit) == (Decimal("98.6"), "F")


def test_a_future_time_is_refused_and_a_comma_is_a_point(form: Page) -> None:
    type_vitals(form, "36,8")
    ahead = Center.objects.get().local(clock.now() + timedelta(hours=3))
    form.get_by_label("Earlier", exact=True).check()
    form.locator("#id_taken_time").fill(f"{ahead:%H:%M}")
    form.locator("#id_taken_day").fill(f"{ahead:%d-%b-%Y}")
    save(form)
    expect(beside(form, "taken_time")).to_contain_text("lies in the future")
    expect(form.locator("#id_taken_time")).to_have_value(f"{ahead:%H:%M}")
    expect(form.locator("#id_temperature")).to_have_value("36.8")


# --- without script, without mouse ------------------------------------------------------------------------


def test_a_reading_is_saved_where_scripts_do_not_run(visits: Visits) -> None:
    nurse = visits("nurse", PHONE, java_script_enabled=False)
    page = nurse.open(sample.of_patient("schedules:vitals-new", "DEMO"))
    type_vitals(page, "36.9")
    save(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Vitals saved")
    expect(page.locator("main")).to_contain_text("No CRS criteria met")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280", "390"])
def test_tab_goes_from_question_to_question_in_view_and_with_a_ring(
    visits: Visits, size: ViewportSize
) -> None:
    page = visits("nurse", size).open(sample.of_patient("schedules:vitals-new", "DEMO"))
    expect(page.locator("#id_temperature")).to_be_focused()
    stops = list(tab_stops(page, until="save"))
    assert [stop for stop in stops if stop.fault] == []
    asked = list(dict.fromkeys(stop.name for stop in stops if stop.name in ASKED_AFTER_TEMPERATURE))
    assert asked == ASKED_AFTER_TEMPERATURE


def test_slash_goes_to_the_search_and_finds_a_patient(visits: Visits) -> None:
    page = visits("nurse", DESKTOP).open("/")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("ruth")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("SAMPLE, Ruth")
    expect(page.locator("main")).not_to_contain_text("MOCKUP")
