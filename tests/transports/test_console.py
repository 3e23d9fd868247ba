"""The console channel writes to the log, and ids only."""

from __future__ import annotations

from uuid import uuid4

import pytest

from schedules.transports import Message
from schedules.transports.console import ConsoleTransport


def test_it_logs_the_key_and_the_subject_and_not_the_text(caplog: pytest.LogCaptureFixture) -> None:
    message = Message(uuid4(), uuid4(), "desk", "Act now: RS, Fever", "http://testserver/a/secret-token/")
    with caplog.at_level("INFO", logger="schedules.transports.console"):
        assert ConsoleTransport().send(message) == "logged"
    (record,) = caplog.records
    assert vars(record)["key"] == str(message.key)
    assert "secret-token" not in str(vars(record))
