"""A fake that drifts from what it stands for proves nothing: each has the signatures of the real channels."""

from __future__ import annotations

import inspect

import pytest

from schedules.models import Page
from schedules.transports import TRANSPORTS, Transport
from tests.fakes import FakeTransport


def methods(kind: type) -> dict[str, inspect.Signature]:
    return {
        name: inspect.signature(member)
        for name, member in vars(kind).items()
        if inspect.isfunction(member) and not name.startswith("_")
    }


@pytest.mark.parametrize("name", sorted(TRANSPORTS))
def test_the_fake_has_the_signatures_of_every_real_channel(name: str) -> None:
    assert methods(FakeTransport) == methods(type(TRANSPORTS[name])) == methods(Transport)


def test_every_channel_of_a_row_has_a_transport() -> None:
    assert set(Page.Channel.values) == set(TRANSPORTS)
