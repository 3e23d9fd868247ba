"""The demo's mailbox: the files that Django's file e-mail backend wrote, newest first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

SHOWN = 50
BETWEEN = b"\n" + b"-" * 79 + b"\n"  # what the backend writes behind each message
LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, or a link."""

    text: str
    is_link: bool = False


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as somebody would read it."""

    key: str
    to: str
    subject: str
    sent_at: datetime | None
    body: str

    @property
    def lines(self) -> Sequence[Sequence[Piece]]:
        return [tuple(_pieces(line)) for line in self.body.splitlines()]


def mails(folder: Path) -> Sequence[Mail]:
    """The newest messages in a folder; none when the folder is not there yet."""
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime_ns, reverse=True)[:SHOWN]
    found = [mail for file in files for mail in reversed(list(_in_file(file)))]
    return found[:SHOWN]


def _in_file(file: Path) -> Iterable[Mail]:
    for number, raw in enumerate(file.read_bytes().split(BETWEEN)):
        if raw.strip():
            yield _read(f"{file.stem}-{number}", raw.lstrip(b"\n"))


def _read(key: str, raw: bytes) -> Mail:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - the policy's promise
    text = message.get_body(("plain",))
    return Mail(
        key=key,
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or "(no subject)"),
        sent_at=_sent_at(message),
        body=text.get_content().strip() if text else "",
    )


def _sent_at(message: EmailMessage) -> datetime | None:
    """A date with an unknown zone ("-0000") is Django's way of writing UTC."""
    if message["Date"] is None:
        return None
    date: datetime = message["Date"].datetime
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _pieces(line: str) -> Iterator[Piece]:
    end = 0
    for link in LINK.finditer(line):
        yield Piece(line[end : link.start()])
        yield Piece(link[0], is_link=True)
        end = link.end()
    yield Piece(line[end:])
