"""The demo's mailbox reads what the file e-mail backend writes, and exists in the demo only."""

from pathlib import Path

import pytest
from django.core.mail import EmailMessage, get_connection
from django.test import Client, override_settings

from dosing_portal.web.selectors.mailbox import Piece, mails
from tests.factories import StaffFactory

BACKEND = "django.core.mail.backends.filebased.EmailBackend"


def send(folder: Path, *subjects: str, body: str = "Act now.\nAnswer here: http://testserver/a/x/") -> None:
    with get_connection(BACKEND, file_path=str(folder)) as connection:
        for subject in subjects:
            EmailMessage(
                subject, body, "portal@clinic.example", ["n@clinic.example"], connection=connection
            ).send()


def test_a_folder_that_is_not_there_yet_is_an_empty_mailbox(tmp_path: Path) -> None:
    assert list(mails(tmp_path / "none")) == []


def test_every_message_of_every_file_is_read_newest_first(tmp_path: Path) -> None:
    send(tmp_path, "first", "second: 38.4 °C")
    send(tmp_path, "third")
    assert [mail.subject for mail in mails(tmp_path)] == ["third", "second: 38.4 °C", "first"]
    assert {mail.to for mail in mails(tmp_path)} == {"n@clinic.example"}
    assert all(mail.sent_at for mail in mails(tmp_path))


def test_links_in_a_message_are_links(tmp_path: Path) -> None:
    send(tmp_path, "one")
    assert mails(tmp_path)[0].lines[1] == (
        Piece("Answer here: "),
        Piece("http://testserver/a/x/", is_link=True),
        Piece(""),
    )


@pytest.mark.django_db
def test_the_page_shows_messages_escaped_and_polls_for_more(client: Client, tmp_path: Path) -> None:
    client.force_login(StaffFactory())
    send(tmp_path, "RS: <b>fever</b>")
    with override_settings(PORTAL_MAILBOX_DIR=tmp_path):
        page = client.get("/mailbox/")
        html = page.content.decode()
        assert "RS: &lt;b&gt;fever&lt;/b&gt;" in html
        assert '<a href="http://testserver/a/x/">' in html
        version = page.context["version"]
        htmx = {"HX-Request": "true"}
        assert client.get("/mailbox/", {"version": version}, headers=htmx).status_code == 204
        send(tmp_path, "another")
        fragment = client.get("/mailbox/", {"version": version}, headers=htmx).content.decode()
    assert "another" in fragment
    assert "<html" not in fragment


@pytest.mark.django_db
@pytest.mark.parametrize("changed", [{"PORTAL_DEMO": False}, {"PORTAL_MAILBOX_DIR": None}])
def test_production_has_no_such_page(client: Client, changed: dict[str, object]) -> None:
    client.force_login(StaffFactory())
    with override_settings(**changed):
        assert client.get("/mailbox/").status_code == 404
