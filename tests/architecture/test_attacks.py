"""What an attacker tries: forged forms, borrowed ids, links led astray, scripts in names, fixed sessions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.urls import reverse
from rest_framework.authtoken.models import Token

from dosing_portal.kernel.models import AuditEntry, Role
from dosing_portal.kernel.permissions import ROLE_PERMISSIONS
from dosing_portal.web.services import staff as accounts
from patients.models import Patient
from schedules import links
from schedules.models import Alert, OnCallShift, Page, TreatmentCourse
from schedules.services import courses
from tests.architecture.test_routes import PAGES, PEOPLE, Route, address, named
from tests.factories import AT, PASSWORD, CenterFactory, StaffFactory
from tests.ward import Ward

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"
MARKUP = '"><img src=x onerror=alert(1)>'
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "javascript:alert(1)",
    "https:evil.example",
    "http://testserver@evil.example/",
]


@pytest.fixture
def now() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


def one_who_may(route: Route) -> Role:
    return next(role for role in PEOPLE if route.permission in ROLE_PERMISSIONS[role])


# --- forged forms, and what every answer carries ----------------------------------------------------------


@pytest.mark.parametrize("route", PAGES, ids=named)
def test_a_forged_form_does_nothing_and_every_answer_is_kept_and_framed_by_nobody(route: Route) -> None:
    center = CenterFactory()
    # A version of the factories holds no record: its page fails, and the failure has these headers too.
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(StaffFactory(center=center, role=one_who_may(route)))
    url = address(route, center)
    assert client.post(url, {"reason": "forged"}).status_code in {403, 405}
    assert not AuditEntry.objects.exists()
    headers = client.get(url).headers
    assert "no-store" in headers["Cache-Control"]
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/sign-in/", "/sign-in/again/", "/sign-out/"])
def test_nobody_is_signed_in_or_out_by_another_site(path: str) -> None:
    client, staff = Client(enforce_csrf_checks=True), StaffFactory()
    client.force_login(staff)
    client.post(path, {"username": staff.username, "password": PASSWORD})
    assert not AuditEntry.objects.exists()
    assert client.session.get("_auth_user_id") == str(staff.pk)


# --- ids of another center in the body --------------------------------------------------------------------


@pytest.mark.usefixtures("now")
def test_a_course_is_not_started_on_the_protocol_of_another_center(client: Client) -> None:
    own, other = Ward(reachable=()), Ward(reachable=(), regimen="teclistamab", schedule="monotherapy")
    client.force_login(own.physician)
    facts = {"protocol": str(other.version.pk), "starts_on": "20-Nov-2026", "setting": "outpatient"}
    answer = client.post(reverse("schedules:course-new", args=[own.patient.pk]), facts)
    assert answer.status_code == 422
    assert not TreatmentCourse.objects.exists()


@pytest.mark.usefixtures("now")
def test_nobody_of_another_center_is_put_on_call(client: Client) -> None:
    client.force_login(StaffFactory(administrator=True))
    facts = {
        "staff": str(StaffFactory().pk),
        "role": "nurse",
        "starts_on": "20-Nov-2026",
        "ends_on": "21-Nov-2026",
    }
    for route in ("schedules:shift-add", "schedules:contact-point-add"):
        assert client.post(reverse(route), facts).status_code == 422
    assert not OnCallShift.objects.exists()


def test_an_alert_of_another_center_is_not_answered_along_with_ones_own(client: Client) -> None:
    own, other = Ward.dosed(), Ward.dosed(regimen="teclistamab", schedule="monotherapy")
    for ward in (own, other):
        ward.later(hours=4)
        ward.log("38.4")
    (mine,), (theirs,) = (Alert.objects.filter(patient=ward.patient) for ward in (own, other))
    client.force_login(own.nurse)
    client.post(f"{reverse('schedules:alert-acknowledge', args=[mine.pk])}?also={theirs.pk}")
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.state, theirs.state) == ("acknowledged", "open")


# --- signed links -----------------------------------------------------------------------------------------


@pytest.fixture
def paged() -> Page:
    ward = Ward.dosed()
    ward.later(hours=4)
    ward.log("38.4")
    return Page.objects.get()


def answer_at(token: str) -> str:
    return reverse("schedules:page-answer", args=[token])


@pytest.mark.usefixtures("now")
def test_opening_a_link_in_any_way_but_the_button_answers_nothing(client: Client, paged: Page) -> None:
    for method in ("get", "head", "options", "put", "delete", "patch"):
        getattr(client, method)(answer_at(links.page_token(paged.pk)))
    assert Alert.objects.get().state == Alert.State.OPEN


@pytest.mark.usefixtures("now")
def test_a_link_that_was_changed_or_signed_for_something_else_is_none_of_ours(
    client: Client, paged: Page
) -> None:
    good = links.page_token(paged.pk)
    body, _, seal = good.partition(":")
    forged = [
        f"{good[:-4]}AAAA",
        f"{body[:-1]}x:{seal}",
        body,
        signing.dumps(str(paged.pk)),
        signing.dumps(str(paged.pk), salt="web.idle:"),
        signing.dumps("not a page", salt="schedules.page"),
        signing.dumps(str(paged.alert_id), salt="schedules.page"),
    ]
    for token in forged:
        assert client.post(answer_at(token)).status_code == 404, token
    assert Alert.objects.get().state == Alert.State.OPEN


def test_a_link_is_too_old_after_three_days_and_dies_with_its_account(client: Client, paged: Page) -> None:
    with time_machine.travel(AT, tick=False):
        token = links.page_token(paged.pk)
    with time_machine.travel(AT + timedelta(hours=72, seconds=1), tick=False):
        assert client.post(answer_at(token)).status_code == 410
    paged.recipient.is_active = False
    paged.recipient.save()
    with time_machine.travel(AT, tick=False):
        assert client.post(answer_at(token)).status_code == 403
    assert Alert.objects.get().state == Alert.State.OPEN


# --- led astray -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ELSEWHERE)
def test_signing_in_leads_to_no_other_site(client: Client, asked: str) -> None:
    staff = StaffFactory()
    answer = client.post("/sign-in/", {"username": staff.username, "password": PASSWORD, "next": asked})
    assert answer.headers["Location"] == "/"
    shown = Client().get("/sign-in/", {"next": asked}).content.decode()
    assert "evil.example" not in shown
    assert "javascript:" not in shown


def test_an_answered_alert_leads_back_to_a_place_of_ours(client: Client) -> None:
    ward = Ward.dosed()
    ward.later(hours=4)
    ward.log("38.4")
    client.force_login(ward.nurse)
    button = reverse("schedules:alert-acknowledge", args=[Alert.objects.get().pk])
    for asked in ELSEWHERE:
        location = client.post(f"{button}?from={asked}&back={asked}&next={asked}").headers["Location"]
        assert location == reverse("schedules:alert", args=[Alert.objects.get().pk])


def test_a_form_that_names_a_page_elsewhere_leads_to_the_door_only(client: Client) -> None:
    client.force_login(StaffFactory())
    session = client.session
    del session["signed_in_at"]
    session.save()
    for referrer in ("https://evil.example/x", "http://testserver//evil.example/"):
        answer = client.post("/patients/new/", headers={"Referer": referrer})
        assert "evil.example" not in Client().get(answer.headers["Location"]).content.decode()


# --- scripts in what people type --------------------------------------------------------------------------


@pytest.mark.usefixtures("now")
def test_what_people_typed_is_text_on_every_page() -> None:
    ward = Ward.dosed()
    staff = {
        person.role: person for person in (ward.nurse, ward.physician, ward.administrator, ward.pharmacist)
    }
    for person in staff.values():
        person.name = f"{SCRIPT}{MARKUP}"
        person.save()
    Patient.objects.filter(pk=ward.patient.pk).update(
        family_name=SCRIPT,
        given_name=MARKUP,
        nearest_ed=SCRIPT,
        allergy_status="known",
        allergies=MARKUP,
        mrn=SCRIPT,
    )
    type(ward.center).objects.filter(pk=ward.center.pk).update(name=SCRIPT, emergency_site=MARKUP)
    reading = ward.log("38.4").observation
    assert reading is not None
    courses.end(course_id=ward.course.pk, reason=f"{SCRIPT}{MARKUP}", by=ward.physician, at=ward.at)
    things = {
        "patient_id": ward.patient.pk,
        "course_id": ward.course.pk,
        "event_id": ward.patient.toxicity_events.get().pk,
        "alert_id": Alert.objects.get().pk,
        "observation_id": reading.pk,
        "staff_id": ward.nurse.pk,
    }
    seen = 0
    for route in PAGES:
        if not set(route.arguments) <= set(things):
            continue
        client = Client()
        client.force_login(staff.get(one_who_may(route)) or ward.director)
        answer = client.get(reverse(route.name, kwargs={n: things[n] for n in route.arguments}))
        if answer.headers["Content-Type"] == "application/pdf":
            continue  # no browser reads a script out of it
        page = answer.content.decode()
        seen += "alert(1)" in page
        assert SCRIPT not in page, route.name
        assert "<img src=x" not in page, route.name
    assert seen >= 15


# --- sessions and accounts --------------------------------------------------------------------------------


def test_a_session_that_was_fixed_beforehand_is_not_the_one_that_is_signed_in(client: Client) -> None:
    session = client.session
    session["planted"] = "yes"
    session.save()
    client.post("/sign-in/", {"username": StaffFactory().username, "password": PASSWORD})
    assert client.session.session_key != session.session_key
    assert "planted" not in client.session


def test_a_new_password_and_a_closed_account_end_the_api_token_too() -> None:
    chief = StaffFactory(administrator=True)
    first, second = (StaffFactory(center=chief.center) for _ in range(2))
    for person in (first, second):
        Token.objects.create(user=person)
    accounts.set_password(staff_id=first.pk, password="another long word", by=chief, at=AT)
    accounts.close(staff_id=second.pk, by=chief, at=AT)
    assert not Token.objects.exists()


def test_the_system_s_own_account_cannot_sign_in(client: Client) -> None:
    system = StaffFactory(system=True, is_active=False)
    for word in ("", "!", PASSWORD):
        client.post("/sign-in/", {"username": system.username, "password": word})
    assert "_auth_user_id" not in client.session
    assert not ROLE_PERMISSIONS.get(Role.SYSTEM)
