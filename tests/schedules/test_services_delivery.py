"""Claim, send, settle: what is due leaves, once where it can be, twice sooner than not at all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from schedules.models import Alert, Page, Reminder
from schedules.models.outbound import Outbound
from schedules.services import delivery, escalation
from schedules.services.delivery import BACKOFF, LEASE, SENDERS
from schedules.transports import TRANSPORTS, Message
from tests.factories import AT, AlertFactory, PageFactory, ReminderFactory, StaffFactory
from tests.fakes import FakeTransport, Hanging, channels, refusing
from tests.threads import at_once, in_background
from tests.ward import Ward

SOON = timedelta(seconds=3)  # what a test may take between the present it names and a row's mark


@pytest.fixture
def mail() -> Iterator[FakeTransport]:
    fake = FakeTransport()
    with channels(email=fake, webhook=fake):
        yield fake


@pytest.fixture
def page(db: None) -> Page:
    """Due now, to the nurse of the first level."""
    return PageFactory(created_at=AT, role="nurse")


def fresh(row: Outbound) -> Outbound:
    row.refresh_from_db()
    return row


def near(moment: datetime | None, expected: datetime) -> bool:
    return moment is not None and expected <= moment < expected + SOON


# --- what leaves ------------------------------------------------------------------------------------------


def test_a_due_page_leaves_with_its_key_and_is_marked(page: Page, mail: FakeTransport) -> None:
    assert delivery.deliver_due(at=AT).sent == 1
    (sent,) = mail.sent
    assert (sent.key, sent.address, sent.subject, sent.text) == (
        page.pk,
        page.address,
        page.subject,
        page.text,
    )
    row = fresh(page)
    assert near(row.delivered_at, AT)
    assert (row.receipt, row.claimed_until, row.attempts) == (f"took {page.pk}", None, 1)


def test_a_reminder_leaves_too(db: None, mail: FakeTransport) -> None:
    reminder: Reminder = ReminderFactory(due_at=AT)
    assert delivery.deliver_due(at=AT).sent == 1
    assert near(fresh(reminder).delivered_at, AT)


def test_what_was_delivered_does_not_leave_again(page: Page, mail: FakeTransport) -> None:
    for _ in range(2):
        delivery.deliver_due(at=AT)
    assert len(mail.sent) == 1


@pytest.mark.parametrize(
    "facts",
    [
        {"due_at": AT + timedelta(seconds=30)},
        {"cancelled_at": AT},
        {"failed_at": AT},
        {"claimed_until": AT + timedelta(seconds=30)},
    ],
)
def test_what_is_not_due_stays(db: None, mail: FakeTransport, facts: dict[str, datetime]) -> None:
    PageFactory(**facts)
    assert delivery.deliver_due(at=AT).sent == 0
    assert mail.sent == []


def test_pages_go_before_reminders_and_the_longest_due_first(db: None) -> None:
    reminder = ReminderFactory(due_at=AT - timedelta(minutes=9))
    late = PageFactory(due_at=AT - timedelta(minutes=1))
    later = PageFactory(due_at=AT)
    claimed = delivery._claim(AT, room=SENDERS)
    assert [row.pk for row in claimed] == [late.pk, later.pk, reminder.pk]


def test_more_than_can_fly_at_once_leave_in_one_turn(db: None, mail: FakeTransport) -> None:
    alert = AlertFactory()
    staff = StaffFactory(center=alert.center)
    PageFactory.create_batch(3 * SENDERS, alert=alert, recipient=staff)
    assert delivery.deliver_due(at=AT).sent == 3 * SENDERS
    assert len({message.key for message in mail.sent}) == 3 * SENDERS


# --- a lease, and a worker that dies ----------------------------------------------------------------------


def test_a_claimed_page_is_left_to_the_worker_that_holds_it(page: Page, mail: FakeTransport) -> None:
    (claimed,) = delivery._claim(AT, room=1)
    assert delivery.deliver_due(at=AT).sent == 0
    assert fresh(claimed).claimed_until == AT + LEASE
    assert mail.sent == []


def test_a_dead_worker_s_page_goes_again_with_the_same_key(page: Page, mail: FakeTransport) -> None:
    delivery._claim(AT, room=1)  # and then the worker is gone
    assert delivery.deliver_due(at=AT + LEASE - timedelta(seconds=5)).sent == 0
    assert delivery.deliver_due(at=AT + LEASE).sent == 1
    assert [message.key for message in mail.sent] == [page.pk]
    assert fresh(page).attempts == 2


def test_a_turn_that_is_over_claims_no_more(page: Page, mail: FakeTransport) -> None:
    turn = delivery._Turn(AT)
    assert not turn.is_over()
    turn._started -= delivery.TURN.total_seconds()
    assert turn.is_over()


# --- a channel that fails ---------------------------------------------------------------------------------


def test_a_failure_waits_longer_each_time_and_then_is_for_good(page: Page) -> None:
    at = AT
    with channels(email=FakeTransport(refusing("mail server busy"))):
        for wait in BACKOFF:
            done = delivery.deliver_due(at=at)
            assert (done.failed, done.last_error) == (1, "E-mail: mail server busy")
            row = fresh(page)
            assert near(row.due_at, at + wait)
            assert (row.claimed_until, row.failed_at) == (None, None)
            at = row.due_at
        delivery.deliver_due(at=at)
    assert near(fresh(page).failed_at, at)
    assert fresh(page).last_error == "mail server busy"


def test_a_page_that_gets_through_at_last_forgets_the_error(page: Page, mail: FakeTransport) -> None:
    with channels(email=FakeTransport(refusing())):
        delivery.deliver_due(at=AT)
    delivery.deliver_due(at=AT + timedelta(minutes=1))
    assert (fresh(page).last_error, fresh(page).attempts) == ("", 2)


def test_an_error_nobody_thought_of_is_tried_again(page: Page) -> None:
    def poison(_message: Message) -> str:
        raise ZeroDivisionError

    with channels(email=FakeTransport(poison)):
        assert delivery.deliver_due(at=AT).last_error == "E-mail: ZeroDivisionError"
    assert fresh(page).failed_at is None


def test_one_poisoned_message_holds_up_no_other(db: None) -> None:
    alert = AlertFactory()
    pages = PageFactory.create_batch(12, alert=alert, recipient=StaffFactory(center=alert.center))
    poisoned = pages[5]

    def receiver(message: Message) -> str:
        if message.key == poisoned.pk:
            raise ZeroDivisionError
        return "taken"

    with channels(email=FakeTransport(receiver)):
        done = delivery.deliver_due(at=AT)
    assert (done.sent, done.failed) == (11, 1)


def test_a_channel_nobody_knows_is_a_failure_and_not_a_crash(page: Page) -> None:
    with channels(email=FakeTransport()), pytest.MonkeyPatch.context() as patch:
        patch.delitem(TRANSPORTS, "email")
        assert delivery.deliver_due(at=AT).failed == 1


# --- a level that cannot be reached -----------------------------------------------------------------------


@pytest.fixture
def ward(db: None) -> Ward:
    ward = Ward.dosed()
    ward.later(hours=4)
    ward.log("38.4")
    return ward


def test_a_refused_address_moves_the_alert_on_at_once(ward: Ward) -> None:
    with channels(email=FakeTransport(refusing(permanent=True))):
        delivery.deliver_due(at=ward.at)
    ward.later(seconds=2)
    assert escalation.escalate_due(at=ward.at) == 1
    assert ward.paged()[1:] == [(1, ward.physician.email)]


def test_while_another_channel_of_the_level_is_open_nobody_hurries(ward: Ward) -> None:
    ward.later(minutes=1)
    page = Page.objects.get()
    PageFactory(
        alert=ward.alert(),
        recipient=ward.nurse,
        channel="webhook",
        address="https://pager.example",
        rung=page.rung,
        created_at=page.created_at,
    )
    with channels(email=FakeTransport(refusing(permanent=True)), webhook=FakeTransport()):
        delivery.deliver_due(at=ward.at)
    assert escalation.escalate_due(at=ward.later(seconds=2)) == 0


def test_a_delivery_of_an_earlier_run_does_not_count_for_this_one(ward: Ward) -> None:
    with channels(email=FakeTransport()):
        delivery.deliver_due(at=ward.at)
    Alert.objects.update(clock_from=ward.later(hours=1))
    PageFactory(alert=ward.alert(), recipient=ward.nurse, rung=0, created_at=ward.at)
    Alert.objects.update(next_escalation_at=ward.at + timedelta(minutes=15))
    with channels(email=FakeTransport(refusing(permanent=True))):
        delivery.deliver_due(at=ward.at)
    assert ward.alert().next_escalation_at != ward.at + timedelta(minutes=15)


def test_a_test_page_that_fails_moves_nothing(db: None) -> None:
    page = PageFactory(alert=None, center=StaffFactory().center)
    with channels(email=FakeTransport(refusing(permanent=True))):
        assert delivery.deliver_due(at=AT).failed == 1
    assert fresh(page).failed_at is not None


# --- answered while it was on its way ---------------------------------------------------------------------


def test_what_was_answered_while_it_flew_stays_cancelled_and_keeps_its_receipt(page: Page) -> None:
    (claimed,) = delivery._claim(AT, room=1)
    Page.objects.filter(pk=page.pk).update(cancelled_at=AT)
    delivery._arrived(claimed, "taken", AT)
    row = fresh(page)
    assert (row.cancelled_at, row.delivered_at, row.receipt) == (AT, None, "taken")


def test_what_was_cancelled_while_it_failed_is_not_tried_again(page: Page) -> None:
    (claimed,) = delivery._claim(AT, room=1)
    Page.objects.filter(pk=page.pk).update(cancelled_at=AT)
    delivery._failed_for_good(claimed, "gone", AT)
    assert fresh(page).failed_at is None


# --- several at once, on real transactions ----------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_every_page_once() -> None:
    alert = AlertFactory()
    PageFactory.create_batch(40, alert=alert, recipient=StaffFactory(center=alert.center))
    fake = FakeTransport()
    with channels(email=fake):
        at_once(*[lambda: delivery.deliver_due(at=AT)] * 2)
    assert len(fake.sent) == 40
    assert len({message.key for message in fake.sent}) == 40
    assert Page.objects.filter(delivered_at__isnull=False).count() == 40


@pytest.mark.django_db(transaction=True)
def test_one_hanging_receiver_delays_nobody_else() -> None:
    alert = AlertFactory()
    staff = StaffFactory(center=alert.center)
    PageFactory(alert=alert, recipient=staff, address="hangs@clinic.example", due_at=AT - SOON)
    PageFactory.create_batch(2 * SENDERS, alert=alert, recipient=staff)
    hanging = Hanging(only="hangs@clinic.example")
    with channels(email=FakeTransport(hanging)), in_background(lambda: delivery.deliver_due(at=AT)):
        assert hanging.arrived.wait(5)
        deadline = time.monotonic() + 5
        while Page.objects.filter(delivered_at__isnull=False).count() < 2 * SENDERS:
            assert time.monotonic() < deadline, "the others wait for the one that hangs"
            time.sleep(0.02)
        hanging.released.set()
    assert not Page.objects.undelivered().exists()


@pytest.mark.django_db(transaction=True)
def test_an_answer_stops_what_a_busy_worker_has_not_started() -> None:
    """Only what is being sent right now is claimed: the rest can still be cancelled."""
    alert = AlertFactory()
    staff = StaffFactory(center=alert.center)
    PageFactory.create_batch(SENDERS + 4, alert=alert, recipient=staff)
    hanging = Hanging()
    fake = FakeTransport(hanging)
    with channels(email=fake), in_background(lambda: delivery.deliver_due(at=AT)):
        deadline = time.monotonic() + 5
        while len(fake.sent) < SENDERS:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        Page.objects.undelivered().update(cancelled_at=AT)
        hanging.released.set()
    assert len(fake.sent) == SENDERS
