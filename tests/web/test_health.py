"""The health pages tell the truth, part by part, to anybody, and name nobody."""

from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError
from django.test import Client, override_settings

from dosing_portal.web import broker
from dosing_portal.web.selectors import health
from schedules.services import sweeps
from tests.factories import AT, SweepFactory

pytestmark = pytest.mark.django_db


def all_swept(**ago: int) -> None:
    for name in sweeps.SWEEPS:
        seconds = ago.get(name.rpartition(".")[2], 2)
        SweepFactory(name=name, finished_at=AT - timedelta(seconds=seconds))


def test_all_is_well(client: Client) -> None:
    all_swept()
    with time_machine.travel(AT, tick=False):
        assert client.get("/health/").json() == {"database": "ok", "broker": "ok", "sweeps": "ok"}
        assert client.get("/health/clocks/").status_code == 200


def test_a_dead_sweep_is_named_and_does_not_take_the_web_down(client: Client) -> None:
    all_swept(escalate_due=45)
    with time_machine.travel(AT, tick=False):
        alive, clocks = client.get("/health/"), client.get("/health/clocks/")
    assert alive.status_code == 200
    assert alive.json()["sweeps"] == "late: schedules.escalate_due"
    assert clocks.status_code == 503
    assert clocks.json() == {"late": {"schedules.escalate_due": "last finished 45 s ago"}}


def test_sweeps_that_never_ran_are_late(client: Client) -> None:
    clocks = client.get("/health/clocks/")
    assert clocks.status_code == 503
    assert set(clocks.json()["late"]) == set(sweeps.SWEEPS)


def test_a_lost_database_is_said_and_not_raised(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def cursor(self) -> None:
            raise OperationalError("server closed the connection")

    monkeypatch.setattr(health, "connection", Gone())
    assert client.get("/health/").status_code == 503
    assert client.get("/health/").json()["database"] == "does not answer"
    assert client.get("/health/clocks/").json() == {"late": {"database": "does not answer"}}


@pytest.mark.parametrize("address", ["redis://127.0.0.1:9/0", "redis+socket:///nowhere/valkey.sock"])
def test_a_lost_broker_is_noticed_at_once(address: str) -> None:
    with override_settings(CELERY_BROKER_URL=address):
        assert broker.ask() is False


def test_the_broker_of_the_tests_answers() -> None:
    assert broker.ask() is True
