"""Every clinical page in its main states, on a desktop and a phone: axe is content, nothing scrolls sideways.

The door, the settings and the sheet of components are looked at in ``tests/web``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from dosing_portal.kernel import clock
from dosing_portal.kernel.models import Staff
from patients.models import Patient
from patients.services import registration
from patients.services.registration import PersonFacts
from tests.browser import sample
from tests.browser.visitors import DESKTOP, PHONE, Visitor, tab_stops, type_vitals

Desks = Callable[[str], Visitor]


@dataclass(frozen=True)
class State:
    """One page, who looks at it, and what they do there first."""

    name: str
    who: str
    path: Callable[[], str]
    act: Callable[[Page], None] | None = None


@pytest.fixture(scope="module")
def desks(browser: Browser, portal: LiveServer, sample: None) -> Iterator[Desks]:
    """One window for each person, kept open from page to page."""
    opened: dict[str, Visitor] = {}

    def desk(username: str) -> Visitor:
        if username not in opened:
            opened[username] = Visitor(browser, portal.url, username)
            opened[username].page.on("dialog", lambda dialog: dialog.accept())
        return opened[username]

    yield desk
    for visitor in opened.values():
        visitor.context.close()


def without_course() -> str:
    """A patient who was just registered."""
    found = Patient.objects.filter(mrn="TEST-00998").first() or registration.register(
        facts=PersonFacts(
            mrn="TEST-00998",
            family_name="TESTCASE",
            given_name="Mika",
            birth_date=clock.now().date().replace(year=1961, month=5, day=4),
            sex="male",
            allergy_status="not_recorded",
            allergies="",
            code_status="full",
        ),
        by=Staff.objects.get(username="nurse"),
        at=clock.now(),
    )
    return str(found.pk)


def at(path: str) -> Callable[[], str]:
    return lambda: path


def of(name: str, family_name: str) -> Callable[[], str]:
    return lambda: sample.of_patient(name, family_name)


def with_kind(family_name: str, kind: str) -> str:
    return f"{sample.of_patient('schedules:intervention-new', family_name)}?kind={kind}"


def of_new(name: str, query: str = "") -> Callable[[], str]:
    return lambda: reverse(name, args=[without_course()]) + query


# --- what is done on a page first -------------------------------------------------------------------------


def plan(page: Page) -> None:
    version = page.get_by_label("Protocol").locator("option", has_text="teclistamab")
    page.get_by_label("Protocol").select_option(version.get_attribute("value"))
    page.get_by_label("Outpatient", exact=True).check()
    expect(page.get_by_role("heading", name="The plan")).to_be_visible()


def press(name: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_role("button", name=name).first.click()


def preview(page: Page) -> None:
    type_vitals(page, "38.4", "84/52", "90")
    expect(page.locator("#grade-preview")).to_contain_text("CRS grade 2")


def refuse_vitals(page: Page) -> None:
    type_vitals(page, "101.3")
    page.get_by_role("button", name="Save vitals").click()
    expect(page.locator(".error-summary")).to_be_visible()


def on_the_way(page: Page) -> None:
    page.get_by_label("On the way", exact=True).first.check(force=True)
    expect(page.get_by_label("With whom")).to_be_visible()


def answered(page: Page) -> None:
    expect(page.locator("main")).not_to_contain_text("No answer yet")


def part_of_a_test(page: Page) -> None:
    """Some points asked, one lost, one left out."""
    for name in ("year", "month", "city", "hospital", "object1", "object2", "object3", "command"):
        page.locator(f"[name={name}][value=correct]").check()
    page.locator("[name=sentence][value=wrong]").check()
    expect(page.locator("#grade-preview")).to_contain_text("attention not tested")


def late_sign(page: Page) -> None:
    page.locator("[name=late_neurologic][value=present]").check()


def too_much(page: Page) -> None:
    page.get_by_label("Dose", exact=True).fill("960")
    press("Record it")(page)
    expect(page.locator(".error-summary")).to_be_visible()


def unfold(page: Page) -> None:
    """Everything that can be opened, open."""
    page.evaluate("document.querySelectorAll('main details').forEach((part) => { part.open = true; })")


NEW, PATIENT, VITALS = "patients:patient-new", "schedules:patient", "schedules:vitals-new"
TECLISTAMAB_DAY_9 = (
    "?regimen=teclistamab%2Fmonotherapy&last_dose=sud1&given_on=01-Nov-2026&planned_on=10-Nov-2026"
)
STEP_UP_1 = "?regimen=teclistamab%2Fmonotherapy&dose=sud1&weight_kg=72.4"
FEVER_AND_ICE_7 = "?temperature=38.4&systolic=84&spo2=94&oxygen=room_air&ice=7&consciousness=alert"

STATES = (
    State("today", "nurse", at("/")),
    State("patients", "nurse", at("/patients/")),
    State("patients-none-found", "nurse", at("/patients/?q=nobody")),
    State("register", "nurse", at("/patients/new/")),
    State("register-refused", "nurse", at("/patients/new/"), press("Register patient")),
    State("patient-with-event", "nurse", of(PATIENT, "SAMPLE")),
    State("patient-without-event", "nurse", of(PATIENT, "RESERVE"), unfold),
    State("patient-without-course", "nurse", of_new(PATIENT)),
    State("patient-edit", "nurse", of("patients:patient-edit", "SAMPLE")),
    State("weight-refused", "nurse", of("schedules:weight-new", "SAMPLE"), press("Save weight")),
    State("contact", "nurse", of("patients:contact-new", "SAMPLE")),
    State("course-planned", "nurse", of_new("schedules:course-new"), plan),
    State("dose-ready", "nurse", lambda: sample.next_dose("EXAMPLE")),
    State("dose-refused", "nurse", lambda: sample.next_dose("EXAMPLE"), press("Record")),
    State("dose-blocked", "nurse", lambda: sample.next_dose("SAMPLE")),
    State("vitals-empty", "nurse", of(VITALS, "EXAMPLE")),
    State("vitals-preview", "nurse", of(VITALS, "EXAMPLE"), preview),
    State("vitals-refused", "nurse", of(VITALS, "EXAMPLE"), refuse_vitals),
    State("outcome-graded", "nurse", lambda: sample.outcome("SAMPLE"), unfold),
    State("outcome-quiet", "nurse", lambda: sample.outcome("EXAMPLE")),
    State("history", "nurse", of("schedules:vitals", "SAMPLE")),
    State("ice", "nurse", of("schedules:ice-new", "MOCKUP"), part_of_a_test),
    State("ice-refused", "nurse", of("schedules:ice-new", "SAMPLE"), press("Save ICE test")),
    State("neuro", "nurse", of("schedules:neuro", "MOCKUP")),
    State("handwriting", "nurse", of("schedules:handwriting-new", "MOCKUP")),
    State("visits", "nurse", of("schedules:visits", "DEMO"), unfold),
    State("visit", "nurse", of("schedules:visit-new", "MOCKUP"), late_sign),
    State("laboratory", "nurse", of("schedules:laboratory", "SAMPLE"), press("Save results")),
    State("intervention", "nurse", of("schedules:intervention-new", "SAMPLE")),
    State("tocilizumab-refused", "physician", lambda: with_kind("SAMPLE", "tocilizumab"), too_much),
    State("event-with-orders", "physician", lambda: sample.event("DUMMY"), unfold),
    State("order", "physician", lambda: f"{sample.event('SAMPLE')}treatments/new/"),
    State("stock", "pharmacist", at("/settings/stock/")),
    State("event-nurse", "nurse", lambda: sample.event("PLACEHOLDER")),
    State("event-physician", "physician", lambda: sample.event("MOCKUP"), unfold),
    State("event-masked", "physician", lambda: sample.event("PATTERN"), unfold),
    State("event-masked-nurse", "nurse", lambda: sample.event("PATTERN")),
    State("event-closed", "physician", lambda: sample.event("RESERVE"), unfold),
    State("hand-off-sheet", "nurse", lambda: sample.hand_off("SAMPLE")),
    State("where", "nurse", of("schedules:where", "PLACEHOLDER"), on_the_way),
    State("where-refused", "nurse", of("schedules:where", "RESERVE"), press("Save the place")),
    State("call", "nurse", of("schedules:call-new", "PLACEHOLDER")),
    State("hand-over", "nurse", of("schedules:hand-over", "SAMPLE")),
    State("events", "physician", at("/events/")),
    State("events-closed", "physician", at("/events/?list=closed&page=1")),
    State("alert-open", "nurse", lambda: sample.alert("PLACEHOLDER")),
    State("alert-answered", "nurse", lambda: sample.alert("SAMPLE", "acknowledged")),
    State("answer", "", lambda: sample.answer("PLACEHOLDER")),
    State("answer-forged", "", at("/a/forged/")),
    State("grade", "nurse", at(f"/calculators/grade/{FEVER_AND_ICE_7}")),
    State("restart", "nurse", at(f"/calculators/restart/{TECLISTAMAB_DAY_9}")),
    State(
        "dose", "nurse", at("/calculators/dose/?regimen=teclistamab%2Fmonotherapy&dose=sud1&weight_kg=72.4")
    ),
)


@pytest.mark.parametrize("state", STATES, ids=[state.name for state in STATES])
def test_a_page_is_open_to_everybody_at_both_widths(desks: Desks, state: State) -> None:
    visitor = desks(state.who)
    visitor.complaints.clear()
    visitor.resize(DESKTOP)
    page = visitor.open(state.path())
    if state.act is not None:
        state.act(page)
    page.wait_for_load_state()
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    desktop = visitor.faults()
    visitor.resize(PHONE)
    assert (desktop, visitor.faults(), visitor.complaints) == ([], [], [])


@pytest.mark.parametrize(
    "path",
    [
        lambda: sample.event("MOCKUP"),
        lambda: sample.outcome("SAMPLE"),
        of(PATIENT, "SAMPLE"),
        lambda: sample.next_dose("EXAMPLE"),
    ],
    ids=["event", "outcome", "patient", "dose"],
)
def test_focus_is_seen_and_never_under_the_dock_of_a_phone(desks: Desks, path: Callable[[], str]) -> None:
    visitor = desks("nurse")
    visitor.resize(PHONE)
    page = visitor.open(path())
    stops = list(tab_stops(page))
    assert len(stops) > 10
    assert [stop for stop in stops if stop.fault] == []
