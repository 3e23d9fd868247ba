"""What stands around every page, and what it costs."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from dosing_portal.kernel import clock
from dosing_portal.kernel.models import Staff
from dosing_portal.web import broker
from dosing_portal.web.frame import Frame
from schedules.models import Alert
from schedules.services.sweeps import DELIVER, SWEEPS
from tests.factories import AT, AlertFactory, OnCallShiftFactory, PatientFactory, StaffFactory, SweepFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def thursday_afternoon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    monkeypatch.setattr(broker, "answers", lambda: True)


def sweep(seconds_ago: int = 1, **late: int) -> None:
    for name in SWEEPS:
        ago = late.get(name.rpartition(".")[2], seconds_ago)
        SweepFactory(name=name, finished_at=AT - timedelta(seconds=ago))


def framed(staff: Staff, path: str = "/") -> Frame:
    request: HttpRequest = RequestFactory().get(path)
    request.user = staff
    return Frame(request)


def names(staff: Staff) -> list[str]:
    return [place.name for place in framed(staff).places]


def test_places_are_those_of_the_role() -> None:
    assert names(StaffFactory.build()) == ["Today", "Patients", "Events", "Calculators", "Settings"]
    assert names(StaffFactory.build(administrator=True)) == ["Calculators", "Settings"]


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/", "Today"),
        ("/patients/new/", "Patients"),
        ("/events/", "Events"),
        ("/calculators/restart/", "Calculators"),
        ("/settings/center/", "Settings"),
    ],
)
def test_the_place_of_a_page_is_marked(path: str, current: str) -> None:
    places = framed(StaffFactory.build(), path).places
    assert [place.name for place in places if place.current] == [current]


def test_settings_pages_are_those_of_the_role() -> None:
    def pages(**role: bool) -> set[str]:
        return {place.name for place in framed(StaffFactory.build(**role), "/settings/").settings_places}

    everybody = {"Settings", "On call", "Contact points", "Mailbox"}
    counts = everybody | {"Tocilizumab stock"}
    assert pages() == counts
    assert pages(physician=True) == counts | {"Audit"}
    assert pages(pharmacist=True) == counts | {"Confirmations"}
    assert pages(administrator=True) == everybody | {"Staff", "Center", "Audit"}


def test_the_whole_frame_takes_two_statements(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    sweep()
    shift = OnCallShiftFactory()
    now = framed(shift.staff)
    with django_assert_num_queries(2):
        assert now.open_alerts == 0
        assert now.heartbeat is not None
        assert now.on_call[0].name == shift.staff.name
        assert now.version
        assert now.channel_down == ""


def test_nobody_signed_in_costs_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    now = Frame(request)
    with django_assert_num_queries(0):
        assert (now.places, now.open_alerts, now.on_call, now.heartbeat) == ((), 0, (), None)


def test_only_alerts_of_the_center_that_nobody_has_are_counted() -> None:
    sweep()
    nurse = StaffFactory()
    for kind in (Alert.Kind.FEVER, Alert.Kind.HYPOXIA):
        AlertFactory(course=None, patient=PatientFactory(center=nurse.center), kind=kind, **version_of(nurse))
    AlertFactory(
        course=None,
        patient=PatientFactory(center=nurse.center),
        state=Alert.State.ACKNOWLEDGED,
        next_escalation_at=None,
        acknowledged_at=AT,
        acknowledged_by=nurse,
        **version_of(nurse),
    )
    AlertFactory()
    assert framed(nurse).open_alerts == 2


def version_of(staff: Staff) -> dict[str, Any]:
    from tests.factories import ProtocolVersionFactory

    return {"protocol_version": ProtocolVersionFactory(protocol__center=staff.center)}


@pytest.mark.parametrize(("seconds", "late"), [(1, False), (30, False), (31, True)])
def test_the_banner_comes_thirty_seconds_after_the_slowest_sweep(seconds: int, late: bool) -> None:
    sweep(escalate_due=seconds)
    heartbeat = framed(StaffFactory()).heartbeat
    assert heartbeat is not None
    assert (heartbeat.late, heartbeat.age_seconds) == (late, seconds)


def test_a_sweep_that_never_ran_is_late() -> None:
    sweep()
    from dosing_portal.kernel.models import Sweep

    Sweep.objects.filter(name=DELIVER).delete()
    heartbeat = framed(StaffFactory()).heartbeat
    assert heartbeat is not None
    assert heartbeat.late
    assert heartbeat.last_sweep_label == "never"


@pytest.mark.parametrize(("minutes", "shown"), [(1, "E-mail: no answer."), (6, "")])
def test_a_failing_channel_is_named_while_it_fails(minutes: int, shown: str) -> None:
    sweep()
    from dosing_portal.kernel.models import Sweep

    Sweep.objects.filter(name=DELIVER).update(
        failed_at=AT - timedelta(minutes=minutes), last_error="E-mail: no answer"
    )
    assert framed(StaffFactory()).channel_down == shown


def test_the_poll_answers_only_when_something_changed(client: Client) -> None:
    sweep()
    nurse = StaffFactory()
    client.force_login(nurse)
    url = framed(nurse).poll_url
    htmx = {"HX-Request": "true"}
    assert client.get(url, headers=htmx).status_code == 204
    AlertFactory(course=None, patient=PatientFactory(center=nurse.center), **version_of(nurse))
    answer = client.get(url, headers=htmx)
    assert answer.status_code == 200
    assert "1 open" in answer.content.decode()
    assert 'id="late-banner" hx-swap-oob="true"' in " ".join(answer.content.decode().split())


def test_a_page_says_in_red_that_alerts_may_be_late(client: Client) -> None:
    sweep(deliver_due=90)
    staff = StaffFactory()
    OnCallShiftFactory(staff=staff)
    client.force_login(staff)
    page = " ".join(client.get("/settings/").content.decode().split())
    assert "Alerts may be late: use the phone tree." in page
    assert staff.phone in page


def test_a_lost_broker_is_said_and_slows_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep()
    monkeypatch.setattr(broker, "answers", lambda: False)
    client.force_login(StaffFactory())
    assert "Alerting runs on its standby" in client.get("/settings/").content.decode()
