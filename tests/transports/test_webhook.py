"""The signed webhook against a receiver on the loopback."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from uuid import uuid4

import pytest
import time_machine

from schedules import links
from schedules.transports import Message, TransportError, webhook
from schedules.transports.webhook import WebhookTransport
from tests.factories import AT
from tests.transports.receiver import Receiver, listening


def message(address: str) -> Message:
    return Message(uuid4(), uuid4(), address, "Act now: RS, Fever", "Act now.\nAnswer here: …")


def test_a_receiver_gets_the_words_the_key_and_the_time() -> None:
    with listening(Receiver(status=202)) as receiver, time_machine.travel(AT, tick=False):
        sent = message(receiver.url)
        assert WebhookTransport().send(sent) == "HTTP 202"
    (got,) = receiver.got
    assert json.loads(got.body) == {"key": str(sent.key), "subject": sent.subject, "text": sent.text}
    assert got.headers["Idempotency-Key"] == str(sent.key)
    assert got.headers["X-Portal-Time"] == str(int(AT.timestamp()))
    assert got.path == "/pager"


def test_a_receiver_can_check_the_signature_with_the_center_s_key_alone() -> None:
    with listening(Receiver()) as receiver:
        sent = message(receiver.url)
        WebhookTransport().send(sent)
    (got,) = receiver.got
    signed = got.headers["X-Portal-Time"].encode() + b"." + got.body
    key = links.webhook_key(sent.center_id)
    expected = hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
    assert got.headers["X-Portal-Signature"] == expected


def test_each_center_has_its_own_key() -> None:
    one, other = uuid4(), uuid4()
    assert links.webhook_key(one) == links.webhook_key(one)
    assert links.webhook_key(one) != links.webhook_key(other)


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        (301, True),
        (307, True),
        (400, True),
        (404, True),
        (410, True),
        (429, False),
        (500, False),
        (503, False),
    ],
)
def test_an_error_says_whether_trying_again_can_help(status: int, permanent: bool) -> None:
    with listening(Receiver(status=status)) as receiver, pytest.raises(TransportError) as error:
        WebhookTransport().send(message(receiver.url))
    assert (str(error.value), error.value.permanent) == (f"HTTP {status}", permanent)


def test_a_redirect_is_not_followed_and_is_no_delivery() -> None:
    with (
        listening(Receiver()) as elsewhere,
        listening(Receiver(302, {"Location": elsewhere.url})) as receiver,
        pytest.raises(TransportError),
    ):
        WebhookTransport().send(message(receiver.url))
    assert elsewhere.got == []


@pytest.mark.parametrize(
    "address", ["pager.example/hook", "ftp://pager.example/hook", "http://", "https://[::"]
)
def test_what_is_no_web_address_fails_for_good(address: str) -> None:
    with pytest.raises(TransportError) as error:
        WebhookTransport().send(message(address))
    assert error.value.permanent


def test_a_closed_port_is_worth_another_try() -> None:
    with listening(Receiver()) as receiver:
        closed = receiver.url
    with pytest.raises(TransportError, match="no answer") as error:
        WebhookTransport().send(message(closed))
    assert not error.value.permanent


def test_a_silent_receiver_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "READ_SECONDS", 0.2)
    began = time.monotonic()
    with listening(Receiver(silent_seconds=1)) as receiver, pytest.raises(TransportError, match="no answer"):
        WebhookTransport().send(message(receiver.url))
    assert time.monotonic() - began < 3


def test_a_receiver_that_dribbles_its_answer_does_not_hold_the_sender() -> None:
    began = time.monotonic()
    with listening(Receiver(dribble_seconds=2)) as receiver:
        assert WebhookTransport().send(message(receiver.url)) == "HTTP 200"
        assert time.monotonic() - began < 1
