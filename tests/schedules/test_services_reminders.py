"""A check that falls due reminds the nurse on call, once."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta

import pytest
from pytest_django import DjangoDbBlocker

from schedules.models import ContactPoint, MonitoringCheck, OnCallShift, Reminder
from schedules.services import reminders
from tests.factories import ContactPointFactory
from tests.ward import Ward, standing

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def dosed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Ward]:
    with standing(django_db_blocker, Ward.dosed) as ward:
        yield ward


@pytest.fixture
def ward(dosed: Ward, db: None) -> Ward:
    """Step-up dose 1 was given now; the first check is due in 8 h, and missed in 9."""
    return deepcopy(dosed)


def sweep(ward: Ward, **span: float) -> int:
    return reminders.queue_due_reminders(at=ward.later(**span))


def test_it_goes_at_the_due_time_and_not_before(ward: Ward) -> None:
    assert sweep(ward, hours=7, minutes=59, seconds=59) == 0
    assert sweep(ward, seconds=1) == 1
    reminder = Reminder.objects.get()
    assert (reminder.recipient, reminder.address) == (ward.nurse, ward.nurse.email)
    assert (reminder.due_at, reminder.check_due.reminded_at) == (ward.at, ward.at)


def test_it_says_when_and_where_and_no_name(ward: Ward) -> None:
    sweep(ward, hours=8)
    reminder = Reminder.objects.get()
    assert reminder.subject == "Check due 22:32: RS"
    assert f"http://testserver/patients/{ward.patient.pk}/vitals/new/" in reminder.text
    assert ward.patient.family_name not in reminder.subject + reminder.text


def test_each_check_reminds_once(ward: Ward) -> None:
    assert [sweep(ward, hours=8), sweep(ward), sweep(ward, minutes=30)] == [1, 0, 0]
    assert sweep(ward, hours=7.5) == 1
    assert Reminder.objects.count() == 2


def test_every_channel_of_the_nurse_is_used(ward: Ward) -> None:
    ContactPointFactory(
        staff=ward.nurse, center=ward.center, kind=ContactPoint.Kind.WEBHOOK, address="https://pager.example"
    )
    assert sweep(ward, hours=8) == 1
    assert set(Reminder.objects.values_list("channel", flat=True)) == {"email", "webhook"}


def test_a_check_that_is_done_does_not_remind(ward: Ward) -> None:
    ward.log(taken_at=ward.later(hours=7))
    assert sweep(ward, hours=1) == 0


def test_past_its_grace_a_check_is_left_to_the_alert(ward: Ward) -> None:
    assert sweep(ward, hours=9) == 1
    assert not Reminder.objects.exists()
    assert MonitoringCheck.objects.filter(reminded_at=ward.at).count() == 1


def test_after_an_outage_only_checks_within_their_grace_remind(ward: Ward) -> None:
    assert sweep(ward, hours=16.5) == 2
    assert Reminder.objects.get().check_due.due_at == ward.at - timedelta(minutes=30)


def test_nobody_on_call_is_no_error(ward: Ward) -> None:
    OnCallShift.objects.filter(role="nurse").delete()
    assert sweep(ward, hours=8) == 1
    assert not Reminder.objects.exists()
