"""Signed addresses: they lead to one page for three days, and cannot be changed."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core import signing

from schedules import links
from schedules.links import BadLink
from tests.factories import AT


def test_a_link_leads_back_to_its_page() -> None:
    page_id = uuid4()
    assert links.page_of(links.page_token(page_id)) == page_id


def test_a_link_is_on_the_portal_s_own_address() -> None:
    assert links.page_url(uuid4()).startswith("http://testserver/a/")


@pytest.mark.parametrize(
    "change",
    [lambda token: token[:-1], lambda token: "x" + token, lambda token: token + "=", lambda _token: ""],
)
def test_a_changed_link_leads_nowhere(change) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadLink):
        links.page_of(change(links.page_token(uuid4())))


def test_a_token_signed_for_something_else_leads_nowhere() -> None:
    with pytest.raises(BadLink):
        links.page_of(signing.dumps(str(uuid4()), salt="another purpose"))


def test_what_is_signed_but_names_no_page_leads_nowhere() -> None:
    with pytest.raises(BadLink):
        links.page_of(signing.dumps("not a page", salt="schedules.page", compress=True))


@pytest.mark.parametrize(("hours", "good"), [(71.9, True), (72.1, False)])
def test_a_link_is_good_for_three_days(hours: float, good: bool) -> None:
    page_id = uuid4()
    with time_machine.travel(AT, tick=False):
        token = links.page_token(page_id)
    with time_machine.travel(AT + timedelta(hours=hours), tick=False):
        if good:
            assert links.page_of(token) == page_id
        else:
            with pytest.raises(BadLink):
                links.page_of(token)
