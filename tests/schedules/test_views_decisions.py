"""The next dose after an event through the browser: what locks it, the record's answer, the signature."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from patients.models import ToxicityEvent
from schedules.models import NextDoseDecision
from tests.factories import AT, StaffFactory
from tests.schedules.aftermath import Aftermath
from tests.schedules.pages import part, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Iterator[Aftermath]:
    with time_machine.travel(AT, tick=False):
        yield Aftermath().begun()


@pytest.fixture
def physician(client: Client, scene: Aftermath) -> Client:
    client.force_login(scene.physician)
    return client


def post(client: Client, event: ToxicityEvent, **answers: Any) -> HttpResponse:
    url = reverse("schedules:event-decide", args=[event.pk])
    form = {"client_key": str(uuid4()), "revision": str(event.revision), "seen": ""}
    return client.post(url, form | answers)  # type: ignore[return-value]  # the test client's own response


def page_of(client: Client, event: ToxicityEvent) -> str:
    return part(client.get(reverse("schedules:event", args=[event.pk])).content, "next-dose")


GIVE = {"choice": "give", "premedicate": "yes", "hospital_hours": "48"}


def test_the_page_says_what_locks_the_dose_and_what_opens_it(physician: Client, scene: Aftermath) -> None:
    shown = page_of(physician, scene.event(grade=2, lasted=None))
    for expected in (
        "Locked",
        "CRS not resolved",
        "Open: Signed resolved by a physician",
        "Open: Next dose decided",
        "hold until resolved",
        "48 h in hospital after the dose",
        "Decide about the next dose",
    ):
        assert expected in shown


def test_the_confirmed_answer_is_filled_in(physician: Client, scene: Aftermath) -> None:
    event = scene.event(grade=2)
    content = physician.get(reverse("schedules:event-decide", args=[event.pk])).content.decode()
    assert re.findall(r'value="(\w+)"[^>]*checked', content) == ["give", "yes"]
    assert 'name="hospital_hours" value="48"' in content


def test_an_answer_that_nobody_confirmed_is_never_filled_in(client: Client) -> None:
    with time_machine.travel(AT, tick=False):
        scene = Aftermath(regimen="elranatamab", schedule="standard", confirmed=False)
        scene.start()
        scene.give(checker=scene.physician, deviation_reason="label read today")
        event = scene.event(grade=1)
        client.force_login(scene.physician)
        content = client.get(reverse("schedules:event-decide", args=[event.pk])).content
        assert b"checked" not in content
        assert "unconfirmed" in part(content, "next-dose")


def test_a_physician_signs_and_the_lock_opens(physician: Client, scene: Aftermath) -> None:
    event = scene.event(grade=2)
    answer = post(physician, event, **GIVE)
    assert answer.status_code == 302
    row = NextDoseDecision.objects.get()
    assert (row.decided_by, row.place) == (scene.physician, "hospital")
    shown = page_of(physician, event)
    assert "Not locked by this event" in shown
    assert "give when resolved; premedicate; 48 h in hospital after the dose" in shown
    assert "Dr. K. Okafor, at grade 2" in shown


def test_a_double_click_is_one_decision(physician: Client, scene: Aftermath) -> None:
    event, key = scene.event(grade=2), str(uuid4())
    for _ in range(2):
        assert post(physician, event, client_key=key, **GIVE).status_code == 302
    assert NextDoseDecision.objects.count() == 1


def test_a_looser_choice_keeps_what_was_typed_and_asks_why(physician: Client, scene: Aftermath) -> None:
    event = scene.event(grade=2)
    answer = post(physician, event, choice="give", premedicate="yes", hospital_hours="24")
    assert answer.status_code == 422
    assert "looser than the record asks: 48 h in hospital" in words(answer.content)
    assert 'name="hospital_hours" value="24"' in answer.content.decode()
    assert not NextDoseDecision.objects.exists()


def test_the_second_physician_reads_what_the_first_decided(physician: Client, scene: Aftermath) -> None:
    event = scene.event(grade=2)
    scene.decide(event, by=scene.director)
    answer = post(physician, event, choice="hold", reason="platelets fall")
    assert answer.status_code == 422
    assert "Dr. L. Haddad decided at 19-Nov-2026" in words(answer.content)
    assert 'value="platelets fall"' in answer.content.decode()
    assert NextDoseDecision.objects.count() == 1


def test_an_old_page_is_told_that_the_event_changed(physician: Client, scene: Aftermath) -> None:
    event = scene.event(grade=2)
    ToxicityEvent.objects.filter(pk=event.pk).update(revision=event.revision + 1)
    answer = post(physician, event, **GIVE)
    assert answer.status_code == 422
    assert "The event changed since you opened it." in words(answer.content)
    assert not NextDoseDecision.objects.exists()


def test_a_changed_event_asks_to_decide_again(physician: Client, scene: Aftermath) -> None:
    event = scene.event(grade=1)
    scene.decide(event)
    ToxicityEvent.objects.filter(pk=event.pk).update(max_grade=2)
    shown = page_of(physician, event)
    assert "Decided at grade 1, now grade 2: decide again." in shown
    assert "Decide again" in shown


def test_a_stop_for_good_says_who_was_told(physician: Client, scene: Aftermath) -> None:
    event = scene.event(grade=4)
    assert "Say who was told" in words(post(physician, event, choice="discontinue").content)
    post(physician, event, choice="discontinue", told=["patient", "caregiver"], told_other="Dr. Sample, home")
    shown = page_of(physician, event)
    assert "Stopped for good. Nobody overrides this." in shown
    assert "told: patient, caregiver, Dr. Sample, home" in shown
    assert "Decide" not in shown.replace("decision", "")


@pytest.mark.parametrize("role", ["nurse", "pharmacist"])
def test_others_see_who_signs(client: Client, scene: Aftermath, role: str) -> None:
    event = scene.event(grade=2)
    client.force_login(getattr(scene, role))
    shown = page_of(client, event)
    assert "A physician or the director signs this decision." in shown
    assert "Sign the decision" not in shown
    assert post(client, event, **GIVE).status_code == 403


def test_the_event_of_another_center_is_not_found(client: Client, scene: Aftermath) -> None:
    client.force_login(StaffFactory(physician=True))
    assert post(client, scene.event(), **GIVE).status_code == 404


@pytest.mark.parametrize("grade", [1, 3])
def test_the_duty_to_the_rems_stands_by_every_event_and_names_no_grade(
    physician: Client, scene: Aftermath, grade: int
) -> None:
    shown = page_of(physician, scene.event(grade=grade))
    assert "If this CRS event was serious, report it to the TECVAYLI and TALVEY REMS" in shown


def test_a_possibly_masked_event_waits_for_a_physicians_answer_first(
    physician: Client, scene: Aftermath
) -> None:
    shown = page_of(physician, scene.event(grade=0, lasted=None, state=ToxicityEvent.State.MASKED))
    assert shown.index("A physician says whether it is CRS") < shown.index("Next dose decided")
