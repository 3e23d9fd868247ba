"""A fragment for htmx, a page for everybody else, nothing when nothing changed."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from dosing_portal.kernel import http

HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize(
    ("headers", "fragment"),
    [
        ({}, False),
        (HTMX, True),
        (HTMX | {"HX-Boosted": "true"}, False),
        (HTMX | {"HX-History-Restore-Request": "true"}, False),
    ],
)
def test_who_gets_a_fragment(rf: RequestFactory, headers: dict[str, str], fragment: bool) -> None:
    request = rf.get("/", headers=headers)
    response = http.render_htmx(request, "404.html", "components/empty_state.html", {"title": "Nothing yet"})
    assert (b"<html" not in response.content) is fragment
    assert response.headers["Vary"] == "HX-Request"


def test_a_poll_is_a_read_by_htmx(rf: RequestFactory) -> None:
    assert http.is_poll(rf.get("/", headers=HTMX))
    assert not http.is_poll(rf.get("/"))
    assert not http.is_poll(rf.post("/", headers=HTMX))


def test_nothing_is_sent_while_the_version_stands(rf: RequestFactory) -> None:
    version = http.version_of(3, "Dr. Sample")
    asked: list[str] = []

    def answer() -> HttpResponse:
        asked.append("rendered")
        return HttpResponse("3 open")

    assert http.live(rf.get("/", {"version": version}), version, answer).status_code == 204
    assert asked == []
    assert http.live(rf.get("/", {"version": "older"}), version, answer).content == b"3 open"
    assert http.live(rf.get("/"), version, answer).status_code == 200


def test_versions_differ_where_their_parts_do() -> None:
    assert http.version_of("a", "b") == http.version_of("a", "b")
    assert http.version_of("a", "b") != http.version_of("ab")
