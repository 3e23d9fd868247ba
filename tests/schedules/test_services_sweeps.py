"""Each sweep leaves its mark when it has finished, and only then; the standby sweeper reads the marks."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.core.management import CommandError, call_command

from dosing_portal.kernel.models import Sweep
from schedules import tasks
from schedules.management.commands.sweep import Command
from schedules.services import escalation, sweeps
from tests.factories import AT, CenterFactory, PageFactory, SweepFactory
from tests.fakes import FakeTransport, channels, refusing

pytestmark = pytest.mark.django_db


@pytest.fixture
def mail() -> Iterator[FakeTransport]:
    fake = FakeTransport()
    with channels(email=fake):
        yield fake


def test_every_sweep_marks_when_it_finished() -> None:
    for sweep in sweeps.SWEEPS.values():
        sweep(at=AT)
    assert dict(Sweep.objects.values_list("name", "finished_at")) == dict.fromkeys(sweeps.SWEEPS, AT)


def test_a_sweep_that_fails_leaves_its_mark_old(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*, at: object) -> int:
        raise RuntimeError

    monkeypatch.setattr(escalation, "escalate_due", fail)
    SweepFactory(name=sweeps.ESCALATE, finished_at=AT - timedelta(hours=1))
    with pytest.raises(RuntimeError):
        sweeps.escalate_due(at=AT)
    assert Sweep.objects.get().finished_at == AT - timedelta(hours=1)


def test_a_channel_that_fails_stands_in_the_mark_until_it_is_gone(mail: FakeTransport) -> None:
    PageFactory()
    with channels(email=FakeTransport(refusing("mail server busy"))):
        sweeps.deliver_due(at=AT)
    mark = Sweep.objects.get(name=sweeps.DELIVER)
    assert (mark.last_error, mark.failed_at, mark.finished_at) == ("E-mail: mail server busy", AT, AT)
    sweeps.deliver_due(at=AT + timedelta(minutes=1))
    mark.refresh_from_db()
    assert (mark.failed_at, mark.finished_at) == (AT, AT + timedelta(minutes=1))
    assert len(mail.sent) == 1


def test_beat_s_schedule_and_the_tasks_name_the_same_sweeps() -> None:
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {task for task in scheduled if task.startswith("schedules.")} == set(sweeps.SWEEPS)
    for name in sweeps.SWEEPS:
        assert getattr(tasks, name.split(".")[1]).name == name


@pytest.mark.parametrize("name", sorted(sweeps.SWEEPS))
def test_a_task_runs_its_sweep_at_the_present_moment(name: str) -> None:
    with time_machine.travel(AT, tick=False):
        getattr(tasks, name.split(".")[1])()
    assert Sweep.objects.get().name == name
    assert Sweep.objects.get().finished_at == AT


# --- the standby sweeper ----------------------------------------------------------------------------------


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which sweeps the standby ran itself."""
    names: list[str] = []

    def noting(name: str) -> Callable[..., int]:
        def sweep(*, at: datetime) -> int:
            names.append(name)
            return 0

        return sweep

    for name in sweeps.SWEEPS:
        monkeypatch.setitem(sweeps.SWEEPS, name, noting(name))
    return names


def turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """One turn of the standby, on the connection of the test."""
    monkeypatch.setattr("schedules.management.commands.sweep.close_old_connections", lambda: None)
    with time_machine.travel(AT, tick=False):
        Command()._turn()


def test_the_standby_stands_by_while_the_marks_are_fresh(
    ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in sweeps.SWEEPS:
        SweepFactory(name=name, finished_at=AT - timedelta(seconds=4))
    turn(monkeypatch)
    assert ran == []


def test_the_standby_runs_exactly_what_is_late_or_was_never_run(
    ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    SweepFactory(name=sweeps.DELIVER, finished_at=AT)
    SweepFactory(name=sweeps.ESCALATE, finished_at=AT - timedelta(seconds=5))
    turn(monkeypatch)
    assert sorted(ran) == sorted({*sweeps.SWEEPS} - {sweeps.DELIVER})


def test_one_sweep_that_fails_does_not_stop_the_others(
    ran: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*, at: object) -> int:
        raise RuntimeError("database gone")

    monkeypatch.setitem(sweeps.SWEEPS, sweeps.REMIND, fail)
    turn(monkeypatch)
    assert set(ran) == {*sweeps.SWEEPS} - {sweeps.REMIND}
    assert "standby sweep failed" in caplog.text


def test_once_runs_every_sweep_and_ends(mail: FakeTransport) -> None:
    page = PageFactory(alert=None, center=CenterFactory(), due_at=AT - timedelta(days=1))
    call_command("sweep", once=True)
    page.refresh_from_db()
    assert page.delivered_at is not None
    assert Sweep.objects.count() == len(sweeps.SWEEPS)


def test_once_runs_the_others_too_and_says_which_one_failed(mail: FakeTransport) -> None:
    PageFactory()  # its alert is due, and its center has no account to act for the sweeps
    with pytest.raises(CommandError, match=r"Not finished: schedules\.escalate_due"):
        call_command("sweep", once=True)
    assert len(mail.sent) == 1


def test_a_signal_ends_it(ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr("schedules.management.commands.sweep.PERIOD_SECONDS", 0.01)
    monkeypatch.setattr(Command, "_turn", lambda _self: signal.raise_signal(signal.SIGTERM))
    try:
        call_command("sweep")
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    assert ran == []  # it left the loop before another turn
