"""What the portal is for, told by the people who use it: a dose, a fever at night, a board in the morning."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import Page, expect

from dosing_portal.kernel import clock
from dosing_portal.kernel.models import Center
from patients.models import Patient, ToxicityEvent
from protocols.rules.ice import POINTS
from schedules.models import Alert, MonitoringWindow
from schedules.models import Page as Paged
from schedules.services import sample_center, sample_neuro
from tests.browser import sample
from tests.browser.conftest import Visits, sweep
from tests.browser.visitors import DESKTOP, PHONE, type_vitals

LINK = re.compile(r"https?://\S+/a/\S+")


def test_a_patient_is_registered_planned_and_dosed_by_two_people(visits: Visits) -> None:
    page = visits("nurse", DESKTOP).open("/patients/new/")
    register(page)
    expect(page.get_by_role("region", name="Patient")).to_contain_text("TESTCASE, Nora")

    page.get_by_role("link", name="Plan a course").click()
    plan_elranatamab(page)
    expect(page.locator("main")).to_contain_text("The course is planned")

    page.get_by_role("link", name="Log this dose").click()
    expect(page.locator("#readiness")).to_contain_text("Ready")
    give_step_up_1(page)

    told = page.get_by_text("Watching started").inner_text()
    window = MonitoringWindow.objects.get(course__patient__mrn="TEST-00999")
    first = window.checks.earliest("due_at")
    center = Center.objects.get()
    assert f"First {center.local(first.due_at):%H:%M}" in told
    expect(page.get_by_role("region", name="Patient")).to_contain_text("Step-up dose 1")
    expect(page.locator("main")).to_contain_text(f"{center.local(first.due_at):%H:%M}")


def register(page: Page) -> None:
    page.get_by_label("Family name").fill("TESTCASE")
    page.get_by_label("Given name").fill("Nora")
    page.get_by_label("Birth date").fill("14-Mar-1959")
    page.get_by_label("MRN").fill("TEST-00999")
    page.get_by_label("Female").check()
    page.get_by_label("No known allergies").check()
    page.get_by_label("Full code").check()
    page.get_by_role("textbox", name="Weight", exact=True).fill("72,4")
    page.get_by_label("Name of the caregiver").fill("Ivo TESTCASE")
    page.get_by_label("Phone of the caregiver").fill("555-0181")
    page.get_by_role("button", name="Register patient").click()


def plan_elranatamab(page: Page) -> None:
    """The plan shows by itself once the answers are complete, and is saved by a second press."""
    version = page.get_by_label("Protocol").locator("option", has_text="elranatamab")
    page.get_by_label("Protocol").select_option(version.get_attribute("value"))
    page.get_by_label("Outpatient", exact=True).check()
    expect(page.get_by_role("heading", name="The plan")).to_be_visible()
    expect(page.get_by_role("row").nth(1)).to_contain_text("Step-up dose 1 12 mg")
    page.get_by_role("button", name="Start course").click()


def give_step_up_1(page: Page) -> None:
    now = Center.objects.get().local(clock.now())
    given, premedicated = now - timedelta(minutes=2), now - timedelta(minutes=65)
    page.get_by_label("Given at", exact=False).first.fill(f"{given:%H:%M}")
    page.locator("#id_given_day").fill(f"{given:%d-%b-%Y}")
    page.get_by_label("Product on the vial").fill("ELREXFIO")
    page.get_by_label("Vial", exact=True).select_option("44 mg/1.1 mL")
    page.get_by_label("Site").select_option(label="abdomen (preferred)")
    page.get_by_label("Lot").fill("SAMPLE-7")
    page.get_by_label("Premedication given at").fill(f"{premedicated:%H:%M}")
    page.locator("#id_premedicated_day").fill(f"{premedicated:%d-%b-%Y}")
    second = page.get_by_role("group", name="Second person")
    second.get_by_label("User name").fill("pharmacist")
    second.get_by_label("Password").fill(sample_center.PASSWORD)
    page.get_by_role("button", name="Record elranatamab").click()


def test_a_fever_logged_on_a_phone_pages_until_somebody_has_it(visits: Visits) -> None:
    nurse = visits("nurse", PHONE).open(sample.of_patient("schedules:vitals-new", "FIXTURE"))
    log_a_fever(nurse)
    told = nurse.locator("#told")
    expect(told).to_contain_text("K. Moss RN")

    sweep()
    alert = Alert.objects.get(patient__family_name="FIXTURE", kind=Alert.Kind.FEVER)
    paged = Paged.objects.get(alert=alert)
    assert paged.delivered_at is not None
    link = LINK.search(paged.text)
    assert link is not None

    stranger = visits("", PHONE).open(link[0])
    alert.refresh_from_db()
    assert alert.state == Alert.State.OPEN, "opening the link is not an answer: previews of messages open it"
    assert "FIXTURE" not in stranger.content()
    stranger.get_by_role("button", name="I have this").click()
    expect(stranger.get_by_text("You have this")).to_be_visible()

    expect(told.locator("[data-state]").first).to_contain_text("has this")
    alert.refresh_from_db()
    assert (alert.state, alert.acknowledged_via) == (Alert.State.ACKNOWLEDGED, "link")
    assert alert.next_escalation_at is None
    assert not Paged.objects.undelivered().filter(alert=alert).exists()


def log_a_fever(page: Page) -> None:
    preview = page.locator("#grade-preview")
    type_vitals(page, "38.4")
    expect(preview).to_contain_text("CRS grade 1")
    expect(preview).to_contain_text("fever 38.4 °C")
    page.get_by_role("button", name="Save vitals, CRS grade 1").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vitals saved")
    expect(page.locator("main")).to_contain_text("CRS grade 1")
    expect(page.get_by_role("heading", name="What to do now")).to_be_visible()
    assert page.locator(".step").count() > 1


def test_the_physician_sees_the_worst_first_and_confirms_its_grade(visits: Visits) -> None:
    page = visits("physician", DESKTOP).open("/events/")
    rows = page.locator("#open-events .row")
    first = rows.first
    expect(first).to_contain_text("SAMPLE, Ruth")
    expect(first).to_contain_text("CRS grade 2")
    expect(first.get_by_role("button", name="I have this")).to_be_in_viewport(ratio=1)
    grades = [int(grade) for grade in re.findall(r"grade (\d)\n", "\n".join(rows.all_inner_texts()))]
    assert grades == sorted(grades, reverse=True)

    first.get_by_role("link", name="SAMPLE, Ruth").click()
    page.get_by_role("button", name="Confirm CRS grade 2").click()
    expect(page.locator("#event-grade")).to_contain_text("confirmed")
    event = ToxicityEvent.objects.get(patient=Patient.objects.get(family_name="SAMPLE"))
    latest = event.gradings.latest("id")
    assert (latest.kind, latest.at_least, latest.graded_by.username) == ("confirmed", 2, "physician")


def test_a_changed_line_on_a_phone_leads_to_the_ice_test_and_to_an_icans_event(visits: Visits) -> None:
    nurse = visits("nurse", PHONE).open(sample.of_patient("schedules:handwriting-new", "RESERVE"))
    nurse.get_by_label("Changed", exact=True).check()
    nurse.get_by_label("Photo").set_input_files(
        {"name": "line.png", "mimeType": "image/png", "buffer": sample_neuro.drawing(sample_neuro.SHAKEN)}
    )
    nurse.get_by_role("button", name="Save handwriting").click()
    expect(nurse.get_by_text("Do the ICE test now.")).to_be_visible()
    assert not ToxicityEvent.objects.filter(patient__family_name="RESERVE", toxicity="icans").exists()

    for name in POINTS:
        answer = "wrong" if name in {"sentence", "attention"} else "correct"
        nurse.locator(f"[name={name}][value={answer}]").check()
    nurse.get_by_label("Alert", exact=True).check()
    expect(nurse.locator("#grade-preview")).to_contain_text("ICANS grade 1")
    nurse.get_by_role("button", name="Save ICE test").click()
    expect(nurse.locator("main")).to_contain_text("ICE 8 of 10")

    sweep()
    alert = Alert.objects.get(patient__family_name="RESERVE", kind=Alert.Kind.NEUROLOGIC)
    assert Paged.objects.filter(alert=alert, delivered_at__isnull=False).exists()
    nurse.get_by_role("link", name="Open the ICANS event").click()
    neuro = nurse.get_by_role("region", name="Neuro")
    expect(neuro).to_contain_text("ICE 8 of 10")
    photo = neuro.get_by_role("img", name="Photo of the handwriting, changed", exact=False)
    expect(photo).to_be_visible()
    assert photo.evaluate("(img) => img.complete && img.naturalWidth > 0")
