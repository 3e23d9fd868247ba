"""Log a dose: may I, how much, given by one and checked by another."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from dosing_portal.kernel import clock
from dosing_portal.kernel.models import SignInAttempt
from schedules.models import Administration, TreatmentCourse
from schedules.services import courses
from tests.factories import PASSWORD, ToxicityEventFactory
from tests.schedules.aftermath import Aftermath
from tests.schedules.pages import words
from tests.schedules.scene import DAY, Scene
from tests.statements import statements

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    scene = Scene(regimen="teclistamab", schedule="monotherapy")
    scene.weigh("64.2")
    monkeypatch.setattr(clock, "now", lambda: scene.at)
    return scene


@pytest.fixture
def nurse(client: Client, scene: Scene) -> Client:
    client.force_login(scene.nurse)
    return client


def url_of(course: TreatmentCourse, ordinal: int = 1) -> str:
    return reverse("schedules:dose-administer", args=[course.pk, ordinal])


def sent(scene: Scene, **changes: str) -> dict[str, str]:
    """A whole form: step-up dose 1 of teclistamab, now, premedicated 90 minutes before."""
    local = scene.center.local(scene.at)
    premedicated = scene.center.local(scene.at - timedelta(minutes=90))
    return {
        "client_key": str(uuid4()),
        "given_time": f"{local:%H:%M}",
        "given_day": f"{local:%d-%b-%Y}",
        "product": "TECVAYLI",
        "vial": "30 mg/3 mL",
        "site": "abdomen (preferred)",
        "lot": "SAMPLE-1",
        "premedicated_time": f"{premedicated:%H:%M}",
        "premedicated_day": f"{premedicated:%d-%b-%Y}",
        "checker_name": scene.pharmacist.username,
        "checker_password": PASSWORD,
        **changes,
    }


def refused(nurse: Client, course: TreatmentCourse, data: dict[str, str], ordinal: int = 1) -> str:
    """The page that comes back; nothing more was given."""
    before = Administration.objects.count()
    response = nurse.post(url_of(course, ordinal), data)
    assert response.status_code == 422
    assert Administration.objects.count() == before
    return words(response.content)


# --- may I, how much --------------------------------------------------------------------------------------


def test_it_says_the_dose_in_words_with_its_arithmetic(nurse: Client, scene: Scene) -> None:
    text = words(nurse.get(url_of(scene.start())).content)
    for expected in (
        "Log step-up dose 1",
        "(TECVAYLI) DOSE 3.9 mg, 0.39 mL , subcutaneous, step-up dose 1",
        "1 vial of 30 mg/3 mL",
        "64.2 kg x 0.06 mg/kg = 3.852 mg",
        "printed band 60 to 69 kg: 3.9 mg, 0.39 mL",
        "weight 64.2 kg, of today",
        "dexamethasone 16 mg",
        "1 to 3 h before",
        "3.9 mg, 0.39 mL given",
    ):
        assert expected in text


def test_readiness_has_only_what_is_really_asked(nurse: Client, scene: Scene) -> None:
    text = words(nurse.get(url_of(scene.start())).content)
    assert "Ready to give? 3 of 3 Ready" in text
    assert "Window first dose of the course" in text
    assert "CRS and ICANS no open event" in text
    for later in ("Platelets", "teach-back", "Neutrophils", "Consent"):
        assert later not in text


def test_an_outpatient_dose_that_departs_from_the_label_says_so(nurse: Client, scene: Scene) -> None:
    text = words(nurse.get(url_of(scene.start())).content)
    assert "Outpatient: looser than the label" in text
    assert "Label in hospital 48 h" in text
    assert "Approved A. Silva, Dr. L. Haddad" in text
    courses.end(course_id=scene.course.pk, reason="x", by=scene.physician, at=scene.at)
    scene.at += DAY
    again = words(nurse.get(url_of(scene.start(setting=courses.HOSPITAL))).content)
    assert "looser" not in again


def test_a_weight_tells_its_age_and_change(nurse: Client, scene: Scene) -> None:
    scene.give(scene.start())
    scene.later(days=1)
    scene.weigh("65")
    scene.later(days=2)
    text = words(nurse.get(url_of(scene.course, 2)).content)
    assert "Weight 65 kg, 2 days old, 0.8 kg up since the last dose" in text


def test_an_open_event_closes_the_form(nurse: Client, scene: Scene) -> None:
    scene.give(scene.start())
    scene.later(days=3)
    event = ToxicityEventFactory(patient=scene.patient)
    content = nurse.get(url_of(scene.course, 2)).content
    text = words(content)
    assert "Blocked by 1" in text
    assert "CRS not resolved" in text
    assert "Nobody can override this." in text
    assert "Not ready: 1 blocker" in text
    assert reverse("schedules:event", args=[event.pk]) in content.decode()
    assert content.decode().count('<fieldset class="form" disabled>') == 2


@pytest.mark.parametrize(
    ("days", "title", "button"),
    [(1, "Too early", None), (9, "Another dose is next", "course-replan"), (5, "Window", None)],
)
def test_a_blocker_comes_with_the_button_that_removes_it(
    nurse: Client, scene: Scene, days: int, title: str, button: str | None
) -> None:
    scene.give(scene.start())
    scene.later(days=days)
    scene.weigh("64.2")
    content = nurse.get(url_of(scene.course, 2)).content
    assert title in words(content)
    if button:
        assert reverse(f"schedules:{button}", args=[scene.course.pk]) in content.decode()


def test_an_old_weight_leads_to_the_scales(nurse: Client, scene: Scene) -> None:
    course = scene.start(starts_on=scene.today + 40 * DAY)
    scene.later(days=40)
    content = nurse.get(url_of(course)).content
    assert "Weight too old" in words(content)
    assert reverse("schedules:weight-new", args=[scene.patient.pk]) in content.decode()


def test_readiness_polls_and_stays_silent_while_nothing_changes(nurse: Client, scene: Scene) -> None:
    scene.give(scene.start())
    scene.later(days=3)
    scene.weigh("64.2")
    content = nurse.get(url_of(scene.course, 2)).content.decode()
    found = re.search(r'id="readiness-live" hx-get="([^"]+)"', content)
    assert found
    polled = found[1].replace("&amp;", "&")
    assert nurse.get(polled, headers=HTMX).status_code == 204
    ToxicityEventFactory(patient=scene.patient)
    answer = nurse.get(polled, headers=HTMX)
    assert "Blocked by 1" in words(answer.content)
    assert b"<form" not in answer.content


# --- given ------------------------------------------------------------------------------------------------


def test_a_dose_is_given_and_the_watch_starts(nurse: Client, scene: Scene) -> None:
    course = scene.start()
    response = nurse.post(url_of(course), sent(scene), follow=True)
    row = Administration.objects.get()
    assert (row.given_by, row.checked_by, row.lot, row.site) == (
        scene.nurse,
        scene.pharmacist,
        "SAMPLE-1",
        "abdomen (preferred)",
    )
    assert row.given_at == scene.at
    assert row.premedicated_at == scene.at - timedelta(minutes=90)
    text = words(response.content)
    assert "Step-up dose 1 is recorded. Watching started: 6 checks to 21-Nov-2026 14:32. First 22:32." in text


def test_a_double_click_is_one_dose(nurse: Client, scene: Scene) -> None:
    course = scene.start()
    data = sent(scene)
    for _ in range(2):
        assert nurse.post(url_of(course), data).status_code == 302
    assert Administration.objects.count() == 1


def test_a_page_that_somebody_overtook_says_who(nurse: Client, scene: Scene) -> None:
    course = scene.start()
    scene.give(course, by=scene.second_nurse)
    text = refused(nurse, course, sent(scene))
    assert "K. Moss RN recorded this dose already, given 19-Nov-2026 14:32." in text


def test_going_back_to_a_given_dose_shows_its_record(nurse: Client, scene: Scene) -> None:
    course = scene.start()
    scene.give(course)
    text = words(nurse.get(url_of(course)).content)
    for expected in ("What was given", "DOSE 3.9 mg", "Given by N. Brandt RN", "Checked by P. Lind PharmD"):
        assert expected in text
    assert "checker_password" not in text


def test_a_dose_that_was_planned_again_says_so(nurse: Client, scene: Scene) -> None:
    scene.give(scene.start())
    scene.later(days=9)
    courses.replan(
        course_id=scene.course.pk,
        next_dose="sud1",
        planned_on=scene.today,
        reason="",
        by=scene.nurse,
        at=scene.at,
    )
    assert "was not given: it was planned again" in words(nurse.get(url_of(scene.course, 2)).content)


def test_a_new_weight_since_the_page_was_opened_is_told(nurse: Client, scene: Scene) -> None:
    course = scene.start()
    content = nurse.get(url_of(course)).content.decode()
    seen = content.split('name="seen" value="')[1].split('"')[0]
    scene.weigh("72.4")
    text = refused(nurse, course, sent(scene, seen=seen))
    assert "The dose is 4.5 mg, 0.45 mL now. The page showed 3.9 mg, 0.39 mL." in text


# --- refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"given_time": "23:59"}, "This time lies in the future."),
        ({"given_time": "25:00"}, "Write the time as 14:32"),
        ({"given_day": "19/11/26"}, "Write the date as 19-Nov-2026"),
        ({"given_day": "18-Nov-2026"}, "The course starts on 19-Nov-2026, after this time."),
        ({"given_time": ""}, "Answer this"),
        ({"lot": ""}, "Write it here"),
        ({"product": "TALVEY"}, "Wrong product: TALVEY was scanned"),
        ({"vial": "153 mg/1.7 mL"}, "Wrong vial: step-up dose 1 is drawn from 30 mg/3 mL"),
        ({"premedicated_time": "14:40"}, "Premedication comes before the dose."),
        ({"premedicated_time": ""}, "A physician must give or check it."),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_the_rest_is_kept(
    nurse: Client, scene: Scene, change: dict[str, str], sentence: str
) -> None:
    text = refused(nurse, scene.start(), sent(scene, **change))
    assert sentence in text
    again = nurse.post(url_of(scene.course), {**sent(scene), "lot": "KEEP-7", **change}).content.decode()
    assert ('value="KEEP-7"' in again) is ("lot" not in change)
    assert PASSWORD not in again


def test_an_hour_that_happened_twice_is_asked_about(nurse: Client, scene: Scene) -> None:
    scene.at = scene.at.replace(month=11, day=1, hour=9)  # the night on which the clocks went back
    scene.weigh("64.2")
    text = refused(nurse, scene.start(), sent(scene, given_time="01:30", given_day="01-Nov-2026"))
    assert "The clocks went back: 01:30 happened twice. Which one?" in text


def test_the_second_person_signs_in_as_somebody_else(nurse: Client, scene: Scene) -> None:
    text = refused(nurse, scene.start(), sent(scene, checker_name=scene.nurse.username))
    assert "You gave this dose. A second person must check it." in text


@pytest.mark.parametrize("who", ["administrator", "elsewhere"])
def test_the_second_person_is_qualified_and_of_the_center(nurse: Client, scene: Scene, who: str) -> None:
    course = scene.start()
    checker = scene.administrator if who == "administrator" else Scene().nurse
    text = refused(nurse, course, sent(scene, checker_name=checker.username))
    assert "The second person must be" in text


def test_a_wrong_password_is_counted_and_slowed_down(nurse: Client, scene: Scene) -> None:
    course = scene.start()
    for _ in range(5):
        text = refused(nurse, course, sent(scene, checker_password="not it"))
        assert "do not belong together" in text
    assert SignInAttempt.objects.filter(username=scene.pharmacist.username).count() == 5
    assert "Too many tries. Try again in 15 min." in refused(nurse, course, sent(scene))


def test_late_but_allowed_asks_why_and_for_a_reason(nurse: Client, scene: Scene) -> None:
    scene.give(scene.start())
    scene.later(days=5)
    scene.weigh("64.2")
    page = words(nurse.get(url_of(scene.course, 2)).content)
    assert "Why is it late" in page
    text = refused(nurse, scene.course, sent(scene), 2)
    assert "A physician must give or check it." in text
    late = {"delay": "adverse_reaction_resolved"}
    assert "Write the reason." in refused(nurse, scene.course, sent(scene, **late), 2)
    data = sent(scene, **late, deviation_reason="Fever until yesterday")
    assert nurse.post(url_of(scene.course, 2), data).status_code == 302
    assert Administration.objects.latest("given_at").deviation_reason == "Fever until yesterday"


def test_an_unconfirmed_band_shows_both_answers_and_chooses_none(client: Client, scene: Scene) -> None:
    unsure = Scene(regimen="teclistamab", schedule="monotherapy", confirmed=False)
    unsure.weigh("64.2")
    client.force_login(unsure.nurse)
    course = unsure.start()
    content = client.get(url_of(course)).content
    text = words(content)
    assert "DOSE 3.9 mg, 0.39 mL , subcutaneous, step-up dose 1, by printed weight band" in text
    assert "DOSE 3.852 mg, 0.39 mL , subcutaneous, step-up dose 1, by formula" in text
    assert "unconfirmed" in text
    assert not re.search(r'name="basis"[^>]*checked', content.decode())
    data = sent(unsure, checker_name=unsure.physician.username, deviation_reason="Label read today")
    assert "Choose which amount was given" in refused(client, course, data)
    assert client.post(url_of(course), {**data, "basis": "band"}).status_code == 302
    assert Administration.objects.get().unconfirmed is True


def test_where_the_record_has_no_amount_a_comma_is_read_as_a_point(client: Client, scene: Scene) -> None:
    scene.weigh("69.5")
    client.force_login(scene.physician)
    course = scene.start()
    assert "between two printed bands" in words(client.get(url_of(course)).content)
    data = sent(scene, typed_mg="4,2", typed_ml="0,42", typed_vials="1")
    assert "Write the reason." in refused(client, course, data)
    assert client.post(url_of(course), {**data, "deviation_reason": "Between bands"}).status_code == 302
    assert str(Administration.objects.get().volume_ml) == "0.420"


# --- who --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"), [("pharmacist", 403), ("administrator", 403), ("physician", 200), ("director", 200)]
)
def test_who_may_log_a_dose(client: Client, scene: Scene, who: str, status: int) -> None:
    client.force_login(getattr(scene, who))
    assert client.get(url_of(scene.start())).status_code == status


def test_a_course_of_another_center_is_not_found(nurse: Client, scene: Scene) -> None:
    other = Scene(regimen="teclistamab", schedule="monotherapy")
    other.weigh("64.2")
    course = other.start()
    assert nurse.get(url_of(course)).status_code == 404
    assert nurse.post(url_of(course), sent(scene)).status_code == 404
    assert not Administration.objects.exists()


def test_a_dose_that_no_course_has_is_not_found(nurse: Client, scene: Scene) -> None:
    assert nurse.get(url_of(scene.start(), 99)).status_code == 404


def test_the_page_costs_the_same_late_in_a_course(nurse: Client, scene: Scene) -> None:
    scene.give(scene.start())
    scene.later(days=3)
    early = _counted(nurse, url_of(scene.course, 2))
    for days in (0, 3, 7):
        scene.later(days=days)
        scene.weigh("64.2")
        scene.give(scene.course)
    scene.later(days=7)
    late = _counted(nurse, url_of(scene.course, 5))
    assert early == late == 17


def _counted(nurse: Client, url: str) -> int:
    nurse.get(url)
    with statements() as asked:
        nurse.get(url)
    return len(asked)


def test_a_form_without_its_key_asks_for_the_page_again(nurse: Client, scene: Scene) -> None:
    data: dict[str, Any] = sent(scene)
    del data["client_key"]
    assert "Reload the page, then save" in refused(nurse, scene.start(), data)


# --- after an event ---------------------------------------------------------------------------------------


@pytest.fixture
def aftermath(monkeypatch: pytest.MonkeyPatch, client: Client) -> Aftermath:
    """Step-up dose 2 is due, after CRS grade 2 that a physician decided on."""
    scene = Aftermath().begun()
    monkeypatch.setattr(clock, "now", lambda: scene.at)
    scene.decide(scene.event(grade=2))
    scene.later(days=3)
    scene.weigh("64.2")
    client.force_login(scene.nurse)
    return scene


def test_what_a_decision_asks_stands_on_the_page_of_the_dose(client: Client, aftermath: Aftermath) -> None:
    text = words(client.get(url_of(aftermath.course, 2)).content)
    for expected in (
        "After CRS grade 2: premedicate",
        "After CRS grade 2: 48 h in hospital after this dose",
        "CRS and ICANS CRS grade 2 resolved; Dr. K. Okafor decided on 19-Nov-2026",
        "Ready",
    ):
        assert expected in text
    assert "looser than the label" not in text


def test_a_condition_that_is_not_ticked_asks_a_physician(client: Client, aftermath: Aftermath) -> None:
    text = refused(client, aftermath.course, sent(aftermath), 2)
    assert "Tick it when it is arranged. A physician must give or check it." in text


def test_what_was_ticked_stands_with_the_dose(client: Client, aftermath: Aftermath) -> None:
    response = client.post(url_of(aftermath.course, 2), sent(aftermath, fulfilled="hospital"))
    assert response.status_code == 302
    text = words(client.get(url_of(aftermath.course, 2)).content)
    assert "Arranged after CRS grade 2: premedicate; after CRS grade 2: 48 h in hospital" in text
    assert "Not arranged" not in text


def test_a_locked_dose_leads_to_the_decision(client: Client, aftermath: Aftermath) -> None:
    event = aftermath.event(grade=1, toxicity="icans", opened_at=aftermath.at - DAY)
    content = client.get(url_of(aftermath.course, 2)).content
    assert "ICANS: next dose not decided" in words(content)
    assert f"{reverse('schedules:event', args=[event.pk])}#next-dose" in content.decode()
