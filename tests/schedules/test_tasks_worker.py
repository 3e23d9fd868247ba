"""A real worker, a real broker, and what happens to a page when one of them is gone."""

from __future__ import annotations

import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.core.management import call_command
from django.db.models import F

from dosing_portal.kernel import clock
from dosing_portal.kernel.models import Sweep
from schedules.models import ContactPoint, Page
from schedules.services import sweeps
from tests import processes
from tests.factories import ContactPointFactory
from tests.processes import until
from tests.transports.receiver import Receiver, listening
from tests.ward import Ward

pytestmark = pytest.mark.django_db(transaction=True)


def ward_with_pager(address: str) -> Ward:
    """A patient in her window now; the nurse on call carries a pager behind a webhook."""
    ward = Ward.dosed(at=clock.now() - timedelta(hours=4))
    ward.later(hours=4)
    ward.nurse.contact_points.all().update(ended_at=ward.at, ended_by=ward.administrator)
    ContactPointFactory(
        staff=ward.nurse,
        center=ward.center,
        kind=ContactPoint.Kind.WEBHOOK,
        address=address,
        recorded_by=ward.administrator,
    )
    return ward


def test_a_worker_killed_while_it_sends_loses_no_page(tmp_path: Path) -> None:
    with listening(Receiver(silent_seconds=60)) as pager, processes.broker(tmp_path / "broker") as broker:
        ward = ward_with_pager(pager.url)
        with processes.worker(broker, tmp_path / "first.log") as first:
            ward.log("38.4")
            until(lambda: pager.got, "the nudge reaches the pager")
            first.send_signal(signal.SIGKILL)
            first.wait()
        page = Page.objects.get()
        assert (page.delivered_at, page.attempts) == (None, 1)
        pager.silent_seconds = 0
        Page.objects.update(claimed_until=F("claimed_until") - timedelta(seconds=60))  # the lease runs out
        with processes.worker(broker, tmp_path / "second.log"):
            current_app.send_task(sweeps.DELIVER)  # as beat does every two seconds
            until(lambda: Page.objects.filter(delivered_at__isnull=False).exists(), "the page leaves")
    keys = [got.headers["Idempotency-Key"] for got in pager.got]
    assert keys == [str(page.pk), str(page.pk)]
    page.refresh_from_db()
    assert (page.attempts, page.receipt) == (2, "HTTP 200")


@pytest.mark.parametrize("gone", ["stopped", "silent"])
def test_without_a_broker_a_fever_is_saved_at_once_and_the_standby_pages(tmp_path: Path, gone: str) -> None:
    with listening(Receiver()) as pager, processes.broker(tmp_path / "broker") as broker:
        ward = ward_with_pager(pager.url)
        if gone == "stopped":
            broker.stop()
            took = seconds_to_log(ward)
        else:
            with processes.frozen(broker):
                took = seconds_to_log(ward)
        assert max(took) < 2
        call_command("sweep", once=True)
    assert len(pager.got) == 1
    assert Page.objects.get().delivered_at is not None
    assert Sweep.objects.filter(name=sweeps.DELIVER).exists()


def seconds_to_log(ward: Ward) -> list[float]:
    """How long each of three fevers took to save."""
    took = []
    for _ in range(3):
        began = time.monotonic()
        ward.log("38.4")
        took.append(time.monotonic() - began)
        ward.later(seconds=1)
    return took
