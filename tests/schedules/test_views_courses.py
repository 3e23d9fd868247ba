"""Plan a course, ask what a later day brings, plan again, end."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from dosing_portal.kernel import clock
from schedules.models import PlannedDose, TreatmentCourse
from schedules.services import courses
from tests.factories import ClosedDayFactory
from tests.schedules.pages import words
from tests.schedules.scene import DAY, Scene

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    scene = Scene()
    monkeypatch.setattr(clock, "now", lambda: scene.at)
    return scene


@pytest.fixture
def nurse(client: Client, scene: Scene) -> Client:
    client.force_login(scene.nurse)
    return client


# --- plan -------------------------------------------------------------------------------------------------


def plan_url(scene: Scene) -> str:
    return reverse("schedules:course-new", args=[scene.patient.pk])


def answers(scene: Scene, **changes: str) -> dict[str, str]:
    return {"protocol": str(scene.version.pk), "starts_on": "today", "setting": "outpatient", **changes}


def hidden_answers(content: bytes) -> dict[str, str]:
    """What the button "Start course" sends."""
    hidden = r'<input type="hidden" name="(protocol|starts_on|setting)" value="([^"]*)"'
    return dict(re.findall(hidden, content.decode()))


def test_the_first_visit_asks_without_complaining(nurse: Client, scene: Scene) -> None:
    text = words(nurse.get(plan_url(scene)).content)
    assert "Elranatamab, standard, version 1" in text
    assert "Not saved" not in text
    assert "The plan" not in text


def test_the_plan_is_shown_before_anything_is_saved(nurse: Client, scene: Scene) -> None:
    ClosedDayFactory(center=scene.center, day=scene.today + 7 * DAY, reason="Thanksgiving")
    text = words(nurse.get(plan_url(scene), answers(scene)).content)
    for expected in (
        "Step-up dose 1 12 mg Thu 19-Nov-2026",
        "Step-up dose 2 32 mg Sun 22-Nov-2026 closed day Sun 22-Nov-2026: Sunday, the center gives no doses.",
        "21-Nov-2026 to 22-Nov-2026; late to 03-Dec-2026",
        "Thu 26-Nov-2026: Thanksgiving. Open in the window: Wed 25-Nov-2026.",
        "in hospital 48 h outpatient looser than the label",
        "Start course, first dose Thu 19-Nov-2026",
    ):
        assert expected in text
    assert not TreatmentCourse.objects.exists()


def test_the_plan_in_hospital_departs_from_no_label(nurse: Client, scene: Scene) -> None:
    text = words(nurse.get(plan_url(scene), answers(scene, setting="hospital")).content)
    assert "in hospital 48 h in hospital" in text
    assert "looser" not in text


def test_a_change_swaps_the_plan_alone(nurse: Client, scene: Scene) -> None:
    fragment = nurse.get(plan_url(scene), answers(scene), headers=HTMX).content
    assert b"<html" not in fragment
    assert "The plan" in words(fragment)


def test_the_plan_shown_is_the_course_started(nurse: Client, scene: Scene) -> None:
    sent = hidden_answers(nurse.get(plan_url(scene), answers(scene)).content)
    response = nurse.post(plan_url(scene), sent, follow=True)
    course = TreatmentCourse.objects.get()
    assert (course.patient, course.starts_on, course.started_by) == (scene.patient, scene.today, scene.nurse)
    assert "The course is planned. First dose Thu 19-Nov-2026." in words(response.content)


def test_a_double_click_starts_one_course(nurse: Client, scene: Scene) -> None:
    for _ in range(2):
        response = nurse.post(plan_url(scene), answers(scene))
        assert response.headers["Location"] == reverse("schedules:patient", args=[scene.patient.pk])
    assert TreatmentCourse.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"starts_on": "18-Nov-2026"}, "This day has passed. A course starts today or later"),
        ({"starts_on": "19.11.26"}, "Write the date as 19-Nov-2026"),
        ({"starts_on": ""}, "Answer this"),
        ({"protocol": ""}, "Answer this"),
        ({"protocol": str(uuid4())}, "Select a valid choice"),
        ({"setting": ""}, "Answer this"),
    ],
)
def test_a_refused_answer_keeps_the_others_and_saves_nothing(
    nurse: Client, scene: Scene, change: dict[str, str], sentence: str
) -> None:
    response = nurse.post(plan_url(scene), answers(scene, **change))
    assert response.status_code == 422
    assert sentence in words(response.content)
    if "starts_on" in change:
        assert f'value="{change["starts_on"]}"' in response.content.decode() or not change["starts_on"]
        assert f'<option value="{scene.version.pk}" selected>' in response.content.decode()
    assert not TreatmentCourse.objects.exists()


def test_a_running_course_refuses_another(nurse: Client, scene: Scene) -> None:
    scene.start()
    response = nurse.post(plan_url(scene), answers(scene, starts_on="+3d"))
    assert response.status_code == 422
    assert "A course is running for this patient." in words(response.content)


def test_a_center_without_an_active_protocol_says_whom_to_ask(client: Client, scene: Scene) -> None:
    scene.version.state = "retired"
    scene.version.save()
    client.force_login(scene.nurse)
    assert "Ask your administrator to activate one" in words(client.get(plan_url(scene)).content)


@pytest.mark.parametrize(("who", "status"), [("pharmacist", 403), ("administrator", 403), ("physician", 200)])
def test_who_may_plan(client: Client, scene: Scene, who: str, status: int) -> None:
    client.force_login(getattr(scene, who))
    assert client.get(plan_url(scene)).status_code == status


def test_a_patient_of_another_center_is_not_found(nurse: Client, scene: Scene) -> None:
    other = Scene()
    assert nurse.get(plan_url(other)).status_code == 404
    assert nurse.post(plan_url(other), answers(other)).status_code == 404
    assert not TreatmentCourse.objects.exists()


# --- what if ----------------------------------------------------------------------------------------------


def what_if(nurse: Client, course: TreatmentCourse, on: str, **kwargs: Any) -> Any:
    return nurse.get(reverse("schedules:course-what-if", args=[course.pk]), {"on": on}, **kwargs)


def dosed(scene: Scene, days: int = 1) -> TreatmentCourse:
    course = scene.start()
    scene.give(course)
    scene.later(days=days)
    return course


@pytest.mark.parametrize(
    ("on", "answer"),
    [
        ("20-Nov-2026", "Day 1 after step-up dose 1: Too early: give nothing on this day."),
        ("+2d", "Day 3 after step-up dose 1: Continue with step-up dose 2."),
        ("2026-11-25", "Day 6 after step-up dose 1: Late but allowed: step-up dose 2."),
        ("+2w", "Day 15 after step-up dose 1: Start again with step-up dose 1."),
    ],
)
def test_the_answer_for_a_day_comes_with_because_and_source(
    nurse: Client, scene: Scene, on: str, answer: str
) -> None:
    text = words(what_if(nurse, dosed(scene), on, headers=HTMX).content)
    assert answer in text
    assert "step-up dose 2 after step-up dose 1: from 2 days" in text
    assert "Source: " in text
    assert "sud2" not in text


def test_it_works_without_script_on_a_page_of_its_own(nurse: Client, scene: Scene) -> None:
    content = what_if(nurse, dosed(scene), "+2w").content
    assert b"<html" in content
    assert "Start again with step-up dose 1." in words(content)


def test_a_closed_day_is_named_with_the_answer(nurse: Client, scene: Scene) -> None:
    text = words(what_if(nurse, dosed(scene), "22-Nov-2026", headers=HTMX).content)
    assert "Sun 22-Nov-2026: Sunday, the center gives no doses." in text


def test_an_unconfirmed_answer_is_marked(client: Client, scene: Scene) -> None:
    unsure = Scene(confirmed=False)
    course = unsure.start()
    unsure.give(course, checker=unsure.physician, deviation_reason="Label read today")
    client.force_login(unsure.nurse)
    assert "unconfirmed" in words(what_if(client, course, "+2d", headers=HTMX).content)


@pytest.mark.parametrize(
    ("on", "sentence"),
    [("18-Nov-2026", "The last dose was on 19-Nov-2026"), ("soon", "Write the date as 19-Nov-2026")],
)
def test_a_day_that_cannot_be_asked_about_is_refused(
    nurse: Client, scene: Scene, on: str, sentence: str
) -> None:
    content = what_if(nurse, dosed(scene), on, headers=HTMX).content
    assert sentence in words(content)
    assert f'value="{on}"' in content.decode()


def test_before_the_first_dose_no_delay_is_counted(nurse: Client, scene: Scene) -> None:
    text = words(what_if(nurse, scene.start(), "+3d").content)
    assert "No dose was given yet, so no delay is counted." in text


def test_a_course_of_another_center_is_not_found(nurse: Client, scene: Scene) -> None:
    other = Scene()
    course = dosed(other)
    assert what_if(nurse, course, "+3d").status_code == 404
    for name in ("course-replan", "course-end"):
        url = reverse(f"schedules:{name}", args=[course.pk])
        assert nurse.get(url).status_code == 404
        assert nurse.post(url, {"reason": "x", "planned_on": "today"}).status_code == 404


# --- plan again -------------------------------------------------------------------------------------------


def replan_url(course: TreatmentCourse) -> str:
    return reverse("schedules:course-replan", args=[course.pk])


def sent(**changes: str) -> dict[str, str]:
    return {"planned_on": "2026-12-04", "next_dose": "sud1", "reason": "", **changes}


def test_it_shows_the_answer_and_the_new_plan_before_it_is_saved(nurse: Client, scene: Scene) -> None:
    course = dosed(scene, 15)
    text = words(nurse.get(replan_url(course), {"on": "today"}).content)
    for expected in (
        "Day 15 after step-up dose 1",
        "Start again with step-up dose 1",
        "15 days or more: restart with step-up dose 1, then full step-up schedule",
        "The new plan",
        "Step-up dose 1 12 mg Fri 04-Dec-2026",
        "Step-up dose 2 32 mg Mon 07-Dec-2026",
    ):
        assert expected in text
    assert not course.doses.filter(state="superseded").exists()


def test_planning_again_keeps_what_was_planned_as_replaced(nurse: Client, scene: Scene) -> None:
    course = dosed(scene, 15)
    response = nurse.post(replan_url(course), sent(), follow=True)
    assert "The doses are planned again." in words(response.content)
    assert course.doses.filter(state="superseded").count() == 6
    following = course.doses.filter(state="planned").first()
    assert following is not None
    assert (following.dose, following.planned_on) == ("sud1", scene.today)


def test_too_early_a_day_offers_nothing_to_plan(nurse: Client, scene: Scene) -> None:
    content = nurse.get(replan_url(dosed(scene, 1)), {"on": "today"}).content
    assert "Too early: give nothing on this day" in words(content)
    assert b'method="post" action="/courses' not in content


def test_an_unconfirmed_answer_asks_a_physician_for_a_reason(client: Client, scene: Scene) -> None:
    unsure = Scene(confirmed=False)
    course = unsure.start()
    unsure.give(course, checker=unsure.physician, deviation_reason="Label read today")
    scene.at = unsure.at = unsure.at + 15 * DAY
    client.force_login(unsure.nurse)
    refused = client.post(replan_url(course), sent(reason="Holiday"))
    assert refused.status_code == 422
    assert "A physician must plan it and write a reason." in words(refused.content)
    assert 'value="Holiday"' in refused.content.decode()
    client.force_login(unsure.physician)
    assert client.post(replan_url(course), sent()).status_code == 422
    assert client.post(replan_url(course), sent(reason="Label read today")).status_code == 302
    assert course.doses.filter(state=PlannedDose.State.SUPERSEDED).exists()


def test_a_stale_page_does_not_plan_what_no_longer_holds(nurse: Client, scene: Scene) -> None:
    course = dosed(scene, 15)
    response = nurse.post(replan_url(course), sent(next_dose="sud2"))
    assert response.status_code == 422
    assert "The record asks for step-up dose 1" in words(response.content)
    assert not course.doses.filter(state="superseded").exists()


@pytest.mark.parametrize("day", ["2026-11-18", "yesterday", "2026-13-40"])
def test_a_day_that_cannot_be_planned_is_refused(nurse: Client, scene: Scene, day: str) -> None:
    course = dosed(scene, 15)
    assert nurse.post(replan_url(course), sent(planned_on=day)).status_code == 422
    assert not course.doses.filter(state="superseded").exists()


def test_before_the_first_dose_there_is_nothing_to_plan_again(nurse: Client, scene: Scene) -> None:
    course = scene.start()
    assert "There is nothing to plan again." in words(nurse.get(replan_url(course)).content)
    nurse.post(replan_url(course), sent())
    assert not course.doses.filter(state="superseded").exists()


# --- end --------------------------------------------------------------------------------------------------


def test_ending_asks_why(nurse: Client, scene: Scene) -> None:
    course = scene.start()
    url = reverse("schedules:course-end", args=[course.pk])
    assert "What was given stays on record" in words(nurse.get(url).content)
    assert nurse.post(url, {"reason": "  "}).status_code == 422
    assert nurse.post(url, {"reason": "Progression"}, follow=True).status_code == 200
    course.refresh_from_db()
    assert (course.state, course.end_reason) == ("ended", "Progression")


def test_an_ended_course_says_so(nurse: Client, scene: Scene) -> None:
    course = scene.start()
    courses.end(course_id=course.pk, reason="Progression", by=scene.physician, at=scene.at)
    response = nurse.post(reverse("schedules:course-end", args=[course.pk]), {"reason": "Again"})
    assert response.status_code == 422
    assert "This course has ended." in words(response.content)


def test_after_the_end_the_page_leads_to_the_next_course(nurse: Client, scene: Scene) -> None:
    course = scene.start()
    courses.end(course_id=course.pk, reason="Progression", by=scene.physician, at=scene.at)
    text = words(nurse.get(reverse("schedules:patient", args=[scene.patient.pk])).content)
    assert "No dose is planned. The course ended" in text
    assert "Progression Plan a course" in text
