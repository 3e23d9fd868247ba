"""E-mail through Django's backend: what leaves, and what a refusal means."""

from __future__ import annotations

from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from uuid import uuid4

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from schedules.transports import Message, TransportError
from schedules.transports.email import EmailTransport


def message() -> Message:
    return Message(uuid4(), uuid4(), "nurse@clinic.example", "Act now: RS, Fever", "Answer here: …")


def test_it_leaves_with_its_key_and_as_urgent() -> None:
    sent = message()
    assert EmailTransport().send(sent) == "accepted"
    (out,) = mail.outbox
    assert (out.to, out.subject, out.body) == ([sent.address], sent.subject, sent.text)
    assert out.extra_headers == {"X-Portal-Key": str(sent.key), "X-Priority": "1"}


@pytest.mark.parametrize(
    ("error", "permanent"),
    [
        (SMTPRecipientsRefused({"nurse@clinic.example": (550, b"no such user")}), True),
        (SMTPRecipientsRefused({"nurse@clinic.example": (450, b"try again later")}), False),
        (SMTPServerDisconnected("gone"), False),
        (ConnectionRefusedError(), False),
        (TimeoutError(), False),
    ],
)
def test_a_refusal_says_whether_trying_again_can_help(
    monkeypatch: pytest.MonkeyPatch, error: Exception, permanent: bool
) -> None:
    def fail(_self: EmailMessage) -> int:
        raise error

    monkeypatch.setattr(EmailMessage, "send", fail)
    with pytest.raises(TransportError) as refused:
        EmailTransport().send(message())
    assert refused.value.permanent is permanent


def test_a_backend_that_takes_nothing_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EmailMessage, "send", lambda _self: 0)
    with pytest.raises(TransportError, match="took nothing"):
        EmailTransport().send(message())


def test_a_header_cannot_be_smuggled_into_the_subject() -> None:
    smuggled = Message(uuid4(), uuid4(), "nurse@clinic.example", "Act now\nBcc: other@example.org", "…")
    with pytest.raises(TransportError) as refused:
        EmailTransport().send(smuggled)
    assert refused.value.permanent
    assert mail.outbox == []
