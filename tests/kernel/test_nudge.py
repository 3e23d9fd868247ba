"""A hint that a worker could start now: after commit, once, and never in the way."""

import logging

import pytest
from celery import current_app
from django.db import transaction

from dosing_portal.kernel import nudge

SWEEP = "schedules.deliver_due"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    tasks: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **options: tasks.append(name))
    return tasks


@pytest.mark.django_db(transaction=True)
def test_it_leaves_after_commit_and_not_before(sent: list[str]) -> None:
    with transaction.atomic():
        nudge.after_commit(SWEEP)
        assert sent == []
    assert sent == [SWEEP]


@pytest.mark.django_db(transaction=True)
def test_it_does_not_leave_when_nothing_was_saved(sent: list[str]) -> None:
    with transaction.atomic():
        nudge.after_commit(SWEEP)
        transaction.set_rollback(True)
    assert sent == []


@pytest.mark.django_db(transaction=True)
def test_whatever_the_broker_does_the_save_stands(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(name: str, **options: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(current_app, "send_task", refuse)
    with caplog.at_level(logging.WARNING), transaction.atomic():
        nudge.after_commit(SWEEP)
    assert "nudge not sent" in caplog.text
