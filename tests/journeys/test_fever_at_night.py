"""Fever at 02:00, and nobody answers: told through the pages, with a moving clock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from dosing_portal.kernel import clock
from dosing_portal.kernel.models import Staff
from patients.models import Observation, ToxicityEvent
from schedules.models import Alert, Page
from schedules.services import sweeps
from schedules.transports import Message
from tests.fakes import FakeTransport, channels
from tests.schedules.bedside import text, typed, url
from tests.ward import Ward

pytestmark = pytest.mark.django_db

TWO_AT_NIGHT = datetime(2026, 11, 20, 2, 0, tzinfo=ZoneInfo("America/New_York"))


@dataclass
class Night:
    """What people and the portal do, one after the other."""

    ward: Ward
    clock: time_machine.Traveller
    mail: FakeTransport
    client: Client = field(default_factory=Client)

    def given_a_patient_in_her_window(self) -> None:
        assert self.ward.course.windows.get().ends_at > clock.now()

    def when_the_nurse_logs(self, temperature: str) -> None:
        patient = self.ward.patient
        self.client.force_login(self.ward.nurse)
        assert self.client.get(url("vitals-new", patient)).status_code == 200
        answer = self.client.post(url("vitals", patient), typed(temperature=temperature))
        assert answer.status_code == 302
        self.outcome = text(self.client.get(answer.headers["Location"]))

    def when_minutes_pass(self, minutes: int) -> None:
        """The sweeps turn every few seconds; here once a minute is enough to be never late."""
        for _ in range(minutes):
            self.clock.shift(timedelta(minutes=1))
            self.sweep()

    def sweep(self) -> None:
        for sweep in sweeps.SWEEPS.values():
            sweep(at=clock.now())

    def when_the_link_of_the_last_page_is_opened(self) -> str:
        link = re.findall(r"http://testserver(/a/\S+)", self.about("Fever")[-1].text)[0]
        self.link = link
        return Client().get(link).content.decode()

    def when_its_button_is_pressed(self) -> None:
        answer = Client().post(self.link)
        assert answer.status_code in {200, 302}

    def then_the_outcome_says(self, *words: str) -> None:
        assert [word for word in words if word not in self.outcome] == []

    def about(self, what: str) -> list[Message]:
        """The messages of one kind of alert: what nobody does at night pages by itself."""
        return [message for message in self.mail.sent if what in message.subject]

    def then_paged(self, *people: Staff, about: str = "Fever") -> None:
        assert [message.address for message in self.about(about)] == [person.email for person in people]


@pytest.fixture
def night() -> Iterator[Night]:
    mail = FakeTransport()
    with time_machine.travel(TWO_AT_NIGHT, tick=False) as moving, channels(email=mail):
        ward = Ward.dosed(at=clock.now() - timedelta(hours=12))
        ward.center_wide()
        ward.at = clock.now()
        yield Night(ward, moving, mail)


def test_nobody_answers_until_the_director_does(night: Night) -> None:
    ward = night.ward
    night.given_a_patient_in_her_window()
    night.when_the_nurse_logs("38.4")
    night.then_the_outcome_says("CRS", "grade 1", ward.nurse.name)
    night.sweep()
    night.then_paged(ward.nurse)
    night.when_minutes_pass(14)
    night.then_paged(ward.nurse)
    night.when_minutes_pass(1)
    night.then_paged(ward.nurse, ward.physician)
    night.when_minutes_pass(30)
    night.then_paged(ward.nurse, ward.physician, ward.director, ward.director)
    assert night.when_the_link_of_the_last_page_is_opened()
    assert ward.alert().state == "open"  # opening a link answers nothing
    night.when_its_button_is_pressed()
    assert (ward.alert().acknowledged_by, ward.alert().acknowledged_via) == (ward.director, "link")
    night.when_minutes_pass(14)
    night.then_paged(ward.nurse, ward.physician, ward.director, ward.director)


def test_what_the_plan_asks_and_nobody_does_pages_too(night: Night) -> None:
    ward = night.ward
    night.when_the_nurse_logs("38.4")
    night.sweep()
    night.when_the_link_of_the_last_page_is_opened()
    night.when_its_button_is_pressed()  # somebody has the fever; the list is another matter
    night.when_minutes_pass(14)
    night.then_paged(about="Emergency action overdue")
    night.when_minutes_pass(1)
    night.then_paged(ward.nurse, about="Emergency action overdue")
    assert ward.alert(Alert.Kind.OVERDUE_ACTION).because.endswith("due 02:10, 5 min late")


def test_answered_and_then_forgotten_it_starts_again(night: Night) -> None:
    ward = night.ward
    night.when_the_nurse_logs("38.4")
    night.sweep()
    night.when_the_link_of_the_last_page_is_opened()
    night.when_its_button_is_pressed()
    night.when_minutes_pass(14)
    night.then_paged(ward.nurse)
    night.when_minutes_pass(1)
    night.then_paged(ward.nurse, ward.nurse)
    assert ward.alert().state == "open"


def test_a_second_reading_at_the_bedside_settles_what_was_answered(night: Night) -> None:
    ward = night.ward
    night.when_the_nurse_logs("38.4")
    night.sweep()
    night.when_the_link_of_the_last_page_is_opened()
    night.when_its_button_is_pressed()
    night.when_minutes_pass(10)
    night.when_the_nurse_logs("36.9")
    assert ward.alert().state == "resolved"
    night.when_minutes_pass(60)
    night.then_paged(ward.nurse)
    event = ToxicityEvent.objects.get()
    assert (event.state, event.current_grade, event.max_grade) == ("open", 0, 1)
    assert Observation.objects.count() == 2
    assert not Page.objects.undelivered().exists()
