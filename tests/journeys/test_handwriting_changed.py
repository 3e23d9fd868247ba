"""ICANS by handwriting, without a fever: told through the pages, with a moving clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dosing_portal.kernel import clock
from patients.models import ToxicityEvent
from schedules.models import Alert
from schedules.services import sweeps
from tests.fakes import FakeTransport, channels
from tests.kernel.pictures import png
from tests.schedules.bedside import text, typed, url
from tests.schedules.test_views_ice import answers
from tests.ward import Ward

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 19, 9, 0, tzinfo=ZoneInfo("America/New_York"))


@dataclass
class Stay:
    """A patient from her baseline to the changed line, the nurse beside her."""

    ward: Ward
    clock: time_machine.Traveller
    mail: FakeTransport
    client: Client = field(default_factory=Client)

    def given_the_baseline(self) -> None:
        ward = self.ward
        self.client.force_login(ward.nurse)
        assert self.client.post(url("ice-new", ward.patient), answers()).status_code == 302
        self.writes("baseline", "The kettle is on the shelf.")
        assert "no baseline" not in self.page("neuro")

    def when_the_first_dose_is_given(self) -> None:
        self.clock.shift(timedelta(hours=1))
        self.ward.at = clock.now()
        self.ward.give()

    def writes(self, comparison: str, sentence: str) -> Any:
        sent = {
            "client_key": str(uuid4()),
            "comparison": comparison,
            "sentence": sentence,
            "when": "now",
            "photo": SimpleUploadedFile("photo.png", png(), content_type="image/png"),
        }
        answer = self.client.post(url("handwriting-new", self.ward.patient), sent)
        assert answer.status_code == 302
        return answer

    def page(self, name: str) -> str:
        return text(self.client.get(url(name, self.ward.patient)))

    def sweep(self) -> None:
        for sweep in sweeps.SWEEPS.values():
            sweep(at=clock.now())


@pytest.fixture
def stay() -> Iterator[Stay]:
    mail = FakeTransport()
    with time_machine.travel(MORNING, tick=False) as moving, channels(email=mail):
        ward = Ward(at=clock.now())
        ward.confirm()
        ward.start()
        yield Stay(ward, moving, mail)


def test_a_changed_line_leads_to_the_ice_test_and_that_to_an_event(stay: Stay) -> None:
    ward = stay.ward
    stay.given_the_baseline()
    stay.when_the_first_dose_is_given()

    stay.clock.shift(timedelta(hours=8))
    quiet = stay.client.post(url("vitals", ward.patient), typed(temperature="36.9", ice=[]))
    assert quiet.status_code == 302
    assert not ToxicityEvent.objects.exists()

    stay.clock.shift(timedelta(hours=7))
    led_to = stay.writes("changed", "The ketle is the sh")["Location"]
    assert led_to == url("ice-new", ward.patient)
    stay.sweep()
    assert stay.mail.addresses == [ward.nurse.email]
    assert not ToxicityEvent.objects.exists(), "a changed line is a sign and no grade"
    assert "Do the ICE test now." in stay.page("ice-new")
    assert "baseline correct" in stay.page("ice-new")

    stay.clock.shift(timedelta(minutes=4))
    lost = answers(sentence="wrong", attention="wrong", turn="1")
    outcome = text(stay.client.get(stay.client.post(led_to, lost)["Location"]))
    assert "ICANS grade 1" in outcome
    assert "ICE 8 of 10" in outcome
    event = ToxicityEvent.objects.get()
    assert (event.toxicity, event.max_grade, event.last_dose) == ("icans", 1, "sud1")
    assert event.opened_at == clock.now()
    assert Alert.objects.get(kind=Alert.Kind.NEUROLOGIC).severity == 2
    stay.sweep()
    assert stay.mail.addresses == [ward.nurse.email] * 2
    assert stay.mail.sent[0].text.startswith("Look soon")
    assert stay.mail.sent[1].text.startswith("Act now")

    page = text(stay.client.get(f"/events/{event.pk}/"))
    assert "ICE 8 of 10" in page
    assert "baseline 10 on 19-Nov-2026" in page
    assert page.index("Baseline</strong>") < page.index("Changed</strong>")
    assert "Do the ICE test now." not in stay.page("neuro")
